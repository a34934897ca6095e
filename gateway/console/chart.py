"""A stacked column chart, drawn on the server: every number also stands in a table beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 960, 200
_LEFT, _BOTTOM, _TOP = 48, 22, 8
_DAYS_BY_DAY, _DAYS_BY_WEEK = 62, 400
_MOST_LABELS = 12


@dataclass(frozen=True, slots=True)
class Box:
    """One part of a column. `tone` is the name of a colour of the style sheet."""

    x: float
    y: float
    width: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its label, its numbers in the order of the series, and where they are drawn."""

    label: str
    numbers: tuple[int, ...]
    boxes: tuple[Box, ...]
    text_x: float
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything a template needs to draw it. `series`: (name, tone); `lines`: (height, number) of the grid."""

    series: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    lines: tuple[tuple[float, int], ...]
    unit: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def totals(self) -> tuple[int, ...]:
        """The sum of each series."""
        return tuple(
            sum(column.numbers[place] for column in self.columns) for place in range(len(self.series))
        )


def stacked(
    counts: Mapping[date, Mapping[str, int]], first: date, last: date, series: Sequence[tuple[str, str, str]]
) -> Chart:
    """The counts of each day, by week or month where there are many days. `series`: key, name, tone."""
    unit = _unit((last - first).days + 1)
    columns: dict[date, dict[str, int]] = {}
    one = first
    while one <= last:
        column = columns.setdefault(_start(one, unit), {})
        for key, _, _ in series:
            column[key] = column.get(key, 0) + counts.get(one, {}).get(key, 0)
        one += timedelta(days=1)
    highest = _round_up(max((sum(column.values()) for column in columns.values()), default=0))
    step = (WIDTH - _LEFT) / max(1, len(columns))
    every = -(-len(columns) // _MOST_LABELS)
    drawn = tuple(
        _column(begins, numbers, series, number, step, highest, unit, number % every == 0)
        for number, (begins, numbers) in enumerate(sorted(columns.items()))
    )
    lines = tuple((_y(part * highest / 2, highest), part * highest // 2) for part in (0, 1, 2))
    return Chart(tuple((name, tone) for _, name, tone in series), drawn, lines, unit)


def _column(
    begins: date,
    numbers: Mapping[str, int],
    series: Sequence[tuple[str, str, str]],
    place: int,
    step: float,
    highest: int,
    unit: str,
    is_labelled: bool,
) -> Column:
    x, below, boxes = _LEFT + place * step, 0, []
    for key, _, tone in series:
        number = numbers.get(key, 0)
        if number:
            y = _y(below + number, highest)
            boxes.append(
                Box(
                    round(x + step * 0.12, 1),
                    y,
                    round(step * 0.76, 1),
                    round(_y(below, highest) - y, 1),
                    tone,
                )
            )
        below += number
    label = begins.strftime("%b %Y" if unit == "month" else "%d %b")
    told = tuple(numbers.get(key, 0) for key, _, _ in series)
    return Column(label, told, tuple(boxes), round(x + step / 2, 1), is_labelled)


def _y(number: float, highest: int) -> float:
    return round(HEIGHT - _BOTTOM - number / highest * (HEIGHT - _BOTTOM - _TOP), 1)


def _unit(days: int) -> str:
    return "day" if days <= _DAYS_BY_DAY else "week" if days <= _DAYS_BY_WEEK else "month"


def _start(one: date, unit: str) -> date:
    if unit == "week":
        return one - timedelta(days=one.weekday())
    return one.replace(day=1) if unit == "month" else one


def _round_up(number: int) -> int:
    """The next even number of the form 2, 4, 10, 20, 40, 100 …, so that the middle line is a whole number."""
    power = 1
    while True:
        for size in (2 * power, 4 * power, 10 * power):
            if size >= number:
                return size
        power *= 10
