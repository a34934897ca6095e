"""One resource, pruned: which nodes of the tree go, and whether what is left still stands as FHIR."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from consent.labels import UNSTRUCTURED_TYPES
from consent.model import Resource
from consent.redact_names import NAMES_OF_A_SOURCE
from consent.redact_places import (
    ATTACHMENTS,
    FREE_TEXT,
    FREE_TEXT_OF,
    KEPT_EXTENSIONS,
    MAIN_CODES,
    MANDATORY,
    MANDATORY_WITHIN,
    NAMES_SOMEBODY,
    PEOPLE_AND_PLACES,
    is_complete,
)
from consent.redact_rules import (
    Walk,
    display_may_stay,
    escaped,
    is_bare_display,
    listed,
    may_refer,
    must_not_read,
    names_a_withheld_thing,
    target_of,
    tells,
    text_or_empty,
)
from consent.redact_whole import stays_whole

DEEPEST = 64
"""Levels of a resource that are looked at; whatever lies deeper goes."""

KEPT_META = frozenset({"lastUpdated", "profile", "security", "versionId"})
BRANCHES = frozenset({dict, list})
NO_REMOVALS: frozenset[str] = frozenset()
LEAVING = frozenset({"contained", "meta", "text"})
"""Root elements that go whatever they hold, or are put back when they were looked at on their own."""
LEAVING_OF = {kind: LEAVING | free for kind, free in FREE_TEXT_OF.items()}
WHOLE_DOCUMENTS = UNSTRUCTURED_TYPES | {"Communication", "Composition"}


class _Gone:
    """Stands for a node that was removed; never leaves this module."""


GONE: Final = _Gone()


def pruned(resource: Resource, walk: Walk) -> Resource | None:
    """`resource` without what must go, or None when what is left would be no valid FHIR."""
    if not _may_stand(resource, walk):
        return None
    inner: dict[str, Resource] = {}
    if not walk.is_inner and "contained" in resource:
        inner = _inner_resources(resource, walk)
        walk = walk._replace(inside=frozenset(inner))
    leaving = LEAVING if _may_read(walk) else LEAVING_OF.get(walk.kind, LEAVING)
    if _is_sensitive_source(resource, walk):
        leaving = leaving.union(NAMES_OF_A_SOURCE)
    left = {key: value for key, value in resource.items() if key not in leaving}
    is_whole = stays_whole(left, walk)
    if not is_whole:
        left = dict(_pruned_elements(left, walk))
    # a contained resource carries no labels and no version of its own (FHIR dom-4, dom-5)
    if "meta" in resource and not walk.is_inner:
        meta = _meta(resource["meta"], walk)
        if meta is not GONE:
            left["meta"] = meta
    if not is_whole or len(left) != len(resource) or "_meta" in left:
        _drop_unpaired(left, resource)
    if not is_complete(left, MANDATORY.get(walk.kind, ())):
        return None
    return _with_contained(left, inner) if inner else left


def left_whole(resource: Resource) -> Resource:
    """A resource of which only what always leaves the root has to go, where all labels may be told; itself where
    there is no such thing.
    """
    meta = resource.get("meta")
    is_kept = meta and isinstance(meta, dict) and KEPT_META.issuperset(meta) and all(meta.values())
    if "text" not in resource and (is_kept or "meta" not in resource):
        return resource
    left = {key: value for key, value in resource.items() if key not in LEAVING}
    if isinstance(meta, Mapping):
        kept = {key: value for key, value in meta.items() if key in KEPT_META and value}
        left |= {"meta": kept} if kept else {}
    return left


def _may_stand(resource: Resource, walk: Walk) -> bool:
    """False where a rule that nobody here knows would change the meaning, or where the id itself tells."""
    if "implicitRules" in resource or "modifierExtension" in resource:
        return False
    if walk.rules.knows:
        return True
    name = resource.get("id")
    return not isinstance(name, str) or not tells(name, walk) or _is_sensitive_source(resource, walk)


def _is_sensitive_source(resource: Resource, walk: Walk) -> bool:
    if not walk.rules.sources.references:
        return False
    prefix = "#" if walk.is_inner else f"{walk.kind}/"
    return f"{prefix}{resource.get('id')}" in walk.rules.sources.references


def _inner_resources(resource: Resource, walk: Walk) -> dict[str, Resource]:
    """Contained resources that may stay, pruned, by id; none of them refers to one that goes."""
    if "/contained" in walk.removals:
        return {}
    while True:
        found = dict(_inner_round(resource, walk))
        if found.keys() == walk.inside:
            return found
        walk = walk._replace(inside=frozenset(found))


def _inner_round(resource: Resource, walk: Walk) -> Iterator[tuple[str, Resource]]:
    for number, entry in enumerate(listed(resource.get("contained"))):
        if isinstance(entry, Mapping) and text_or_empty(entry.get("id")) in walk.inside:
            if f"/contained/{number}" in walk.removals:
                continue
            kind = str(entry.get("resourceType"))
            inner = walk._replace(kind=kind, removals=_below(walk.removals, number), is_inner=True)
            left = pruned(entry, inner)
            if left is not None:
                yield str(entry["id"]), left


def _below(removals: frozenset[str], number: int) -> frozenset[str]:
    prefix = f"/contained/{number}"
    return frozenset(place.removeprefix(prefix) for place in removals if place.startswith(prefix + "/"))


def _with_contained(left: dict[str, object], inner: Mapping[str, Resource]) -> Resource:
    """`left` with those of `inner` that it still refers to (FHIR dom-3), directly or through one another."""
    named: set[str] = set()
    waiting = list(_local_references(left))
    while waiting:
        name = waiting.pop()
        if name in inner and name not in named:
            named.add(name)
            waiting.extend(_local_references(inner[name]))
    if named:
        left["contained"] = [inner[name] for name in inner if name in named]
    return left


def _local_references(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        reference = node.get("reference")
        if isinstance(reference, str) and reference.startswith("#"):
            yield reference[1:]
        for value in node.values():
            yield from _local_references(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _local_references(value)


def _pruned_elements(elements: Mapping[str, object], walk: Walk) -> Iterator[tuple[str, object]]:
    apart = walk._replace(removals=NO_REMOVALS)
    touched = {place[1:].partition("/")[0] for place in walk.removals}
    for key, value in elements.items():
        step = escaped(key)
        if value.__class__ in BRANCHES and stays_whole({key: value}, walk if step in touched else apart):
            yield key, value
            continue
        kept = _node(key, value, f"/{step}", walk, 1)
        if kept is not GONE:
            yield key, kept


def _meta(value: object, walk: Walk) -> object:
    """`meta` without source and tags; without sensitivity labels where they would tell."""
    if not isinstance(value, Mapping) or "/meta" in walk.removals:
        return GONE
    left: dict[str, object] = {}
    removals = walk.removals
    for key in value:
        if key not in KEPT_META or (removals and any(p.startswith(f"/meta/{key}") for p in removals)):
            continue
        kept = value[key]
        if key == "security" and not walk.rules.knows:
            kept = [coding for coding in listed(kept) if not _is_sensitivity(coding, walk)]
        elif key == "profile" and not walk.rules.knows:
            kept = [profile for profile in listed(kept) if not tells(str(profile), walk)]
        if kept:
            left[key] = kept
    return left or GONE


def _is_sensitivity(coding: object, walk: Walk) -> bool:
    """Whether a label says what the record is about (anything but confidentiality and handling)."""
    code = coding.get("code") if isinstance(coding, Mapping) else None
    kind = walk.rules.tables.labels.kinds.get(text_or_empty(code), "sensitivity")
    return kind == "sensitivity" and code not in walk.rules.tables.labels.confidentiality


def _node(key: str, value: object, place: str, walk: Walk, depth: int) -> object:
    """`value` pruned, or GONE."""
    if place in walk.removals or depth > DEEPEST:
        return GONE
    if (key in FREE_TEXT or key in ATTACHMENTS) and not _may_read(walk):
        return GONE
    if isinstance(value, str):
        return GONE if must_not_read(key, value, walk) else value
    if isinstance(value, (dict, Mapping)):  # `dict` first: the abstract class alone costs five times as much
        return _branch(key, value, place, walk, depth)
    if isinstance(value, (list, tuple)):
        if key == "extension":
            value = [entry for entry in value if _is_known_extension(entry)]
        entries = [
            _node(key, entry, f"{place}/{number}", walk, depth + 1) for number, entry in enumerate(value)
        ]
        return [entry for entry in entries if not isinstance(entry, _Gone)] or GONE
    return value


def _is_known_extension(entry: object) -> bool:
    return isinstance(entry, Mapping) and text_or_empty(entry.get("url")) in KEPT_EXTENSIONS


def _branch(key: str, node: Mapping[str, object], place: str, walk: Walk, depth: int) -> object:
    if "modifierExtension" in node or ("div" in node and not walk.whole_text):
        return GONE
    if names_a_withheld_thing(key, node, place.split("/")[1] in MAIN_CODES, walk):
        return GONE
    reference = node.get("reference")
    if isinstance(reference, str):
        return _reference(node, reference, place, walk, depth)
    left: dict[str, object] = {}
    for child, value in node.items():
        kept = _node(child, value, f"{place}/{escaped(child)}", walk, depth + 1)
        if not isinstance(kept, _Gone):
            left[child] = kept
    # a number that had to go told who it is, and so does what stands beside it
    is_numbered = "identifier" in node and "identifier" not in left
    if is_bare_display(node) and (
        is_numbered or not (key in NAMES_SOMEBODY and display_may_stay(node, walk))
    ):
        left.pop("display", None)
    _drop_unpaired(left, node)
    if key == "identifier" and "value" in node and "value" not in left:
        return GONE
    if not is_complete(left, MANDATORY_WITHIN.get((walk.kind, key), ())):
        return GONE
    return left or GONE


def _reference(node: Mapping[str, object], reference: str, place: str, walk: Walk, depth: int) -> object:
    """The reference, with its display only where that names somebody the recipient may know; GONE if its
    target is.
    """
    if f"{place}/reference" in walk.removals or not may_refer(reference, node.get("type"), walk):
        return GONE
    left: dict[str, object] = {"reference": reference}
    sensitive = target_of(reference) in walk.rules.sources.references
    for child in ("type", "identifier"):
        if child in node and not (sensitive and child == "identifier"):
            kept = _node(child, node[child], f"{place}/{child}", walk, depth + 1)
            if not isinstance(kept, _Gone):
                left[child] = kept
    people = target_of(reference).split("/")[0] in PEOPLE_AND_PLACES or reference.startswith("#")
    shown = "display" in node and f"{place}/display" not in walk.removals
    shown = shown and ("identifier" in left or "identifier" not in node)
    if shown and people and not sensitive and display_may_stay(node, walk):
        left["display"] = node["display"]
    return left


def _may_read(walk: Walk) -> bool:
    return walk.rules.readable or walk.whole_text


def _drop_unpaired(left: dict[str, object], before: Mapping[str, object]) -> None:
    """Take out the twin of a primitive (`_given`) where either half lost an entry: their entries belong in
    pairs.
    """
    for twin in [key for key in left if key[:1] == "_"]:
        name = twin[1:]
        if left[twin] != before[twin] or (name in before and left.get(name) != before[name]):
            del left[twin]
