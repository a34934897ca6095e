"""Reading a Consent: what is refused by name, and that what is not understood denies and never permits."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from consent.directive_shape import FAULTS
from consent.directives import Provision, read_directive, version_of
from consent.directory import read_directory
from consent.instants import LATEST, Span, read_instant, read_period, read_span, zone_named
from consent.model import Identifier
from consent.validity_report import report_answer, validate_consent
from tests.bench.bench_consent import a_consent

Json = dict[str, Any]
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
URL = "http://example.org/x"


def read(**changes: Any) -> Any:
    one = {**a_consent(0, "Organization/hosp-1"), **changes}
    return read_directive({name: value for name, value in one.items() if value is not ...}, "Patient/p1", UTC)


def provision(**changes: Any) -> Json:
    node = {**a_consent(0, "Organization/hosp-1")["provision"], **changes}
    return {"provision": {name: value for name, value in node.items() if value is not ...}}


def test_a_sound_consent_has_no_fault() -> None:
    found = read()
    assert (found.faults, found.usable, found.version) == ((), True, "Consent/c0/_history/1")
    assert found.is_tpo
    assert not read(**provision(type="deny")).is_tpo


@pytest.mark.requirement("FH-CON-07", "FH-CON-09", "FH-CON-12")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "bogus"}, "CONSENT_CODE_INVALID"),
        ({"status": ...}, "CONSENT_CODE_INVALID"),
        ({"resourceType": "Contract"}, "CONSENT_RESOURCE_TYPE"),
        ({"category": ...}, "CONSENT_ELEMENT_MISSING"),
        ({"category": []}, "CONSENT_ELEMENT_INVALID"),
        ({"performer": "x"}, "CONSENT_ELEMENT_INVALID"),
        ({"patient": "x"}, "CONSENT_ELEMENT_INVALID"),
        ({"patient": ...}, "CONSENT_PATIENT_UNCLEAR"),
        ({"patient": {"reference": "urn:uuid"}}, "CONSENT_PATIENT_UNCLEAR"),
        ({"patient": {"reference": "http://x/Patient/p1"}}, "CONSENT_PATIENT_UNCLEAR"),
        ({"dateTime": 5}, "CONSENT_ELEMENT_INVALID"),
        ({"scope": ...}, "CONSENT_SCOPE_INVALID"),
        ({"scope": {"coding": "x"}}, "CONSENT_SCOPE_INVALID"),
        ({"policy": ...}, "CONSENT_POLICY_MISSING"),
        ({"policy": [{}]}, "CONSENT_POLICY_MISSING"),
        ({"sourceAttachment": {"title": "x"}}, "CONSENT_ELEMENT_INVALID"),
        ({"verification": [{"verified": False}]}, "CONSENT_UNVERIFIED"),
        ({"verification": ["x"]}, "CONSENT_ELEMENT_INVALID"),
        ({"implicitRules": URL}, "CONSENT_MODIFIED"),
        ({"modifierExtension": [{"url": URL}]}, "CONSENT_MODIFIED"),
        ({"unheardOf": 1}, "CONSENT_ELEMENT_UNKNOWN"),
        ({"un heard": 1}, "CONSENT_ELEMENT_UNKNOWN"),
        ({"decision": "permit"}, "CONSENT_R5_SHAPE"),
        ({"provision": ...}, "CONSENT_PROVISION_MISSING"),
        (provision(type="maybe"), "CONSENT_TYPE_MISSING"),
        (provision(type=...), "CONSENT_TYPE_MISSING"),
        (provision(period={"start": "2026-12-31", "end": "2026-01-01"}), "CONSENT_PERIOD_INVALID"),
        (provision(period={"start": "2026-13-01"}), "CONSENT_PERIOD_INVALID"),
        (provision(period={"end": "x"}), "CONSENT_PERIOD_INVALID"),
        (provision(period={"_start": {}}), "CONSENT_PERIOD_INVALID"),
        (provision(securityLabels=[]), "CONSENT_ELEMENT_UNKNOWN"),
        (provision(securityLabel=[]), "CONSENT_ELEMENT_INVALID"),
        (provision(securityLabel=["x"]), "CONSENT_ELEMENT_INVALID"),
        (provision(securityLabel=[{"code": "a\x01"}]), "CONSENT_CODE_INVALID"),
        (provision(securityLabel=[{"code": "SUD", "modifierExtension": []}]), "CONSENT_MODIFIED"),
        (provision(code=[{}]), "CONSENT_CODE_INVALID"),
        (provision(code=[{"coding": "x"}]), "CONSENT_CODE_INVALID"),
        (provision(code=[{"coding": [{"code": 3}]}]), "CONSENT_CODE_INVALID"),
        (provision(data=[{"meaning": "maybe", "reference": {}}]), "CONSENT_CODE_INVALID"),
        (provision(provision=[3]), "CONSENT_ELEMENT_INVALID"),
        (provision(provision=[{"type": "deny", "modifierExtension": []}]), "CONSENT_MODIFIED"),
    ],
)
def test_what_r4_demands_is_checked_and_named(changes: Json, code: str) -> None:
    found = read(**changes)
    assert code in {fault.code for fault in found.faults}
    assert code in FAULTS
    assert not found.usable


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "inactive"}, "CONSENT_NOT_ACTIVE"),
        ({"status": "draft"}, "CONSENT_NOT_ACTIVE"),
        ({"patient": {"reference": "Patient/p2"}}, "CONSENT_OTHER_PATIENT"),
    ],
)
def test_a_consent_out_of_force_or_of_somebody_else_is_silent(changes: Json, code: str) -> None:
    found = read(**changes)
    assert found.root is None
    assert not found.is_tpo
    assert [fault.code for fault in found.faults] == [code]


def test_an_advance_directive_without_provision_says_nothing_about_sharing() -> None:
    scope = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "adr"}]}
    assert read(scope=scope, provision=...).root is None
    assert read(policy=..., policyRule={"text": "opt in"}).usable


def test_too_deep_and_too_large_are_refused_without_recursion() -> None:
    node: Json = {"type": "permit"}
    for _ in range(500):
        node = {"type": "permit", "provision": [node]}
    assert [fault.code for fault in read(provision=node).faults] == ["CONSENT_TOO_DEEP"]
    many = {"type": "permit", "provision": [{"type": "permit"}] * 10_000}
    assert [fault.code for fault in read(provision=many).faults] == ["CONSENT_TOO_LARGE"]
    wide = provision(purpose=[{"system": URL, "code": str(number)} for number in range(100_001)])
    assert [fault.code for fault in read(**wide).faults] == ["CONSENT_TOO_LARGE"]
    assert read(provision=many).root == Provision(permits=False, unclear=True)


def test_the_name_of_a_consent_needs_no_id() -> None:
    one = a_consent(0, "Organization/hosp-1")
    assert version_of({**one, "meta": {}}) == "Consent/c0"
    unnamed = version_of({**one, "id": None})
    assert unnamed == version_of({**copy.deepcopy(one), "id": ""})
    assert unnamed.startswith("Consent/unnamed-")
    deep: Any = "x"
    for _ in range(5_000):
        deep = [deep]
    assert version_of({"contained": deep}).startswith("Consent/unnamed-")


PHOENIX = zone_named("America/Phoenix")
assert PHOENIX is not None


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2026-01-01T07:00", "2027-01-01T07:00"),
        ("2026-12", "2026-12-01T07:00", "2027-01-01T07:00"),
        ("2026-02-28", "2026-02-28T07:00", "2026-03-01T07:00"),
        ("2026-05-04T15:20:00-05:00", "2026-05-04T20:20", "2026-05-04T20:20"),
        ("2026-05-04T15:20:00.1234567Z", "2026-05-04T15:20:00.123456", "2026-05-04T15:20:00.123456"),
    ],
)
def test_a_date_is_its_whole_day_month_or_year_in_the_zone(text: str, start: str, end: str) -> None:
    found = read_span(text, PHOENIX)
    assert found == Span(
        datetime.fromisoformat(start).replace(tzinfo=UTC), datetime.fromisoformat(end).replace(tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-13", "2026-02-30", "10000-01-01", "2026-05-04T15:20", "2026-05-04T25:00:00Z",
     "2026-05-04T15:20:00", "0000-01-01", "2026-01-01\n", 5, None, "9" * 100],
)  # fmt: skip
def test_what_no_calendar_holds_is_no_time(text: object) -> None:
    assert read_span(text, UTC) is None


def test_the_ends_of_the_calendar_stay_inside_it() -> None:
    for text in ("9999", "9999-12", "9999-12-31"):
        found = read_span(text, PHOENIX)
        assert found is not None
        assert found.end == LATEST
    east = zone_named("Asia/Tokyo")
    assert east is not None
    first = read_span("0001-01-01", east)
    assert first is not None
    assert read_instant("0001-01-01T00:00:00+14:00") is None
    assert zone_named("Nowhere/At_All") is None
    assert read_period({"start": "2026"}, UTC) is not None
    assert read_period("x", UTC) is None


def test_memberships_that_ended_are_only_possible() -> None:
    at = datetime(2026, 6, 15, tzinfo=UTC)
    entries: list[Json] = [
        {"resourceType": "Organization", "id": "unit", "partOf": {"reference": "Organization/h"},
         "identifier": [{"system": "s", "value": "v"}, {"value": "no system"}]},
        {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/d"},
         "organization": {"reference": "Organization/unit"}, "period": {"end": "2026-01-01"}},
        {"resourceType": "PractitionerRole", "id": "r2", "period": "x", "practitioner": {"reference": "Practitioner/e"},
         "organization": {"reference": "Organization/unit"}},
        {"resourceType": "Group", "id": "g", "active": False, "member": [{"entity": {"reference": "Practitioner/d"}}]},
        {"resourceType": "CareTeam", "id": "t", "participant": [{"member": {"reference": "Practitioner/d"}}, {}]},
        {"resourceType": "Organization", "id": "h", "partOf": {"reference": "Organization/unit"}},
        {"resourceType": "Organization"},
        {"resourceType": "PractitionerRole", "id": "empty"},
    ]  # fmt: skip
    directory = read_directory(entries, UTC)
    doctor = directory.party(["Practitioner/d"], [], [], at)
    assert doctor.certain == {"Practitioner/d", "CareTeam/t"}
    assert {"PractitionerRole/r", "Organization/unit", "Group/g"} <= doctor.possible
    assert directory.party(["Practitioner/e"], [], [], at).certain == {"Practitioner/e"}
    unit = directory.party([], [Identifier("s", "v")], [], at)
    assert unit.certain == {"Organization/unit", "Organization/h"}
    assert Identifier("s", "v") in directory.party(["Organization/unit"], [], [], at).identifiers
    far = directory.party(["http://x/fhir/Organization/h"], [], [], at)
    assert "Organization/h" in far.possible - far.certain


@pytest.mark.requirement("P2-31-01", "P2-31-05", "P2-31-06", "P2-31-09", "P2-31-13", "P2-31-14")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"patient": {}}, "PATIENT_MISSING"),
        ({"organization": ...}, "DISCLOSER_MISSING"),
        (provision(code=[{"text": "whatever helps"}], securityLabel=...), "DESCRIPTION_MISSING"),
        (provision(actor=...), "RECIPIENT_MISSING"),
        (provision(purpose=...), "PURPOSE_MISSING_IN_CONSENT"),
        ({"sourceReference": ...}, "SIGNATURE_MISSING"),
        ({"sourceReference": ...}, "STATEMENT_MISSING"),
        ({"dateTime": ...}, "DATE_SIGNED_MISSING"),
        ({"extension": [{"url": "urn:gateway:consent:statement", "valueCode": "revocation"}]}, "STATEMENT_MISSING"),
        (
            {"extension": [{"url": "urn:gateway:consent:expiry-event"}], **provision(period=...)},
            "EXPIRY_EVENT_WITHOUT_DATE",
        ),
    ],
)  # fmt: skip
def test_each_missing_element_is_reported(changes: Json, code: str) -> None:
    one = {**a_consent(0, "Organization/hosp-1"), **changes}
    answer = report_answer(validate_consent({name: value for name, value in one.items() if value is not ...}))
    rows = answer["elements"]
    assert isinstance(rows, list)
    assert code in {row["code"] for row in rows}
    assert answer["valid"] is False


def test_a_sound_form_is_valid_and_says_which_profiles_it_fits() -> None:
    one = a_consent(0, "Organization/hosp-1")
    report = validate_consent(one)
    assert report.valid
    assert report.computable
    assert {profile.name for profile in report.profiles if not profile.unmet} == {"PCF Advanced"}
    bare = validate_consent(
        {"resourceType": "Consent", "category": "x", "organization": [], "verification": [{}]}
    )
    assert not bare.valid
    assert not bare.permits
    assert report_answer(bare)["standing"] == "permits nothing"


@pytest.mark.requirement("HI-508-01")
def test_the_report_says_by_both_rules_what_is_missing() -> None:
    """A consent for treatment, payment and operations without an end or a description is no HIPAA authorization."""
    whole, bare = a_consent(0, "Organization/hosp-1"), a_consent(0, "Organization/hosp-1")
    bare["provision"] = {
        name: value
        for name, value in bare["provision"].items()
        if name not in ("period", "securityLabel", "class", "code", "provision")
    }
    bare["provision"]["purpose"] = [{"system": ACT_REASON, "code": "TREAT"}]

    found: list[Json] = []
    for one in (whole, bare):
        answer: Any = report_answer(validate_consent(one))
        assert answer["valid"] is True
        found.append(answer["authorization"])

    assert found[0]["valid"] is True
    assert found[1]["valid"] is False
    assert [
        (row["element"], row["citation"]) for row in found[1]["elements"] if row["status"] == "missing"
    ] == [
        ("information", "45 CFR 164.508(c)(1)(i)"),
        ("expiry", "45 CFR 164.508(c)(1)(v)"),
    ]
    bare["provision"]["purpose"][0]["code"] = "HRESCH"
    research: Any = report_answer(validate_consent(bare))
    assert "expiry" not in {
        row["element"] for row in research["authorization"]["elements"] if row["status"] == "missing"
    }, "research need not end"
