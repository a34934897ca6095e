"""Limits of a provision that a permit and a denial read differently, and reasons that tell which limit was not met."""

from __future__ import annotations

import json
from typing import Any

import pytest

import consent
from tests.consent.asking import ask, disclosed, tables
from tests.consent.question_pools import CONFIDENTIALITY, LOINC, actor, labels, npi, ref
from tests.consent.test_decision_tables import consent_named
from tests.consent.test_highest_protection import SECRET, asked, shown

Json = dict[str, Any]


def by(provision: Json, *more: Json, **changes: str) -> Json:
    """The question with a consent for the clinic that `provision` limits, and further provisions as denials."""
    made = asked(packs="none", **changes)
    for number, one in enumerate((provision, *more)):
        form = consent_named("all_clinic", made["discloser"]["references"][0])
        root = {**form["provision"], **one} if number == 0 else {"type": "deny", **one}
        made["consents"].append({**form, "id": f"c{number}", "provision": root})
    return made


def reasons(made: Json) -> set[str]:
    return {reason["code"] for row in ask(made)["resources"] for reason in row["reasons"]}


@pytest.mark.requirement("FH-CON-04", "FH-CON-02")
@pytest.mark.parametrize(("effective", "permitted", "denied"), [
    ({"start": "2025-02-01", "end": "2025-03-01"}, True, True),
    ({"start": "2024-12-01", "end": "2025-01-15"}, False, True),
    ({"start": "2025-12-15", "end": "2026-01-15"}, False, True),
    ({"start": "2026-01-01", "end": "2026-02-01"}, False, False),
])  # fmt: skip
def test_a_permit_needs_the_whole_time_of_a_record_and_a_denial_any_of_it(
    effective: Json, permitted: bool, denied: bool
) -> None:
    year = {"dataPeriod": {"start": "2025-01-01", "end": "2025-12-31"}}
    permit, denial = by(year), by({}, year)
    for made in (permit, denial):
        record = made["resources"][0]
        del record["effectiveDateTime"]
        record["effectivePeriod"] = effective
    assert bool(disclosed(ask(permit))) is permitted
    assert bool(disclosed(ask(denial))) is not denied


@pytest.mark.requirement("FH-CON-02")
def test_a_permit_needs_the_code_of_a_record_and_a_denial_any_code_in_it() -> None:
    named = {"code": [{"coding": [{"system": LOINC, "code": "8480-6"}]}]}
    own, inside = by(named), by({}, named)
    assert not disclosed(ask(own)) and disclosed(ask(inside))
    for made in (own, inside):
        component = [{"code": {"coding": [{"system": LOINC, "code": "8480-6"}]}}]
        made["resources"][0]["component"] = component
        assert not disclosed(ask(made))
    own["resources"][0]["code"] = named["code"][0]
    assert disclosed(ask(own))


@pytest.mark.requirement("FH-CON-02", "P2-31-04")
def test_a_denial_for_the_bearer_of_a_number_leaves_others_alone() -> None:
    """Design 9: an actor in neither the directory nor the recipient's references is not resolved; the discloser too."""
    ours = {"identifiers": [npi(5)], "references": ["Organization/x"]}
    entry = {"resourceType": "Organization", "id": "x", "identifier": [npi(5)]}
    for denied in ({"identifier": npi(5)}, ref("Organization/x")):
        made = by({}, {"actor": [{"reference": denied}]})
        assert not disclosed(ask(made)), "nobody can tell who bears the number"
        for whose in ("recipient", "discloser"):
            assert not disclosed(ask({**made, whose: {**made[whose], **ours}})), whose
        assert disclosed(ask({**made, "directory": [*made["directory"], entry]}))


@pytest.mark.requirement("FH-CON-02")
def test_an_actor_whose_role_nobody_knows_always_denies_also_beside_another_discloser() -> None:
    """Consent-semantics 4: it may be one more discloser, of whom any suffices."""
    other, unknown = ref("Organization/clinic-7"), actor(ref("Organization/clinic-7"), "WIT")
    assert disclosed(ask(by({}, {"actor": [actor(other, "PROV")]}))), "of another discloser"
    assert reasons(by({}, {"actor": [actor(other, "PROV"), unknown]})) == {"DENIED_UNLESS_CLEAR"}
    assert not disclosed(ask(by({"actor": [actor(other), unknown]})))


@pytest.mark.requirement("P2-31-13")
@pytest.mark.parametrize(
    ("more", "expected"), [((), True), (("SUD",), True), (("R",), False), (("V",), True)]
)
def test_notes_go_whole_by_a_permit_of_nothing_else(more: tuple[str, ...], expected: bool) -> None:
    """Consent-semantics 11: beside a level it is no consent for notes alone, and has to cover SUD like any other."""
    made = by({"securityLabel": labels("PSYTHPN", *more)})
    security = labels("PSYTHPN", "SUD")
    made["resources"] = [{"resourceType": "Observation", "id": "n", "meta": {"security": security}}]
    assert bool(disclosed(ask(made))) is expected


@pytest.mark.requirement("FH-CON-07")
@pytest.mark.parametrize(
    "period", [{}, {"id": "p"}, {"extension": [{"url": "urn:x", "valueCode": "unknown"}]}]
)
def test_a_period_that_says_nothing_is_no_period(period: Json) -> None:
    assert {"NO_PERMIT", "CONSENT_PERIOD_INVALID"} <= reasons(by({"period": period}))
    assert reasons(by({}, {"period": period})) == {"DENIED_UNLESS_CLEAR"}


RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PRESSED = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}], "text": "pressure"}
ACTIVE = {
    "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/x", "code": "active"}]}
}


@pytest.mark.requirement("FH-CON-07", "FH-CON-02")
@pytest.mark.parametrize(
    ("record", "denied"),
    [
        ({"resourceType": "Condition", "code": {"text": "pressure"}, **ACTIVE}, True),
        (
            {"resourceType": "Condition", "code": {"coding": [{"system": "urn:own", "code": "7"}]}, **ACTIVE},
            True,
        ),
        ({"resourceType": "Condition", "code": PRESSED, **ACTIVE}, False),
        ({"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "a tablet"}}, True),
        ({"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/1"}}, False),
        ({"resourceType": "Encounter", "class": {"system": "http://hl7.org/fhir/x", "code": "AMB"}}, False),
        ({"resourceType": "Encounter", "type": [PRESSED, {"text": "a visit"}]}, True),
        ({"resourceType": "Task", "status": "requested"}, False),
        ({"resourceType": "Goal", "description": {"text": "stay well"}, "achievementStatus": PRESSED}, True),
        ({"resourceType": "Goal", "description": PRESSED}, False),
        ({"resourceType": "CarePlan", "description": "a text", "category": [PRESSED]}, False),
    ],
)
def test_a_denial_by_code_holds_for_what_is_said_in_words_alone(record: Json, denied: bool) -> None:
    """A code of something else in the record (that it is active) does not tell what the record is about."""
    made = by({}, {"code": [{"coding": [{"system": RXNORM, "code": "6813"}]}]})
    made["resources"] = [{"id": "r", **record}]
    assert bool(disclosed(ask(made))) is not denied


@pytest.mark.requirement("FH-CON-07")
@pytest.mark.parametrize(
    "limit",
    [
        {"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "observation"}]},
        {"securityLabel": [{"system": CONFIDENTIALITY, "code": "X"}]},
    ],
)
def test_a_type_or_level_that_does_not_exist_never_permits_and_denies(limit: Json) -> None:
    """Consent-semantics 3, invalid codes: a slip of the pen in a refusal may not open what she meant to keep."""
    assert disclosed(ask(by({})))
    assert not disclosed(ask(by(limit)))
    assert not disclosed(ask(by({}, limit)))


@pytest.mark.requirement("FH-CON-02")
@pytest.mark.parametrize(("provision", "reason"), [
    ({"actor": [{"reference": ref("Organization/housing-1")}]}, "RECIPIENT_NOT_COVERED"),
    ({"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Task"}]}, "DATA_NOT_COVERED"),
    ({"securityLabel": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}]},
     "LABEL_NOT_COVERED"),
    ({"purpose": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HPAYMT"}]},
     "PURPOSE_NOT_COVERED"),
])  # fmt: skip
def test_a_refusal_names_the_limit_that_was_not_met(provision: Json, reason: str) -> None:
    assert reasons(by(provision)) == {"NO_PERMIT", reason}


@pytest.mark.requirement("P2-14-01", "ST-03")
@pytest.mark.parametrize(("packs", "released"), [
    ("federal", False),
    ("federal state/sample-mh-named", True),
    ("federal state/sample-expiry-12m", False),
    ("federal state/sample-mh-named state/sample-expiry-12m", False),
])  # fmt: skip
def test_a_minor_signs_alone_only_where_every_pack_lets_it(packs: str, released: bool) -> None:
    made = asked(consents="all_clinic", discloser="hospital", packs=packs)
    made["directory"].append({"resourceType": "Patient", "id": "p1", "birthDate": "2011-01-01"})
    for one in made["consents"]:
        one["performer"] = [ref("Patient/p1")]
    assert bool(disclosed(ask(made))) is released


@pytest.mark.requirement("DM-01", "P2-13-01")
@pytest.mark.parametrize("element", ["reasonCode", "orderDetail", "bodySite", "patientInstruction"])
def test_what_is_no_part_of_the_data_set_goes_whole(element: str) -> None:
    made = asked(consents="housing_any", recipient="housing", purpose="COC", record="housing_referral",
                 discloser="primary_care")  # fmt: skip
    concept = {"coding": [{"system": "urn:example:codes", "code": SECRET}]}
    made["resources"][0][element] = SECRET if element == "patientInstruction" else [concept]
    assert json.loads(shown(made))[0]["status"] == "active"
    (row,) = consent.decide(consent.read_question(made), tables()).resources
    assert f"/{element}" in row.removals
    assert SECRET not in shown(made)
