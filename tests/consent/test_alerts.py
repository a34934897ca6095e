"""Alerts that rest on other records: who treats the patient may be warned, nobody else learns of what is withheld."""

from __future__ import annotations

from typing import Any

import pytest

from consent.model import Coding, DisclosureRequest, Recipient
from consent.redact import redact
from tests.consent.releases import PATIENT, asked, coded, decided, resource, tables

Json = dict[str, Any]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HOSPITAL = Recipient(references=("Organization/h",), standing=("covered_entity", "treating_provider"))
PLAN = Recipient(references=("Organization/p",), standing=("covered_entity", "health_plan"))
CASE_MANAGER = Recipient(references=("Organization/c",), standing=("community",), category="case_management")
OWNER = Recipient(references=(PATIENT,), standing=("patient",))
HIDDEN = resource(
    "MedicationRequest",
    "hidden",
    status="active",
    intent="order",
    subject={"reference": PATIENT},
    medicationCodeableConcept=coded("1819", "buprenorphine", RXNORM),
)
SHOWN = {**HIDDEN, "id": "shown", "medicationCodeableConcept": coded("29046", "lisinopril", RXNORM)}


def alert(*references: str, **elements: object) -> Json:
    """An alert that rests on the records referred to."""
    rests_on = {"implicated": [{"reference": reference} for reference in references]} if references else {}
    return resource(
        "DetectedIssue", "alert", status="final", patient={"reference": PATIENT}, **rests_on, **elements
    )


def shown(warning: Json, recipient: Recipient, purpose: str = "TREAT", basis: str = "CONSENT") -> list[Json]:
    """What is shown of the alert and two medications, of which one is withheld."""
    made = asked([warning, SHOWN, HIDDEN], recipient)
    request = DisclosureRequest(
        at=made.at,
        patient=made.patient,
        discloser=made.discloser,
        recipient=made.recipient,
        purposes=(Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", purpose),),
        resources=made.resources,
        policy=made.policy,
    )
    decision = decided(request, withheld=["MedicationRequest/hidden"], basis=basis)
    return [
        dict(one) for one in redact(request, decision, tables()) if one["resourceType"] != "MedicationRequest"
    ]


@pytest.mark.requirement("FH-RED-06")
@pytest.mark.parametrize(
    ("recipient", "purpose", "basis", "is_warned"),
    [
        (HOSPITAL, "TREAT", "CONSENT", True),
        (HOSPITAL, "ETREAT", "CONSENT", True),
        (HOSPITAL, "HPAYMT", "CONSENT", False),
        (PLAN, "HPAYMT", "CONSENT", False),
        (PLAN, "TREAT", "CONSENT", False),
        (CASE_MANAGER, "COC", "CONSENT", False),
        (OWNER, "PATRQT", "PATIENT_ACCESS", True),
    ],
)
def test_only_who_treats_the_patient_is_warned_of_what_is_withheld(
    recipient: Recipient, purpose: str, basis: str, is_warned: bool
) -> None:
    found = shown(alert("MedicationRequest/hidden", "MedicationRequest/shown"), recipient, purpose, basis)

    assert bool(found) is is_warned
    assert all(one["implicated"] == [{"reference": "MedicationRequest/shown"}] for one in found)


@pytest.mark.requirement("FH-RED-06", "IB-02")
@pytest.mark.parametrize(
    ("warning", "goes"),
    [
        (alert("MedicationRequest/shown"), True),
        (alert("MedicationRequest/shown/_history/2"), True),
        (alert(evidence=[{"detail": [{"reference": "MedicationRequest/shown"}]}]), True),
        (
            alert(
                "MedicationRequest/shown", evidence=[{"detail": [{"reference": "MedicationRequest/hidden"}]}]
            ),
            False,
        ),
        (alert("MedicationRequest/shown", "MedicationRequest/elsewhere"), False),
        (alert("MedicationRequest/shown", "#inside"), False),
        (alert(implicated=[{"display": "a medication"}]), False),
        (alert(), False),
    ],
)
def test_an_alert_goes_to_others_where_all_that_it_rests_on_does(warning: Json, goes: bool) -> None:
    assert bool(shown(warning, CASE_MANAGER, "COC")) is goes


@pytest.mark.requirement("FH-RED-06")
@pytest.mark.parametrize(("recipient", "goes"), [(HOSPITAL, True), (CASE_MANAGER, False)])
def test_an_alert_inside_another_record_is_one_too(recipient: Recipient, goes: bool) -> None:
    inside = {**alert("MedicationRequest/shown"), "id": "inside"}
    plan = resource("CarePlan", "plan", contained=[inside], addresses=[{"reference": "#inside"}])

    (found,) = shown(plan, recipient)

    assert ("contained" in found) is goes
