"""The decision: may these resources go to this recipient, for these purposes, now?

The order is the law's (consent-semantics section 2): bases without consent, hard bars, the patient's directives,
the no-consent policy, denials over permits, rule packs, data-set caps, and refusal where nothing permits. No default
outcome: a resource is released only by a permit (or basis) that passed everything. The one catch-all of the house
is here, and it refuses.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, tzinfo

from consent.compiled import CompiledConsents, compile_consents, context_of
from consent.context import Context, Ruling
from consent.directives import Directive
from consent.labels import labelling_of
from consent.matching_records import NOTHING_LINKED, Linked, linked_by
from consent.model import Decision, DisclosureRequest, Reason, Resource, ResourceDecision, SubjectResource
from consent.obligations import decision_of, refused_whole
from consent.outline import Outline, outline_of
from consent.resource_facts import ResourceFacts, clinical_date, facts_of, is_only_about
from consent.rules import hipaa, part2
from consent.rules.caps import Cap, capped
from consent.rules.case import Case
from consent.rules.named_plans import is_named
from consent.rules.state_law import minor_signature, refusals
from consent.rulings import heard, inline_removals, released, row_of, withheld
from consent.tables import Tables
from consent.validity import is_described
from consent.without_consent import as_treatment, by_basis, is_treatment_between_providers, under_bar

DEFAULT_DENY = Reason("NO_PERMIT", "42 CFR §2.13(a), §2.31; consent-semantics 2(7)")

UNCAPPED = frozenset({"COURT_ORDER", "INSIDE_PROGRAM", "PARENT_ACCESS", "PATIENT_ACCESS"})
"""Bases on which nothing is cut to a data set."""

CARRIERS = frozenset({"Bundle", "Parameters"})
"""They hold resources, each with labels of its own; those are asked about, never the carrier."""


def decide(request: DisclosureRequest, tables: Tables, compiled: CompiledConsents | None = None) -> Decision:
    """The decision, with a row for each resource in the order asked.

    `compiled` is used if it fits the request's patient, policy and tables; the caller answers for consents and
    directory being those it was compiled from. Never raises: a fault in any rule or directive withholds everything
    (`RULE_FAILED`).
    """
    try:
        if compiled is None or not compiled.fits(request, tables):
            compiled = compile_consents(request, tables)
        return _decide(request, tables, compiled)
    except Exception:  # noqa: BLE001  # the single catch-all: whatever fails here permits nothing
        return refused_whole(request, Reason("RULE_FAILED", "consent-semantics 2"), tables)


def prepare(request: DisclosureRequest, tables: Tables, compiled: CompiledConsents) -> DisclosureRequest:
    """The same request with the facts of its resources found, for deciding it more than once.

    Raises ValueError where a resource is too large to read.
    """
    subjects = []
    for subject in request.resources:
        facts = _facts(subject, tables, compiled)
        facts.read_whole()
        subjects.append(replace(subject, known=facts))
    return replace(request, resources=tuple(subjects))


def first_day(resource: Resource, zone: tzinfo) -> date | None:
    """The day, in the zone, on which a `dataPeriod` begins to find it; None where that is not said or cannot be read."""
    when = clinical_date(resource, zone)
    return None if when is None else when.start.astimezone(zone).date()


def _facts(subject: SubjectResource, tables: Tables, compiled: CompiledConsents) -> ResourceFacts:
    return subject.known or facts_of(
        subject, compiled.is_from_program(subject.sources), compiled.person, compiled.zone, tables
    )


def _decide(request: DisclosureRequest, tables: Tables, compiled: CompiledConsents) -> Decision:
    context = context_of(compiled, request, tables)
    if not context.remembers:
        return _decide_together(request, context, tables, compiled)
    found: list[Outline] = []
    ruled: list[Ruling] = []
    told: list[ResourceDecision] = []
    for subject in request.resources:
        outline, ruling = _read(subject, context, compiled, tables)
        found.append(outline)
        ruled.append(ruling)
        told.append(ruling.row.about(subject.reference))
    outlines, rulings, rows = tuple(found), tuple(ruled), tuple(told)
    if context.cap is not None:  # what it cuts is cut anew each time
        return decision_of(request, context, rulings, rows, outlines, tables)
    alike = context.decided(rulings)
    if alike is not None:
        return alike.about(rows, outlines)
    decision = decision_of(request, context, rulings, rows, outlines, tables)
    context.keep(rulings, decision)
    return decision


def _decide_together(
    request: DisclosureRequest, context: Context, tables: Tables, compiled: CompiledConsents
) -> Decision:
    """The decision where a ruling may depend on other resources."""
    found = [_facts(subject, tables, compiled) for subject in request.resources]
    linked = linked_by(found)
    rulings = tuple(
        _under_cap(_rule(facts, linked, context, compiled, tables), facts, context) for facts in found
    )
    rows = tuple(ruling.row for ruling in rulings)
    return decision_of(request, context, rulings, rows, tuple(facts.outline for facts in found), tables)


def _read(
    subject: SubjectResource, context: Context, compiled: CompiledConsents, tables: Tables
) -> tuple[Outline, Ruling]:
    """What a walk over the resource finds, and the ruling for it: the one for resources alike, if there is one."""
    facts, holds_others = subject.known, "contained" in subject.resource
    if facts is None and context.uses.labels_alone and context.cap is None and not holds_others:
        outline = outline_of(subject.resource, subject.type, tables)
        part2 = compiled.is_from_program(subject.sources)
        own = is_only_about(compiled.person, subject.resource, subject.reference, outline)
        labelling = labelling_of(outline, part2, tables)
        known = context.rulings.get((subject.type, id(labelling), part2, own))
        if known is not None and not outline.may_bear_labels:
            return outline, known[0]
    facts = facts or _facts(subject, tables, compiled)
    if context.cap is not None:
        facts.read_size()
    ruling = None if holds_others else context.remembered(facts)
    if ruling is None:
        ruling = _rule(facts, NOTHING_LINKED, context, compiled, tables)
        if not holds_others:  # what becomes of contained records is found for each
            context.remember(facts, ruling)
    return facts.outline, _under_cap(ruling, facts, context)


def _rule(
    facts: ResourceFacts,
    linked: Linked,
    context: Context,
    compiled: CompiledConsents,
    tables: Tables,
) -> Ruling:
    """The ruling for one resource, before the cap: steps 0 to 5, and 7."""
    if not facts.subjects <= {compiled.patient}:
        return withheld(facts, [Reason("OTHER_PATIENT", "42 CFR §2.13(a)")])
    if facts.type in CARRIERS:
        return withheld(facts, [Reason("UNSTRUCTURED_NOT_COVERED", "FH-RED-01")])
    if context.basis is not None and (context.basis.part2 or not facts.labelling.part2):
        return by_basis(facts, linked, context, compiled, tables, context.basis)
    if context.bar is not None and not context.bar.lifts:
        return withheld(facts, [context.bar.reason])
    denials, permitting, missed = heard(facts, linked, context, tables)
    if denials:
        return withheld(facts, denials)
    if context.bar is not None:
        permitting = [directive for directive in permitting if directive.version in context.lifting]
        if not permitting:
            return under_bar(facts, linked, context, compiled, tables, context.bar.reason)
    if permitting:
        return _permitted(facts, linked, context, compiled, tables, permitting)
    if is_treatment_between_providers(facts, context, compiled):
        return as_treatment(facts, linked, context, compiled, tables)
    return withheld(facts, [DEFAULT_DENY, *context.refusals, *missed])


def _permitted(
    facts: ResourceFacts,
    linked: Linked,
    context: Context,
    compiled: CompiledConsents,
    tables: Tables,
    permitting: list[Directive],
) -> Ruling:
    """Permitted by consents, as far as the packs let them stand."""
    standing, refused = _after_packs(facts, permitting, context, compiled)
    if not standing:
        return withheld(facts, refused)
    reasons = [Reason("PERMITTED_BY_CONSENT", "42 CFR §2.31, §2.33", one.version) for one in standing]
    versions = {one.version for one in standing}
    removals = inline_removals(
        facts,
        linked,
        context,
        compiled,
        tables,
        lambda part, found: any(
            one.version in versions for one in _after_packs(part, found, context, compiled)[0]
        ),
    )
    return released(facts, tuple(standing), reasons, removals)


def _after_packs(
    facts: ResourceFacts, permitting: list[Directive], context: Context, compiled: CompiledConsents
) -> tuple[list[Directive], list[Reason]]:
    """Step 5: the consents that stand under every rule of every pack, and the reasons against the others."""
    standing: list[Directive] = []
    refused: list[Reason] = []
    rules = (
        *(part2.RULES if "part2" in compiled.packs else ()),
        *(hipaa.RULES if "hipaa" in compiled.packs else ()),
    )
    for directive in permitting:
        case = Case(context.asking, context.recorded, compiled.who, facts, directive)
        found = [reason for rule in rules if (reason := rule(case)) is not None]
        if compiled.packs:
            found += refusals(case, compiled.state_packs)
            minor = minor_signature(case)
            found += [minor] if minor is not None else []
        if found:
            refused.extend(found)
        else:
            standing.append(directive)
    return standing, refused


def _under_cap(ruling: Ruling, facts: ResourceFacts, context: Context) -> Ruling:
    """Step 6: what the data set of the recipient leaves of a release, with a row about this very resource."""
    row, cap = ruling.row, context.cap
    if cap is None or row.outcome == "withhold" or _has_set_of_its_own(ruling, cap, context):
        return ruling
    if cap.wants_a_name(facts.resource) and not is_named(facts, ruling.permitting, context.bound):
        return withheld(facts, [Reason("SAFETY_PLAN_NOT_NAMED", cap.citation)])
    cut = capped(cap, facts, facts.resource)
    if not cut.allowed:
        return withheld(facts, [Reason("NOT_IN_DATA_SET", cap.citation)])
    if not cut.removals:
        return ruling
    reasons = [*row.reasons, Reason("CUT_TO_DATA_SET", cap.citation)]
    return replace(ruling, row=row_of(facts, "redact", reasons, {*row.removals, *cut.removals}))


def _has_set_of_its_own(ruling: Ruling, cap: Cap, context: Context) -> bool:
    """Whether something else says how much goes: the own record, talk inside a program, an order or a lifted bar.

    For police and courts the data set is empty (DM-12): a consent that lifts their bar and says what may go names what
    it covers, and a person releases it.
    """
    if any(reason.code in UNCAPPED for reason in ruling.row.reasons):
        return True
    lifted = context.bar is not None and cap.category == "law_enforcement"
    return lifted and all(map(is_described, ruling.permitting))
