"""Who may record a consent, and what a consent recorded by somebody else is worth."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.demo import person
from gateway.disclosure.consent_standing import disclosers_named, judge
from tests.gateway.county import HOUSING, OTP, County, matches

NPI = "http://hl7.org/fhir/sid/us-npi"
OTP_NPI = "1000000012"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
FORM = "sourceAttachment"


def signed(**changes: Any) -> dict[str, Any]:
    """Her consent from the program to the housing agency, with elements changed (None: left out)."""
    made = person.consent("otp", "housing", "COC", identifier=OTP, classes=("Goal",))
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def from_actor(reference: dict[str, Any], role: str = "PROV") -> dict[str, Any]:
    """The consent with its discloser named in another way."""
    made = signed()
    actor = {"role": {"coding": [{"system": ROLES, "code": role}]}, "reference": reference}
    made["provision"]["actor"] = [actor, *made["provision"]["actor"][1:]]
    return made


TWO = ({"reference": "Organization/otp"}, {"reference": "Organization/hospital"})


def from_organization(*references: dict[str, Any]) -> dict[str, Any]:
    """The consent with its discloser named as its organization only."""
    made = signed(organization=list(references) or None)
    made["provision"]["actor"] = made["provision"]["actor"][1:]
    return made


@pytest.mark.requirement("P2-31-03")
@pytest.mark.parametrize(
    ("consent", "named"),
    [
        (signed(), {"otp"}),
        (from_actor({"reference": "Organization/otp"}, "CST"), {"otp"}),
        (from_actor({"identifier": {"system": NPI, "value": OTP_NPI}}), {"otp"}),
        (from_actor({"identifier": {"system": NPI, "value": "9999999999"}}), {""}),
        (from_actor({"identifier": {"value": OTP_NPI}}), {""}),
        (from_actor({"reference": "Practitioner/otp"}), {""}),
        (from_actor({"display": "Sunrise"}), {""}),
        (from_actor({"reference": "Organization/hospital"}, "IRCP"), {"otp"}),
        (from_organization(*TWO), {"otp", "hospital"}),
        (from_organization({"reference": "Organization/elsewhere"}), {""}),
        (from_organization(), set()),
    ],
)  # fmt: skip
def test_the_disclosers_of_a_consent_are_found_however_it_names_them(
    county: County, consent: dict[str, Any], named: set[str]
) -> None:
    assert disclosers_named(county.premises.network, consent) == named


@pytest.mark.requirement("FH-CON-10")
@pytest.mark.parametrize(
    ("consent", "recorder", "standing", "reason"),
    [
        (signed(), "otp", "usable", None),
        (signed(), "housing", "unverified", "RECORDER_NOT_ENTITLED"),
        (from_organization(), "otp", "unverified", "RECORDER_NOT_ENTITLED"),
        (from_organization({"reference": "Organization/elsewhere"}), "otp", "unverified", "RECORDER_NOT_ENTITLED"),
        (
            from_organization(*TWO),
            "otp", "unverified", "RECORDER_NOT_ENTITLED",
        ),
        (signed(sourceAttachment=None), "otp", "unverified", "SIGNED_FORM_MISSING"),
        (signed(sourceAttachment={"title": "at the office"}), "otp", "unverified", "SIGNED_FORM_MISSING"),
        (signed(sourceAttachment={"hash": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="}), "otp", "usable", None),
        (signed(sourceAttachment=None, sourceReference={"reference": "DocumentReference/f"}), "otp", "usable", None),
        (signed(dateTime=None), "otp", "deficient", "DATE_SIGNED_MISSING"),
    ],
)  # fmt: skip
def test_only_an_entitled_recorder_with_a_signed_and_whole_form_can_permit(
    county: County, consent: dict[str, Any], recorder: str, standing: str, reason: str | None
) -> None:
    judgement = judge(county.premises, consent, recorder)

    assert judgement.standing == standing
    assert (reason in judgement.reasons) if reason else judgement.reasons == ()


def test_one_partner_may_be_allowed_to_record_for_another(county: County) -> None:
    county.change_partner("housing", may_record_consent_for=("otp",))

    assert judge(county.premises, signed(), "housing").standing == "usable"


def test_the_elements_of_part_2_are_asked_for_only_where_part_2_holds(county: County) -> None:
    policy = type(county.premises.network.content.policy)
    county.change_network(policy=policy(packs=("hipaa",)))

    assert judge(county.premises, signed(dateTime=None), "otp").standing == "usable"


@pytest.mark.requirement("FH-CON-10")
@pytest.mark.parametrize("consent", [signed(sourceAttachment=None), signed(dateTime=None)])
def test_what_is_not_usable_permits_nothing(county: County, consent: dict[str, Any]) -> None:
    county.share_plan()
    county.record("otp", consent)

    assert matches(county.search("housing", "Goal", HOUSING, "COC")) == []


@pytest.mark.requirement("FH-CON-05", "FH-CON-10")
def test_a_denial_binds_whoever_recorded_it(county: County) -> None:
    county.share_plan()
    county.record("otp", signed())
    denial = signed()
    denial["patient"] = denial["performer"][0] = {"identifier": {"system": HOUSING[0], "value": HOUSING[1]}}
    denial["provision"] = {**denial["provision"], "type": "deny"}
    assert len(matches(county.search("housing", "Goal", HOUSING, "COC"))) == 2

    county.record("housing", denial)

    assert matches(county.search("housing", "Goal", HOUSING, "COC")) == []
