"""The laws of a mapping (mapping-language.md section 4), tried on one source. Used by `mapping check` and the tests.

Each function gives the faults it found as (code, place) pairs; nothing found means the law holds there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mappings.altering import altered
from mappings.library import Mapping_
from mappings.model import RenderRefused, Translation, TranslationRefused
from mappings.placing import flat
from mappings.render import render
from mappings.rows import all_groups
from mappings.syntax import fhir_json
from mappings.syntax.ccda import counted_leaves
from mappings.syntax.hl7v2 import read_messages, split
from mappings.syntax.hl7v2_tree import V2Tree
from mappings.syntax.json_tree import json_leaves
from mappings.syntax.set_records import read_records
from mappings.syntax.sheets import SHEETS
from mappings.translate import json_records, translate

_STRUCTURE = (
    *("/@root", "/@code", "/@codeSystem", "/@typeCode", "/@classCode", "/@moodCode", "/@nullFlavor"),
    *("/@negationInd", "/@inversionInd", "/@operator"),
)
"""Leaves of a document by which rows find their values."""
_COUNTED = ("/templateId/@root", "/@typeCode")
"""Leaves that make an element one of a group: with another value it is none, and those behind it move up."""
Fault = tuple[str, str]
_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_KEY = b"law"
_ENVELOPE = ("MSH-7", "MSH-9", "MSH-18")
"""Places by which a message is recognised: with a mark in them it is refused, not translated."""


def leaves_of(mapping: Mapping_, source: bytes) -> dict[str, Any]:
    """Every leaf of a source with one record, by place, with no knowledge of the mapping."""
    if mapping.format == "hl7v2":
        return dict(V2Tree(split(read_messages(source)[0])).leaves())
    if mapping.format == "fhir":
        return dict(fhir_json.read_records(source, mapping.file.root_type, {})[0][1]().leaves())
    if mapping.format == "csv_set":
        keys = mapping.file.record_key
        return dict(read_records(source, mapping.file.files, keys)[0].make().leaves())  # type: ignore[arg-type]
    if mapping.format in SHEETS:
        _, rows = SHEETS[mapping.format].read_records(source, mapping.file.layout)
        return dict(next(iter(rows))[1]().leaves())
    if mapping.format == "ccda":
        return dict(counted_leaves(source))
    return json_leaves(json_records(mapping, source)[0][1])


def conservation(translation: Translation, leaves: int) -> list[Fault]:
    """Every leaf in exactly one class; none unmapped."""
    found = translation.accounting
    faults: list[Fault] = []
    if (
        found.mapped + found.carried + found.dropped + found.unmapped != found.leaves
        or found.leaves != leaves
    ):
        faults.append(("CONSERVATION", translation.business_key and "record"))
    unmapped = translation.complement.get("unmapped")
    if isinstance(unmapped, Mapping):
        faults += [("UNMAPPED", place) for place in unmapped]
    return faults


def traced(translation: Translation) -> list[Fault]:
    """Every output leaf has a row of lineage, and every input it names is a leaf of the source."""
    known = {row.output for row in translation.lineage}
    faults: list[Fault] = []
    for resource in translation.resources:
        reference = f"{resource['resourceType']}/{resource['id']}"
        for path in flat(resource, ""):
            if path != "resourceType" and f"{reference}#{path}" not in known:
                faults.append(("UNTRACED", f"{resource['resourceType']}.{path}"))
    return faults


def round_trip(mapping: Mapping_, source: bytes, translation: Translation, zone: str | None) -> list[Fault]:
    """GetPut and PutGet for a mapping of both directions."""
    if mapping.direction != "both":
        return []
    try:
        back = render(
            mapping,
            translation.resources,
            at=_AT,
            control_id="1",
            zone=zone,
            complement=translation.complement,
        )
    except RenderRefused as refusal:
        return [("GET_PUT_REFUSED", refusal.place or refusal.code)]
    before, after = leaves_of(mapping, source), leaves_of(mapping, back.content)
    named = {place for row in translation.lineage for place in row.inputs}
    kept = {*named, *_places(translation, "carried"), *_places(translation, "unmapped")}
    faults = [("GET_PUT", p) for p, raw in before.items() if p in kept and after.get(_row(p, after)) != raw]
    own = _constants(mapping)
    faults += [
        ("GET_PUT_EXTRA", p) for p, raw in after.items() if _row(p, before) not in before and raw not in own
    ]
    again = translate(mapping, back.content, partner="law", id_key=_KEY, zone=zone)
    first = translate(mapping, source, partner="law", id_key=_KEY, zone=zone)
    if again.resources != first.resources:
        faults.append(("PUT_GET", "record"))
    return faults


def _constants(mapping: Mapping_) -> set[str]:
    """The parts of the constants that the mapping itself writes."""
    return {
        part
        for group in all_groups(mapping.file.root)
        for row in group.rows
        if row.verb == "local"
        for part in str(row.value).split("^")
    }


def _places(translation: Translation, name: str) -> set[str]:
    found = translation.complement.get(name)
    return set(found) if isinstance(found, Mapping) else set()


def _row(place: str, leaves: Mapping[str, Any]) -> str:
    """The same cell in another row number: a file of one row has it as row 2."""
    if not place.startswith("row "):
        return place
    numbers = {other.split(" ", 2)[1] for other in leaves if other.startswith("row ")}
    return place if not numbers else f"row {min(numbers)} {place.split(' ', 2)[2]}"


def _recognises(mapping: Mapping_, place: str) -> bool:
    """Whether a source is recognised by what stands here: altered, it is refused, not translated."""
    if mapping.format == "ccda":
        return place.endswith(_STRUCTURE)
    versions = [(file.name, file.version[0]) for file in mapping.file.files.files if file.version[0]]
    return place.startswith(_ENVELOPE) or any(
        place.startswith(f"{name}.csv ") and place.endswith(f" column {column}") for name, column in versions
    )


def no_resurrection(
    mapping: Mapping_, source: bytes, translation: Translation, zone: str | None
) -> list[Fault]:
    """A disclosure (empty complement) holds nothing of what was carried, unmapped or dropped.

    Tried with a mark in every such leaf, so that a value the resources say as well is not taken for one.
    """
    if mapping.direction == "in":
        return []
    named = {place for row in translation.lineage for place in row.inputs}
    hidden = [
        place
        for place, raw in leaves_of(mapping, source).items()
        if place not in named and isinstance(raw, str) and not _recognises(mapping, place)
    ]
    marks = {place: f"ZQ{index}QZ" for index, place in enumerate(hidden)}
    changed = altered(mapping.format, source, marks, mapping.file.layout)
    marked = translate(mapping, changed, partner="law", id_key=_KEY, zone=zone)
    try:
        content = render(mapping, marked.resources, at=_AT, control_id="1", zone=zone).content
    except RenderRefused as refusal:
        return [("RENDER_REFUSED", refusal.place or refusal.code)]
    return [("RESURRECTED", place) for place, mark in marks.items() if mark.encode() in content]


def _joins(mapping: Mapping_, place: str) -> bool:
    """Whether what stands here makes an element or row part of a record: altered, it is another one's or none's."""
    files = {file.name: file for file in mapping.file.files.files}
    keys = {(f.source, f.its) for f in files.values()} | {
        (files[f.owner].source, f.by) for f in files.values() if f.owner
    }
    file, _, rest = place.partition(".csv row ")
    return place.endswith(_COUNTED) or (file, rest.partition(" column ")[2]) in keys


def lineage_misses(
    mapping: Mapping_, source: bytes, zone: str | None, every: int = 1
) -> tuple[int, list[Fault]]:
    """Change each leaf (or `every` so-manieth) alone: outputs that change without naming it, behind the number of
    changes tried."""
    base = translate(mapping, source, partner="law", id_key=_KEY, zone=zone)
    inputs = {row.output: set(row.inputs) for row in base.lineage}
    plain = _by_role(base)
    tried, faults = 0, []
    leaves = [(p, raw) for p, raw in leaves_of(mapping, source).items() if not _joins(mapping, p)]
    for place, raw in leaves[::every]:
        for change in _changes(raw):
            try:
                other = translate(
                    mapping,
                    altered(mapping.format, source, {place: change}, mapping.file.layout),
                    partner="law",
                    id_key=_KEY,
                    zone=zone,
                )
            except TranslationRefused:
                continue
            tried += 1
            now = _by_role(other)
            for name, (output, value) in plain.items():
                if now.get(name, ("", None))[1] != value and place not in inputs.get(output, ()):
                    faults.append(("LINEAGE", f"{place} changes {name}"))
    return tried, faults


def _changes(raw: Any) -> tuple[Any, ...]:
    text = str(raw)
    return (text[:-1] + ("7" if text[-1:] != "7" else "8"), text + "Q")


def _by_role(translation: Translation) -> dict[str, tuple[str, Any]]:
    """Output leaves by role and path, so that a changed id does not hide the rest; references by their role."""
    names: dict[str, str] = {}
    for role, ids in translation.roles.items():
        for number, made in enumerate(ids):
            names[made] = f"{role}/{number}"
    found: dict[str, tuple[str, Any]] = {}
    for resource in translation.resources:
        reference = f"{resource['resourceType']}/{resource['id']}"
        for path, value in flat({k: v for k, v in resource.items() if k != "resourceType"}, "").items():
            output = f"{reference}#{path}"
            found[f"{names[str(resource['id'])]}#{path}"] = (output, value)
    return found
