"""Minors: who reads in their name, who signs for them, and what becomes of it when they come of age. 42 CFR §2.14."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

import consent
from consent.compiled import compile_consents
from consent.rules.minors import Ages, ages_of
from consent.validity import nodes_of
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ask, tables
from tests.consent.question_pools import ACT_REASON

Json = dict[str, Any]
BOTH = ["part2", "hipaa"]
FROM_16 = [*BOTH, "state/sample-expiry-12m"]
MOTHER = "RelatedPerson/m"
PLAIN = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N"}
KINDS = (
    "administrator", "conservator", "executor", "guardian_of_adult", "hcpoa", "health_care_proxy",
    "personal_representative", "power_of_attorney",
)  # fmt: skip
CHILD, YOUTH, GROWN = "2014-03-01", "2009-06-01", "2008-03-01"
"""On the day of the question (15 June 2026) 12, 17 and 18 years old."""


def asked(born: str, packs: list[str], kind: str = "parent", **changes: Any) -> Json:
    question = {**a_question(0), **changes}
    question["directory"] = [
        *question["directory"],
        {"resourceType": "Patient", "id": "p1", "birthDate": born},
    ]
    question["policy"] = {**question["policy"], "packs": packs}
    question["facts"] = {"authorities": [{"person": MOTHER, "kind": kind, "from": "2010-01-01"}]}
    return question


def reasons(answer: Json) -> set[str]:
    return {reason["code"] for row in answer["resources"] for reason in row["reasons"]}


def mother_reads(born: str, packs: list[str], kind: str = "parent", *, part2: bool = True) -> set[str]:
    who = {"references": [MOTHER], "identifiers": [], "roles": [], "standing": ["representative"]}
    own = [{"system": ACT_REASON, "code": "PATRQT"}]
    question = asked(born, packs, kind, recipient=who, purposes=own)
    if not part2:
        question["discloser"] = {"references": ["Organization/pcp"], "identifiers": []}
        question["resources"][0]["meta"] = {"security": [PLAIN]}
    return reasons(ask(question))


@pytest.mark.requirement("P2-14-01", "P2-23-01", "ST-03")
@pytest.mark.parametrize(
    ("born", "packs", "kind", "part2", "found"),
    [
        (YOUTH, FROM_16, "parent", True, {"NO_PERMIT"}),
        (YOUTH, FROM_16, "parent", False, {"NO_PERMIT"}),
        (YOUTH, BOTH, "parent", True, {"NO_PERMIT"}),
        (YOUTH, BOTH, "parent", False, {"PARENT_ACCESS"}),
        (CHILD, FROM_16, "parent", False, {"PARENT_ACCESS"}),
        (CHILD, FROM_16, "guardian_of_adult", True, {"NO_PERMIT"}),
        (GROWN, BOTH, "parent", True, {"NO_PERMIT"}),
        (GROWN, BOTH, "parent", False, {"NO_PERMIT"}),
        (GROWN, BOTH, "guardian_of_minor", False, {"NO_PERMIT"}),
        (GROWN, BOTH, "guardian", True, {"NO_PERMIT"}),
        (GROWN, BOTH, "Mother", True, {"NO_PERMIT"}),
        (GROWN, BOTH, "guardian_of_adult", True, {"PATIENT_ACCESS"}),
        (GROWN, FROM_16, "guardian_of_adult", True, {"PATIENT_ACCESS"}),
        *((GROWN, BOTH, kind, True, {"PATIENT_ACCESS"}) for kind in KINDS),
    ],
)
def test_a_parent_reads_what_the_minor_does_not_decide_alone_and_no_part2_record(
    born: str, packs: list[str], kind: str, part2: bool, found: set[str]
) -> None:
    assert mother_reads(born, packs, kind, part2=part2) == found


def signed(born: str, packs: list[str], *performers: str, on: str = "2026-01-02") -> set[str]:
    permit = a_consent(0, "Organization/hosp-1")
    permit["performer"] = [{"reference": one} for one in performers]
    permit["dateTime"] = on
    return reasons(ask(asked(born, packs, consents=[permit])))


@pytest.mark.requirement("P2-14-01", "ST-03")
def test_what_a_parent_signed_ends_when_the_patient_comes_of_age() -> None:
    assert signed(GROWN, BOTH, MOTHER) >= {"MINOR_SIGNATURE_MISSING", "SIGNER_AUTHORITY_MISSING"}
    assert signed(GROWN, BOTH, "Patient/p1", MOTHER) >= {"MINOR_SIGNATURE_MISSING"}
    assert signed(GROWN, BOTH, "Patient/p1", on="2026-03-01") == {"PERMITTED_BY_CONSENT"}
    assert signed(GROWN, FROM_16, "Patient/p1") == {"PERMITTED_BY_CONSENT"}, (
        "a signature good at 17 stays good"
    )


@pytest.mark.requirement("P2-14-01", "P2-15-01")
@pytest.mark.parametrize("packs", [["part2"], ["hipaa"], BOTH])
def test_a_guardian_of_a_grown_patient_signs_with_a_recorded_authority(packs: list[str]) -> None:
    permit = a_consent(0, "Organization/hosp-1")
    permit["performer"], permit["dateTime"] = [{"reference": MOTHER}], "2026-04-01"
    for kind, found in (("hcpoa", "PERMITTED_BY_CONSENT"), ("parent", "SIGNER_AUTHORITY_MISSING")):
        assert reasons(ask(asked(GROWN, packs, kind, consents=[permit]))) == {found}


@pytest.mark.requirement("P2-31-10", "P2-15-01")
@pytest.mark.parametrize(
    ("performer", "found"),
    [
        ({"identifier": {"system": "urn:mrn", "value": "1"}}, "PERMITTED_BY_CONSENT"),
        ({"identifier": {"system": "urn:mrn", "value": "2"}}, "SIGNER_AUTHORITY_MISSING"),
        ({"identifier": {"system": "urn:mrn"}}, "SIGNER_AUTHORITY_MISSING"),
        ({"identifier": "1"}, "SIGNER_AUTHORITY_MISSING"),
        ({"display": "Ada"}, "SIGNER_AUTHORITY_MISSING"),
    ],
)
def test_one_of_her_own_numbers_stands_for_her_signature(performer: object, found: str) -> None:
    permit = a_consent(0, "Organization/hosp-1")
    permit["performer"] = [performer]
    question = asked("1990-01-01", BOTH, consents=[permit])
    question["directory"][-1]["identifier"] = [{"system": "urn:mrn", "value": "1"}]
    assert reasons(ask(question)) == {found}
    permit["performer"] = performer
    assert ask(question)["outcome"] == "withhold", "a performer that is no list"


@pytest.mark.requirement("ST-01")
@pytest.mark.parametrize(
    "rules",
    [
        "none",
        [{"code": "X", "citation": "x", "when": {}, "require": {"signed_within_months": "12"}}],
        [{"code": "X", "citation": "x", "when": {}, "require": {"signed_within_months": True}}],
        [{"code": "X", "citation": "x", "when": {}, "require": {"something": True}}],
        [{"code": "X", "citation": "x", "when": {"moon": ["full"]}, "require": {}}],
        [{"code": "X", "citation": "x", "when": {"labels": "SUD"}, "require": {"recipient_named": True}}],
        [{"code": "X", "citation": "x", "when": {}, "require": {"recipient_named": None}}],
    ],
)
def test_a_state_pack_that_cannot_be_read_refuses(rules: object) -> None:
    request = consent.read_question(a_question(1, ("part2", "hipaa")))
    compiled = replace(compile_consents(request, tables()), state_packs=({"id": "state/x", "rules": rules},))
    assert consent.decide(request, tables()).outcome == "disclose"
    (row,) = consent.decide(request, tables(), compiled).resources
    assert [reason.code for reason in row.reasons] == ["RULE_FAILED"]


def test_a_silent_consent_has_no_nodes() -> None:
    assert list(nodes_of(None)) == []


@pytest.mark.requirement("ST-03")
def test_a_table_of_minors_that_cannot_be_read_is_no_table() -> None:
    assert ages_of([{"id": "state/x", "minors": {"majority": 19, "consents_alone_from": 12}}]) == Ages(19, 12)
    with pytest.raises(TypeError):
        ages_of([{"id": "state/x", "minors": []}])


@pytest.mark.requirement("P2-14-01")
def test_her_own_signature_given_at_an_age_that_was_enough_needs_no_other() -> None:
    for packs, found in ((FROM_16, {"PERMITTED_BY_CONSENT"}), (BOTH, {"MINOR_SIGNATURE_MISSING"})):
        assert signed(GROWN, packs, "Patient/p1", MOTHER) >= found


@pytest.mark.requirement("P2-14-01", "FH-RED-04", "FH-RED-01")
def test_a_parent_learns_of_no_program_from_the_records_of_others() -> None:
    """Even the fact of applying is kept from her without the minor's own consent."""
    question = asked(YOUTH, BOTH, discloser={"references": ["Organization/hosp"], "identifiers": []})
    question["recipient"] = {
        "references": [MOTHER],
        "identifiers": [],
        "roles": [],
        "standing": ["representative"],
    }
    question["purposes"] = [{"system": ACT_REASON, "code": "PATRQT"}]
    visit = {
        "resourceType": "Appointment",
        "id": "a",
        "status": "booked",
        "comment": "methadone started",
        "participant": [{"actor": {"reference": "Organization/otp-1", "display": "Sunrise Methadone"}}],
    }
    paper = {
        "resourceType": "DocumentReference",
        "id": "d",
        "status": "current",
        "content": [{"attachment": {}}],
    }
    question["resources"] = [visit, {**paper, "subject": {"reference": "Patient/p1"}}]
    request = consent.read_question(question)
    decision = consent.decide(request, tables())
    shown = consent.present(
        consent.redact(request, decision, tables()),
        decision,
        request=request,
        alias_key=b"k",
        tables=tables(),
    )

    assert decision.basis == "PARENT_ACCESS"
    assert [row.outcome for row in decision.resources] == ["disclose", "withhold"]
    for word in ("otp-1", "ethadone", "Sunrise"):
        assert word not in json.dumps(shown)


@pytest.mark.requirement("P2-14-01", "FH-RED-01")
def test_a_parent_does_not_get_what_a_program_wrote_inside_the_record_of_another() -> None:
    question = asked(YOUTH, BOTH, discloser={"references": ["Organization/hosp"], "identifiers": []})
    question["recipient"] = {
        "references": [MOTHER],
        "identifiers": [],
        "roles": [],
        "standing": ["representative"],
    }
    question["purposes"] = [{"system": ACT_REASON, "code": "PATRQT"}]
    program = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}
    inside = {"resourceType": "Condition", "id": "c", "meta": {"security": [program]}}
    question["resources"] = [
        {**question["resources"][0], "meta": {"security": [PLAIN]}, "contained": [inside]}
    ]
    (row,) = consent.decide(consent.read_question(question), tables()).resources
    assert (row.outcome, row.removals) == ("redact", ("/contained/0",))
