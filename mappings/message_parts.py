"""One HL7 v2 message, several records: each order of ORM, OMG and OML is answered and decided alone.

A record has the lines before the first order (envelope, patient, visit, insurance) and those of its own order. Its
places count segments as they stand in the whole message (`OBR[2]-4`), so that the sender finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mappings.rows import Once
from mappings.syntax.hl7v2 import occurrences
from mappings.syntax.hl7v2_tree import V2Address


class Part(NamedTuple):
    """The lines of one record, and the number of each segment among those of its name in the message (empty: as the
    lines stand). `place` names the segment it begins with when there are several (`ORC[2]`)."""

    lines: list[str]
    numbers: tuple[int, ...] = ()
    place: str = ""


def parts_of(rules: Sequence[Once], lines: list[str]) -> list[Part]:
    """The records of one message. Where it cannot be told which orders are prior results, the message as it is: the
    rule `once` refuses it."""
    rule = next((one for one in rules if one.apart), None)
    if rule is None or not isinstance(rule.each, V2Address):
        return [Part(lines)]
    segment, field = rule.each.segment, lines[0][3:4]
    if not field or sum(line[:3] == segment for line in lines) < 2:
        return [Part(lines)]
    names = [line.partition(field)[0] for line in lines]
    begins, later = _beginnings(names, segment, rule)
    if later or len(begins) < 2:
        return [Part(lines)]
    numbers = occurrences([[name] for name in names])
    ends = [*begins[1:], len(lines)]
    return [
        Part(
            lines[: begins[0]] + lines[begin:end],
            (*numbers[: begins[0]], *numbers[begin:end]),
            f"{segment}[{numbers[begin]}]" if numbers[begin] > 1 else segment,
        )
        for begin, end in zip(begins, ends, strict=True)
    ]


def _beginnings(names: list[str], segment: str, rule: Once) -> tuple[list[int], bool]:
    """Where each record begins; and whether there is one more of which nobody can tell whether it is an order or a
    prior result."""
    begins: list[int] = []
    excused = unclear = prior = False
    for index, name in enumerate(names):
        if name == segment:
            if (prior or unclear) and not excused:
                return begins, True
            if excused:
                prior, excused = True, False
            else:
                begins.append(index)
            unclear = False
        elif name in rule.behind and begins:
            excused = True
        elif name in rule.unclear and begins:
            unclear = True
    return begins, False


__all__ = ["Part", "parts_of"]
