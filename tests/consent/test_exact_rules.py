"""Rules exactly as they stand: each case differs from its neighbour in one thing (`mutations.md`)."""

from __future__ import annotations

from typing import Any

import pytest

import consent
from consent.validity_report import report_answer, validate_consent
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ask, tables
from tests.consent.question_pools import ACT_CODE, ACT_REASON, label, ref

Json = dict[str, Any]
BOTH = ("part2", "hipaa")
INLINE = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"
STATEMENTS = [
    {"url": "urn:gateway:consent:statement", "valueCode": code}
    for code in ("revocation", "redisclosure", "consequences")
]
SEEN = {"verified": True, "verificationDate": "2026-01-02", "verifiedWith": {"reference": "Patient/p1"}}


def reasons(answer: Json) -> set[str]:
    return {reason["code"] for row in answer["resources"] for reason in row["reasons"]}


def without(one: Json, *names: str) -> Json:
    return {name: value for name, value in one.items() if name not in names}


# --- the signature and the statements ---------------------------------------------------------------------------------


@pytest.mark.requirement("P2-31-10", "P2-31-06")
@pytest.mark.parametrize(
    ("rows", "signed"),
    [
        ([SEEN], True),
        ([{**SEEN, "verifiedWith": {"identifier": {"value": "1"}}}], True),
        ([{"verified": False}, SEEN], True),
        (["odd", SEEN], True),
        ([{**SEEN, "verified": 1}], False),
        ([{**SEEN, "verified": False}], False),
        ([without(SEEN, "verified")], False),
        ([without(SEEN, "verificationDate")], False),
        ([{**SEEN, "verificationDate": "soon"}], False),
        ([{**SEEN, "verificationDate": 2026}], False),
        ([without(SEEN, "verifiedWith")], False),
        ([{**SEEN, "verifiedWith": {"display": "who"}}], False),
        ([{**SEEN, "verifiedWith": "who"}], False),
        (SEEN, False),
        ([], False),
    ],
)
def test_an_act_of_verifying_stands_for_the_signature_when_it_says_when_and_with_whom(
    rows: object, signed: bool
) -> None:
    one = without(a_consent(0, "Organization/hosp-1"), "sourceReference")
    found: Any = report_answer(validate_consent({**one, "extension": STATEMENTS, "verification": rows}))
    missing = {row["code"] for row in found["elements"]}
    assert ("SIGNATURE_MISSING" not in missing) is signed
    assert "STATEMENT_MISSING" not in missing
    bare: Any = report_answer(validate_consent({**one, "verification": rows}))
    assert "STATEMENT_MISSING" in {row["code"] for row in bare["elements"]}, (
        "it is no form with the statements"
    )


@pytest.mark.requirement("P2-31-10")
@pytest.mark.parametrize(
    ("form", "signed"),
    [
        ({"sourceAttachment": {"hash": "x"}}, True),
        ({"sourceAttachment": {"url": "x"}}, True),
        ({"sourceAttachment": {"data": "x"}}, True),
        ({"sourceAttachment": {"title": "x"}}, False),
        ({"sourceAttachment": "x"}, False),
        ({"sourceReference": {"identifier": {"value": "1"}}}, True),
        ({"sourceReference": {"display": "x"}}, False),
    ],
)
def test_the_signed_form_is_there_in_bytes_by_hash_or_by_reference(form: Json, signed: bool) -> None:
    one = without(a_consent(0, "Organization/hosp-1"), "sourceReference")
    found: Any = report_answer(validate_consent({**one, **form}))
    assert ("SIGNATURE_MISSING" not in {row["code"] for row in found["elements"]}) is signed


@pytest.mark.requirement("HI-508-01")
def test_the_report_names_each_element_of_an_authorization_by_its_paragraph() -> None:
    found: Any = report_answer(validate_consent({"resourceType": "Consent"}))
    assert found["authorization"]["valid"] is False
    assert {row["element"]: row["citation"] for row in found["authorization"]["elements"]} == {
        "information": "45 CFR 164.508(c)(1)(i)",
        "discloser": "45 CFR 164.508(c)(1)(ii)",
        "recipient": "45 CFR 164.508(c)(1)(iii)",
        "purpose": "45 CFR 164.508(c)(1)(iv)",
        "expiry": "45 CFR 164.508(c)(1)(v)",
        "expiry event": "45 CFR 164.508(c)(1)(v)",
        "expiry owner": "45 CFR 164.508(c)(1)(v)",
        "signature": "45 CFR 164.508(c)(1)(vi)",
        "date signed": "45 CFR 164.508(c)(1)(vi)",
        "statements": "45 CFR 164.508(c)(2)(i), (ii), (iii)",
        "notes apart": "45 CFR 164.508(b)(3)(ii)",
    }


@pytest.mark.requirement("HI-508-01", "P2-31-09")
@pytest.mark.parametrize(
    ("purposes", "end", "ends"),
    [
        (["TREAT"], "2199-12-31T23:59:59Z", True),
        (["TREAT"], "2200-01-01T00:00:00Z", False),
        (["TREAT"], None, False),
        (["HRESCH"], None, True),
        (["CLINTRCH", "HRESCH"], None, True),
        (["HRESCH", "TREAT"], None, False),
        ([], None, False),
    ],
)
def test_an_authorization_ends_or_is_for_research(purposes: list[str], end: str | None, ends: bool) -> None:
    one = a_consent(0, "Organization/hosp-1")
    one["provision"] = without(one["provision"], "period")
    one["provision"]["purpose"] = [{"system": ACT_REASON, "code": code} for code in purposes]
    if not purposes:
        del one["provision"]["purpose"]
    if end is not None:
        one["provision"]["period"] = {"end": end}
    found: Any = report_answer(validate_consent(one))
    (row,) = [row for row in found["authorization"]["elements"] if row["element"] == "expiry"]
    assert (row["status"] == "present") is ends


@pytest.mark.requirement("P2-31-03")
@pytest.mark.parametrize(
    ("limit", "described"),
    [
        ({}, False),
        ({"securityLabel": [label("SUD")]}, True),
        ({"securityLabel": [label("R")]}, False),
        ({"securityLabel": [label("R"), label("HIV")]}, True),
        ({"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}]}, True),
        ({"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Resource"}]}, False),
        ({"code": [{"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}]}, True),
        ({"code": [{"text": "weight"}]}, False),
        ({"data": [{"meaning": "instance", "reference": ref("Observation/r0")}]}, True),
    ],
)
def test_what_describes_the_information(limit: Json, described: bool) -> None:
    one = a_consent(0, "Organization/hosp-1")
    one["provision"] = {**without(one["provision"], "securityLabel"), **limit}
    found: Any = report_answer(validate_consent(one))
    (row,) = [row for row in found["authorization"]["elements"] if row["element"] == "information"]
    assert (row["status"] == "present") is described


# --- elements with labels of their own, on each basis ---------------------------------------------------------------


def element(code: str) -> Json:
    system = "urn:gateway:label" if code == "SUDCOUNSELNOTE" else ACT_CODE
    return {"text": "x", "extension": [{"url": INLINE, "valueCoding": {"system": system, "code": code}}]}


def removed(question: Json, code: str) -> tuple[str, ...]:
    question["resources"][0]["valueCodeableConcept"] = element(code)
    (row,) = consent.decide(consent.read_question(question), tables()).resources
    assert row.outcome == ("redact" if row.removals else "disclose"), row.reasons
    return row.removals


def by_service(packs: tuple[str, ...] = BOTH) -> Json:
    question = a_question(0, packs)
    question["recipient"] = {
        "references": ["Organization/lab"],
        "identifiers": [],
        "roles": [],
        "standing": ["qso"],
    }
    agreement = {"kind": "qso", "party": "Organization/lab", "scope": ["TREAT"], "from": "2026-01-01"}
    return {**question, "facts": {"agreements": [agreement]}}


@pytest.mark.requirement("P2-11-04", "FH-LBL-05")
@pytest.mark.parametrize(
    ("code", "packs", "goes"),
    [
        ("HIV", BOTH, False),
        ("PSYTHPN", BOTH, True),
        ("Title38Section7332", BOTH, True),
        ("MH", BOTH, False),
        ("MH", (*BOTH, "state/sample-mh-named"), True),
    ],
)
def test_what_a_service_does_not_get_goes_from_inside_a_record(
    code: str, packs: tuple[str, ...], goes: bool
) -> None:
    assert removed(by_service(packs), code) == (("/valueCodeableConcept",) if goes else ())


@pytest.mark.requirement("P2-61-02", "FH-LBL-05")
@pytest.mark.parametrize(
    ("scope", "code", "goes"),
    [
        (["Observation"], "HIV", False),
        (["Observation"], "PSYTHPN", True),
        (["Observation/r0"], "PSYTHPN", False),
        (["Observation/r0"], "Title38Section7332", True),
    ],
)
def test_an_order_releases_of_a_record_what_it_covers(scope: list[str], code: str, goes: bool) -> None:
    question = a_question(0, BOTH)
    question["recipient"] = {
        "references": ["Organization/c"],
        "identifiers": [],
        "roles": [],
        "standing": ["court"],
    }
    order = {"kind": "order", "party": "Organization/c", "scope": scope, "from": "2026-01-01"}
    question["facts"] = {"agreements": [order]}
    assert removed(question, code) == (("/valueCodeableConcept",) if goes else ())


# --- purposes and records that a denial names ------------------------------------------------------------------------


@pytest.mark.requirement("FH-CON-07", "FH-PUR-01")
@pytest.mark.parametrize(
    ("named", "stated", "denied"),
    [
        ({"code": "TREAT"}, {"system": ACT_REASON, "code": "TREAT"}, True),
        ({"code": "TREAT"}, {"system": ACT_REASON, "code": "COC"}, True),
        ({"code": "HPAYMT"}, {"system": ACT_REASON, "code": "TREAT"}, False),
        ({"code": "TREATMENT"}, {"system": ACT_REASON, "code": "TREAT"}, True),
        ({"system": "urn:mine", "code": "a"}, {"system": "urn:mine", "code": "a"}, True),
        ({"system": "urn:mine", "code": "b"}, {"system": "urn:mine", "code": "a"}, True),
        ({"system": ACT_REASON, "code": "HPAYMT"}, {"system": "urn:mine", "code": "a"}, True),
        ({"code": "HPAYMT"}, {"system": "urn:mine", "code": "a"}, True),
        ({"system": "urn:mine", "code": "HPAYMT"}, {"system": ACT_REASON, "code": "TREAT"}, True),
        (
            {"system": "urn:gateway:purpose", "code": "CJ-MONITOR"},
            {"system": ACT_REASON, "code": "TREAT"},
            False,
        ),
        ({"system": "urn:gateway:purpose", "code": "OTHER"}, {"system": ACT_REASON, "code": "TREAT"}, True),
    ],
)
def test_a_denial_for_a_purpose_holds_where_it_cannot_be_told(
    named: Json, stated: Json, denied: bool
) -> None:
    permit, deny = a_consent(0, "Organization/hosp-1"), a_consent(1, "Organization/hosp-1")
    permit["provision"]["purpose"] = [stated]
    deny["provision"] = {"type": "deny", "purpose": [named]}
    question = {**a_question(0), "purposes": [stated], "consents": [permit]}
    assert ask(question)["outcome"] == "disclose"
    assert (ask({**question, "consents": [permit, deny]})["outcome"] == "withhold") is denied


@pytest.mark.requirement("FH-CON-02")
@pytest.mark.parametrize(("reference", "denied"), [("Observation/x", True), ("Task/x", False)])
def test_a_record_without_an_id_may_be_the_one_a_denial_names(reference: str, denied: bool) -> None:
    deny = a_consent(1, "Organization/hosp-1")
    deny["provision"] = {"type": "deny", "data": [{"meaning": "instance", "reference": ref(reference)}]}
    question = a_question(1)
    del question["resources"][0]["id"]
    question["consents"] = [*question["consents"], deny]
    assert (ask(question)["outcome"] == "withhold") is denied


@pytest.mark.requirement("P2-53-01")
@pytest.mark.parametrize(
    "purpose", ["FRAUD", "GOV", "HACCRED", "HCOMPL", "HPRGRP", "HQUALIMP", "HSYSADMIN", "PERFMSR"]
)
def test_whoever_reviews_others_needs_an_agreement(purpose: str) -> None:
    permit = a_consent(0, "Organization/hosp-1")
    permit["provision"]["purpose"] = [{"system": ACT_REASON, "code": purpose}]
    question = {**a_question(0, BOTH), "purposes": permit["provision"]["purpose"], "consents": [permit]}
    assert reasons(ask(question)) == {"AUDIT_AGREEMENT_MISSING"}
    agreement = {"kind": "audit", "party": "Organization/hosp-1", "scope": [], "from": "2026-01-01"}
    assert reasons(ask({**question, "facts": {"agreements": [agreement]}})) == {"PERMITTED_BY_CONSENT"}


@pytest.mark.requirement("P2-31-03")
def test_a_permit_is_described_by_what_stands_above_it_too() -> None:
    one = a_consent(0, "Organization/hosp-1")
    kind = [{"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}]
    child = {"type": "permit", "code": [{"text": "weight"}]}
    one["provision"] = {**without(one["provision"], "securityLabel"), "class": kind, "provision": [child]}
    found: Any = report_answer(validate_consent(one))
    assert {row["status"] for row in found["elements"] if row["element"] == "information"} == {"present"}
    assert {
        row["status"] for row in found["authorization"]["elements"] if row["element"] == "information"
    } == {"present"}


@pytest.mark.requirement("FH-CON-02")
@pytest.mark.parametrize("named", [["B20"], ["Z99", "B20"]])
def test_one_of_several_codes_is_enough_for_a_denial(named: list[str]) -> None:
    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    deny = a_consent(1, "Organization/hosp-1")
    deny["provision"] = {
        "type": "deny",
        "code": [
            {"coding": [{"system": icd, "code": code} for code in named]},
            {"coding": [{"system": icd, "code": "Y1"}]},
        ],
    }
    question = a_question(1)
    question["resources"][0]["code"] = {
        "coding": [{"system": icd, "code": "b20"}, {"system": icd, "code": "Z00"}]
    }
    assert reasons(ask({**question, "consents": [*question["consents"], deny]})) == {"DENIED_UNLESS_CLEAR"}
