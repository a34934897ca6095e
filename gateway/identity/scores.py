"""How much speaks for two descriptions being of one person, field by field. It proposes; a person decides.

Fellegi and Sunter, "A Theory for Record Linkage" (1969): each field adds the logarithm of how much likelier its
agreement is between two descriptions of one person than between those of two. The chances below are this project's own
estimates for adults of one county; `tests/gateway/identity/test_population.py` shows what they are worth on made-up
people. The fields of twins and of households agree for another reason than being one person; that is said, not added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log2
from typing import Any, Literal

from gateway.identity.described import identifiers_of, names_of, phones_of, streets_of

Agreement = Literal["same", "nearly", "other"]
VERY_LIKELY, POSSIBLE = 27.0, 12.0
"""Bits from which a pair is very likely one person, and from which it is worth a look. Name, birth date and sex alone,
with another phone and street, are worth a look: namesakes of one day are rare and not rare enough."""
SAME_HOUSEHOLD = "SAME_HOUSEHOLD"
"""Another given name at the same birth date or home: a twin, a parent or a child."""

_CHANCES: Mapping[str, Mapping[Agreement, tuple[float, float]]] = {
    "family name": {"same": (0.88, 0.005), "nearly": (0.06, 0.003), "other": (0.06, 0.992)},
    "given name": {"same": (0.88, 0.01), "nearly": (0.09, 0.006), "other": (0.03, 0.984)},
    "birth date": {"same": (0.95, 0.00005), "nearly": (0.035, 0.002), "other": (0.015, 0.998)},
    "sex": {"same": (0.985, 0.5), "other": (0.015, 0.5)},
    "phone": {"same": (0.6, 0.0005), "other": (0.4, 0.9995)},
    "street": {"same": (0.6, 0.0005), "other": (0.4, 0.9995)},
    "identifier": {"same": (0.5, 0.00001)},
}
"""For each agreement: how often between two descriptions of one person, and of two."""


@dataclass(frozen=True, slots=True)
class Description:
    """What is told of a person, made comparable; several of each, as several agencies told it."""

    names: frozenset[tuple[str, str]]
    born: frozenset[str]
    sexes: frozenset[str]
    phones: frozenset[str]
    streets: frozenset[str]
    identifiers: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One field that both tell: how they agree, and what that adds, in bits."""

    field: str
    agreement: Agreement
    bits: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two descriptions are, and why. No value of either."""

    evidence: tuple[Evidence, ...]
    cautions: tuple[str, ...] = ()

    @property
    def bits(self) -> float:
        """How much speaks for one person: 10 bits are a thousand to one, before any other knowledge."""
        return sum(one.bits for one in self.evidence)

    @property
    def word(self) -> str:
        """`very likely`, `possible` or `unlikely`; with a caution never more than possible."""
        if self.bits >= VERY_LIKELY and not self.cautions:
            return "very likely"
        return "possible" if self.bits >= POSSIBLE else "unlikely"


def described(patients: Iterable[Mapping[str, Any]]) -> Description:
    """What these FHIR Patients, all of one person, tell."""
    every = list(patients)
    sexes = (str(patient.get("gender", "")) for patient in every)
    born = (str(patient.get("birthDate", "")) for patient in every)
    return Description(
        names=frozenset(name for patient in every for name in names_of(patient)),
        born=frozenset(day for day in born if len(day) == len("YYYY-MM-DD")),
        sexes=frozenset(sex for sex in sexes if sex in ("female", "male")),
        phones=frozenset(number for patient in every for number in phones_of(patient)),
        streets=frozenset(street for patient in every for street in streets_of(patient)),
        identifiers=frozenset(pair for patient in every for pair in identifiers_of(patient)),
    )


def likeness(one: Description, other: Description) -> Likeness:
    """What speaks for and against one person. What either does not tell says nothing."""
    found: dict[str, Agreement | None] = {
        **_names_agree(one.names, other.names),
        "birth date": _agree(one.born, other.born, _nearly_same_day),
        "sex": _agree(one.sexes, other.sexes),
        "phone": _agree(one.phones, other.phones),
        "street": _agree(one.streets, other.streets),
        "identifier": "same" if one.identifiers & other.identifiers else None,
    }
    evidence = tuple(
        Evidence(field, agreement, _bits(field, agreement)) for field, agreement in found.items() if agreement
    )
    household = "same" in (found["birth date"], found["phone"], found["street"])
    apart = found["given name"] == "other" and found["identifier"] is None
    return Likeness(evidence, (SAME_HOUSEHOLD,) if household and apart else ())


def _bits(field: str, agreement: Agreement) -> float:
    of_one, of_two = _CHANCES[field][agreement]
    return log2(of_one / of_two)


def _agree(one: frozenset[str], other: frozenset[str], nearly: Any = None) -> Agreement | None:
    if not one or not other:
        return None
    if one & other:
        return "same"
    near = nearly is not None and any(nearly(a, b) for a in one for b in other)
    return "nearly" if near else "other"


def _names_agree(
    one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]
) -> dict[str, Agreement | None]:
    """The best agreement of any two of their names; family and given name changed about count as nearly the same."""
    if not one or not other:
        return {"family name": None, "given name": None}
    pairs = [
        {"family name": _name_agrees(a[0], b[0]), "given name": _name_agrees(a[1], b[1])}
        for a in one
        for b in other
    ]
    if any(a == (b[1], b[0]) for a in one for b in other):
        pairs.append({"family name": "nearly", "given name": "nearly"})
    best = max(pairs, key=lambda pair: sum(_bits(field, found) for field, found in pair.items()))
    return {**best}


def _name_agrees(one: str, other: str) -> Agreement:
    if one == other:
        return "same"
    short, long = sorted((one, other), key=len)
    begins = long.startswith(short) and (len(short) == 1 or len(short) >= 3)
    ends = long.endswith(short) and len(short) >= 4
    return "nearly" if begins or ends or (len(short) >= 3 and one_slip(one, other)) else "other"


def _nearly_same_day(one: str, other: str) -> bool:
    """One digit wrong, two neighbours changed about, or day and month changed about."""
    changed_about = f"{one[:4]}-{one[8:]}-{one[5:7]}" == other
    return changed_about or (
        len(one) == len(other) and one_slip(one.replace("-", ""), other.replace("-", ""))
    )


def one_slip(one: str, other: str) -> bool:
    """Whether one letter was left out, put in, mistaken or changed about with its neighbour to make the other."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    if len(a) == len(b):
        changed_about = a[:2] == b[1::-1] and a[2:] == b[2:]
        return a[1:] == b[1:] or changed_about
    return a[1:] == b if len(a) > len(b) else a == b[1:]
