"""FHIRPath Patch, along simple paths: done as the JSON Patch that does the same. HL7 FHIR 4.0.1, fhirpatch.html.

A simple path names the type and then elements, of a list with the place (`Task.output[0].type`). Functions, filters and
operators are refused, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.errors import NotSupported, NotUnderstood
from gateway.flows.checked import checked
from gateway.flows.json_patch import MOST_OPERATIONS, patched
from gateway.resources.elements import choice_of, element_of

_STEP = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\[([0-9]{1,4})\])?")
_PARTS: Mapping[str, frozenset[str]] = {
    "add": frozenset({"path", "name", "value"}),
    "insert": frozenset({"path", "index", "value"}),
    "delete": frozenset({"path"}),
    "replace": frozenset({"path", "value"}),
    "move": frozenset({"path", "source", "destination"}),
}
_ANY = "AnyResource"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Spot:
    """An element: the object it stands in with its pointer, its key there and the place in a list, its class; and the
    class of the object with the name by which the element was called.
    """

    within: Mapping[str, Any]
    pointer: str
    key: str
    index: int | None
    inner: str
    many: bool
    kind: str
    called: str

    @property
    def path(self) -> str:
        """As JSON Patch names it."""
        return f"{self.pointer}/{self.key}" + ("" if self.index is None else f"/{self.index}")

    @property
    def value(self) -> Any:
        """What stands there; None where nothing does."""
        found = self.within.get(self.key)
        if self.index is None or found is None:
            return found
        return found[self.index] if self.index < len(found) else None


def patched_along_paths(document: Mapping[str, Any], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """`document` after the operations of a Parameters.

    Raises NotUnderstood `PATCH_INVALID`, `PATCH_FAILED`, NotSupported `PATCH_PATH` (more than a simple path), with the
    number of the operation; and as `patched` does.
    """
    checked(parameters, "Parameters")
    asked = parameters.get("parameter", ())
    if len(asked) > MOST_OPERATIONS:
        raise NotUnderstood("PATCH_INVALID", f"at most {MOST_OPERATIONS} operations are taken")
    present: Mapping[str, Any] = document
    for number, one in enumerate(asked):
        present = patched(present, _steps(present, one, f"operation {number}"))
    return present


def _steps(document: Mapping[str, Any], asked: Mapping[str, Any], place: str) -> list[Json]:
    """One operation."""
    parts = {str(one.get("name")): one for one in asked.get("part", ())}
    kind, path = (parts.get(name, {}) for name in ("type", "path"))
    named = str(kind.get("valueCode"))
    wanted = _PARTS.get(named, frozenset()) | {"type"}
    whole = parts.keys() == wanted and len(parts) == len(asked["part"])
    if asked.get("name") != "operation" or not whole or not isinstance(path.get("valueString"), str):
        raise NotUnderstood(
            "PATCH_INVALID", "must have a known type and what belongs to it, each once", place
        )
    if named == "add":
        return _add(document, path["valueString"], parts, place)
    spot = _spot(document, path["valueString"], place)
    if named == "insert":
        return _insert(spot, parts, place)
    if named == "move":
        return _move(spot, parts, place)
    if spot.many and spot.index is None:
        raise NotUnderstood("PATCH_FAILED", "of a list the place must be named", place)
    if spot.index is not None and f"_{spot.key}" in spot.within:
        raise _not_alone(place)
    return _delete(spot) if named == "delete" else _replace(spot, parts["value"], place)


def _add(document: Mapping[str, Any], path: str, parts: Mapping[str, Json], place: str) -> list[Json]:
    """At the end of a list, or where nothing stands yet."""
    name = str(parts["name"].get("valueString"))
    spot = _spot(document, f"{path}.{name}", place)
    if spot.index is not None:
        raise _beyond(place)
    if spot.many:
        value = _value(parts["value"], spot.inner, place)
        held = spot.key in spot.within
        if len(spot.within.get(f"_{spot.key}", ())) > len(spot.within.get(spot.key, ())):
            raise _not_alone(place)
        return [_op("add", f"{spot.path}/-" if held else spot.path, value if held else [value])]
    if any(one in spot.within for one in (spot.key, *choice_of(spot.kind, spot.called))):
        raise NotUnderstood("PATCH_FAILED", "is there already; replace it", place)
    key, inner = _key_of(spot, parts["value"], place)
    return [_op("add", f"{spot.pointer}/{key}", _value(parts["value"], inner, place))]


def _insert(spot: _Spot, parts: Mapping[str, Json], place: str) -> list[Json]:
    held, index = _listed(spot, place), parts["index"].get("valueInteger")
    if not isinstance(index, int) or not 0 <= index <= len(held):
        raise NotUnderstood("PATCH_FAILED", "the list has no such place", place)
    value = _value(parts["value"], spot.inner, place)
    return [_op("add", f"{spot.path}/{index}", value) if held else _op("add", spot.path, [value])]


def _move(spot: _Spot, parts: Mapping[str, Json], place: str) -> list[Json]:
    held = _listed(spot, place)
    source, to = (parts[name].get("valueInteger") for name in ("source", "destination"))
    if not all(isinstance(one, int) and 0 <= one < len(held) for one in (source, to)):
        raise NotUnderstood("PATCH_FAILED", "the list has no such place", place)
    return [{"op": "move", "from": f"{spot.path}/{source}", "path": f"{spot.path}/{to}"}]


def _listed(spot: _Spot, place: str) -> Sequence[Any]:
    """The list that is meant; one with something beside its values is left alone."""
    if not spot.many or spot.index is not None or f"_{spot.key}" in spot.within:
        raise NotUnderstood("PATCH_FAILED", "the path must name a list as a whole", place)
    found: Sequence[Any] = spot.within.get(spot.key, ())
    return found


def _delete(spot: _Spot) -> list[Json]:
    """What is not there is as if it had been deleted."""
    beside = [{"op": "remove", "path": one} for one in _beside(spot)]
    if spot.value is None:
        return beside
    last = spot.index is not None and len(spot.within[spot.key]) == 1
    return [{"op": "remove", "path": f"{spot.pointer}/{spot.key}" if last else spot.path}, *beside]


def _replace(spot: _Spot, given: Json, place: str) -> list[Json]:
    if spot.value is None:
        raise NotUnderstood("PATCH_FAILED", "there is nothing at that path", place)
    key, inner = _key_of(spot, given, place)
    value = _value(given, inner, place)
    beside = [{"op": "remove", "path": one} for one in _beside(spot)]
    if key == spot.key:
        return [_op("replace", spot.path, value), *beside]
    return [{"op": "remove", "path": spot.path}, _op("add", f"{spot.pointer}/{key}", value), *beside]


def _beside(spot: _Spot) -> list[str]:
    """Where what stands beside a primitive is, which goes with it."""
    return [f"{spot.pointer}/_{spot.key}"] if f"_{spot.key}" in spot.within and spot.index is None else []


def _key_of(spot: _Spot, given: Json, place: str) -> tuple[str, str]:
    """The key and class for a value: of a choice that of its type."""
    choice = choice_of(spot.kind, spot.called)
    if not choice:
        return spot.key, spot.inner
    key = spot.called + next((name.removeprefix("value") for name in given if name.startswith("value")), "")
    found = element_of(spot.kind, key) if key in choice else None
    if found is None:
        raise NotUnderstood("PATCH_FAILED", "a value of this type is not possible there", place)
    return key, found[0]


def _spot(document: Mapping[str, Any], path: str, place: str) -> _Spot:
    """Where a simple path leads. Raises NotSupported `PATCH_PATH`, NotUnderstood `PATCH_FAILED`."""
    first, *steps = path.split(".")
    matches = [_STEP.fullmatch(one) for one in steps]
    if not steps or not all(matches):
        raise _beyond(place)
    kind, within, pointer = str(document["resourceType"]), document, ""
    if first != kind:
        raise NotUnderstood("PATCH_FAILED", "the path must begin with the type of the resource", place)
    spot: _Spot | None = None
    for match in matches:
        if spot is not None:
            within, pointer, kind = spot.value, spot.path, spot.inner
            if not isinstance(within, Mapping):
                raise NotUnderstood("PATCH_FAILED", "there is nothing at that path", place)
        assert match is not None
        spot = _step(within, pointer, kind, match[1], match[2], place)
    assert spot is not None
    return spot


def _step(
    within: Mapping[str, Any], pointer: str, kind: str, called: str, index: str | None, place: str
) -> _Spot:
    choice = choice_of(kind, called)
    key = next((one for one in choice if one in within), choice[0] if choice else called)
    found = element_of(kind, key)
    if found is None or found[0] == _ANY:
        raise _beyond(place)
    inner, many = found
    if index is not None and not many and index != "0":
        raise NotUnderstood("PATCH_FAILED", "there is nothing at that path", place)
    return _Spot(within, pointer, key, int(index) if index and many else None, inner, many, kind, called)


def _value(given: Json, inner: str, place: str) -> Any:
    """The value of a part: one value, or the parts that it is made of."""
    named = [value for name, value in given.items() if name.startswith("value")]
    if named:
        return named[0]
    made: Json = {}
    for part in given.get("part", ()):
        spot = _step(made, "", inner, str(part.get("name")), None, place)
        key, kind = _key_of(spot, part, place)
        value = _value(part, kind, place)
        if not spot.many and key in made:
            raise NotUnderstood("PATCH_FAILED", "may stand there once", place)
        made[key] = [*made.get(key, ()), value] if spot.many else value
    if not made:
        raise NotUnderstood("PATCH_INVALID", "must have a value", place)
    return made


def _not_alone(place: str) -> NotUnderstood:
    """For a list in which what stands beside a value would come to stand beside another."""
    text = "values of a list with something beside them are changed with the whole resource"
    return NotUnderstood("PATCH_FAILED", text, place)


def _op(kind: str, path: str, value: Any) -> Json:
    return {"op": kind, "path": path, "value": value}


def _beyond(place: str) -> NotSupported:
    text = "only elements by name, of a list with the place, are taken: `Task.output[0].type`"
    return NotSupported("PATCH_PATH", text, place)
