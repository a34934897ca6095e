"""Samples with a few bytes altered: a right result or a located refusal, each within a second of processor time.

`./dev test --long tests/mappings/test_altered_inputs.py` runs 100,000 messages of HL7 v2, 10,000 C-CDA documents and
10,000 sheets; any other run a few of each.
"""

from __future__ import annotations

import random
import time

import pytest

from mappings import Library, Mapping_, MappingRoomError, rejected_rows, translate_all
from mappings.slices import records_apart
from tests import strategies
from tests.mappings.conftest import FORMATS, SUFFIX

ODD = [
    *(
        b"",
        b'""',
        b"\\X",
        b"~",
        b"^",
        b"&",
        b"\\",
        b"|",
        b",",
        b";",
        b'"',
        b"(",
        b"\r",
        b"\n",
        b"\t",
        b"\x00",
    ),
    *(b"\xff", b"\xe4", b"\xef\xbb\xbf", b"\xc3\xb6" * 50, b"9" * 400, b"2026-13-45", b"'=1+1"),
    *(b"<!DOCTYPE a>", b"<", b"</entry>", b"<entry>", b'code="x"', b'nullFlavor="UNK"'),
]
RUNS = [(kind, seed) for kind, seeds in (("hl7v2", 10), ("ccda", 4), ("csv", 4)) for seed in range(seeds)]
EACH = {"hl7v2": 10_000, "ccda": 2_500, "csv": 2_500}
KEY = b"k" * 32
A_SECOND = 1.0


def _altered(chance: random.Random, source: bytes, line_end: bytes) -> bytes:
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(source) + 1)
        end = min(len(source), start + chance.choice((1, 3, 20, 200)))
        match chance.randrange(5):
            case 0:
                source = source[:start] + source[end:]
            case 1:
                source = source[:start] + chance.choice(ODD) + source[start:]
            case 2:
                source = source[:start] + chance.choice(ODD) + source[end:]
            case 3:
                place = chance.randrange(len(source) + 1)
                source = source[:place] + source[start:end] + source[place:]
            case _:
                lines = source.split(line_end)
                chance.shuffle(lines)
                source = line_end.join(lines)
    return source


def _samples(library: Library, kind: str) -> list[tuple[Mapping_, bytes]]:
    found = [library.mapping(name) for name in library.ids() if name not in library.choices]
    read = [mapping for mapping in found if mapping.format == kind and mapping.direction != "out"]
    return [
        (mapping, path.read_bytes())
        for mapping in read
        for path in sorted((FORMATS / mapping.id / "samples").glob(f"*{SUFFIX[kind]}"))
    ]


def _said_of(mapping: Mapping_, source: bytes, *, closely: bool) -> None:
    """Nothing, when every record is translated whole or refused at its place."""
    try:
        records = translate_all(mapping, source, partner="p", id_key=KEY, zone="America/Phoenix")
        for one in records:
            if closely and one.translation is not None:
                told = one.translation.accounting
                assert told.mapped + told.carried + told.dropped + told.unmapped == told.leaves
        if closely and mapping.format == "csv":
            rejected_rows(mapping, source, records)
            list(records_apart(mapping, source, partner="p", id_key=KEY, zone="America/Phoenix"))
    except MappingRoomError as refused:
        assert refused.code


@pytest.mark.unmeasured
@pytest.mark.parametrize(("kind", "seed"), RUNS)
def test_whatever_was_altered_ends_in_a_result_or_a_located_refusal(
    library: Library, kind: str, seed: int
) -> None:
    chance = random.Random(f"{kind}/{seed}")
    samples, slow = _samples(library, kind), []
    for number in range(strategies.examples(8, EACH[kind])):
        mapping, source = chance.choice(samples)
        altered = _altered(chance, source, b"\r" if kind == "hl7v2" else b"\n")
        begun = time.process_time()
        _said_of(mapping, altered, closely=number % 10 == 0)
        if (
            time.process_time() - begun > A_SECOND and number % 10
        ):  # the proof is asked for apart, and takes longer
            slow.append((mapping.id, seed, number))
    assert not slow
