"""One resource, pruned: which nodes of the tree go, and whether what is left still stands as FHIR."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from consent.labels import UNSTRUCTURED_TYPES
from consent.model import Resource
from consent.redact_names import NAMES_OF_A_SOURCE, SUD_LABELS, SensitiveSources
from consent.redact_places import (
    ATTACHMENTS,
    FREE_TEXT,
    FREE_TEXT_OF,
    KEPT_EXTENSIONS,
    MAIN_CODES,
    MANDATORY,
    MANDATORY_WITHIN,
    NAMES_SOMEBODY,
    OPEN_TYPES,
    PEOPLE_AND_PLACES,
    is_complete,
)
from consent.tables import Tables

DEEPEST = 64
"""Levels of a resource that are looked at; whatever lies deeper goes."""

KEPT_META = frozenset({"lastUpdated", "profile", "security", "versionId"})
NOT_SWEPT = frozenset(
    {"contentType", "id", "lastUpdated", "reference", "resourceType", "system", "url", "versionId"}
)
WHOLE_DOCUMENTS = UNSTRUCTURED_TYPES | {"Communication", "Composition"}


class _Gone:
    """Stands for a node that was removed; never leaves this module."""


GONE: Final = _Gone()


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every resource of one release.

    `asked` and `shown`: references in the question, and those that are released. `sources`: people and
    places to keep back (none, when the recipient `knows`). `codes`, `texts`: by what the withheld records
    are known. `classes`: what the deciding consents are limited to (empty: not limited). `readable`: free
    text may stay (own organisation, the patient).
    """

    patient: str
    asked: frozenset[str]
    shown: frozenset[str]
    sources: SensitiveSources
    codes: frozenset[tuple[str, str]]
    texts: frozenset[str]
    classes: frozenset[str]
    knows: bool
    readable: bool
    tables: Tables


@dataclass(frozen=True, slots=True)
class Walk:
    """What holds for one resource: its type, its labels, contained ids that stay, pointers that go."""

    rules: Rules
    kind: str
    labels: frozenset[str]
    removals: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    whole_text: bool = False
    is_inner: bool = False


def pruned(resource: Resource, walk: Walk) -> Resource | None:
    """`resource` without what must go, or None when what is left would be no valid FHIR."""
    if not _may_stand(resource, walk):
        return None
    inner: dict[str, Resource] = {}
    if not walk.is_inner:
        inner = _inner_resources(resource, walk)
        walk = replace(walk, inside=frozenset(inner))
    left: dict[str, object] = {}
    nameless = _is_sensitive_source(resource, walk)
    for key, value in resource.items():
        # a contained resource carries no labels and no version of its own (FHIR dom-4, dom-5)
        if key == "contained" or (nameless and key in NAMES_OF_A_SOURCE) or (walk.is_inner and key == "meta"):
            continue
        kept = _root_element(key, value, walk)
        if not isinstance(kept, _Gone):
            left[key] = kept
    _drop_unpaired(left, resource)
    if not is_complete(left, MANDATORY.get(walk.kind, ())):
        return None
    return _with_contained(left, inner)


def _may_stand(resource: Resource, walk: Walk) -> bool:
    """False where a rule that nobody here knows would change the meaning, or where the id itself tells."""
    if "implicitRules" in resource or "modifierExtension" in resource:
        return False
    name = resource.get("id")
    return (
        walk.rules.knows
        or not isinstance(name, str)
        or not _tells(name, walk)
        or _is_sensitive_source(resource, walk)
    )


def _is_sensitive_source(resource: Resource, walk: Walk) -> bool:
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
        walk = replace(walk, inside=frozenset(found))


def _inner_round(resource: Resource, walk: Walk) -> Iterator[tuple[str, Resource]]:
    for number, entry in enumerate(_listed(resource.get("contained"))):
        if isinstance(entry, Mapping) and _text(entry.get("id")) in walk.inside:
            if f"/contained/{number}" in walk.removals:
                continue
            kind = str(entry.get("resourceType"))
            inner = replace(walk, kind=kind, removals=_below(walk.removals, number), is_inner=True)
            left = pruned(entry, inner)
            if left is not None:
                yield str(entry["id"]), left


def _below(removals: frozenset[str], number: int) -> frozenset[str]:
    prefix = f"/contained/{number}"
    return frozenset(place.removeprefix(prefix) for place in removals if place.startswith(prefix + "/"))


def _with_contained(left: dict[str, object], inner: Mapping[str, Resource]) -> Resource:
    """`left` with those of `inner` that it still refers to (FHIR dom-3), directly or through one another."""
    if not inner:
        return left
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


def _root_element(key: str, value: object, walk: Walk) -> object:
    if key == "text" or (key in FREE_TEXT_OF.get(walk.kind, ()) and not _may_read(walk)):
        return GONE
    if key == "meta":
        return _meta(value, walk)
    return _node(key, value, f"/{_escaped(key)}", walk, 1)


def _meta(value: object, walk: Walk) -> object:
    """`meta` without source and tags; without sensitivity labels where they would tell."""
    if not isinstance(value, Mapping) or "/meta" in walk.removals:
        return GONE
    left: dict[str, object] = {}
    for key in value:
        if key not in KEPT_META or any(place.startswith(f"/meta/{key}") for place in walk.removals):
            continue
        kept = value[key]
        if key == "security" and not walk.rules.knows:
            kept = [coding for coding in _listed(kept) if not _is_sensitivity(coding, walk)]
        elif key == "profile" and not walk.rules.knows:
            kept = [profile for profile in _listed(kept) if not _tells(str(profile), walk)]
        if kept:
            left[key] = kept
    return left or GONE


def _is_sensitivity(coding: object, walk: Walk) -> bool:
    """Whether a label says what the record is about (anything but confidentiality and handling)."""
    code = coding.get("code") if isinstance(coding, Mapping) else None
    kind = walk.rules.tables.labels.kinds.get(_text(code), "sensitivity")
    return kind == "sensitivity" and code not in walk.rules.tables.labels.confidentiality


def _node(key: str, value: object, place: str, walk: Walk, depth: int) -> object:
    """`value` pruned, or GONE."""
    if place in walk.removals or depth > DEEPEST:
        return GONE
    if (key in FREE_TEXT or key in ATTACHMENTS) and not _may_read(walk):
        return GONE
    if isinstance(value, str):
        return GONE if _must_not_read(key, value, walk) else value
    if isinstance(
        value, dict | Mapping
    ):  # `dict` first: asking the abstract class alone costs five times as much
        return _branch(key, value, place, walk, depth)
    if isinstance(value, list | tuple):
        if key == "extension":
            value = [entry for entry in value if _is_known_extension(entry)]
        entries = [
            _node(key, entry, f"{place}/{number}", walk, depth + 1) for number, entry in enumerate(value)
        ]
        return [entry for entry in entries if not isinstance(entry, _Gone)] or GONE
    return value


def _is_known_extension(entry: object) -> bool:
    return isinstance(entry, Mapping) and _text(entry.get("url")) in KEPT_EXTENSIONS


def _branch(key: str, node: Mapping[str, object], place: str, walk: Walk, depth: int) -> object:
    if "modifierExtension" in node or ("div" in node and not walk.whole_text):
        return GONE
    if _names_a_withheld_thing(key, node, place, walk):
        return GONE
    reference = node.get("reference")
    if isinstance(reference, str):
        return _reference(node, reference, place, walk, depth)
    left: dict[str, object] = {}
    for child, value in node.items():
        kept = _node(child, value, f"{place}/{_escaped(child)}", walk, depth + 1)
        if not isinstance(kept, _Gone):
            left[child] = kept
    if _is_bare_display(node) and not (key in NAMES_SOMEBODY and _display_may_stay(node, walk)):
        left.pop("display", None)
    _drop_unpaired(left, node)
    if key == "identifier" and "value" in node and "value" not in left:
        return GONE
    if not is_complete(left, MANDATORY_WITHIN.get((walk.kind, key), ())):
        return GONE
    return left or GONE


def _is_bare_display(node: Mapping[str, object]) -> bool:
    """Whether `node` is a reference by display (and identifier) alone."""
    return "display" in node and "code" not in node and "system" not in node


def _names_a_withheld_thing(key: str, node: Mapping[str, object], place: str, walk: Walk) -> bool:
    """Whether `node` is an identifier or a code of something that was withheld, or names a source to keep
    back.
    """
    rules = walk.rules
    if key == "identifier" or "assigner" in node:
        if (_text(node.get("system")), _text(node.get("value"))) in rules.codes:
            return True
        assigner = node.get("assigner")
        named = assigner.get("reference") if isinstance(assigner, Mapping) else None
        if not rules.knows and (
            target_of(named) in rules.sources.references or _tells(str(node.get("system")), walk)
        ):
            return True
    if place.split("/")[1] in MAIN_CODES or key == "coding":
        return False  # what a record is was decided with it; a coding goes with its whole concept
    codings = _listed(node.get("coding", node))
    return any(isinstance(coding, Mapping) and _tells_by_code(coding, walk) for coding in codings)


def _tells_by_code(coding: Mapping[str, object], walk: Walk) -> bool:
    code = coding.get("code")
    if not isinstance(code, str):
        return False
    if (_text(coding.get("system")), code) in walk.rules.codes:
        return True
    finding = walk.rules.tables.find_code(coding.get("system", ""), code)
    return not walk.rules.knows and bool(finding.tier) and not SUD_LABELS.isdisjoint(finding.specific)


def _reference(node: Mapping[str, object], reference: str, place: str, walk: Walk, depth: int) -> object:
    """The reference, with its display only where that names somebody the recipient may know; GONE if its
    target is.
    """
    if f"{place}/reference" in walk.removals or not _may_refer(reference, node.get("type"), walk):
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
    if shown and people and not sensitive and _display_may_stay(node, walk):
        left["display"] = node["display"]
    return left


def _may_refer(reference: str, stated_type: object, walk: Walk) -> bool:
    """Whether a reference may stay: to what is released, to people and places, to work in hand; never to a
    withheld one.
    """
    rules = walk.rules
    if reference.startswith("#"):
        return reference == "#" or reference[1:] in walk.inside
    if reference.startswith("urn:"):
        own_id = reference.rsplit(":", 1)[1]
        return any(shown.endswith(f"/{own_id}") for shown in rules.shown)
    target = target_of(reference)
    if target in rules.shown or target == rules.patient:
        return True
    return (
        target not in rules.asked
        and target.split("/")[0] in OPEN_TYPES
        and stated_type in (None, target.split("/")[0])
    )


def target_of(reference: object) -> str:
    """`Type/id` of a literal reference, without base and version; empty for anything else."""
    if not isinstance(reference, str):
        return ""
    parts = reference.split("/_history/")[0].split("/")
    return "/".join(parts[-2:])


def _display_may_stay(node: Mapping[str, object], walk: Walk) -> bool:
    """Whether a display says no more than the resource was released with."""
    display = str(node["display"])
    return (
        not _must_not_read("display", display, walk)
        and walk.rules.tables.find_words(display).specific <= walk.labels
    )


def _must_not_read(key: str, text: str, walk: Walk) -> bool:
    """Whether a text repeats what a withheld record is called, or tells what the recipient may not know."""
    if key in NOT_SWEPT:
        return False
    if key in ("display", "text", "title") and text.casefold() in walk.rules.texts:
        return True
    return not walk.rules.knows and _tells(text, walk)


def _tells(text: str, walk: Walk) -> bool:
    """Whether `text` holds a word for SUD care or a name of a source to keep back."""
    rules = walk.rules
    if not SUD_LABELS.isdisjoint(rules.tables.find_words(text).specific):
        return True
    folded = " ".join(text.casefold().split())
    return any(name in folded for name in rules.sources.names)


def _may_read(walk: Walk) -> bool:
    return walk.rules.readable or walk.whole_text


def _drop_unpaired(left: dict[str, object], before: Mapping[str, object]) -> None:
    """Take out the twin of a primitive (`_given`) where either half lost an entry: their entries belong in
    pairs.
    """
    for twin in [key for key in left if key.startswith("_")]:
        name = twin[1:]
        if left[twin] != before[twin] or (name in before and left.get(name) != before[name]):
            del left[twin]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _escaped(key: str) -> str:
    """One step of a JSON Pointer. RFC 6901 section 3."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key
