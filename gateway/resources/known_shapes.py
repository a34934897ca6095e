"""The quick way through a resource: nodes whose class and properties were found right several times are checked by
Python that was written for just these, in one pass over shape and invariants.

It only ever says that nothing is wrong. Whatever it does not know or does not like, it doubts, and the check that knows
everything decides: that of the part, where a part is of a shape it does not know, or that of the whole resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import Any

import msgspec

from gateway.resources import formats
from gateway.resources.invariants import Scope, child_faults, day_exists, inner_faults, reference_faults
from gateway.resources.steps import Walk

_SEEN_BEFORE = 4
"""So often a shape is checked as any other before Python is written for it, which takes as long as a
hundred such checks."""
_MOST_SHAPES = 2048
_MOST_VALUES, _LONGEST_VALUE = 4096, 128
_WITHIN = 32
"""Deeper than a known part of a resource can stand (in a known shape nothing holds another of its own class)."""
_DESCRIBING, _described = Lock(), set[str]()
_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}")

Check = Callable[..., None]
"""(node, the search for references, what a reference may point at): raises what `DOUBTS` has."""


class Doubt(Exception):
    """The check that knows everything is to look."""


DOUBTS = (Doubt, msgspec.ValidationError, TypeError, ValueError, AttributeError, KeyError, RecursionError)


@dataclass(slots=True)
class Search:
    """Where the references of one resource lead to: its scope, and of those that were seen the type they name; of a
    Bundle, whether a `fullUrl` stands twice."""

    scope: Scope
    types: dict[str, str] = field(default_factory=dict)
    url_twice: bool = False


class Shapes(dict[tuple[str, ...], Check]):
    """Of one class: the properties a node has -> what checks such a node."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.seen: dict[tuple[str, ...], int] = {}

    def __missing__(self, keys: tuple[str, ...]) -> Check:
        return self.check_unknown

    def check_unknown(
        self, node: Mapping[str, Any], search: Search, allowed: frozenset[str] = frozenset()
    ) -> None:
        """A node of a shape that is not known; the next ones like it may be."""
        self.check_whole(node, search, allowed)
        self.note(node)

    def check_whole(
        self, node: Mapping[str, Any], search: Search, allowed: frozenset[str] = frozenset()
    ) -> None:
        """A node and all in it, by its class and the walk."""
        msgspec.convert(node, class_of(self.kind))
        if child_faults(node, self.kind, allowed, search.scope, _WITHIN):
            raise Doubt

    def note(self, node: Mapping[str, Any]) -> None:
        """Nothing was wrong with this node: the next ones like it can be checked the quick way."""
        keys = tuple(node)
        times = self.seen[keys] = self.seen.get(keys, 0) + 1
        if times == _SEEN_BEFORE and sum(map(len, SHAPES.values())) < _MOST_SHAPES:
            from gateway.resources.writing_checks import (
                check_for,
            )  # the first shapes are long behind the start

            check = check_for(self.kind, node)
            if check is not None:
                self[keys] = check
                if self.kind in resource_types() and self.kind != "Bundle":
                    _SHAPES_WITHIN[(*keys, self.kind)] = check
        if len(self.seen) > _MOST_SHAPES:
            self.seen.clear()


class _ByKind(dict[str, Shapes]):
    def __missing__(self, kind: str) -> Shapes:
        found = self[kind] = Shapes(kind)
        return found


SHAPES = _ByKind()
_SHAPES_WITHIN: dict[tuple[str, ...], Check] = {}
"""The properties of a resource and its type -> what checks it where it stands in a Bundle."""


def is_known_and_right(resource: Mapping[str, Any], name: str, walks: Mapping[str, Walk]) -> bool:
    """Whether nothing is wrong with a resource; False where only the other check can say."""
    check = SHAPES[name].get((*resource,))
    if check is None:
        return False
    try:
        check(
            resource,
            _search_in(resource, walks) if name == "Bundle" else Search(Scope(walks, frozenset(), None)),
        )
    except DOUBTS:
        return False
    return True


def _search_in(bundle: Mapping[str, Any], walks: Mapping[str, Walk]) -> Search:
    """What a Bundle's references may find in it. Its ids are looked at where each resource is."""
    types: dict[str, str] = {}
    urls: list[str] = []
    for entry in bundle["entry"]:
        if "fullUrl" in entry:
            urls.append(entry["fullUrl"])
        if "resource" in entry and "id" in entry["resource"]:
            name = entry["resource"]["resourceType"]
            types[f"{name}/{entry['resource']['id']}"] = name
    distinct = frozenset(urls)
    return Search(Scope(walks, frozenset(), distinct), types, len(distinct) < len(urls))


def check_resource_within(value: Mapping[str, Any], search: Search) -> None:
    """A resource in an entry of a Bundle."""
    check = _SHAPES_WITHIN.get((*value, value["resourceType"]))
    if check is not None:
        check(value, search)
        return
    name = value["resourceType"]
    if name not in resource_types():
        raise Doubt
    msgspec.convert(value, class_of(name))
    if inner_faults(value, search.scope, 1):
        raise Doubt
    SHAPES[name].note(value)


def check_reference(text: str, search: Search, allowed: frozenset[str]) -> None:
    """What a reference names: most are `Type/id`, and the same few."""
    known = search.types.get(text)
    if known is None:
        found = _RELATIVE.fullmatch(text)
        if found is None:
            if reference_faults({"reference": text}, allowed, search.scope):
                raise Doubt
            return
        known = search.types[text] = found.group(1)
    if allowed and known not in allowed:
        raise Doubt


right_codings: set[tuple[str, str]] = set()
"""Systems with a code of them that were found right: the same few in many resources."""


def look_at_coding(system: Any, code: Any) -> None:
    """A system and a code that are not known together yet."""
    for value, values in ((system, VALUES["Uri"]), (code, VALUES["Code"])):
        if value not in values.known:
            values.look(value)
    if len(system) <= _LONGEST_VALUE >= len(code):
        if len(right_codings) >= _MOST_VALUES:
            right_codings.clear()
        right_codings.add((system, code))


class Values:
    """Values of one format that were found right: codes, systems and days, the same in many resources."""

    def __init__(self, pattern: str, *, is_day: bool = False) -> None:
        self.known: set[str] = set()
        self._matches = re.compile(pattern).search
        self._is_day = is_day

    def look(self, value: Any) -> None:
        """A value that is not known yet."""
        if value.__class__ is not str or self._matches(value) is None:
            raise Doubt
        if self._is_day and not day_exists(value):
            raise Doubt
        if len(value) <= _LONGEST_VALUE:
            if len(self.known) >= _MOST_VALUES:
                self.known.clear()
            self.known.add(value)


@cache
def resource_types() -> Mapping[str, type]:
    """The classes of resources by name."""
    from gateway.resources.generated.structs import BY_TYPE

    return BY_TYPE


def class_of(kind: str) -> Any:
    """The class that msgspec checks the shape by. msgspec describes it for itself at first use, and crashes the process
    where two threads do so at once (large submissions are read beside the event loop): one does, and the others wait.
    """
    from gateway.resources.generated import structs

    made = getattr(structs, kind)
    if kind not in _described:
        with _DESCRIBING:
            with suppress(msgspec.ValidationError):
                msgspec.convert({}, made)
            _described.add(kind)
    return made


def pattern_of(made: Any) -> str:
    """The regular expression of a format."""
    return str(made.__metadata__[0].pattern)


VALUES = {
    "Uri": Values(pattern_of(formats.Uri)),
    "Code": Values(pattern_of(formats.Code)),
    "Date": Values(pattern_of(formats.Date), is_day=True),
    "DateTime": Values(pattern_of(formats.DateTime), is_day=True),
    "Instant": Values(pattern_of(formats.Instant), is_day=True),
}
