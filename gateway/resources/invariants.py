"""What the shape of a resource cannot say, in one walk over its tree. HL7 FHIR 4.0.1.

The walk runs for every resource that comes in: a node without a fault costs one look at each of its
properties, and places are put together only on the way back from a fault.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from gateway.resources.issues import Issue
from gateway.resources.narrative import narrative_fault
from gateway.resources.rules import RULES, Fault, Rule
from gateway.resources.steps import BASE64, CHILD, COMPANION, DATE, DECIMAL, LIST, LIST_COMPANION, Walk

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:\S+")
_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(/_history/[A-Za-z0-9\-.]{1,64})?")
_IN_URL = re.compile(r"https?://\S+/([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_DEEPEST = 64
_PLANS_KEPT = 4096
_PLAIN_CONCEPT = frozenset({"coding", "text"})
_PLAIN_CODING = frozenset({"system", "version", "code", "display", "userSelected"})
_PLAIN_REFERENCE = frozenset({"reference", "display"})
_EMPTY: Fault = ("structure", "ele-1: an element must not be empty", "")
_TOO_DEEP: Fault = ("structure", "the resource is nested too deep", "")
_WRONG_TARGET: Fault = ("structure", "a reference here must not point at this type", "")
_ANY: frozenset[str] = frozenset()

_Node = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a local reference may resolve to: ids of contained resources, `fullUrl`s of the Bundle."""

    walks: Mapping[str, Walk]
    contained: frozenset[str]
    full_urls: frozenset[str] | None


class Plan(NamedTuple):
    """What there is to do in a node of one class with these properties: which of them to look into (what to do, its
    name, the class of a child, what a reference may point at), what is wrong with there being these and no others, and
    the rules of the class.
    """

    steps: tuple[tuple[int, str, str, frozenset[str]], ...]
    faults: tuple[Fault, ...]
    rules: tuple[Rule, ...]


_PLANS: dict[tuple[str, ...], Plan] = {}
"""By class and properties: the same few come again and again."""


def check_invariants(resource: _Node, name: str, walks: Mapping[str, Walk]) -> tuple[Issue, ...]:
    """The faults of a resource whose shape is right."""
    scope = Scope(walks, _contained_ids(resource), _full_urls(resource) if name == "Bundle" else None)
    return tuple(
        Issue(code, message, name + place) for code, message, place in _node(resource, name, scope, 0)
    )


def _node(node: _Node, kind: str, scope: Scope, depth: int) -> list[Fault]:
    if not node or depth > _DEEPEST:
        return [_TOO_DEEP if node else _EMPTY]
    shape = (kind, *node)
    steps, wrong, rules = _PLANS.get(shape) or plan_for(shape, scope.walks[kind])
    faults: list[Fault] = []
    for step, name, of, allowed in steps:
        value = node[name]
        if step != CHILD:
            _primitive(step, name, value, node, scope, depth, faults)
        elif type(value) is list or isinstance(
            value, (list, tuple)
        ):  # the first alone is several times quicker
            for index, item in enumerate(value):
                below = child_faults(item, of, allowed, scope, depth)
                if below:
                    faults += _under(f".{name}[{index}]", below)
        else:
            below = child_faults(value, of, allowed, scope, depth)
            if below:
                faults += _under(f".{name}", below)
    faults += wrong
    for rule in rules:
        faults += rule(node)
    return faults


def plan_for(shape: tuple[str, ...], walk: Walk) -> Plan:
    """The plan for a class and the properties of a node; their names are sound, as the shape was checked before."""
    kind, *names = shape
    steps = ((*walk.steps[name], name) for name in names if name in walk.steps)
    plan = Plan(
        tuple((step, name, of, walk.targets.get(name, _ANY)) for step, of, name in steps),
        (*_missing(frozenset(names), walk), *_choices(frozenset(names), walk)),
        RULES.get(kind, ()),
    )
    if len(_PLANS) >= _PLANS_KEPT:
        _PLANS.clear()
    _PLANS[shape] = plan
    return plan


def _missing(names: frozenset[str], walk: Walk) -> Iterator[Fault]:
    for name in walk.needed:
        if name not in names and f"_{name}" not in names:
            yield "required", "this property is required", f".{name}"


def _under(place: str, faults: Sequence[Fault]) -> list[Fault]:
    return [(code, message, place + below) for code, message, below in faults]


def child_faults(value: object, kind: str, allowed: frozenset[str], scope: Scope, depth: int) -> list[Fault]:
    """What is wrong below an element whose shape is right; places begin below it."""
    # The shape was checked before; asking for `dict` first is faster than asking an abstract class.
    assert type(value) is dict or isinstance(value, Mapping)
    if kind == "CodeableConcept" and _is_plain_concept(value):
        return []
    if kind == "Reference":
        plain = value and value.keys() <= _PLAIN_REFERENCE
        faults = [] if plain else _node(value, kind, scope, depth + 1)
        return faults + reference_faults(value, allowed, scope) if value else faults
    if kind == "AnyResource":
        return inner_faults(value, scope, depth)
    faults = _node(value, kind, scope, depth + 1)
    if kind == "Narrative" and (fault := narrative_fault(str(value.get("div")))) is not None:
        faults.append(("invariant", fault, ".div"))
    return faults


def _is_plain_concept(concept: _Node) -> bool:
    """Whether a walk can find nothing: half of all elements are concepts of plain codings and words."""
    if not concept or not concept.keys() <= _PLAIN_CONCEPT:
        return False
    codings = concept.get("coding", ())
    assert isinstance(codings, (list, tuple))
    for coding in codings:  # noqa: SIM110  # a loop, as this is asked of half of all elements
        if not (coding and coding.keys() <= _PLAIN_CODING):
            return False
    return True


def inner_faults(value: _Node, scope: Scope, depth: int) -> list[Fault]:
    """A contained resource, or one in a Bundle, which has contained ones of its own."""
    kind = str(value.get("resourceType"))
    if scope.full_urls is not None and depth < 2:
        if scope.contained or "contained" in value:
            scope = Scope(scope.walks, _contained_ids(value), scope.full_urls)
        return _node(value, kind, scope, depth + 1)
    faults = _node(value, kind, scope, depth + 1)
    if value.get("contained"):
        faults.append(("invariant", "dom-2: a contained resource must not contain another", ".contained"))
    return faults


def _primitive(
    step: int, name: str, value: object, node: _Node, scope: Scope, depth: int, faults: list[Fault]
) -> None:
    if step == DATE:
        if not day_exists(value):
            faults.append(("value", "this day does not exist", f".{name}"))
    elif step == DECIMAL:
        if not isinstance(value, int | float | Decimal):
            faults.append(("structure", "a decimal must be a JSON number", f".{name}"))
    elif step == BASE64:
        if len(str(value)) % 4 and len("".join(str(value).split())) % 4:
            faults.append(("value", "base64 comes in fours", f".{name}"))
    elif step == LIST:
        _gaps(name, value, node.get(f"_{name}"), faults)
    elif step == COMPANION:
        faults += _under(f".{name}", _companion(value, scope, depth))
    elif step == LIST_COMPANION:
        assert isinstance(value, (list, tuple))
        for index, item in enumerate(value):
            if item is not None:
                faults += _under(f".{name}[{index}]", _companion(item, scope, depth))


def _companion(value: object, scope: Scope, depth: int) -> list[Fault]:
    """The extensions of a primitive (`_birthDate`)."""
    assert isinstance(value, Mapping)
    if not value:
        return [_EMPTY]
    extensions = value.get("extension", ())
    assert isinstance(extensions, (list, tuple))
    found: list[Fault] = []
    for index, extension in enumerate(extensions):
        found += _under(f".extension[{index}]", child_faults(extension, "Extension", _ANY, scope, depth))
    return found


def _choices(names: frozenset[str], walk: Walk) -> Iterator[Fault]:
    for name, of_choice, required in walk.choices:
        given = of_choice & names
        if len(given) > 1 and len({one.lstrip("_") for one in given}) > 1:
            yield "structure", "only one of these may stand here", f".{name}[x]"
        elif required and not given:
            yield "required", "one of these is required", f".{name}[x]"


def day_exists(value: object) -> bool:
    """Whether the calendar has the day (2026-02-29 has none); a year or a month alone always exists."""
    day = str(value)[:10]
    if len(day) < 10 or day[8:] <= "28":
        return True
    try:
        datetime.date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _gaps(name: str, values: object, companions: object, faults: list[Fault]) -> None:
    """A null in a list of primitives stands for a value that has extensions only."""
    assert isinstance(values, (list, tuple))
    beside = companions if isinstance(companions, (list, tuple)) else ()
    if beside and len(values) != len(beside):
        faults.append(("structure", "both lists of a repeating primitive must be of one length", f".{name}"))
        return
    for index, value in enumerate(values):
        if value is None and not (beside and beside[index]):
            faults.append(("structure", "null stands for a value with extensions only", f".{name}[{index}]"))


def reference_faults(node: _Node, allowed: frozenset[str], scope: Scope) -> list[Fault]:
    """What is wrong with a Reference: its form, what it should find here, or what it points at."""
    stated, text = node.get("type"), node.get("reference")
    wrong = bool(allowed) and stated is not None and stated not in allowed
    if not isinstance(text, str):
        return [_WRONG_TARGET] if wrong else []
    relative = _RELATIVE.fullmatch(text)
    found = relative or (_IN_URL.fullmatch(text) if allowed else None)
    wrong = wrong or (bool(allowed) and found is not None and found.group(1) not in allowed)
    faults = [] if relative is not None else _form(text, scope)
    return [*faults, _WRONG_TARGET] if wrong else faults


def _form(text: str, scope: Scope) -> list[Fault]:
    """What is wrong with a reference that is not `Type/id`."""
    if text.startswith("#"):
        if text != "#" and text[1:] not in scope.contained:
            return [("invariant", "ref-1: nothing of this id is contained", ".reference")]
    elif text.startswith("urn:uuid:"):
        if scope.full_urls is not None and text not in scope.full_urls:
            return [("invariant", "no entry has this `fullUrl`", ".reference")]
    elif _ABSOLUTE.fullmatch(text) is None and "?" not in text:
        return [("value", "a reference must be `Type/id`, a URL, a URN or `#id`", ".reference")]
    return []


def _contained_ids(resource: _Node) -> frozenset[str]:
    contained = resource.get("contained") or ()
    assert isinstance(contained, (list, tuple))
    return frozenset(str(item.get("id")) for item in contained if isinstance(item, Mapping))


def _full_urls(bundle: _Node) -> frozenset[str]:
    entries = bundle.get("entry") or ()
    assert isinstance(entries, (list, tuple))
    return frozenset(str(entry.get("fullUrl")) for entry in entries if isinstance(entry, Mapping))
