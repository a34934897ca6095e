"""The lines of Python that check one value of a format, for the checks of known shapes (`writing_checks`)."""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from gateway.resources import formats
from gateway.resources.known_shapes import VALUES, class_of, pattern_of, resource_types

_LONGEST_TEXT = 1_048_576
Names = dict[str, Any]
"""What the written Python may name."""


def of_value(wanted: Any, value: str, names: Names) -> list[str] | None:
    """The lines for one value of a type; None where there are no words for it."""
    if get_origin(wanted) is Literal:
        codes = f"codes{len(names)}"
        names[codes] = frozenset(get_args(wanted))
        return [f"if {value} not in {codes}: raise Doubt"]
    if wanted is bool:
        return [f"if {value}.__class__ is not bool: raise Doubt"]
    if wanted is decimal.Decimal:
        names["Decimal"] = decimal.Decimal
        number = f"{value}.__class__ is int or ({value}.__class__ is Decimal and {value}.is_finite())"
        return [f"if not ({number}): raise Doubt"]
    write = _WRITERS.get(_FORMATS.get(wanted, ""))
    return write(value, _FORMATS[wanted], names) if write is not None else None


def text(value: str) -> list[str]:
    """The lines for a text, of any words."""
    return [f"if {value}.__class__ is not str or not {value} or len({value}) > {_LONGEST_TEXT}: raise Doubt"]


def filled(value: str) -> list[str]:
    """The lines for a list that has an item at least."""
    return [f"if {value}.__class__ is not list or not {value}: raise Doubt"]


def remembered(name: str, value: str, names: Names) -> list[str]:
    """The lines for a value of a format of which those that were right are remembered."""
    names[f"known_{name}"], names[f"look_{name}"] = VALUES[name].known, VALUES[name].look
    return [f"if {value} not in known_{name}: look_{name}({value})"]


def _whole(value: str, name: str, names: Names) -> list[str]:
    limits = get_args(getattr(formats, name))[1:][0]
    return [f"if {value}.__class__ is not int or not {limits.ge} <= {value} <= {limits.le}: raise Doubt"]


def _matched(value: str, name: str, names: Names) -> list[str]:
    names[f"is_{name}"] = re.compile(pattern_of(getattr(formats, name))).search
    return [f"if is_{name}({value}) is None: raise Doubt"]


_FORMATS = {
    getattr(formats, name): name
    for name in ("Text", "Id", "Time", "Oid", "Integer", "UnsignedInt", "PositiveInt", *VALUES)
}
_WRITERS: dict[str, Callable[[str, str, Names], list[str]]] = {
    "Text": lambda value, name, names: text(value),
    **dict.fromkeys(("Id", "Time", "Oid"), _matched),
    **dict.fromkeys(("Integer", "UnsignedInt", "PositiveInt"), _whole),
    **dict.fromkeys(VALUES, lambda value, name, names: remembered(name, value, names)),
}


@cache
def types_of(kind: str) -> Mapping[str, Any]:
    """Of each property of a class the type, without what says that it may be missing."""
    made = class_of(kind)
    hints = get_type_hints(made, include_extras=True)
    found = {one.encode_name: alone(hints[one.name]) for one in msgspec.structs.fields(made)}
    return {**found, "resourceType": str} if kind in resource_types() else found


def alone(wanted: Any) -> Any:
    """The one type in a union with UNSET or None; of a list that must have an item, the list."""
    while True:
        if get_origin(wanted) in (Union, UnionType):
            inner = [one for one in get_args(wanted) if one not in (msgspec.UnsetType, type(None))]
            wanted = inner[0] if len(inner) == 1 else None
        elif get_origin(wanted) is Annotated and get_origin(get_args(wanted)[0]) is list:
            wanted = get_args(wanted)[0]
        else:
            return wanted
