"""Is this a resource we can take? The hot-path checker: shape first, then what a shape cannot say.

Shape (unknown properties, cardinality, formats, required bindings) is checked by msgspec against generated
classes in one pass in C and stops at the first fault; what remains (days that exist, references, order of
periods, invariants) is one walk over the same tree. Shapes that come again and again are checked the quick way
(`known_shapes`). Nothing is changed, and nothing is said of a value, only
of its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from gateway.resources.invariants import check_invariants
from gateway.resources.issues import Issue
from gateway.resources.known_shapes import SHAPES, class_of, is_known_and_right, resource_types

if TYPE_CHECKING:
    from gateway.resources.steps import Walk

_PLACE = re.compile(r" - at `(key in )?\$(.*)`\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_PROPERTY = re.compile(r"[A-Za-z_]\w{0,63}")


def check_resource(resource: Mapping[str, object]) -> tuple[Issue, ...]:
    """The faults of `resource`, empty when there is none; a fault of shape is reported alone."""
    name = resource.get("resourceType")
    if not isinstance(name, str) or name not in supported_types():
        return (Issue("not-supported", "this resource type is not supported", "resourceType"),)
    if is_known_and_right(resource, name, _walks()):
        return ()
    try:
        msgspec.convert(resource, struct_of(name))
    except msgspec.ValidationError as error:
        return (shape_issue(name, str(error)),)
    except RecursionError:
        return (Issue("structure", "the resource is nested too deep", name),)
    faults = check_invariants(resource, name, _walks())
    if not faults:
        SHAPES[name].note(resource)
    return faults


@cache
def supported_types() -> frozenset[str]:
    """The resource types that can be checked, hence kept."""
    return frozenset(resource_types())


def struct_of(name: str) -> type:
    """The class of a resource type. Raises KeyError."""
    if name not in supported_types():
        raise KeyError(name)
    made: type = class_of(name)
    return made


@cache
def _walks() -> dict[str, Walk]:
    from gateway.resources.generated.walks import WALKS

    return WALKS


def shape_issue(name: str, said: str) -> Issue:
    """msgspec's sentence without the value it may quote."""
    found = _PLACE.search(said)
    place = name + (found.group(2) if found else "").replace("[...]", "")
    said = said[: found.start()] if found else said
    unknown, missing = _UNKNOWN.fullmatch(said), _MISSING.fullmatch(said)
    if unknown is not None:
        field = unknown.group(1)
        shown = f"{place}.{field}" if _PROPERTY.fullmatch(field) else place
        return Issue("structure", "this property does not exist here", shown)
    if missing is not None:
        return Issue("required", "this property is required", f"{place}.{missing.group(1)}")
    if said.startswith("Invalid enum value"):
        return Issue("code-invalid", "this code is not one of the required value set", place)
    if said.startswith("Invalid value"):
        return Issue("not-supported", "this resource type is not supported", place)
    if "matching regex" in said:
        return Issue("value", "the format is wrong", place)
    if "of length" in said or ">=" in said or "<=" in said:
        return Issue("value", "the value is empty, too long or out of range", place)
    return Issue("structure", "the JSON type is wrong here", place)
