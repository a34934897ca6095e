"""What a client says of her plan herself, a change of it asked of everybody who works on it, and the step down from a
level of care: what goes on with whom, as one act.

Whom an agency is told of is nobody but itself: each gets a referral of its own, decided and held as any. What was said
before under the same key is not said twice, so an act that was cut short is simply done again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from gateway.care_plan.parts import contributor_of
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_cases import (
    CHANGES,
    NEEDS,
    OPEN,
    RIGHT,
    NewReferral,
    Outlook,
    agencies_for,
    cancel,
    outlook,
    own_referral,
    refer,
    referrals_of,
)
from gateway.flows.desk_clients import require_client, require_right
from gateway.flows.desk_days import day_of
from gateway.flows.desk_plans import plan_of
from gateway.flows.desk_written import Writing, text_of, written_down
from gateway.partners import partner_of, reference_of

LONGEST_GOAL, LONGEST_COMMENT = 200, 600
OWN_WORDS, CATEGORY = "urn:warm-handoff:own-words", "urn:warm-handoff:care-plan-category"
LEVEL_SYSTEM = "urn:warm-handoff:level-of-care"
LEVELS: Mapping[str, str] = {
    "inpatient": "Hospital",
    "residential": "Residential treatment",
    "partial-hospitalization": "Day program",
    "intensive-outpatient": "Intensive outpatient treatment",
    "crisis-stabilization": "Crisis stabilization",
    "shelter": "Shelter",
}
"""The levels of care that can end."""

_OF_ADDICTION = frozenset({"residential", "partial-hospitalization", "intensive-outpatient"})
"""Levels that tell of addiction treatment: what names them is labelled so (DM-24)."""

_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

CHANGE, STEP_DOWN = "plan-change", "step-down"
_SAID_BEFORE = "IDEMPOTENCY_KEY_REUSED"


@dataclass(frozen=True, slots=True)
class OfThePlan:
    """An agency that works on a client's plan, and how it would learn of a change; None where no route leads to it.
    Without a name it is somebody whom this organization may not know of by name.
    """

    agency: str
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class StepDown:
    """A level of care (of `LEVELS`) whose last day that is, what goes on with whom (pairs of agency and need), and which
    referrals (ids of Tasks) end with it: at once where the day has come, else they overlap until then.
    """

    level: str
    day: str
    goes_on: tuple[tuple[str, str], ...] = ()
    ends: tuple[str, ...] = ()


async def add_own_goal(
    premises: Premises, worker: Worker, patient_id: str, words: str, need: str, day: str, key: str
) -> None:
    """A goal of the client's own, in her words; `need` (of `NEEDS`) and `day` may be empty.

    Raises NotUnderstood `WORDS_MISSING`, `WORDS_TOO_LONG`, `CHOICE_UNKNOWN`, `DAY_INVALID`, and as `written_down`.
    """
    said = _words(premises, worker, patient_id, words, LONGEST_GOAL)
    if need and need not in NEEDS:
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "need")
    goal: dict[str, Any] = {
        "resourceType": "Goal",
        "identifier": [{"system": f"{OWN_WORDS}:{worker.partner}", "value": key}],
        "lifecycleStatus": "proposed",
        "description": {"text": said},
        "expressedBy": {"reference": f"Patient/{patient_id}"},
        "startDate": instant_text(premises.clock.now())[: len("YYYY-MM-DD")],
    }
    if need:
        goal["category"] = [_coded(need)]
    if day:
        goal["target"] = [{"dueDate": day_of(day).isoformat()}]
    await written_down(premises, worker, patient_id, Writing(key, (goal,)))


async def add_comment(premises: Premises, worker: Worker, patient_id: str, words: str, key: str) -> None:
    """What the client says of her plan, in her words: a note in a plan of the organization's own.

    Raises NotUnderstood `WORDS_MISSING`, `WORDS_TOO_LONG`, and as `written_down`.
    """
    said = _words(premises, worker, patient_id, words, LONGEST_COMMENT)
    her = {"reference": f"Patient/{patient_id}"}
    plan = {
        **_plan(worker, "own-words", "In the client's own words"),
        "identifier": [{"system": f"{OWN_WORDS}:{worker.partner}", "value": key}],
        "note": [{"authorReference": her, "time": instant_text(premises.clock.now()), "text": said}],
    }
    await written_down(premises, worker, patient_id, Writing(key, (plan,)))


async def people_of_the_plan(premises: Premises, worker: Worker, patient_id: str) -> tuple[OfThePlan, ...]:
    """The agencies that contribute to a client's plan or have an open referral of hers from here, as far as it may be
    seen here, and what each would see of a change that is asked for.

    Raises as `plan_of` and `outlook` do.
    """
    plan = await plan_of(premises, worker, patient_id)
    sent = await referrals_of(premises, worker, patient_id)
    contributed = {who for one in plan.resources if (who := contributor_of(one)).startswith("Organization/")}
    named = {partner_of(one) for one in contributed}
    is_somebody_else = not named <= set(premises.network.partners)
    named |= {one.agency for one in sent if one.state in OPEN}
    reached = {one.addressee for one in agencies_for(premises, worker)}
    found = []
    for name in sorted((named & set(premises.network.partners)) - {worker.partner}):
        wanted = NewReferral(CHANGE, name, "urgent", "")
        seen = await outlook(premises, worker, patient_id, wanted) if name in reached else None
        found.append(OfThePlan(name, seen))
    return (*found, *((OfThePlan("", None),) if is_somebody_else else ()))


async def ask_change(
    premises: Premises, worker: Worker, patient_id: str, reason: str, agencies: Sequence[str], key: str
) -> None:
    """The plan does not work: each of these agencies is asked to change its part, each for itself.

    Raises NotUnderstood `CHOICE_UNKNOWN`, and as `refer` does.
    """
    if reason not in CHANGES or not agencies:
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "reason")
    wanted = NewReferral(CHANGE, "", "urgent", key, reason)
    await _each(premises, worker, patient_id, wanted, [(name, CHANGE) for name in agencies])


async def step_down(premises: Premises, worker: Worker, patient_id: str, said: StepDown, key: str) -> None:
    """A level of care ends: a plan of what goes on with whom, a referral to each, decided anew and held where she
    has not permitted it, and the end of what went with the level (DM-26).

    Raises NotUnderstood `CHOICE_UNKNOWN`, `DAY_INVALID`, NotFound `NO_SUCH_REFERRAL`, and as `refer` and `cancel` do.
    """
    require_right(premises, worker, RIGHT)
    reached = {one.addressee for one in agencies_for(premises, worker)}
    is_known = all(agency in reached and need in NEEDS for agency, need in said.goes_on)
    if said.level not in LEVELS or not said.goes_on or not is_known:
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "level")
    last = day_of(said.day)
    today = premises.clock.now().astimezone(ZoneInfo(premises.network.zone)).date()
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
    level = {"system": LEVEL_SYSTEM, "code": said.level, "display": LEVELS[said.level]}
    plan = {
        **_plan(worker, STEP_DOWN, f"After: {LEVELS[said.level]}"),
        "identifier": [{"system": f"{LEVEL_SYSTEM}:{worker.partner}", "value": key}],
        "period": {"start": min(today, last).isoformat()},
        "activity": [_going_on(agency, need, level, last) for agency, need in said.goes_on],
    }
    if said.level in _OF_ADDICTION:
        plan["meta"] = {"security": [{"system": _ACT, "code": "SUD"}]}
    await _once(written_down(premises, worker, patient_id, Writing(key, (plan,))))
    wanted = NewReferral("", "", "asap", key, STEP_DOWN)
    await _each(premises, worker, patient_id, wanted, said.goes_on)
    for number, task_id in enumerate(said.ends if last <= today else ()):
        await _ended(premises, worker, patient_id, task_id, f"{key[:40]}-end-{number}")


async def _ended(premises: Premises, worker: Worker, patient_id: str, task_id: str, key: str) -> None:
    """What went with the level ends; what has ended already stays so."""
    sent = await own_referral(premises, worker, patient_id, task_id)
    if sent.state in OPEN:
        await cancel(premises, worker, patient_id, task_id, key)


def _going_on(agency: str, need: str, level: Mapping[str, str], last: date) -> dict[str, Any]:
    """What goes on with an agency, as an activity of the plan."""
    detail = {
        "status": "scheduled",
        "code": _coded(need),
        "reasonCode": [{"coding": [level]}],
        "performer": [{"reference": reference_of(agency)}],
        "scheduledPeriod": {"start": last.isoformat()},
    }
    return {"detail": detail}


async def _each(
    premises: Premises,
    worker: Worker,
    patient_id: str,
    wanted: NewReferral,
    asked: Sequence[tuple[str, str]],
) -> None:
    """A referral to each agency for its need."""
    for agency, need in asked:
        one = replace(wanted, agency=agency, need=need, key=f"{wanted.key[:36]}-{agency}"[:64])
        await _once(refer(premises, worker, patient_id, one))


async def _once(act: Awaitable[object]) -> None:
    """What was done before under the same key was done."""
    try:
        await act
    except AlreadyReceived as error:
        if error.code != _SAID_BEFORE:
            raise


def _words(premises: Premises, worker: Worker, patient_id: str, words: str, longest: int) -> str:
    require_right(premises, worker, RIGHT)
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
    said = text_of(words, longest)
    if not said:
        raise NotUnderstood("WORDS_MISSING", "write down what she says", "words")
    return said


def _plan(worker: Worker, category: str, title: str) -> dict[str, Any]:
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
        "title": title,
        "author": {"reference": reference_of(worker.partner)},
    }


def _coded(need: str) -> dict[str, Any]:
    system, display = NEEDS[need]
    return {"coding": [{"system": system, "code": need, "display": display}]}
