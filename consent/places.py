"""People and places as redaction asks of them: whether they tell on a person, what they belong to, what they are called.

What a directory says of them is the same for every question that holds that directory, so it is found once for it and
kept with the consents that were compiled with it, no longer than these. Of the records of a question nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from consent.labels import label_resource
from consent.model import Resource
from consent.redact_places import PEOPLE_AND_PLACES
from consent.tables import Tables

SUD_LABELS = frozenset({"42CFRPart2", "BH", "ETH", "ETHUD", "OPIOIDUD", "SPI", "SUD"})
BELONGS_TO = ("managingOrganization", "organization", "owner", "partOf", "providedBy")
KNOWN_BY = ("name", "alias", "telecom", "address", "identifier")
SHORTEST_NAME = 6
REMEMBERED_CIRCLES = 256
_PERSONS = ("Patient", "Person", "RelatedPerson")


@dataclass(frozen=True, slots=True)
class Place:
    """One person or place: its reference, whether it tells by its names, codes or labels that it is about SUD, what it
    belongs to, the people who work as it, its names and numbers, folded, and of these the identifiers: who has one of
    them is the same, by whatever name.
    """

    reference: str
    tells: bool
    belongs_to: tuple[str, ...]
    people: tuple[str, ...]
    names: tuple[str, ...]
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class SensitiveSources:
    """References of people and places that tell on a person, and the names and numbers by which they are
    known.
    """

    references: frozenset[str]
    names: frozenset[str]


class Places:
    """The people and places of one directory, by one version of the tables."""

    __slots__ = ("_circles", "_directory", "_found", "_tables")

    def __init__(self, directory: Sequence[Resource], tables: Tables) -> None:
        self._directory = directory
        self._tables = tables
        self._found: tuple[Place, ...] | None = None
        self._circles: dict[
            tuple[frozenset[str], frozenset[str]], tuple[frozenset[str], SensitiveSources]
        ] = {}

    def are_of(self, directory: Sequence[Resource], tables: Tables) -> bool:
        """Whether these are the places of this very directory, by these very tables."""
        return self._directory is directory and self._tables is tables

    def sources(
        self,
        programs: frozenset[str],
        others: Sequence[Place],
        displayed: frozenset[str],
        own: frozenset[str],
    ) -> SensitiveSources:
        """The programs, what tells here or among `others` or is `displayed` so, and whatever belongs to these; but for
        those of `own`.
        """
        alone = self._circles.get((programs, own))
        if alone is None:
            circle = _circle(programs, self._all())
            alone = circle, _known_as(circle - own, self._all())
            if len(self._circles) >= REMEMBERED_CIRCLES:
                self._circles.clear()
            self._circles[programs, own] = alone
        if not others and displayed <= alone[0]:
            return alone[1]
        known = (*self._all(), *others)
        return _known_as(_circle(programs | displayed, known) - own, known)

    def _all(self) -> tuple[Place, ...]:
        if self._found is None:
            self._found = tuple(places_of(self._directory, self._tables))
        return self._found


def _circle(told: frozenset[str], known: Sequence[Place]) -> frozenset[str]:
    """What is told of, what tells by itself, and whatever belongs to these or is the same by its number."""
    found = {*told, *(place.reference for place in known if place.tells)}
    before = -1
    while len(found) != before:
        before = len(found)
        numbers = {number for place in known if place.reference in found for number in place.numbers}
        for place in known:
            if not (found.isdisjoint(place.belongs_to) and numbers.isdisjoint(place.numbers)):
                found.add(place.reference)
                found.update(place.people)
    return frozenset(found)


def _known_as(references: frozenset[str], known: Iterable[Place]) -> SensitiveSources:
    named = [place.names for place in known if place.reference in references]
    return SensitiveSources(references, frozenset([name for names in named for name in names]))


def places_of(resources: Iterable[Resource], tables: Tables) -> Iterator[Place]:
    """People and places among `resources` and contained in them, with their references."""
    for entry in resources:
        kind = entry.get("resourceType")
        if kind in PEOPLE_AND_PLACES and isinstance(entry.get("id"), str):
            yield _place(f"{kind}/{entry['id']}", entry, tables)
        if "contained" in entry:
            for inner in listed(entry["contained"]):
                if isinstance(inner, Mapping) and inner.get("resourceType") in PEOPLE_AND_PLACES:
                    yield _place(f"#{inner.get('id', '')}", inner, tables)


def _place(reference: str, entry: Resource, tables: Tables) -> Place:
    return Place(
        reference,
        _tells(entry, tables),
        tuple(_targets(entry, BELONGS_TO)),
        tuple(_targets(entry, ("practitioner",))),
        tuple(_names(entry)),
        frozenset(_folded(entry, ("identifier",)) if entry.get("resourceType") not in _PERSONS else ()),
    )


def _tells(entry: Resource, tables: Tables) -> bool:
    """Whether a person or place tells by its names, codes or labels that it is about SUD."""
    if entry.get("resourceType") in _PERSONS:
        return False
    labelling = label_resource(entry, False, tables)
    if not SUD_LABELS.isdisjoint(labelling.codes):
        return True
    return any(not SUD_LABELS.isdisjoint(tables.find_words(name).specific) for name in _names(entry))


def _targets(entry: Resource, elements: Iterable[str]) -> Iterator[str]:
    for element in elements:
        for value in listed(entry.get(element)):
            if isinstance(value, Mapping) and isinstance(value.get("reference"), str):
                yield "/".join(value["reference"].split("/")[-2:])


def _names(entry: Resource) -> Iterator[str]:
    """Names, aliases, numbers, street lines and identifiers of one entry, folded; too short ones tell
    nothing.
    """
    return _folded(entry, KNOWN_BY)


def _folded(entry: Resource, elements: Iterable[str]) -> Iterator[str]:
    for element in elements:
        for text in _texts(entry.get(element)):
            folded = " ".join(text.casefold().split())
            if len(folded) >= SHORTEST_NAME:
                yield folded


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        line = value.get("line")
        for text in (value.get("text"), value.get("value"), *listed(line)):
            if isinstance(text, str):
                yield text
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _texts(entry)


def listed(value: object) -> tuple[object, ...]:
    """The entries of an element, whether it repeats or not; none where it is not there."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)
