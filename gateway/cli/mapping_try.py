"""`handoff mapping try`: what became of each value of a file, side by side, and what a recipient would get."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from gateway.cli.tables import print_table
from gateway.clock import SystemClock
from mappings import Library, Mapping_, RenderRefused, TranslatedRecord, Translation, render, unpack_files

_NOTICE = {"notice": "The notice of the release stands here."}
HEADS = ("in the file", "what happens", "in FHIR", "row")
_SHOWN = 40
_PLAIN = ("csv", "xlsx", "json", "hl7v2")
"""Formats whose places are told from their addresses."""
_AS_TEXT = ("csv", "json", "hl7v2", "html", "ccda")


def print_tried(library: Library, records: Sequence[TranslatedRecord], form: str | None) -> None:
    """Each record: a line for each value of the file, issues, the account, and what a recipient would get."""
    for record in records:
        print(f"== {record.place or 'record'}")
        if record.translation is None:
            print(f"refused: {record.refusal}\n")
            continue
        own = library.mapping(
            str(record.translation.provenance["mapping"])
        )  # of a choice, the one that took it
        print_table(HEADS, _lines(own, record.translation))
        if record.translation.accounting.dropped:
            for row in own.rows("drop"):
                print(f"dropped by row {row.number}: {', '.join(row.addresses)} ({row.reason})")
        for issue in record.translation.issues:
            print(f"issue {issue.severity} {issue.code} at {issue.place}: {issue.message}")
        print(f"accounting: {record.translation.accounting.answer()}\n")
    for record in records:
        if record.translation is not None:
            target = library.mapping(form or str(record.translation.provenance["mapping"])).writing()
            print(f"-- what a recipient would get of {record.place or 'this record'}, as {target.id}")
            print(_received(target, record.translation))


def tried_answer(
    library: Library, records: Sequence[TranslatedRecord], form: str | None
) -> list[dict[str, object]]:
    """The same for scripts: for each record its lines, issues and account, and what a recipient would get, as text."""
    found: list[dict[str, object]] = []
    for record in records:
        if record.translation is None:
            found.append({"place": record.place, "error": str(record.refusal)})
            continue
        own = library.mapping(str(record.translation.provenance["mapping"]))
        target = library.mapping(form or own.id).writing()
        lines = _lines(own, record.translation)
        found.append(
            {
                "place": record.place,
                "lines": [dict(zip(HEADS, line, strict=True)) for line in lines],
                "issues": [issue.answer() for issue in record.translation.issues],
                "accounting": record.translation.accounting.answer(),
                "written as": target.id,
                "received": _received(target, record.translation),
            }
        )
    return found


def _lines(mapping: Mapping_, translation: Translation) -> list[tuple[str, str, str, str]]:
    """One line a value and place in FHIR, in the order of the file; then what the mapping itself says.

    What a value only decides (an id, whether something is there) is one line for all of it.
    """
    lines: dict[str, list[tuple[str, str, str, str]]] = {}
    decided: dict[str, list[str]] = {}
    own: list[tuple[str, str, str, str]] = []
    roles = {made: role for role, ids in translation.roles.items() for made in ids}
    made = {f"{one['resourceType']}/{one['id']}": one for one in translation.resources}
    sources = {str(row.number): row.addresses for row in mapping.rows("map")}
    for row in translation.lineage:
        reference, _, path = row.output.partition("#")
        role = roles.get(reference.partition("/")[2], reference)
        home = f"{role}.{path}{_shown(_value_at(made.get(reference), path), ' = ')}"
        number = row.row.rpartition(":")[2]
        for place in row.inputs:
            if mapping.format in _PLAIN and not _names(sources.get(number, ()), place):
                decided.setdefault(place, []).append(role)
            else:
                lines.setdefault(place, []).append((place, "mapped", home, number))
        if not row.inputs:
            own.append(("", "said by the mapping", home, number))
    for name in ("carried", "unmapped"):
        kept = translation.complement.get(name)
        for place, value in kept.items() if isinstance(kept, dict) else ():
            why, number = _reason(mapping, place)
            lines.setdefault(place, []).append((place, name, f"{_shown(value)} {why}".strip(), number))
    for place, told in decided.items():
        for_ = ", ".join(f"{count} of {role}" for role, count in Counter(told).items())
        lines.setdefault(place, []).append((place, "decides", f"(ids, or what is there: {for_})", ""))
    return [line for place in sorted(lines, key=_order) for line in lines[place]] + own


def _names(addresses: Sequence[str], place: str) -> bool:
    """Whether one of a row's addresses is this place, part of it, or around it."""
    bare = _bare(place)
    for name in map(_bare, addresses):
        if name == bare or bare.startswith((name + ".", name + "-")) or name.startswith(bare + "."):
            return True
    return False


def _bare(place: str) -> str:
    """A place or address without numbers and conditions: `OBX[2]-5`, `row 2 column DOB` -> `OBX-5`, `DOB`."""
    return re.sub(r"\[[^\]]*\]", "", place.rpartition(" column ")[2])


def _value_at(resource: Mapping[str, object] | None, path: str) -> object:
    """What stands at a path of a resource such as `name[0].given[1]`; None where nothing does."""
    found: object = resource
    for name, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, (list, tuple)) and number:
            found = found[int(number)] if int(number) < len(found) else None
    return found


def _shown(value: object, before: str = "") -> str:
    """A value as far as a line holds it; nothing of what is no value."""
    if value is None or isinstance(value, (dict, list, tuple)):
        return ""
    text = " ".join(str(value).split())
    return before + (text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _order(place: str) -> list[tuple[int, str]]:
    """Places as a person sorts them: row 10 behind row 9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", place)]


def _reason(mapping: Mapping_, place: str) -> tuple[str, str]:
    """Why a value stays, and the row that says so."""
    for row in mapping.rows("carry"):
        if _names(row.addresses, place):
            return f"({row.reason})", str(row.number)
    return "", ""


def _received(mapping: Mapping_, translation: Translation) -> str:
    """The bytes of a release of everything, with an empty complement; for a mapping that only reads, the resources."""
    if mapping.direction == "in":
        counts = Counter(str(resource["resourceType"]) for resource in translation.resources)
        kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        return f"FHIR resources, as far as consent lets them go: {kinds}. This format is not written.\n"
    try:
        made = render(
            mapping,
            translation.resources,
            at=SystemClock().now(),
            control_id="1",
            zone=None,
            settings=_NOTICE,
        )
    except RenderRefused as refused:
        return f"nothing: {refused}\n"
    if mapping.format == "csv_set":
        files = unpack_files(made.content)
        return "\n".join(f"{name}.csv\n{content.decode()}" for name, content in files.items())
    if mapping.format in _AS_TEXT:
        return made.content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return f"a file of {len(made.content)} bytes ({made.media_type})\n"
