"""What may go goes, beside what may not: one withheld record or element holds back nothing else."""

from __future__ import annotations

from typing import Any

import pytest

import consent
from tests.consent.asking import ask, tables
from tests.consent.question_pools import label
from tests.consent.test_decision_tables import question, record_named

Json = dict[str, Any]


def asked(consents: str, *records: Json) -> Json:
    """The clinic asks its records of a doctor, for treatment."""
    made = question(
        {
            "at": "2026-06-15T12:00:00-07:00",
            "discloser": "primary_care",
            "recipient": "clinic",
            "purpose": "TREAT",
            "consents": consents,
            "record": "plain",
            "packs": "federal",
        }
    )
    return {**made, "resources": list(records)}


def shown(made: Json) -> list[Json]:
    request = consent.read_question(made)
    return [dict(one) for one in consent.redact(request, consent.decide(request, tables()), tables())]


@pytest.mark.requirement("IB-02")
def test_the_records_beside_a_denied_one_go() -> None:
    made = asked("all_clinic_but_sud", record_named("plain"), record_named("sud"), record_named("medication"))

    answer = ask(made)

    assert answer["outcome"] == "partial"
    assert [row["outcome"] for row in answer["resources"]] == ["disclose", "withhold", "disclose"]
    assert [one["id"] for one in shown(made)] == ["plain", "medication"]


@pytest.mark.requirement("IB-02", "FH-LBL-05")
def test_the_elements_beside_a_denied_one_go() -> None:
    inline = {
        "extension": [
            {
                "url": "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label",
                "valueCoding": label("SUD"),
            }
        ],
        "text": "what nobody else may know",
    }
    made = asked(
        "all_clinic_but_sud", {**record_named("plain"), "method": {"text": "scales"}, "bodySite": inline}
    )

    (found,) = shown(made)

    assert "bodySite" not in found
    assert (found["method"], found["code"]) == ({"text": "scales"}, record_named("plain")["code"])


@pytest.mark.requirement("IB-02", "IB-01")
def test_who_gets_nothing_is_told_why_record_by_record() -> None:
    answer = ask(asked("all_clinic_but_sud", record_named("sud"), record_named("opioid")))

    assert answer["outcome"] == "withhold"
    assert [[reason["code"] for reason in row["reasons"]] for row in answer["resources"]] == [
        ["DENIED_BY_CONSENT"],
        ["DENIED_BY_CONSENT"],
    ]
    assert all(reason["citation"] for row in answer["resources"] for reason in row["reasons"])
