"""The lens on FHIR's own elements: taken over whole, without extensions and ids, whose meaning nobody here knows."""

from __future__ import annotations

from typing import Any

from mappings.lenses import PLAIN_LENSES, Lens, LensSpec
from mappings.times import Zone
from mappings.unfit import Unfit

_NOT_TAKEN = ("extension", "modifierExtension", "id")


def element_lens(spec: LensSpec) -> Lens:
    """An element as it is. Domain: an object that is not empty and has no `modifierExtension`."""

    def forward(value: Any, zone: Zone) -> Any:
        if not isinstance(value, dict):
            raise Unfit("NOT_AN_ELEMENT", "an element with parts was expected", "102")
        found = _bare(value)
        if not found:
            raise Unfit("EMPTY", "nothing is left without extensions")
        return found

    return Lens(forward, lambda value: value)


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        if "modifierExtension" in value:
            raise Unfit("MODIFIED", "the element means something else by an extension", "207")
        bare = {key: _bare(inner) for key, inner in value.items() if key not in _NOT_TAKEN and key[:1] != "_"}
        return {key: inner for key, inner in bare.items() if inner not in ({}, [], None, "")}
    if isinstance(value, list):
        return [found for inner in value if (found := _bare(inner)) not in ({}, [], None, "")]
    return value


FHIR_LENSES = {**PLAIN_LENSES, "element": (element_lens, frozenset[str]())}
