"""What lies inside a record is protected as the record is: labels of single elements, contained copies, history."""

from __future__ import annotations

import json
from typing import Any

import pytest

import consent
from consent.emergency import EmergencyRequest, decide_emergency
from tests.consent.asking import tables
from tests.consent.question_pools import label
from tests.consent.test_decision_tables import consent_named, question

Json = dict[str, Any]

INLINE = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"
SECRET = "Zyx-the-secret"


def asked(**changes: str) -> Json:
    """A question of the decision tables: a plain record of a covered hospital, for the clinic, to treat."""
    row = {
        "discloser": "hospital_covered",
        "recipient": "clinic",
        "purpose": "TREAT",
        "consents": "",
        "record": "plain",
        "at": "2026-06-15T12:00:00-07:00",
        "packs": "federal",
    }
    return question({**row, **changes})


def bearing(*codes: str) -> list[Json]:
    return [{"url": INLINE, "valueCoding": label(code)} for code in codes]


def with_labelled_value(made: Json, *codes: str) -> Json:
    record = made["resources"][0]
    record["valueString"], record["_valueString"] = SECRET, {"extension": bearing(*codes)}
    return made


def shown(made: Json) -> str:
    """The bytes that would leave, as text; empty for nothing."""
    request = consent.read_question(made)
    left = consent.redact(request, consent.decide(request, tables()), tables())
    return json.dumps(left) if left else ""


@pytest.mark.requirement("FH-LBL-05", "FH-LBL-07")
@pytest.mark.parametrize("code", ["HIV", "SUD", "PSY", "R", "V", "PSYTHPN"])
def test_a_permit_for_normal_data_does_not_reach_a_labelled_element(code: str) -> None:
    made = asked(consents="normal_only_clinic", packs="none")
    assert shown(made)
    left = shown(with_labelled_value(made, code))
    assert left and SECRET not in left


@pytest.mark.requirement("FH-LBL-05", "FH-LBL-07")
@pytest.mark.parametrize("consents", ["all_clinic_but_restricted", "all_clinic;deny_restricted"])
def test_a_denial_of_restricted_data_takes_a_restricted_element(consents: str) -> None:
    made = asked(consents=consents, discloser="hospital")
    assert SECRET in shown(with_labelled_value(made, "N"))
    left = shown(with_labelled_value(made, "R"))
    assert left and SECRET not in left


@pytest.mark.requirement("P2-31-13", "HI-508-03", "FH-LBL-05")
@pytest.mark.parametrize("changes", [
    {"consents": "all_clinic", "discloser": "hospital"},
    {"consents": "all_clinic", "packs": "none"},
    {"recipient": "patient", "purpose": "PATRQT"},
])  # fmt: skip
def test_a_note_inside_a_record_needs_its_own_consent(changes: dict[str, str]) -> None:
    assert SECRET in shown(with_labelled_value(asked(**changes), "HIV"))
    left = shown(with_labelled_value(asked(**changes), "PSYTHPN"))
    assert left and SECRET not in left


@pytest.mark.requirement("FH-CON-06", "FH-LBL-05")
@pytest.mark.parametrize("code", ["HIV", "SUD", "R", "PSYTHPN"])
def test_treatment_without_consent_leaves_labelled_elements_behind(code: str) -> None:
    made = asked(no_consent="treatment")
    assert SECRET in shown(with_labelled_value(made, "N"))
    left = shown(with_labelled_value(made, code))
    assert left and SECRET not in left


@pytest.mark.requirement("ST-01", "ST-02", "FH-LBL-05")
def test_a_state_rule_holds_for_a_labelled_element() -> None:
    changes = {"consents": "tpo_by_class_all_labels", "recipient": "hospital", "discloser": "primary_care"}
    assert SECRET in shown(with_labelled_value(asked(**changes), "MH"))
    left = shown(with_labelled_value(asked(**changes, packs="federal state/sample-mh-named"), "MH"))
    assert left and SECRET not in left


@pytest.mark.requirement("P2-12-01", "P2-32-01")
def test_one_part_2_element_makes_a_part_2_record_with_its_notice() -> None:
    made = with_labelled_value(asked(consents="all_clinic", discloser="hospital"), "42CFRPart2")
    answer = consent.decision_answer(consent.decide(consent.read_question(made), tables()))
    assert "NOTICE" in {duty["code"] for duty in answer["obligations"]}  # type: ignore[attr-defined]  # JSON
    assert not shown(with_labelled_value(asked(no_consent="treatment"), "42CFRPart2"))


@pytest.mark.requirement("FH-LBL-05", "DM-27")
@pytest.mark.parametrize("address", [
    {"line": [SECRET], "extension": bearing("SDV")},
    {"line": [SECRET], "_line": [{"extension": bearing("SDV")}]},
])  # fmt: skip
@pytest.mark.parametrize("name", ["address", "telecom", "identifier", "subject"])
def test_a_labelled_address_or_number_stays_behind(address: Json, name: str) -> None:
    made = asked(consents="normal_only_clinic", packs="none")
    person = {"resourceType": "Patient", "id": "p1", "meta": {"security": [label("N")]}, "active": True}
    value: object = {"display": SECRET, "extension": bearing("SDV")} if name == "subject" else [address]
    made["resources"] = [{**person, name: value}]
    left = shown(made)
    assert "active" in left and SECRET not in left


@pytest.mark.requirement("P2-51-01", "P2-31-13")
def test_an_emergency_releases_no_note_inside_a_record() -> None:
    made = asked(record="diagnosis", purpose="ETREAT")
    made["recipient"]["standing"] = ["medical_personnel"]
    record = made["resources"][0]
    record["note"], record["recordedDate"] = [{"text": SECRET, "extension": bearing("PSYTHPN")}], "2026-01-01"
    request = consent.read_question(made)
    emergency = EmergencyRequest(
        request, "Practitioner/d", "Organization/clinic-7", "hospital", "collapse", True, True, request.at
    )
    decision = decide_emergency(emergency, tables())
    left = json.dumps(consent.redact(request, decision, tables()))
    assert decision.resources[0].removals == ("/note/0",)
    assert "recordedDate" in left and SECRET not in left


def referral_with(contained: Json) -> Json:
    made = asked(consents="housing_broad", recipient="housing", purpose="COC", record="housing_referral",
                 discloser="primary_care")  # fmt: skip
    made["resources"][0] |= {"contained": [contained], "basedOn": [{"reference": "#c1"}]}
    return made


@pytest.mark.requirement("DM-01", "P2-13-01")
@pytest.mark.parametrize("contained", [
    {"resourceType": "Condition", "id": "c1", "code": {"text": SECRET}},
    {"resourceType": "Observation", "id": "c1", "code": {"text": SECRET}},
    {"resourceType": "CarePlan", "id": "c1", "status": "active", "intent": "plan", "title": SECRET},
    "odd",
])  # fmt: skip
def test_the_data_set_is_the_same_inside_a_contained_copy(contained: Any) -> None:
    left = shown(referral_with(contained))
    assert left and SECRET not in left
    assert '"#c1"' not in left or '"contained"' in left


@pytest.mark.requirement("DM-11", "P2-13-01")
def test_a_kind_that_goes_whole_takes_no_other_kind_along() -> None:
    made = asked(
        consents="crisis_named", recipient="crisis_line", record="medication", discloser="primary_care"
    )
    condition = {"resourceType": "Condition", "id": "c1", "code": {"text": SECRET}}
    drug = {"resourceType": "Medication", "id": "m1", "status": "active"}
    made["resources"][0] |= {"contained": [condition, drug]}
    request = consent.read_question(made)
    (row,) = consent.decide(request, tables()).resources
    assert row.outcome == "redact"
    assert row.removals == ("/contained/0", "/contained/1"), "the consent names neither kind"


@pytest.mark.requirement("FH-RED-01", "FH-LBL-05")
@pytest.mark.parametrize("more", [
    {"meta": {"security": [label("V")]}},
    {"valueCodeableConcept": {"text": "x", "extension": bearing("HIV")}},
])  # fmt: skip
def test_a_contained_copy_above_its_container_goes(more: Json) -> None:
    made = asked(consents="normal_only_clinic", packs="none")
    value = {"coding": [{"system": "urn:example:values", "code": SECRET}]}
    inner: Json = {"resourceType": "Observation", "id": "c1", "status": "final", "code": value}
    made["resources"][0] |= {"contained": [inner], "hasMember": [{"reference": "#c1"}]}
    assert SECRET in shown(made)
    inner |= more
    assert SECRET not in shown(made)


@pytest.mark.requirement("P2-31-12", "P2-31-11")
@pytest.mark.parametrize(("versions", "released"), [
    ([("1", "active")], True),
    ([("1", "active"), ("2", "inactive")], False),
    ([("2", "inactive"), ("1", "active")], False),
    ([("1", "active"), ("1", "inactive")], False),
    ([("1", "inactive"), ("1", "active")], False),
    ([("1", "active"), ("", "entered-in-error")], False),
    ([("1", "inactive"), ("2", "active")], True),
    ([("10", "active"), ("9", "inactive")], True),
    ([("", "active"), ("", "active")], True),
])  # fmt: skip
def test_a_later_version_takes_the_place_of_an_earlier_one(
    versions: list[tuple[str, str]], released: bool
) -> None:
    made = asked(packs="none")
    for version, status in versions:
        one = consent_named("all_clinic", "Organization/hosp-1")
        made["consents"].append({**one, "status": status, "meta": {"versionId": version} if version else {}})
    assert bool(shown(made)) is released


@pytest.mark.requirement("P2-14-01", "ST-03")
@pytest.mark.parametrize(("born", "released"), [
    ("2008-06-15", True), ("2008-06-16", False), ("2008-05", True), ("2008-06", False), ("2008", False),
    ("2007", True),
])  # fmt: skip
def test_whoever_may_still_be_a_minor_counts_as_one(born: str, released: bool) -> None:
    made = asked(consents="all_clinic", discloser="hospital")
    made["directory"].append({"resourceType": "Patient", "id": "p1", "birthDate": born})
    for one in made["consents"]:
        one["dateTime"] = "2026-06-15"
    assert bool(shown(made)) is released


@pytest.mark.requirement("P2-13-01", "FH-RED-01")
@pytest.mark.parametrize(("kind", "part"), [
    ("Bundle", {"type": "collection", "entry": ...}),
    ("Parameters", {"parameter": ...}),
])  # fmt: skip
def test_what_carries_records_is_no_record(kind: str, part: Json) -> None:
    made = asked(consents="all_clinic", packs="none")
    inner = [{"resource": {**made["resources"][0], "meta": {"security": [label("PSYTHPN")]}}}]
    held = {name: inner if value is ... else value for name, value in part.items()}
    made["resources"] = [{"resourceType": kind, "id": "b", **held}]
    assert not shown(made)


@pytest.mark.requirement("P2-13-01")
def test_a_record_about_two_patients_needs_more_than_the_consent_of_one() -> None:
    made = asked(consents="all_clinic", packs="none")
    made["resources"][0]["for"] = {"reference": "Patient/p2"}
    assert not shown(made)


@pytest.mark.requirement("P2-11-04")
def test_a_standing_nobody_knows_has_no_basis_without_consent() -> None:
    made = asked(recipient="patient", purpose="PATRQT", record="part2_sud")
    assert shown(made)
    made["recipient"]["standing"] = ["patient", "wizard"]
    assert not shown(made)
