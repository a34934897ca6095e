"""Input that is broken, odd or huge: a located error or the right result, in linear time."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mappings import Library, TranslationRefused, render, translate, translate_all


def _run(library: Library, source: bytes, mapping: str = "hospital/ref_i12"):  # type: ignore[no-untyped-def]
    return translate(library.mapping(mapping), source, partner="p", id_key=b"k", zone="America/Phoenix")


@pytest.mark.parametrize(
    "change",
    [
        lambda m: b"\xef\xbb\xbf" + m,
        lambda m: m.replace(b"\r", b"\n"),
        lambda m: m.replace(b"\r", b"\r\n"),
        lambda m: m.replace(b"\r", b"\r\r"),
        lambda m: m.rstrip(b"\r"),
        lambda m: b"FHS|^~\\&|x\rBHS|^~\\&|x\r" + m + b"BTS|1\rFTS|1\r",
    ],
    ids=["bom", "lf", "crlf", "blank lines", "no end", "batch of one"],
)
def test_other_line_ends_and_envelopes_say_the_same(library: Library, referral: bytes, change) -> None:  # type: ignore[no-untyped-def]
    assert _run(library, change(referral)).resources == _run(library, referral).resources


def test_other_encoding_characters_say_the_same(library: Library, referral: bytes) -> None:
    table = bytes.maketrans(b"|^~\\&", b"#$*!%")
    odd = referral.translate(table)
    assert odd.startswith(b"MSH#$*!%#")
    assert _run(library, odd).resources == _run(library, referral).resources


def test_standard_marks_are_plain_text_under_other_encoding_characters(
    library: Library, referral: bytes
) -> None:
    odd = referral.translate(bytes.maketrans(b"|^~\\&", b"#$*!%")).replace(b"Marisol", b"Mari|sol^&")
    patient = _run(library, odd).resources[0]
    assert patient["name"][0]["given"][0] == "Mari|sol^&"


def test_escapes_are_read(library: Library, referral: bytes) -> None:
    text = referral.replace(b"$Marisol", b"").replace(b"^Marisol^", b"^Mar\\T\\is\\X6F\\l \\F\\\\E\\^")
    assert _run(library, text).resources[0]["name"][0]["given"][0] == "Mar&isol |\\"


@pytest.mark.parametrize("broken", [b"\\T", b"\\Qzz\\", b"\\X4\\", b"\\X07\\", b"\\"])
def test_a_cut_or_unknown_escape_is_located(library: Library, referral: bytes, broken: bytes) -> None:
    with pytest.raises(TranslationRefused) as caught:
        _run(library, referral.replace(b"^Marisol^", b"^Mar" + broken + b"^"))
    assert (caught.value.code, caught.value.place) == ("ESCAPE_WRONG", "PID-5")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "NOT_HL7"),
        (b"\r\n\r\n", "NOT_HL7"),
        (b"hello", "NOT_HL7"),
        (b"\x00\x01\x02", "NOT_TEXT"),
        (b"PID|1\rMSH|^~\\&|", "NOT_HL7"),
        (b"MSH", "DELIMITERS_WRONG"),
        (b"MSH|", "DELIMITERS_WRONG"),
        (b"MSH||||", "DELIMITERS_WRONG"),
        (b"MSH|^^^^|", "DELIMITERS_WRONG"),
        (b"MSH|^~\\&|", "MESSAGE_TYPE_UNKNOWN"),
        (b"MSH|^~\\&|A|B|C|D|2026||REF^I12|1|P|2.5.1\rPID|\xff\xfe", "CHARSET_WRONG"),
    ],
)
def test_what_is_no_message_is_refused_with_a_code(library: Library, source: bytes, code: str) -> None:
    with pytest.raises(TranslationRefused) as caught:
        _run(library, source)
    assert caught.value.code == code


def test_the_character_set_of_msh_18_is_used(library: Library, referral: bytes) -> None:
    latin = referral.replace(b"UNICODE UTF-8", b"8859/1").replace(b"Marisol", "Marísol".encode("latin-1"))
    assert _run(library, latin).resources[0]["name"][0]["given"][0] == "Marísol"


@pytest.mark.parametrize("text", ["Marisol", "Mar\u00edsol"])
def test_a_character_set_that_nobody_knows_is_refused_at_its_field(
    library: Library, referral: bytes, text: str
) -> None:
    odd = referral.replace(b"UNICODE UTF-8", b"ISO IR999").replace(b"Marisol", text.encode())
    with pytest.raises(TranslationRefused) as caught:
        _run(library, odd)
    assert (caught.value.code, caught.value.place) == ("CHARSET_WRONG", "MSH-18")
    assert (caught.value.hl7_error_code, caught.value.erl) == ("103", "MSH^1^18")


def test_several_messages_are_told_apart(library: Library, referral: bytes) -> None:
    with pytest.raises(TranslationRefused, match="SEVERAL_RECORDS"):
        _run(library, referral + referral)
    broken = referral.replace(b"PRD|RT", b"PRD|CP")
    records = translate_all(
        library.mapping("hospital/ref_i12"), referral + broken + referral, partner="p", id_key=b"k", zone=None
    )
    assert [(r.place, r.translation is not None) for r in records] == [
        ("message 1", True),
        ("message 2", False),
        ("message 3", True),
    ]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("size", [2_000_000])
def test_a_field_of_two_megabytes_is_answered_in_time(library: Library, referral: bytes, size: int) -> None:
    for big in (
        b"x" * size,
        b"&" * (size // 10),
        b"^" * (size // 10),
        b"~" * (size // 10),
        b"\\T\\" * (size // 10),
    ):
        _run(library, referral.replace(b"Lost sleep", big))


@pytest.mark.parametrize(
    ("source", "code", "place"),
    [
        (b"", "HEADER_WRONG", "row 1"),
        (b"a,a\n1,2\n", "HEADER_WRONG", "row 1"),
        (b"a,b\n1,2\n", "COLUMN_MISSING", "row 1 column referral_no"),
        (b"\xff\xfe", "CHARSET_WRONG", "row 1"),
        (b'referral_no,name\n1,"x\n', "CSV_WRONG", "row 2"),
        (b"referral_no,name\n1,x\x00\n", "NOT_TEXT", "row 2"),
    ],
)
def test_a_broken_sheet_is_refused_at_its_row(library: Library, source: bytes, code: str, place: str) -> None:
    with pytest.raises(TranslationRefused) as caught:
        translate_all(library.mapping("housing/referral_csv"), source, partner="p", id_key=b"k", zone=None)
    assert (caught.value.code, caught.value.place) == (code, place)


def test_a_bad_row_does_not_stop_the_good_ones(library: Library) -> None:
    sheet = b"referral_no,client_no,need\nR-1,C-1,HOMELESS\n,C-2,HOMELESS\nR-3,C-3,NOTHING\n"
    records = translate_all(
        library.mapping("housing/referral_csv"), sheet, partner="p", id_key=b"k", zone=None
    )
    assert [r.refusal.place if r.refusal else "" for r in records] == ["", "row 3 column referral_no", ""]
    assert records[2].translation is not None
    assert [(i.code, i.place) for i in records[2].translation.issues] == [("NO_CONCEPT", "row 4 column need")]


@pytest.mark.parametrize(
    ("source", "code", "place"),
    [
        (b"{", "NOT_JSON", "line 1 column 2"),
        (b'{"a": 1, "b": 2, "b": 3}', "DUPLICATE_KEY", "b"),
        (b'{"a": NaN}', "NOT_JSON", None),
        (b"[" * 100_000, "TOO_DEEP", None),
        (b'{"a":' * 80 + b"1" + b"}" * 80, "TOO_DEEP", None),
        (b'{"a":\n"\xff"}', "CHARSET_WRONG", "line 2"),
        (b"{}", "KEY_MISSING", "client_id"),
        (b"3", "NOT_A_RECORD", None),
    ],
)
def test_broken_json_is_refused_with_a_code(
    library: Library, source: bytes, code: str, place: str | None
) -> None:
    with pytest.raises(TranslationRefused) as caught:
        translate(library.mapping("otp/dosing"), source, partner="p", id_key=b"k", zone=None)
    assert (caught.value.code, caught.value.place) == (code, place)


def test_a_list_where_a_text_was_expected_goes_back_as_the_text_that_was_taken(library: Library) -> None:
    mapping = library.mapping("legal_aid/intake")
    source = b'{"case_no": "1", "status": "CLOSED", "client": {"id": "C", "family": ["a", "b"]}}'
    made = translate(mapping, source, partner="p", id_key=b"k", zone=None)
    assert made.complement["unmapped"] == {"client.family[1]": "b"}
    at = datetime(2026, 11, 22, tzinfo=UTC)
    back = render(mapping, made.resources, at=at, control_id="1", zone=None, complement=made.complement)
    assert json.loads(back.content)["client"]["family"] == "a"
