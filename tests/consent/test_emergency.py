"""Emergency access, 42 CFR §2.51."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import consent
from consent.emergency import EmergencyRequest, decide_emergency
from tests.bench.bench_consent import a_question
from tests.consent.asking import tables

Json = dict[str, Any]


def a_record(kind: str, name: str, **more: Any) -> Json:
    return {"resourceType": kind, "id": name, "subject": {"reference": "Patient/p1"}, **more}


def request(**changes: Any) -> EmergencyRequest:
    """A sound use by an emergency physician; the patient's consents deny everything."""
    question = a_question(1, ("part2", "hipaa"))
    question["consents"][0]["provision"] = {"type": "deny"}
    question["purposes"] = ["ETREAT"]
    question["recipient"]["standing"] = changes.pop("standing", ["covered_entity", "medical_personnel"])
    question["purposes"] = changes.pop("purposes", question["purposes"])
    question["resources"] = changes.pop(
        "resources",
        [
            a_record("MedicationRequest", "m"),
            a_record("Observation", "o"),
            a_record("CarePlan", "s", category=[{"coding": [{"system": "urn:c", "code": "safety-plan"}]}]),
            a_record("CarePlan", "c"),
            a_record("DocumentReference", "d", content=[{"attachment": {"title": "x"}}]),
            {**a_record("Condition", "x"), "subject": {"reference": "Patient/p2"}},
        ],
    )
    asked = consent.read_question(question)
    sound = EmergencyRequest(
        question=asked,
        clinician="Practitioner/er",
        facility="Organization/hosp-1",
        discloser_name="gateway",
        nature="unresponsive",
        consent_unobtainable=True,
        second_factor=True,
        opened=asked.at - timedelta(hours=1),
    )
    return replace(sound, **changes)


@pytest.mark.requirement("P2-51-01", "P2-51-02", "P2-26-01")
def test_medical_personnel_get_the_emergency_set_against_a_denial_and_it_is_recorded() -> None:
    decision = decide_emergency(request(), tables())
    assert [row.outcome for row in decision.resources] == [
        "disclose", "withhold", "disclose", "withhold", "withhold", "withhold",
    ]  # fmt: skip
    assert decision.basis == "MEDICAL_EMERGENCY"
    duties = {duty.code for duty in decision.obligations}
    assert {"EMERGENCY_RECORD", "REVIEW", "TELL_DISCLOSER", "NO_FURTHER_USE", "NOTICE"} <= duties


AT = request().question.at


@pytest.mark.requirement("P2-51-01", "P2-51-02", "P2-CR-01")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"standing": ["law_enforcement", "medical_personnel"]}, "PROCEEDINGS_BARRED"),
        ({"standing": ["crisis_line"]}, "NOT_MEDICAL_PERSONNEL"),
        ({"purposes": ["TREAT"]}, "EMERGENCY_PURPOSE_MISSING"),
        ({"nature": ""}, "EMERGENCY_RECORD_INCOMPLETE"),
        ({"facility": ""}, "EMERGENCY_RECORD_INCOMPLETE"),
        ({"consent_unobtainable": False}, "CONSENT_OBTAINABLE"),
        ({"second_factor": False}, "SECOND_FACTOR_MISSING"),
        ({"opened": AT - timedelta(hours=4)}, "EMERGENCY_OVER"),
        ({"opened": AT + timedelta(seconds=1)}, "EMERGENCY_OVER"),
        ({"earlier_uses": (AT - timedelta(hours=1), AT - timedelta(hours=23))}, "SECOND_PERSON_MISSING"),
    ],
)
def test_each_condition_bars_the_use(changes: Json, code: str) -> None:
    decision = decide_emergency(request(**changes), tables())
    assert decision.outcome == "withhold"
    assert {reason.code for row in decision.resources for reason in row.reasons} == {code}
    assert decision.obligations == ()


@pytest.mark.requirement("P2-51-01")
def test_the_third_use_needs_a_second_person() -> None:
    uses = (AT - timedelta(hours=1), AT - timedelta(hours=23))
    assert decide_emergency(request(earlier_uses=uses, second_person="Practitioner/b"), tables()).basis
    assert not decide_emergency(request(earlier_uses=uses, second_person="Practitioner/er"), tables()).basis
    old = (AT - timedelta(hours=1), AT - timedelta(hours=24))
    assert decide_emergency(request(earlier_uses=old), tables()).basis


@pytest.mark.requirement("P2-51-01")
@pytest.mark.parametrize(
    "second",
    ["PRACTITIONER/ER", "Practitioner / E.R.", "practi\u00adtioner-er", "\uff30ractitioner/er", " ", "-.-"],
)
def test_a_second_person_is_not_the_same_one_written_otherwise(second: str) -> None:
    uses = (AT - timedelta(hours=1), AT - timedelta(hours=23))
    decision = decide_emergency(request(earlier_uses=uses, second_person=second), tables())
    assert {reason.code for row in decision.resources for reason in row.reasons} == {"SECOND_PERSON_MISSING"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AB-1", "ab 1"),
        ("Dr. Straße", "DR STRASSE"),
        ("Zoë", "zoe\u0308"),
        ("\uff11\uff12\uff13", "123"),
        ("\u0661\u0662\u0663", "123"),
        ("a\u200bb", "AB"),
        ("\u2167", "viii"),
    ],
)
def test_ways_of_writing_the_same(one: str, other: str) -> None:
    assert consent.as_compared(one) == consent.as_compared(other) != ""


@pytest.mark.parametrize(("one", "other"), [("AB-1", "AB-2"), ("Zoë", "Zoe"), ("王", "李")])
def test_what_is_written_otherwise_is_another(one: str, other: str) -> None:
    assert consent.as_compared(one) != consent.as_compared(other)


def test_a_record_that_cannot_be_read_withholds_everything() -> None:
    wide = a_record("MedicationRequest", "m", note=[{"text": {}}] * 200_001)
    decision = decide_emergency(request(resources=[wide]), tables())
    assert {reason.code for row in decision.resources for reason in row.reasons} == {"RULE_FAILED"}
