"""Lenses on SN, structured numeric: `^125`, `<^5`, `^1^-^3`, `^1^:^128`.

Source: HL7 v2.5.1 chapter 2A and the v2-to-FHIR guide, SN to Quantity, Range and Ratio. Which of them a value is, the
conditions of the rows say.
"""

from __future__ import annotations

from typing import Any

from mappings.lenses import Lens, LensSpec, number
from mappings.lenses_hl7v2 import components, need, unit_of
from mappings.times import Zone
from mappings.unfit import Unfit

_COMPARATORS = {"": {}, "=": {}, **{sign: {"comparator": sign} for sign in ("<", "<=", ">", ">=")}}
"""SN.1 -> what a Quantity says of it; `<>` has no place there."""


def structured_lens(spec: LensSpec) -> Lens:
    """SN with a unit (CE, CWE): Quantity, Range or Ratio (`as`). Raises KeyError for another kind."""
    make = {"quantity": _quantity, "range": _range, "ratio": _ratio}[spec.text("as", "quantity")]

    def forward(raw: tuple[str, str], zone: Zone) -> dict[str, Any]:
        comparator, first, sign, second, _ = components(raw[0], 4)
        if comparator not in _COMPARATORS:
            raise Unfit("NOT_NUMBER", "a comparator that has no place in FHIR", "102")
        return make(comparator, need(first), sign, second, unit_of(raw[1]))

    return Lens(forward, None, frozenset({1, 3}))


def _quantity(comparator: str, first: str, sign: str, second: str, unit: dict[str, str]) -> dict[str, Any]:
    if sign or second:
        raise Unfit("NOT_NUMBER", "one number was expected", "102")
    return {"value": number(first), **_COMPARATORS[comparator], **unit}


def _range(comparator: str, first: str, sign: str, second: str, unit: dict[str, str]) -> dict[str, Any]:
    if sign != "-" or _COMPARATORS[comparator]:
        raise Unfit("NOT_NUMBER", "a range was expected", "102")
    low, high = number(first), number(need(second))
    if low > high:
        raise Unfit("NOT_NUMBER", "the range ends before it begins", "102")
    return {"low": {"value": low, **unit}, "high": {"value": high, **unit}}


def _ratio(comparator: str, first: str, sign: str, second: str, unit: dict[str, str]) -> dict[str, Any]:
    if sign not in (":", "/"):
        raise Unfit("NOT_NUMBER", "a ratio was expected", "102")
    return {
        "numerator": {"value": number(first), **_COMPARATORS[comparator], **unit},
        "denominator": {"value": number(need(second)), **unit},
    }
