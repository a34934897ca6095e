"""A message arrives: what its sender is told, and what is there afterwards."""

from __future__ import annotations

import asyncio

import pytest

from gateway.demo import person
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.messages import Fault, ReceivedMessage
from gateway.flows.receive import accept_message
from gateway.flows.replay import replay
from gateway.store import inbox, records
from tests.gateway.county import NOW, County


def kept(county: County, message_id: str) -> inbox.InboxMessage:
    found = county.look(lambda reading: inbox.get(reading, message_id))
    assert found is not None
    return found


def test_a_referral_is_kept_recorded_and_addressed_before_its_receipt(county: County) -> None:
    receipt = county.refer()

    message = kept(county, receipt.message_id)
    (intent,) = county.intents()
    assert (receipt.outcome, receipt.duplicate) == ("accepted", False)
    assert (message.state, message.patient_id) == ("accepted", county.patient_id)
    assert b"F11.20" in county.look(lambda reading: inbox.raw(reading, receipt.message_id))
    assert (intent.partner, intent.state, intent.kind, intent.purpose) == ("otp", "due", "referral", "TREAT")
    assert intent.message_id == receipt.message_id
    assert {reference.split("/")[0] for reference in intent.focus} >= {"Task", "ServiceRequest", "Condition"}
    assert county.premises.work_waiting.is_set()


def test_the_same_bytes_again_get_the_first_receipt_and_nothing_new(county: County) -> None:
    first = county.refer()
    second = county.refer()

    assert second.duplicate
    assert (second.message_id, second.received_at) == (first.message_id, first.received_at)
    assert len(county.intents()) == 1


def test_the_same_bytes_that_were_refused_are_refused_alike(county: County) -> None:
    first = county.refer(addressee="NOBODY")
    second = county.refer(addressee="NOBODY")

    assert second.duplicate
    assert (second.outcome, second.faults) == (first.outcome, first.faults)


def test_two_deliveries_of_the_same_bytes_at_once_make_one_message(county: County) -> None:
    raw = person.referral_message("ED-9", "R-9", "SUNRISE", "Reyes^Sol")
    message = ReceivedMessage("hospital", "mllp", "hl7v2", "ED-9", "REF^I12^REF_I12", raw, NOW)

    async def both() -> list[bool]:
        answers = await asyncio.gather(
            accept_message(county.premises, message), accept_message(county.premises, message)
        )
        return sorted(answer.duplicate for answer in answers)

    assert county.run(both()) == [False, True]
    assert len(county.intents()) == 1


def test_a_control_id_used_again_is_a_warning_unless_the_partner_wants_it_refused(county: County) -> None:
    county.refer("ED-1", "R-1")
    warned = county.refer("ED-1", "R-2")
    county.change_partner("hospital", control_id_reuse="refuse")
    refused = county.refer("ED-1", "R-3")

    assert warned.outcome == "accepted"
    assert ("CONTROL_ID_REUSED", "W") in {(f.code, f.severity) for f in warned.faults}
    assert refused.outcome == "content_error"
    (fault,) = refused.faults
    assert (fault.code, fault.place, fault.erl) == ("CONTROL_ID_REUSED", "MSH-10", "MSH^1^10^1")
    assert len(county.intents()) == 2


def test_a_character_set_is_agreed_with_a_partner_and_never_guessed(county: County) -> None:
    plain = person.referral_message("ED-1", "R-1", "SUNRISE", "Reyes^Sol").decode()
    latin = plain.replace("Testperson^", "Mu\u00f1oz^").encode("cp1252")
    refused = county.send(latin, "ED-1", "REF^I12^REF_I12")
    assert [(fault.code, fault.place) for fault in refused.faults] == [("CHARSET_WRONG", "MSH-18")]

    county.change_partner("hospital", charset="windows-1252")
    taken = county.send(latin.replace(b"ED-1", b"ED-2"), "ED-2", "REF^I12^REF_I12")
    assert taken.outcome == "accepted"
    about = kept(county, taken.message_id)
    (patient,) = county.look(
        lambda reading: list(records.of_patient(reading, about.patient_id, ("Patient",)))
    )
    assert patient.resource["name"][0]["family"] == "Mu\u00f1oz"

    named = latin.replace(b"ED-1", b"ED-3").replace(b"|P|2.5.1", b"|P|2.5.1||||||UNICODE UTF-8")
    assert county.send(named, "ED-3", "REF^I12^REF_I12").outcome == "content_error"


def test_a_control_id_of_a_message_that_was_not_taken_may_be_used_again(county: County) -> None:
    county.change_partner("hospital", control_id_reuse="refuse")
    county.refer("ED-1", addressee="NOBODY")

    assert county.refer("ED-1").outcome == "accepted"


@pytest.mark.parametrize(
    ("message_type", "code", "hl7_code", "place"),
    [
        ("ADT^A01^ADT_A01", "MESSAGE_TYPE_UNKNOWN", "200", "MSH-9.1"),
        ("REF^I15^REF_I12", "MESSAGE_EVENT_UNKNOWN", "201", "MSH-9.2"),
        ("", "MESSAGE_TYPE_UNKNOWN", "200", "MSH-9.1"),
    ],
)
def test_a_type_nobody_set_up_is_rejected_with_its_hl7_code(
    county: County, message_type: str, code: str, hl7_code: str, place: str
) -> None:
    receipt = county.send(b"MSH|^~\\&|A\r", "C-1", message_type)

    assert receipt.outcome == "rejected"
    (fault,) = receipt.faults
    assert (fault.code, fault.hl7_code, fault.place) == (code, hl7_code, place)
    assert kept(county, receipt.message_id).state == "rejected"


def test_a_type_may_be_set_up_without_its_event(county: County) -> None:
    county.change_partner("hospital", messages={"REF": "hospital/ref_i12"})

    assert county.refer().outcome == "accepted"


def test_what_the_door_already_refused_is_kept_and_rejected(county: County) -> None:
    fault = Fault("PROCESSING_ID_UNKNOWN", "must be `P`", "MSH-11", "202")
    message = ReceivedMessage("hospital", "mllp", "hl7v2", "C-1", "", b"MSH|", NOW, (fault,))

    receipt = county.run(accept_message(county.premises, message))

    assert (receipt.outcome, receipt.faults) == ("rejected", (fault,))
    assert county.look(lambda reading: inbox.raw(reading, receipt.message_id)) == b"MSH|"


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"SUNRISE": "NOBODY"}, "ADDRESSEE_UNKNOWN", "PRD[2"),
        ({"SUNRISE": "DESERTHOUSING"}, "ADDRESSEE_UNKNOWN", "PRD[2"),
        ({"PRD|RT^Referred to Provider": "PRD|CP^Consulting Provider"}, "ADDRESSEE_MISSING", "PRD"),
        ({"770011^^^RIVERBEND&2.16.840.1.113883.19.5&ISO^MR": ""}, "REQUIRED_MISSING", "PID-3"),
    ],
)
def test_a_fault_of_the_content_is_located_and_nothing_is_addressed(
    county: County, change: dict[str, str], code: str, place: str
) -> None:
    receipt = county.refer(change=change)

    assert receipt.outcome == "content_error"
    (fault,) = receipt.faults
    assert (fault.code, (fault.place or "")[: len(place)]) == (code, place)
    assert kept(county, receipt.message_id).state == "needs_attention"
    assert county.claim() == ()


def test_a_message_without_a_control_id_is_a_fault_of_its_content(county: County) -> None:
    receipt = county.refer(control_id="")

    (fault,) = receipt.faults
    assert (receipt.outcome, fault.code, fault.hl7_code) == ("content_error", "CONTROL_ID_MISSING", "101")


@pytest.mark.parametrize("sign", ["\0", "\n", "\x7f"])
def test_a_control_id_with_control_characters_is_a_fault_of_its_content(county: County, sign: str) -> None:
    """The MLLP door takes them out; whoever else brings one in is told, and it is kept as every store can keep it."""
    receipt = county.refer(control_id=f"ED{sign}1")

    (fault,) = receipt.faults
    assert (receipt.outcome, fault.code, fault.hl7_code) == ("content_error", "CONTROL_ID_INVALID", "102")
    assert fault.place == "MSH-10"
    assert kept(county, receipt.message_id).control_id == "ED\N{REPLACEMENT CHARACTER}1"
    assert county.refer(control_id=f"ED{sign}1").duplicate


@pytest.mark.requirement("DM-28")
def test_numbers_of_two_patients_in_one_message_are_for_a_person_to_sort_out(county: County) -> None:
    number = "770011^^^RIVERBEND&2.16.840.1.113883.19.5&ISO^MR"
    county.refer("ED-1", "R-1")
    county.refer("ED-2", "R-2", change={"770011^^^": "880022^^^", "Testperson^Maribel": "Other^Ana"})

    both = county.refer("ED-3", "R-3", change={number: f"{number}~{number.replace('770011', '880022')}"})

    assert both.outcome == "content_error"
    assert [fault.code for fault in both.faults] == ["PATIENT_AMBIGUOUS"]
    message = kept(county, both.message_id)
    assert (message.state, message.patient_id) == ("needs_attention", None)


# ------------------------------------------------------------------------------------------------- replay


def test_a_replayed_message_is_taken_in_anew_and_linked_to_the_first(county: County) -> None:
    first = county.refer(addressee="NOBODY")
    partner = county.premises.network.partners["otp"]
    code = type(partner.addressee_codes[0])(value="NOBODY")
    county.change_partner("otp", addressee_codes=(*partner.addressee_codes, code))

    answer = county.run(replay(county.premises, first.message_id, ""))

    assert (answer["outcome"], answer["replay_of"], answer["faults"]) == ("accepted", first.message_id, [])
    assert kept(county, first.message_id).state == "replayed"
    assert kept(county, answer["message"]).replay_of == first.message_id
    assert [intent.partner for intent in county.intents()] == ["otp"]


def test_a_replay_that_fails_again_says_why_and_leaves_the_first_open(county: County) -> None:
    first = county.refer(addressee="NOBODY")

    answer = county.run(replay(county.premises, first.message_id, ""))

    assert answer["outcome"] == "content_error"
    assert [fault["code"] for fault in answer["faults"]] == ["ADDRESSEE_UNKNOWN"]
    assert kept(county, first.message_id).state == "needs_attention"


def test_a_settled_message_is_replayed_only_with_a_reason(county: County) -> None:
    first = county.refer()

    with pytest.raises(NotUnderstood) as refused:
        county.run(replay(county.premises, first.message_id, "  "))
    answer = county.run(replay(county.premises, first.message_id, "the partner lost it"))

    assert refused.value.code == "REASON_MISSING"
    assert answer["outcome"] == "accepted"
    assert county.states() == ["due"], "the same content adds no second intent"


def test_nothing_is_replayed_under_an_id_nobody_knows(county: County) -> None:
    with pytest.raises(NotFound) as refused:
        county.run(replay(county.premises, "none", ""))

    assert refused.value.code == "NO_SUCH_MESSAGE"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"nothing of HL7", "MESSAGE_TYPE_UNKNOWN"),
        (b"MSH", "MESSAGE_TYPE_UNKNOWN"),
        (b"MSH|^~\\&|A|B", "MESSAGE_TYPE_UNKNOWN"),
        (b"MSH$%~\\&$A$B$C$D$20260301$$REF%I15$C-1$P$2.5.1\r", "MESSAGE_EVENT_UNKNOWN"),
    ],
)
def test_a_replay_reads_the_type_with_the_sender_s_own_signs(county: County, raw: bytes, code: str) -> None:
    first = county.send(raw, "C-1", "")

    answer = county.run(replay(county.premises, first.message_id, ""))

    assert (answer["outcome"], answer["faults"][0]["code"]) == ("rejected", code)
