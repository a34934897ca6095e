"""Lenses on the CDA data types of times and measures: TS, IVL_TS, PIVL_TS, PQ, IVL_PQ, INT, BL."""

from __future__ import annotations

from typing import Any

from mappings.lenses import Lens, LensSpec, integer, number
from mappings.times import Zone, is_reversed, v2_back, v2_date, v2_datetime
from mappings.unfit import Partly, Unfit

_UCUM = "http://unitsofmeasure.org"


def word(raw: Any) -> str:
    """The text of an attribute or element, or its `code` or `value`. Raises Unfit when there is none."""
    if isinstance(raw, str):
        return raw
    found = raw.get("@code") or raw.get("@value") or raw.get("#")
    if not found:
        raise Unfit("EMPTY", "no usable value")
    return str(found)


def date_lens(spec: LensSpec) -> Lens:
    """TS whose time is of no meaning where it goes (a birth date): the date alone."""
    return Lens(lambda raw, zone: v2_date(word(raw)[:8]), lambda value: {"@value": v2_back(value)})


def datetime_lens(spec: LensSpec) -> Lens:
    """TS: precision and zone kept, never invented."""
    return Lens(lambda raw, zone: v2_datetime(word(raw), zone), lambda value: {"@value": v2_back(value)})


def instant_lens(spec: LensSpec) -> Lens:
    """TS to the minute and with a known zone; a date alone is no instant."""

    def forward(raw: Any, zone: Zone) -> str:
        try:
            found = v2_datetime(word(raw), zone)
        except Partly as partly:
            raise Unfit(partly.code, partly.message) from None
        if "T" not in found:
            raise Unfit("TIME_TOO_COARSE", "a date without a time is no instant", "102")
        return found

    return Lens(forward, lambda value: {"@value": v2_back(value)})


def _bound(raw: Any, name: str) -> Any:
    """`low` or `high` of an interval; None when it is not there or says only why."""
    there = [one for one in raw.get(name, ()) if one.get("@value")]
    return there[0] if there else None


def period_lens(spec: LensSpec) -> Lens:
    """IVL_TS with a beginning, an end or both: Period."""

    def forward(raw: Any, zone: Zone) -> dict[str, str]:
        found: dict[str, str] = {}
        partly: Partly | None = None
        for name, element in (("low", "start"), ("high", "end")):
            bound = _bound(raw, name)
            if bound is None:
                continue
            try:
                found[element] = v2_datetime(word(bound), zone)
            except Partly as part:
                partly = Partly(part.code, part.message, found)
                found[element] = str(part.value)
        if not found:
            raise Unfit("EMPTY", "an interval with a beginning or an end was expected")
        if len(found) == 2 and is_reversed(found["start"], found["end"]):
            raise Unfit("PERIOD_REVERSED", "the interval ends before it begins")
        if partly is not None:
            raise partly
        return found

    def backward(value: Any) -> dict[str, Any]:
        pairs = (("low", "start"), ("high", "end"))
        return {name: [{"@value": v2_back(value[e])}] for name, e in pairs if value.get(e)}

    return Lens(forward, backward)


def quantity_of(raw: Any) -> dict[str, Any]:
    """The Quantity of a PQ. Raises Unfit."""
    unit = raw.get("@unit", "")
    found: dict[str, Any] = {"value": number(raw.get("@value", ""))}
    if unit and unit != "1":
        found |= {"unit": unit, "system": _UCUM, "code": unit}
    return found


def _pq(value: Any) -> dict[str, str]:
    unit = str(value.get("code") or value.get("unit") or "")
    return {"@value": str(value["value"]), **({"@unit": unit} if unit else {})}


def quantity_lens(spec: LensSpec) -> Lens:
    """PQ: Quantity in UCUM, digits kept."""
    return Lens(lambda raw, zone: quantity_of(raw), _pq)


def range_lens(spec: LensSpec) -> Lens:
    """IVL_PQ: Range."""

    def forward(raw: Any, zone: Zone) -> dict[str, Any]:
        bounds = {name: _bound(raw, name) for name in ("low", "high")}
        found = {name: quantity_of(bound) for name, bound in bounds.items() if bound is not None}
        if not found:
            raise Unfit("EMPTY", "an interval with a bound was expected")
        return found

    return Lens(
        forward, lambda value: {name: [_pq(value[name])] for name in ("low", "high") if value.get(name)}
    )


_UNITS = frozenset({"s", "min", "h", "d", "wk", "mo", "a"})


def timing_lens(spec: LensSpec) -> Lens:
    """PIVL_TS: once in each period, as Timing."""

    def forward(raw: Any, zone: Zone) -> dict[str, Any]:
        periods = raw.get("period", ())
        unit = periods[0].get("@unit", "") if periods else ""
        if unit not in _UNITS:
            raise Unfit("NOT_A_TIME", "a period in seconds to years was expected")
        return {
            "repeat": {"frequency": 1, "period": number(periods[0].get("@value", "")), "periodUnit": unit}
        }

    def backward(value: Any) -> dict[str, Any]:
        repeat = value.get("repeat", {})
        if repeat.get("frequency", 1) != 1 or not repeat.keys() <= {"frequency", "period", "periodUnit"}:
            raise Unfit("NOT_A_TIME", "only once in each period has a form here")
        return {"period": [{"@value": str(repeat["period"]), "@unit": str(repeat["periodUnit"])}]}

    return Lens(forward, backward)


def integer_lens(spec: LensSpec) -> Lens:
    """INT: a whole number."""
    return Lens(lambda raw, zone: integer(word(raw)), lambda value: {"@value": str(value)})


def boolean_lens(spec: LensSpec) -> Lens:
    """BL: true or false; with `true_word`, a word that says so by being there."""
    yes = spec.text("true_word", "true")
    no = "false" if yes == "true" else ""

    def forward(raw: Any, zone: Zone) -> bool:
        if word(raw) not in (yes, no):
            raise Unfit("NOT_BOOLEAN", "neither of the words of this row", "103")
        return word(raw) == yes

    def backward(value: Any) -> dict[str, str]:
        if not value and not no:
            raise Unfit("NO_LOCAL_CODE", "no word stands for it", "103")
        return {"@value": yes if value else no}

    return Lens(forward, backward)
