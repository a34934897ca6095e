"""What in a submission tells of some of its records alone: who is to be seen there, and who wrote that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.flows.whose import references_in

_STAFF = frozenset({"Endpoint", "HealthcareService", "Location", "Practitioner", "PractitionerRole"})


def with_what_only_they_name(every: Sequence[Mapping[str, Any]], some: frozenset[str]) -> frozenset[str]:
    """References of `some` of the resources of a submission, of the Provenance of nothing else, and of the workers and
    places that only these name, themselves or by others of them. Pure.
    """
    if not some:
        return some
    names = {f"{one['resourceType']}/{one['id']}": _named(one) for one in every}
    wrote = {name for name, of in names.items() if name.startswith("Provenance/") and of["target"] <= some}
    apart = some | wrote
    left = (name for name in names if name not in apart and name.partition("/")[0] not in _STAFF)
    return apart | (_staff_behind(names, apart) - _staff_behind(names, left))


def _named(resource: Mapping[str, Any]) -> dict[str, set[str]]:
    """The references in each element of a resource."""
    found: dict[str, set[str]] = {"target": set()}
    for element, content in resource.items():
        found[element] = {str(one["reference"]) for one in references_in(content) if "reference" in one}
    return found


def _staff_behind(names: Mapping[str, Mapping[str, set[str]]], begin: Iterable[str]) -> frozenset[str]:
    """The workers and places of the submission to which these lead."""
    found, left = set[str](), list(begin)
    while left:
        for named in names.get(left.pop(), {}).values():
            new = {one for one in named & names.keys() if one.partition("/")[0] in _STAFF} - found
            found |= new
            left += new
    return frozenset(found)
