"""Made-up people of one county, as two agencies have them: with slips, moves, new names, twins and shared homes."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

_FAMILIES = """Smith Johnson Garcia Martinez Lopez Gonzalez Hernandez Brown Davis Miller Wilson Moore Taylor Anderson
Begay Yazzie Benally Tsosie Nguyen Tran Patel Kim Lee Chen Cohen Murphy Kelly Rossi Novak Jensen
Rivera Torres Flores Ramirez Ortiz Reyes Cruz Morales Gutierrez Castillo Vargas Mendoza Soto Vega"""
_WOMEN = "Maria Marie Ana Anna Jennifer Jessica Ashley Sarah Karen Lisa Nancy Rosa Elena Kayla Tara Dawn"
_MEN = "James Jaime John Jon Robert Michael David Daniel Luis Carlos Juan Jose Kevin Brian Tyler Cody"
FAMILIES = _FAMILIES.split()
GIVEN = {"female": _WOMEN.split(), "male": _MEN.split()}
STREETS = (
    "Main St",
    "Oak Ave",
    "Camelback Rd",
    "Van Buren St",
    "7th Ave",
    "Thomas Rd",
    "Indian School Rd",
    "Elm Ct",
)
NO_NUMBER = ("UNKNOWN", "NONE", "000000000", "123456789")
"""What is written into a field that must not be empty."""
SHELTER = ("230 S 12th Ave", "85007")


@dataclass(frozen=True)
class Person:
    """What is true of one person."""

    number: int
    family: str
    given: str
    born: str
    sex: str
    phone: str
    street: str
    postal: str
    medicaid: str


@dataclass
class County:
    """The people, and who of them lives where."""

    chance: random.Random
    people: list[Person] = field(default_factory=list)

    def grow(self, size: int) -> None:
        """Add people until there are `size`: one of fifty a twin, one of twelve lives with family, one of
        two hundred has a namesake of the same day, some live in a shelter.
        """
        while len(self.people) < size:
            kind = self.chance.random()
            if self.people and kind < 0.02:
                self.people.append(self._twin(self.chance.choice(self.people)))
            elif self.people and kind < 0.10:
                self.people.append(self._relative(self.chance.choice(self.people)))
            elif self.people and kind < 0.105:
                self.people.append(self._namesake(self.chance.choice(self.people)))
            else:
                self.people.append(self._somebody())

    def _somebody(self) -> Person:
        chance = self.chance
        sex = chance.choice(("female", "male"))
        street, postal = (
            f"{chance.randint(1, 9999)} {chance.choice(STREETS)}",
            f"850{chance.randint(1, 60):02d}",
        )
        if chance.random() < 0.03:
            street, postal = SHELTER
        return Person(
            len(self.people),
            # few names have many bearers
            FAMILIES[int(len(FAMILIES) * chance.random() ** 2)],
            GIVEN[sex][int(len(GIVEN[sex]) * chance.random() ** 2)],
            self._day(),
            sex,
            f"602{chance.randint(2000000, 9999999)}",
            street,
            postal,
            f"AZ{chance.randint(10**7, 10**8 - 1)}" if chance.random() < 0.9 else chance.choice(NO_NUMBER),
        )

    def _day(self) -> str:
        return f"{self.chance.randint(1945, 2008)}-{self.chance.randint(1, 12):02d}-{self.chance.randint(1, 28):02d}"

    def _twin(self, other: Person) -> Person:
        sex = other.sex if self.chance.random() < 0.65 else self.chance.choice(("female", "male"))
        given = self.chance.choice([name for name in GIVEN[sex] if name != other.given])
        return replace(self._somebody(), **_home(other), given=given, sex=sex, born=other.born)

    def _namesake(self, other: Person) -> Person:
        """Nobody's relative, of the same name, birth date and sex."""
        same = {"family": other.family, "given": other.given, "born": other.born, "sex": other.sex}
        return replace(self._somebody(), **same)

    def _relative(self, other: Person) -> Person:
        """Of the same home, often with the same name: a son named after his father."""
        given = other.given if self.chance.random() < 0.4 else self.chance.choice(GIVEN[other.sex])
        return replace(self._somebody(), **_home(other), given=given, sex=other.sex)


def _home(other: Person) -> dict[str, str]:
    return {"family": other.family, "phone": other.phone, "street": other.street, "postal": other.postal}


def patient(agency: str, person: Person) -> dict[str, Any]:
    """The person as a FHIR Patient of that agency; an empty value is not told."""
    identifiers = [{"system": f"urn:{agency}", "value": f"{agency}-{person.number}"}]
    if person.medicaid:
        identifiers.append({"system": "urn:medicaid:az", "value": person.medicaid})
    found: dict[str, Any] = {
        "resourceType": "Patient",
        "id": f"{agency}-{person.number}",
        "identifier": identifiers,
        "name": [{"family": person.family, "given": [person.given]}],
        "gender": person.sex,
        "birthDate": person.born,
    }
    if person.phone:
        found["telecom"] = [{"system": "phone", "value": person.phone}]
    if person.street:
        found["address"] = [{"line": [person.street], "postalCode": person.postal}]
    return found


def as_another_agency_has_her(chance: random.Random, person: Person, people: Sequence[Person]) -> Person:
    """Her again, years later and by another desk: each of these befalls one in some."""
    changes: dict[str, str] = {}
    if chance.random() < 0.25:
        changes |= {"street": f"{chance.randint(1, 9999)} {chance.choice(STREETS)}", "postal": "85003"}
    if chance.random() < 0.30:
        changes |= {"phone": f"480{chance.randint(2000000, 9999999)}"}
    if chance.random() < 0.06:
        changes |= {"family": chance.choice(people).family}
    if chance.random() < 0.05:
        changes |= {"given": _slip(chance, person.given)}
    if chance.random() < 0.04:
        changes |= {"family": _slip(chance, person.family)}
    if chance.random() < 0.03:
        changes |= {"born": _wrong_day(chance, person.born)}
    if chance.random() < 0.01:
        changes |= {"sex": "male" if person.sex == "female" else "female"}
    for name, share in (("phone", 0.15), ("street", 0.15), ("medicaid", 0.6)):
        if chance.random() < share:
            changes |= {name: ""}
    return replace(person, **changes)


def _slip(chance: random.Random, name: str) -> str:
    place, letter = chance.randrange(1, len(name)), chance.choice(string.ascii_lowercase)
    made = (
        name[:place] + letter + name[place + 1 :],
        name[:place] + name[place + 1 :],
        name[:place] + letter + name[place:],
        name[:place] + name[place : place + 2][::-1] + name[place + 2 :],
    )
    return chance.choice(made)


def _wrong_day(chance: random.Random, day: str) -> str:
    year, month, date = day.split("-")
    if int(date) <= 12 and chance.random() < 0.3:
        return f"{year}-{date}-{month}"
    return f"{year}-{month}-{chance.choice([n for n in range(1, 29) if n != int(date)]):02d}"
