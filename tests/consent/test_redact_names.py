"""Names that tell: a housing agency never reads that a methadone clinic is involved (42 CFR §2.13(c))."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from consent.model import Decision, DisclosureRequest, Recipient, Scope
from consent.places import REMEMBERED_CIRCLES, Places
from consent.present import present
from consent.redact import redact
from consent.redact_names import may_know_sources, sensitive_sources
from tests.consent.releases import (
    CLASS_SCOPE,
    HOSPITAL,
    HOUSING,
    PATIENT,
    PROGRAM,
    SUD_SCOPE,
    Json,
    asked,
    coded,
    decided,
    resource,
    tables,
)

CLINIC: Json = {
    "resourceType": "Organization",
    "id": "otp-1",
    "name": "Sunrise Center",
    "alias": ["The Sunrise"],
    "telecom": [{"system": "phone", "value": "555-0100-77"}],
    "address": [{"line": ["12 Harbor Road"], "text": "12 Harbor Road, Mesa"}],
    "type": [{"text": "clinic"}],
}
UNIT = {
    "resourceType": "Location",
    "id": "room",
    "managingOrganization": {"reference": PROGRAM},
    "name": "Window Four",
}
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "role-1",
    "organization": {"reference": PROGRAM},
    "practitioner": {"reference": "Practitioner/counselor-1"},
}
OTHER_CLINIC = {"resourceType": "Organization", "id": "other", "name": "Valley Methadone Clinic"}
SHELTER = {"resourceType": "Organization", "id": "shelter", "name": "Harbor House"}
DIRECTORY = (CLINIC, UNIT, ROLE, OTHER_CLINIC, SHELTER)

REFERRAL = resource(
    "ServiceRequest",
    "s1",
    code={"text": "housing"},
    performer=[{"reference": "Organization/housing-1", "display": "Harbor House"}],
    requester={"reference": "https://net.example/fhir/Organization/otp-1", "display": "Sunrise Center"},
    locationReference=[{"reference": "Location/room", "display": "Window Four"}],
    supportingInfo=[{"reference": "Organization/other", "display": "Valley Methadone Clinic"}],
    reasonCode=[coded("F11.20", "Opioid dependence"), {"text": "after detox"}, {"text": "needs a room"}],
    identifier=[
        {"system": "urn:sunrise center:mrn", "value": "1"},
        {"system": "urn:x", "value": "2", "assigner": {"reference": PROGRAM}},
        {"system": "urn:x", "value": "555-0100-77"},
        {"system": "urn:x", "value": "4"},
    ],
    orderDetail=[
        {"text": "call 555-0100-77"},
        {"text": "The  sunrise will call"},
        {"text": "call in the morning"},
    ],
)


def released(request: DisclosureRequest, decision: Decision) -> tuple[Any, ...]:
    shown = redact(request, decision, tables())
    return present(shown, decision, request=request, alias_key=b"key", tables=tables())


def output(
    recipient: Recipient, scope: Scope, *resources: Json, directory: tuple[Json, ...] = DIRECTORY
) -> str:
    request = asked(resources, recipient, directory)
    return json.dumps(released(request, decided(request, scopes=(scope,))))


@pytest.mark.requirement("FH-RED-04", "P2-13-02", "DM-01")
def test_housing_reads_neither_name_nor_number_nor_reason_of_a_program() -> None:
    text = output(
        HOUSING, CLASS_SCOPE, REFERRAL, resource("Task", "t1", owner={"reference": PROGRAM}), CLINIC
    )
    told = (
        "sunrise",
        "methadone",
        "otp-1",
        "555-0100",
        "12 harbor",
        'room"',
        "f11",
        "opioid",
        "detox",
        "window",
    )
    assert [word for word in told if word in text.lower().replace("needs a room", "")] == []
    assert "Harbor House" in text, "other names stay"
    assert "needs a room" in text
    assert "call in the morning" in text


@pytest.mark.requirement("FH-RED-04")
def test_a_hospital_with_consent_for_sud_data_reads_the_names() -> None:
    text = output(HOSPITAL, CLASS_SCOPE, REFERRAL, CLINIC)
    assert "Sunrise Center" in text
    assert "Opioid dependence" in text


@pytest.mark.requirement("FH-RED-04")
def test_an_alias_is_the_same_within_a_recipient_and_another_for_the_next() -> None:
    first = output(HOUSING, CLASS_SCOPE, REFERRAL, CLINIC)
    found = json.loads(first)
    requester = found[0]["requester"]
    assert requester["reference"] == f"Organization/{found[1]['id']}"
    assert requester["display"] == found[1]["name"]
    assert output(HOUSING, CLASS_SCOPE, REFERRAL, CLINIC) == first
    pantry = replace(HOUSING, references=("Organization/pantry-1",))
    assert requester["reference"] not in output(pantry, CLASS_SCOPE, REFERRAL, CLINIC)


@pytest.mark.requirement("FH-RED-04")
def test_workers_and_contained_copies_of_a_program_lose_their_names_too() -> None:
    worker = {"resourceType": "Practitioner", "id": "counselor-1", "name": [{"text": "Jo Public"}]}
    task = resource(
        "Task",
        "t1",
        contained=[{"resourceType": "Organization", "id": "c", "name": "Sunset Suboxone Clinic"}],
        requester={"reference": "#c", "display": "Sunset Suboxone Clinic"},
        owner={"reference": "Practitioner/counselor-1", "display": "Jo Public"},
    )
    role = {**ROLE, "id": "role-1"}
    shown = json.loads(output(HOUSING, CLASS_SCOPE, task, worker, role))
    assert shown[0]["contained"] == [{"resourceType": "Organization", "id": "c", "name": "Organization"}]
    assert shown[0]["requester"] == {"reference": "#c"}
    assert shown[0]["owner"]["reference"] == f"Practitioner/{shown[1]['id']}"
    assert shown[1]["name"][0]["text"] == shown[0]["owner"]["display"]
    assert "Jo Public" not in json.dumps(shown)
    assert "name" not in shown[2]


@pytest.mark.requirement("FH-RED-04", "P2-13-02")
def test_who_has_the_number_of_a_program_is_the_program_by_whatever_name() -> None:
    """A hospital calls it otherwise than the network does, and a worker is found by her number in any directory."""
    at_npi, written = "http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"
    clinic = {**CLINIC, "identifier": [{"system": at_npi, "value": "1000000012"}]}
    listed = {"resourceType": "Practitioner", "id": "counselor-1"}
    listed["identifier"] = [{"system": at_npi, "value": "1000000145"}]
    numbered = [{"system": written, "value": "1000000145"}]
    worker = {
        "resourceType": "Practitioner",
        "id": "w",
        "identifier": numbered,
        "name": [{"family": "Public"}],
    }
    called = {**clinic, "id": "their-own", "name": "Downtown North"}
    task = resource(
        "Task",
        "t1",
        owner={"reference": "Practitioner/w", "display": "Jo Public"},
        requester={"identifier": clinic["identifier"][0], "display": "Downtown North"},
        location={"reference": "Organization/their-own", "display": "Downtown North"},
    )
    rows, directory = (task, worker, called), (clinic, listed, *DIRECTORY[1:])
    shown = output(HOUSING, CLASS_SCOPE, *rows, directory=directory)
    assert [word for word in ("Public", "Downtown", "1000000") if word in shown] == []
    assert "Downtown" in output(HOSPITAL, CLASS_SCOPE, *rows, directory=directory)


@pytest.mark.requirement("FH-RED-04")
def test_a_record_whose_own_id_tells_is_withheld() -> None:
    plan, task = resource("CarePlan", "methadone-plan"), resource("Task", "t1")
    assert [row["resourceType"] for row in json.loads(output(HOUSING, CLASS_SCOPE, plan, task))] == ["Task"]
    assert len(json.loads(output(HOSPITAL, CLASS_SCOPE, plan, task))) == 2
    assert (
        len(json.loads(output(HOUSING, CLASS_SCOPE, {"resourceType": "Basic", "code": {"text": "x"}}))) == 1
    )


@pytest.mark.parametrize(
    ("recipient", "how", "knows"),
    [
        (HOUSING, {"scopes": (CLASS_SCOPE,)}, False),
        (HOUSING, {"scopes": (SUD_SCOPE,)}, True),
        (HOSPITAL, {"scopes": (CLASS_SCOPE,)}, True),
        (HOSPITAL, {"scopes": (CLASS_SCOPE,), "labels": ("N",)}, False),
        (HOSPITAL, {"withheld": ("Task/t1",)}, False),
        (Recipient(references=("Organization/x",)), {}, False),
        (Recipient(references=("Organization/x",), members_of=(PROGRAM,)), {}, True),
        (Recipient(references=(PATIENT,)), {}, True),
        (Recipient(references=("RelatedPerson/x",), standing=("patient",)), {}, True),
        (Recipient(references=("Organization/x",)), {"basis": "INSIDE_PROGRAM"}, True),
    ],
)
@pytest.mark.requirement("FH-RED-04")
def test_who_may_know_that_a_program_is_involved(
    recipient: Recipient, how: dict[str, Any], knows: bool
) -> None:
    request = asked([resource("Task", "t1")], recipient)
    assert may_know_sources(request, decided(request, **how)) is knows


def test_whatever_belongs_to_a_program_is_kept_back_with_it() -> None:
    deeper = {"resourceType": "Location", "id": "desk", "partOf": {"reference": "Location/room"}}
    nameless = {"resourceType": "Organization", "partOf": {"display": "Sunrise Center"}}
    person = {"resourceType": "RelatedPerson", "id": "methadone"}
    told = resource("Task", "t1", owner={"reference": "Practitioner/told", "display": "Addiction counselor"})
    patient = {"reference": PATIENT, "display": "heroin"}
    about = resource(
        "Task", "t2", **{"for": patient}, focus={"reference": "Condition/c", "display": "heroin"}
    )
    loose = {"resourceType": "Organization", "id": "loose", "partOf": {"display": "x"}}
    request = asked([told, about], HOUSING, (*DIRECTORY, deeper, nameless, loose, person))
    found = sensitive_sources(request, tables())
    assert found.references == {
        PROGRAM,
        "Location/room",
        "Location/desk",
        "PractitionerRole/role-1",
        "Practitioner/counselor-1",
        "Organization/other",
        "Practitioner/told",
    }
    assert "sunrise center" in found.names
    assert "harbor house" not in found.names


def test_an_organisation_that_tells_by_its_code_is_kept_back() -> None:
    program = {
        "resourceType": "HealthcareService",
        "id": "x",
        "type": [{"text": "Alcohol treatment"}],
        "alias": "odd",
    }
    request = asked([resource("Task", "t1")], HOUSING, (program,), programs=())
    assert sensitive_sources(request, tables()).references == {"HealthcareService/x"}


def questions_of_one_directory() -> list[DisclosureRequest]:
    """Several recipients and records, some of which name or hold people and places of their own."""
    told = resource("Task", "t1", owner={"reference": "Practitioner/told", "display": "Addiction counselor"})
    known = resource("Task", "t2", owner={"reference": PROGRAM, "display": "Valley Methadone Clinic"})
    desk = {"resourceType": "Location", "id": "desk", "partOf": {"reference": "Location/room"}}
    holding = resource("Task", "t3", contained=[{**OTHER_CLINIC, "id": "in"}])
    records = ([resource("Task", "t0")], [told], [known], [desk], [holding], [told, desk, holding])
    recipients = (
        HOUSING,
        HOSPITAL,
        Recipient(references=(PROGRAM,)),
        Recipient(references=("Location/room",)),
    )
    first = asked([], HOUSING, DIRECTORY)
    return [
        replace(asked(some, one), directory=first.directory, policy=replace(first.policy, part2_sources=who))
        for who in ((PROGRAM,), (), ("Organization/shelter", PROGRAM))
        for some in records
        for one in recipients
    ]


@pytest.mark.requirement("P2-13-02", "FH-RED-04")
def test_what_is_known_of_a_directory_changes_no_answer_about_another_record_or_recipient() -> None:
    asked_of_it = questions_of_one_directory()
    places = Places(asked_of_it[0].directory, tables())
    alone = [sensitive_sources(one, tables()) for one in asked_of_it]

    assert len(set(alone)) > len(asked_of_it) // 4
    for _ in range(2):
        assert [sensitive_sources(one, tables(), places) for one in asked_of_it] == alone


@pytest.mark.requirement("P2-13-02", "FH-RED-04")
def test_what_is_known_of_a_directory_does_not_speak_for_another_one() -> None:
    request = asked([resource("Task", "t1")], HOUSING, DIRECTORY)
    known = Places((), tables())

    assert sensitive_sources(request, tables(), known) == sensitive_sources(request, tables())
    assert not known.are_of(request.directory, tables())
    assert known.are_of((), tables())


def test_what_is_kept_of_a_directory_by_programs_and_recipients_is_bounded() -> None:
    request = asked([resource("Task", "t1")], HOUSING, DIRECTORY)
    places = Places(request.directory, tables())
    for number in range(REMEMBERED_CIRCLES + 2):
        recipient = Recipient(references=(f"Organization/x-{number}",))
        sensitive_sources(replace(request, recipient=recipient), tables(), places)

    assert len(places._circles) == 2
    assert sensitive_sources(request, tables(), places) == sensitive_sources(request, tables())
