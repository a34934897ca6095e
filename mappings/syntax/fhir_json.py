"""FHIR R4 JSON as a source: a Bundle, a list or one resource. A record is a resource of the root type and what it names.

The root stands under its type (`Task.status`), and each resource that one of its single references leads to stands under
that element (`focus.code`, `for.birthDate`). A reference that leads to a resource of the same source says only where it
belongs; it is no leaf. Elements are read whole (`Patient.name[*]`) or by their parts.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from mappings.model import TranslationRefused
from mappings.syntax.json_tree import JsonAddress, JsonTree, json_leaves, place_of, read_json
from mappings.tree import Scope, Spot

Maker = Callable[[], JsonTree]
Found = list[tuple[str, str, dict[str, Any]]]
"""(place, full URL, resource)."""


def read_records(source: bytes, root: str, left_out: Mapping[str, str]) -> list[tuple[str, Maker]]:
    """For each resource of the root type its place and how its tree is made; behind them what belongs to none.

    Raises TranslationRefused: as `read_json` does, `NOT_FHIR`, `NO_RECORD`.
    """
    found = _resources(read_json(source))
    by_reference: dict[str, dict[str, Any]] = {}
    for _, url, resource in found:
        for name in (url, f"{resource['resourceType']}/{resource.get('id')}"):
            by_reference.setdefault(name, resource)
    reached: set[int] = set()
    records: list[tuple[str, Maker]] = []
    for place, _, resource in found:
        if resource["resourceType"] == root:
            document = _joined(resource, root, by_reference)
            reached |= {id(by_reference.get(name)) for name in _references(resource)} | {id(resource)}
            records.append((place, partial(FhirTree, document)))
    if not records:
        raise TranslationRefused("NO_RECORD", f"the source has no {root}", None, "101")
    for place, _, resource in found:
        if id(resource) not in reached and resource["resourceType"] not in left_out:
            message = f"no {root} names this resource, and the mapping does not leave its type out"
            refusal = TranslationRefused("NO_OWNER", message, f"{place}.resourceType", "102")
            records.append((place, partial(_refuse, refusal)))
    return records


def resource_at(document: Any, name: str) -> dict[str, Any]:
    """The resource that a record has under this name: the root under its type, what it names under the element."""
    found = _resources(document)
    known = {name: one for _, url, one in found for name in (url, f"{one['resourceType']}/{one.get('id')}")}
    named = {reference for _, _, one in found for reference in _references(one)}
    root = next(one for _, url, one in found if not named & {url, f"{one['resourceType']}/{one.get('id')}"})
    return root if root["resourceType"] == name else known[root[name]["reference"]]


def _refuse(refusal: TranslationRefused) -> JsonTree:
    raise refusal


def _resources(document: Any) -> Found:
    if isinstance(document, dict) and document.get("resourceType") == "Bundle":
        entries = document.get("entry", [])
        items = [
            (f"entry[{number}].resource", str(entry.get("fullUrl", "")), entry.get("resource"))
            for number, entry in enumerate(entries if isinstance(entries, list) else [])
            if isinstance(entry, dict)
        ]
    elif isinstance(document, list):
        items = [(f"[{number}]", "", item) for number, item in enumerate(document)]
    else:
        items = [("", "", document)]
    for place, _, resource in items:
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            raise TranslationRefused("NOT_FHIR", "a FHIR resource was expected", place or None, "102")
    return [(place, url, resource) for place, url, resource in items if isinstance(resource, dict)]


def _references(resource: Mapping[str, Any]) -> list[str]:
    """The references of its elements that are one Reference each."""
    found = [v.get("reference") for v in resource.values() if isinstance(v, dict)]
    return [name for name in found if isinstance(name, str)]


def _joined(
    resource: Mapping[str, Any], root: str, by_reference: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """The root and what it names, without the references that are settled by that."""
    own = dict(resource)
    joined: dict[str, Any] = {root: own}
    for element, value in resource.items():
        name = value.get("reference") if isinstance(value, dict) else None
        other = by_reference.get(name) if isinstance(name, str) else None
        if other is not None and other is not resource:
            own[element] = {key: inner for key, inner in value.items() if key != "reference"}
            joined[element] = _settled(other, by_reference)
    return joined


def _settled(resource: Mapping[str, Any], by_reference: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: {inner: v for inner, v in value.items() if inner != "reference"}
        if isinstance(value, dict) and str(value.get("reference")) in by_reference
        else value
        for key, value in resource.items()
    }


class FhirTree(JsonTree):
    """One record; an address of an element gives the whole element."""

    def spots(self, address: JsonAddress, scope: Scope, every: bool = False) -> Sequence[Spot]:
        """Elements or scalars at the address; a list gives each of its items."""
        found = []
        for path, value in self._at(address, scope):
            items = (
                [((*path, n), one) for n, one in enumerate(value)]
                if isinstance(value, list)
                else [(path, value)]
            )
            for at, one in items:
                leaves = tuple(json_leaves(one, at))
                if leaves:
                    found.append(Spot(place_of(at), one, leaves, partial(_altered, one)))
        return found

    def head(self, address: JsonAddress, scope: Scope) -> tuple[Any, tuple[str, ...]]:
        """The first scalar at the address."""
        return JsonTree.head(_Scalars(self), address, scope)


class _Scalars(JsonTree):
    """The same record, read by its scalars."""

    def __init__(self, tree: FhirTree) -> None:
        self.document = tree.document
        self._leaves = tree._leaves


def _altered(value: Any, index: int, text: str) -> Any:
    """The element with one of its leaves changed; the leaf is removed when the text is blank."""
    if not isinstance(value, (dict, list)):
        return text
    changed = copy.deepcopy(value)
    paths = _leaf_paths(changed, ())
    *way, last = paths[index]
    node = changed
    for step in way:
        node = node[step]
    if text:
        node[last] = text
    else:
        del node[last]
    return changed


def _leaf_paths(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _leaf_paths(inner, (*path, key))]
    if isinstance(value, list):
        return [found for at, inner in enumerate(value) for found in _leaf_paths(inner, (*path, at))]
    return [] if value is None or value == "" else [path]
