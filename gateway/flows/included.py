"""What goes along with the matches of a search: `_include` and `_revinclude`. HL7 FHIR 4.0.1, search.html#revinclude.

Looked for among what the caller may see and by what it may see of it: a reference that was removed includes nothing,
and what may not be seen is included by none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.flows.answers import Include
from gateway.resources.searching import values_at

_REFERENCE = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_PATIENT = "Patient"
Resource = Mapping[str, Any]


def types_along(types: Iterable[str], includes: Iterable[Include]) -> tuple[str, ...]:
    """The types that have to be looked at besides those searched."""
    found = {name for one in includes for name in ((one.source,) if one.reverse else one.target)}
    return tuple(sorted(found - {*types}))


def included(
    matches: Sequence[Resource], seen: Sequence[Resource], includes: Iterable[Include]
) -> list[Resource]:
    """Those of `seen` that go along with the matches, each once, by type and id."""
    known = {_name(one) for one in matches}
    found: dict[str, Resource] = {}
    for include in includes:
        wanted = _backward(matches, seen, include) if include.reverse else _forward(matches, seen, include)
        found |= {_name(one): one for one in wanted if _name(one) not in known}
    return [found[name] for name in sorted(found)]


def _forward(matches: Sequence[Resource], seen: Sequence[Resource], include: Include) -> Iterable[Resource]:
    named = {name for match in matches for name in _named(match, include)}
    # A caller's own description of her has its own id, and she is named by the network's.
    all_of_her = any(name.startswith(f"{_PATIENT}/") for name in named)
    return [
        one
        for one in seen
        if one["resourceType"] in include.target
        and (_name(one) in named or (all_of_her and one["resourceType"] == _PATIENT))
    ]


def _backward(matches: Sequence[Resource], seen: Sequence[Resource], include: Include) -> Iterable[Resource]:
    names = {_name(match) for match in matches}
    all_of_her = any(name.startswith(f"{_PATIENT}/") for name in names)
    return [
        one
        for one in seen
        if one["resourceType"] == include.source
        and (names.intersection(named := [*_named(one, include)]) or (all_of_her and named))
    ]


def _named(resource: Resource, include: Include) -> Iterable[str]:
    """What the resource refers to at the places of the parameter, of the types that may go along."""
    for place in include.places:
        for value in values_at(resource, place):
            text = value.get("reference") if isinstance(value, Mapping) else None
            target = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
            if target is not None and target[1] in include.target:
                yield f"{target[1]}/{target[2]}"


def _name(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
