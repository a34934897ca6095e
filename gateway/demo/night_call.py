"""The third story: a student with panic attacks and cannabis use, who calls the crisis line at night.

He and the worker make a plan for the night and a time in the morning. He signs, on his phone, for the counselor; he says
no to his family doctor.
"""

from __future__ import annotations

from typing import Any

from gateway.demo import person, records
from gateway.demo.stage import Stage, expect

AGENCIES = {"counseling": "fhir", "primary-care": "fhir"}
"""Who receives in this story, and how."""

_WHO, _DAY = "Mateo Sampleson", "2026-05-11"
_LINE = ("urn:warm-handoff:crisis-client", "C-77")
_NEW_PATH = ("urn:warm-handoff:counseling-client", "NP-2051")


def play(stage: Stage) -> None:
    """The whole story. Raises StoryBroken when a promise is not kept."""
    _a_call_at_night(stage)
    _one_yes_one_no(stage)
    _the_morning(stage)
    _he_takes_it_back(stage)
    stage.account()


def _he(number: tuple[str, str]) -> dict[str, Any]:
    return records.patient(*number, "Sampleson", "Mateo", "2005-02-20", "602-555-0188")


def _a_call_at_night(stage: Stage) -> None:
    stage.tell(
        "1. He calls at two in the morning: his heart races, he thinks that he dies. They make a plan for the night."
    )
    for number, addressee, asked_for in (
        ("C-R-1", "counseling", "First appointment this morning"),
        ("C-R-2", "primary-care", "Check-up of heart and thyroid"),
    ):
        request, task = records.referral(5, "crisis", addressee, asked_for, number, priority="urgent")
        bundle = records.transaction(
            _he(_LINE),
            records.condition("F41.0", "Panic disorder [episodic paroxysmal anxiety]"),
            records.condition("F12.10", "Cannabis abuse, uncomplicated"),
            records.plan(
                "crisis",
                "Plan for the night",
                ("Breathe with the recording", "Text Jonah", "988 again"),
                safety=True,
            ),
            request,
            task,
        )
        stage.posts("crisis", "TREAT", bundle)
    stage.must(
        stage.receives["counseling"].hears_nothing("received", 1.5), "until he says yes, nobody is told"
    )
    stage.must(stage.receives["primary-care"].hears_nothing("received", 0.2), "neither is his family doctor")


def _one_yes_one_no(stage: Stage) -> None:
    stage.tell(
        "2. While they talk he reads on his phone what would go where. He signs for the counselor; for his doctor: no."
    )
    yes = person.consent("crisis", "counseling", "TREAT", identifier=_LINE, who=_WHO, day=_DAY)
    stage.report["consent"] = stage.allows("crisis", yes)
    said = str(stage.arrives("counseling"))
    stage.must(
        "F41.0" in said and "Plan for the night" in said, "the counselor knows what the night was like"
    )
    no = person.consent("crisis", "primary-care", "TREAT", identifier=_LINE, who=_WHO, day=_DAY)
    no["provision"]["type"] = "deny"
    stage.allows("crisis", no)
    stage.must(stage.receives["primary-care"].hears_nothing("received", 3.0), "a no is a no")
    stage.tell(
        "   counseling receives the referral and the plan for the night; primary care receives nothing."
    )


def _the_morning(stage: Stage) -> None:
    stage.tell(
        "3. The counselor keeps nine o'clock for him. The night worker may know that he is expected, and no more."
    )
    plan = records.plan("counseling", "Counseling plan", ("Panic diary", "Cannabis: cut down, then stop"))
    time = records.appointment("2026-05-11T09:00:00-07:00", "2026-05-11T09:50:00-07:00")
    stage.posts("counseling", "TREAT", records.transaction(_he(_NEW_PATH), plan, time))
    kinds = ("Task", "Appointment")
    back = person.consent(
        "counseling", "crisis", "TREAT", identifier=_NEW_PATH, classes=kinds, who=_WHO, day=_DAY
    )
    stage.allows("counseling", back)
    task = next(one for one in stage.last("counseling") if one["resourceType"] == "Task")
    stage.answers("counseling", {**task, "status": "accepted"})
    states = {one["status"] for one in stage.finds("crisis", "Task", "TREAT", _LINE)}
    stage.must("accepted" in states, "the night worker sees that he is expected")
    told = not stage.finds("crisis", "Appointment", "TREAT", _LINE)
    stage.must(told, "a crisis line needs no calendar of a counselor, even where he would allow it")
    plans = str(stage.finds("crisis", "CarePlan", "TREAT", _LINE))
    stage.must("Counseling plan" not in plans, "the night worker sees no counseling plan")
    stage.tell("   crisis sees: accepted. She texts him: they expect you in the morning.")


def _he_takes_it_back(stage: Stage) -> None:
    stage.tell(
        "4. In June he ends the consent for the crisis line's records. What the counselor has stays; no more goes there."
    )
    consent_id = stage.report["consent"]
    present = stage.desks["crisis"].ask("GET", f"/Consent/{consent_id}", "TREAT")
    expect(present, 200)
    ended = {**present.json(), "status": "inactive"}
    expect(stage.desks["crisis"].ask("PUT", f"/Consent/{consent_id}", "TREAT", json=ended), 200)
    request, task = records.referral(
        2, "crisis", "counseling", "Another appointment", "C-R-3", priority="urgent"
    )
    stage.posts("crisis", "TREAT", records.transaction(_he(_LINE), request, task))
    told = stage.arrives("counseling")
    stage.must({one["resourceType"] for one in told} == {"Communication"}, "the counselor is told to stop")
    stage.must(
        stage.receives["counseling"].hears_nothing("received", 3.0), "after he ended it nothing more is sent"
    )
    stage.tell("   counseling receives the notice to stop, and nothing else.")
