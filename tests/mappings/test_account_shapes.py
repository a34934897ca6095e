"""The account of a message by its shape is the one that the interpreter finds by trial, value for value."""

from __future__ import annotations

import random
import string
from importlib.resources import files

import pytest

from mappings import Library, Mapping_, translate
from mappings.account_shapes import EVERY, AccountShapes
from mappings.altering import altered
from mappings.compile import Compiled
from mappings.message_parts import parts_of
from mappings.model import Account
from mappings.syntax.hl7v2 import head_fields, leaves, read_messages, split, standard
from mappings.syntax.hl7v2_tree import V2Tree
from mappings.times import v2_zone
from mappings.translate import interpret
from tests import strategies

_KEY = b"k" * 32
_ZONE = "-07:00"
VARIANTS = 3 if strategies.quick_run else strategies.examples(6, 60)


def _by_shape(mapping: Mapping_, source: bytes) -> Account:
    return translate(mapping, source, partner="p", id_key=_KEY, zone="America/Phoenix").account


def _by_trial(mapping: Mapping_, source: bytes) -> Account:
    lines = standard(read_messages(source)[0])
    zone = v2_zone(head_fields(lines[0])[7]) or _ZONE
    return interpret(mapping, lambda: V2Tree(split(lines)), "p", _KEY, zone).account


def _first_record(mapping: Mapping_, source: bytes) -> bytes:
    lines = parts_of(mapping.file.once, read_messages(source)[0])[0].lines
    return "".join(f"{line}\r" for line in lines).encode()


def _exchangeable(mapping: Mapping_, source: bytes) -> dict[str, str]:
    """Leaves whose letters and figures may be others, by place; not those of times, which would be none."""
    segments = split(read_messages(source)[0])
    found, fields = {}, mapping.account_shapes._fields
    places = V2Tree(segments).leaves()
    for (place, raw), leaf in zip(places.items(), leaves(segments), strict=True):
        field = fields.get(segments[leaf.segment][0], {}).get(leaf.field)
        free = field is None or not (EVERY in field.coded or leaf.component in field.coded or field.figures)
        if free and raw.isprintable() and place not in ("MSH-9.1", "MSH-9.2", "MSH-7", "MSH-18"):
            found[place] = raw
    return found


def _others(chance: random.Random, texts: dict[str, str]) -> dict[str, str]:
    """Other texts of the same form; the same ones stay the same, different ones different."""
    renamed: dict[str, str] = {}
    for raw in sorted(set(texts.values())):
        while True:
            new = "".join(
                chance.choice(string.ascii_letters)
                if one.isalpha()
                else chance.choice("123456789")
                if one.isdigit()
                else one
                for one in raw
                for _ in range(chance.randint(1, 2) if one.isalpha() else 1)
            )
            if new not in renamed.values():
                renamed[raw] = new
                break
    return {place: renamed[raw] for place, raw in texts.items()}


@pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines
def test_other_values_of_the_same_shape_have_the_account_that_trials_give(
    sample: tuple[str, str], mapping: Mapping_, compiled: Compiled, source: bytes
) -> None:
    assert compiled.source
    chance, source = random.Random(sample[1]), _first_record(mapping, source)
    assert _by_shape(mapping, source) == _by_trial(mapping, source)
    texts, before = _exchangeable(mapping, source), mapping.account_shapes.found
    assert texts
    for _ in range(VARIANTS):
        other = altered("hl7v2", source, _others(chance, texts))
        assert _by_shape(mapping, other) == _by_trial(mapping, other)
    assert mapping.account_shapes.found - before == VARIANTS


def _admission(*changes: tuple[bytes, bytes]) -> bytes:
    source = (files("mappings") / "formats/hospital/adt_a01/samples/a01_admit.hl7").read_bytes()
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize(
    "change",
    [
        (b"|M|", b"|F|"),  # a code
        (b"(602)555-0142^PRN", b"(602) 555-0142^PRN"),  # a space more
        (b"Daniel", b"Daniel "),  # trimmed
        (b"Daniel", b"Dan\\T\\iel"),  # an escape
        (b"Daniel", b"Dani\xc3\xa9l"),  # a letter that is no ASCII
        (b"Daniel", b"\xc2\xa0Daniel"),  # another kind of space, trimmed
        (b"Daniel", b""),  # nothing
        (b"Daniel", b'""'),  # a delete
        (b"Daniel", b'"D"'),
        (b"19880521", b"198805"),  # a coarser date
        (b"ADT^A01", b"ADT^A08"),
        (b"PV1|1|I|", b"PV1|1|P|"),
    ],
)
def test_what_is_not_alike_is_not_taken_for_it(library: Library, change: tuple[bytes, bytes]) -> None:
    mapping = library.mapping("hospital/adt_a01")
    _by_shape(mapping, _admission())
    for source in (_admission(), _admission(change), _admission(change)):
        assert _by_shape(mapping, source) == _by_trial(mapping, source)


def test_two_numbers_that_are_the_same_are_one_item_and_two_others_are_two(library: Library) -> None:
    mapping = library.mapping("hospital/adt_a01")
    number = b"(602)555-0142^PRN^PH"
    two = _admission((number, number + b"~(602)555-0199^PRN^PH"))
    same = _admission((number, number + b"~" + number))
    for source in (two, same, two, same):
        assert _by_shape(mapping, source) == _by_trial(mapping, source)


def test_shapes_stay_few_and_none_holds_what_was_in_a_message(library: Library) -> None:
    mapping = library.mapping("hospital/adt_a01")
    shapes = AccountShapes(mapping.file, most=8)
    lines = standard(read_messages(_admission())[0])
    origin = translate(mapping, _admission(), partner="p", id_key=_KEY, zone=None)
    account = origin.account
    for number in range(12):
        named = [*lines, f"ZZZ|{'^' * number}x"]
        shapes.account(named, (), origin.resources, lambda: account)
    for name in "abcdefghijkl":  # as many shapes of one layout
        coded = [line.replace("|M|", f"|{name}|") for line in lines]
        shapes.account(coded, (), origin.resources, lambda: account)
    assert len(shapes._layouts) <= 8
    assert len(shapes._templates) <= 8
    held = repr(list(shapes._templates.items())) + repr(list(shapes._layouts))
    assert "PID-5" in held
    assert not [word for word in ("Ochoa", "Daniel", "19880521", "RB5530144") if word in held]
