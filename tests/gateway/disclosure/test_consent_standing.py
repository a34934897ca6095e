"""Who may record a consent, and what a consent recorded by somebody else is worth."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest

from gateway.clock import instant_text
from gateway.demo import person
from gateway.disclosure.consent_standing import disclosers_named, is_stored_form, judge
from gateway.disclosure.replay_decision import Replayed, replay_decisions
from gateway.store import Record, patients, records
from tests.gateway.county import HOUSING, NOW, OTP, County, matches

NPI = "http://hl7.org/fhir/sid/us-npi"
OTP_NPI = "1000000012"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
FORM = "sourceAttachment"
OWN_NPI = {"system": NPI, "value": "1000000038"}
THIRD = {"reference": "Organization/psychiatry"}
OTHERS = {"reference": "Organization/otp"}
VERSIONED = {"reference": "Organization/otp/_history/1", "identifier": OWN_NPI}
DOCUMENT = {"reference": "DocumentReference/f"}
OTHER_HASH = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="


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
        (from_organization({"identifier": {"system": NPI, "value": OTP_NPI}}), {""}),
        (from_organization(), {""}),
        (from_actor({"reference": "Organization/otp"}, "INF"), {"otp"}),
        (from_actor({"reference": "Organization/otp/_history/1"}), {"otp"}),
        (from_actor({**OTHERS, "identifier": {"system": NPI, "value": OTP_NPI}}), {"otp"}),
        (from_actor({**OTHERS, "identifier": OWN_NPI}), {"", "otp", "psychiatry"}),
        (from_actor({**OTHERS, "identifier": {"value": OTP_NPI}}), {"", "otp"}),
        (from_organization(VERSIONED), {"", "otp", "psychiatry"}),
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
        (signed(sourceAttachment={"hash": OTHER_HASH}), "otp", "usable", None),
        (signed(sourceAttachment={"hash": "not base64"}), "otp", "unverified", "SIGNED_FORM_ALTERED"),
        (signed(sourceAttachment={"hash": "c2hvcnQ="}), "otp", "unverified", "SIGNED_FORM_ALTERED"),
        (signed(sourceAttachment={"data": "Zm9ybQ==", "hash": OTHER_HASH}), "otp", "unverified", "SIGNED_FORM_ALTERED"),
        (signed(sourceAttachment={"data": "Zm9ybQ==", "hash": "0As5gVwYfYMs7zI563p3WAco3Ec="}), "otp", "usable", None),
        (signed(sourceAttachment=None, sourceReference=DOCUMENT), "otp", "unverified", "SIGNED_FORM_MISSING"),
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
    """Who has to do with her: the housing agency serves her."""
    county.share_plan()
    county.submit("housing", served_by_housing(), purpose="COC")
    county.record("otp", signed())
    denial = signed()
    denial["patient"] = denial["performer"][0] = {"identifier": {"system": HOUSING[0], "value": HOUSING[1]}}
    denial["provision"] = {**denial["provision"], "type": "deny"}
    assert len(matches(county.search("housing", "Goal", HOUSING, "COC"))) == 3

    county.record("housing", denial)

    assert len(matches(county.search("housing", "Goal", HOUSING, "COC"))) == 1, "its own"


def served_by_housing() -> dict[str, Any]:
    """Her as its client, with a goal of its own."""
    served = person.housing_client()
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "Rent agreement renewed"},
    }
    entry = {
        "fullUrl": "urn:uuid:55555555-5555-4555-8555-555555555555",
        "resource": {**goal, "subject": {"reference": served["entry"][0]["fullUrl"]}},
        "request": {"method": "POST", "url": "Goal"},
    }
    return {**served, "entry": [*served["entry"], entry]}


# ------------------------------------------------------------------------------ what a third party makes up

PSYCHIATRY = ("urn:psychiatry:client", "P-7")


def role_of(reference: dict[str, Any], code: str) -> dict[str, Any]:
    """An actor in that role."""
    return {"role": {"coding": [{"system": ROLES, "code": code}]}, "reference": reference}


def made_up(actor: dict[str, Any] | None, organization: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A consent that psychiatry records for itself, with another way to say whose records it opens."""
    made = person.consent("otp", "psychiatry", "TREAT", identifier=PSYCHIATRY)
    made["organization"] = [organization]
    made["provision"]["actor"] = [*([actor] if actor else []), made["provision"]["actor"][1]]
    made["provision"] |= more
    return made


CHILD_FOR_OTHERS = [{"type": "permit", "actor": [role_of(OTHERS, "PROV")]}]
BELOW_A_DENIAL = {"type": "deny", "provision": [{"type": "permit"}]}


@pytest.fixture
def known_to_psychiatry(county: County) -> County:
    """The program shared her plan, and psychiatry knows her as well."""
    county.share_plan()
    bundle = person.housing_client()
    bundle["entry"][0]["resource"] = person.person(*PSYCHIATRY)
    county.submit("psychiatry", bundle)
    return county


@pytest.mark.requirement("FH-CON-10", "P2-31-03")
@pytest.mark.parametrize("packs", [("part2", "hipaa"), ("hipaa",)], ids=["part2", "hipaa only"])
@pytest.mark.parametrize(
    "consent",
    [
        made_up(role_of(OTHERS, "PROV"), THIRD),
        made_up(role_of(OTHERS, "INF"), THIRD),
        made_up(role_of(VERSIONED, "PROV"), THIRD),
        made_up(None, VERSIONED),
        made_up(None, THIRD),
        made_up(role_of(THIRD, "PROV"), THIRD, provision=CHILD_FOR_OTHERS),
        made_up(role_of(OTHERS, "CST"), THIRD, **BELOW_A_DENIAL),
    ],
    ids=["named", "informant", "versioned", "versioned organization", "nobody", "in a child", "by a denial above"],
)  # fmt: skip
def test_nobody_opens_another_partner_s_records_by_its_own_consent(
    known_to_psychiatry: County, consent: dict[str, Any], packs: tuple[str, ...]
) -> None:
    policy = known_to_psychiatry.premises.network.content.policy
    known_to_psychiatry.change_network(policy=msgspec.structs.replace(policy, packs=packs))

    known_to_psychiatry.record("psychiatry", consent)

    assert matches(known_to_psychiatry.search("psychiatry", "CarePlan", PSYCHIATRY)) == []


def replayed(county: County) -> list[Replayed]:
    """All that was decided about her, decided again."""
    entries = [one.entry for one in county.audit() if one.entry is not None and one.entry.decision_sha256]
    asked = dict.fromkeys(one.request_id for one in entries)
    return [one for each in asked for one in county.look(partial(replay_decisions, request_id=each))]


@pytest.mark.requirement("FH-CON-10")
def test_a_consent_that_was_never_judged_permits_nothing(county: County) -> None:
    """Kept as a mere record, past the flow that judges it."""
    county.share_plan()
    made = {**signed(), "id": "unjudged"}
    at = instant_text(NOW)
    kept = Record("Consent", "unjudged", 0, county.patient_id, "otp", ("otp",), True, at, False, made)
    county.write(lambda tx: (records.save(tx, kept), patients.raise_epoch(tx, county.patient_id)))

    assert matches(county.search("housing", "Goal", HOUSING, "COC")) == []


@pytest.mark.requirement("FH-CON-10")
def test_what_was_signed_in_practice_permits_nothing_once_its_recorder_is_live(county: County) -> None:
    """Design 10: in test its consents are made up; people who are not may have the same name or number."""
    county.share_plan()
    county.change_partner("otp", state="test")
    made_up = county.record("otp", signed())
    assert len(matches(county.search("housing", "Goal", HOUSING, "COC"))) == 2
    county.change_partner("otp", state="live")
    assert matches(county.search("housing", "Goal", HOUSING, "COC")) == []
    again = county.record("otp", signed())
    assert len(matches(county.search("housing", "Goal", HOUSING, "COC"))) == 2, "said again by who is live"
    assert made_up.resource["id"] == again.resource["id"]
    assert {one.verdict for one in replayed(county)} == {"same"}


@pytest.mark.requirement("FH-CON-10")
def test_what_is_said_again_after_practice_is_what_stands(county: County) -> None:
    """And not what its sender made of it in practice since."""
    county.share_plan()
    county.change_partner("otp", state="test")
    broad = signed()
    of_plans = {"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "CarePlan"}]}
    narrow = {**broad, "provision": {**broad["provision"], **of_plans}}
    made_up = str(county.record("otp", narrow).resource["id"])
    county.replace("otp", made_up, {**broad, "id": made_up})
    county.change_partner("otp", state="live")
    county.record("otp", narrow)
    assert matches(county.search("housing", "Goal", HOUSING, "COC")) == []
    assert matches(county.search("housing", "CarePlan", HOUSING, "COC")) != []


@pytest.mark.requirement("FH-CON-10")
def test_a_right_to_record_that_is_taken_away_ends_what_it_carried(county: County) -> None:
    county.share_plan()
    county.change_partner("housing", may_record_consent_for=("otp",))
    consent = {**signed(), "patient": {"identifier": {"system": HOUSING[0], "value": HOUSING[1]}}}
    county.record("housing", consent)
    assert len(matches(county.search("housing", "Goal", HOUSING, "COC"))) == 2

    county.change_partner("housing", state="test")
    assert matches(county.search("housing", "Goal", HOUSING, "COC")) == [], (
        "its consents are made up (design 10)"
    )
    assert judge(county.premises, signed(), "housing").standing == "unverified"
    county.change_partner("otp", state="test")
    assert judge(county.premises, signed(), "housing").standing == "usable", "both practise"
    county.change_partner("otp", state="live")
    county.change_partner("housing", state="live")
    assert len(matches(county.search("housing", "Goal", HOUSING, "COC"))) == 2

    county.change_partner("housing", may_record_consent_for=())

    assert matches(county.search("housing", "Goal", HOUSING, "COC")) == []


def form(attachment: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The signed form as a document of its own."""
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"identifier": {"system": OTP[0], "value": OTP[1]}},
        "content": [{"attachment": {"contentType": "text/plain", **attachment}}],
        **more,
    }


@pytest.mark.requirement("FH-CON-10")
@pytest.mark.parametrize(
    ("document", "standing"),
    [
        (form({"data": "Zm9ybQ=="}), "usable"),
        (form({"url": "https://example.org/form"}), "unverified"),
        (form({"data": "Zm9ybQ=="}, status="entered-in-error"), "unverified"),
    ],
)
def test_a_form_elsewhere_counts_when_it_was_sent_before(
    county: County, document: dict[str, Any], standing: str
) -> None:
    county.share_plan()
    entry = {
        "fullUrl": "urn:uuid:55555555-5555-4555-8555-555555555555",
        "resource": document,
        "request": {"method": "POST", "url": "DocumentReference"},
    }
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    reference = county.submit("otp", bundle).entries[0].reference

    county.record("otp", signed(sourceAttachment=None, sourceReference={"reference": reference}))

    shown = matches(county.search("housing", "Goal", HOUSING, "COC"))
    assert bool(shown) == (standing == "usable")


@pytest.mark.requirement("FH-CON-10")
def test_a_form_of_another_partner_is_nobody_s_proof(county: County) -> None:
    county.share_plan()
    document = form({"data": "Zm9ybQ=="})
    made = {**document, "id": "f", "subject": {"reference": f"Patient/{county.patient_id}"}}
    kept = Record(
        "DocumentReference", "f", 0, county.patient_id, "housing", ("housing",), False, instant_text(NOW), False, made
    )  # fmt: skip
    county.write(lambda tx: records.save(tx, kept))

    def stored(recorder: str, patient_id: str) -> bool:
        named = {"sourceReference": {"reference": "DocumentReference/f"}}
        return county.look(lambda reading: is_stored_form(reading, named, recorder, patient_id))

    assert stored("housing", county.patient_id)
    assert not stored("otp", county.patient_id)
    assert not stored("housing", "another-patient")
