"""What the hospital's referral becomes, and how a wrong one is answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mappings import Library, Translation, TranslationRefused, translate

PRD_RT = b"PRD|RT^Referred to Provider^HL70286|Vance^Teresa^^^^LCSW^L"


def _run(library: Library, source: bytes, zone: str | None = "America/Phoenix") -> Translation:
    return translate(
        library.mapping("hospital/ref_i12"), source, partner="hospital", id_key=b"k" * 32, zone=zone
    )


def _of(translation: Translation, kind: str) -> list[dict[str, Any]]:
    return [dict(r) for r in translation.resources if r["resourceType"] == kind]


def test_one_referral_becomes_the_resources_of_the_loop(library: Library, referral: bytes) -> None:
    kinds = [r["resourceType"] for r in _run(library, referral).resources]
    assert {k: kinds.count(k) for k in kinds} == {
        "Patient": 1,
        "ServiceRequest": 1,
        "Task": 1,
        "PractitionerRole": 2,
        "Practitioner": 2,
        "RelatedPerson": 1,
        "Coverage": 1,
        "Organization": 1,
        "Condition": 3,
        "AllergyIntolerance": 1,
        "Observation": 4,
    }


@pytest.mark.requirement("SD-01")
def test_the_task_carries_the_workflow_and_points_to_the_request(library: Library, referral: bytes) -> None:
    translation = _run(library, referral)
    [task], [request], [patient] = (_of(translation, k) for k in ("Task", "ServiceRequest", "Patient"))
    assert (task["status"], task["intent"], request["status"], request["intent"]) == (
        "requested",
        "order",
        "active",
        "order",
    )
    assert task["code"]["coding"][0]["code"] == "fulfill"
    assert task["focus"]["reference"] == f"ServiceRequest/{request['id']}"
    assert task["for"] == request["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert task["authoredOn"] == "2026-11-02"
    assert task["requester"]["reference"].startswith("PractitionerRole/")
    assert task["owner"] == request["performer"][0] != task["requester"]
    assert task["identifier"][0]["value"] == request["identifier"][0]["value"] == "RB-77120"
    assert translation.business_key.startswith("RB-77120")


@pytest.mark.requirement("SD-02")
def test_a_cancel_has_the_ids_of_the_referral_and_ends_the_task(library: Library, referral: bytes) -> None:
    first = _run(library, referral)
    second = _run(library, referral.replace(b"REF^I12^", b"REF^I14^"))
    assert first.roles["task"] == second.roles["task"]
    assert _of(second, "Task")[0]["status"] == "cancelled"
    assert _of(second, "ServiceRequest")[0]["status"] == "active"


def test_the_addressee_is_named_by_exactly_one_rt(library: Library, referral: bytes) -> None:
    [addressee] = _run(library, referral).addressee_codes
    assert addressee == ("SUNRISE", "EN", "PRD[2]-7.1")


@pytest.mark.parametrize(
    ("old", "new", "code", "place", "hl7_code"),
    [
        (PRD_RT, PRD_RT.replace(b"RT", b"CP"), "ADDRESSEE_MISSING", "PRD", "101"),
        (b"PRD|RP^", b"PRD|RT^", "ADDRESSEE_TWICE", "PRD", "207"),
        (b"|RB-77120^RIVERBEND^2.16.840.1.113883.3.9999.10^ISO|", b"||", "KEY_MISSING", "RF1-6.1", "101"),
        (
            b"Delgado-Example^Marisol^Ana^^^^L||19960314|F||2131",
            b"||19960314|F||2131",
            "REQUIRED_MISSING",
            "PID-5",
            "101",
        ),
        (b"\rPID|", b"\rZID|", "REQUIRED_MISSING", "PID-3", "101"),
        (b"REF^I12^REF_I12", b"ADT^A01^ADT_A01", "MESSAGE_TYPE_UNKNOWN", "MSH-9.1", "200"),
        (b"REF^I12^REF_I12", b"REF^I15^REF_I12", "EVENT_UNKNOWN", "MSH-9.2", "201"),
    ],
)
def test_a_wrong_referral_is_refused_at_its_place(
    library: Library, referral: bytes, old: bytes, new: bytes, code: str, place: str, hl7_code: str
) -> None:
    assert old in referral
    with pytest.raises(TranslationRefused) as caught:
        _run(library, referral.replace(old, new))
    assert (caught.value.code, caught.value.place, caught.value.hl7_error_code) == (code, place, hl7_code)
    assert caught.value.erl
    assert "Delgado" not in str(caught.value)


def test_a_wrong_structure_in_msh_9_3_is_accepted(library: Library, referral: bytes) -> None:
    assert _run(library, referral.replace(b"REF^I12^REF_I12", b"REF^I14^REF_I14")).resources


@pytest.mark.requirement("V2-02")
def test_free_text_and_the_senders_own_segments_stay_behind(library: Library, referral: bytes) -> None:
    translation = _run(library, referral + b"ZSU|1|methadone since June\r")
    text = json.dumps(translation.resources, default=str)
    for secret in ("Lost sleep", "rooms in until", "call before", "methadone since"):
        assert secret not in text
        assert secret in json.dumps(translation.complement, default=str)
    assert translation.accounting.unmapped == 0


def test_the_social_security_number_is_dropped_everywhere(library: Library, referral: bytes) -> None:
    translation = _run(library, referral)
    assert "900-11-2345" not in json.dumps([translation.resources, translation.complement], default=str)
    assert translation.accounting.dropped == 4


@pytest.mark.requirement("V2-03", "V2-04")
@pytest.mark.parametrize(
    ("segment", "labels"),
    [
        (b"ORC" + b"|" * 28 + b"ETH", {"R", "SUD", "ETHUD", "OPIOIDUD"}),
        (b"ORC" + b"|" * 28 + b"PSY", {"R", "PSY"}),
        (b"ORC" + b"|" * 28 + b"AID", {"R", "HIV"}),
        (b"ARV|1|A|DRG", {"R", "SUD", "ETHUD", "OPIOIDUD"}),
        (b"ARV|1|A|a code of tomorrow", {"R"}),
    ],
)
def test_what_the_sender_marks_as_sensitive_is_on_every_resource_about_the_patient(
    library: Library, referral: bytes, segment: bytes, labels: set[str]
) -> None:
    plain = referral.replace(b"PV2" + b"|" * 22 + b"Y", b"PV2")
    for resource in _run(library, plain + segment + b"\r").resources:
        found = {c["code"] for c in resource.get("meta", {}).get("security", ())}  # type: ignore[attr-defined]
        staff = resource["resourceType"] in ("Practitioner", "PractitionerRole", "Organization")
        own = {"R"} if resource["resourceType"] == "Condition" else set()
        assert found - own == (set() if staff else labels - own)


@pytest.mark.requirement("V2-03")
def test_a_word_in_msh_8_that_nobody_knows_restricts_the_record(library: Library, referral: bytes) -> None:
    marked = referral.replace(b"20261102143015-0700||REF", b"20261102143015-0700|SECRET|REF")
    for resource in _of(_run(library, marked), "Observation"):
        assert {c["code"] for c in resource["meta"]["security"]} == {"R"}


def test_times_keep_precision_and_zone_and_none_is_invented(library: Library, referral: bytes) -> None:
    result = _of(_run(library, referral), "Observation")[0]
    assert result["effectiveDateTime"] == "2026-11-02T10:20:00-07:00"
    bare = referral.replace(b"20261102143015-0700", b"20261102").replace(
        b"20261102102000-0700", b"20261102102000"
    )
    known = _run(library, bare)
    assert _of(known, "Observation")[0]["effectiveDateTime"] == "2026-11-02T10:20:00-07:00"
    unknown = _run(library, bare, zone=None)
    assert _of(unknown, "Observation")[0]["effectiveDateTime"] == "2026-11-02"
    assert [(i.code, i.place) for i in unknown.issues] == [("ZONE_MISSING", "OBX-14")]
    assert unknown.accounting.unmapped == 0


def test_a_code_outside_its_table_is_an_issue_and_no_guess(library: Library, referral: bytes) -> None:
    translation = _run(library, referral.replace(b"|A^ASAP^HL70280|", b"|Q^Quick^HL70280|"))
    assert "priority" not in _of(translation, "ServiceRequest")[0]
    assert {(i.code, i.place, i.erl) for i in translation.issues} == {("NO_CONCEPT", "RF1-2", "RF1^1^2")}
    assert translation.accounting.unmapped == 3


def test_a_field_that_no_row_names_is_reported_and_goes_nowhere(library: Library, referral: bytes) -> None:
    translation = _run(library, referral.replace(b"\rDG1|3|", b"\rQQQ|new segment\rDG1|3|"))
    assert [(i.code, i.place) for i in translation.issues] == [("UNMAPPED", "QQQ-1")]
    assert "new segment" not in json.dumps(translation.resources, default=str)


def test_coding_systems_are_named_by_their_uri(library: Library, referral: bytes) -> None:
    translation = _run(library, referral)
    systems = {c["code"]["coding"][0]["system"] for c in _of(translation, "Condition")}
    assert systems == {"http://hl7.org/fhir/sid/icd-10-cm"}
    assert _of(translation, "Observation")[0]["code"]["coding"][0]["system"] == "http://loinc.org"
    assert _of(translation, "AllergyIntolerance")[0]["code"]["coding"][0]["system"].endswith("rxnorm")


def test_without_a_referring_provider_the_sending_facility_asks(library: Library, referral: bytes) -> None:
    translation = _run(library, referral.replace(b"PRD|RP^", b"PRD|CP^"))
    assert (
        _of(translation, "Task")[0]["requester"]["reference"]
        == f"Organization/{translation.roles['sender'][0]}"
    )


def test_a_deleted_value_leaves_the_element_out(library: Library, referral: bytes) -> None:
    translation = _run(library, referral.replace(b"|19960314|F||2131", b'|19960314|""||2131'))
    assert "gender" not in _of(translation, "Patient")[0]
    assert translation.issues == ()
    assert '""' in json.dumps(translation.complement["carried"]).replace("\\", "")
