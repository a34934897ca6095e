"""Lineage found by trial: each leaf under a value is blanked and altered, and what changes in the output names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mappings.placing import changed_paths, flat
from mappings.tree import Spot
from mappings.unfit import Unfit

See = Callable[[Sequence[Any]], Any]
"""Raw values -> what the row's lens makes of them. Raises Unfit."""


def fed_by(
    see: See, spots: Sequence[Spot | None], raws: list[Any], value: Any, leaves: Mapping[str, str]
) -> dict[str, list[str]]:
    """Output path below the value -> leaves that feed it: those whose change changes it. `leaves`: those to try."""
    base = flat(value, "")
    feeds: dict[str, list[str]] = {}
    for position, spot in enumerate(spots):
        for index, place in enumerate(spot.leaves if spot is not None else ()):
            if spot is None or place not in leaves:
                continue
            for path in _affected(see, spot, (position, index), raws, value, base, str(leaves[place])):
                feeds.setdefault(path, []).append(place)
    return feeds


def _affected(
    see: See,
    spot: Spot,
    at: tuple[int, int],
    raws: list[Any],
    value: Any,
    base: dict[str, Any],
    text: str,
) -> set[str]:
    """The output paths that change when one leaf is blanked or altered; `at`: the spot's place and the leaf's."""
    changed: set[str] = set()
    position, index = at
    for trial in ("", text + "x", "x" + text):
        altered = list(raws)
        altered[position] = spot.alter(index, trial)
        try:
            other = see(altered)
        except Unfit:
            return set(base)
        if len(base) > 1:
            changed |= changed_paths(value, other)
        elif other != value:
            return set(base)
        if len(changed) == len(base):
            break
    return changed
