"""A patient's consents, made ready to be asked many times.

Reading and checking the Consents, and the directory, happens once. What depends on the recipient, the purposes and the
time is bound once per *context* and remembered: between two instants at which nothing starts or ends, the same recipient
with the same purposes gets the same bound trees. Nothing remembered outlives this object.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from consent.context import REMEMBERED_CONTEXTS, Context, uses_of
from consent.directives import Directive, plain_reference, read_directive
from consent.directory import Directory, Party, identifiers_of, read_directory
from consent.instants import read_span, zone_named
from consent.matching import Asking, Bound, bind
from consent.memberships import exchanges_in, is_hierarchy
from consent.model import (
    Coding,
    Discloser,
    DisclosureRequest,
    Facts,
    Identifier,
    Policy,
    Reason,
    Recipient,
    Resource,
)
from consent.places import Places
from consent.resource_facts import Person
from consent.rules.bars import bar, basis_without_consent
from consent.rules.caps import cap_for
from consent.rules.case import TPO_STANDING, in_force, names
from consent.rules.minors import Pack, Patient, ages_of
from consent.rules.state_law import birthdays, pack_instants, packs_named
from consent.tables import Tables
from consent.validity import TPO, findings, is_for_proceedings
from consent.versions_in_force import denied_inside_what_ended, is_history, last_versions

SCOPES_ALONE = frozenset({"patient-privacy", "research", "treatment"})
SCOPES_UNDER_PACKS = frozenset({"patient-privacy"})
NO_FACTS = Facts()
FAULT_CITATION = "consent-semantics 3; FH-CON-07"


LastContext = tuple[Recipient, Discloser, tuple[Coding, ...], str, Facts, object, Context]
"""What the last question asked, and its context; the objects are kept so that `is` cannot be fooled."""


@dataclass(frozen=True, slots=True)
class CompiledConsents:
    """The consents of one patient under one policy, one directory and one version of the tables."""

    patient: str
    policy: Policy
    tables_version: str
    zone: tzinfo
    directives: tuple[Directive, ...]
    directory: Directory
    programs: tuple[str, ...]
    who: Patient
    person: Person
    packs: frozenset[str]
    state_packs: tuple[Pack, ...]
    unknown_packs: tuple[str, ...]
    deficient: Mapping[str, tuple[Reason, ...]]
    boundaries: tuple[datetime, ...]
    places: Places
    denied_inside_ended: bool = False
    contexts: dict[tuple[object, ...], Context] = field(default_factory=dict, compare=False, repr=False)
    last: dict[str, LastContext] = field(default_factory=dict, compare=False, repr=False)
    programs_of: dict[tuple[str, ...], bool] = field(default_factory=dict, compare=False, repr=False)

    def fits(self, request: DisclosureRequest, tables: Tables) -> bool:
        """Whether it was compiled for this patient, policy and version of the tables."""
        return (
            self.patient == request.patient
            and (self.policy is request.policy or self.policy == request.policy)
            and self.tables_version == tables.version
        )

    def is_from_program(self, sources: tuple[str, ...]) -> bool:
        """Whether a record of these sources is a Part 2 record. Consent-semantics 11, "Source"."""
        found = self.programs_of.get(sources)
        if found is None:
            found = self._is_from_program(sources)
            if len(self.programs_of) >= REMEMBERED_CONTEXTS:
                self.programs_of.clear()
            self.programs_of[sources] = found
        return found

    def _is_from_program(self, sources: tuple[str, ...]) -> bool:
        numbers = [Identifier(*one.rsplit("|", 1)) for one in sources if "|" in one]
        belongs = self.directory.party(sources, numbers, (), datetime.max.replace(tzinfo=UTC)).possible
        return any(
            source == program or source.endswith("/" + program) or program in belongs
            for source in sources
            for program in self.programs
        )


def compile_consents(request: DisclosureRequest, tables: Tables) -> CompiledConsents:
    """The index of a request's consents, directory and policy. It may serve every request that has the same ones."""
    zone = zone_named(request.policy.zone) or UTC
    packs = frozenset(request.policy.packs)
    directory = read_directory(request.directory, zone)
    person = _person(request)
    found, deficient = _directives_by_version(request, zone, person)
    state_packs, unknown = packs_named(request.policy.packs, tables)
    directives = tuple(
        directive
        for version in sorted(found)
        for directive in (found[version] if len(found[version]) == 1 else sorted(found[version], key=repr))
    )
    who = Patient(request.patient, _birth(request), ages_of(state_packs))
    return CompiledConsents(
        patient=request.patient,
        policy=request.policy,
        tables_version=tables.version,
        zone=zone,
        directives=directives,
        directory=directory,
        programs=_programs(request.policy.part2_sources, directory),
        who=who,
        person=person,
        packs=packs,
        state_packs=state_packs,
        unknown_packs=unknown,
        deficient=deficient,
        boundaries=_boundaries(directives, directory, who, state_packs),
        places=Places(request.directory, tables),
        denied_inside_ended=denied_inside_what_ended(request.consents, last_versions(request.consents)),
    )


def _directives_by_version(
    request: DisclosureRequest, zone: tzinfo, person: Person
) -> tuple[dict[str, list[Directive]], dict[str, tuple[Reason, ...]]]:
    """What each version of a consent says, each once; and why some versions permit nothing."""
    with_packs = bool(request.policy.packs)
    found: dict[str, list[Directive]] = {}
    deficient: dict[str, tuple[Reason, ...]] = {}
    last = last_versions(request.consents)
    for consent in request.consents:
        directive = _signed_by(_read(consent, request.patient, zone, with_packs), person)
        if is_history(consent, last):
            directive = _unusable(directive)
        reasons = _deficiencies(consent, directive) if with_packs else ()
        if reasons:
            deficient[directive.version] = tuple(
                sorted({*deficient.get(directive.version, ()), *reasons}, key=_order)
            )
            directive = _unusable(directive)
        same = found.setdefault(directive.version, [])
        if directive not in same:
            same.append(directive)
    return found, deficient


def _signed_by(directive: Directive, person: Person) -> Directive:
    """The directive with the patient's reference for a signature that one of her own numbers stands for."""
    own = {f"{one.system}|{one.value}" for one in person.identifiers}
    if own.isdisjoint(directive.performers):
        return directive
    return replace(
        directive, performers=tuple(person.reference if one in own else one for one in directive.performers)
    )


def _order(reason: Reason) -> tuple[str, str, str]:
    return reason.code, reason.citation, reason.consent or ""


def _read(consent: Resource, patient: str, zone: tzinfo, with_packs: bool) -> Directive:
    directive = read_directive(consent, patient, zone)
    scopes = SCOPES_UNDER_PACKS if with_packs else SCOPES_ALONE
    return directive if directive.scope in scopes else _unusable(directive)


def _unusable(directive: Directive) -> Directive:
    """The same directive with permits that do not count; its denials stay."""
    return replace(directive, usable=False)


def _deficiencies(consent: Resource, directive: Directive) -> tuple[Reason, ...]:
    return tuple(Reason(code, citation, directive.version) for code, citation in findings(consent, directive))


def _programs(sources: tuple[str, ...], directory: Directory) -> tuple[str, ...]:
    """The program references, and their identifiers as a source may state them (`system|value`)."""
    found = list(sources)
    for source in sources:
        for identifier in sorted(directory.identifiers.get(source, ()), key=str):
            found += [f"{identifier.system}|{identifier.value}", f"{identifier.system}/{identifier.value}"]
    return tuple(dict.fromkeys(found))


def _patients(request: DisclosureRequest) -> Iterator[tuple[bool, Resource]]:
    """Every Patient of the question, and whether it is the one who is asked about."""
    for resource in (*request.directory, *(subject.resource for subject in request.resources)):
        if resource.get("resourceType") == "Patient":
            yield f"Patient/{resource.get('id')}" == request.patient, resource


def _birth(request: DisclosureRequest) -> date | None:
    """The patient's date of birth, where the question holds the Patient and that states one (§2.14).

    Of a partial date the last day counts, of several dates the latest; one that cannot be read may be any.
    """
    found: list[date] = []
    for is_own, resource in _patients(request):
        if is_own and resource.get("birthDate") is not None:
            span = read_span(resource["birthDate"], UTC)
            found.append(date.max if span is None else max(span.start, span.end - timedelta(days=1)).date())
    return max(found, default=None)


def _person(request: DisclosureRequest) -> Person:
    """The patient with those identifiers that no other Patient of the question bears."""
    own, others = set[Identifier](), set[Identifier]()
    for is_own, resource in _patients(request):
        (own if is_own else others).update(identifiers_of(resource))
    return Person(request.patient, frozenset(own - others), frozenset(others))


def _boundaries(
    directives: tuple[Directive, ...], directory: Directory, who: Patient, packs: tuple[Pack, ...]
) -> tuple[datetime, ...]:
    """Every instant at which an answer may change: something starts, ends, is signed, grows old or comes of age."""
    found: set[datetime] = set(directory.instants())
    for directive in directives:
        if directive.signed is not None and directive.signed_at is not None:
            found |= {directive.signed_at, *pack_instants(directive.signed.start, packs)}
        if directive.event is not None and directive.event.watched is not None:
            found |= {directive.event.watched.start, directive.event.watched.end}
    if who.birth is not None:
        found |= set(birthdays(who.birth, who.ages))
    waiting = [directive.root for directive in directives if directive.root is not None]
    while waiting:
        node = waiting.pop()
        if node.period is not None:
            found |= {node.period.start, node.period.end}
        waiting.extend(node.children)
    return tuple(sorted(found))


# --- contexts --------------------------------------------------------------------------------------------------------


def context_of(compiled: CompiledConsents, request: DisclosureRequest, tables: Tables) -> Context:
    """The bound trees for the request's recipient, purposes and time.

    Between two boundaries nothing starts or ends, so all instants there share one context; where facts are recorded,
    which have times of their own, every instant has its own.
    """
    at, recorded = request.at, request.facts
    bucket: object = bisect_right(compiled.boundaries, at) if recorded == NO_FACTS else at
    last = compiled.last.get("context")
    if (
        last is not None
        and last[0] is request.recipient
        and last[1] is request.discloser
        and last[2] is request.purposes
        and last[3] == request.action
        and last[4] is recorded
        and last[5] == bucket
    ):
        return last[6]
    key = (request.recipient, request.discloser, request.purposes, request.action, recorded, bucket)
    found = compiled.contexts.get(key)
    if found is None:
        found = _bind_all(compiled, request, tables)
        if len(compiled.contexts) >= REMEMBERED_CONTEXTS:
            compiled.contexts.clear()
        compiled.contexts[key] = found
    compiled.last["context"] = (*key, found)
    return found


def _bind_all(compiled: CompiledConsents, request: DisclosureRequest, tables: Tables) -> Context:
    asking = _asking(compiled, request, tables)
    bound: list[tuple[Directive, Bound]] = []
    refusals: set[Reason] = set()
    for directive in compiled.directives:
        tree, why = bind(directive, asking)
        if tree is not None:
            bound.append((directive, tree))
        refusals |= {Reason(code, "consent-semantics 4", directive.version) for code in why}
        refusals |= {Reason(fault.code, FAULT_CITATION, directive.version) for fault in directive.faults}
        refusals |= set(compiled.deficient.get(directive.version, ()))
    with_packs = bool(compiled.packs)
    barred = bar(asking, request.recipient, compiled.unknown_packs, with_packs)
    lifting = frozenset(
        directive.version
        for directive, _ in bound
        if is_for_proceedings(directive) and names(directive, asking.recipient)
    )
    cap = cap_for(request.recipient, asking, tables) if with_packs else None
    return Context(
        patient=compiled.patient,
        asking=asking,
        recorded=request.facts,
        bound=tuple(bound),
        refusals=tuple(sorted(refusals, key=_order)),
        bar=barred,
        lifting=lifting,
        basis=basis_without_consent(asking, request.facts, request, compiled.who)
        if with_packs and not compiled.unknown_packs
        else None,
        cap=cap,
        uses=uses_of(compiled.directives, request.facts, asking.onward),
        remembers=not any(_looks_around(tree) for _, tree in bound),
        places=compiled.places,
    )


def _looks_around(tree: Bound) -> bool:
    """Whether the tree asks about other resources of the question."""
    return any(rule.meaning == "related" for rule in tree.source.data) or any(
        _looks_around(child) for child in tree.children
    )


def _asking(compiled: CompiledConsents, request: DisclosureRequest, tables: Tables) -> Asking:
    recipient, discloser = request.recipient, request.discloser
    receives = compiled.directory.party(
        recipient.references,
        recipient.identifiers,
        recipient.members_of,
        request.at,
        _no_hierarchy(compiled, request) if "part2" in compiled.packs else frozenset(),
    )
    gives = compiled.directory.party(discloser.references, discloser.identifiers, (), request.at)
    packs = compiled.packs
    return Asking(
        recipient=receives,
        discloser=gives,
        standing=_standing(recipient.standing, request.facts, receives, request.at),
        purposes=request.purposes,
        action=request.action,
        at=request.at,
        directory=compiled.directory,
        tables=tables,
        check_discloser="part2" in packs,
        needs_parties=bool(packs & {"part2", "hipaa"}),
        onward="part2" in packs and _may_pass_on(request, tables),
        discloser_standing=frozenset(discloser.standing),
        holder_standing=_standing(discloser.standing, request.facts, gives, request.at),
    )


def _no_hierarchy(compiled: CompiledConsents, request: DisclosureRequest) -> frozenset[str]:
    """Groups whose members a permit does not reach by naming them. 42 CFR §2.31(a)(4)(ii)."""
    stated = request.recipient.members_of
    unclear = [plain_reference(one) for one in stated if not is_hierarchy(one, request, compiled.directory)]
    return exchanges_in(compiled.directives, compiled.directory).union(unclear)


def _standing(stated: tuple[str, ...], recorded: Facts, party: Party, at: datetime) -> frozenset[str]:
    """Standing as stated and as recorded: a relationship in force makes a treating provider; it has a date (§2.11)."""
    standing = set(stated)
    if any(
        row.recipient in party.certain and row.since is not None and in_force(row.since, row.until, at)
        for row in recorded.relationships
    ):
        standing.add("treating_provider")
    if standing & {"qso", "business_associate"}:
        standing.add("program_operation")
    return frozenset(standing)


def _may_pass_on(request: DisclosureRequest, tables: Tables) -> bool:
    """A covered entity or business associate, disclosing for TPO to who is reached for TPO. 42 CFR §2.33(b)(1)."""
    if request.recipient.standing and not TPO_STANDING.isdisjoint(request.recipient.standing):
        reached = frozenset[str]().union(*map(tables.permit_reaches, TPO))
        holds = {"covered_entity", "business_associate"} & set(request.discloser.standing)
        return bool(holds) and all(purpose.code in reached for purpose in request.purposes)
    return False
