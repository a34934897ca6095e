"""In a crisis: one person by two identifiers, her safety plan, the emergency form, and what is written down after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.agency_desk.opening_hours import hours_of
from gateway.agency_desk.records_in_words import cards, name_of, steps_of
from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.clock import new_id
from gateway.errors import HandoffError, NotAllowed, NotUnderstood
from gateway.flows.desk_clients import Described
from gateway.flows.desk_crisis import RIGHT, EmergencyStated, Found
from gateway.flows.desk_crisis_records import (
    LONGEST_NOTE,
    LONGEST_STEP,
    OUTCOMES,
    REASONS,
    SETTINGS,
    STEPS,
    About,
    EventNote,
    FollowUp,
)
from gateway.flows.desk_sought import Sought
from gateway.flows.own_records import fullest
from gateway.pages import status_of
from gateway.security.signed_texts import read_signed, signed

SHOWN_FOR = timedelta(hours=1)
"""How long after a person was shown something can be written about her without saying again who she is."""

_SHOWN = b"agency desk shown"
_SAID_AGAIN = frozenset(
    {
        "CONSENT_OBTAINABLE",
        "SECOND_PERSON_MISSING",
        "EMERGENCY_RECORD_INCOMPLETE",
        "WORDS_TOO_LONG",
        "TWO_NEEDED",
    }
)
"""Refusals of the emergency form after which it is there again as it was filled in."""
_MORNING = "09:00"
_LONG_FORM = 32_768
"""Octets: accents take six each in a form."""


async def _begin(visit: Visit) -> Answer:
    facts = {"sought": Sought(), "found": None, "saved": visit.query.get("saved", ""), "wrong": ""}
    return Page("crisis.html", {**facts, **_office(visit)})


async def _look_up(visit: Visit) -> Answer:
    return await _found(visit)


async def _saved(visit: Visit, what: str) -> Answer:
    """On with whoever was shown: there is more to write about her. Who was not is told nothing by what was written."""
    return await _found(visit, what) if visit.form.get("seal") else GoTo(f"../crisis?saved={what}")


async def _found(visit: Visit, saved: str = "") -> Answer:
    """The person who is described in the form; what was too little is still there to be added to."""
    sought = _sought(visit.form)
    try:
        found = await visit.desk.crisis.look_up(visit.worker, sought)
    except NotUnderstood as refused:
        if saved:
            return GoTo(f"../crisis?saved={saved}")
        wanting = {"sought": sought, "found": None, "saved": "", "wrong": refused.code}
        return Page("crisis.html", {**wanting, **_office(visit)}, 400)
    facts = {
        "sought": sought,
        "found": found,
        "saved": saved,
        "person": name_of(_first(found, "Patient")),
        "born": str(_first(found, "Patient").get("birthDate", "")),
        "steps": steps_of(found.plan),
        "of_day": str((found.plan or {}).get("created", "")),
        "cards": cards(one for one in found.resources if one["resourceType"] not in ("CarePlan", "Patient")),
        "seal": _seal(visit, found.patient_id) if found.patient_id else "",
        "own": {code: text for code, _, text in steps_of(found.plan)} if found.is_own_plan else {},
    }
    return Page("crisis_found.html", {**facts, **_writing(visit), **_office(visit)})


async def _emergency_form(visit: Visit) -> Answer:
    facts: Mapping[str, Any] = {
        "sought": Sought(),
        "found": None,
        "key": f"emergency-{new_id()}",
        "stated": {},
        "wrong": "",
    }
    return Page("crisis_emergency.html", {**facts, **_office(visit)})


async def _emergency(visit: Visit) -> Answer:
    form, sought = visit.form, _sought(visit.form)
    stated = EmergencyStated(
        key=form.get("key", ""),
        sought=sought,
        facility=form.get("facility", ""),
        nature=form.get("nature", ""),
        consent_unobtainable=form.get("unobtainable") == "yes",
        second_person=form.get("second", ""),
    )
    try:
        found = await visit.desk.crisis.emergency(visit.worker, stated)
    except HandoffError as refused:
        if refused.code not in _SAID_AGAIN:
            raise
        asked = {"sought": sought, "found": None, "key": stated.key, "stated": stated, "wrong": refused.code}
        facility = {"facility": stated.facility}
        return Page(
            "crisis_emergency.html", {**_office(visit), **facility, **asked}, status_of(refused) or 400
        )
    facts = {"sought": sought, "found": found, "cards": cards(found.resources), "stated": stated, "wrong": ""}
    return Page("crisis_emergency.html", {**facts, **_office(visit)})


async def _plan(visit: Visit) -> Answer:
    steps = {name: visit.form.get(f"step.{name}", "") for name in STEPS}
    await visit.desk.crisis.write_plan(visit.worker, _about(visit), steps, _key(visit, "plan"))
    return await _saved(visit, "plan")


async def _event(visit: Visit) -> Answer:
    form = visit.form
    said = EventNote(*(form.get(name, "") for name in ("setting", "reason", "outcome", "note")))
    await visit.desk.crisis.write_event(visit.worker, _about(visit), said, _key(visit, "event"))
    return await _saved(visit, "event")


async def _follow_up(visit: Visit) -> Answer:
    form = visit.form
    wanted = FollowUp(*(form.get(name, "") for name in ("day", "hour", "agency")))
    await visit.desk.crisis.write_follow_up(visit.worker, _about(visit), wanted, _key(visit, "next"))
    return await _saved(visit, "follow_up")


async def _paper(visit: Visit) -> Answer:
    return Page("crisis_paper.html", {"steps": tuple(STEPS), **_office(visit)})


def _office(visit: Visit) -> Mapping[str, Any]:
    """What every page of these needs besides."""
    partner = visit.desk.network.partners[visit.worker.partner]
    return {
        "is_medical": visit.desk.crisis.is_medical(visit.worker),
        "on_call": visit.desk.network.content.operator.on_call,
        "may_ask": visit.desk.may(visit.worker, "consents"),
        "facility": partner.organization.name,
        "today": _now(visit).date().isoformat(),
    }


def _writing(visit: Visit) -> Mapping[str, Any]:
    agencies = visit.desk.crisis.follow_up_agencies(visit.worker)
    return {
        "key": new_id(),
        "all_steps": tuple(STEPS),
        "settings": tuple(SETTINGS),
        "reasons": tuple(REASONS),
        "outcomes": tuple(OUTCOMES),
        "agencies": agencies,
        "opening": hours_of(visit, agencies),
        "tomorrow": (_now(visit).date() + timedelta(days=1)).isoformat(),
        "morning": _MORNING,
        "longest_step": LONGEST_STEP,
        "longest_note": LONGEST_NOTE,
    }


def _now(visit: Visit) -> datetime:
    return visit.desk.clock.now().astimezone(ZoneInfo(visit.desk.network.zone))


def _sought(form: Mapping[str, str]) -> Sought:
    return Sought(*(form.get(name, "").strip() for name in ("family", "given", "born", "phone", "our_id")))


def _first(found: Found, resource_type: str) -> Mapping[str, Any]:
    """Of several Patients the one that says who she is: an agency's own number of her is one that says nothing else."""
    those = [one for one in found.resources if one["resourceType"] == resource_type]
    return fullest(those) if those else {}


def _key(visit: Visit, kind: str) -> str:
    return f"{kind}-{visit.form.get('key', '')}"


def _about(visit: Visit) -> About:
    """Whom a form is about: who was shown on its page, or who is described in it. Raises NotAllowed `SHOWN_LONG_AGO`."""
    form = visit.form
    described = Described(
        family=form.get("family", "").strip(),
        given=form.get("given", "").strip(),
        born=form.get("born", "").strip(),
        phone=form.get("phone", "").strip(),
        sex=form.get("sex", "") or "unknown",
    )
    seal = form.get("seal", "")
    return About(_sealed(visit, seal) if seal else "", described)


def _seal(visit: Visit, patient_id: str) -> str:
    until = int((visit.desk.clock.now() + SHOWN_FOR).timestamp())
    return signed(visit.desk.key, _SHOWN, [patient_id, visit.worker.partner, visit.worker.name, until])


def _sealed(visit: Visit, seal: str) -> str:
    found = read_signed(visit.desk.key, _SHOWN, seal)
    now = int(visit.desk.clock.now().timestamp())
    who = [visit.worker.partner, visit.worker.name]
    if found is None or found[1:3] != who or not isinstance(found[3], int) or found[3] <= now:
        raise NotAllowed("SHOWN_LONG_AGO", "look the person up again")
    return str(found[0])


SCREENS = (
    Screen("/crisis", RIGHT, _begin, _look_up, menu="crisis"),
    Screen("/crisis/emergency", RIGHT, _emergency_form, _emergency),
    Screen("/crisis/plan", RIGHT, None, _plan, again=_look_up, largest_form=_LONG_FORM),
    Screen("/crisis/event", RIGHT, None, _event, again=_look_up, largest_form=_LONG_FORM),
    Screen("/crisis/follow-up", RIGHT, None, _follow_up, again=_look_up),
    Screen("/crisis/paper", RIGHT, _paper),
)
