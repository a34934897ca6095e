"""One HL7 v2 message, several records: each order of ORM, OMG and OML is answered and decided alone.

A record has the lines before the first order (envelope, patient, visit, insurance) and those of its own order. Its
places count segments as they stand in the whole message (`OBR[2]-4`), so that the sender finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mappings.model import TranslationRefused
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


def another_patient(rules: Sequence[Once], lines: list[str]) -> TranslationRefused | None:
    """Why a message of orders cannot be taken that names a second patient: what stands behind her would become the
    first one's. A PID of prior results names the same patient, by a number (PID-3) that the first one has as well.
    """
    if not any(rule.apart for rule in rules) or sum(line[:3] == "PID" for line in lines) < 2:
        return None
    if sum(line[:3] == "MSH" for line in lines) > 1:
        return None  # several messages: each is looked at alone, or all are refused as several
    first, *others = (_numbers_of(line, lines[0]) for line in lines if line[:3] == "PID")
    for count, numbers in enumerate(others, 2):
        if not first & numbers:
            message = "names another patient than the first PID; send each patient's orders in a message of their own"
            return TranslationRefused("SEVERAL_GIVEN", message, f"PID[{count}]-3", "207", f"PID^{count}^3")
    return None


def _numbers_of(line: str, header: str) -> set[tuple[str, str]]:
    """The patient's numbers in PID-3, each with who gave it. HL7 v2.5.1 ch. 3 (CX.1, CX.4)."""
    field, component, repetition = header[3:4], header[4:5], header[5:6]
    values = (line.split(field)[3:4] or [""])[0]
    found = set()
    for one in values.split(repetition) if repetition else [values]:
        parts = one.split(component) + [""] * 4
        if parts[0]:
            found.add((parts[0], parts[3]))
    return found


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


__all__ = ["Part", "another_patient", "parts_of"]
