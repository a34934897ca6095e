"""Writes the Python that checks a node of one class with just these properties (`known_shapes`).

What there is to do comes from where every other check has it: the generated classes (formats, codes, what repeats) and
the walk (children, targets, choices). Of a property that it has no words for, it writes nothing for the whole shape.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from gateway.resources import formats
from gateway.resources.invariants import plan_for
from gateway.resources.known_shapes import (
    SHAPES,
    VALUES,
    Check,
    Doubt,
    check_reference,
    check_resource_within,
    class_of,
    pattern_of,
    resource_types,
)
from gateway.resources.rules import BY_PROPERTIES
from gateway.resources.steps import CHILD, DATE, Walk

_LONGEST_TEXT = 1_048_576
_BEYOND = frozenset({"Narrative"})
"""Classes of which more is asked than their properties say."""
_FLAT = (("reference",), ("display",), ("reference", "display"))
"""So the assigner of an identifier may be: one with an identifier would have an assigner again."""
_ALWAYS = (Doubt, check_reference, check_resource_within)
_Names = dict[str, Any]
"""What the written Python may name."""


def check_for(kind: str, keys: tuple[str, ...]) -> Check | None:
    """What checks a node of the class with these properties; None where it takes more than can be written."""
    walk = _walks()[kind]
    plan = plan_for((kind, *keys), walk)
    types = _types(kind)
    if plan.faults or kind in _BEYOND or not keys or not all(key in types for key in keys):
        return None
    names: _Names = {one.__name__: one for one in _ALWAYS}
    lines = [f"    {', '.join(f'v{number}' for number in range(len(keys)))}, = node.values()"]
    for number, key in enumerate(keys):
        written = _written(kind, key, types[key], f"v{number}", names)
        if written is None:
            return None
        lines += [f"    {line}" for line in written]
    for number, rule in enumerate(rule for rule in plan.rules if rule not in BY_PROPERTIES):
        names[f"rule{number}"] = rule
        lines.append(f"    if any(rule{number}(node)): raise Doubt")
    source = "\n".join(("def check(node, search, allowed=frozenset()):", *lines))
    exec(compile(source, f"<{kind}>", "exec"), names)  # noqa: S102  # of names of our own classes
    return names["check"]  # type: ignore[no-any-return]


def _written(kind: str, key: str, wanted: Any, value: str, names: _Names) -> list[str] | None:
    """The lines that check one property; None where there are no words for it."""
    step, of = _walks()[kind].steps.get(key, (0, ""))
    if key == "resourceType":
        return []
    if step == CHILD:
        return _of_children(kind, key, of, wanted, value, names)
    if kind == "Reference" and key == "reference":
        return [*_text(value), f"check_reference({value}, search, allowed)"]
    if kind == "Reference" and key == "type":
        return [*_remembered("Uri", value, names), f"if allowed and {value} not in allowed: raise Doubt"]
    if get_origin(wanted) is list:
        item = _alone(get_args(wanted)[0])
        inner = _of_primitive(item, "one", names)
        return inner and [*_filled(value), f"for one in {value}:", *(f"    {line}" for line in inner)]
    return _of_primitive(wanted, value, names) if step in (0, DATE) or wanted is decimal.Decimal else None


def _of_children(kind: str, key: str, of: str, wanted: Any, value: str, names: _Names) -> list[str] | None:
    if of == "AnyResource":
        return (
            [f"check_resource_within({value}, search)"]
            if (kind, key) == ("BundleEntry", "resource")
            else None
        )
    if key != "assigner" and (_cut(kind, key) or _leads_back(of, kind)):
        return None
    shapes, targets = f"shapes_{of}", f"targets_{key}"
    flat = [f"if (*{value},) not in {_FLAT}: raise Doubt"] if key == "assigner" else []
    names[shapes] = SHAPES[of]
    names[targets] = _walks()[kind].targets.get(key, frozenset())
    given = f", {targets}" if of == "Reference" else ""
    if get_origin(wanted) is list:
        return [*_filled(value), f"for one in {value}: {shapes}[(*one,)](one, search{given})"]
    return [*flat, f"{shapes}[(*{value},)]({value}, search{given})"]


def _of_primitive(wanted: Any, value: str, names: _Names) -> list[str] | None:
    """The lines for one value of a format."""
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


def _text(value: str) -> list[str]:
    return [f"if {value}.__class__ is not str or not 0 < len({value}) <= {_LONGEST_TEXT}: raise Doubt"]


def _filled(value: str) -> list[str]:
    return [f"if {value}.__class__ is not list or not {value}: raise Doubt"]


def _remembered(name: str, value: str, names: _Names) -> list[str]:
    names[f"known_{name}"], names[f"look_{name}"] = VALUES[name].known, VALUES[name].look
    return [f"if {value} not in known_{name}: look_{name}({value})"]


def _whole(value: str, name: str, names: _Names) -> list[str]:
    limits = get_args(getattr(formats, name))[1:][0]
    return [f"if {value}.__class__ is not int or not {limits.ge} <= {value} <= {limits.le}: raise Doubt"]


def _matched(value: str, name: str, names: _Names) -> list[str]:
    names[f"is_{name}"] = re.compile(pattern_of(getattr(formats, name))).search
    return [f"if is_{name}({value}) is None: raise Doubt"]


_FORMATS = {
    getattr(formats, name): name
    for name in ("Text", "Id", "Time", "Oid", "Integer", "UnsignedInt", "PositiveInt", *VALUES)
}
_WRITERS: dict[str, Callable[[str, str, _Names], list[str]]] = {
    "Text": lambda value, name, names: _text(value),
    **dict.fromkeys(("Id", "Time", "Oid"), _matched),
    **dict.fromkeys(("Integer", "UnsignedInt", "PositiveInt"), _whole),
    **dict.fromkeys(VALUES, lambda value, name, names: _remembered(name, value, names)),
}


@cache
def _types(kind: str) -> Mapping[str, Any]:
    """Of each property of a class the type, without what says that it may be missing."""
    made = class_of(kind)
    hints = get_type_hints(made, include_extras=True)
    found = {one.encode_name: _alone(hints[one.name]) for one in msgspec.structs.fields(made)}
    return {**found, "resourceType": str} if kind in resource_types() else found


def _alone(wanted: Any) -> Any:
    """The one type in a union with UNSET or None; of a list that must have an item, the list."""
    while True:
        if get_origin(wanted) in (Union, UnionType):
            inner = [one for one in get_args(wanted) if one not in (msgspec.UnsetType, type(None))]
            wanted = inner[0] if len(inner) == 1 else None
        elif get_origin(wanted) is Annotated and get_origin(get_args(wanted)[0]) is list:
            wanted = get_args(wanted)[0]
        else:
            return wanted


@cache
def _walks() -> Mapping[str, Walk]:
    from gateway.resources.generated.walks import WALKS

    return WALKS


@cache
def _leads_back(kind: str, owner: str) -> bool:
    """Whether something in a class may hold the class it stands in, at any depth: such a node may be of any depth."""
    seen, waiting = set[str](), [kind]
    while waiting:
        one = waiting.pop()
        if one == owner:
            return True
        if one not in seen and one != "AnyResource":
            seen.add(one)
            waiting += [
                of
                for name, (step, of) in _walks()[one].steps.items()
                if step == CHILD and not _cut(one, name)
            ]
    return False


def _cut(kind: str, name: str) -> bool:
    """Whether nodes with this property are never known (or only flat ones), so that no way leads back through them."""
    return (name in ("extension", "modifierExtension") and kind not in resource_types()) or name == "assigner"
