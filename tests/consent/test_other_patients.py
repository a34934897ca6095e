"""Records that name their patients among those who take part: another patient's is never released. 42 CFR §2.13(a)."""

from __future__ import annotations

from typing import Any

import pytest

import consent
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ask, tables
from tests.consent.question_pools import ACT_CODE, ACT_REASON

Json = dict[str, Any]
MINE, OTHERS, WORKER = (
    {"reference": "Patient/p1"},
    {"reference": "Patient/p2"},
    {"reference": "Practitioner/d"},
)


AUTHOR = {"meaning": "authoredby", "reference": {"reference": "Practitioner/b"}}
NOAUTH = {"system": ACT_CODE, "code": "NOAUTH"}


def people(kind: str, *actors: Json) -> Json:
    """A record of one of the types, with these people in it."""
    shapes: dict[str, Json] = {
        "Appointment": {
            "status": "booked",
            "participant": [{"actor": one, "status": "accepted"} for one in actors],
        },
        "AppointmentResponse": {"participantStatus": "accepted", "actor": actors[0]},
        "Group": {"type": "person", "actual": True, "member": [{"entity": one} for one in actors]},
        "Person": {"link": [{"target": one} for one in actors]},
        "Schedule": {"actor": list(actors)},
    }
    return {"resourceType": kind, "id": "a", **shapes[kind]}


def found(record: Json, packs: tuple[str, ...] = ("part2", "hipaa")) -> set[str]:
    question = a_question(1, packs)
    question["resources"] = [*question["resources"], record]
    return {reason["code"] for reason in ask(question)["resources"][1]["reasons"]}


@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize("kind", ["Appointment", "AppointmentResponse", "Group", "Person", "Schedule"])
def test_who_takes_part_is_whom_it_is_about(kind: str) -> None:
    assert found(people(kind, MINE)) == {"PERMITTED_BY_CONSENT"}
    assert found(people(kind, OTHERS)) == {"OTHER_PATIENT"}
    assert found(people(kind, OTHERS), packs=()) == {"OTHER_PATIENT"}
    assert found(people(kind, {"type": "Patient", "display": "who"})) == {"OTHER_PATIENT"}
    assert found(people(kind, {"display": "a worker"})) == {"PERMITTED_BY_CONSENT"}


@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize("kind", ["Appointment", "Group", "Schedule"])
def test_a_group_meeting_is_about_everybody_in_it(kind: str) -> None:
    assert found(people(kind, MINE, WORKER)) == {"PERMITTED_BY_CONSENT"}
    assert found(people(kind, MINE, WORKER, OTHERS)) == {"OTHER_PATIENT"}


HERS, THEIRS = {"system": "urn:mrn", "value": "1"}, {"system": "urn:mrn", "value": "2"}


@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize(
    ("actor", "code"),
    [
        ({"identifier": HERS}, "PERMITTED_BY_CONSENT"),
        ({"identifier": THEIRS}, "OTHER_PATIENT"),
        ({"identifier": {"system": "urn:npi", "value": "9"}}, "PERMITTED_BY_CONSENT"),
        ({"reference": "urn:uuid:5"}, "OTHER_PATIENT"),
        ({"reference": "urn:uuid:5", "type": "Practitioner"}, "PERMITTED_BY_CONSENT"),
        ({"reference": "#x"}, "OTHER_PATIENT"),
        ({"reference": "#d"}, "PERMITTED_BY_CONSENT"),
        ({"type": "Patient", "identifier": HERS}, "PERMITTED_BY_CONSENT"),
    ],
)
def test_who_takes_part_by_number_or_inside_the_record(actor: Json, code: str) -> None:
    record = people("Appointment", actor)
    record["contained"] = [
        {"resourceType": "Patient", "id": "x"},
        {"resourceType": "Practitioner", "id": "d"},
    ]
    question = a_question(1, ("part2", "hipaa"))
    question["directory"] = [
        *question["directory"],
        {"resourceType": "Patient", "id": "p1", "identifier": [HERS]},
        {"resourceType": "Patient", "id": "p2", "identifier": [THEIRS]},
    ]
    question["resources"] = [*question["resources"], record]
    assert code in {reason["code"] for reason in ask(question)["resources"][1]["reasons"]}


@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize(
    "record",
    [
        {"resourceType": "EnrollmentRequest", "candidate": OTHERS},
        {"resourceType": "Provenance", "target": [OTHERS]},
        {"resourceType": "AuditEvent", "entity": [{"what": OTHERS}]},
        {"resourceType": "Linkage", "item": [{"type": "source", "resource": OTHERS}]},
        {"resourceType": "List", "subject": MINE, "entry": [{"item": OTHERS}]},
        {"resourceType": "Observation", "subject": MINE, "focus": [OTHERS]},
        {"resourceType": "Observation", "subject": MINE, "focus": [{**OTHERS, "display": "x"}]},
    ],
)
def test_whoever_is_named_as_a_patient_counts(record: Json) -> None:
    assert found({"id": "a", **record}) == {"OTHER_PATIENT"}


@pytest.mark.requirement("P2-13-01")
def test_her_own_patient_record_may_link_to_another_of_hers() -> None:
    mine = {"resourceType": "Patient", "id": "p1", "link": [{"other": OTHERS, "type": "seealso"}]}
    assert found(mine) == {"PERMITTED_BY_CONSENT"}


CLASSES = "http://hl7.org/fhir/resource-types"


@pytest.mark.requirement("FH-RED-01", "P2-13-01", "P2-26-01")
@pytest.mark.parametrize(
    ("inner", "limit", "goes"),
    [
        ({}, None, False),
        ({"subject": OTHERS}, None, True),
        ({}, {"class": [{"system": CLASSES, "code": "Condition"}]}, True),
        ({"recorder": {"reference": "Practitioner/b"}}, {"data": [AUTHOR]}, True),
        ({"recordedDate": "2020-05-05"}, {"dataPeriod": {"end": "2020-12-31"}}, True),
        ({"meta": {"security": [{"system": ACT_CODE, "code": "NOAUTH"}]}}, {"securityLabel": [NOAUTH]}, True),
    ],
)
def test_a_contained_record_is_asked_about_like_one_of_its_own(
    inner: Json, limit: Json | None, goes: bool
) -> None:
    question = a_question(1, ("part2", "hipaa"))
    inside = {
        "resourceType": "Condition",
        "id": "c",
        "recorder": WORKER,
        "recordedDate": "2026-01-01",
        **inner,
    }
    question["resources"][0] |= {"contained": [inside], "performer": [WORKER]}
    if limit is not None:
        deny = a_consent(1, "Organization/hosp-1")
        deny["provision"] = {"type": "deny", **limit}
        question["consents"] = [*question["consents"], deny]
    (row,) = consent.decide(consent.read_question(question), tables()).resources
    assert row.outcome == ("redact" if goes else "disclose")
    assert row.removals == (("/contained/0",) if goes else ())


@pytest.mark.requirement("FH-RED-01", "P2-31-03")
@pytest.mark.parametrize(
    "limit",
    [
        {"class": [{"system": CLASSES, "code": "Observation"}]},
        {"code": [{"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}]},
        {"data": [{"meaning": "instance", "reference": {"reference": "Observation/r0"}}]},
        {"dataPeriod": {"start": "2026-01-15"}},
    ],
)
def test_what_a_permit_does_not_reach_goes_from_inside_too(limit: Json) -> None:
    question = a_question(1, ("part2", "hipaa"))
    for one in question["consents"]:
        one["provision"] |= limit
    worker = {"resourceType": "Practitioner", "id": "w", "name": [{"family": "W"}]}
    inside = {"resourceType": "Condition", "id": "c", "recordedDate": "2026-01-01"}
    question["resources"][0] |= {"contained": [inside, worker]}
    (row,) = consent.decide(consent.read_question(question), tables()).resources
    assert row.removals == ("/contained/0",), "workers and places belong to the record"


@pytest.mark.requirement("P2-23-01", "P2-13-01")
def test_her_own_record_goes_to_her_without_what_is_another_patients_inside() -> None:
    question = a_question(0, ("part2", "hipaa"))
    question["recipient"] = {
        "references": ["Patient/p1"],
        "identifiers": [],
        "roles": [],
        "standing": ["patient"],
    }
    question["purposes"] = [{"system": ACT_REASON, "code": "PATRQT"}]
    inside = {"resourceType": "Condition", "id": "c", "subject": OTHERS}
    question["resources"][0] |= {"contained": [inside]}
    (row,) = consent.decide(consent.read_question(question), tables()).resources
    assert (row.outcome, row.removals) == ("redact", ("/contained/0",))


@pytest.mark.requirement("P2-12-01", "P2-11-01")
@pytest.mark.parametrize(
    "source", ["urn:ehr:main", "http://x/Organization/otp-1#ab12", "Organization/pcp-1", " ", "#ab12"]
)
def test_a_source_of_any_kind_does_not_hide_the_program_that_discloses(source: str) -> None:
    question = a_question(1, ("part2", "hipaa"))
    question["resources"][0]["meta"] = {"source": source}
    assert "42CFRPart2" in ask(question)["resources"][0]["labels"]


@pytest.mark.requirement("P2-12-01")
def test_the_fragment_of_a_source_is_no_part_of_its_name() -> None:
    question = a_question(1, ("part2", "hipaa"))
    question["discloser"] = {"references": ["Organization/hosp-9"], "identifiers": []}
    question["resources"][0]["meta"] = {"source": "http://x/Organization/otp-1#ab12"}
    assert "42CFRPart2" in ask(question)["resources"][0]["labels"]


@pytest.mark.requirement("P2-12-01")
def test_a_unit_of_a_program_that_says_its_number_alone_is_one() -> None:
    question = a_question(1, ("part2", "hipaa"))
    unit = {"resourceType": "Organization", "id": "unit", "partOf": {"reference": "Organization/otp-1"}}
    question["directory"] = [*question["directory"], {**unit, "identifier": [HERS]}]
    question["discloser"] = {"references": [], "identifiers": [HERS]}
    assert "42CFRPart2" in ask(question)["resources"][0]["labels"]
