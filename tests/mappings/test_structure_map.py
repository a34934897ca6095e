"""The export as StructureMap: FHIR R4, each row said or named as not said, and true to what a translation does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from fhir.resources.R4B.structuremap import StructureMap

from gateway.cli.mapping_commands import mapping_export
from gateway.flows.library import open_library
from mappings import MappingRoomError, translate
from mappings.concept_map import read_concept_map
from mappings.placing import flat
from mappings.rows import all_groups
from mappings.structure_map import Direction
from mappings.syntax.csv_rows import read_rows

BOTH: tuple[Direction, ...] = ("in", "out")
EVERY = [
    (mapping_id, direction)
    for mapping_id in open_library().ids()
    for direction in BOTH
    if open_library().mapping(mapping_id).direction in (direction, "both")
]
Rule = dict[str, Any]


def _rules(rule: Rule) -> Iterator[Rule]:
    yield rule
    for inner in rule.get("rule", ()):
        yield from _rules(inner)


def _unseen(rule: Rule, seen: frozenset[str], groups: set[str]) -> Iterator[str]:
    """Variables and groups that are used where nobody has named them."""
    for source in rule["source"]:
        yield from {source["context"]} - seen
        seen |= {source.get("variable", "")}
        yield from set(re.findall(r"%([\w-]+)", source.get("condition", ""))) - seen
    for target in rule.get("target", ()):
        yield from (
            {target["context"]} | {p["valueId"] for p in target.get("parameter", ()) if "valueId" in p}
        ) - seen
        seen |= {target.get("variable", "")}
    for call in rule.get("dependent", ()):
        yield from ({call["name"]} - groups) | (set(call["variable"]) - seen)
    for inner in rule.get("rule", ()):
        yield from _unseen(inner, seen, groups)


@pytest.mark.parametrize(("mapping_id", "direction"), EVERY)
def test_an_export_is_fhir_and_says_or_names_every_row(mapping_id: str, direction: Direction) -> None:
    mapping = open_library().mapping(mapping_id)
    found: Rule = mapping.structure_map(direction)
    StructureMap.model_validate(json.loads(json.dumps(found, default=str)))
    [record] = found["group"][0]["rule"]
    groups = {group["name"] for group in found["group"]}
    assert list(_unseen(record, frozenset({"source", "target"}), groups)) == []
    said = {int(rule["name"][3:]) for rule in _rules(record) if rule["name"].startswith("row")}
    said |= {int(number) for number in re.findall(r"(?<=[ ,])\d+(?=[,;.])", found["description"])}
    rows = {
        row.number
        for group in all_groups(mapping.file.root)
        for row in group.rows
        if direction == "in" or row.target
    }
    silent = {  # a constant of the agency's own file has no part in the way in
        row.number
        for group in all_groups(mapping.file.root)
        for row in group.rows
        if row.verb in ("local", "setting")
    }
    assert rows - said - (silent if direction == "in" else set()) == set()


def test_the_other_direction_of_a_mapping_for_one_is_refused() -> None:
    with pytest.raises(MappingRoomError, match="DIRECTION_IN"):
        open_library().mapping("hospital/orm_o01").structure_map("out")
    with pytest.raises(MappingRoomError, match="DIRECTION_OUT"):
        open_library().mapping("community/care_plan_sheet").structure_map("in")


def _holds(condition: str, row: dict[str, str]) -> bool:
    """A condition of an export on one row of a sheet."""
    while ").not()" in condition:
        end = condition.index(").not()")
        start, depth = end, 1
        while depth:
            start -= 1
            depth += {")": 1, "(": -1}.get(condition[start], 0)
        condition = f"{condition[:start]}(not {condition[start : end + 1]}){condition[end + 7 :]}"
    text = re.sub(r"%source\.`([^`]+)`\.exists\(\)", r"bool(row['\1'])", condition)
    text = re.sub(
        r"%source\.`([^`]+)` in \(([^)]*)\)",
        lambda m: f"row[{m[1]!r}] in ({m[2].replace(' | ', ',')},)",
        text,
    )
    return bool(eval(text, {"row": row}))


def _run(rule: Rule, known: dict[str, Any], row: dict[str, str], tables: dict[str, Any]) -> None:
    """What a rule does, by FHIR's rules for copy, create, reference and translate; lenses are left alone."""
    known = dict(known)
    for source in rule["source"]:
        if "condition" in source and not _holds(source["condition"], row):
            return
        if "element" in source:
            if not row[source["element"]]:
                return
            known[source["variable"]] = row[source["element"]]
    for target in rule.get("target", ()) if "dependent" not in rule else ():
        parameters = [
            known[p["valueId"]] if "valueId" in p else next(iter(p.values()))
            for p in target.get("parameter", ())
        ]
        value: Any = {}
        if target.get("transform") == "create":
            value = {"resourceType": parameters[0]}
        elif target.get("transform") == "reference":
            value = {"reference": parameters[0]["resourceType"]}
        elif target.get("transform") == "translate":
            value = tables[parameters[1]].forward[parameters[0]][0].code
            value = value if parameters[2] == "code" else {"coding": [{"code": value}]}
        elif target.get("transform") == "copy":
            value = parameters[0]
        known[target["context"]].setdefault(target["element"], []).append(value)
        if "variable" in target:
            known[target["variable"]] = value
    for inner in rule.get("rule", ()):
        _run(inner, known, row, tables)


def test_what_an_export_says_is_what_a_translation_does() -> None:
    mapping = open_library().mapping("housing/referral_csv")
    formats = files("mappings") / "formats"
    source = (formats / "housing/referral_csv/samples/referrals.csv").read_bytes()
    found = [formats / folder / "concept_maps" for folder in ("vocabulary", "housing/referral_csv")]
    read = [read_concept_map(file.read_bytes(), file.name) for folder in found for file in folder.iterdir()]
    tables = {table.url: table for table in read}
    header, rows = read_rows(source)
    compared = 0
    for number, cells in rows:
        one = b"\n".join([source.splitlines()[0], source.splitlines()[number - 1]])
        made = {
            str(r["resourceType"]): r
            for r in translate(mapping, one, partner="p", id_key=b"k", zone=None).resources
        }
        bundle: dict[str, Any] = {}
        exported: Rule = mapping.structure_map("in")
        [record] = exported["group"][0]["rule"]
        _run(record, {"source": {}, "target": bundle}, dict(zip(header, cells, strict=True)), tables)
        for entry in bundle["entry"]:
            [resource] = entry["resource"]
            ours = {
                re.sub(r"\[\d+\]", "", path): value
                for path, value in flat(made[resource["resourceType"]], "").items()
            }
            for path, value in flat(resource, "").items():
                told = ours[re.sub(r"\[\d+\]", "", path)]
                assert told == value or str(told).startswith(f"{value}/") or path.endswith("code"), path
                compared += 1
    assert compared > 10 * len(rows)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert mapping_export("housing/referral_csv") == 0
    assert json.loads(capsys.readouterr().out)["url"] == "urn:warm-handoff:mapping:housing:referral_csv:in"
    assert mapping_export("housing/referral_csv", out=True) == 0
    assert json.loads(capsys.readouterr().out)["url"].endswith(":out")
    assert mapping_export("hospital/orm_o01", out=True) == 1
    assert "DIRECTION_IN" in capsys.readouterr().err
