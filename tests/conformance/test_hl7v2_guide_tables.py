"""Our rows beside the tables of the HL7 v2-to-FHIR guide: which of them we follow, and which not, field by field.

The page `disagreements.md` lists for each segment what is not followed; the list and the counts are held to the rows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.flows.library import open_library
from mappings.compile_conditions import condition_addresses
from mappings.rows import EVERY_ROLE, MappingFile, Row, all_groups
from mappings.syntax.hl7v2_tree import V2Address

TABLES = Path(__file__).parents[2].parent / "shared/samples/v2-to-fhir-ig-tables/segments"
PAGE = Path(__file__).with_name("disagreements.md")
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.requirement("V2-01"),
    pytest.mark.skipif(not TABLES.is_dir(), reason="the guide's tables are not beside the checkout"),
]
READ_BY = {
    "PID Patient": "hospital/adt_a01",
    "PD1 Patient": "hospital/adt_a01",
    "PV1 Encounter": "hospital/adt_a01",
    "PV2 Encounter": "hospital/adt_a01",
    "NK1 RelatedPerson": "hospital/adt_a01",
    "IN1 Coverage": "hospital/adt_a01",
    "DG1 Condition": "hospital/adt_a01",
    "AL1 AllergyIntolerance": "hospital/adt_a01",
    "ORC ServiceRequest": "hospital/orm_o01",
    "OBR ServiceRequest": "hospital/orm_o01",
    "TQ1 ServiceRequest": "hospital/orm_o01",
    "OBR DiagnosticReport": "hospital/oru_r01",
    "OBX Observation": "hospital/oru_r01",
    "TXA DocumentReference": "hospital/mdm_t02",
    "SCH Appointment": "hospital/siu_s12",
}
Pair = tuple[str, str]
"""A field and the element of the resource that it goes to."""


class Compared(NamedTuple):
    """One table of the guide: the pairs that we have as well, and those that we have not."""

    same: list[Pair]
    missing: list[Pair]


def _guide(table: str) -> list[Pair]:
    """The pairs of a table; what it only says in words is left out."""
    segment, kind = table.split(" ")
    found: dict[Pair, None] = {}
    for path in sorted(TABLES.glob(f"*__{segment}[[]{kind}[]]*")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for cells in csv.reader(file):
                element = re.match(r"[A-Za-z]+", cells[9].strip()) if len(cells) > 9 else None
                if element is not None and re.fullmatch(rf"{segment}-\d+", cells[1]):
                    found[cells[1], element[0]] = None
    return list(found)


def _fields(row: Row) -> Iterator[str]:
    addresses = row.sources if row.verb == "map" else condition_addresses(row.when)
    for address in addresses:
        if isinstance(address, V2Address):
            yield f"{address.segment}-{address.field}"


def _ours(file: MappingFile, kind: str) -> set[Pair]:
    """The pairs of our rows: into the resource itself, or into one that it refers to by the element."""
    rows = [row for group in all_groups(file.root) for row in group.rows if row.target is not None]
    roles = {name for name, found in file.types.items() if found == kind} | {EVERY_ROLE}
    referred: dict[str, set[str]] = {}
    for row in rows:
        if row.verb == "ref" and row.target and row.target.role in roles:
            referred.setdefault(row.role, set()).add(row.target.steps[0].name)
    found: set[Pair] = set()
    for row in rows:
        if row.verb in ("map", "const") and row.target is not None:
            own = {row.target.steps[0].name} if row.target.role in roles else set()
            elements = own | referred.get(row.target.role, set())
            found |= {(field, element) for field in _fields(row) for element in elements}
    return found


def _compared(table: str) -> Compared:
    guide = _guide(table)
    ours = _ours(open_library().mapping(READ_BY[table]).file, table.split(" ")[1])
    return Compared([pair for pair in guide if pair in ours], [pair for pair in guide if pair not in ours])


def _page() -> dict[str, list[str]]:
    """Table -> its cells on the page: how many are followed, which fields are not, why."""
    _, _, section = PAGE.read_text().partition("## HL7 v2: the guide's tables")
    lines = re.findall(r"(?m)^\| `(\w+ \w+)` \|(.*)\|$", section.split("\n## ")[0])
    return {table: [cell.strip() for cell in rest.split("|")] for table, rest in lines}


def test_every_table_stands_on_the_page() -> None:
    assert list(_page()) == list(READ_BY)


@pytest.mark.parametrize("table", READ_BY)
def test_the_rows_of_the_guide_that_we_do_not_follow_are_argued(table: str) -> None:
    followed, fields, reason = _page()[table]
    found = _compared(table)
    assert found.same
    assert followed == f"{len(found.same)} of {len(found.same) + len(found.missing)}"
    assert fields.split() == list(dict.fromkeys(field.partition("-")[2] for field, _ in found.missing))
    assert reason
