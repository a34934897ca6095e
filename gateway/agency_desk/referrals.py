"""What waits for an agency: the list, one referral with its buttons, and the care plan."""

from __future__ import annotations

from gateway.agency_desk.records_in_words import cards, name_of, words_of
from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit, download
from gateway.care_plan import screening_alerts, self_harm_told
from gateway.flows.agency_desk import MAY_FOLLOW, NEEDS_REASON, ON_A_PAGE, AtDesk


async def _list(visit: Visit) -> Answer:
    before = visit.number("before")
    found = await visit.desk.waiting(visit.worker, before)
    rows = [row_of(one) for one in found]
    older = found[-1].place if len(found) == ON_A_PAGE else 0
    stops = () if before else await visit.desk.stops(visit.worker.partner)
    return Page("list.html", {"rows": rows, "older": older, "is_first": not before, "stops": stops})


def row_of(one: AtDesk) -> dict[str, object]:
    """A thing of a list, for its line."""
    return {
        "it": one,
        "person": name_of(one.first("Patient")),
        "need": words_of(one.first("ServiceRequest").get("code")),
        "state": str(one.first("Task").get("status", "")),
        "is_at_risk": bool(self_harm_told(one.resources)),
    }


async def _stop_read(visit: Visit) -> Answer:
    await visit.desk.stop_read(visit.worker.partner, visit.form.get("stop", ""), visit.worker.name)
    return GoTo("./")


async def one(visit: Visit) -> Answer:
    """One referral with its buttons."""
    found = await visit.desk.opened(visit.worker, visit.path["id"])
    status = str(found.first("Task").get("status", ""))
    return Page(
        "referral.html",
        {
            "it": found,
            "person": name_of(found.first("Patient")),
            "state": status,
            "version": found.version,
            "steps": MAY_FOLLOW.get(status, ()) if found.kind == "referral" else (),
            "needs_reason": NEEDS_REASON,
            "cards": cards(found.resources),
            "alerts": screening_alerts(found.resources),
            "saved": "saved" in visit.query,
            "numbers": await visit.desk.files.numbers_of(visit.worker, found),
        },
    )


async def _answered(visit: Visit) -> Answer:
    said = [visit.form.get(name, "") for name in ("step", "reason", "version")]
    await visit.desk.answered(visit.worker, visit.path["id"], said[0], said[1], said[2])
    return GoTo(f"{visit.path['id']}?saved=1")


async def _number(visit: Visit) -> Answer:
    """Her number at the worker's own organization."""
    intent_id = visit.path["id"]
    await visit.desk.files.number_said(visit.worker, intent_id, visit.form.get("number", ""))
    return GoTo(f"../{intent_id}?saved=1")


async def _number_wrong(visit: Visit) -> Answer:
    """It was typed for the wrong person."""
    intent_id, form = visit.path["id"], visit.form
    await visit.desk.files.number_wrong(
        visit.worker, intent_id, form.get("number", ""), form.get("reason", "")
    )
    return GoTo(f"../{intent_id}?saved=1")


async def _plan(visit: Visit) -> Answer:
    ending = visit.query.get("as", "")
    if not ending:
        return _plan_page(await visit.desk.files.plan(visit.worker, visit.path["id"]), no_sheet=False)
    sheet = await visit.desk.files.plan_sheet(visit.worker, visit.path["id"], ending)
    if not sheet.content:
        return _plan_page(sheet.shown, no_sheet=True)
    return download(sheet.content, sheet.media_type, f"care-plan.{ending}")


def _plan_page(found: AtDesk, no_sheet: bool) -> Page:
    alerts = screening_alerts(found.resources)
    return Page(
        "plan.html", {"it": found, "cards": cards(found.resources), "alerts": alerts, "no_sheet": no_sheet}
    )


SCREENS = (
    Screen("/referrals/", "answer", _list, _stop_read, menu="waiting"),
    Screen("/referrals/{id}", "answer", one, _answered, again=one),
    Screen("/referrals/{id}/number", "answer", None, _number, again=one),
    Screen("/referrals/{id}/number-wrong", "answer", None, _number_wrong, again=one),
    Screen("/plans/{id}", "answer", _plan),
)
