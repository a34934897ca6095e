"""What the shape of a resource cannot say, in one walk over its tree. HL7 FHIR 4.0.1.

The walk runs for every resource that comes in: a node without a fault costs one look at each of its
properties, and places are put together only on the way back from a fault.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway.resources.issues import Issue
from gateway.resources.narrative import narrative_fault
from gateway.resources.rules import RULES, Fault
from gateway.resources.steps import BASE64, CHILD, COMPANION, DATE, DECIMAL, LIST, LIST_COMPANION, Walk

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:\S+")
_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(/_history/[A-Za-z0-9\-.]{1,64})?")
_IN_URL = re.compile(r"https?://\S+/([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_DEEPEST = 64
_PLAIN_CONCEPT = frozenset({"coding", "text"})
_PLAIN_CODING = frozenset({"system", "version", "code", "display", "userSelected"})
_PLAIN_REFERENCE = frozenset({"reference", "display"})
_EMPTY: Fault = ("structure", "ele-1: an element must not be empty", "")
_TOO_DEEP: Fault = ("structure", "the resource is nested too deep", "")

_Node = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a local reference may resolve to: ids of contained resources, `fullUrl`s of the Bundle."""

    walks: Mapping[str, Walk]
    contained: frozenset[str]
    full_urls: frozenset[str] | None


def check_invariants(resource: _Node, name: str, walks: Mapping[str, Walk]) -> tuple[Issue, ...]:
    """The faults of a resource whose shape is right."""
    scope = _Scope(walks, _contained_ids(resource), _full_urls(resource) if name == "Bundle" else None)
    return tuple(
        Issue(code, message, name + place) for code, message, place in _node(resource, name, scope, 0)
    )


def _node(node: _Node, kind: str, scope: _Scope, depth: int) -> list[Fault]:
    if not node or depth > _DEEPEST:
        return [_TOO_DEEP if node else _EMPTY]
    walk = scope.walks[kind]
    steps = walk.steps
    faults: list[Fault] = []
    for name, value in node.items():
        step = steps.get(name)
        if step is None:
            continue
        if step[0] == CHILD:
            if isinstance(value, (list, tuple)):
                for index, item in enumerate(value):
                    below = _child(item, step[1], scope, depth)
                    if below:
                        faults += _under(f".{name}[{index}]", below)
            else:
                below = _child(value, step[1], scope, depth)
                if below:
                    faults += _under(f".{name}", below)
        else:
            _primitive(step[0], name, value, node, scope, depth, faults)
    for name in walk.needed:
        if name not in node and f"_{name}" not in node:
            faults.append(("required", "this property is required", f".{name}"))
    if walk.choices:
        _choices(node, walk, faults)
    if walk.targets:
        _targets(node, walk.targets, faults)
    for rule in RULES.get(kind, ()):
        faults += rule(node)
    return faults


def _under(place: str, faults: Sequence[Fault]) -> list[Fault]:
    return [(code, message, place + below) for code, message, below in faults]


def _child(value: object, kind: str, scope: _Scope, depth: int) -> list[Fault]:
    # The shape was checked before; asking for `dict` first is faster than asking an abstract class.
    assert type(value) is dict or isinstance(value, Mapping)
    if kind == "CodeableConcept" and _is_plain_concept(value):
        return []
    if kind == "Reference" and value and value.keys() <= _PLAIN_REFERENCE:
        return _reference(str(value["reference"]), scope) if "reference" in value else []
    if kind == "AnyResource":
        return _inner_resource(value, scope, depth)
    faults = _node(value, kind, scope, depth + 1)
    if kind == "Reference" and "reference" in value:
        faults += _reference(str(value["reference"]), scope)
    elif kind == "Narrative" and (fault := narrative_fault(str(value.get("div")))) is not None:
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


def _inner_resource(value: _Node, scope: _Scope, depth: int) -> list[Fault]:
    """A contained resource, or one in a Bundle, which has contained ones of its own."""
    kind = str(value.get("resourceType"))
    if scope.full_urls is not None and depth < 3:
        if scope.contained or "contained" in value:
            scope = _Scope(scope.walks, _contained_ids(value), scope.full_urls)
        return _node(value, kind, scope, depth + 1)
    faults = _node(value, kind, scope, depth + 1)
    if value.get("contained"):
        faults.append(("invariant", "dom-2: a contained resource must not contain another", ".contained"))
    return faults


def _primitive(
    step: int, name: str, value: object, node: _Node, scope: _Scope, depth: int, faults: list[Fault]
) -> None:
    if step == DATE:
        if not _exists(value):
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


def _companion(value: object, scope: _Scope, depth: int) -> list[Fault]:
    """The extensions of a primitive (`_birthDate`)."""
    assert isinstance(value, Mapping)
    if not value:
        return [_EMPTY]
    extensions = value.get("extension", ())
    assert isinstance(extensions, (list, tuple))
    found: list[Fault] = []
    for index, extension in enumerate(extensions):
        found += _under(f".extension[{index}]", _child(extension, "Extension", scope, depth))
    return found


def _choices(node: _Node, walk: Walk, faults: list[Fault]) -> None:
    for name, names, required in walk.choices:
        given = names & node.keys()
        if len(given) > 1 and len({one.lstrip("_") for one in given}) > 1:
            faults.append(("structure", "only one of these may stand here", f".{name}[x]"))
        elif required and not given:
            faults.append(("required", "one of these is required", f".{name}[x]"))


def _exists(value: object) -> bool:
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


def _reference(text: str, scope: _Scope) -> list[Fault]:
    if text.startswith("#"):
        if text != "#" and text[1:] not in scope.contained:
            return [("invariant", "ref-1: nothing of this id is contained", ".reference")]
    elif text.startswith("urn:uuid:"):
        if scope.full_urls is not None and text not in scope.full_urls:
            return [("invariant", "no entry has this `fullUrl`", ".reference")]
    elif _RELATIVE.fullmatch(text) is None and _ABSOLUTE.fullmatch(text) is None and "?" not in text:
        return [("value", "a reference must be `Type/id`, a URL, a URN or `#id`", ".reference")]
    return []


def _targets(node: _Node, targets: Mapping[str, frozenset[str]], faults: list[Fault]) -> None:
    for name, allowed in targets.items():
        if name not in node:
            continue
        value = node[name]
        many = isinstance(value, (list, tuple))
        for index, item in enumerate(value if isinstance(value, (list, tuple)) else (value,)):
            if isinstance(item, (dict, Mapping)) and not _may_point(item, allowed):
                place = f".{name}[{index}]" if many else f".{name}"
                faults.append(("structure", "a reference here must not point at this type", place))


def _may_point(reference: _Node, allowed: frozenset[str]) -> bool:
    stated = reference.get("type")
    if stated is not None and stated not in allowed:
        return False
    text = reference.get("reference")
    if not isinstance(text, str):
        return True
    match = _RELATIVE.fullmatch(text) or _IN_URL.fullmatch(text)
    return match is None or match.group(1) in allowed


def _contained_ids(resource: _Node) -> frozenset[str]:
    contained = resource.get("contained") or ()
    assert isinstance(contained, (list, tuple))
    return frozenset(str(item.get("id")) for item in contained if isinstance(item, Mapping))


def _full_urls(bundle: _Node) -> frozenset[str]:
    entries = bundle.get("entry") or ()
    assert isinstance(entries, (list, tuple))
    return frozenset(str(entry.get("fullUrl")) for entry in entries if isinstance(entry, Mapping))
