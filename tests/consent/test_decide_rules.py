"""Bases, bars, packs and caps that the decision tables do not reach."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import consent
from consent.compiled import compile_consents
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ask, tables

Json = dict[str, Any]
BOTH = ["part2", "hipaa"]

TPO_CLASS = (
    "my treating providers, health plans, third-party payers, and people helping to operate this program"
)


def asked(**changes: Any) -> Json:
    """A question of the hospital with one TPO consent, under both federal packs."""
    question = a_question(1, ("part2", "hipaa"))
    return {**question, **changes}


def reasons(answer: Json, row: int = 0) -> set[str]:
    return {reason["code"] for reason in answer["resources"][row]["reasons"]}


def recipient(*standing: str, reference: str = "Organization/hosp-1", **more: Any) -> Json:
    return {"references": [reference], "identifiers": [], "roles": [], "standing": list(standing), **more}


def test_the_plain_question_is_released_with_its_duties() -> None:
    answer = ask(asked())
    assert answer["outcome"] == "disclose"
    assert {"NOTICE", "SCOPE_TEXT", "ACCOUNTING"} <= {duty["code"] for duty in answer["obligations"]}
    assert answer["consents"] == ["Consent/c0/_history/1"]


@pytest.mark.requirement("P2-23-01")
def test_the_patient_reads_the_own_record_without_consent_but_not_the_notes() -> None:
    question = asked(
        consents=[],
        recipient=recipient("patient", reference="Patient/p1"),
        purposes=["PATRQT"],
    )
    note = copy.deepcopy(question["resources"][0])
    note["id"], note["meta"]["security"] = (
        "n",
        [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSYTHPN"}],
    )
    question["resources"].append(note)
    answer = ask(question)
    assert [row["outcome"] for row in answer["resources"]] == ["disclose", "withhold"]
    assert reasons(answer) == {"PATIENT_ACCESS"}


@pytest.mark.requirement("P2-23-01", "P2-15-01")
@pytest.mark.parametrize(("authorities", "outcome"), [([], "withhold"), (["x"], "disclose")])
def test_a_representative_needs_a_recorded_authority(authorities: list[str], outcome: str) -> None:
    facts = {"authorities": [{"person": "RelatedPerson/m", "kind": "guardian_of_adult"} for _ in authorities]}
    question = asked(
        consents=[],
        recipient=recipient("representative", reference="RelatedPerson/m"),
        purposes=["PATRQT"],
        facts=facts,
    )
    assert ask(question)["outcome"] == outcome


@pytest.mark.requirement("P2-12-06")
def test_inside_the_program_no_consent_is_needed() -> None:
    inside = recipient("part2_program", reference="Practitioner/c", members_of=["Organization/otp-1"])
    assert reasons(ask(asked(consents=[], recipient=inside))) == {"INSIDE_PROGRAM"}
    outside = recipient("part2_program", reference="Practitioner/c", members_of=["Organization/otp-2"])
    assert ask(asked(consents=[], recipient=outside))["outcome"] == "withhold"


@pytest.mark.requirement("P2-11-04")
@pytest.mark.parametrize(
    ("agreement", "outcome"),
    [
        ({"kind": "qso", "party": "Organization/lab", "scope": ["TREAT"]}, "disclose"),
        ({"kind": "qso", "party": "Organization/lab", "scope": []}, "withhold"),
        ({"kind": "qso", "party": "Organization/lab", "scope": ["TREAT"], "to": "2026-06-14"}, "withhold"),
        ({"kind": "qso", "party": "Organization/other", "scope": ["TREAT"]}, "withhold"),
        ({"kind": "audit", "party": "Organization/lab", "scope": ["TREAT"]}, "withhold"),
    ],
)
def test_a_qso_needs_an_agreement_for_this_service_now(agreement: Json, outcome: str) -> None:
    question = asked(
        consents=[],
        recipient=recipient("qso", reference="Organization/lab"),
        facts={"agreements": [agreement]},
    )
    assert ask(question)["outcome"] == outcome


@pytest.mark.requirement("P2-12-03", "DM-12", "P2-31-14")
def test_proceedings_need_their_own_consent_and_a_human() -> None:
    legal = a_consent(0, "Organization/legal-1")
    legal["provision"]["purpose"] = [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HLEGAL"}
    ]
    aid = recipient("community", reference="Organization/legal-1", category="case_management")
    answer = ask(asked(consents=[legal], recipient=aid, purposes=["HLEGAL"]))
    assert answer["outcome"] == "disclose"
    assert "HUMAN_RELEASE" in {duty["code"] for duty in answer["obligations"]}
    assert reasons(ask(asked(recipient=aid, purposes=["HLEGAL"]))) == {"PROCEEDINGS_BARRED"}
    police = recipient("law_enforcement")
    assert reasons(ask(asked(recipient=police))) == {"PROCEEDINGS_BARRED"}


@pytest.mark.requirement("P2-61-02")
@pytest.mark.parametrize(
    ("scope", "outcome"), [(["Observation/r0"], "disclose"), (["Observation"], "disclose"), ([], "withhold")]
)
def test_an_order_releases_what_it_names_through_a_human(scope: list[str], outcome: str) -> None:
    order = {"kind": "order", "party": "Organization/court", "scope": scope, "from": "2026-01-01"}
    court = recipient("court", reference="Organization/court", category="case_management")
    answer = ask(asked(consents=[], recipient=court, purposes=["HLEGAL"], facts={"agreements": [order]}))
    assert answer["outcome"] == outcome


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purposes": []}, "PURPOSE_MISSING"),
        ({"recipient": {**recipient("covered_entity"), "references": []}}, "RECIPIENT_UNKNOWN"),
        ({"recipient": recipient("prosecutor")}, "STANDING_UNKNOWN"),
        ({"policy": {"packs": ["part2", "state/none"], "part2_sources": []}}, "PACK_UNKNOWN"),
    ],
)
def test_bars_hold_whatever_the_consents_say(changes: Json, code: str) -> None:
    answer = ask(asked(**changes))
    assert (answer["outcome"], reasons(answer)) == ("withhold", {code})


def test_a_record_of_another_patient_is_withheld() -> None:
    question = asked()
    question["resources"][0]["subject"] = {"reference": "Patient/p2"}
    assert reasons(ask(question)) == {"OTHER_PATIENT"}


@pytest.mark.requirement("P2-52-01", "P2-53-01", "P2-54-01", "P2-35-01", "P2-12-08")
@pytest.mark.parametrize(
    ("purpose", "kind", "code"),
    [
        ("HRESCH", "research", "RESEARCH_AGREEMENT_MISSING"),
        ("FRAUD", "audit", "AUDIT_AGREEMENT_MISSING"),
        ("PUBHLTH", None, "PUBLIC_HEALTH_DEIDENTIFIED_ONLY"),
    ],
)
def test_purposes_with_their_own_conditions(purpose: str, kind: str | None, code: str) -> None:
    permit = a_consent(0, "Organization/hosp-1")
    permit["provision"]["purpose"][0]["code"] = purpose
    question = asked(consents=[permit], purposes=[purpose])
    assert code in reasons(ask(question))
    if kind is not None:
        agreement = {"kind": kind, "party": "Organization/hosp-1", "scope": [], "from": "2026-01-01"}
        assert ask({**question, "facts": {"agreements": [agreement]}})["outcome"] == "disclose"


def test_veterans_records_wait_for_their_pack() -> None:
    question = asked()
    question["resources"][0]["meta"]["security"].append(
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "Title38Section7332"}
    )
    assert "VETERANS_PACK_MISSING" in reasons(ask(question))


@pytest.mark.requirement("P2-14-01", "ST-03")
@pytest.mark.parametrize(
    ("birth", "packs", "performers", "outcome"),
    [
        ("2015-01-01", BOTH, ["Patient/p1"], "withhold"),
        ("2011-01-01", [*BOTH, "state/sample-mh-named"], ["Patient/p1"], "disclose"),
        ("2014-01-01", [*BOTH, "state/sample-mh-named"], ["Patient/p1"], "withhold"),
        ("2014-01-01", BOTH, ["Patient/p1", "RelatedPerson/m"], "disclose"),
        ("2014-01-01", BOTH, ["RelatedPerson/m"], "withhold"),
        ("2008-01-02", BOTH, ["Patient/p1"], "disclose"),
        ("2008-06-15", BOTH, ["Patient/p1"], "withhold"),
        ("2008-06-15", BOTH, ["Patient/p1", "RelatedPerson/m"], "withhold"),
        ("2008-06-15", [*BOTH, "state/sample-mh-named"], ["Patient/p1"], "disclose"),
        ("2008-06-16", BOTH, ["Patient/p1"], "withhold"),
    ],
)
def test_minors_sign_as_the_state_says(
    birth: str, packs: list[str], performers: list[str], outcome: str
) -> None:
    permit = a_consent(0, "Organization/hosp-1")
    permit["performer"] = [{"reference": reference} for reference in performers]
    question = asked(consents=[permit])
    question["directory"] = [
        *question["directory"],
        {"resourceType": "Patient", "id": "p1", "birthDate": birth},
    ]
    question["policy"] = {**question["policy"], "packs": packs}
    question["facts"] = {
        "authorities": [{"person": "RelatedPerson/m", "kind": "parent", "from": "2020-01-01"}]
    }
    assert ask(question)["outcome"] == outcome


@pytest.mark.requirement("ST-01", "ST-02")
@pytest.mark.parametrize(
    ("signed", "outcome"),
    [("2025-06-16", "disclose"), ("2025-06-15", "withhold"), ("2024-02-29", "withhold")],
)
def test_a_state_caps_the_age_of_a_consent(signed: str, outcome: str) -> None:
    permit = a_consent(0, "Organization/hosp-1")
    permit["dateTime"] = signed
    question = asked(consents=[permit])
    question["policy"] = {**question["policy"], "packs": [*BOTH, "state/sample-expiry-12m"]}
    assert ask(question)["outcome"] == outcome


@pytest.mark.requirement("P2-33-01", "P2-33-02")
@pytest.mark.parametrize(
    ("standing", "outcome"),
    [
        (["covered_entity", "treating_provider"], "disclose"),
        (["covered_entity"], "withhold"),
        (["treating_provider"], "withhold"),
        ([], "withhold"),
    ],
)
def test_a_covered_entity_passes_on_what_it_got_under_a_tpo_consent(
    standing: list[str], outcome: str
) -> None:
    held = {"references": ["Organization/org-1"], "identifiers": [], "standing": standing}
    permit = a_consent(0, "Organization/hosp-1")
    permit["provision"]["actor"][0]["reference"] = {"display": TPO_CLASS}
    question = asked(discloser=held, consents=[permit])
    question["resources"][0]["meta"]["source"] = "Organization/otp-1"
    assert ask(question)["outcome"] == outcome
    question["resources"][0]["meta"]["source"] = "Organization/org-1"
    assert ask(question)["outcome"] == "withhold", "its own records are not what it received"


@pytest.mark.requirement("FH-CON-06")
@pytest.mark.parametrize(
    ("code", "source", "purpose", "outcome"),
    [
        (None, "Organization/pcp", "TREAT", "disclose"),
        ("SUD", "Organization/pcp", "TREAT", "withhold"),
        (None, "Organization/otp-1", "TREAT", "withhold"),
        (None, "Organization/pcp", "HPAYMT", "withhold"),
    ],
)
def test_treatment_between_covered_entities_where_the_policy_says_so(
    code: str | None, source: str, purpose: str, outcome: str
) -> None:
    held = {"references": ["Organization/pcp"], "identifiers": []}
    question = asked(consents=[], purposes=[purpose], discloser=held)
    question["policy"] = {**question["policy"], "no_consent": "treatment"}
    labels = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code}] if code else []
    question["resources"][0]["meta"] = {"security": labels, "source": source}
    assert ask(question)["outcome"] == outcome
    question["policy"]["no_consent"] = "deny"
    assert ask(question)["outcome"] == "withhold"


def ended(**changes: object) -> dict[str, object]:
    """A yes to the primary care clinic that kept something back from it, taken back or run out."""
    inner = {"type": "deny", "code": [{"coding": [{"system": "http://loinc.org", "code": "1-8"}]}]}
    root = {"type": "permit", "provision": [inner], **changes}
    return {**copy.deepcopy(asked()["consents"][0]), "id": "ended", "provision": root}


@pytest.mark.requirement("FH-CON-06", "FH-CON-05")
@pytest.mark.parametrize(
    ("status", "changes", "outcome"),
    [
        ("inactive", {}, "withhold"),
        ("inactive", {"provision": [{"type": "permit", "provision": [{"type": "deny"}]}]}, "withhold"),
        ("inactive", {"provision": [{"type": "permit"}]}, "disclose"),
        ("inactive", {"provision": [{}]}, "withhold"),
        ("inactive", {"type": "deny"}, "disclose"),
        ("rejected", {}, "withhold"),
        ("rejected", {"provision": [{"type": "permit"}]}, "disclose"),
        ("entered-in-error", {}, "disclose"),
        ("proposed", {}, "disclose"),
        ("active", {"period": {"start": "2020-01-01", "end": "2020-12-31"}}, "withhold"),
        (
            "active",
            {"period": {"start": "2020-01-01", "end": "2020-12-31"}, "provision": [{"type": "permit"}]},
            "disclose",
        ),
    ],
)
def test_the_end_of_a_yes_opens_nothing_that_it_kept_back(
    status: str, changes: dict[str, object], outcome: str
) -> None:
    """Without it the policy would let flow, of all things, what she named when she gave her permission."""
    held = {"references": ["Organization/pcp"], "identifiers": []}
    question = asked(consents=[{**ended(**changes), "status": status}], purposes=["TREAT"], discloser=held)
    question["policy"] = {**question["policy"], "no_consent": "treatment"}
    question["resources"][0]["meta"] = {"source": "Organization/pcp"}
    assert ask(question)["outcome"] == outcome


@pytest.mark.requirement("FH-LBL-05")
def test_an_element_with_a_label_nobody_permits_is_removed() -> None:
    question = asked()
    question["policy"] = {"packs": []}
    question["resources"][0]["valueCodeableConcept"] = {
        "text": "x",
        "extension": [
            {
                "url": "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label",
                "valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"},
            }
        ],
    }
    request = consent.read_question(question)
    row = consent.decide(request, tables()).resources[0]
    assert (row.outcome, row.removals) == ("redact", ("/valueCodeableConcept",))


@pytest.mark.requirement("P2-13-01", "DM-01")
def test_the_housing_cap_leaves_need_and_takes_diagnosis_names_and_notes() -> None:
    permit = a_consent(0, "Organization/housing-1")
    permit["provision"] = {
        **permit["provision"],
        "securityLabel": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "SUD"},
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"},
        ],
        "provision": [],
    }
    del permit["provision"]["provision"]
    plan = {
        "resourceType": "CarePlan", "id": "cp", "status": "active", "intent": "plan",
        "subject": {"reference": "Patient/p1", "display": "N N"},
        "title": "Methadone plan", "author": {"reference": "Organization/otp-1"},
        "addresses": [{"reference": "Condition/c"}], "note": [{"text": "x"}],
        "category": [{"text": "free words"}, {"coding": [{"system": "urn:c", "code": "housing", "display": "d"}]}],
        "activity": [
            {"detail": {"status": "scheduled", "description": "x", "code": {"coding": [{"system": "s", "code": "c"}]}}},
            {"detail": {"description": "only words"}},
        ],
    }  # fmt: skip
    question = asked(
        consents=[permit],
        recipient=recipient("community", reference="Organization/housing-1", category="housing"),
        resources=[plan],
    )
    row = consent.decide(consent.read_question(question), tables()).resources[0]
    assert row.outcome == "redact"
    assert set(row.removals) == {
        "/title", "/author", "/addresses", "/note", "/subject/display", "/category/0",
        "/category/1/coding/0/display", "/activity/0/detail/description", "/activity/1",
    }  # fmt: skip


def test_a_question_is_bound_once_between_two_boundaries() -> None:
    question = asked()
    request = consent.read_question(question)
    compiled = compile_consents(request, tables())
    first = consent.decide(request, tables(), compiled)
    for at in ("2026-06-15T12:00:01-07:00", "2026-09-01T00:00:00Z"):
        later = consent.read_question({**question, "at": at})
        assert consent.decide(later, tables(), compiled) == first
    assert len(compiled.contexts) == 1
    ended = consent.read_question({**question, "at": "2027-01-01T07:00:00Z"})
    assert consent.decide(ended, tables(), compiled).outcome == "withhold"


def test_compiled_consents_of_another_patient_or_policy_are_not_used() -> None:
    request = consent.read_question(asked())
    compiled = compile_consents(consent.read_question(asked(consents=[])), tables())
    other = consent.read_question(asked(policy={"packs": [], "part2_sources": []}))
    assert consent.decide(request, tables(), compiled).outcome == "withhold"
    assert consent.decide(other, tables(), compiled).outcome == "disclose"


@pytest.mark.requirement("P2-31-11")
def test_a_fault_in_a_rule_withholds_everything_and_says_so() -> None:
    request = consent.read_question(asked())
    compiled = compile_consents(request, tables())
    broken = {"id": "state/broken", "rules": [{"when": {"moon": ["full"]}, "require": {}}]}
    from dataclasses import replace

    answer = consent.decide(request, tables(), replace(compiled, state_packs=(broken,)))
    assert {reason.code for row in answer.resources for reason in row.reasons} == {"RULE_FAILED"}
    unmet = {"id": "state/broken", "rules": [{"when": {}, "require": {"moon": "full"}}]}
    answer = consent.decide(request, tables(), replace(compiled, state_packs=(unmet,)))
    assert {reason.code for row in answer.resources for reason in row.reasons} == {"RULE_FAILED"}


def test_records_that_differ_in_nothing_that_matters_get_the_same_answer_under_their_own_name() -> None:
    question = asked(resources=a_question(1, resources=3)["resources"])
    other = copy.deepcopy(question["resources"][0])
    other["id"], other["meta"]["security"] = (
        "r9",
        [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}],
    )
    question["resources"].insert(1, other)
    request = consent.read_question(question)
    compiled = compile_consents(request, tables())
    whole = consent.decide(request, tables(), compiled)
    assert [(row.reference, row.outcome) for row in whole.resources] == [
        ("Observation/r0", "disclose"),
        ("Observation/r9", "withhold"),
        ("Observation/r1", "disclose"),
        ("Observation/r2", "disclose"),
    ]
    for resource, row in zip(question["resources"], whole.resources, strict=True):
        alone = consent.read_question({**question, "resources": [resource]})
        assert consent.decide(alone, tables(), compiled).resources == (row,)
        assert consent.decide(alone, tables()) == consent.decide(alone, tables(), compiled)


@pytest.mark.parametrize(
    ("limit", "own"),
    [
        ({"data": [{"meaning": "instance", "reference": {"reference": "Observation/r0"}}]}, True),
        ({"dataPeriod": {"start": "2026-02-02", "end": "2026-02-02"}}, False),
        ({"code": [{"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}]}, False),
    ],
)
def test_what_a_consent_looks_at_keeps_records_apart(limit: Json, own: bool) -> None:
    permit = a_consent(0, "Organization/hosp-1")
    permit["provision"].update(limit)
    question = asked(consents=[permit], resources=a_question(1, resources=2)["resources"])
    if not own:
        question["resources"][1]["effectiveDateTime"] = "2025-02-02"
        question["resources"][1]["code"]["coding"][0]["code"] = "8302-2"
    request = consent.read_question(question)
    compiled = compile_consents(request, tables())
    assert [row.outcome for row in consent.decide(request, tables(), compiled).resources] == [
        "disclose",
        "withhold",
    ]
