"""A PHQ-9 read again (DM-23): whether the newest tells of thoughts of death or self-harm, and whether totals are sums.

Made of what its reader may see, after the gate. It comes as a QuestionnaireResponse or as Observations, one of each
question or all in one; those of one asking name the same source, or the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gateway.care_plan.parts import Resource, reference_of, rows, standing_of

LOINC = "http://loinc.org"
SELF_HARM_TOLD, TOTAL_DIFFERS = "SELF_HARM_TOLD", "TOTAL_DIFFERS"
_NINTH, _TOTAL = "44260-8", "44261-6"
_ITEMS = frozenset(
    {"44250-9", "44251-7", "44252-5", "44253-3", "44254-1", "44255-8", "44258-2", "44259-0", _NINTH}
)
_POINTS: Mapping[str, float] = {"LA6568-5": 0, "LA6569-3": 1, "LA6570-1": 2, "LA6571-9": 3}
"""The answers of LOINC list LL358-3."""

Told = dict[str, float | None]
"""What was told to each code; None: an answer that cannot be read as a number."""


def screening_alerts(resources: Sequence[Resource]) -> tuple[str, ...]:
    """`SELF_HARM_TOLD` and `TOTAL_DIFFERS`, as far as they hold. An answer to the ninth question that cannot be read
    is not called "not at all"; a total is judged only beside all nine answers.
    """
    asked: dict[str, tuple[str, Told]] = {}
    for one in resources:
        if standing_of(one) == "void" or not (told := _told(one)):
            continue
        name = _asking(one)
        when, known = asked.get(name, ("", {}))
        asked[name] = max(when, _when(one)), {**known, **told}
    ninth = [(when, told[_NINTH]) for when, told in asked.values() if _NINTH in told]
    newest = max((when for when, _ in ninth), default="")
    risk = any(points != 0 for when, points in ninth if when == newest)
    differs = any(_differs(told) for _, told in asked.values())
    return (*((SELF_HARM_TOLD,) if risk else ()), *((TOTAL_DIFFERS,) if differs else ()))


def self_harm_told(resources: Sequence[Resource]) -> tuple[Resource, ...]:
    """The records by which `SELF_HARM_TOLD` holds, and what else answers question 9; empty where it does not hold."""
    if SELF_HARM_TOLD not in screening_alerts(resources):
        return ()
    return tuple(one for one in resources if _NINTH in _told(one))


def _differs(told: Told) -> bool:
    answers = [told.get(code) for code in _ITEMS]
    return told.get(_TOTAL) is not None and None not in answers and sum(filter(None, answers)) != told[_TOTAL]


def _when(one: Resource) -> str:
    return str(one.get("authored", one.get("effectiveDateTime", "")))


def _asking(one: Resource) -> str:
    """What names one asking of the questions: the form that was filled in, else its time, else the record itself."""
    if one["resourceType"] == "QuestionnaireResponse":
        return reference_of(one)
    source = next((str(row.get("reference", "")) for row in rows(one.get("derivedFrom"))), "")
    return source or _when(one) or reference_of(one)


def _told(one: Resource) -> Told:
    """What a record tells of the questions of a PHQ-9 and of its total."""
    if one["resourceType"] == "QuestionnaireResponse":
        found = dict(_of_items(rows(one.get("item"))))
    else:
        parts = (one, *rows(one.get("component")))
        found = {code: _points(part) for part in parts if _value(part) for code in _codes(part.get("code"))}
    return {code: points for code, points in found.items() if code in _ITEMS or code == _TOTAL}


def _of_items(items: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, float | None]]:
    for item in items:
        code = str(item.get("linkId", "")).rpartition("/")[2]
        for answer in rows(item.get("answer")):
            yield code, _points(answer)
            yield from _of_items(rows(answer.get("item")))
        yield from _of_items(rows(item.get("item")))


def _codes(concept: object) -> list[str]:
    codings = rows(concept.get("coding")) if isinstance(concept, Mapping) else ()
    return [str(one.get("code", "")) for one in codings if one.get("system") == LOINC]


def _value(part: Mapping[str, Any]) -> Any:
    """A value[x] in a list, as 0 is one too; empty where none is told."""
    return [value for name, value in part.items() if name.startswith("value")]


def _points(part: Mapping[str, Any]) -> float | None:
    for value in _value(part):
        if isinstance(value, Mapping):
            codes = [*_codes(value), *_codes({"coding": [value]})]
            value = value.get("value", next((_POINTS[one] for one in codes if one in _POINTS), None))
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            return None
    return None
