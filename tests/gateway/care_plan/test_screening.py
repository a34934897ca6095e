"""A PHQ-9 read again: question 9 above "not at all" is said, and a total that is no sum (DM-23)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.care_plan import screening_alerts

ITEMS = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
ANSWERS = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")


def loinc(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://loinc.org", "code": code}]}


def form(*points: int, day: str = "2026-03-01", **more: Any) -> dict[str, Any]:
    """A PHQ-9 filled in, as US Core shows it."""
    answers = [loinc(ANSWERS[one])["coding"][0] for one in points]
    items = [
        {"linkId": f"/{code}", "answer": [{"valueCoding": said}]}
        for code, said in zip(ITEMS, answers, strict=True)
    ]
    head = {"resourceType": "QuestionnaireResponse", "id": f"q-{day}", "status": "completed"}
    return {**head, "authored": day, "item": items, **more}


def found(code: str, day: str = "2026-03-01", **value: Any) -> dict[str, Any]:
    about = [{"reference": f"QuestionnaireResponse/q-{day}"}]
    head = {"resourceType": "Observation", "id": f"{code}-{day}", "status": "final", "code": loinc(code)}
    return {**head, "effectiveDateTime": day, "derivedFrom": about, **value}


QUIET, NINTH = form(1, 1, 1, 1, 1, 1, 1, 1, 0), form(0, 0, 0, 0, 0, 0, 0, 0, 1)


@pytest.mark.requirement("DM-23")
@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([QUIET], ()),
        ([NINTH], ("SELF_HARM_TOLD",)),
        ([found("44260-8", valueInteger=1)], ("SELF_HARM_TOLD",)),
        ([found("44260-8", valueQuantity={"value": 0})], ()),
        ([found("44260-8", valueCodeableConcept=loinc(ANSWERS[3]))], ("SELF_HARM_TOLD",)),
        ([found("44260-8", valueString="sometimes")], ("SELF_HARM_TOLD",)),
        ([found("44260-8", valueQuantity={"value": 10**400})], ("SELF_HARM_TOLD",)),
        ([found("44260-8", dataAbsentReason={"text": "declined"})], ()),
        ([found("44249-1", component=[{"code": loinc("44260-8"), "valueInteger": 2}])], ("SELF_HARM_TOLD",)),
        ([NINTH, form(0, 0, 0, 0, 0, 0, 0, 0, 0, day="2026-04-01")], ()),
        ([QUIET, form(0, 0, 0, 0, 0, 0, 0, 0, 1, day="2026-04-01")], ("SELF_HARM_TOLD",)),
        ([{**NINTH, "status": "entered-in-error"}], ()),
        ([QUIET, found("44261-6", valueInteger=8)], ()),
        ([QUIET, found("44261-6", valueInteger=14)], ("TOTAL_DIFFERS",)),
        ([QUIET, found("44261-6", day="2026-04-01", valueInteger=14)], ()),
        ([found("44261-6", valueInteger=14)], ()),
        ([found("44261-6", valueInteger=14), *(found(one, valueInteger=1) for one in ITEMS[:8])], ()),
    ],
)
def test_thoughts_of_self_harm_and_a_total_that_is_no_sum_are_said(
    records: list[dict[str, Any]], said: tuple[str, ...]
) -> None:
    assert screening_alerts(records) == screening_alerts(records[::-1]) == said
