"""What travels through the consent room: frozen facts of one question and its decision.

Nothing here decides. `DisclosureRequest` is the whole question (no clock, store or network is asked),
`Decision` the whole answer. References are relative (`Organization/housing-1`); labels are codes (`SUD`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from consent.outline import Outline
    from consent.places import Places, SensitiveSources
    from consent.resource_facts import ResourceFacts
    from consent.tables import Tables

SEMANTICS_VERSION = "1"

Resource: TypeAlias = Mapping[str, object]
"""One FHIR R4 resource as a read-only JSON tree."""

LabelSet: TypeAlias = frozenset[str]
"""Label codes of one resource: confidentiality, sensitivity, law and handling codes together."""

RequestOutcome: TypeAlias = Literal["disclose", "partial", "withhold"]
ResourceOutcome: TypeAlias = Literal["disclose", "redact", "withhold"]


class QuestionError(Exception):
    """A question that cannot be read; `place` is the path of the fault (`recipient.roles[0]`)."""

    def __init__(self, code: str, message: str, place: str | None = None) -> None:
        super().__init__(f"{code}: {message}" + (f" at `{place}`" if place else ""))
        self.code = code
        self.message = message
        self.place = place


@dataclass(frozen=True, slots=True)
class Coding:
    """A code in its system; `system` is empty where none was stated."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """A business identifier: only system AND value together name somebody."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Discloser:
    """Who holds the resources and would disclose them."""

    references: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    standing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who would receive. `standing` words are listed in the README; `category`: kind of agency for caps; `asked_with`:
    agencies (references) along with whom it is asked, so that a referral to one of them is its own too.
    """

    references: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    roles: tuple[str, ...] = ()
    standing: tuple[str, ...] = ()
    members_of: tuple[str, ...] = ()
    category: str | None = None
    asked_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relationship:
    """A recorded treating relationship of this patient with `recipient` (reference), half-open in time."""

    recipient: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A stored agreement (`kind`: qso, research, audit, order) of `party` (reference), half-open in time.

    `principal` is who made it with the party, where that is recorded (reference).
    """

    kind: str
    party: str
    scope: tuple[str, ...] = ()
    starts: datetime | None = None
    ends: datetime | None = None
    principal: str | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """A person (reference) who may act for the patient, and on what ground; half-open in time."""

    person: str
    kind: str
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Recorded facts the rules may need; empty means that nothing is recorded."""

    relationships: tuple[Relationship, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    authorities: tuple[Authority, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The deployment's choices. `packs`: `part2`, `hipaa`, `state/<id>`; empty: the consents alone."""

    packs: tuple[str, ...] = ()
    part2_sources: tuple[str, ...] = ()
    zone: str = "UTC"
    no_consent: Literal["deny", "treatment"] = "deny"


@dataclass(frozen=True, slots=True)
class SubjectResource:
    """One resource asked for. `reference` is `Type/id`, or `#index` where it has no id.

    `sources` are the references of everybody it came from (`meta.source`, else the discloser; the gateway
    adds the authenticated submitter). `known` holds facts that `prepare` found before, or None.
    """

    resource: Resource
    reference: str
    type: str
    sources: tuple[str, ...] = ()
    known: ResourceFacts | None = None


@dataclass(frozen=True, slots=True)
class DisclosureRequest:
    """May `discloser` disclose `resources` of `patient` to `recipient` for `purposes` at `at`?"""

    at: datetime
    patient: str
    discloser: Discloser
    recipient: Recipient
    purposes: tuple[Coding, ...]
    resources: tuple[SubjectResource, ...]
    consents: tuple[Resource, ...] = ()
    directory: tuple[Resource, ...] = ()
    policy: Policy = Policy()
    facts: Facts = Facts()
    action: str = "disclose"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code (README), the rule it rests on, and the consent version that caused it."""

    code: str
    citation: str
    consent: str | None = None


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty of a release (`NOTICE`, `SCOPE_TEXT`, `HUMAN_RELEASE`, …) and its parameter, or empty."""

    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class ResourceDecision:
    """The answer for one resource.

    `removals` are JSON Pointers (RFC 6901, `/addresses/0`) into the resource as asked, sorted; what they
    point to must go before anything is shown. They are empty for `disclose` and for `withhold`.
    """

    reference: str
    outcome: ResourceOutcome
    labels: tuple[str, ...]
    reasons: tuple[Reason, ...]
    removals: tuple[str, ...] = ()

    def about(self, reference: str) -> ResourceDecision:
        """The same row for another resource alike."""
        if self.reference == reference:
            return self
        row = object.__new__(
            ResourceDecision
        )  # field by field: `__init__` of a frozen class takes twice as long
        _put_reference(row, reference)
        _put_outcome(row, self.outcome)
        _put_labels(row, self.labels)
        _put_reasons(row, self.reasons)
        _put_removals(row, self.removals)
        return row


_put_reference, _put_outcome, _put_labels, _put_reasons, _put_removals = (
    getattr(ResourceDecision, name).__set__
    for name in ("reference", "outcome", "labels", "reasons", "removals")
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a deciding consent allows, for the scope text of 42 CFR §2.32(b): codes and references only."""

    consent: str
    purposes: tuple[str, ...]
    classes: tuple[str, ...]
    labels: tuple[str, ...]
    until: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The whole answer; equal inputs give equal bytes. `basis` names the legal basis (`CONSENT`, …)."""

    outcome: RequestOutcome
    resources: tuple[ResourceDecision, ...]
    consents: tuple[str, ...]
    obligations: tuple[Obligation, ...]
    basis: str = ""
    purposes: tuple[str, ...] = ()
    recipient: str = ""
    scopes: tuple[Scope, ...] = ()
    notes: tuple[Reason, ...] = ()
    """Further findings (unusable consents, work items) for the compliance role; never shown to an asker."""
    versions: tuple[tuple[str, str], ...] = ()
    semantics_version: str = SEMANTICS_VERSION
    outlines: tuple[Outline, ...] = field(default=(), compare=False, repr=False)
    """What was read of each resource on the way, so that `redact` need not walk it again; no part of the answer."""
    sources: list[tuple[DisclosureRequest, Tables, SensitiveSources]] = field(
        default_factory=list, compare=False, repr=False
    )
    """At most one: what `redact` found of people and places that tell, for `present`; no part of the answer."""
    places: Places | None = field(default=None, compare=False, repr=False)
    """The people and places of the directory that the consents were compiled with; no part of the answer."""

    def about(self, rows: tuple[ResourceDecision, ...], outlines: tuple[Outline, ...]) -> Decision:
        """The same decision about other resources alike."""
        decision = object.__new__(Decision)  # field by field, as a row
        _put_the_outcome(decision, self.outcome)
        _put_the_resources(decision, rows)
        _put_the_consents(decision, self.consents)
        _put_the_obligations(decision, self.obligations)
        _put_the_basis(decision, self.basis)
        _put_the_purposes(decision, self.purposes)
        _put_the_recipient(decision, self.recipient)
        _put_the_scopes(decision, self.scopes)
        _put_the_notes(decision, self.notes)
        _put_the_versions(decision, self.versions)
        _put_the_semantics_version(decision, self.semantics_version)
        _put_the_outlines(decision, outlines)
        _put_the_sources(decision, [])
        _put_the_places(decision, self.places)
        return decision


(
    _put_the_outcome,
    _put_the_resources,
    _put_the_consents,
    _put_the_obligations,
    _put_the_basis,
    _put_the_purposes,
    _put_the_recipient,
    _put_the_scopes,
    _put_the_notes,
    _put_the_versions,
    _put_the_semantics_version,
    _put_the_outlines,
    _put_the_sources,
    _put_the_places,
) = (getattr(Decision, one.name).__set__ for one in fields(Decision))
