"""Documents that are out to harm, or merely broken: refused where it is wrong, in linear time."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from mappings import Library, TranslationRefused, translate
from mappings.laws import conservation
from mappings.syntax.ccda import DEEPEST, LARGEST, counted_leaves, read_document
from tests import strategies
from tests.mappings.conftest import FORMATS

REFERRAL = (FORMATS / "psychiatry/ccda_referral/samples/referral.xml").read_bytes()
DOCUMENTS = sorted(FORMATS.glob("*/*/samples/*.xml"))
DECLARATION, DOCUMENT = REFERRAL.split(b"\n", 1)
MUTANTS = strategies.examples(25, 3300)
"""Altered documents tried of each sample."""


HANGS = 20
"""Seconds of work that no document takes, however slow the machine (one takes hundredths)."""


def _refusal(source: bytes) -> TranslationRefused:
    with pytest.raises(TranslationRefused) as found:
        read_document(source)
    return found.value


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE ClinicalDocument [<!ENTITY a "aaaa">]>',
        b'<!DOCTYPE ClinicalDocument SYSTEM "http://127.0.0.1/x.dtd">',
        b'<!DOCTYPE ClinicalDocument [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE ClinicalDocument [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]>',
        b'<!DOCTYPE a [<!ENTITY l0 "lol">'
        + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 9))
        + b"]>",
    ],
    ids=["entity", "outer subset", "file", "parameter entity", "billion laughs"],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_a_doctype_is_refused_before_it_is_read(doctype: bytes, charset: str) -> None:
    text = (b"<!-- first -->\n" + doctype + DOCUMENT).decode()
    begun = time.thread_time()
    refusal = _refusal(text.encode(charset))
    assert (refusal.code, refusal.place) == ("DOCTYPE_REFUSED", "line 2")
    assert time.thread_time() - begun < HANGS


def test_an_entity_without_a_doctype_is_no_xml() -> None:
    assert _refusal(REFERRAL.replace(b"Jonas", b"&unknown;")).code == "NOT_XML"


def test_elements_inside_each_other_are_bounded() -> None:
    def nested(depth: int) -> bytes:
        inner = b"<component><section>" * (depth // 2)
        return (
            b'<ClinicalDocument xmlns="urn:hl7-org:v3">'
            + inner
            + b"</section></component>" * (depth // 2)
            + b"</ClinicalDocument>"
        )

    assert read_document(nested(DEEPEST - 2)).name == "ClinicalDocument"
    for depth in (DEEPEST, DEEPEST + 2, 400, 100_000):
        assert _refusal(nested(depth)).code == "TOO_DEEP"


def test_a_document_has_a_largest_size() -> None:
    assert _refusal(REFERRAL + b" " * LARGEST).code == "TOO_LARGE"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "NOT_XML"),
        (b"MSH|^~\\&|A|B", "NOT_XML"),
        (b"<ClinicalDocument>", "NOT_XML"),
        (b"<ClinicalDocument/>", "NOT_CDA"),
        (b'<ClinicalDocument xmlns="urn:hl7-org:v2"/>', "NOT_CDA"),
        (b'<Bundle xmlns="http://hl7.org/fhir"/>', "NOT_CDA"),
        (b'<ClinicalDocument xmlns="urn:hl7-org:v3" a="1" a="2"/>', "NOT_XML"),
        (b'<ClinicalDocument xmlns="urn:hl7-org:v3">\x01</ClinicalDocument>', "NOT_XML"),
        (b'<?xml version="1.0" encoding="EBCDIC-US"?><ClinicalDocument/>', "CHARSET_WRONG"),
        (
            b'<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument>\xe9\xff</ClinicalDocument>',
            "CHARSET_WRONG",
        ),
        (b"\xff\xfe<", "CHARSET_WRONG"),
    ],
)
def test_what_is_no_document_is_refused_by_name(source: bytes, code: str) -> None:
    assert _refusal(source).code == code


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_known_character_sets_say_the_same(charset: str) -> None:
    text = DOCUMENT.decode().replace("Jonas", "Jos\u00e9")
    named = "" if charset.startswith(("utf-8-", "utf-16")) else f'<?xml version="1.0" encoding="{charset}"?>'
    leaves = counted_leaves((named + text).encode(charset))
    assert leaves["/ClinicalDocument/recordTarget/patientRole/patient/name/given/text()"] == "Jos\u00e9"
    assert len(leaves) == len(counted_leaves(REFERRAL))


def test_comments_instructions_and_cdata_are_no_leaves_of_their_own() -> None:
    text = b"<given>Jo<!-- x -->n<?y z?>as</given>"
    source = REFERRAL.replace(b"<given>Jonas</given>", text)
    assert counted_leaves(source) == counted_leaves(REFERRAL)
    source = REFERRAL.replace(b"<given>Jonas</given>", b"<given><![CDATA[Jonas]]></given>")
    assert counted_leaves(source) == counted_leaves(REFERRAL)


def test_two_megabytes_of_text_take_linear_time(library: Library) -> None:
    mapping = library.mapping("psychiatry/ccda_referral")
    times = []
    for size in (500_000, 2_000_000):
        source = REFERRAL.replace(b"Insight is good", b"long word " * (size // 10))
        begun = time.thread_time()
        translation = translate(mapping, source, partner="p", id_key=b"k", zone=None)
        times.append(time.thread_time() - begun)
        assert translation.issues == ()
        assert len(str(translation.resources)) > size
    assert times[1] < HANGS
    assert times[1] < 12 * max(times[0], 0.02)


def _mutant(chance: random.Random, source: bytes) -> bytes:
    """A document with one to three things taken away, doubled, emptied or put elsewhere."""
    text = source.decode()
    for _ in range(chance.randint(1, 3)):
        lines = text.split("\n")
        number = chance.randrange(2, len(lines))
        kind = chance.randrange(7)
        quotes = [n for n, letter in enumerate(lines[number]) if letter == '"']
        if kind == 0 and "/>" in lines[number]:
            del lines[number]
        elif kind == 1 and ("/>" in lines[number] or "</" in lines[number]):
            lines.insert(number, lines[number])
        elif kind <= 5 and len(quotes) > 1:
            at = chance.randrange(len(quotes) // 2) * 2
            new = ["", "x", "20261399", "  ", "&lt;b&gt;", "NI"][chance.randrange(6)]
            lines[number] = lines[number][: quotes[at] + 1] + new + lines[number][quotes[at + 1] :]
        else:
            lines[number] = lines[number][: chance.randrange(len(lines[number]) + 1)]
        text = "\n".join(lines)
    return text.encode()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_an_altered_document_is_translated_or_refused_with_its_place(path: Path, library: Library) -> None:
    """Every value in one class, every refusal a code and a place; nothing crashes, nothing takes long."""
    mapping = library.mapping(path.parent.parent.relative_to(FORMATS).as_posix())
    source = path.read_bytes()
    chance = random.Random(path.name)
    read = 0
    for number in range(MUTANTS):
        text = _mutant(chance, source)
        begun = time.thread_time()
        try:
            translation = translate(mapping, text, partner="p", id_key=b"k", zone="America/Phoenix")
        except TranslationRefused as refusal:
            assert refusal.code
            assert refusal.place
            continue
        finally:
            assert time.thread_time() - begun < HANGS
        read += 1
        if number % 4 == 0:
            unmapped = [("UNMAPPED", place) for place in translation.complement["unmapped"]]  # type: ignore[attr-defined]
            assert conservation(translation, len(counted_leaves(text))) == unmapped
    assert read > MUTANTS // 10
