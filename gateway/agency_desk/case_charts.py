"""Small line charts of findings over time, drawn on the server; every number also stands in a table beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.agency_desk.records_in_words import words_of

WIDTH, HEIGHT, _EDGE = 320, 72, 6
MOST_POINTS = 60


@dataclass(frozen=True, slots=True)
class Series:
    """What was found over time: (day `YYYY-MM-DD`, number as text) and the same as points of a drawing."""

    title: str
    codes: frozenset[tuple[str, str]]
    found: tuple[tuple[str, str], ...]
    points: tuple[tuple[float, float], ...]

    @property
    def line(self) -> str:
        """The points as an SVG polyline wants them."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


def series_of(observations: Iterable[Mapping[str, Any]]) -> tuple[Series, ...]:
    """One chart for each kind of finding that has a number or a yes or no, and a day."""
    kinds: dict[str, list[tuple[str, float, str, Mapping[str, Any]]]] = {}
    for one in observations:
        day, value = str(one.get("effectiveDateTime", ""))[:10], _number(one)
        if len(day) == len("YYYY-MM-DD") and value is not None:
            kinds.setdefault(words_of(one.get("code")), []).append((day, *value, one))
    return tuple(_series(title, rows) for title, rows in sorted(kinds.items()) if title)


def of_goal(goal: Mapping[str, Any], series: Sequence[Series]) -> tuple[Series, ...]:
    """The charts that measure a goal: those of the codes its targets name."""
    wanted = {pair for target in goal.get("target", ()) for pair in _codes(target.get("measure", {}))}
    return tuple(one for one in series if one.codes & wanted)


def _series(title: str, rows: list[tuple[str, float, str, Mapping[str, Any]]]) -> Series:
    rows = sorted(rows, key=lambda row: row[0])[-MOST_POINTS:]
    least, most = min(row[1] for row in rows), max(row[1] for row in rows)
    across = (WIDTH - 2 * _EDGE) / max(1, len(rows) - 1)
    up = (HEIGHT - 2 * _EDGE) / ((most - least) or 1.0)
    points = tuple(
        (round(_EDGE + place * across, 1), round(HEIGHT - _EDGE - (row[1] - least) * up, 1))
        for place, row in enumerate(rows)
    )
    codes = frozenset(pair for row in rows for pair in _codes(row[3].get("code", {})))
    return Series(title, codes, tuple((row[0], row[2]) for row in rows), points)


def _codes(concept: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(str(one.get("system", "")), str(one.get("code", ""))) for one in concept.get("coding", ())}


def _number(one: Mapping[str, Any]) -> tuple[float, str] | None:
    """What is drawn, and what is written: `yes` and `no` are keys of phrases."""
    value = one.get("valueQuantity", {}).get("value", one.get("valueInteger"))
    if isinstance(one.get("valueBoolean"), bool):
        return (1.0, "yes") if one["valueBoolean"] else (0.0, "no")
    try:
        return (float(value), str(value)) if value is not None else None
    except (TypeError, ValueError):
        return None
