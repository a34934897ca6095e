"""Who is who: references, identifiers and memberships of the directory, resolved before anything is decided.

A membership that is inactive or outside its time is only *possible*: a permit does not rest on it, a denial does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from consent.codings import clean_text
from consent.directives import plain_reference
from consent.instants import ALWAYS, Span, read_period
from consent.model import Identifier, Resource

ENDED = frozenset({"inactive", "entered-in-error", "suspended", "proposed"})


@dataclass(frozen=True, slots=True)
class Membership:
    """`group` has a member while `span` lasts; a `doubtful` one was declared inactive or has no readable time."""

    group: str
    span: Span
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Party:
    """A resolved party: what it certainly is or belongs to, what it possibly belongs to, and its identifiers.

    `joined`: what it certainly takes part in, where a permit that names that does not reach those who do
    (`memberships`). It is among what it possibly belongs to.
    """

    own: frozenset[str]
    certain: frozenset[str]
    possible: frozenset[str]
    identifiers: frozenset[Identifier]
    joined: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory by reference and by identifier."""

    entries: Mapping[str, Resource]
    by_identifier: Mapping[Identifier, frozenset[str]]
    identifiers: Mapping[str, frozenset[Identifier]]
    memberships: Mapping[str, tuple[Membership, ...]]

    def party(
        self,
        references: Sequence[str],
        identifiers: Sequence[Identifier],
        groups: Sequence[str],
        at: datetime,
        apart: frozenset[str] = frozenset(),
    ) -> Party:
        """Everything the party is and belongs to at `at`; cycles end by themselves.

        Memberships of `apart` are no hierarchy: they are joined only.
        """
        own = {plain_reference(reference) for reference in references}
        for identifier in identifiers:
            own |= self.by_identifier.get(identifier, frozenset())
        known = set(identifiers)
        for reference in own:
            known |= self.identifiers.get(reference, frozenset())
        stated = {plain_reference(group) for group in groups}
        member_of = self._closed(own | stated, at, sure=True)
        certain = self._closed(own | (stated - apart), at, True, apart - own) if apart else member_of
        tails = {"/".join(reference.split("/")[-2:]) for reference in own | stated if "://" in reference}
        possible = self._closed(own | stated | tails, at, sure=False)
        return Party(frozenset(own), certain, possible, frozenset(known), member_of - certain)

    def _closed(
        self, start: Iterable[str], at: datetime, sure: bool, apart: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        found: set[str] = set()
        waiting = list(start)
        while waiting:
            current = waiting.pop()
            if current in found:
                continue
            found.add(current)
            for membership in self.memberships.get(current, ()):
                if membership.group in apart:
                    continue
                if not sure or (membership.span.holds(at) and not membership.doubtful):
                    waiting.append(membership.group)
        return frozenset(found)

    def instants(self) -> Iterable[datetime]:
        """Every instant at which a membership starts or ends."""
        for memberships in self.memberships.values():
            for membership in memberships:
                yield membership.span.start
                yield membership.span.end


def read_directory(resources: Sequence[Resource], zone: tzinfo) -> Directory:
    """The index of the directory's resources; entries that cannot be read name nobody."""
    entries: dict[str, Resource] = {}
    by_identifier: dict[Identifier, set[str]] = {}
    identifiers: dict[str, frozenset[Identifier]] = {}
    memberships: dict[str, list[Membership]] = {}
    for resource in resources:
        kind, given = resource.get("resourceType"), resource.get("id")
        if not isinstance(kind, str) or not isinstance(given, str):
            continue
        reference = f"{kind}/{given}"
        entries[reference] = resource
        identifiers[reference] = frozenset(identifiers_of(resource)) | identifiers.get(reference, frozenset())
        for identifier in identifiers[reference]:
            by_identifier.setdefault(identifier, set()).add(reference)
        for member, membership in _memberships(resource, kind, reference, zone):
            memberships.setdefault(member, []).append(membership)
    return Directory(
        entries=entries,
        by_identifier={identifier: frozenset(names) for identifier, names in by_identifier.items()},
        identifiers=identifiers,
        memberships={member: tuple(groups) for member, groups in memberships.items()},
    )


def identifiers_of(resource: Resource) -> Iterable[Identifier]:
    """The identifiers of an entry that have a system and a value."""
    for row in _rows(resource.get("identifier")):
        system, value = clean_text(row.get("system")), clean_text(row.get("value"))
        if system and value:
            yield Identifier(system, value)


def _rows(value: object) -> list[Mapping[str, object]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def _reference(holder: object) -> str | None:
    found = clean_text(holder.get("reference")) if isinstance(holder, Mapping) else None
    return plain_reference(found) if found else None


def _memberships(
    resource: Resource, kind: str, reference: str, zone: tzinfo
) -> Iterable[tuple[str, Membership]]:
    status = resource.get("status", "")
    ended = resource.get("active") is False or not isinstance(status, str) or status in ENDED
    if kind == "Organization":
        yield from _membership(reference, resource.get("partOf"), resource, zone, ended)
    elif kind == "PractitionerRole":
        practitioner = _reference(resource.get("practitioner"))
        if practitioner:
            yield practitioner, _timed(reference, resource, zone, ended)
        yield from _membership(reference, resource.get("organization"), resource, zone, ended)
    elif kind in ("Group", "CareTeam"):
        name, holder = ("member", "entity") if kind == "Group" else ("participant", "member")
        for row in _rows(resource.get(name)):
            member = _reference(row.get(holder))
            if member:
                yield member, _timed(reference, row, zone, ended or row.get("inactive") is True)


def _membership(
    member: str, group: object, row: Mapping[str, object], zone: tzinfo, ended: bool
) -> Iterable[tuple[str, Membership]]:
    named = _reference(group)
    if named:
        yield member, _timed(named, row, zone, ended)


def _timed(group: str, row: Mapping[str, object], zone: tzinfo, ended: bool) -> Membership:
    span = read_period(row["period"], zone) if "period" in row else ALWAYS
    return Membership(group, span or ALWAYS, ended or span is None)
