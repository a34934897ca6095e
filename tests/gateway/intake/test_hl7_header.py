"""MSH is read from the bytes as real senders write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.intake.header_check import refusals
from gateway.intake.hl7_header import first_segment, read_header, text_of

PLAIN = rb"MSH|^~\&|A|B|C|D|20260101||REF^I12^REF_I12|ID-1|P|2.5.1" + b"\rPID|1\r"
SAMPLES = Path(__file__).parents[4] / "shared/samples/hl7v2"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\r", b"\n"),
        PLAIN.replace(b"\r", b"\r\n"),
        b"\r\n" + PLAIN,
        rb"FHS|^~\&|X" + b"\r" + rb"BHS|^~\&|Y" + b"\r" + PLAIN,
        rb"BHS|^~\&|Y" + b"\r\n" + PLAIN,
    ],
    ids=["plain", "byte order mark", "LF", "CRLF", "leading line end", "file and batch", "batch"],
)
def test_header_is_read(content: bytes) -> None:
    header = read_header(content)
    assert header is not None
    assert (header.control_id, header.kind, header.field(12)) == (b"ID-1", (b"REF", b"I12"), b"2.5.1")


def test_odd_encoding_characters_are_taken_from_the_message() -> None:
    header = read_header(b"MSH#*!?%#A#B#C#D#20260101##REF*I12*REF_I12#ID-1#P#2.5.1\r")
    assert header is not None
    assert (header.component_sign, header.subcomponent_sign, header.kind) == (b"*", b"%", (b"REF", b"I12"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"PID|1",
        b"MSH",
        b"MSH\r",
        b"MSHX^~",
        "MSH|^~".encode("utf-16"),
        b"<xml/>",
        b"{}",
    ],
)
def test_what_is_no_hl7_has_no_header(content: bytes) -> None:
    assert read_header(content) is None


def test_control_bytes_are_never_part_of_a_field() -> None:
    header = read_header(rb"MSH|^~\&|A|B|C|D|||ACK|I" + b"\x00\x1b\x7f" + b"D|P|2.5.1\r")
    assert header is not None
    assert header.control_id == b"ID"


def test_field_cut_by_the_window_is_left_out() -> None:
    header = read_header(rb"MSH|^~\&|A|B|C|D|||ACK|" + b"9" * 5000)
    assert header is not None
    assert header.control_id == b""


def test_missing_fields_are_empty() -> None:
    header = read_header(b"MSH|^~\\&|A")
    assert header is not None
    assert (header.control_id, header.kind, header.field(3)) == (b"", (b"", b""), b"A")


def test_first_segment_is_found_by_name() -> None:
    header = read_header(PLAIN)
    assert header is not None
    assert first_segment(PLAIN, b"PID", header) == (b"PID", b"1")
    assert first_segment(PLAIN, b"RF1", header) == ()


def test_text_is_utf8_else_byte_for_byte() -> None:
    assert (text_of("é".encode()), text_of(b"\xe9")) == ("é", "é")


@pytest.mark.conformance
def test_published_samples_have_a_header() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("published samples are not beside the checkout")
    found = {path.name: read_header(path.read_bytes()) for path in SAMPLES.glob("*.hl7")}
    assert found
    assert [name for name, header in found.items() if header is None or not header.control_id] == []


@pytest.mark.parametrize(
    ("mode", "version", "codes"),
    [
        (b"P", b"2.5.1", []),
        (b"P^T", b"2.8^USA", []),
        (b"", b"", []),
        (b"T", b"2.3", ["PROCESSING_ID_NOT_TAKEN"]),
        (b"Canary", b"3.0", ["PROCESSING_ID_NOT_TAKEN", "VERSION_NOT_TAKEN"]),
        (b"P", b"2.5.1.Canary", ["VERSION_NOT_TAKEN"]),
    ],
)
def test_what_the_header_rules_out(mode: bytes, version: bytes, codes: list[str]) -> None:
    header = read_header(PLAIN.replace(b"|P|2.5.1\r", b"|" + mode + b"|" + version + b"\r"))
    found = refusals(header, frozenset({"P"}))
    assert [fault.code for fault in found] == codes
    assert "Canary" not in repr(found)


def test_no_header_is_no_hl7() -> None:
    assert [fault.code for fault in refusals(None, frozenset({"P"}))] == ["NOT_HL7"]
