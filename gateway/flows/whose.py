"""Of what is kept about two who were one by mistake: whose is each record and intent?

What came along is hers, unless it was written to since and names the other. What has come since is hers or the other's
only when nothing in it speaks for the other: by the Patients it names, by the partners' identifiers, and, where it names
her only as the network did while the two were one, by whom its sender knew before. All else a person has to sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from gateway.disclosure.premises import Premises
from gateway.identity import IDENTIFIER, numbers_of
from gateway.store import Intent, Record
from gateway.store.same_person import Joined, Link, Version

Whose = Literal["hers", "theirs", "unsure", "nobody's"]


@dataclass(frozen=True, slots=True)
class Sorted:
    """The records by whose they are; `links`: hers; `contested`: identifiers of which nobody can say whose they are."""

    hers: tuple[Record, ...]
    unsure: tuple[Record, ...]
    intents: tuple[Intent, ...]
    links: frozenset[Link]
    contested: frozenset[Link]


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two: the references that mean her and nobody else, and by what each partner knew her."""

    references: frozenset[str]
    links: frozenset[Link]

    @property
    def partners(self) -> frozenset[str]:
        return frozenset(partner for partner, _ in self.links)


def sort_out(
    premises: Premises,
    found: Joined,
    held: Sequence[Record],
    theirs: Sequence[Intent],
    links: Iterable[Link],
    also_hers: Iterable[str],
) -> Sorted:
    """Whose is what of `held`, of the intents and of the identifiers of the patient to whom she was joined.

    `also_hers`: ids of patients who were found to be her before.
    """
    work = _Sorting(premises, found, also_hers)
    for record in held:
        if record.resource_type == "Patient":
            work.learn(record)
    whose = {record.reference: work.whose(record) for record in held}
    intents = tuple(one for one in theirs if work.is_hers(one, whose))
    along = {reference.rpartition("/")[0] for one in intents for reference in one.focus}
    hers = tuple(
        record
        for record in held
        if whose[record.reference] == "hers" or (record.reference in along and work.is_nobodys(record))
    )
    unsure = tuple(record for record in held if whose[record.reference] == "unsure")
    since = frozenset(links) - work.hers.links - work.theirs.links
    named = {
        side: work.links_in(record for record in held if whose[record.reference] == side) for side in _SIDES
    }
    own = since & named["hers"] - named["theirs"] - named["unsure"]
    contested = since - own - (named["theirs"] - named["hers"] - named["unsure"])
    return Sorted(hers, unsure, intents, work.hers.links | own, contested)


_BY_IDENTIFIER = "Patient?identifier="
_SIDES: tuple[Whose, ...] = ("hers", "theirs", "unsure")


class _Sorting:
    def __init__(self, premises: Premises, found: Joined, also_hers: Iterable[str]) -> None:
        self._premises = premises
        self._network_id = f"Patient/{found.joined_to}"
        self._came, self._was_there = _versions(found.hers.records), _versions(found.theirs.records)
        self._came_intents, self._their_intents = set(found.hers.intents), set(found.theirs.intents)
        own = {f"Patient/{one}" for one in (found.patient_id, *also_hers)}
        self.hers = _Side(_patients(self._came) | own, frozenset(found.hers.links))
        self.theirs = _Side(_patients(self._was_there), frozenset(found.theirs.links))

    def learn(self, patient: Record) -> None:
        """Take a Patient that has come since as a name of whose it is."""
        reference = patient.reference
        if reference in self.hers.references | self.theirs.references:
            return
        if (whose := self._by_links(patient)) == "hers":
            self.hers = replace(self.hers, references=self.hers.references | {reference})
        elif whose == "theirs":
            self.theirs = replace(self.theirs, references=self.theirs.references | {reference})

    def whose(self, record: Record) -> Whose:
        """Whose the record is as it stands now."""
        key = (record.resource_type, record.id)
        if self._came.get(key) == record.version:
            return "hers"
        if self._was_there.get(key) == record.version:
            return "theirs"
        named = self._named(record)
        if key in self._came:
            return "hers" if named in ("hers", "nobody's") else "unsure"
        if key in self._was_there:
            return "theirs" if named in ("theirs", "nobody's") else "unsure"
        return named

    def is_hers(self, intent: Intent, whose: Mapping[str, Whose]) -> bool:
        """Whether the intent is about her: it came along, or is new and every record that names somebody is hers."""
        if intent.id in self._came_intents or intent.id in self._their_intents:
            return intent.id in self._came_intents
        told = {whose.get(reference.rpartition("/")[0], "unsure") for reference in intent.focus}
        return told - {"nobody's"} == {"hers"}

    def is_nobodys(self, record: Record) -> bool:
        """Whether the record names no patient: a practitioner or a place, who goes along with either."""
        return self._named(record) == "nobody's"

    def links_in(self, held: Iterable[Record]) -> frozenset[Link]:
        """The identifiers by which the sources of these Patients know her."""
        return frozenset(
            link for record in held if record.resource_type == "Patient" for link in self._links_of(record)
        )

    def _links_of(self, patient: Record) -> frozenset[Link]:
        return frozenset(
            (patient.source_partner, self._premises.keys.index(IDENTIFIER, system, value))
            for system, value in numbers_of(patient.resource)
        )

    def _named(self, record: Record) -> Whose:
        if record.resource_type == "Patient":
            for side, whose in ((self.hers, "hers"), (self.theirs, "theirs")):
                if (
                    record.reference in side.references
                    and not self._links_of(record) & self._other(side).links
                ):
                    return whose  # type: ignore[return-value]
            return self._by_links(record)
        speaks = {self._of_reference(record, reference) for reference in references_in(record.resource)} - {
            None
        }
        if not speaks:
            return "nobody's"
        if len(speaks) > 1:
            return "unsure"
        (one,) = speaks
        return self._by_sender(record) if one == "the one" else one  # type: ignore[return-value]

    def _of_reference(self, record: Record, reference: Mapping[str, Any]) -> str | None:
        target, identifier = reference.get("reference"), reference.get("identifier")
        if isinstance(target, str) and target.startswith(_BY_IDENTIFIER):
            system, _, value = target.removeprefix(_BY_IDENTIFIER).partition("|")
            identifier = {"system": system, "value": value}
        elif isinstance(target, str):
            plain = "/".join(target.partition("/_history/")[0].split("/")[-2:])
            if plain in self.hers.references:
                return "hers"
            if plain in self.theirs.references:
                return "theirs"
            if plain.startswith("Patient/"):
                return "the one" if plain == self._network_id else "unsure"
        for system, value in numbers_of(
            {"identifier": [identifier]} if isinstance(identifier, Mapping) else {}
        ):
            link = (record.source_partner, self._premises.keys.index(IDENTIFIER, system, value))
            if link in self.hers.links or link in self.theirs.links:
                return "hers" if link in self.hers.links else "theirs"
        return "unsure" if isinstance(target, str) and target.startswith(_BY_IDENTIFIER) else None

    def _by_links(self, patient: Record) -> Whose:
        named = self._links_of(patient)
        hers, theirs = bool(named & self.hers.links), bool(named & self.theirs.links)
        if hers != theirs:
            return "hers" if hers else "theirs"
        return "unsure" if hers else self._by_sender(patient)

    def _by_sender(self, record: Record) -> Whose:
        """By whom its sender knew before the two were one, if only one of them."""
        knew_her, knew_them = (record.source_partner in side.partners for side in (self.hers, self.theirs))
        if knew_her == knew_them:
            return "unsure"
        return "hers" if knew_her else "theirs"

    def _other(self, side: _Side) -> _Side:
        return self.theirs if side is self.hers else self.hers


def references_in(value: object) -> Iterator[Mapping[str, Any]]:
    """Everything within a resource that may be a Reference."""
    if isinstance(value, Mapping):
        if "reference" in value or "identifier" in value:
            yield value
        for part in value.values():
            yield from references_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from references_in(part)


def _versions(held: Iterable[Version]) -> dict[tuple[str, str], int]:
    return {(kind, record_id): version for kind, record_id, version in held}


def _patients(held: Mapping[tuple[str, str], int]) -> frozenset[str]:
    return frozenset(f"Patient/{record_id}" for kind, record_id in held if kind == "Patient")
