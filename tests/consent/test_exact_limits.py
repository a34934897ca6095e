"""Limits exactly where they are: found by changing the engine and seeing that no other test noticed (`mutations.md`)."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

import consent
from consent.compiled import compile_consents
from consent.directives import clean_text, version_of
from consent.rules.minors import ages_of
from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ask, tables
from tests.consent.question_pools import ACT_REASON, actor, label, ref

Json = dict[str, Any]
BOTH = ("part2", "hipaa")
ACTIONS = "http://terminology.hl7.org/CodeSystem/consentaction"
INLINE = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"
LEVELS = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
TYPES = "http://hl7.org/fhir/resource-types"


def permit_for(recipient: str, **changes: Any) -> Json:
    """A signed consent for one recipient, its root changed."""
    one = a_consent(0, recipient)
    one["provision"] = {**one["provision"], **changes}
    return one


def reasons(answer: Json) -> set[str]:
    return {reason["code"] for row in answer["resources"] for reason in row["reasons"]}


def agency_question(category: str, *records: Json, types: tuple[str, ...]) -> Json:
    """An agency of a category asks for records of the types that its consent names."""
    named = f"Organization/{category}-1"
    made = a_question(0, BOTH)
    return {
        **made,
        "recipient": {
            "references": [named],
            "identifiers": [],
            "roles": ["IRCP"],
            "standing": ["community"],
            "category": category,
        },
        "directory": [*made["directory"], {"resourceType": "Organization", "id": f"{category}-1"}],
        "consents": [permit_for(named, **{"class": [{"system": TYPES, "code": kind} for kind in types]})],
        "resources": list(records),
    }


def a_task(**elements: Any) -> Json:
    return {
        "resourceType": "Task",
        "id": "t",
        "status": "requested",
        "intent": "order",
        "for": ref("Patient/p1"),
        **elements,
    }


# --- who -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("FH-CON-02", "P2-31-04")
def test_the_number_of_the_organization_above_names_its_units() -> None:
    number = {"system": "urn:numbers", "value": "7"}
    above = {"resourceType": "Organization", "id": "system", "identifier": [number]}
    unit = {"resourceType": "Organization", "id": "hosp-1", "partOf": ref("Organization/system")}
    named = actor(ref("Organization/x"))
    named["reference"] = {"identifier": number}
    question = {**a_question(0), "consents": [permit_for("Organization/x", actor=[named])]}

    assert ask({**question, "directory": [above, unit]})["outcome"] == "disclose"
    assert ask({**question, "directory": [above, {**unit, "active": False}]})["outcome"] == "withhold"


@pytest.mark.requirement("ST-02")
def test_who_is_named_as_a_discloser_is_not_named_as_a_recipient() -> None:
    treating = actor({"display": "my treating providers"})
    itself = actor(ref("Organization/hosp-1"), "CST")
    program = actor(ref("Organization/otp-1"), "CST")
    one = permit_for("Organization/hosp-1", actor=[treating, itself, program])
    question = a_question(0, (*BOTH, "state/sample-mh-named"))
    question = {**question, "consents": [one], "resources": a_question(1)["resources"]}
    question["resources"][0]["meta"]["security"] = [label("MH")]

    assert reasons(ask(question)) == {"STATE_RECIPIENT_NOT_NAMED"}
    one["provision"]["actor"].append(actor(ref("Organization/hosp-1")))
    assert ask(question)["outcome"] == "disclose"


@pytest.mark.requirement("P2-12-03", "P2-23-01")
def test_a_patient_who_is_also_law_enforcement_is_barred() -> None:
    own = {"references": ["Patient/p1"], "identifiers": [], "roles": [], "standing": ["patient"]}
    question = {
        **a_question(0, BOTH),
        "purposes": [{"system": ACT_REASON, "code": "PATRQT"}],
        "recipient": own,
    }
    assert ask(question)["outcome"] == "disclose"
    own["standing"] = ["patient", "law_enforcement"]
    assert reasons(ask(question)) == {"PROCEEDINGS_BARRED"}


@pytest.mark.parametrize(
    "limit",
    [
        {"actor": [{"reference": "Organization/hosp-1"}]},
        {"actor": [{"reference": {"type": "Organization"}}]},
        {"actor": [{"role": {"coding": ["IRCP"]}, "reference": ref("Organization/hosp-1")}]},
        {
            "actor": [
                {
                    "role": {"coding": [*actor(ref("x"))["role"]["coding"], "x"]},
                    "reference": ref("Organization/hosp-1"),
                }
            ]
        },
        {"data": [{"meaning": "instance", "reference": {"display": "that"}}]},
        {"data": [{"meaning": ["instance"], "reference": ref("Observation/r0")}]},
        {"securityLabel": [{"system": LEVELS, "code": "Q"}]},
        {"securityLabel": [{**label("SUD"), "system": 5}]},
        {"code": [{"coding": ["29463-7"]}]},
        {"code": [{"coding": [{"system": "http://loinc.org", "code": "29463-7", "modifierExtension": []}]}]},
    ],
)
def test_a_permit_that_cannot_be_read_permits_nothing_and_spoils_no_other_consent(limit: Json) -> None:
    odd = permit_for("Organization/hosp-1", **limit)
    odd["id"] = "odd"
    question = a_question(1)

    assert ask({**question, "consents": [odd]})["outcome"] == "withhold"
    assert ask({**question, "consents": [odd, *question["consents"]]})["outcome"] == "disclose"


@pytest.mark.parametrize("rows", [["x"], [{"type": "permit"}, "x"], [], "x", {"type": "permit"}])
def test_exceptions_that_cannot_be_read_are_a_fault(rows: object) -> None:
    odd = permit_for("Organization/hosp-1", provision=rows)

    assert not consent.validate_consent(odd).computable
    assert ask({**a_question(1), "consents": [odd]})["outcome"] == "withhold"


@pytest.mark.requirement("P2-31-04")
@pytest.mark.parametrize(
    ("group", "entry", "named"),
    [
        ("Group", {"member": [{"entity": ref("Organization/housing-1")}]}, False),
        ("CareTeam", {"participant": [{"member": ref("Organization/housing-1")}]}, False),
        ("Organization", {}, True),
    ],
)
def test_who_names_a_group_names_none_of_its_members(group: str, entry: Json, named: bool) -> None:
    question = agency_question("housing", a_task(), types=("Task",))
    question["directory"].append({"resourceType": group, "id": "g", **entry})
    if named:  # a part of an organization is the organization
        question["directory"].append(
            {"resourceType": "Organization", "id": "housing-1", "partOf": ref("Organization/g")}
        )
    question["consents"] = [permit_for(f"{group}/g", **{"class": [{"system": TYPES, "code": "Task"}]})]

    answer = ask(question)

    assert (answer["outcome"] == "disclose") is named
    assert ("RECIPIENT_NOT_NAMED" in reasons(answer)) is not named


@pytest.mark.requirement("P2-31-04")
def test_a_recipient_may_be_known_by_number_alone() -> None:
    number = {"system": "urn:numbers", "value": "7"}
    question = a_question(1, BOTH)
    question["directory"] = [{"resourceType": "Organization", "id": "hosp-1", "identifier": [number]}]
    question["recipient"] = {**question["recipient"], "references": [], "identifiers": [number]}

    assert ask(question)["outcome"] == "disclose"


@pytest.mark.requirement("P2-14-01")
def test_the_age_of_the_patient_is_a_matter_of_the_packs() -> None:
    question = a_question(1)
    child = {"resourceType": "Patient", "id": "p1", "birthDate": "2020-06-15"}
    question["directory"] = [*question["directory"], child]

    assert ask(question)["outcome"] == "disclose"
    question["policy"] = {**question["policy"], "packs": ["part2"]}
    assert reasons(ask(question)) == {"MINOR_SIGNATURE_MISSING"}


@pytest.mark.requirement("FH-CON-02")
def test_without_packs_nobody_is_barred_for_what_they_are() -> None:
    question = a_question(1)
    question["recipient"] = {**question["recipient"], "standing": ["law_enforcement"]}

    assert ask(question)["outcome"] == "disclose"
    assert reasons(ask({**question, "policy": {**question["policy"], "packs": ["hipaa"]}})) == {
        "PROCEEDINGS_BARRED"
    }


@pytest.mark.requirement("FH-CON-02")
@pytest.mark.parametrize(("name", "outcome"), [("Resource", "disclose"), ("DomainResource", "withhold")])
def test_a_binary_is_a_resource_and_no_domain_resource(name: str, outcome: str) -> None:
    binary = {"resourceType": "Binary", "id": "b", "contentType": "text/plain", "data": "eA=="}
    one = permit_for("Organization/hosp-1", **{"class": [{"system": TYPES, "code": name}]})
    del one["provision"]["securityLabel"]

    assert ask({**a_question(1), "consents": [one], "resources": [binary]})["outcome"] == outcome


@pytest.mark.requirement("FH-RED-01")
@pytest.mark.parametrize("kind", ["Bundle", "Parameters"])
def test_what_carries_records_never_goes_as_one(kind: str) -> None:
    carrier = {"resourceType": kind, "id": "b", "entry": [{"resource": a_question(1)["resources"][0]}]}

    assert reasons(ask({**a_question(1), "resources": [carrier]})) == {"UNSTRUCTURED_NOT_COVERED"}


@pytest.mark.requirement("P2-23-01", "HI-524-01", "P2-31-13")
def test_the_patient_gets_the_own_record_without_a_note_that_stands_in_it() -> None:
    own = {"references": ["Patient/p1"], "identifiers": [], "roles": [], "standing": ["patient"]}
    question = {
        **a_question(1, BOTH),
        "purposes": [{"system": ACT_REASON, "code": "PATRQT"}],
        "recipient": own,
    }
    note = {"url": INLINE, "valueCoding": label("PSYTHPN")}
    question["resources"][0]["valueCodeableConcept"] = {"text": "words", "extension": [note]}

    (row,) = consent.decide(consent.read_question(question), tables()).resources

    assert (row.outcome, row.removals) == ("redact", ("/valueCodeableConcept",))


ONLY_SO_FAR = {
    "crisis_line": "NOT_IN_DATA_SET",
    "intermediary": "INTERMEDIARY_INCOMPLETE",
    "monitor": "NOT_IN_DATA_SET",
}
"""Why those who may be named do not get a record of any kind."""


@pytest.mark.requirement("P2-31-04", "P2-31-05", "P2-35-01", "P2-CR-01")
@pytest.mark.parametrize(
    "standing",
    [
        "covered_entity",
        "business_associate",
        "part2_program",
        "qso",
        "treating_provider",
        "health_plan",
        "payer",
        "community",
        "crisis_line",
        "intermediary",
        "medical_personnel",
        "monitor",
        "patient",
        "representative",
        "program_operation",
    ],
)
def test_every_standing_that_is_not_barred_may_be_named(standing: str) -> None:
    question = a_question(1, BOTH)
    question["recipient"] = {**question["recipient"], "standing": [standing], "category": "clinical"}
    if standing == "monitor":
        question["purposes"] = [{"system": "urn:gateway:purpose", "code": "CJ-MONITOR"}]
        question["consents"] = [permit_for("Organization/hosp-1", purpose=question["purposes"])]

    assert reasons(ask(question)) == {ONLY_SO_FAR.get(standing, "PERMITTED_BY_CONSENT")}


@pytest.mark.requirement("FH-CON-04")
@pytest.mark.parametrize("kind", ["permit", "deny"])
def test_what_is_related_to_a_record_is_what_it_references(kind: str) -> None:
    question = a_question(1, (), 2)
    task = a_task(focus=ref("Observation/r0"))
    related = {"data": [{"meaning": "related", "reference": ref("Task/t")}]}
    one = a_consent(2, "Organization/hosp-1")
    one["provision"] = {"type": kind, **related}
    everything = a_consent(3, "Organization/hosp-1")
    everything["provision"] = {"type": "permit"}
    question["consents"] = [one] if kind == "permit" else [everything, one]
    question["resources"] = [task, *question["resources"]]

    rows = [row["outcome"] for row in ask(question)["resources"]]

    reached, other = ("disclose", "withhold") if kind == "permit" else ("withhold", "disclose")
    assert rows == [reached, reached, other]


@pytest.mark.requirement("FH-CON-04")
def test_of_a_record_without_an_author_nobody_knows_who_wrote_it() -> None:
    question = a_question(1)
    by_doctor = {"data": [{"meaning": "authoredby", "reference": ref("Practitioner/d")}]}
    denial = a_consent(2, "Organization/hosp-1")
    denial["provision"] = {"type": "deny", **by_doctor}

    permitted = ask({**question, "consents": [permit_for("Organization/hosp-1", **by_doctor)]})
    denied = ask({**question, "consents": [*question["consents"], denial]})

    assert reasons(permitted) == {"NO_PERMIT", "DATA_NOT_COVERED"}
    assert reasons(denied) == {"DENIED_UNLESS_CLEAR"}


@pytest.mark.requirement("FH-CON-12", "FH-CON-07")
@pytest.mark.parametrize(("scope", "outcome"), [("patient-privacy", "withhold"), ("adr", "disclose")])
def test_a_privacy_consent_without_a_provision_may_be_a_denial(scope: str, outcome: str) -> None:
    bare = {name: value for name, value in a_consent(2, "x").items() if name != "provision"}
    bare["scope"] = {"coding": [{**bare["scope"]["coding"][0], "code": scope}]}
    question = a_question(1)

    assert ask({**question, "consents": [*question["consents"], bare]})["outcome"] == outcome


@pytest.mark.requirement("FH-LBL-07", "FH-CON-05")
def test_a_denial_of_a_label_nobody_knows_denies_everything() -> None:
    denial = a_consent(2, "Organization/hosp-1")
    denial["provision"] = {"type": "deny", "securityLabel": [{"system": "urn:x", "code": "ZZZ"}]}
    question = a_question(1)

    assert reasons(ask({**question, "consents": [*question["consents"], denial]})) == {"DENIED_BY_CONSENT"}


# --- what for ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P2-31-07", "FH-PUR-01")
def test_the_same_code_of_another_list_is_another_purpose() -> None:
    question = {**a_question(1), "purposes": [{"system": "urn:elsewhere", "code": "TREAT"}]}

    assert reasons(ask(question)) == {"NO_PERMIT", "PURPOSE_NOT_COVERED"}


@pytest.mark.requirement("FH-CON-12")
@pytest.mark.parametrize(
    ("asked", "denied", "outcome"),
    [
        ("disclose", "access", "withhold"),
        ("use", "disclose", "withhold"),
        ("disclose", "use", "withhold"),
        ("collect", "access", "disclose"),
        ("collect", "collect", "withhold"),
    ],
)
def test_a_denial_of_access_denies_what_gives_access_and_nothing_else(
    asked: str, denied: str, outcome: str
) -> None:
    denial = a_consent(2, "Organization/hosp-1")
    action = {"coding": [{"system": ACTIONS, "code": denied}]}
    denial["provision"] = {"type": "deny", "action": [action]}
    question = a_question(1)

    answer = ask({**question, "action": asked, "consents": [*question["consents"], denial]})

    assert answer["outcome"] == outcome
    assert ("DENIED_BY_CONSENT" in reasons(answer)) is (outcome == "withhold")


@pytest.mark.requirement("FH-CON-12")
@pytest.mark.parametrize(
    ("action", "code"),
    [
        ({"coding": [{"system": ACTIONS, "code": "disclose"}]}, "DENIED_BY_CONSENT"),
        ({"text": "do"}, "DENIED_UNLESS_CLEAR"),
    ],
)
def test_a_denial_of_an_action_nobody_knows_is_no_clear_one(action: Json, code: str) -> None:
    denial = a_consent(2, "Organization/hosp-1")
    denial["provision"] = {"type": "deny", "action": [action]}
    question = a_question(1)

    assert reasons(ask({**question, "consents": [*question["consents"], denial]})) == {code}


def test_a_permit_of_another_action_says_so() -> None:
    one = permit_for("Organization/hosp-1", action=[{"coding": [{"system": ACTIONS, "code": "collect"}]}])

    assert reasons(ask({**a_question(1), "consents": [one]})) == {"NO_PERMIT", "ACTION_NOT_COVERED"}


@pytest.mark.requirement("P2-23-01")
def test_a_patient_who_states_no_purpose_gets_nothing_either() -> None:
    own = {"references": ["Patient/p1"], "identifiers": [], "roles": [], "standing": ["patient"]}

    assert reasons(ask({**a_question(0, BOTH), "purposes": [], "recipient": own})) == {"PURPOSE_MISSING"}


@pytest.mark.requirement("P2-53-01")
@pytest.mark.parametrize("code", ["FRAUD", "GOV", "HACCRED", "HCOMPL"])
@pytest.mark.parametrize("kind", ["audit", "research"])
def test_every_purpose_of_audit_needs_its_agreement(code: str, kind: str) -> None:
    question = a_question(0, BOTH)
    stated = {"system": ACT_REASON, "code": code}
    agreement = {"kind": kind, "party": "Organization/hosp-1", "from": "2026-01-01", "to": "2026-12-31"}
    question |= {
        "purposes": [stated],
        "consents": [permit_for("Organization/hosp-1", purpose=[stated])],
        "facts": {"agreements": [agreement]},
    }

    assert reasons(ask(question)) == (
        {"PERMITTED_BY_CONSENT"} if kind == "audit" else {"AUDIT_AGREEMENT_MISSING"}
    )


# --- orders of a court ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("P2-61-02", "P2-31-13")
@pytest.mark.parametrize(
    ("scope", "code"),
    [("DocumentReference", "PROCEEDINGS_BARRED"), ("DocumentReference/note", "COURT_ORDER")],
)
def test_an_order_for_a_type_of_record_does_not_reach_notes(scope: str, code: str) -> None:
    note = {
        "resourceType": "DocumentReference",
        "id": "note",
        "meta": {"security": [label("PSYTHPN")]},
        "status": "current",
        "subject": ref("Patient/p1"),
        "content": [{"attachment": {"contentType": "text/plain", "url": "urn:uuid:0"}}],
    }
    question = {
        **a_question(0, BOTH),
        "recipient": {
            "references": ["Organization/court"],
            "identifiers": [],
            "roles": [],
            "standing": ["court"],
            "category": "case_management",
        },
        "purposes": [{"system": ACT_REASON, "code": "HLEGAL"}],
        "facts": {
            "agreements": [
                {"kind": "order", "party": "Organization/court", "scope": [scope], "from": "2026-01-01"}
            ]
        },
        "resources": [note],
    }

    assert reasons(ask(question)) == {code}


# --- when ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P2-31-10")
@pytest.mark.parametrize(
    ("signed", "outcome"),
    [("2026-06-15T12:00:00-07:00", "disclose"), ("2026-06-15T12:00:00.000001-07:00", "withhold")],
)
def test_a_consent_counts_from_the_instant_of_its_signature(signed: str, outcome: str) -> None:
    one = {**permit_for("Organization/hosp-1"), "dateTime": signed}

    assert ask({**a_question(1, BOTH), "consents": [one]})["outcome"] == outcome


@pytest.mark.requirement("P2-61-02", "P2-12-03")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purposes": []}, "PURPOSE_MISSING"),
        ({"standing": ["prosecutor"]}, "STANDING_UNKNOWN"),
        ({"packs": ["part2", "state/none"]}, "PACK_UNKNOWN"),
    ],
)
def test_an_order_lifts_no_bar_but_that_on_proceedings(changes: Json, code: str) -> None:
    order = {"kind": "order", "party": "Organization/hosp-1", "scope": ["Observation"], "from": "2026-01-01"}
    question = a_question(0, tuple(changes.get("packs", BOTH)))
    question["facts"] = {"agreements": [order]}
    question["recipient"] = {**question["recipient"], "standing": changes.get("standing", ["court"])}
    question["purposes"] = changes.get("purposes", [{"system": ACT_REASON, "code": "HLEGAL"}])
    question["resources"] = a_question(1)["resources"]

    assert reasons(ask(question)) == {code}


# --- state packs ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ST-01")
@pytest.mark.parametrize(
    ("when", "outcome"),
    [
        ({}, "withhold"),
        ({"labels": ["SUD"]}, "withhold"),
        ({"labels": ["HIV"]}, "disclose"),
        ({"purposes": ["TREAT"]}, "withhold"),
        ({"purposes": ["HPAYMT"]}, "disclose"),
        ({"standing": ["treating_provider"]}, "withhold"),
        ({"standing": ["community"]}, "disclose"),
        ({"types": ["Observation"]}, "withhold"),
        ({"types": ["Condition"]}, "disclose"),
        ({"labels": ["SUD"], "types": ["Condition"]}, "disclose"),
        (
            {
                "labels": ["SUD"],
                "purposes": ["TREAT"],
                "standing": ["treating_provider"],
                "types": ["Observation"],
            },
            "withhold",
        ),
    ],
)
def test_a_state_rule_holds_where_all_its_conditions_do(when: Json, outcome: str) -> None:
    request = consent.read_question(a_question(1, BOTH))
    rule = {"when": when, "require": {"signed_within_months": 1}, "code": "TOO_OLD", "citation": "state law"}

    compiled = replace(compile_consents(request, tables()), state_packs=({"id": "state/x", "rules": [rule]},))

    (row,) = consent.decide(request, tables(), compiled).resources

    assert row.outcome == outcome
    assert {reason.code for reason in row.reasons} == {
        "TOO_OLD" if outcome == "withhold" else "PERMITTED_BY_CONSENT"
    }


@pytest.mark.requirement("ST-01")
@pytest.mark.parametrize(
    ("demand", "outcome"),
    [
        ({"signed_within_months": 12, "recipient_named": True}, "disclose"),
        ({"signed_within_months": 1, "recipient_named": True}, "withhold"),
        ({"recipient_named": True}, "disclose"),
        ({"recipient_named": False}, "disclose"),
        ({}, "disclose"),
    ],
)
def test_a_state_rule_is_met_where_all_its_demands_are(demand: Json, outcome: str) -> None:
    request = consent.read_question(a_question(1, BOTH))
    rule = {"when": {}, "require": demand, "code": "NOT_MET", "citation": "state law"}

    compiled = replace(compile_consents(request, tables()), state_packs=({"id": "state/x", "rules": [rule]},))

    assert consent.decide(request, tables(), compiled).outcome == outcome


@pytest.mark.requirement("ST-02", "P2-31-11")
@pytest.mark.parametrize(
    ("at", "outcome"),
    [("2027-01-01T23:59:59.999999-07:00", "disclose"), ("2027-01-02T00:00:00-07:00", "withhold")],
)
def test_the_months_of_a_state_end_at_their_instant_also_for_consents_compiled_before(
    at: str, outcome: str
) -> None:
    question = a_question(0, (*BOTH, "state/sample-expiry-12m"))
    question["consents"] = [
        permit_for("Organization/hosp-1", period={"start": "2026-01-02", "end": "2027-12-31"})
    ]
    first = consent.read_question(question)
    compiled = compile_consents(first, tables())
    assert consent.decide(first, tables(), compiled).outcome == "disclose"

    later = consent.read_question({**question, "at": at})

    assert consent.decide(later, tables(), compiled).outcome == outcome
    assert consent.decide(later, tables()).outcome == outcome


@pytest.mark.requirement("ST-03", "P2-14-01")
@pytest.mark.parametrize(
    ("birth", "code"), [("2007-06-15", "MINOR_SIGNATURE_MISSING"), ("2004-12-31", "PERMITTED_BY_CONSENT")]
)
def test_of_two_ages_of_majority_the_higher_counts(birth: str, code: str) -> None:
    question = a_question(1, BOTH)
    question["directory"] = [
        *question["directory"],
        {"resourceType": "Patient", "id": "p1", "birthDate": birth},
    ]
    request = consent.read_question(question)
    packs = tuple(
        {"id": f"state/{age}", "rules": [], "minors": {"majority": age, "consents_alone_from": age}}
        for age in (18, 21)
    )

    compiled = compile_consents(request, tables())
    decision = consent.decide(
        request,
        tables(),
        replace(compiled, state_packs=packs, who=replace(compiled.who, ages=ages_of(packs))),
    )

    assert [reason.code for reason in decision.resources[0].reasons] == [code]


@pytest.mark.requirement("ST-03")
@pytest.mark.parametrize(
    ("birth", "days"),
    [
        ("2012-06-15", {"2026-06-01": "withhold", "2026-06-14": "withhold", "2026-06-15": "disclose"}),
        ("2012-02-29", {"2026-02-01": "withhold", "2026-02-28": "withhold", "2026-03-01": "disclose"}),
    ],
)
def test_a_birthday_counts_also_for_consents_compiled_before_it(birth: str, days: dict[str, str]) -> None:
    question = a_question(1, (*BOTH, "state/sample-mh-named"))
    person = {"resourceType": "Patient", "id": "p1", "birthDate": birth}
    question["directory"] = [*question["directory"], person]
    requests = [consent.read_question({**question, "at": f"{day}T12:00:00Z"}) for day in days]
    compiled = compile_consents(requests[0], tables())

    assert [consent.decide(request, tables(), compiled).outcome for request in requests] == [*days.values()]


# --- names of consents ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"id": "a", "meta": {"versionId": "2"}}, "Consent/a/_history/2"),
        ({"id": "a", "meta": {"versionId": ""}}, "Consent/a"),
        ({"id": "a", "meta": {"versionId": 2}}, "Consent/a"),
        ({"id": "a", "meta": "2"}, "Consent/a"),
        ({"id": "a" * 128}, f"Consent/{'a' * 128}"),
    ],
)
def test_a_consent_is_named_by_id_and_version(given: Json, name: str) -> None:
    assert version_of({"resourceType": "Consent", **given}) == name


@pytest.mark.parametrize("odd", [{}, {"id": ""}, {"id": 5}, {"id": "a" * 129}])
def test_a_consent_without_a_usable_id_is_named_by_its_content(odd: Json) -> None:
    one = {
        "resourceType": "Consent",
        "provision": {"provision": [{"actor": [{"reference": ref("Organization/a")}]}]},
    }
    other = copy.deepcopy(one)
    other["provision"]["provision"][0]["actor"][0]["reference"] = ref("Organization/b")

    assert version_of({**one, **odd}) == version_of({**copy.deepcopy(one), **odd})
    assert version_of({**one, **odd}) != version_of({**other, **odd})
    assert version_of({**one, **odd}) == version_of({**dict(reversed(one.items())), "id": ""})
    assert version_of({**one, **odd}).startswith("Consent/unnamed-")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("a" * 2_000, "a" * 2_000),
        ("a" * 2_001, None),
        ("", None),
        (" ", None),
        ("a\x00", None),
        (5, None),
        (None, None),
    ],
)
def test_a_text_is_of_ordinary_length_and_says_something(value: object, text: str | None) -> None:
    assert clean_text(value) == text


def test_a_consent_of_any_depth_has_a_name() -> None:
    deep: Json = {}
    for _ in range(20_000):
        deep = {"provision": [deep]}

    assert version_of(deep).startswith("Consent/unnamed-")
