"""FHIR R4 ConceptMap, as the only kind of code table. Read from JSON bytes; used in both directions.

Forward: a local code gives its targets in the order of the file (several targets only where the element takes
several, as for labels). Backward: where several local codes share a target, exactly one of them must be marked
`equal` or `equivalent`; that one is written. Otherwise a row that could be written back refuses the table (label rows,
which have no way back, may use it): a guess in either direction is worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from mappings.model import MappingFileError

_EXACT = frozenset({"equal", "equivalent"})


class Concept(NamedTuple):
    """A code in its system."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class ConceptMap:
    """One table. `forward` by local code, `backward` by target code; `fallback` is `group.unmapped`."""

    url: str
    name: str
    source_system: str
    forward: Mapping[str, tuple[Concept, ...]]
    backward: Mapping[str, Concept]
    keep_unmapped: bool
    fallback: tuple[Concept, ...]
    unclear: tuple[str, ...] = ()
    """Target codes that several local codes share without a preferred one: good for one direction only."""

    def targets(self, code: str) -> tuple[Concept, ...]:
        """The targets of a local code; empty when the table does not know it (never a guess)."""
        found = self.forward.get(code)
        if found is not None:
            return found
        if self.keep_unmapped:
            return (Concept("", code, ""),)
        return self.fallback

    def local(self, code: str) -> Concept | None:
        """The local code to write for a target code, or None."""
        found = self.backward.get(code)
        if found is None and self.keep_unmapped:
            return Concept(self.source_system, code, "")
        return found


def read_concept_map(content: bytes, file: str) -> ConceptMap:
    """The table in a ConceptMap resource. Raises MappingFileError naming the file and the code."""
    try:
        resource = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise MappingFileError(
            "CONCEPT_MAP_UNREADABLE", f"no JSON: {error.msg}", file, error.lineno
        ) from None
    if not isinstance(resource, dict) or resource.get("resourceType") != "ConceptMap":
        raise MappingFileError("CONCEPT_MAP_WRONG", "not a FHIR R4 ConceptMap", file)
    forward: dict[str, tuple[Concept, ...]] = {}
    claims: dict[str, list[tuple[Concept, str]]] = {}
    keep, source = False, ""
    fallback: tuple[Concept, ...] = ()
    for group in resource.get("group", ()):
        source = source or str(group.get("source", ""))
        for code, targets in _read_group(group, file, claims).items():
            forward[code] = forward.get(code, ()) + targets
        keep, fallback = _read_unmapped(group, keep, fallback)
    name = str(resource.get("name") or resource.get("id") or "")
    backward = {code: found for code, claimed in claims.items() if (found := _preferred(claimed)) is not None}
    unclear = tuple(code for code in claims if code not in backward)
    url = str(resource.get("url", ""))
    return ConceptMap(url, name, source, forward, backward, keep, fallback, unclear)


def _read_group(
    group: Mapping[str, Any], file: str, claims: dict[str, list[tuple[Concept, str]]]
) -> dict[str, tuple[Concept, ...]]:
    forward: dict[str, tuple[Concept, ...]] = {}
    source, target_system = str(group.get("source", "")), str(group.get("target", ""))
    for element in group.get("element", ()):
        code = str(element.get("code", ""))
        if code in forward:
            raise MappingFileError("CODE_TWICE", f"code `{code}` appears twice", file)
        targets: list[Concept] = []
        for target in element.get("target", ()):
            if target.get("equivalence") in ("unmatched", "disjoint") or not target.get("code"):
                continue
            system = str(target.get("system") or target_system)
            targets.append(Concept(system, str(target["code"]), str(target.get("display", ""))))
            local = Concept(source, code, str(element.get("display", "")))
            claims.setdefault(str(target["code"]), []).append((local, str(target.get("equivalence", ""))))
        forward[code] = tuple(targets)
    return forward


def _read_unmapped(
    group: Mapping[str, Any], keep: bool, fallback: tuple[Concept, ...]
) -> tuple[bool, tuple[Concept, ...]]:
    unmapped = group.get("unmapped")
    if not unmapped:
        return keep, fallback
    if unmapped.get("mode") == "provided":
        return True, fallback
    if unmapped.get("mode") == "fixed":
        system, code = str(group.get("target", "")), str(unmapped.get("code", ""))
        return keep, (Concept(system, code, str(unmapped.get("display", ""))),)
    return keep, fallback


def _preferred(claimed: list[tuple[Concept, str]]) -> Concept | None:
    if len(claimed) == 1:
        return claimed[0][0]
    exact = [local for local, equivalence in claimed if equivalence in _EXACT]
    return exact[0] if len(exact) == 1 else None
