"""Which profile of US Core and SDOHCC each resource meets, or what it lacks: a report, never a reason to refuse.

A translation says what its source says and makes nothing up, so a resource may lack what a profile asks. The report
names elements, never values. What is checked stands in `profile_tables`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mappings.profile_tables import PROFILES, Coded, Profile


class Fit(NamedTuple):
    """One resource beside the profile of a guide that it comes nearest to. `missing`: what the profile asks and is not
    there (an element, `a or b`, `category = LAB`); empty where it is met. `not_said`: must-support elements without a
    value."""

    resource: str
    guide: str
    profile: str
    missing: tuple[str, ...]
    not_said: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether nothing that is asked is missing."""
        return not self.missing


def profile_fits(resource: Mapping[str, Any]) -> tuple[Fit, ...]:
    """The nearest profile of each guide that has one for this type of resource."""
    nearest: dict[str, Fit] = {}
    for profile in PROFILES:
        if profile.type != resource.get("resourceType"):
            continue
        found = _fit(profile, resource)
        known = nearest.get(profile.guide)
        if known is None or len(found.missing) < len(known.missing):
            nearest[profile.guide] = found
    return tuple(nearest.values())


def _fit(profile: Profile, resource: Mapping[str, Any]) -> Fit:
    missing = [path for path in profile.required if not _has(resource, path)]
    for path, names in profile.either:
        if not all(any(_values(node, name) for name in names) for node in _nodes(resource, path)):
            missing.append(f"{path}: {' or '.join(names)}" if path else " or ".join(names))
    for path in dict.fromkeys(one.path for one in profile.coded):
        wanted = [one for one in profile.coded if one.path == path]
        if path not in missing and not any(_is_coded(resource, one) for one in wanted):
            missing.append(f"{path} = {' or '.join(code for one in wanted for code in one.codes)}")
    missing += [
        path for name, codes, path in profile.when if resource.get(name) in codes and not _has(resource, path)
    ]
    not_said = tuple(path for path in profile.wanted if not _has(resource, path, deep=True))
    reference = f"{resource.get('resourceType')}/{resource.get('id')}"
    return Fit(reference, profile.guide, profile.name, tuple(missing), not_said)


def _has(resource: Mapping[str, Any], path: str, *, deep: bool = False) -> bool:
    """Whether an element is there in each item of the element before it; `deep`: and that is there as well."""
    before, _, name = path.rpartition(".")
    nodes = list(_nodes(resource, before))
    return all(_values(node, name) for node in nodes) and (bool(nodes) or not deep)


def _nodes(resource: Mapping[str, Any], path: str) -> Iterator[Mapping[str, Any]]:
    """Every object at a path; the resource itself at the empty one."""
    if not path:
        yield resource
        return
    before, _, name = path.rpartition(".")
    for node in _nodes(resource, before):
        yield from (found for found in _values(node, name) if isinstance(found, Mapping))


def _values(node: Mapping[str, Any], name: str) -> list[Any]:
    """The values of an element, `value[x]` of any type; false counts as one."""
    if name.endswith("[x]"):
        stem = name[:-3]
        found = [
            value
            for key, value in node.items()
            if key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper()
        ]
    else:
        found = [node[name]] if name in node else []
    flat = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [one for one in flat if one not in (None, "", {}, [])]


def _is_coded(resource: Mapping[str, Any], wanted: Coded) -> bool:
    """Whether an element holds one of the codes: as a code, or among the codings of a concept."""
    for value in _values(resource, wanted.path):
        if not isinstance(value, Mapping):
            if value in wanted.codes:
                return True
            continue
        for coding in value.get("coding", ()):
            if coding.get("code") in wanted.codes and coding.get("system", "") == wanted.system:
                return True
    return False


__all__ = ["Fit", "profile_fits"]
