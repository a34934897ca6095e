"""A case manager's clients: found, referred, followed, sent elsewhere, met; the plan, what is in the way, progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.agency_desk import needs, plan_steps, referrals
from gateway.agency_desk.case_charts import HEIGHT, WIDTH, of_goal, series_of
from gateway.agency_desk.consent_fields import described
from gateway.agency_desk.opening_hours import hours_of
from gateway.agency_desk.phrases import CATALOGUE
from gateway.agency_desk.records_in_words import cards, name_of, words_of
from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.care_plan import is_merged, screening_alerts
from gateway.care_plan.parts import contributor_of
from gateway.clock import new_id
from gateway.errors import NotFound
from gateway.flows.desk_cases import CAN_GO_ELSEWHERE, NEEDS, OPEN, PRIORITIES, RIGHT, NewReferral, Sent
from gateway.flows.desk_others import Other
from gateway.flows.desk_plans import BARRIERS
from gateway.flows.desk_steps import LONGEST_COMMENT, LONGEST_GOAL
from gateway.partners import partner_of

_WEEK = timedelta(days=7)
_FROM_PLAN = ("/own-goal", "/comment")
"""Forms on the page of the plan."""


async def _find(visit: Visit) -> Answer:
    return Page("cases_find.html", {"said": None})


async def _found(visit: Visit) -> Answer:
    said = described(visit.form)
    client = await visit.desk.cases.find(visit.worker, said)
    if client is not None:
        return GoTo(f"clients/{client.patient_id}")
    return Page("cases_find.html", {"said": said})


async def _register(visit: Visit) -> Answer:
    return GoTo(await visit.desk.cases.register(visit.worker, described(visit.form)))


async def _register_again(visit: Visit) -> Answer:
    return Page("cases_find.html", {"said": described(visit.form)})


async def _client(visit: Visit) -> Answer:
    cases, patient_id = visit.desk.cases, visit.path["id"]
    client = await cases.client(visit.worker, patient_id, "client")
    sent = await cases.referrals(visit.worker, patient_id)
    standings = await cases.standings(visit.worker, patient_id, sent)
    rows = [_row(one, standings.get(str(one.task["id"]), "")) for one in sent]
    today = _now(visit).date()
    facts = {
        "client": client,
        "person": name_of(client.patient),
        "rows": rows,
        "others": [_other(one) for one in await cases.others(visit.worker, patient_id)],
        "agencies": _agencies(visit),
        "needs": tuple(NEEDS),
        "priorities": PRIORITIES,
        "barriers": await cases.barriers(visit.worker, patient_id),
        "barrier_kinds": tuple(BARRIERS),
        "today": today.isoformat(),
        "hour": _now(visit).strftime("%H:%M"),
        "next_week": (today + _WEEK).isoformat(),
        "key": new_id(),
        "said": visit.query.get("said", ""),
        "may_ask": visit.desk.may(visit.worker, "consents"),
        "opening": hours_of(visit, _not_answered(rows)),
        "next_step": _next_step(visit),
    }
    return Page("case.html", facts)


def _not_answered(rows: list[Mapping[str, Any]]) -> list[str]:
    """The agencies of whose answer nothing is to be seen yet: when they are there, and whom to call else."""
    return list(
        dict.fromkeys(row["it"].agency for row in rows if row["it"].state in ("requested", "received"))
    )


def _next_step(visit: Visit) -> Mapping[str, str]:
    """Who sees to a permission that is lacking."""
    owner = visit.desk.network.partners[visit.worker.partner].owner
    contact = owner or visit.desk.network.content.operator.consent_desk
    return {"name": contact.name, "phone": contact.phone}


def _row(sent: Sent, standing: str) -> Mapping[str, Any]:
    return {
        "it": sent,
        "standing": standing,
        "need": _need(sent),
        "why": words_of(sent.task.get("statusReason")),
        "day": str(sent.task.get("authoredOn", ""))[:10],
        "is_open": sent.state in OPEN,
        "elsewhere": sent.state in CAN_GO_ELSEWHERE,
        "may_meet": sent.state in ("accepted", "on-hold", "in-progress"),
    }


def _other(one: Other) -> Mapping[str, Any]:
    return {
        "it": one,
        "state": str(one.task.get("status", "")),
        "need": _need(one),
        "words": words_of(one.request.get("code")),
        "day": str(one.task.get("authoredOn", ""))[:10],
    }


def _need(sent: Sent | Other) -> str:
    codes = (str(one.get("code", "")) for one in sent.request.get("code", {}).get("coding", ()))
    return next((code for code in codes if code in NEEDS), "")


async def _preview(visit: Visit) -> Answer:
    """What the other side would see, before anything is sent."""
    cases, patient_id = visit.desk.cases, visit.path["id"]
    client = await cases.client(visit.worker, patient_id, "referral")
    wanted = _wanted(visit)
    facts = {
        "client": client,
        "person": name_of(client.patient),
        "wanted": wanted,
        "outlook": await cases.outlook(visit.worker, patient_id, wanted),
        "instead": visit.form.get("instead", ""),
        "may_ask": visit.desk.may(visit.worker, "consents"),
        "opening": hours_of(visit, (wanted.agency,)),
    }
    return Page("case_preview.html", facts)


async def _refer(visit: Visit) -> Answer:
    cases, patient_id, wanted = visit.desk.cases, visit.path["id"], _wanted(visit)
    if instead := visit.form.get("instead", ""):
        await cases.send_elsewhere(visit.worker, patient_id, instead, wanted)
    else:
        await cases.refer(visit.worker, patient_id, wanted)
    return GoTo(f"../{patient_id}?said=sent")


async def _cancel(visit: Visit) -> Answer:
    patient_id, form = visit.path["id"], visit.form
    await visit.desk.cases.cancel(visit.worker, patient_id, form.get("task", ""), form.get("key", ""))
    return GoTo(f"../{patient_id}?said=cancelled")


async def _met(visit: Visit) -> Answer:
    patient_id, form = visit.path["id"], visit.form
    task, day, hour = (form.get(name, "") for name in ("task", "day", "hour"))
    await visit.desk.cases.met(visit.worker, patient_id, task, day, hour)
    return GoTo(f"../{patient_id}?said=met")


async def _met_here(visit: Visit) -> Answer:
    """The other side of it: said of a referral that waits at this desk."""
    intent_id, form = visit.path["id"], visit.form
    await visit.desk.cases.met_here(visit.worker, intent_id, form.get("day", ""), form.get("hour", ""))
    return GoTo(f"../{intent_id}?saved=1")


async def _barrier(visit: Visit) -> Answer:
    patient_id, form = visit.path["id"], visit.form
    said = [form.get(name, "") for name in ("kind", "owner", "day")]
    await visit.desk.cases.add_barrier(
        visit.worker, patient_id, said[0], said[1], said[2], f"barrier-{form.get('key', '')}"
    )
    return GoTo(f"../{patient_id}?said=barrier")


async def _cleared(visit: Visit) -> Answer:
    patient_id = visit.path["id"]
    await visit.desk.cases.clear_barrier(visit.worker, patient_id, visit.form.get("task", ""))
    return GoTo(f"../{patient_id}?said=cleared")


async def _card(visit: Visit) -> Answer:
    """A card for the client to take along: who, where, when; nothing of why."""
    cases, patient_id = visit.desk.cases, visit.path["id"]
    client = await cases.client(visit.worker, patient_id, "hand-off card")
    for one in await cases.referrals(visit.worker, patient_id):
        if one.task["id"] == visit.path["task"] and one.agency:
            known = visit.desk.network.partners.get(one.agency)
            facts = {
                "person": name_of(client.patient),
                "it": one,
                "name": visit.desk.name_of(one.agency),
                "organization": known and known.organization,
                "owner": known and known.owner,
            }
            own = visit.desk.network.partners[visit.worker.partner]
            more = {"own": own, "client_id": patient_id, "today": _now(visit).date()}
            return Page("case_card.html", {**facts, **more})
    raise NotFound("NO_SUCH_PAGE", "there is no such page")


async def _plan(visit: Visit) -> Answer:
    cases, patient_id = visit.desk.cases, visit.path["id"]
    client = await cases.client(visit.worker, patient_id, "plan")
    plan = await cases.plan(visit.worker, patient_id)
    found = await cases.measured(visit.worker, patient_id)
    series = series_of(found.resources)
    goals = [one for one in plan.resources if one["resourceType"] == "Goal"]
    measured = [(words_of(one.get("description")), of_goal(one, series)) for one in goals]
    used = {id(chart) for _, charts in measured for chart in charts}
    facts = {
        "client": client,
        "person": name_of(client.patient),
        "parts": _by_contributor(visit, plan.resources),
        "conflicts": _conflicts(visit, plan.resources),
        "alerts": screening_alerts(found.resources),
        "may_crisis": visit.desk.may(visit.worker, "crisis"),
        "goals": measured,
        "others": [one for one in series if id(one) not in used],
        "it": plan,
        "width": WIDTH,
        "height": HEIGHT,
        "key": new_id(),
        "needs": tuple(NEEDS),
        "said": visit.query.get("said", ""),
        "longest": (LONGEST_GOAL, LONGEST_COMMENT),
    }
    return Page("case_plan.html", facts)


def _by_contributor(visit: Visit, resources: tuple[Mapping[str, Any], ...]) -> list[tuple[str, Any]]:
    """What each agency contributed, by its name; last what names nobody."""
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for one in resources:
        if one["resourceType"] in ("DetectedIssue", "OperationOutcome") or is_merged(one):
            continue
        parts.setdefault(_name(visit, one), []).append(one)
    lacking = [one for one in resources if one["resourceType"] == "OperationOutcome"]
    return [
        (name, cards([*parts[name], *lacking])) for name in sorted(parts, key=lambda name: (not name, name))
    ]


def _conflicts(visit: Visit, resources: tuple[Mapping[str, Any], ...]) -> list[tuple[str, str, list[str]]]:
    """Rule, severity, and the agencies between whose parts it lies."""
    held = {f"{one['resourceType']}/{one['id']}": one for one in resources if "id" in one}
    found = []
    for issue in resources:
        if issue["resourceType"] == "DetectedIssue":
            between = [held[one["reference"]] for one in issue["implicated"] if one["reference"] in held]
            names = list(dict.fromkeys(name for one in between if (name := _name(visit, one))))
            found.append((str(issue["code"]["coding"][0]["code"]), str(issue["severity"]), names))
    return found


def _name(visit: Visit, one: Mapping[str, Any]) -> str:
    who = contributor_of(one)
    if who.startswith("Patient/"):
        return CATALOGUE[visit.language]["st_own"]
    partner = partner_of(who)
    known = visit.desk.network.partners.get(partner)
    if known is not None:
        return known.organization.alias or known.organization.name
    return str(one.get("author", {}).get("display", "")) if isinstance(one.get("author"), Mapping) else ""


def _wanted(visit: Visit) -> NewReferral:
    form = visit.form
    need, agency, priority = (form.get(name, "") for name in ("need", "agency", "priority"))
    return NewReferral(need, agency, priority, f"refer-{form.get('key', '')}")


def _agencies(visit: Visit) -> list[str]:
    return list(dict.fromkeys(one.addressee for one in visit.desk.cases.agencies(visit.worker)))


def _now(visit: Visit) -> datetime:
    return visit.desk.clock.now().astimezone(ZoneInfo(visit.desk.network.zone))


SCREENS = (
    Screen("/clients", RIGHT, _find, _found, menu="clients", again=_find),
    Screen("/clients/register", RIGHT, None, _register, again=_register_again),
    Screen("/clients/{id}", RIGHT, _client),
    *needs.SCREENS,
    *(replace(one, again=_plan) if one.path.endswith(_FROM_PLAN) else one for one in plan_steps.SCREENS),
    Screen("/clients/{id}/preview", RIGHT, None, _preview, again=_client),
    Screen("/clients/{id}/refer", RIGHT, None, _refer, again=_preview),
    Screen("/clients/{id}/cancel", RIGHT, None, _cancel),
    Screen("/clients/{id}/met", RIGHT, None, _met, again=_client),
    Screen("/referrals/{id}/met", "answer", None, _met_here, again=referrals.one),
    Screen("/clients/{id}/barriers", RIGHT, None, _barrier, again=_client),
    Screen("/clients/{id}/cleared", RIGHT, None, _cleared),
    Screen("/clients/{id}/plan", RIGHT, _plan),
    Screen("/clients/{id}/cards/{task}", RIGHT, _card),
)
