"""What of a record an agency of some kind gets, element by element (data-set caps, DM-01 to DM-12)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import consent
from tests.consent.asking import tables
from tests.consent.question_pools import label, ref
from tests.consent.test_exact_limits import INLINE, a_task, agency_question

Json = dict[str, Any]


@pytest.mark.requirement("DM-01", "P2-13-01")
def test_a_data_set_holds_inside_contained_records_and_keeps_the_language() -> None:
    inner = {
        "resourceType": "ServiceRequest",
        "id": "inner",
        "language": "es",
        "status": "active",
        "intent": "order",
        "subject": ref("Patient/p1"),
        "orderDetail": [{"text": "free words"}],
        "a~b/c": "odd",
    }
    meta = {"security": [label("N")], "profile": ["urn:p"]}
    text = {"status": "generated", "div": "<div>words</div>"}
    goal = {
        "resourceType": "Goal",
        "id": "goal",
        "lifecycleStatus": "active",
        "description": {"text": "nobody scanned these words"},
        "subject": ref("Patient/p1"),
    }
    task = a_task(
        meta=meta,
        language="es",
        _status={"extension": [{"url": "urn:x"}]},
        _note=[{"id": "x"}],
        focus={"reference": "#inner"},
        contained=[inner, goal],
        text=text,
        extension=[{"url": "urn:x", "valueString": "redaction looks after extensions"}],
        reasonCode={"text": "words"},
    )
    question = agency_question("housing", task, types=("Task", "ServiceRequest", "Goal"))

    (row,) = consent.decide(consent.read_question(question), tables()).resources

    assert (row.outcome, row.removals) == (
        "redact",
        (
            "/_note",
            "/contained/0/a~0b~1c",
            "/contained/0/orderDetail",
            "/contained/1/description",
            "/reasonCode",
        ),
    )


@pytest.mark.requirement("DM-01")
def test_what_is_kept_of_a_reference_and_of_a_code() -> None:
    task = a_task(
        requester={"reference": "Organization/o", "type": "Organization", "id": "x", "display": "words"},
        code={
            "id": "y",
            "text": "words",
            "coding": [
                {"system": "s", "code": "c", "version": "1"},
                {"system": "s", "display": "words"},
            ],
        },
        businessStatus={
            "id": "z",
            "coding": [{"system": "s", "display": "words"}],
            "extension": [{"url": "urn:x"}],
        },
        restriction={
            "id": "r",
            "extension": [{"url": "urn:x"}],
            "repetitions": 1,
            "note": [{"text": "words"}],
        },
    )
    question = agency_question("housing", task, types=("Task",))

    (row,) = consent.decide(consent.read_question(question), tables()).resources

    assert set(row.removals) == {
        "/requester/display",
        "/code/id",
        "/code/text",
        "/code/coding/0/version",
        "/code/coding/1/display",
        "/businessStatus",
        "/restriction/note",
    }


@pytest.mark.requirement("DM-01")
@pytest.mark.parametrize(
    ("category", "removal"),
    [
        ([{"text": "words"}, {"text": "more"}], "/category"),
        ([{"text": "words"}, {"coding": [{"system": "s", "code": "c"}]}], "/category/0"),
        ([], "/category"),
        ("words", "/category"),
    ],
)
def test_of_an_element_the_entries_without_a_code_go_or_all_of_it(category: object, removal: str) -> None:
    need = {
        "resourceType": "ServiceRequest",
        "id": "s",
        "status": "active",
        "intent": "order",
        "subject": ref("Patient/p1"),
        "category": category,
    }
    question = agency_question("housing", need, types=("ServiceRequest",))

    (row,) = consent.decide(consent.read_question(question), tables()).resources

    assert (row.outcome, row.removals) == ("redact", (removal,))


@pytest.mark.requirement("DM-01", "FH-LBL-05", "P2-31-03")
def test_under_a_data_set_an_element_with_a_denied_label_goes_too() -> None:
    hidden = {"url": INLINE, "valueCoding": label("HIV")}
    task = a_task(
        code={"coding": [{"system": "s", "code": "c"}], "extension": [hidden]}, reasonCode={"text": "x"}
    )
    question = agency_question("housing", task, types=("Task",))
    del question["consents"][0]["provision"]["securityLabel"]
    question["consents"][0]["provision"]["provision"] = [{"type": "deny", "securityLabel": [label("HIV")]}]

    (row,) = consent.decide(consent.read_question(question), tables()).resources

    assert (row.outcome, row.removals) == ("redact", ("/code", "/code/extension", "/reasonCode"))


@pytest.mark.requirement("DM-01")
def test_an_element_of_which_only_its_name_and_extensions_are_left_goes() -> None:
    bare = {"id": "r", "extension": [{"url": "urn:x"}], "note": [{"text": "words"}]}
    question = agency_question("housing", a_task(restriction=bare), types=("Task",))

    (row,) = consent.decide(consent.read_question(question), tables()).resources

    assert row.removals == ("/restriction",)


@pytest.mark.requirement("P2-13-01", "DM-01", "DM-08")
@pytest.mark.parametrize(
    ("elements", "goes"),
    [
        ({"owner": ref("Organization/psychiatry-9")}, False),
        ({"owner": ref("Organization/housing-1")}, True),
        ({"owner": ref("PractitionerRole/hers")}, True),
        ({"owner": ref("PractitionerRole/theirs")}, False),
        ({"owner": {"identifier": {"system": "urn:npi", "value": "9"}}}, False),
        ({"owner": ref("#o"), "contained": [{"resourceType": "Organization", "id": "o"}]}, False),
        ({"owner": ref("Organization/psychiatry-9"), "requester": ref("Organization/housing-1")}, True),
        ({"owner": ref("Organization/legal-9")}, True),
        ({"owner": ref("Patient/p1")}, True),
        ({"owner": ref("Practitioner/nobody-knows")}, True),
    ],
)
def test_a_data_set_has_the_agency_s_own_referrals_and_not_whom_else_she_was_sent_to(
    elements: Json, goes: bool
) -> None:
    """Also inside another record; who pays sees all; who is asked along with the addressee sees that one too."""
    task = a_task(**elements)
    question = agency_question("housing", task, types=("Task", "ServiceRequest"))
    question["recipient"]["asked_with"] = ["Organization/legal-9"]
    question["directory"] += [
        {"resourceType": "PractitionerRole", "id": "hers", "organization": ref("Organization/housing-1")},
        {"resourceType": "PractitionerRole", "id": "theirs", "organization": ref("Organization/other-9")},
        {"resourceType": "Organization", "id": "o-9", "identifier": [{"system": "urn:npi", "value": "9"}]},
    ]

    (row,) = consent.decide(consent.read_question(question), tables()).resources

    assert (row.outcome != "withhold") == goes
    assert goes or [reason.code for reason in row.reasons] == ["NOT_IN_DATA_SET"]
    question["resources"] = [{**task, "meta": {"source": "Organization/housing-1"}}]
    assert consent.decide(consent.read_question(question), tables()).resources[0].outcome != "withhold"


@pytest.mark.requirement("P2-13-01")
def test_of_a_request_and_of_a_contained_referral_the_same_holds() -> None:
    wish = {
        "resourceType": "ServiceRequest",
        "id": "s",
        "status": "active",
        "intent": "order",
        "subject": ref("Patient/p1"),
        "performer": [ref("Organization/food-9"), ref("Organization/named-by-its-sender-alone")],
    }
    inner = {**a_task(owner=ref("Organization/food-9")), "id": "inner"}
    question = agency_question(
        "housing", wish, a_task(contained=[inner], focus=ref("#inner")), types=("Task", "ServiceRequest")
    )
    rows = consent.decide(consent.read_question(question), tables()).resources
    assert [row.outcome for row in rows] == ["disclose", "redact"], "organizations that nobody here knows"
    assert "/contained/0" in rows[1].removals

    question["directory"].append({"resourceType": "Organization", "id": "food-9"})
    assert consent.decide(consent.read_question(question), tables()).resources[0].outcome == "withhold"
    question["recipient"] |= {"standing": ["payer"], "category": "payer"}
    question["purposes"] = [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HPAYMT"}
    ]
    row = consent.decide(consent.read_question(question), tables()).resources[0]
    assert "NOT_IN_DATA_SET" not in [reason.code for reason in row.reasons]


@pytest.mark.requirement("P2-13-01", "DM-01")
def test_whom_else_she_meets_or_was_sent_to_is_cut_from_what_is_for_the_agency_as_well() -> None:
    """Of a request for both, a Task's restriction, an appointment elsewhere; who meets her there sees with whom."""
    us, them, her = ref("Organization/housing-1"), ref("Organization/food-9"), ref("Patient/p1")
    wish = {
        "resourceType": "ServiceRequest",
        "id": "s",
        "status": "active",
        "intent": "order",
        "subject": her,
        "performer": [them, us],
    }
    ours = {**wish, "id": "o", "requester": us}
    task = a_task(owner=us, restriction={"recipient": [them, us]})
    meets = {"resourceType": "Appointment", "status": "booked", "start": "2026-06-20T09:00:00Z"}
    elsewhere = {
        **meets,
        "id": "e",
        "participant": [{"actor": one, "status": "accepted"} for one in (her, them)],
    }
    together = {
        **meets,
        "id": "t",
        "participant": [*elsewhere["participant"], {"actor": us, "status": "accepted"}],
    }
    nobody = {**meets, "id": "n", "participant": elsewhere["participant"][1:]}
    inside = {**a_task(owner=us, contained=[wish], focus=ref("#s")), "id": "inside"}
    all_of_it = (wish, ours, task, elsewhere, together, nobody, inside)
    question = agency_question("housing", *all_of_it, types=("Task", "ServiceRequest", "Appointment"))
    question["directory"].append({"resourceType": "Organization", "id": "food-9"})
    request = consent.read_question(question)

    shown = consent.redact(request, consent.decide(request, tables()), tables())

    named = {one["id"]: "food-9" in json.dumps(one) for one in shown}
    assert named == {"s": False, "o": True, task["id"]: False, "e": False, "t": True, "inside": False}
    assert [one.get("performer") for one in shown if one["id"] == "s"] == [[us]]


CLINICAL = (
    "AllergyIntolerance",
    "Condition",
    "Encounter",
    "Immunization",
    "MedicationRequest",
    "Observation",
    "Procedure",
)


@pytest.mark.requirement("DM-01", "DM-06", "DM-07", "DM-08", "DM-09", "P2-13-01")
@pytest.mark.parametrize(
    "kind", ["housing", "employment", "legal_aid", "benefits", "food", "community", "peer_support"]
)
def test_no_agency_gets_a_clinical_finding_whatever_its_consent_names(kind: str) -> None:
    """Rulebook 6: identity, what is asked for, goals where it works on them; no diagnosis, finding or medicine."""
    records = [
        {
            "resourceType": one,
            "id": one.lower(),
            "status": "final",
            "code": {"coding": [{"system": "s", "code": "c"}]},
        }
        for one in CLINICAL
    ]
    question = agency_question(kind, a_task(), types=("Task", *CLINICAL))
    asked = {**question, "resources": [*question["resources"], *records]}

    task, *findings = consent.decide(consent.read_question(asked), tables()).resources

    assert task.outcome != "withhold"
    assert {row.outcome for row in findings} == {"withhold"}
    assert {reason.code for row in findings for reason in row.reasons} == {"NOT_IN_DATA_SET"}
