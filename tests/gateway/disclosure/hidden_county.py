"""A county in which much is held of a person that two askers may not see: one knows her, one has never heard of her."""

from __future__ import annotations

import base64
import copy
from typing import Any

from gateway.demo import person
from gateway.store import records
from tests.gateway.county import OTP, County

CANARY = "canarybird"
KNOWS_HER, STRANGER = "housing", "employment"
ASKERS = (f"{KNOWS_HER} COC", f"{STRANGER} COC", f"{KNOWS_HER} TREAT")
PAPER = f"a letter of {CANARY}".encode()
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def known_to_housing(county: County) -> None:
    """What both askers may know: that the housing agency has a client."""
    county.submit(KNOWS_HER, person.housing_client(), purpose="COC")


def hide(county: County) -> None:
    """What neither may see, by every way it comes in: a referral and its answer, a program's records, consents."""
    county.refer(change={"Says that": f"{CANARY} says that", "Postpartum depression": f"{CANARY} depression"})
    county.consent()
    county.deliver()
    county.submit("otp", _program_s_records())
    county.consent("psychiatry", discloser="otp", identifier=OTP)
    county.answer("otp", "accepted", statusReason={"text": f"{CANARY} is expected"})


def hidden_ids(county: County) -> dict[str, list[str]]:
    """The ids of what is held and hidden, by type."""
    found: dict[str, list[str]] = {}
    for record in county.look(lambda reading: records.of_patient(reading, county.patient_id, None)):
        if KNOWS_HER not in record.sources:
            found.setdefault(record.resource_type, []).append(record.id)
    return found


def consent_of_hers() -> dict[str, Any]:
    """A Consent as a program would record it; from an asker it permits nothing."""
    return person.consent("otp", KNOWS_HER, "COC", identifier=(person.HOUSING_SYSTEM, "DH-204"))


def entry(key: str, resource: dict[str, Any]) -> dict[str, Any]:
    name, url = f"urn:uuid:{key * 8}-0000-4000-8000-000000000000", resource["resourceType"]
    return {"fullUrl": name, "resource": resource, "request": {"method": "POST", "url": url}}


def to(key: str) -> dict[str, str]:
    return {"reference": f"urn:uuid:{key * 8}-0000-4000-8000-000000000000"}


def behind(care_plan: dict[str, Any]) -> dict[str, Any]:
    """A program's transaction with its workers, who wrote what, and a paper, beside what is about her."""
    bundle = copy.deepcopy(care_plan)
    her, goal, plan = (bundle["entry"][place]["fullUrl"] for place in (0, 1, 3))
    wrote = {"recorded": "2026-04-01T10:00:00Z", "agent": [{"who": to("b"), "onBehalfOf": to("a")}]}
    attachment = {"contentType": "text/plain", "url": to("1")["reference"]}
    bundle["entry"] += [
        entry("a", {"resourceType": "Organization", "name": f"{CANARY} House"}),
        entry(
            "b",
            {
                "resourceType": "Practitioner",
                "name": [{"family": "Ortíz", "suffix": [CANARY], "given": ["Inés"]}],
            },
        ),
        entry("c", {"resourceType": "PractitionerRole", "practitioner": to("b"), "organization": to("a")}),
        entry("d", {"resourceType": "Location", "name": "Second floor", "managingOrganization": to("a")}),
        entry("e", {"resourceType": "Provenance", "target": [{"reference": goal}], **wrote}),
        entry(
            "f", {"resourceType": "Provenance", "target": [{"reference": plan}, {"reference": goal}], **wrote}
        ),
        entry(
            "1",
            {
                "resourceType": "Binary",
                "contentType": "text/plain",
                "data": base64.b64encode(PAPER).decode(),
            },
        ),
        entry(
            "2",
            {
                "resourceType": "DocumentReference",
                "status": "current",
                "subject": {"reference": her},
                "content": [{"attachment": attachment}],
            },
        ),
    ]
    return bundle


def _program_s_records() -> dict[str, Any]:
    bundle = behind(person.treatment_plan())
    subject = {"reference": bundle["entry"][0]["fullUrl"]}
    for entry in bundle["entry"][1:]:
        resource = entry["resource"]
        if resource["resourceType"] == "Goal":
            resource["description"]["text"] = f"{CANARY}: {resource['description']['text']}"
        if resource["resourceType"] == "CarePlan":
            resource["title"] = f"{CANARY} and a home for two"
    more: list[dict[str, Any]] = [
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "medicationCodeableConcept": {"coding": [{"system": _RXNORM, "code": "6813"}], "text": CANARY},
        },
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "44261-6"}], "text": CANARY},
            "valueString": CANARY,
        },
        {"resourceType": "Communication", "status": "completed", "payload": [{"contentString": CANARY}]},
    ]
    for number, resource in enumerate(more):
        bundle["entry"].append(
            {
                "fullUrl": f"urn:uuid:77777777-7777-4777-8777-77777777777{number}",
                "resource": {**resource, "subject": subject},
                "request": {"method": "POST", "url": resource["resourceType"]},
            }
        )
    return bundle
