"""A client's own words on her plan, a change asked of everybody who works on it, and a step down, on screens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from gateway.agency_desk.opening_hours import hours_of
from gateway.agency_desk.records_in_words import name_of
from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.clock import new_id
from gateway.flows.desk_cases import CHANGES, NEEDS, OPEN, RIGHT
from gateway.flows.desk_steps import LEVELS, StepDown

_LONG_FORM = 16_384
_WITH, _ASK, _ENDS = "with.", "ask.", "ends."


async def _own_goal(visit: Visit) -> Answer:
    form, patient_id = visit.form, visit.path["id"]
    words, need, day = (form.get(name, "") for name in ("words", "need", "day"))
    key = f"goal-{form.get('key', '')}"
    await visit.desk.cases.add_own_goal(visit.worker, patient_id, words, need, day, key)
    return GoTo("plan?said=goal")


async def _comment(visit: Visit) -> Answer:
    form = visit.form
    key = f"comment-{form.get('key', '')}"
    await visit.desk.cases.add_comment(visit.worker, visit.path["id"], form.get("words", ""), key)
    return GoTo("plan?said=comment")


async def _change(visit: Visit) -> Answer:
    """Who works on the plan, and what each would see of the wish to change it."""
    cases, patient_id = visit.desk.cases, visit.path["id"]
    known = await _known(visit, "plan change")
    people = await cases.people(visit.worker, patient_id)
    unreached = [one.agency for one in people if one.agency and one.outlook is None]
    facts = {"people": people, "reasons": tuple(CHANGES), "opening": hours_of(visit, unreached)}
    return Page("case_change.html", {**known, **facts})


async def _ask_change(visit: Visit) -> Answer:
    form = visit.form
    agencies = _ticked(form, _ASK)
    key = f"change-{form.get('key', '')}"
    await visit.desk.cases.ask_change(visit.worker, visit.path["id"], form.get("reason", ""), agencies, key)
    return GoTo("plan?said=change")


async def _step_down(visit: Visit) -> Answer:
    cases = visit.desk.cases
    known = await _known(visit, "step down")
    sent = await cases.referrals(visit.worker, visit.path["id"])
    today = visit.desk.clock.now().astimezone(ZoneInfo(visit.desk.network.zone)).date()
    facts = {
        "levels": tuple(LEVELS),
        "needs": tuple(NEEDS),
        "agencies": tuple(dict.fromkeys(one.addressee for one in cases.agencies(visit.worker))),
        "open": [one for one in sent if one.state in OPEN],
        "today": today.isoformat(),
    }
    return Page("case_step_down.html", {**known, **facts})


async def _stepped_down(visit: Visit) -> Answer:
    form = visit.form
    goes_on = tuple(
        (name.removeprefix(_WITH), need) for name, need in form.items() if name.startswith(_WITH) and need
    )
    said = StepDown(form.get("level", ""), form.get("day", ""), goes_on, _ticked(form, _ENDS))
    await visit.desk.cases.step_down(visit.worker, visit.path["id"], said, f"step-{form.get('key', '')}")
    return GoTo("plan?said=step")


async def _known(visit: Visit, page: str) -> Mapping[str, Any]:
    client = await visit.desk.cases.client(visit.worker, visit.path["id"], page)
    return {"client": client, "person": name_of(client.patient), "key": new_id()}


def _ticked(form: Mapping[str, str], begin: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(begin) for name in form if name.startswith(begin))


SCREENS = (
    Screen("/clients/{id}/own-goal", RIGHT, None, _own_goal),
    Screen("/clients/{id}/comment", RIGHT, None, _comment),
    Screen("/clients/{id}/change", RIGHT, _change, _ask_change, again=_change),
    Screen(
        "/clients/{id}/step-down", RIGHT, _step_down, _stepped_down, again=_step_down, largest_form=_LONG_FORM
    ),
)
