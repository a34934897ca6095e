"""The answer is a pure function of header, receipt and what the partner wants."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.flows.messages import Fault, Receipt, ReceiptOutcome
from gateway.intake import AckSettings, acknowledge, read_header

AT = datetime(2026, 11, 22, 8, 30, 0, 250_000, tzinfo=UTC)
ID = "0f0e0d0c-0b0a-4908-8706-050403020100"
MESSAGE = (
    rb"MSH|^~\&|EHR|RIVERBEND|HANDOFF|COUNTY|20261122083000||REF^I12^REF_I12|MSG-0001|P|2.5.1" + b"\r"
    b"RF1||R^Routine|Psy||O|REF-77^EHR|20261122|||X^Canary\rPID|1||P-1||Canary^Marker\r"
)
ACK, RRI = AckSettings(), AckSettings(immediate_reply="rri")


def receipt(outcome: ReceiptOutcome = "accepted", *faults: Fault) -> Receipt:
    return Receipt(ID, AT, outcome, faults)


def answer(message: bytes, given: Receipt, wants: AckSettings = ACK) -> list[str]:
    """The segments of the answer."""
    content = acknowledge(message, read_header(message), given, wants)
    assert content is not None
    assert content.endswith(b"\r")
    return content.decode().split("\r")[:-1]


def with_modes(accept: str, application: str) -> bytes:
    return MESSAGE.replace(b"|2.5.1\r", f"|2.5.1|||{accept}|{application}\r".encode(), 1)


def test_accepted_message_is_answered_in_full() -> None:
    assert answer(MESSAGE, receipt()) == [
        "MSH|^~\\&|HANDOFF|COUNTY|EHR|RIVERBEND|20261122083000.250+0000||"
        "ACK^I12^ACK|0F0E0D0C0B0A49088706|P|2.5.1",
        "MSA|AA|MSG-0001",
    ]


@pytest.mark.parametrize(
    ("outcome", "original", "enhanced"),
    [
        ("accepted", "AA", "CA"),
        ("content_error", "AE", "CE"),
        ("rejected", "AR", "CR"),
        ("our_fault", "AR", "CE"),
    ],
)
def test_code_by_outcome_and_mode(outcome: ReceiptOutcome, original: str, enhanced: str) -> None:
    fault = Fault("X_Y", "text", "PID-3.1", "101", "PID^1^3^1^1")
    assert answer(MESSAGE, receipt(outcome, fault))[1] == f"MSA|{original}|MSG-0001"
    assert answer(with_modes("AL", "NE"), receipt(outcome, fault))[1] == f"MSA|{enhanced}|MSG-0001"


@pytest.mark.parametrize("number", ["200", "201", "202", "203"])
def test_unsupported_type_event_mode_or_version_is_a_rejection(number: str) -> None:
    given = receipt("content_error", Fault("NOT_SUPPORTED", "text", "MSH-9", number, "MSH^1^9"))
    assert answer(MESSAGE, given)[1].startswith("MSA|AR|")
    assert answer(with_modes("AL", ""), given)[1].startswith("MSA|CR|")


@pytest.mark.parametrize(
    ("accept", "application", "on_success", "on_error"),
    [
        ("NE", "NE", False, False),
        ("", "AL", False, False),
        ("AL", "NE", True, True),
        ("AL", "AL", True, True),
        ("ER", "NE", False, True),
        ("SU", "NE", True, False),
        ("al", "", True, True),
    ],
)
def test_accept_acknowledgement_is_sent_as_msh_15_asks(
    accept: str, application: str, on_success: bool, on_error: bool
) -> None:
    message = with_modes(accept, application)
    header = read_header(message)
    assert (acknowledge(message, header, receipt(), ACK) is not None) == on_success
    assert (acknowledge(message, header, receipt("content_error"), ACK) is not None) == on_error


def test_error_names_place_number_severity_and_code_but_no_value() -> None:
    fault = Fault("ADDRESSEE_UNKNOWN", "value `Canary` unknown", "PRD-7.1", "204", "PRD^1^7^1^1")
    err = answer(MESSAGE, receipt("content_error", fault))[2]
    assert err == "ERR||PRD^1^7^1^1|204^Unknown key identifier^HL70357|E|ADDRESSEE_UNKNOWN^^L"


@pytest.mark.parametrize(
    ("place", "location"),
    [
        ("PID-3", "PID^1^3^1"),
        ("PID-3.4.2", "PID^1^3^1^4^2"),
        ("PRD[2]-7.1", "PRD^2^7^1^1"),
        ("PID-3[2].1", "PID^1^3^2^1"),
        ("OBX[12]", "OBX^12"),
        ("row 14 column dob", ""),
        ("Canary-1", ""),
        (None, ""),
    ],
)
def test_place_for_people_becomes_a_location_where_it_is_one(place: str | None, location: str) -> None:
    err = answer(MESSAGE, receipt("content_error", Fault("X_Y", "text", place)))[2]
    assert err.split("|")[2] == location


def test_version_before_2_5_also_gets_the_old_error_field() -> None:
    fault = Fault("FIELD_MISSING", "text", "PID-3", "101", "PID^1^3")
    err = answer(MESSAGE.replace(b"|2.5.1\r", b"|2.3.1\r"), receipt("content_error", fault))[2]
    assert err.split("|")[1] == "PID^1^3^101&Required field missing&HL70357"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("Canary Marker", "text", None, "207", None),
        Fault("FINE", "text", None, "Canary", None),
        Fault("FINE", "text", None, "101", "PID^1^Canary"),
        Fault("FINE", "Canary", "Canary", "101", "PID^1\rMSA|AA|Canary"),
    ],
)
def test_fault_that_is_not_of_the_form_is_not_written(fault: Fault) -> None:
    segments = answer(MESSAGE, receipt("content_error", fault))
    assert "Canary" not in "".join(segments)
    assert [segment[:3] for segment in segments] == ["MSH", "MSA", "ERR"]


def test_errors_stand_before_warnings_and_are_at_most_twenty() -> None:
    warnings = tuple(Fault("WARN", "text", severity="W") for _ in range(30))
    errors = answer(MESSAGE, receipt("content_error", *warnings, Fault("LAST", "text")))[2:]
    assert len(errors) == 20
    assert "|LAST^^L" in errors[0]


def test_warning_of_an_accepted_message_stays_a_warning() -> None:
    warning = Fault("CONTROL_ID_REUSED", "text", "MSH-10", severity="W")
    segments = answer(MESSAGE, receipt("accepted", warning))
    assert segments[1] == "MSA|AA|MSG-0001"
    assert segments[2].endswith("|W|CONTROL_ID_REUSED^^L")


@pytest.mark.parametrize("content", [b"", b"\x00\xffbinary", b"PID|1|Canary"])
def test_what_is_no_hl7_is_rejected_whatever_the_receipt_says(content: bytes) -> None:
    segments = answer(content, receipt("content_error"))
    assert segments[0].startswith("MSH|^~\\&|||||20261122083000.250+0000||ACK|0F0E0D0C0B0A49088706|P|2.5.1")
    assert segments[1:] == ["MSA|AR|", "ERR||MSH^1|100^Segment sequence error^HL70357|E|NOT_HL7^^L"]


@pytest.mark.requirement("V2-01")
def test_sender_that_wants_it_gets_an_rri_with_its_own_referral_id_only() -> None:
    segments = answer(MESSAGE, receipt(), RRI)
    assert segments[0].split("|")[8] == "RRI^I12^RRI_I12"
    assert segments[1:] == ["MSA|AA|MSG-0001", "RF1|P|||||REF-77^EHR"]


def test_rri_of_a_modify_names_the_same_structure() -> None:
    modify = MESSAGE.replace(b"REF^I12^REF_I12", b"REF^I13^REF_I13")
    assert answer(modify, receipt(), RRI)[0].split("|")[8] == "RRI^I13^RRI_I12"


@pytest.mark.parametrize(
    "message",
    [MESSAGE.replace(b"REF^I12^REF_I12", b"ADT^A01"), with_modes("AL", "NE")],
    ids=["ADT", "enhanced"],
)
def test_only_a_referral_in_original_mode_gets_an_rri(message: bytes) -> None:
    assert "|ACK" in answer(message, receipt(), RRI)[0]


def test_refused_referral_gets_an_ack_with_the_place_even_where_an_rri_is_wanted() -> None:
    segments = answer(MESSAGE, receipt("content_error", Fault("X_Y", "text", erl="PID^1^3")), RRI)
    assert [segment[:3] for segment in segments] == ["MSH", "MSA", "ERR"]


def test_odd_encoding_characters_are_answered_in_kind() -> None:
    odd = b"MSH#*!?%#A#B#C#D#20260101##REF*I12#ID|1^x#T#2.5.1\rRF1#######\r"
    fault = Fault("X_Y", "text", erl="PID^1^3^1^1", hl7_code="101")
    assert answer(odd, receipt("content_error", fault)) == [
        "MSH#*!?%#C#D#A#B#20261122083000.250+0000##ACK*I12*ACK#0F0E0D0C0B0A49088706#T#2.5.1",
        "MSA#AE#ID|1^x",
        "ERR##PID*1*3*1*1#101*Required field missing*HL70357#E#X_Y**L",
    ]


def test_character_set_is_answered_as_received() -> None:
    message = MESSAGE.replace(b"|2.5.1\r", b"|2.5.1||||||8859/1\r", 1).replace(b"RIVERBEND", b"R\xefV", 1)
    content = acknowledge(message, read_header(message), receipt(), ACK)
    assert content is not None
    head = content.split(b"\r")[0].split(b"|")
    assert (head[5], head[17]) == (b"R\xefV", b"8859/1")


@given(st.binary(max_size=300))
def test_no_message_makes_an_answer_with_control_bytes(tail: bytes) -> None:
    message = rb"MSH|^~\&|A|B|C|D|" + tail + b"||REF^I12|ID" + tail
    content = acknowledge(message, read_header(message), receipt(), RRI)
    assert content is None or not any(byte < 0x20 or byte == 0x7F for byte in content.replace(b"\r", b""))


@given(st.sampled_from([MESSAGE, with_modes("AL", "AL"), b"junk"]), st.sampled_from([ACK, RRI]))
def test_same_receipt_gets_the_same_bytes(message: bytes, wants: AckSettings) -> None:
    twice = Receipt(ID, AT, "accepted", duplicate=True)
    header = read_header(message)
    assert acknowledge(message, header, receipt(), wants) == acknowledge(message, header, twice, wants)
