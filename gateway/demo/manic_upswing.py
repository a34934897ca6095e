"""The second story: a man with bipolar disorder and alcohol use on a manic upswing.

His case manager gets him to psychiatry fast; the mobile crisis team has his safety plan and nothing else; when he is
better, his family doctor takes over without the alcohol.
"""

from __future__ import annotations

from typing import Any

from gateway.demo import person, records
from gateway.demo.stage import Stage

AGENCIES = {"psychiatry": "fhir", "case-management": "fhir", "primary-care": "fhir"}
"""Who receives in this story, and how."""

_WHO, _DAY = "Darnell Exampleman", "2026-04-02"
_CM = ("urn:warm-handoff:case-management-client", "CM-118")
_CLINIC = ("urn:warm-handoff:psychiatry-client", "MP-7702")
_CRISIS = ("urn:warm-handoff:crisis-client", "C-40")


def play(stage: Stage) -> None:
    """The whole story. Raises StoryBroken when a promise is not kept."""
    _case_manager_refers(stage)
    plans = _psychiatry_shares_its_plan(stage)
    _crisis_team_sees_the_safety_plan_alone(stage, plans)
    _case_manager_hears_of_it(stage)
    _family_doctor_takes_over(stage)
    stage.account()


def _he(number: tuple[str, str]) -> dict[str, Any]:
    return records.patient(*number, "Exampleman", "Darnell", "1988-09-03", "602-555-0173")


def _case_manager_refers(stage: Stage) -> None:
    stage.tell(
        "1. His case manager sees him speed up and sleep two hours a night. She refers him to psychiatry, at once."
    )
    request, task = records.referral(
        4, "case-management", "psychiatry", "Psychiatric evaluation today", "CM-R-9", priority="stat"
    )
    bundle = records.transaction(
        _he(_CM),
        records.condition("F31.13", "Bipolar disorder, current episode manic, severe"),
        records.condition("F10.20", "Alcohol dependence, uncomplicated"),
        request,
        task,
    )
    stage.posts("case-management", "TREAT", bundle)
    stage.must(
        stage.receives["psychiatry"].hears_nothing("received", 1.5),
        "however urgent, nothing goes without him",
    )
    stage.tell("   Nothing leaves yet. He signs for psychiatry, all of it.")
    consent = person.consent("case-management", "psychiatry", "TREAT", identifier=_CM, who=_WHO, day=_DAY)
    stage.allows("case-management", consent)
    said = str(stage.arrives("psychiatry"))
    stage.must("F31.13" in said and "F10.20" in said, "psychiatry gets the whole picture")
    stage.tell("   psychiatry receives the referral with both diagnoses.")


def _psychiatry_shares_its_plan(stage: Stage) -> dict[str, str]:
    stage.tell("2. Psychiatry writes a treatment plan and, with him, a safety plan.")
    care = records.plan(
        "psychiatry", "Treatment plan", ("Lithium, level every week", "No alcohol; counseling offered")
    )
    safety = records.plan(
        "psychiatry",
        "Safety plan",
        ("Warning sign: two nights without sleep", "Call sister Renee first", "Keys and cards to Renee"),
        safety=True,
    )
    stage.posts("psychiatry", "TREAT", records.transaction(_he(_CLINIC), care, safety))
    own = {
        one["title"]: f"CarePlan/{one['id']}"
        for one in stage.finds("psychiatry", "CarePlan", "TREAT", _CLINIC)
    }
    stage.must(set(own) >= {"Treatment plan", "Safety plan"}, "psychiatry finds its own plans")
    return own


def _crisis_team_sees_the_safety_plan_alone(stage: Stage, plans: dict[str, str]) -> None:
    stage.tell("3. He lets mobile crisis see the safety plan, and nothing else.")
    stage.posts("crisis", "TREAT", records.transaction(_he(_CRISIS)))
    stage.must(
        not stage.finds("crisis", "CarePlan", "TREAT", _CRISIS), "before that the crisis team sees no plan"
    )
    consent = person.consent(
        "psychiatry",
        "crisis",
        "TREAT",
        identifier=_CLINIC,
        only=(plans["Safety plan"],),
        who=_WHO,
        day=_DAY,
    )
    stage.allows("psychiatry", consent)
    seen = stage.finds("crisis", "CarePlan", "TREAT", _CRISIS)
    steps = [one["detail"]["description"] for plan in seen for one in plan.get("activity", ())]
    stage.tell(f"   crisis sees {len(seen)} plan: {'; '.join(steps)}")
    stage.must(
        [plan["id"] for plan in seen] == [plans["Safety plan"].split("/")[1]], "the safety plan, alone"
    )
    stage.must("lithium" not in str(seen).lower(), "the crisis team never sees the treatment plan")
    stage.must(not stage.finds("crisis", "Condition", "TREAT", _CRISIS), "and no diagnosis")


def _case_manager_hears_of_it(stage: Stage) -> None:
    stage.tell("4. Psychiatry accepts; he lets it tell his case manager so, and not what it found.")
    back = person.consent(
        "psychiatry", "case-management", "TREAT", identifier=_CLINIC, classes=("Task",), who=_WHO, day=_DAY
    )
    stage.allows("psychiatry", back)
    task = next(one for one in stage.last("psychiatry") if one["resourceType"] == "Task")
    stage.answers("psychiatry", {**task, "status": "accepted"})
    told = stage.arrives("case-management")
    stage.must(
        any(one.get("status") == "accepted" for one in told), "the case manager hears of the acceptance"
    )
    stage.must("lithium" not in str(told).lower(), "the case manager does not see the treatment")
    stage.tell("   case management receives: accepted.")


def _family_doctor_takes_over(stage: Stage) -> None:
    stage.tell(
        "5. Six weeks later he is steady. Psychiatry steps down to his family doctor; the alcohol he keeps to himself."
    )
    request, task = records.referral(
        4, "psychiatry", "primary-care", "Take over lithium and its levels", "MP-R-2", priority="routine"
    )
    bundle = records.transaction(
        _he(_CLINIC),
        records.condition("F31.73", "Bipolar disorder, in partial remission, most recent episode manic"),
        records.condition("F10.20", "Alcohol dependence, uncomplicated"),
        request,
        task,
    )
    stage.posts("psychiatry", "TREAT", bundle)
    consent = person.consent(
        "psychiatry", "primary-care", "TREAT", identifier=_CLINIC, without=("SUD",), who=_WHO, day=_DAY
    )
    stage.allows("psychiatry", consent)
    said = str(stage.arrives("primary-care"))
    stage.must("F31.73" in said, "the family doctor knows what he takes over")
    stage.must(
        "F10.20" not in said and "lcohol" not in said, "the family doctor learns nothing of the alcohol"
    )
    stage.tell("   primary care receives the referral and the bipolar disorder; of the alcohol, not a word.")
