"""Our reading of four published messages beside another implementation's: where both agree, and where not, why.

The differences stand in `disagreements.md`, element by element; a difference that is not argued there fails here, and so
does an argued one that is gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from gateway.flows.library import open_library
from mappings import translate
from mappings.ids import PUBLISHED_TEST_KEY

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"
PAGE = Path(__file__).with_name("disagreements.md")
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.requirement("V2-01"),
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not beside the checkout"),
]
MESSAGES = {
    "ADT04-251": "hospital/adt_a01",
    "MDM-T02-01": "hospital/mdm_t02",
    "OMG-O19-01": "hospital/omg_o19",
    "REF-I12-01": "hospital/ref_i12",
}
OURS_ALONE = ("id", "meta", "resourceType", "text")
"""Elements that are not compared: ids and labels are ours, narrative and provenance theirs."""
_MADE_UP = "http://example.com/"

Resource = Mapping[str, Any]


def _plain(value: Any) -> Any:
    """The value without names for people, targets of references, and systems that the other one makes up."""
    if isinstance(value, Mapping):
        kept = {
            name: _plain(inner)
            for name, inner in value.items()
            if name not in ("reference", "display", "text")
            and not (name == "system" and str(inner).startswith(_MADE_UP))
        }
        return {name: inner for name, inner in kept.items() if inner not in ({}, [], None)}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


def _alike(ours: Resource, theirs: Resource) -> int:
    return sum(
        _plain(theirs.get(name)) == _plain(value) for name, value in ours.items() if name not in OURS_ALONE
    )


def _pairs(ours: list[Resource], theirs: list[Resource]) -> Iterator[tuple[Resource, Resource]]:
    """Resources of one type that are most alike, each once."""
    numbered = [
        (_alike(ours[i], theirs[j]), -i, -j) for i, j in product(range(len(ours)), range(len(theirs)))
    ]
    taken: set[tuple[str, int]] = set()
    for _, i, j in sorted(numbered, reverse=True):
        if not {("ours", i), ("theirs", j)} & taken:
            taken |= {("ours", i), ("theirs", j)}
            yield ours[-i], theirs[-j]


@cache
def _compared() -> tuple[tuple[str, bool], ...]:
    """`Type.element` and whether both say the same, for each element of each pair."""
    found: list[tuple[str, bool]] = []
    for name, mapping_id in MESSAGES.items():
        source = (SAMPLES / "hl7v2" / f"{name}.hl7").read_bytes()
        mapping = open_library().mapping(mapping_id)
        ours = translate(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None).resources
        bundle = (SAMPLES / "hl7v2-expected-fhir" / f"{name}-expected.json").read_text()
        theirs = [entry["resource"] for entry in json.loads(bundle, parse_float=Decimal)["entry"]]
        for kind in dict.fromkeys(str(r["resourceType"]) for r in ours):
            both = ([r for r in side if r["resourceType"] == kind] for side in (ours, theirs))
            for one, other in _pairs(*both):
                elements = sorted({*one, *other} - {*OURS_ALONE})
                found += [(f"{kind}.{e}", _plain(one.get(e)) == _plain(other.get(e))) for e in elements]
    return tuple(found)


def _argued() -> dict[str, str]:
    """`Type.element` -> the reason that the page gives."""
    _, _, section = PAGE.read_text().partition("## HL7 v2: a second opinion")
    found: dict[str, str] = {}
    for line in re.findall(r"(?m)^\|.*", section.split("\n## ")[0]):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for kind, elements in re.findall(r"`(\w+)\.([^`]+)`", cells[0]):
            found |= {f"{kind}.{element}": cells[-1] for element in elements.split()}
    return found


def test_every_difference_is_argued_and_no_argument_is_out_of_date() -> None:
    different = {element for element, same in _compared() if not same}
    argued = _argued()
    assert sorted(different - argued.keys()) == []
    assert sorted(argued.keys() - different) == []
    assert all(argued.values())


def test_both_agree_as_often_as_the_page_says() -> None:
    same = [element for element, agreed in _compared() if agreed]
    [count, elements] = re.findall(r"(\d+) values of (\d+) elements agree", PAGE.read_text())[0]
    assert (len(same), len({*same})) == (int(count), int(elements))


@pytest.mark.parametrize(
    "element",
    [
        "Patient.birthDate",
        "Patient.gender",
        "Encounter.status",
        "Encounter.class",
        "Practitioner.name",
        "ServiceRequest.intent",
        "DocumentReference.masterIdentifier",
        "Coverage.status",
        "AllergyIntolerance.code",
        "Observation.status",
    ],
)
def test_what_matters_most_is_the_same_in_all_messages(element: str) -> None:
    answers = [same for compared, same in _compared() if compared == element]
    assert answers
    assert all(answers)
