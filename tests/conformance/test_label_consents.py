"""The fifteen example Consents of the label samples: every row of `expectations.json` as a question.

Each row is asked with `packs: []` and again under the packs. Who the recipients of the
rows are is said once, below; the expected answer is always read from the sample.
"""

from __future__ import annotations

from typing import Any

import pytest

import consent
from tests.conformance.published import SAMPLES, read
from tests.consent.asking import ask, disclosed

FOLDER = "labels/consents"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
BOTH = ["part2", "hipaa"]
JUNE = "2026-06-15T12:00:00-07:00"

pytestmark = pytest.mark.conformance

STANDING = {
    "Organization/hosp-1": ["covered_entity", "treating_provider"],
    "Organization/plan-1": ["covered_entity", "health_plan"],
    "Organization/clinic-7": ["covered_entity", "treating_provider"],
    "Organization/clinic-8": ["covered_entity"],
    "Practitioner/psych-1": ["covered_entity", "treating_provider"],
    "Organization/housing-1": ["community"],
    "Organization/housing-2": ["community"],
    "Organization/food-pantry-1": ["community"],
    "Organization/legal-aid-1": ["community"],
    "Organization/prosecutor-1": ["law_enforcement"],
    "Practitioner/probation-1": ["monitor"],
    "Organization/mother-1": ["representative"],
}
EXCHANGE_MEMBERS = ("Organization/clinic-7", "Organization/clinic-8", "Organization/food-pantry-1")


def record(kind: str, *codes: str, level: str | None = "R", **more: Any) -> dict[str, Any]:
    """A resource with these labels; local note labels get their own system."""
    security = [
        {"system": "urn:gateway:label" if code == "SUDCOUNSELNOTE" else ACT_CODE, "code": code}
        for code in codes
    ]
    if level:
        security.append({"system": CONFIDENTIALITY, "code": level})
    return {
        "resourceType": kind,
        "id": "r1",
        "meta": {"security": security},
        "status": "final" if kind == "Observation" else "active",
        "subject": {"reference": "Patient/p1"},
        **more,
    }


def coded(system: str, code: str) -> dict[str, Any]:
    return {"code": {"coding": [{"system": system, "code": code}]}}


SUD_RECORD = record("Observation", "SUD", **coded("http://loinc.org", "29463-7"))
HOUSING_REFERRAL = record("ServiceRequest", level="N", intent="order", code={"text": "housing"})
OPIOID_CONDITION = record("Condition", **coded("http://hl7.org/fhir/sid/icd-10-cm", "F11.20"))
ATTENDANCE = record(
    "Observation", "SUD", "42CFRPart2", code={"text": "attendance and programme compliance only"}
)
TREAT, HPAYMT, COC, HLEGAL, ETREAT = ("TREAT", "HPAYMT", "COC", "HLEGAL", "ETREAT")
CJ_MONITOR = {"system": "urn:gateway:purpose", "code": "CJ-MONITOR"}
NOTE = record("DocumentReference", "SUDCOUNSELNOTE", "SUD", "42CFRPart2", level="V")
PSYCHOTHERAPY_NOTE = record("DocumentReference", "PSYTHPN", level="V")


def labelled(*codes: str) -> dict[str, Any]:
    return record("Observation", *codes, **coded("http://loinc.org", "29463-7"))


Row = tuple[str, int, str, Any, dict[str, Any], str]
ROWS: tuple[Row, ...] = (
    ("01-tpo-single-consent", 0, "Organization/hosp-1", TREAT, SUD_RECORD, JUNE),
    ("01-tpo-single-consent", 1, "Organization/plan-1", HPAYMT, SUD_RECORD, JUNE),
    ("01-tpo-single-consent", 2, "Organization/housing-1", COC, SUD_RECORD, JUNE),
    ("01-tpo-single-consent", 3, "Organization/hosp-1", TREAT, PSYCHOTHERAPY_NOTE, JUNE),
    ("01-tpo-single-consent", 4, "Organization/prosecutor-1", HLEGAL, SUD_RECORD, JUNE),
    ("02-named-housing-agency-minimal", 0, "Organization/housing-1", COC, HOUSING_REFERRAL, JUNE),
    ("02-named-housing-agency-minimal", 1, "Organization/housing-1", COC, OPIOID_CONDITION, JUNE),
    ("02-named-housing-agency-minimal", 2, "Organization/housing-2", COC, HOUSING_REFERRAL, JUNE),
    (
        "02-named-housing-agency-minimal",
        3,
        "Organization/housing-1",
        COC,
        HOUSING_REFERRAL,
        "2026-10-01T00:00:00-07:00",
    ),
    (
        "03-expired-but-status-active",
        0,
        "Organization/hosp-1",
        TREAT,
        SUD_RECORD,
        "2026-03-02T12:00:00-07:00",
    ),
    ("04-revoked", 0, "Organization/hosp-1", TREAT, SUD_RECORD, "2026-05-04T15:20:01-05:00"),
    ("05-sud-counseling-notes-separate", 0, "Practitioner/psych-1", TREAT, NOTE, JUNE),
    ("05-sud-counseling-notes-separate", 1, "Practitioner/psych-1", TREAT, SUD_RECORD, JUNE),
    ("07-legal-proceeding-only", 0, "Organization/legal-aid-1", HLEGAL, labelled("SUD", "42CFRPart2"), JUNE),
    ("07-legal-proceeding-only", 1, "Organization/legal-aid-1", TREAT, labelled("SUD", "42CFRPart2"), JUNE),
    ("09-intermediary-general-designation", 0, "Organization/clinic-7", TREAT, SUD_RECORD, JUNE),
    ("09-intermediary-general-designation", 1, "Organization/clinic-8", TREAT, SUD_RECORD, JUNE),
    ("09-intermediary-general-designation", 2, "Organization/food-pantry-1", TREAT, SUD_RECORD, JUNE),
    ("10-deny-base-permit-exception", 0, "Organization/hosp-1", ETREAT, SUD_RECORD, JUNE),
    ("10-deny-base-permit-exception", 1, "Organization/hosp-1", TREAT, SUD_RECORD, JUNE),
    ("10-deny-base-permit-exception", 2, "Organization/clinic-7", ETREAT, SUD_RECORD, JUNE),
    ("11-permit-sud-deny-opioid", 0, "Organization/clinic-7", TREAT, labelled("ETHUD"), JUNE),
    ("11-permit-sud-deny-opioid", 1, "Organization/clinic-7", TREAT, labelled("OPIOIDUD"), JUNE),
    ("11-permit-sud-deny-opioid", 2, "Organization/clinic-7", TREAT, labelled("SUD", "OPIOIDUD"), JUNE),
    ("12-criminal-justice-referral", 0, "Practitioner/probation-1", CJ_MONITOR, ATTENDANCE, JUNE),
    ("12-criminal-justice-referral", 1, "Practitioner/probation-1", CJ_MONITOR, OPIOID_CONDITION, JUNE),
    ("13-minor-signed", 0, "Organization/clinic-7", TREAT, SUD_RECORD, JUNE),
    ("14a-conflict-earlier-permit", 0, "Organization/hosp-1", TREAT, SUD_RECORD, "2026-04-11T12:00:00-07:00"),
)
NOT_A_DECISION = {
    ("04-revoked", 1): "says only that what was disclosed before stays lawful and in the accounting",
    ("06-defective-combined-counseling-notes", 0): "test_a_defective_consent_is_reported_and_permits_nothing",
    ("08-defective-missing-elements", 0): "test_a_defective_consent_is_reported_and_permits_nothing",
    ("12-criminal-justice-referral", 2): "an event, not a question: a human reviews the early revocation",
    ("13-minor-signed", 1): "the jurisdiction is not part of a question; see disagreements.md",
}


def directory() -> list[dict[str, Any]]:
    names = [*STANDING, "Organization/otp-1", "Organization/hie-1"]
    return [dict(zip(("resourceType", "id"), name.split("/"), strict=True)) for name in names]


def question(
    consents: list[dict[str, Any]], recipient: str, purpose: Any, resource: dict[str, Any], at: str
) -> dict[str, Any]:
    return {
        "at": at,
        "patient": "Patient/p1",
        "discloser": {"references": ["Organization/otp-1"], "identifiers": []},
        "recipient": {
            "references": [recipient],
            "identifiers": [],
            "roles": ["IRCP"],
            "standing": STANDING[recipient],
            "members_of": ["Organization/hie-1"] if recipient in EXCHANGE_MEMBERS else [],
        },
        "purposes": [purpose],
        "action": "disclose",
        "directory": directory(),
        "consents": consents,
        "resources": [resource],
        "policy": {"packs": [], "part2_sources": [], "zone": "America/Phoenix"},
    }


def sample(name: str) -> dict[str, Any]:
    return dict(read(f"{FOLDER}/{name}.json"))


def expectations(name: str) -> list[dict[str, Any]]:
    rows = [row for row in read(f"{FOLDER}/expectations.json") if row["file"] == f"{name}.json"]
    return list(rows[0]["expect"])


def expected(name: str, index: int) -> bool:
    return bool(expectations(name)[index]["decision"].startswith("permit"))


def consents_of(name: str) -> list[dict[str, Any]]:
    if name == "14a-conflict-earlier-permit":
        return [sample(name), sample("14b-conflict-later-deny")]
    return [sample(name)]


def row_id(row: Row) -> str:
    return f"{row[0]}-{row[1]}"


@pytest.mark.requirement("P2-31-04", "P2-31-05", "P2-31-11", "P2-31-12", "P2-31-13", "P2-35-01", "FH-CON-05")
@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_the_consents_alone_decide_as_expected(row: Row) -> None:
    name, index, recipient, purpose, resource, at = row
    answer = ask(question(consents_of(name), recipient, purpose, resource, at))
    assert bool(disclosed(answer)) is expected(name, index), answer


@pytest.mark.requirement("P2-31-04", "P2-31-05", "P2-31-11", "P2-31-12", "P2-31-13", "P2-35-01", "FH-CON-05")
@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_the_packs_withhold_at_least_what_is_expected_to_be_denied(row: Row) -> None:
    name, index, recipient, purpose, resource, at = row
    asked = question(consents_of(name), recipient, purpose, resource, at)
    asked["policy"] = {**asked["policy"], "packs": BOTH, "part2_sources": ["Organization/otp-1"]}
    if not expected(name, index):
        assert disclosed(ask(asked)) == set()


@pytest.mark.requirement("P2-31-04", "P2-33-01", "P2-31-13", "P2-31-05")
@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("01-tpo-single-consent", 0),
        ("01-tpo-single-consent", 1),
        ("05-sud-counseling-notes-separate", 0),
        ("09-intermediary-general-designation", 0),
        ("11-permit-sud-deny-opioid", 0),
        ("13-minor-signed", 0),
    ],
)
def test_the_packs_still_permit_what_the_law_permits(name: str, index: int) -> None:
    row = next(row for row in ROWS if row[:2] == (name, index))
    asked = question(consents_of(name), *row[2:])
    asked["policy"] = {**asked["policy"], "packs": BOTH, "part2_sources": ["Organization/otp-1"]}
    if (
        row[3] == "HPAYMT"
    ):  # what a plan pays for is a visit; findings are no part of its data set (HI-502-01)
        (record,) = asked["resources"]
        visit = {
            "resourceType": "Encounter",
            "id": record["id"],
            "status": "finished",
            "meta": record["meta"],
        }
        asked["resources"] = [{**visit, "subject": {"reference": asked["patient"]}}]
    assert disclosed(ask(asked)), ask(asked)


MISSING = {
    "06-defective-combined-counseling-notes": {"42 CFR §2.31(b)(2)"},
    "08-defective-missing-elements": {f"42 CFR §2.31(a)({number})" for number in (4, 5, 7, 8)},
}
"""What the sample itself says is wrong with each."""


@pytest.mark.requirement("P2-31-01", "P2-31-11", "P2-31-13")
@pytest.mark.parametrize("name", ["06-defective-combined-counseling-notes", "08-defective-missing-elements"])
def test_a_defective_consent_is_reported_and_permits_nothing(name: str) -> None:
    one = sample(name)
    assert expectations(name)[0]["decision"] == "reject at intake"
    report: dict[str, Any] = consent.report_answer(consent.validate_consent(one))
    absent = {row["citation"] for row in report["elements"] if row["status"] == "missing"}
    assert report["standing"] == "deficient"
    assert absent >= MISSING[name]
    for resource in (SUD_RECORD, NOTE, PSYCHOTHERAPY_NOTE, HOUSING_REFERRAL):
        asked = question([one], "Practitioner/psych-1", TREAT, resource, JUNE)
        asked["policy"] = {**asked["policy"], "packs": BOTH, "part2_sources": ["Organization/otp-1"]}
        assert disclosed(ask(asked)) == set()


@pytest.mark.requirement("P2-12-03", "P2-31-14", "P2-61-01")
def test_a_proceedings_consent_releases_only_by_a_human_hand() -> None:
    asked = question(
        consents_of("07-legal-proceeding-only"),
        "Organization/legal-aid-1",
        HLEGAL,
        labelled("SUD", "42CFRPart2"),
        JUNE,
    )
    asked["policy"] = {**asked["policy"], "packs": BOTH, "part2_sources": ["Organization/otp-1"]}
    answer = ask(asked)
    codes = {one["code"] for one in answer["obligations"]}
    assert answer["outcome"] == "withhold" or "HUMAN_RELEASE" in codes


@pytest.mark.requirement("P2-31-12")
def test_an_inactive_version_permits_nothing_even_before_its_end() -> None:
    """It is kept for the accounting only."""
    before = "2026-05-04T15:19:59-05:00"
    asked = question([sample("04-revoked")], "Organization/hosp-1", TREAT, SUD_RECORD, before)
    assert disclosed(ask(asked)) == set()


def test_every_row_of_the_sample_is_asked_or_accounted_for() -> None:
    if not (SAMPLES / FOLDER).exists():
        pytest.skip(f"`../shared/samples/{FOLDER}` is not beside the checkout")
    rows = {
        (row["file"].removesuffix(".json"), index)
        for row in read(f"{FOLDER}/expectations.json")
        for index in range(len(row["expect"]))
    }
    assert rows == {row[:2] for row in ROWS} | set(NOT_A_DECISION)
