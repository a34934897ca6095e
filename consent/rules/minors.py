"""Minors: who signs for them, who may read in their name, and what becomes of it when they come of age.

42 CFR §2.14; ages by state law (ST-03). Where no pack says from which age a minor may consent alone, none may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

MAJORITY = 18

Pack = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ages:
    """The ages, in whole years, that matter under the packs of a policy: the strictest of each."""

    majority: int = MAJORITY
    alone_from: int | None = None

    def is_minor(self, birth: date | None, at: datetime) -> bool:
        """Whether the patient is a minor; one of whom no birth is known is none."""
        return birth is not None and age(birth, at.date()) < self.majority

    def signs_alone(self, birth: date | None, at: datetime) -> bool:
        """Whether state law lets a patient of that age sign alone, a minor or not; then only her signature counts."""
        return birth is not None and self.alone_from is not None and age(birth, at.date()) >= self.alone_from


@dataclass(frozen=True, slots=True)
class Patient:
    """The patient of a question as far as signing goes: reference, latest possible birth, and the ages that matter."""

    reference: str
    birth: date | None
    ages: Ages


def ages_of(packs: Iterable[Pack]) -> Ages:
    """The ages of the packs. Raises where a pack has a table of minors that cannot be read."""
    rows = [_row_of(pack["minors"]) for pack in packs if "minors" in pack]
    return Ages(
        max([int(row["majority"]) for row in rows], default=MAJORITY),
        max([int(row["consents_alone_from"]) for row in rows], default=None),
    )


def _row_of(minors: Any) -> Mapping[str, Any]:
    if not isinstance(minors, Mapping):
        raise TypeError("the table of minors of a state pack is no object")
    return minors


def age(birth: date, today: date) -> int:
    """Whole years on `today`."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
