"""A Consent is recorded once, withdrawn by whoever may, never revived, and seen by its recorder only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.demo import person
from gateway.disclosure.consent_standing import permits_at_root
from gateway.disclosure.release import Release
from gateway.errors import AlreadyReceived, NotFound
from gateway.flows.answers import Saved
from gateway.store import consents
from tests.gateway.county import HOUSING, MRN, County, matches

OTHER_MRN = (person.MRN_SYSTEM, "880022")


@pytest.fixture
def known(county: County) -> County:
    """The hospital has referred her; the housing agency knows her too, and serves her."""
    county.refer()
    served = person.housing_client()
    subject = {"reference": served["entry"][0]["fullUrl"]}
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "Rent agreement renewed"},
        "subject": subject,
    }
    served["entry"].append(
        {
            "fullUrl": "urn:uuid:55555555-5555-4555-8555-555555555555",
            "resource": goal,
            "request": {"method": "POST", "url": "Goal"},
        }
    )
    county.submit("housing", served, purpose="COC")
    return county


def signed(**changes: Any) -> dict[str, Any]:
    """Her consent from the hospital to the program."""
    return {**person.consent("hospital", "otp", "TREAT", identifier=MRN), **changes}


HOSPITAL_S_NO = {"organization": [{"reference": "Organization/hospital"}], "provision": {"type": "deny"}}


def withdrawal_by_housing(saved: Saved) -> dict[str, Any]:
    """What the housing agency sends when she takes a consent back there: it has never seen the consent."""
    made = person.consent("housing", "psychiatry", "COC", identifier=HOUSING)
    return {**made, "id": saved.resource["id"], "status": "inactive"}


def transaction(consent: dict[str, Any], number: int) -> dict[str, Any]:
    """A nightly resend of the hospital."""
    entry = {
        "fullUrl": "urn:uuid:55555555-4444-4444-8444-444444444444",
        "resource": consent,
        "request": {"method": "PUT", "url": "Consent/c1"},
    }
    return {"resourceType": "Bundle", "id": f"night-{number}", "type": "transaction", "entry": [entry]}


def submitted(county: County, consent: dict[str, Any], number: int) -> str:
    """The id of the Consent in a transaction."""
    return county.submit("hospital", transaction(consent, number)).entries[0].reference.split("/")[1]


def status_of(county: County) -> list[str]:
    """The present status of each of her Consents."""
    return [str(record.resource["status"]) for record in county.records("Consent")]


# ------------------------------------------------------------------------------------------- who sees a Consent


@pytest.mark.requirement("FH-CON-08")
def test_a_consent_in_another_profile_means_the_same_and_comes_back_as_it_was_given(county: County) -> None:
    """FAST has no `organization` and names who holds it in an extension, SDOHCC has its own category."""
    holder = {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-Consent.controller"}
    category = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IDSCL"}
    fast = signed(
        identifier=[{"system": "urn:ehr", "value": "C-1"}],
        extension=[{**holder, "valueReference": {"reference": "Organization/hospital"}}],
    )
    del fast["organization"]
    shapes = ((fast, "otp", "SUNRISE"), (signed(category=[{"coding": [category]}]), "psychiatry", "MESAPSY"))
    for shape, agency, code in shapes:
        given = json.loads(json.dumps(shape).replace("Organization/otp", f"Organization/{agency}"))
        kept = county.record("hospital", given)
        county.refer(f"ED-{code}", f"R-{code}", code)
        assert county.released().partner == agency
        read = county.read("hospital", "Consent", kept.resource["id"])
        assert {name: read[name] for name in given} == given


@pytest.mark.requirement("FH-RED-04", "DM-25")
def test_a_consent_is_shown_to_its_recorder_only(known: County) -> None:
    saved = known.consent()
    known.consent("housing")
    known.consent("psychiatry", without=("SUD",))

    own = matches(known.search("hospital", "Consent", MRN))
    others = known.search("housing", "Consent", HOUSING)

    assert len(own) == 3
    assert all("sourceAttachment" in consent for consent in own)
    assert (others["total"], matches(others)) == (0, [])
    with pytest.raises(NotFound):
        known.read("housing", "Consent", saved.resource["id"])


@pytest.mark.requirement("P2-31-11", "P2-13-02")
def test_whoever_withdraws_another_s_consent_gets_back_only_its_own_words(known: County) -> None:
    saved = known.consent()
    sent = withdrawal_by_housing(saved)

    answer = known.replace("housing", saved.resource["id"], sent, if_match="77")

    assert answer.resource == sent
    assert (answer.version, answer.last_modified) == ("", "")
    (record,) = known.records("Consent")
    assert record.resource["status"] == "inactive"
    assert record.resource["provision"] == saved.resource["provision"]
    assert record.source_partner == "hospital"


def test_the_same_withdrawal_again_changes_nothing_more(known: County) -> None:
    saved = known.consent()
    sent = withdrawal_by_housing(saved)
    known.replace("housing", saved.resource["id"], sent)
    version = known.records("Consent")[0].version

    known.replace("housing", saved.resource["id"], sent)

    assert known.records("Consent")[0].version == version


# ---------------------------------------------------------------------------------------- what has ended stays so


@pytest.mark.requirement("P2-31-11", "P2-31-12")
@pytest.mark.parametrize("end", ["inactive", "rejected", "entered-in-error"])
@pytest.mark.parametrize("then", ["active", "draft", "proposed"])
def test_a_consent_that_ended_is_never_in_force_again(county: County, end: str, then: str) -> None:
    saved = county.consent()
    county.replace("hospital", saved.resource["id"], {**saved.resource, "status": end})

    with pytest.raises(AlreadyReceived) as refused:
        county.replace("hospital", saved.resource["id"], {**saved.resource, "status": then})

    assert (refused.value.code, refused.value.place) == ("CONSENT_ENDED", "Consent.status")
    assert status_of(county) == [end]


@pytest.mark.requirement("P2-31-11", "P2-31-12")
def test_a_nightly_resend_does_not_undo_what_she_said_elsewhere(known: County) -> None:
    consent_id = submitted(known, signed(), 1)
    sent = {**person.consent("housing", "psychiatry", "COC", identifier=HOUSING), "status": "inactive"}
    known.replace("housing", consent_id, {**sent, "id": consent_id})

    with pytest.raises(AlreadyReceived) as refused:
        known.submit("hospital", transaction(signed(), 2))

    assert refused.value.code == "CONSENT_ENDED"
    assert status_of(known) == ["inactive"]


@pytest.mark.requirement("DM-28")
def test_a_consent_never_becomes_another_patient_s(known: County) -> None:
    other = person.housing_client()
    other["entry"][0]["resource"] = {
        "resourceType": "Patient",
        "identifier": [{"system": OTHER_MRN[0], "value": OTHER_MRN[1]}],
        "name": [{"family": "Other", "given": ["Person"]}],
        "birthDate": "1980-01-01",
    }
    known.submit("hospital", other)
    submitted(known, signed(), 1)
    moved = signed(patient={"identifier": {"system": OTHER_MRN[0], "value": OTHER_MRN[1]}})

    with pytest.raises(AlreadyReceived) as refused:
        known.submit("hospital", transaction(moved, 2))

    assert refused.value.code == "RECORD_OF_ANOTHER_PATIENT"
    assert isinstance(known.release(), Release)


# -------------------------------------------------------------------------------------------------- sent twice


@pytest.mark.requirement("P2-31-11")
def test_the_same_consent_sent_twice_is_one_consent(county: County) -> None:
    county.refer()
    first = county.record("hospital", signed())
    again = county.record("hospital", signed())

    assert again == first
    assert status_of(county) == ["active"]
    county.withdraw(first)
    county.refused()


@pytest.mark.requirement("P2-31-12")
def test_the_same_consent_sent_again_after_its_end_is_refused(county: County) -> None:
    county.withdraw(county.record("hospital", signed()))

    with pytest.raises(AlreadyReceived) as refused:
        county.record("hospital", signed())

    assert refused.value.code == "CONSENT_ENDED"
    county.record("hospital", signed(dateTime="2026-04-11T08:00:00-07:00"))
    assert sorted(status_of(county)) == ["active", "inactive"]


def test_what_two_partners_send_alike_are_two_consents(known: County) -> None:
    for partner in ("hospital", "housing"):
        known.record(partner, signed(patient={"reference": f"Patient/{known.patient_id}"}))

    states = known.look(lambda reading: consents.of_patient(reading, known.patient_id))
    assert {(state.recorded_by, state.standing) for state in states} == {
        ("hospital", "usable"),
        ("housing", "unverified"),
    }


# ------------------------------------------------------------------------------------- what waits for a consent


@pytest.mark.requirement("P2-31-12")
def test_a_withdrawal_ends_nothing_that_was_never_released(county: County) -> None:
    unrelated = county.consent("psychiatry")
    county.refer()
    county.withdraw(unrelated)
    county.refused()
    assert county.states() == ["held"]

    county.consent()

    assert isinstance(county.release(), Release)


@pytest.mark.parametrize("status", ["draft", "proposed", "entered-in-error", "inactive"])
def test_a_consent_that_never_was_in_force_stops_nothing(county: County, status: str) -> None:
    county.consent()
    county.refer()
    county.released()
    (intent,) = county.intents()
    county.settle(intent, "retry", "HTTP_503")

    county.record("hospital", signed(status=status))

    (waits,) = county.intents()
    assert (waits.state, waits.reason) == ("retry", "HTTP_503")


@pytest.mark.requirement("FH-CON-10")
def test_a_stranger_neither_withdraws_nor_blocks(county: County) -> None:
    county.refer()
    county.submit("housing", person.housing_client(), purpose="COC")
    saved = county.consent()

    with pytest.raises(NotFound):
        county.replace("housing", saved.resource["id"], withdrawal_by_housing(saved))
    county.record("housing", {**signed(), "patient": {"reference": f"Patient/{county.patient_id}"}})
    # Whatever is put in as a signed form: the hospital's word is not theirs to take.
    county.record("housing", {**withdrawal_by_housing(saved), "status": "active", **HOSPITAL_S_NO})

    states = county.look(lambda reading: consents.of_patient(reading, county.patient_id))
    assert {(s.recorded_by, s.standing) for s in states} == {("hospital", "usable"), ("housing", "unrelated")}
    assert isinstance(county.release(), Release)
    own = {**HOSPITAL_S_NO, "organization": [{"reference": "Organization/housing"}]}
    mine = county.record("housing", {**withdrawal_by_housing(saved), "status": "active", **own})
    states = county.look(lambda reading: consents.of_patient(reading, county.patient_id))
    assert {s.consent_id: s.standing for s in states}[mine.resource["id"]] == "usable", (
        "its own it may refuse"
    )


@pytest.mark.requirement("FH-CON-10")
def test_another_party_takes_back_a_permission_and_ends_no_denial(known: County) -> None:
    """Whoever knows the number of a refusal could else open her records by it."""
    known.consent()
    denial = known.record("hospital", signed(provision={"type": "deny"}))
    consent_id = denial.resource["id"]

    with pytest.raises(NotFound):
        known.replace("housing", consent_id, withdrawal_by_housing(denial))

    assert known.refused()
    assert known.states() == ["held"]
    known.replace("hospital", consent_id, {**denial.resource, "status": "inactive"})
    assert isinstance(known.release(), Release), "what was held for the denial alone is decided again"


@pytest.mark.requirement("FH-CON-10")
def test_who_takes_back_a_permission_opens_nothing_that_it_denied(known: County) -> None:
    """`All but what is about addiction`: taken back at the housing agency, the exception would fall with it."""
    known.consent()
    mixed = known.consent(without=("SUD",))
    before = known.released()
    assert b"F11.20" not in before.content
    known.settle(known.intents("sending")[0], "due")

    known.replace("housing", mixed.resource["id"], withdrawal_by_housing(mixed))

    after = known.released()
    assert after.content_sha256 == before.content_sha256
    (rest,) = [one for one in known.records("Consent") if "verification" in one.resource]
    state = known.look(lambda reading: consents.get(reading, rest.id))
    assert state is not None
    assert (state.standing, state.reasons) == ("unverified", '["PERMISSION_TAKEN_BACK"]')
    assert not permits_at_root(rest.resource), "there is nothing of it to take back"
    known.replace("hospital", rest.id, {**rest.resource, "status": "inactive"})
    known.settle(known.intents("sending")[0], "due")
    assert b"F11.20" in known.released().content, "its recorder ends it"
    known.settle(known.intents("sending")[0], "due")
    again = known.consent(without=("SUD",))
    assert b"F11.20" not in known.released().content
    known.settle(known.intents("sending")[0], "due")
    known.withdraw(again)
    assert b"F11.20" in known.released().content, "its recorder ends all of it (READINGS)"


@pytest.mark.requirement("FH-CON-10")
def test_what_a_stranger_s_permission_denied_is_heard_though_somebody_took_the_permission_back(
    county: County,
) -> None:
    county.refer()
    county.submit("housing", person.housing_client(), purpose="COC")
    hers = {"patient": {"reference": f"Patient/{county.patient_id}"}}
    mixed = signed(provision={"type": "permit", "provision": [{"type": "deny"}]}, **hers)
    consent_id = county.record("housing", mixed).resource["id"]

    county.replace("hospital", consent_id, {**mixed, "id": consent_id, "status": "inactive"})

    assert standings(county) == {"unrelated"}, "still a stranger's"
    county.submit("housing", {**transaction({}, 1), "entry": [a_goal(county)]}, purpose="COC")
    (rest,) = [one for one in county.records("Consent") if one.resource["status"] == "active"]
    state = county.look(lambda reading: consents.get(reading, rest.id))
    assert state is not None
    assert (state.standing, state.reasons) == ("unverified", '["PERMISSION_TAKEN_BACK"]'), (
        "a person can end it"
    )


@pytest.mark.requirement("FH-CON-10")
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with_what_relates_it"])
def test_a_denial_binds_from_when_its_recorder_has_to_do_with_her(county: County, *, alone: bool) -> None:
    """A Consent that came first, or stands first in the transaction, of who is not entitled to permit."""
    county.consent()
    denial = {**signed(provision={"type": "deny"}), "patient": {"reference": f"Patient/{county.patient_id}"}}
    del denial["sourceAttachment"]
    entry, bundle = a_goal(county), transaction(denial, 1)
    if alone:
        county.submit("hospital", bundle)
        assert standings(county) == {"usable", "unrelated"}
        bundle = {**bundle, "entry": []}
    county.submit("hospital", {**bundle, "entry": [*bundle["entry"], entry]})

    assert standings(county) == {"usable", "unverified"}
    county.refer()
    assert county.refused()


def a_goal(county: County) -> dict[str, Any]:
    """An entry by which its sender has to do with her."""
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "Rent paid"},
        "subject": {"reference": f"Patient/{county.patient_id}"},
    }
    return {
        "resource": goal,
        "request": {"method": "PUT", "url": "Goal/g1"},
        "fullUrl": "urn:uuid:55555555-4444-4444-8444-444444444445",
    }


def standings(county: County) -> set[str]:
    """What the network may do with each of her Consents."""
    states = county.look(lambda reading: consents.of_patient(reading, county.patient_id))
    return {state.standing for state in states}
