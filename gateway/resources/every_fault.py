"""Every fault of a resource at once, for who asks what is wrong with it; slower than `check_resource`.

Where a shape is wrong, each part of it is tried by itself against the same generated classes, so that the two never
differ in what they take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Annotated, Any, get_args, get_origin

import msgspec

from gateway.resources.check import check_resource, shape_issue, struct_of
from gateway.resources.issues import Issue

_MOST = 100


def every_fault(resource: Mapping[str, Any]) -> tuple[Issue, ...]:
    """The faults of `resource`, at most 100, empty where `check_resource` finds none; what a shape cannot say (days that
    exist, invariants, a property that may be missing where its extensions are) only once the shape is right.
    """
    first = check_resource(resource)
    made = struct_of(str(resource.get("resourceType"))) if first else None
    if made is None:
        return first
    return tuple(islice(_of_object(resource, made, str(resource["resourceType"])), _MOST)) or first


def _of_object(value: Mapping[str, Any], made: type[msgspec.Struct], place: str) -> Iterator[Issue]:
    known, tag = _fields(made), made.__struct_config__.tag_field
    for name in value:
        if name not in known and name != tag:
            yield shape_issue(place, f"Object contains unknown field `{name}`")
    for name, wanted in known.items():
        if name in value:
            yield from _of_value(value[name], wanted.type, f"{place}.{name}")
        elif wanted.required:
            yield shape_issue(place, f"Object missing required field `{name}`")


def _of_value(value: object, wanted: Any, place: str) -> Iterator[Issue]:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        said = str(error)
    else:
        return
    inside = list(_inside(value, wanted, place))
    yield from inside or [shape_issue(place, said)]


def _inside(value: object, wanted: Any, place: str) -> Iterator[Issue]:
    """The faults of the parts of a value; none where it is wrong as a whole."""
    choices = [one for one in _choices(wanted) if one is not msgspec.UnsetType]
    if isinstance(value, Mapping):
        structs = [one for one in choices if isinstance(one, type) and issubclass(one, msgspec.Struct)]
        named = [one for one in structs if one.__struct_config__.tag == value.get("resourceType")]
        for made in (structs if len(structs) == 1 else named)[:1]:
            yield from _of_object(value, made, place)
    elif isinstance(value, list | tuple):
        for item in (get_args(one)[0] for one in choices if get_origin(one) is list):
            for number, each in enumerate(value):
                yield from _of_value(each, item, f"{place}[{number}]")


def _choices(wanted: Any) -> Iterator[Any]:
    """The types of a union, without their annotations."""
    while get_origin(wanted) is Annotated:
        wanted = get_args(wanted)[0]
    parts = get_args(wanted) if get_origin(wanted) is not list else ()
    if not parts or not all(isinstance(one, type) or get_origin(one) is not None for one in parts):
        yield wanted
        return
    for one in parts:
        yield from _choices(one)


@cache
def _fields(made: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    return {one.encode_name: one for one in msgspec.structs.fields(made)}
