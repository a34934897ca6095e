"""One intent at the gate: what consent allows, audited before it can leave, or a refusal, audited too."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from gateway.clock import instant_text
from gateway.demo import person
from gateway.demo.records import referral, transaction
from gateway.disclosure import gate
from gateway.disclosure.release import Refusal, Release
from gateway.errors import Internal, NotNow
from gateway.partners import NoDelivery
from gateway.partners.network import Contact
from gateway.store import consent_requests, intents, outbox, patients
from tests.gateway.county import HOUSING, MRN, NOW, OTP, County, resources_of
from tests.gateway.disclosure.unsteady import FullStore, unsteady


@pytest.mark.requirement("AU-05", "AU-06", "P2-31-04")
def test_a_release_is_stored_with_its_audit_entry_and_the_hash_of_its_bytes(county: County) -> None:
    saved = county.consent()
    county.refer()

    made = county.released()

    entry = county.audit("disclose")[-1].entry
    assert entry is not None
    assert entry.bytes_sha256 == made.content_sha256 == hashlib.sha256(made.content).hexdigest()
    assert county.look(lambda reading: outbox.content(reading, made.id)) == made.content
    row = county.look(lambda reading: outbox.get(reading, made.id))
    assert row is not None
    assert (row.state, row.audit_seq, row.partner) == ("handed_over", made.audit_seq, "otp")
    assert entry.consents == (f"Consent/{saved.resource['id']}/_history/1",)
    assert (entry.partner, entry.source, entry.purpose) == ("otp", ("Organization/hospital",), "TREAT")
    assert entry.recipient_name == "Sunrise Opioid Treatment Program"
    assert entry.recipient_address == "22 Sunrise Avenue, Phoenix AZ"
    assert "3 Condition" in entry.description
    assert {"semantics", "network", "mappings", "epoch"} <= set(entry.versions)
    assert "F11.20" not in repr(entry)


@pytest.mark.requirement("FH-RED-01", "FH-LBL-03")
def test_what_is_withheld_is_in_no_byte_of_the_release_and_named_in_the_audit(county: County) -> None:
    county.consent("psychiatry", without=("SUD",))
    county.refer(addressee="MESAPSY")

    made = county.released()

    assert b"F11.20" not in made.content
    assert b"F53.0" in made.content
    entry = county.audit("disclose")[-1].entry
    assert entry is not None
    withheld = [resource for resource in entry.resources if resource.outcome == "withhold"]
    assert [{reason.code for reason in one.reasons} >= {"DENIED_BY_CONSENT"} for one in withheld] == [True]
    assert "2 Condition" in entry.description


@pytest.mark.requirement("FH-CON-06", "P2-13-02", "SD-03")
def test_without_a_consent_the_intent_is_held_and_its_owner_is_asked(county: County) -> None:
    county.refer()

    refusal = county.refused()

    (held,) = county.intents()
    assert (held.state, held.reason, refusal.ended) == ("held", "CONSENT_NEEDED", False)
    assert refusal.codes == ("NO_PERMIT",)
    entry = county.audit("refuse")[-1].entry
    assert entry is not None
    assert (entry.outcome, entry.bytes_sha256, entry.subject) == ("withhold", None, held.id)
    request = county.look(lambda reading: consent_requests.of_intent(reading, held.id))
    assert request is not None
    assert (request.owner, request.due_at) == ("Consent desk", "2026-04-13T15:00:00.000000Z")
    assert county.look(lambda reading: outbox.of_patient(reading, county.patient_id)) == ()


def test_the_worker_of_the_referring_partner_is_asked_before_the_desk(county: County) -> None:
    county.change_partner("hospital", owner=Contact(name="Discharge worker", phone="+1-602-555-0111"))
    county.refer()
    county.refused()

    (held,) = county.intents()
    request = county.look(lambda reading: consent_requests.of_intent(reading, held.id))
    assert request is not None
    assert request.owner == "Discharge worker"


@pytest.mark.requirement("P2-31-04")
def test_a_consent_wakes_what_was_held(county: County) -> None:
    county.refer()
    county.refused()

    county.consent()

    assert isinstance(county.release(), Release)


@pytest.mark.requirement("P2-31-11", "P2-31-12")
def test_what_waits_when_she_withdraws_ends_instead_of_waiting_on(county: County) -> None:
    saved = county.consent()
    county.refer()
    county.released()
    (intent,) = county.intents()
    county.settle(intent, "retry", "HTTP_503")
    county.withdraw(saved)

    refusal = county.refused()

    assert refusal.ended
    (ended,) = county.intents()
    assert (ended.state, ended.reason) == ("cancelled", "CONSENT_WITHDRAWN")
    assert county.look(lambda reading: consent_requests.of_intent(reading, ended.id)) is None


@pytest.mark.requirement("P2-31-12")
def test_what_another_consent_still_permits_survives_a_withdrawal(county: County) -> None:
    saved = county.consent()
    county.consent()
    county.refer()
    county.withdraw(saved)

    assert isinstance(county.release(), Release)


@pytest.mark.requirement("P2-31-11")
def test_a_consent_that_ran_out_while_the_intent_waited_releases_nothing(county: County) -> None:
    county.consent()
    county.refer()
    county.clock.advance(NOW.replace(year=2028) - NOW)

    assert "CONSENT_EXPIRED" in county.refused().codes


@pytest.mark.parametrize("classes", [("Condition",), ("Task",), ("ServiceRequest",)])
def test_a_referral_without_its_heart_is_not_sent_at_all(county: County, classes: tuple[str, ...]) -> None:
    county.consent(classes=classes)
    county.refer()

    refusal = county.refused()

    assert county.states() == ["held"]
    assert county.look(lambda reading: outbox.of_intent(reading, county.intents()[0].id)) == ()
    entry = county.audit("refuse")[-1].entry
    assert entry is not None
    assert (entry.description, entry.bytes_sha256) == ("", None)
    assert entry.outcome == "withhold"
    assert "disclose" not in {resource.outcome for resource in entry.resources}
    permitted = [r for r in entry.resources if r.reference.partition("/")[0] in classes]
    assert permitted
    assert {resource.reasons[-1].code for resource in permitted} == {"NOTHING_WITHOUT_HEART"}
    assert refusal.codes


@pytest.mark.requirement("AU-05")
def test_what_only_a_person_may_release_says_so_in_the_audit(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="HLEGAL", classes=("Goal",))

    assert county.search("housing", "Goal", HOUSING, "HLEGAL")["total"] == 0

    entry = county.audit("refuse")[-1].entry
    assert entry is not None
    assert entry.outcome == "withhold"
    assert {resource.reasons[-1].code for resource in entry.resources} == {"HUMAN_RELEASE"}


@pytest.mark.requirement("DM-28")
def test_while_it_is_not_certain_who_she_is_nothing_is_decided(county: County) -> None:
    """The same name, birth date and sex with another number, telephone and street: perhaps another person."""
    county.consent()
    county.refer("ED-1", "R-1")
    other = {"770011^^^": "880022^^^", "12 Palm Lane": "9 Oak Street", "^^^602^5550142": "^^^602^5559999"}
    receipt = county.refer("ED-2", "R-2", change=other)
    (intent,) = county.look(lambda reading: intents.of_message(reading, receipt.message_id))

    refusal = county.run(gate.release(county.premises, intent))

    assert isinstance(refusal, Refusal)
    assert refusal.codes == ("IDENTITY_PENDING",)
    held = county.look(lambda reading: intents.get(reading, intent.id))
    assert held is not None
    assert (held.state, held.reason) == ("held", "IDENTITY_PENDING")
    asked = county.look(lambda reading: consent_requests.of_intent(reading, intent.id))
    assert asked is not None, (
        "as of anybody without a consent: by no question would her sender learn of the other"
    )


@pytest.mark.requirement("P2-31-12")
def test_consents_that_move_under_a_decision_make_it_decide_again(county: County) -> None:
    county.consent()
    county.refer()
    (intent,) = county.claim()
    before = county.look(lambda reading: patients.epoch(reading, county.patient_id))

    made = county.run(gate.release(unsteady(county.premises, county.patient_id, 4), intent))

    assert isinstance(made, Release)
    assert made.epoch == before + 4
    assert len(county.audit("disclose")) == 1, "what was decided on moved ground was not audited as released"


@pytest.mark.requirement("P2-31-12")
def test_consents_that_never_stand_still_release_nothing(county: County) -> None:
    county.consent()
    county.refer()
    (intent,) = county.claim()

    with pytest.raises(NotNow) as refused:
        county.run(gate.release(unsteady(county.premises, county.patient_id, 99), intent))

    assert refused.value.code == "CONSENT_KEEPS_CHANGING"
    assert county.look(lambda reading: outbox.of_patient(reading, county.patient_id)) == ()
    assert county.audit("disclose") == []


@pytest.mark.requirement("AU-06", "HI-312-02")
def test_without_its_audit_entry_nothing_is_released(county: County) -> None:
    county.consent()
    county.refer()
    (intent,) = county.claim()

    with pytest.raises(NotNow):
        county.run(gate.release(replace(county.premises, store=FullStore(county.store)), intent))

    assert county.look(lambda reading: outbox.of_patient(reading, county.patient_id)) == ()


@pytest.mark.requirement("P2-31-12")
def test_a_release_stands_only_until_consents_move_or_the_partner_is_closed(county: County) -> None:
    county.consent()
    county.refer()
    made = county.released()

    assert gate.still_stands(county.premises, made)
    county.consent("psychiatry")
    assert not gate.still_stands(county.premises, made)

    county.change_partner("otp", state="paused")
    unmoved = replace(made, epoch=made.epoch + 1)
    assert not gate.still_stands(county.premises, unmoved)


def test_an_intent_for_a_record_that_is_not_there_is_a_fault_of_ours(county: County) -> None:
    county.refer()
    (intent,) = county.claim()

    with pytest.raises(Internal) as fault:
        county.run(gate.release(county.premises, replace(intent, focus=("Task/none/1",))))

    assert fault.value.code == "FOCUS_MISSING"


def test_a_partner_that_only_pulls_cannot_be_released_to(county: County) -> None:
    county.consent()
    county.refer()
    (intent,) = county.claim()
    county.change_partner("otp", delivery=NoDelivery())

    with pytest.raises(Internal) as fault:
        county.run(gate.release(county.premises, intent))

    assert fault.value.code == "NO_DELIVERY"
    assert county.audit("disclose") == []


@pytest.mark.requirement("FH-LBL-06", "FH-RED-04", "FH-RED-02")
def test_the_bundle_can_be_sent_twice_and_tells_nothing_on_the_outside(county: County) -> None:
    county.consent()
    county.refer()

    bundle = json.loads(county.released().content)

    assert bundle["type"] == "transaction"
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert entry["request"] == {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    assert {label["code"] for label in bundle.get("meta", {}).get("security", ())} <= {"N", "R", "V"}
    assert "source" not in json.dumps([entry["resource"].get("meta") for entry in bundle["entry"]])
    (patient,) = resources_of(json.dumps(bundle).encode())["Patient"]
    assert patient["id"] == county.patient_id


@pytest.mark.requirement("FH-RED-04", "P2-13-01", "SD-02")
def test_who_is_no_entry_of_the_bundle_is_named_by_identifier_and_a_hidden_program_by_its_alias(
    county: County,
) -> None:
    county.consent("psychiatry", without=("SUD",))
    request, task = referral(2, "hospital", "psychiatry", "help", "R-2", priority="routine")
    request["performer"] += [{"reference": "Organization/otp", "display": "Sunrise"}]
    county.submit("hospital", transaction(person.person(*MRN), request, task))

    made = county.released()

    (shown,) = resources_of(made.content)["ServiceRequest"]
    npi = "http://hl7.org/fhir/sid/us-npi"
    assert shown["requester"] == {
        "type": "Organization",
        "identifier": {"system": npi, "value": "1000000004"},
    }
    asked, hidden = shown["performer"]
    assert asked["identifier"] == {"system": npi, "value": "1000000038"}
    assert hidden["identifier"]["system"] == "urn:warm-handoff:reference:starter-county"
    alias = hidden["identifier"]["value"].removeprefix("Organization/")
    assert hidden["display"] == f"Organization {alias[:4].upper()}"
    assert not any(
        told in made.content for told in (b"1000000012", b"otp", b"Sunrise", b'"Organization/psych')
    )
    assert hashlib.sha256(made.content).hexdigest() == county.audit("disclose")[-1].entry.bytes_sha256


# -------------------------------------------------------------------------------------------- the way back


@pytest.fixture
def answered(county: County) -> County:
    """The program, which knows her by its own number, has the referral and has accepted it."""
    county.consent()
    county.refer()
    county.deliver()
    county.share_plan()
    county.answer("otp", "accepted")
    return county


@pytest.mark.requirement("P2-32-02", "P2-31-04")
def test_a_status_goes_back_in_the_hospital_s_own_format_with_the_short_notice(answered: County) -> None:
    answered.consent("hospital", discloser="otp", identifier=OTP, classes=("Task",))

    made = answered.released()

    segments = made.content.decode().split("\r")
    assert segments[0].split("|")[8] == "RRI^I12^RRI_I12"
    assert segments[0].split("|")[9] == made.control_id
    assert len(made.control_id) == 20
    assert any(segment.startswith("RF1|A") and "R-1" in segment for segment in segments)
    notes = [segment for segment in segments if segment.startswith("NTE|")]
    assert any("42 CFR part 2 prohibits unauthorized use or disclosure of these records." in n for n in notes)
    assert any("Riverbend General Hospital" in note for note in notes)
    entry = answered.audit("disclose")[-1].entry
    assert entry is not None
    own = [r for r in entry.resources if {reason.code for reason in r.reasons} == {"OWN_RECORD"}]
    assert {r.reference.split("/")[0] for r in own} >= {"ServiceRequest", "Patient"}


@pytest.mark.requirement("P2-13-02", "FH-CON-06")
def test_a_status_without_a_consent_of_the_program_s_patient_tells_the_hospital_nothing(
    answered: County,
) -> None:
    assert "NO_PERMIT" in answered.refused().codes
    assert answered.states() == ["delivered", "held"]


def test_a_status_needs_its_task(answered: County) -> None:
    answered.consent("hospital", discloser="otp", identifier=OTP, classes=("Patient",))

    assert answered.refused().codes


def test_times_in_the_audit_are_those_of_the_decision(county: County) -> None:
    county.consent()
    county.refer()
    county.clock.advance(NOW.replace(hour=16) - NOW)
    county.released()

    assert county.audit("disclose")[-1].row.at == instant_text(county.clock.now())
