"""A message beside the FHIR that is made of it today: which value came from where, and what became of each place.

Values of a person stand in it: it is made for who has said why she looks, and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import mappings
from gateway.disclosure.premises import Premises
from gateway.disclosure.release_parts import leaves_of
from gateway.flows.corrections import said_now
from gateway.store import InboxMessage

MOST = 2_000
"""So many places of a record are shown."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of the message with its value, and the numbers of the FHIR values that it feeds.

    `became`: `mapped`, `carried` (kept for its sender alone), `unmapped` (no row takes it) or `dropped` (on purpose).
    """

    place: str
    text: str
    became: str
    feeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """One value in FHIR, the numbers of the places it came from (none: the mapping says it), and the mapping's row."""

    number: int
    path: str
    value: str
    sources: tuple[int, ...]
    row: str


@dataclass(frozen=True, slots=True)
class Beside:
    """One record of a message: its places, and the FHIR made of them by resource; or why there is none."""

    place: str
    refused: str
    spots: tuple[Spot, ...]
    resources: tuple[tuple[str, tuple[Made, ...]], ...]
    is_cut: bool


def side_by_side(premises: Premises, kept: InboxMessage, raw: bytes) -> tuple[Beside, ...]:
    """Each record of the message, as the mappings of today read it; of a FHIR message, which no mapping reads, none."""
    return tuple(map(_beside, said_now(premises, kept, raw)))


def _beside(record: mappings.TranslatedRecord) -> Beside:
    if record.translation is None:
        refusal = record.refusal
        return Beside(record.place, refusal.code if refusal is not None else "NO_RECORD", (), (), False)
    made = record.translation
    leaves, lineage = made.leaves, {row.output: row for row in made.lineage}
    places = {place: number for number, place in enumerate(leaves)}
    feeds: dict[str, list[int]] = {}
    resources = []
    number = 0
    for resource in made.resources:
        reference = f"{resource['resourceType']}/{resource['id']}"
        values = []
        for path, value in leaves_of(resource):
            row = lineage.get(f"{reference}#{path}")
            inputs = row.inputs if row is not None else ()
            for place in inputs:
                feeds.setdefault(place, []).append(number)
            sources = tuple(places[place] for place in inputs if place in places)
            values.append(Made(number, path, value, sources, row.row if row is not None else ""))
            number += 1
        resources.append((reference, tuple(values)))
    spots = tuple(_spots(leaves, feeds, made.complement))
    return Beside(record.place, "", spots[:MOST], tuple(resources), len(spots) > MOST)


def _spots(
    leaves: Mapping[str, str], feeds: Mapping[str, list[int]], complement: Mapping[str, object]
) -> Iterator[Spot]:
    kept = {how: complement.get(how) or () for how in ("unmapped", "carried")}
    for place, text in leaves.items():
        fed = tuple(feeds.get(place, ()))
        how = next((name for name, places in kept.items() if place in places), "dropped")  # type: ignore[operator]
        yield Spot(place, text, "mapped" if fed else how, fed)
