"""What an emergency answer tells by what is not in it, and who counts as the same clinician (42 CFR §2.51)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.clock import instant_text
from gateway.demo import person
from gateway.errors import NotAllowed, NotFound
from gateway.store import Record, emergency_uses, records
from tests.gateway.county import MRN, County, resources_of
from tests.gateway.flows.test_emergency import PSYCHOTHERAPY, add, opened, sound

TAKEN = {"text": "x"}


def describe(county: County, source: str = "otp") -> None:
    """A Patient of hers from a partner, with a number of its own."""
    at = instant_text(county.clock.now())
    told = {
        "identifier": [{"system": f"urn:{source}", "value": f"{source}-9"}],
        "name": [{"family": "Reyes"}],
    }
    resource = {"resourceType": "Patient", "id": f"p-{source}", **told}
    row = Record("Patient", f"p-{source}", 0, county.patient_id, source, (source,), True, at, False, resource)
    county.write(lambda tx: records.save(tx, row))


def answer(county: County, **changes: object) -> tuple[str, str, str | None]:
    """All that a refusal says, but for the id of the request."""
    with pytest.raises(NotFound) as caught:
        opened(county, sound(**changes))
    return caught.value.code, caught.value.message, caught.value.place


@pytest.mark.requirement("P2-13-02", "P2-51-01")
@pytest.mark.parametrize("withheld", ["note", "plan"])
def test_a_program_whose_records_are_all_withheld_is_not_shown_to_hold_any(
    county: County, withheld: str
) -> None:
    county.refer()
    nobody = answer(
        county, patient={"identifier": {"system": MRN[0], "value": "nobody"}}, requestId="probe-0001"
    )
    describe(county)
    before = answer(county, requestId="probe-0002")
    if withheld == "note":
        note = {"security": [PSYCHOTHERAPY]}
        add(county, "n", "MedicationStatement", status="active", medicationCodeableConcept=TAKEN, meta=note)
    else:
        county.submit("otp", person.treatment_plan())

    assert answer(county, requestId="probe-0003") == before == nobody
    assert county.look(emergency_uses.not_reviewed) == ()
    assert not county.records("Communication")


@pytest.mark.requirement("P2-51-01")
def test_the_patient_is_of_whoever_shows_something_else(county: County) -> None:
    """The newest Patient is of a program that shows nothing; the one that is told is of the other."""
    county.refer()
    describe(county, "psychiatry")
    add(county, "allergy", "AllergyIntolerance", "psychiatry", code={"text": "Penicillin"})
    county.clock.advance(timedelta(minutes=1))
    describe(county, "otp")
    note = {"security": [PSYCHOTHERAPY]}
    add(county, "n", "MedicationStatement", status="active", medicationCodeableConcept=TAKEN, meta=note)

    content = opened(county, sound())

    (patient,) = resources_of(content)["Patient"]
    assert "AllergyIntolerance" in resources_of(content)
    assert patient["identifier"][0]["value"] == "psychiatry-9" and b"otp-9" not in content


OTHER = "urn:badge"
NPI, NPI_OID = "http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"
WAYS = [
    (OTHER, "AB-1", OTHER, "ab-1"),
    (OTHER, "AB-1", "URN:badge", "A B.1"),
    (OTHER, "AB-1", OTHER, "\uff21\uff22\u20101"),
    (NPI, "1990000001", NPI, "1990-000-001"),
    (NPI, "1990000001", NPI.upper(), "NPI 1990000001"),
    (NPI, "1990000001", NPI_OID, "1990000001"),
]


def person_named(system: str, value: str, name: str = "Dr. Ada Lindqvist") -> list[dict[str, Any]]:
    identifier = {"name": "identifier", "valueIdentifier": {"system": system, "value": value}}
    return [identifier, {"name": "name", "valueString": name}]


@pytest.mark.requirement("P2-51-01")
@pytest.mark.parametrize(("system", "value", "as_system", "as_value"), WAYS)
def test_the_same_clinician_written_otherwise_is_counted_and_does_not_approve_herself(
    county: County, system: str, value: str, as_system: str, as_value: str
) -> None:
    county.refer()
    add(county, "allergy", "AllergyIntolerance", code={"text": "Penicillin"})
    first, again = person_named(system, value), person_named(as_system, as_value)
    for number in range(2):
        opened(county, sound(requestId=f"ed-use-{number}", clinician=first))
    with pytest.raises(NotAllowed, match="SECOND_PERSON_MISSING"):
        opened(county, sound(requestId="ed-use-2", clinician=again))
    herself = person_named(as_system, as_value, "Another Name")
    with pytest.raises(NotAllowed, match="SECOND_PERSON_MISSING"):
        opened(county, sound(requestId="ed-use-2", clinician=first, secondPerson=herself))
    by_name = person_named(system, "77", "DR ADA  LINDQVIST")
    with pytest.raises(NotAllowed, match="SECOND_PERSON_MISSING"):
        opened(county, sound(requestId="ed-use-2", clinician=first, secondPerson=by_name))
    somebody = person_named(system, "77", "Dr. Bo Ek")
    opened(county, sound(requestId="ed-use-2", clinician=again, secondPerson=somebody))


@pytest.mark.requirement("P2-51-01")
def test_the_same_request_with_the_number_written_otherwise_is_the_same_use(county: County) -> None:
    county.refer()
    add(county, "allergy", "AllergyIntolerance", code={"text": "Penicillin"})
    opened(county, sound(clinician=person_named(NPI, "1990000001")))
    opened(county, sound(clinician=person_named(NPI, "1990 000 001")))
    assert len(county.look(emergency_uses.not_reviewed)) == 1
