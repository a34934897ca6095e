"""What a rule looks at: one resource, one permitting consent (or none), and the facts of the question."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from consent.directives import Directive
from consent.directory import Party
from consent.matching import Asking
from consent.model import Agreement, Facts, Reason
from consent.resource_facts import ResourceFacts
from consent.rules.minors import Patient
from consent.validity import permits_of

TPO_STANDING = frozenset(
    {
        "covered_entity",
        "business_associate",
        "part2_program",
        "qso",
        "treating_provider",
        "health_plan",
        "payer",
    }
)
"""Standings that a consent for treatment, payment and operations can reach. 42 CFR §2.31(a)(4)(i), §2.33."""

FOR_ADULTS = frozenset(
    {
        "administrator", "conservator", "executor", "guardian_of_adult", "hcpoa", "health_care_proxy",
        "personal_representative", "power_of_attorney",
    }
)  # fmt: skip
"""Kinds of authority to act for a grown patient, living or deceased (§2.15). Every other kind, also one that nobody
knows, is that of a parent: it ends when the patient comes of age (§2.14)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One permit that a rule may turn into a refusal."""

    asking: Asking
    recorded: Facts
    patient: Patient
    subject: ResourceFacts
    directive: Directive

    def is_minor(self) -> bool:
        """Whether the patient is a minor now."""
        return self.patient.ages.is_minor(self.patient.birth, self.asking.at)

    def has_authority(self, person: str) -> bool:
        """Whether the person may act for the patient now."""
        return has_authority(person, self.recorded, self.asking.at, self.is_minor())

    def signed_alone(self) -> bool:
        """Whether the patient signed at an age at which her own signature is enough; others add nothing to it."""
        signed = self.directive.signed
        if signed is None or self.patient.reference not in self.directive.performers:
            return False
        birth, ages = self.patient.birth, self.patient.ages
        return not ages.is_minor(birth, signed.start) or ages.signs_alone(birth, signed.start)

    def is_part2(self) -> bool:
        """Whether the record is a Part 2 record: by its source or by a label that came with it."""
        return self.subject.labelling.part2

    def purposes(self) -> frozenset[str]:
        """The stated purposes, by code."""
        return frozenset(purpose.code for purpose in self.asking.purposes)

    def reaches_tpo(self) -> bool:
        """Whether the recipient is of the kind that a TPO consent reaches."""
        return not self.asking.standing.isdisjoint(TPO_STANDING)

    def names_recipient(self) -> bool:
        """Whether a permit of the consent names the recipient itself or its organization, not a class or a team."""
        return names(self.directive, self.asking.recipient)


Rule = Callable[[Case], Reason | None]


def names(directive: Directive, party: Party) -> bool:
    """Whether some permit names the party by reference or identifier."""
    for chain in permits_of(directive.root):
        for node in chain:
            for actor in node.actors:
                if actor.part != "recipient":
                    continue
                if actor.reference in party.certain and not str(actor.reference).startswith(
                    ("Group/", "CareTeam/")
                ):
                    return True
                if actor.identifier in party.identifiers:
                    return True
    return False


def in_force(starts: datetime | None, ends: datetime | None, at: datetime) -> bool:
    """Half-open: from the start, up to but not at the end."""
    return (starts is None or starts <= at) and (ends is None or at < ends)


def review_is_due(case: Case) -> bool:
    """Whether the consent ends with an event, and nobody has looked whether it has come for the time asked about."""
    event = case.directive.event
    return event is not None and (event.watched is None or not event.watched.holds(case.asking.at))


def has_authority(person: str, recorded: Facts, at: datetime, is_minor: bool) -> bool:
    """Whether a recorded authority of the person to act for the patient is in force; that of a parent is for minors."""
    return any(
        authority.person == person
        and in_force(authority.starts, authority.ends, at)
        and (is_minor or authority.kind in FOR_ADULTS)
        for authority in recorded.authorities
    )


def agreements_with(recorded: Facts, kind: str, party: Party, at: datetime) -> Iterable[Agreement]:
    """Recorded agreements of a kind with the party (or what it belongs to) that are in force."""
    for agreement in recorded.agreements:
        meant = agreement.kind == kind and agreement.party in party.certain
        if meant and in_force(agreement.starts, agreement.ends, at):
            yield agreement
