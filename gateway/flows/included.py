"""What goes along with the matches of a search: `_include` and `_revinclude`. HL7 FHIR 4.0.1, search.html#revinclude.

Looked for among what the caller may see and by what it may see of it: a reference that was removed includes nothing,
and what may not be seen is included by none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from gateway.flows.answers import Include, Linked
from gateway.resources.searching import meets, values_at

_REFERENCE = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_PATIENT = "Patient"
Resource = Mapping[str, Any]


_MOST_STEPS = 5
"""How far from a match `:iterate` goes."""


def types_along(types: Iterable[str], includes: Iterable[Include]) -> tuple[str, ...]:
    """The types that have to be looked at besides those searched."""
    found = {name for one in includes for name in ((one.source,) if one.reverse else one.target)}
    return tuple(sorted(found - {*types}))


def included(
    matches: Sequence[Resource], seen: Sequence[Resource], includes: Sequence[Include]
) -> list[Resource]:
    """Those of `seen` that go along with the matches, each once, by type and id."""
    known = {_name(one) for one in matches}
    found: dict[str, Resource] = {}
    begin, wanted = matches, includes
    for _ in range(_MOST_STEPS):
        step = {
            _name(one): one
            for include in wanted
            for one in (_backward if include.reverse else _forward)(begin, seen, include)
            if _name(one) not in known
        }
        known |= step.keys()
        found |= step
        begin, wanted = list(step.values()), [one for one in includes if one.iterate]
        if not begin or not wanted:
            break
    return [found[name] for name in sorted(found)]


def linked(
    matches: Sequence[Resource], seen: Sequence[Resource], link: Linked, zone: tzinfo
) -> list[Resource]:
    """Those of the matches that are linked, by what may be seen of both, to something that meets the limit."""
    by = link.by
    ends = (by.source,) if by.reverse else by.target
    met = [one for one in seen if one["resourceType"] in ends and meets(one, link.wanted, zone)]
    named = {name for one in met for name in (_named(one, by) if by.reverse else (_name(one),))}
    her = any(name.startswith(f"{_PATIENT}/") for name in named)  # who is known by several ids

    def is_linked(match: Resource) -> bool:
        own = [_name(match)] if by.reverse else list(_named(match, by))
        return any(name in named or (her and name.startswith(f"{_PATIENT}/")) for name in own)

    return [one for one in matches if is_linked(one)]


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
