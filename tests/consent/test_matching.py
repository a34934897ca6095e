"""Limits of a provision that a permit and a denial read differently, and reasons that tell which limit was not met."""

from __future__ import annotations

import json
from typing import Any

import pytest

import consent
from tests.consent.asking import ask, disclosed, tables
from tests.consent.question_pools import LOINC, npi, ref
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
@pytest.mark.parametrize("whose", ["discloser", "recipient"])
def test_a_denial_for_the_bearer_of_a_number_leaves_others_alone(whose: str) -> None:
    made = by({}, {"actor": [{"reference": {"identifier": npi(5)}}]})
    assert not disclosed(ask(made)), "nobody can tell who bears the number"
    made[whose] = {**made[whose], "identifiers": [npi(5)]}
    assert bool(disclosed(ask(made))) is (whose == "discloser")


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
