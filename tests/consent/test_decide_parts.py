"""Corners of matching, caps and facts that no table row reaches."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

import consent
from consent.directory import Party, read_directory
from consent.matching import Asking
from consent.model import Coding, Identifier, Policy, Recipient
from consent.resource_facts import without
from consent.rules.caps import cap_for
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ask, tables

Json = dict[str, Any]
PARTNER_KIND = "urn:warm-handoff:partner-kind"
KINDS = "http://terminology.hl7.org/CodeSystem/organization-type"
NOBODY = Party(frozenset(), frozenset(), frozenset(), frozenset())
BY_B = {"meaning": "authoredby", "reference": {"reference": "Practitioner/b"}}
OF_C = {"meaning": "dependents", "reference": {"reference": "Condition/c"}}
OF_E = {"meaning": "related", "reference": {"reference": "Encounter/e"}}
A, ROLE = {"reference": "Practitioner/a"}, {"reference": "PractitionerRole/r"}
HL7_OLD = "http://hl7.org/fhir/observation-category"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
LEVELS = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACTIONS = "http://terminology.hl7.org/CodeSystem/consentaction"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


def alone(provision: Json, **changes: Any) -> Json:
    """A question decided from one consent alone, whose root is `provision`."""
    one = a_consent(0, "Organization/hosp-1")
    one["provision"] = provision
    return {**a_question(1), "consents": [one], **changes}


def actor(reference: Json, role: str | None = "IRCP", system: str = ROLES) -> Json:
    row: Json = {"reference": reference}
    if role is not None:
        row["role"] = {"coding": [{"system": system, "code": role}]}
    return row


def corrected(meaning: str, named: str, by_now: str) -> Json:
    """A `provision.data` that names a record in whose place its sender may have put another one."""
    extension = {"url": "urn:gateway:consent:corrected-as", "valueReference": {"reference": by_now}}
    return {"meaning": meaning, "reference": {"reference": named}, "extension": [extension]}


def outcome(provision: Json, **changes: Any) -> str:
    return str(ask(alone(provision, **changes))["outcome"])


NPI = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1"}
KNOWN = {"resourceType": "Organization", "id": "hosp-1", "identifier": [NPI]}
ELSE = {"resourceType": "Organization", "id": "x", "identifier": [{**NPI, "value": "2"}]}
ENDED = {
    "resourceType": "Group",
    "id": "g",
    "active": False,
    "identifier": [{**NPI, "value": "3"}],
    "member": [{"entity": {"reference": "Organization/hosp-1"}}],
}


@pytest.mark.requirement("FH-CON-02")
@pytest.mark.parametrize(
    ("who", "permits", "denies"),
    [
        ([actor({"identifier": NPI})], True, True),
        ([actor({"identifier": {**NPI, "value": "2"}})], False, False),
        ([actor({"identifier": {**NPI, "value": "3"}})], False, True),
        ([actor({"identifier": {**NPI, "value": "9"}})], False, True),
        ([actor({"identifier": {"value": "1"}})], False, True),
        ([actor({"reference": "Group/g"})], False, True),
        ([actor({"reference": "Organization/x"})], False, False),
        ([actor({"reference": "Organization/nobody"})], False, True),
        ([actor({"reference": "http://elsewhere/Organization/hosp-1"})], False, True),
        ([actor({"reference": "Organization/hosp-1"}, None)], True, True),
        ([{"role": {}, "reference": {"reference": "Organization/hosp-1"}}], True, True),
        ([actor({"reference": "Organization/hosp-1"}, "WIT")], False, True),
        ([actor({"reference": "Organization/hosp-1"}, "DELEGATEE")], False, True),
        ([{"role": {"text": "friend"}, "reference": {"reference": "Organization/hosp-1"}}], False, True),
        ([{"role": {"coding": [{"code": 5}]}, "reference": {}}], False, True),
        ([{"reference": "x"}], False, True),
        ([actor({"display": "anybody"})], False, True),
        ([actor({"display": "my treating providers"})], True, True),
        ([actor({"display": "health plans"})], False, False),
        (
            [
                actor({"display": "my treating providers"}),
                actor({"reference": "Organization/x"}, "DELEGATEE"),
            ],
            False,
            False,
        ),
        ([actor({"display": "my treating providers who take part in Elm"})], False, True),
        (
            [
                actor({"display": "health plans who take part in Elm"}),
                actor({"reference": "Organization/x"}, "DELEGATEE"),
            ],
            False,
            True,
        ),
        ([actor({"reference": "Organization/otp-1"}, "PROV")], True, True),
        ([actor({"reference": "Organization/x"}, "CST")], False, False),
        ([{**actor({"reference": "Organization/hosp-1"}), "modifierExtension": []}], False, True),
        (
            [
                actor({"reference": "Organization/hosp-1"}),
                {**actor({"reference": "Organization/hosp-1"}), "modifierExtension": []},
            ],
            False,
            True,
        ),
    ],
)
def test_whom_an_actor_names(who: list[Json], permits: bool, denies: bool) -> None:
    more = {"directory": [KNOWN, ELSE, ENDED]}
    assert (outcome({"type": "permit", "actor": who}, **more) == "disclose") is permits
    permit, deny = a_consent(0, "Organization/hosp-1"), a_consent(1, "Organization/hosp-1")
    deny["provision"] = {"type": "deny", "actor": who}
    both = {**a_question(1), "consents": [permit, deny], **more}
    assert (ask(both)["outcome"] == "withhold") is denies


@pytest.mark.parametrize(
    ("limit", "permits", "denies"),
    [
        ({"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Resource"}]}, True, True),
        ({"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "DomainResource"}]}, True, True),
        ({"class": [{"system": "http://loinc.org", "code": "29463-7"}]}, True, True),
        ({"class": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F11"}]}, False, False),
        ({"class": [{"system": "urn:x", "code": "urn:profile"}]}, True, True),
        ({"code": [{"text": "attendance only"}]}, False, False),
        ({"code": [{"text": "everything"}]}, False, True),
        (
            {
                "code": [
                    {"coding": [{"system": "http://loinc.org", "code": code}]}
                    for code in ("8302-2", "29463-7")
                ]
            },
            True,
            True,
        ),
        (
            {"code": [{"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "weight"}]},
            True,
            True,
        ),
        ({"data": [{"meaning": "instance", "reference": {"display": "that"}}]}, False, True),
        (
            {
                "data": [
                    {"meaning": "instance", "reference": {"reference": name}}
                    for name in ("Observation/x", "Observation/r0")
                ]
            },
            True,
            True,
        ),
        ({"data": [corrected("instance", "Observation/x", "Observation/r0")]}, False, True),
        ({"data": [corrected("instance", "Observation/x", "Observation/y")]}, False, False),
        ({"data": [corrected("instance", "Observation/r0", "Observation/y")]}, True, True),
        ({"data": [corrected("dependents", "Encounter/x", "Encounter/e")]}, False, True),
        ({"data": [corrected("related", "Encounter/x", "Encounter/e")]}, False, True),
        ({"data": [{"meaning": "authoredby", "reference": {"reference": "Practitioner/d"}}]}, True, True),
        ({"data": [{"meaning": "authoredby", "reference": {"reference": "Practitioner/e"}}]}, False, False),
        ({"data": [{"meaning": "dependents", "reference": {"reference": "Encounter/x"}}]}, False, False),
        ({"data": [{"meaning": "dependents", "reference": {"reference": "Encounter/e"}}]}, True, True),
        ({"data": [{"meaning": "related", "reference": {"reference": "Encounter/e"}}]}, True, True),
        ({"data": [{"meaning": "related", "reference": {"reference": "Task/t"}}]}, False, True),
        ({"dataPeriod": {"start": "2026-02"}}, True, True),
        ({"dataPeriod": {"start": "2026-02-03"}}, False, False),
        ({"purpose": [{"code": "TREAT"}]}, False, True),
        ({"purpose": [{"code": "HPAYMT"}]}, False, False),
        ({"purpose": [{"system": "urn:x", "code": "TREAT"}]}, False, True),
        ({"purpose": [{"system": ACT_REASON, "code": "TREATMENT"}]}, False, True),
        ({"purpose": [{"system": "urn:gateway:purpose", "code": "CJ-MONITOR"}]}, False, False),
        ({"code": [{"coding": [{"code": "29463-7"}]}]}, False, True),
        ({"code": [{"coding": [{"code": "8867-4"}]}]}, False, True),
        ({"code": [{"coding": [{"system": "urn:oid:2.16.840.1.113883.6.1", "code": "29463-7"}]}]}, False, True),
        ({"code": [{"coding": [{"system": "urn:oid:2.16.840.1.113883.6.1", "code": "8867-4"}]}]}, False, False),
        ({"code": [{"coding": [{"system": "urn:of:nobody", "code": "8867-4"}]}]}, False, True),
        ({"code": [{"coding": [{"system": "urn:gateway:x", "code": "29463-7"}]}]}, False, False),
        ({"code": [{"coding": [{"system": CATEGORIES, "code": "laboratory"}]}]}, False, False),
        ({"data": [{"meaning": "instance", "reference": {"reference": "http://x/y/Observation/r0"}}]}, False, True),
        ({"data": [{"meaning": "instance", "reference": {"reference": "http://x/y/Observation/7"}}]}, False, True),
        ({"data": [{"meaning": "instance", "reference": {"reference": "http://x/y/Task/7"}}]}, False, False),
        ({"data": [{"meaning": "instance", "reference": {"reference": "urn:uuid:7"}}]}, False, True),
        ({"data": [{"meaning": "dependents", "reference": {"reference": "http://x/y/Task/7"}}]}, False, True),
        ({"code": [{"coding": [{"system": HL7_OLD, "code": "vital"}]}]}, False, False),
        ({"data": [{"meaning": "authoredby", "reference": {"reference": "http://x/y/Practitioner/e"}}]}, False, True),
        ({"purpose": [{"system": 5, "code": "HPAYMT"}]}, False, True),
        ({"action": [{"coding": [{"system": ACTIONS, "code": "collect"}]}]}, False, False),
        (
            {"action": [{"coding": [{"system": ACTIONS, "code": "use"}]}]},
            False,
            True,
        ),
        (
            {"action": [{"coding": [{"system": ACTIONS, "code": "correct"}]}]},
            False,
            False,
        ),
        ({"action": [{"text": "do"}]}, False, True),
        ({"action": [{"coding": [{"system": ACTIONS, "code": "disclose"}]}]}, True, True),
        ({"securityLabel": [{"system": "urn:x", "code": "ZZZ"}]}, False, True),
        ({"securityLabel": [{"code": "SUD"}]}, False, True),
        ({"securityLabel": [{"system": "urn:x", "code": "SUD"}]}, False, True),
        ({"securityLabel": [{"system": LEVELS, "code": "V"}]}, True, False),
    ],
)  # fmt: skip
def test_what_a_limit_reaches(limit: Json, permits: bool, denies: bool) -> None:
    question = a_question(1)
    record = question["resources"][0]
    record["meta"]["profile"] = ["urn:profile"]
    record["encounter"] = {"reference": "Encounter/e"}
    record["performer"] = [{"reference": "Practitioner/d"}]
    resources = {"resources": [record]}
    assert (outcome({"type": "permit", **limit}, **resources) == "disclose") is permits
    deny = a_consent(1, "Organization/hosp-1")
    deny["provision"] = {"type": "deny", **limit}
    both = {**question, "consents": [*question["consents"], deny], **resources}
    assert (ask(both)["outcome"] == "withhold") is denies


@pytest.mark.requirement("FH-CON-01", "FH-CON-03")
def test_scopes_of_other_matters_permit_only_without_packs() -> None:
    one = a_consent(0, "Organization/hosp-1")
    one["scope"]["coding"][0]["code"] = "research"
    question = {**a_question(1), "consents": [one]}
    assert ask(question)["outcome"] == "disclose"
    question["policy"]["packs"] = ["part2"]
    assert ask(question)["outcome"] == "withhold"


@pytest.mark.requirement("FH-CON-02")
@pytest.mark.parametrize(
    ("rule", "more", "denied"),
    [
        (
            BY_B,
            {"performer": [A, {"display": "b"}]},
            True,
        ),
        (
            BY_B,
            {"performer": [A, {"identifier": NPI}]},
            True,
        ),
        (
            BY_B,
            {"performer": [ROLE]},
            True,
        ),
        (BY_B, {"performer": [A]}, False),
        (
            BY_B,
            {"performer": [{"actor": A}]},
            False,
        ),
        (
            OF_C,
            {"focus": [{"reference": "http://x/Condition/c"}]},
            True,
        ),
        (
            OF_C,
            {"focus": [{"reference": "urn:uuid:1"}]},
            True,
        ),
        (
            OF_C,
            {"focus": [{"reference": "#c"}]},
            False,
        ),
        (
            OF_C,
            {"focus": [{"reference": "http://x/Task/c"}]},
            False,
        ),
        (
            {"meaning": "related", "reference": {"reference": "Encounter/e"}},
            {"focus": [{"reference": "http://x/Encounter/e"}]},
            True,
        ),
    ],
)
def test_a_denial_of_records_holds_where_it_cannot_be_told(rule: Json, more: Json, denied: bool) -> None:
    question = a_question(1)
    question["resources"][0] |= more
    deny = a_consent(1, "Organization/hosp-1")
    deny["provision"] = {"type": "deny", "data": [rule]}
    question["consents"] = [*question["consents"], deny]
    assert (ask(question)["outcome"] == "withhold") is denied


@pytest.mark.requirement("FH-CON-02")
@pytest.mark.parametrize(
    ("named", "carried", "denied"),
    [
        (
            {"system": HL7_OLD, "code": "vital-signs"},
            {"coding": [{"system": CATEGORIES, "code": "vital-signs"}]},
            True,
        ),
        (
            {"system": HL7_OLD, "code": "laboratory"},
            {"coding": [{"system": CATEGORIES, "code": "vital-signs"}]},
            False,
        ),
        ({"system": ICD, "code": "B20"}, {"coding": [{"system": ICD, "code": "b20"}]}, True),
        ({"system": ICD, "code": "B20"}, {"coding": [{"system": ICD, "code": "B21"}]}, False),
        ({"system": ICD, "code": "B20"}, {"coding": [{"code": "B20"}]}, True),
        ({"system": ICD, "code": "B20"}, {"coding": [{"system": "urn:of:nobody", "code": "7"}]}, True),
        ({"system": ICD, "code": "B20"}, {"text": "some illness"}, True),
        ({"system": ICD, "code": "B20"}, None, False),
    ],
)
def test_a_denial_of_a_code_holds_where_it_cannot_be_told(
    named: Json, carried: Json | None, denied: bool
) -> None:
    question = a_question(1)
    record = question["resources"][0]
    record["code"] = carried
    if carried is None:
        del record["code"]
    deny = a_consent(1, "Organization/hosp-1")
    deny["provision"] = {"type": "deny", "code": [{"coding": [named]}]}
    question["consents"] = [*question["consents"], deny]
    assert (ask(question)["outcome"] == "withhold") is denied


def test_versions_that_differ_are_all_heard_in_any_order() -> None:
    permit, other = a_consent(0, "Organization/hosp-1"), a_consent(0, "Organization/org-1")
    answers = {
        str(ask({**a_question(1), "consents": row})) for row in ([permit, other], [other, permit, permit])
    }
    assert len(answers) == 1


def test_sources_are_recognised_by_identifier_address_and_membership() -> None:
    unit = {"resourceType": "Organization", "id": "unit", "partOf": {"reference": "Organization/otp-1"}}
    program = {"resourceType": "Organization", "id": "otp-1", "identifier": [NPI]}
    for source in (f"{NPI['system']}|1", "http://x/fhir/Organization/otp-1", "Organization/unit"):
        question = {**a_question(1), "directory": [unit, program]}
        question["discloser"] = {"references": ["Organization/pcp"], "identifiers": []}
        question["resources"][0]["meta"] = {"source": source}
        assert "42CFRPart2" in ask(question)["resources"][0]["labels"]
    question["resources"][0]["meta"] = {"source": "Organization/pcp"}
    assert "42CFRPart2" not in ask(question)["resources"][0]["labels"]
    question["discloser"] = {"references": ["Organization/otp-1"], "identifiers": []}
    assert "42CFRPart2" in ask(question)["resources"][0]["labels"], "a program has received it"


def asking(standing: tuple[str, ...], purpose: str, *entries: Json) -> Asking:
    """The question of a recipient with these standings."""
    return Asking(
        NOBODY,
        NOBODY,
        frozenset(standing),
        (Coding(ACT_REASON, purpose),),
        "disclose",
        datetime(2026, 6, 15, tzinfo=UTC),
        read_directory(entries, UTC),
        tables(),
        True,
        True,
    )


@pytest.mark.requirement("DM-01", "DM-08", "DM-11", "DM-12", "P2-35-01", "P2-CR-01", "HI-502-01")
@pytest.mark.parametrize(
    ("kind", "standing", "types", "purpose", "caps"),
    [
        (None, (), (), "TREAT", "community"),
        ("nobody knows", (), (), "TREAT", "community"),
        ("nobody knows", ("covered_entity",), (), "TREAT", None),
        ("nobody knows", ("community",), (), "TREAT", "community"),
        (None, ("community",), ({"code": ["prov"]},), "TREAT", "community"),
        (None, ("community",), ({"system": PARTNER_KIND, "code": 3},), "TREAT", "community"),
        (None, ("crisis_line",), (), "TREAT", "crisis"),
        (None, ("monitor",), (), "TREAT", "monitor"),
        (None, ("court",), (), "TREAT", "law_enforcement"),
        ("case_management", ("monitor",), (), "TREAT", "monitor"),
        ("clinical", ("crisis_line",), (), "TREAT", "crisis"),
        ("clinical", ("law_enforcement",), (), "TREAT", "law_enforcement"),
        ("health_plan", ("court", "health_plan"), (), "HPAYMT", "law_enforcement"),
        (None, (), ({"system": PARTNER_KIND, "code": "housing"},), "TREAT", "housing"),
        (None, (), ({"system": KINDS, "code": "pay"},), "TREAT", None),
        (None, (), ({"system": KINDS, "code": "pay"},), "HPAYMT", "payment"),
        (None, ("covered_entity", "health_plan"), (), "COVERAGE", "payment"),
        ("health_plan", ("covered_entity",), (), "HPAYMT", "payment"),
        ("health_plan", ("covered_entity",), (), "HOPERAT", None),
        ("health_plan", ("covered_entity",), (), "COVAUTH", None),
        ("benefits", ("payer",), (), "HPAYMT", "benefits"),
        ("housing", ("crisis_line",), (), "TREAT", "crisis"),
        ("hospital", ("covered_entity", "crisis_line"), (), "TREAT", None),
        ("hospital", ("crisis_line",), (), "TREAT", "crisis"),
        ("hospital", ("covered_entity",), (), "HPAYMT", None),
        (None, (), ({"system": "urn:x", "code": "zz"}, {"code": 3}), "TREAT", "community"),
        ("case_management", (), (), "TREAT", None),
    ],
)
def test_the_category_comes_from_the_question_the_directory_or_the_standing(
    kind: str | None, standing: tuple[str, ...], types: tuple[Json, ...], purpose: str, caps: str | None
) -> None:
    entry = {"resourceType": "Organization", "id": "a", "type": [{"coding": ["x", *types]}, "x"]}
    found = cap_for(
        Recipient(("Organization/a",), standing=standing, category=kind),
        asking(standing, purpose, entry),
        tables(),
    )
    assert (found.category if found else None) == caps


def test_removing_by_pointer_shares_the_rest() -> None:
    record = {"a": [{"b": 1, "c": 2}, 5], "x/y": {"~": 1}, "k": "v"}
    before = copy.deepcopy(record)
    assert without(record, ["/a/0/b", "/x~1y/~0", "/none/1"]) == {"a": [{"c": 2}, 5], "x/y": {}, "k": "v"}
    assert without(record, ["/a/1", "/k"]) == {"a": [{"b": 1, "c": 2}], "x/y": {"~": 1}}
    assert without(record, ["/k/0", "/a/1/b"]) == before, "nothing is inside a text or a number"
    assert record == before


def test_the_model_is_plain_and_frozen() -> None:
    assert Policy().packs == ()
    assert Coding("s", "c") == Coding("s", "c")
    assert len({Identifier("s", "v"), Identifier("s", "v")}) == 1
    assert str(consent.QuestionError("A", "b", "c")) == "A: b at `c`"


@pytest.mark.requirement("DM-01", "DM-11", "P2-CR-01")
def test_of_two_data_sets_what_both_let_pass_goes() -> None:
    recipient = Recipient(("Organization/a",), standing=("crisis_line",), category="housing")
    found = cap_for(recipient, asking(("crisis_line",), "TREAT"), tables())
    assert found is not None
    assert "MedicationRequest" not in found.shapes
    assert "ServiceRequest" in found.shapes
