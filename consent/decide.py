"""The decision: may these resources go to this recipient, for these purposes, now?

The order is the law's (consent-semantics section 2): bases without consent, hard bars, the patient's directives,
the no-consent policy, denials over permits, rule packs, data-set caps, and refusal where nothing permits. No default
outcome: a resource is released only by a permit (or basis) that passed everything. The one catch-all of the house
is here, and it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from consent.compiled import CompiledConsents, compile_consents, context_of
from consent.context import Context, Ruling
from consent.directives import Directive
from consent.labels import labelling_of
from consent.matching import Asking, says
from consent.matching_labels import is_covered
from consent.matching_records import NOTHING_LINKED, Linked, linked_by
from consent.memberships import PROVIDERS_AND_PLANS, kinds_of
from consent.model import (
    Decision,
    DisclosureRequest,
    Reason,
    ResourceDecision,
    ResourceOutcome,
    SubjectResource,
)
from consent.obligations import about, decision_of, refused_whole
from consent.outline import Outline, outline_of
from consent.resource_facts import ResourceFacts, facts_of, is_only_about
from consent.rules import hipaa, part2
from consent.rules.bars import order_covers
from consent.rules.caps import capped
from consent.rules.case import Case
from consent.rules.state_law import minor_signature, refusals
from consent.tables import Tables

DEFAULT_DENY = Reason("NO_PERMIT", "42 CFR §2.13(a), §2.31; consent-semantics 2(7)")

CARRIERS = frozenset({"Bundle", "Parameters"})
"""They hold resources, each with labels of its own; those are asked about, never the carrier."""

NOTES_APART = ("NOTES_NEED_OWN_CONSENT", "42 CFR §2.31(b); 45 CFR 164.508(a)(2)")


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


def _facts(subject: SubjectResource, tables: Tables, compiled: CompiledConsents) -> ResourceFacts:
    return subject.known or facts_of(
        subject, compiled.is_from_program(subject.sources), compiled.person, compiled.zone, tables
    )


def _decide(request: DisclosureRequest, tables: Tables, compiled: CompiledConsents) -> Decision:
    context = context_of(compiled, request, tables)
    if not context.remembers:
        return _decide_together(request, context, tables, compiled)
    read = [_read(subject, context, compiled, tables) for subject in request.resources]
    outlines, rulings = tuple([outline for outline, _ in read]), tuple([ruling for _, ruling in read])
    rows = tuple(
        [
            ruling.row.about(subject.reference)
            for subject, ruling in zip(request.resources, rulings, strict=True)
        ]
    )
    if context.cap is not None:  # what it cuts is cut anew each time
        return decision_of(request, context, rulings, rows, outlines, tables)
    alike = context.decided(rulings)
    if alike is not None:
        return about(alike, rows, outlines)
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
    facts = subject.known
    if facts is None and context.uses.labels_alone and context.cap is None:
        outline = outline_of(subject.resource, subject.type, tables)
        part2 = compiled.is_from_program(subject.sources)
        own = is_only_about(compiled.person, subject.resource, subject.reference)
        labelling = labelling_of(outline, part2, tables)
        known = context.rulings.get((subject.type, id(labelling), part2, own))
        if known is not None and not outline.may_bear_labels:
            return outline, known[0]
    facts = facts or _facts(subject, tables, compiled)
    if context.cap is not None:
        facts.read_size()
    ruling = context.remembered(facts)
    if ruling is None:
        ruling = _rule(facts, NOTHING_LINKED, context, compiled, tables)
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
        return _withheld(facts, [Reason("OTHER_PATIENT", "42 CFR §2.13(a)")])
    if facts.type in CARRIERS:
        return _withheld(facts, [Reason("UNSTRUCTURED_NOT_COVERED", "FH-RED-01")])
    if context.basis is not None:
        return _by_basis(facts, context, tables)
    if context.bar is not None and not context.bar.lifts:
        return _withheld(facts, [context.bar.reason])
    denials, permitting, missed = _heard(facts, linked, context, tables)
    if denials:
        return _withheld(facts, denials)
    if context.bar is not None:
        permitting = [directive for directive in permitting if directive.version in context.lifting]
        if not permitting:
            return _under_bar(facts, linked, context, tables, context.bar.reason)
    if permitting:
        return _permitted(facts, linked, context, compiled, tables, permitting)
    if _is_treatment_between_providers(facts, context, compiled):
        return _as_treatment(facts, linked, context, compiled, tables)
    return _withheld(facts, [DEFAULT_DENY, *context.refusals, *missed])


def _under_bar(
    facts: ResourceFacts,
    linked: Linked,
    context: Context,
    tables: Tables,
    reason: Reason,
) -> Ruling:
    """What a bar leaves without a consent that lifts it: what a recorded court order covers. 42 CFR §2.61."""
    if not order_covers(context.asking, context.recorded, facts):
        return _withheld(facts, [reason])
    removals = _inline_removals(
        facts, linked, context, tables, lambda part, _: order_covers(context.asking, context.recorded, part)
    )
    return _released(facts, (), [Reason("COURT_ORDER", "42 CFR §2.61")], removals)


def _as_treatment(
    facts: ResourceFacts,
    linked: Linked,
    context: Context,
    compiled: CompiledConsents,
    tables: Tables,
) -> Ruling:
    """Treatment between providers where the deployment chose so (FH-CON-06)."""
    removals = _inline_removals(
        facts,
        linked,
        context,
        tables,
        lambda part, _: _is_treatment_between_providers(part, context, compiled),
    )
    reasons = [Reason("HIPAA_TREATMENT", "45 CFR 164.506(c)(2); FH-CON-06")]
    return _released(facts, (), reasons, removals)


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
        return _withheld(facts, refused)
    reasons = [Reason("PERMITTED_BY_CONSENT", "42 CFR §2.31, §2.33", one.version) for one in standing]
    versions = {one.version for one in standing}
    removals = _inline_removals(
        facts,
        linked,
        context,
        tables,
        lambda part, found: any(
            one.version in versions for one in _after_packs(part, found, context, compiled)[0]
        ),
    )
    return _released(facts, tuple(standing), reasons, removals)


def _heard(
    facts: ResourceFacts, linked: Linked, context: Context, tables: Tables
) -> tuple[list[Reason], list[Directive], list[Reason]]:
    """Step 4a: what every directive says: denials; directives that permit; why others reach the record not."""
    denials: list[Reason] = []
    permitting: list[Directive] = []
    missed: list[Reason] = []
    for directive, tree in context.bound:
        denies, allowed, why = says(tree, facts, linked, tables)
        if denies is not None:
            code = "DENIED_BY_CONSENT" if denies else "DENIED_UNLESS_CLEAR"
            denials.append(Reason(code, "42 CFR §2.26, §2.31; FH-CON-05", directive.version))
        elif is_covered(allowed, facts.labelling, tables):
            permitting.append(directive)
        elif allowed:
            code, citation = (
                NOTES_APART if facts.labelling.note else ("LABEL_NOT_COVERED", "FH-LBL-03, FH-LBL-07")
            )
            missed.append(Reason(code, citation, directive.version))
        elif why:
            missed.append(Reason(why, "consent-semantics 4", directive.version))
    return denials, permitting, missed


def _by_basis(facts: ResourceFacts, context: Context, tables: Tables) -> Ruling:
    """Step 0: released without consent; notes are not (45 CFR 164.524(a)(1), 42 CFR §2.31(b))."""
    basis, citation = context.basis or ("", "")
    if facts.labelling.note:
        return _withheld(facts, [Reason("NOTES_NEED_OWN_CONSENT", "42 CFR §2.31(b); 45 CFR 164.524(a)(1)")])
    removals = {pointer for pointer, part in _parts(facts, tables) if part.labelling.note}
    row = _row(facts, "redact" if removals else "disclose", [Reason(basis, citation)], removals)
    return Ruling(row, (), facts.labelling.part2)


def _is_treatment_between_providers(
    facts: ResourceFacts, context: Context, compiled: CompiledConsents
) -> bool:
    """Step 4: policy `treatment`: plain data between covered entities for treatment. FH-CON-06."""
    asking, labelling = context.asking, facts.labelling
    if compiled.policy.no_consent != "treatment" or not compiled.packs or labelling.part2 or labelling.note:
        return False
    if labelling.sensitive or labelling.level not in ("U", "L", "M", "N") or labelling.unstructured:
        return False
    reached = asking.tables.permit_reaches("TREAT")
    return (
        "covered_entity" in asking.standing
        and _may_be_covered(asking)
        and all(purpose.code in reached for purpose in asking.purposes)
    )


def _may_be_covered(asking: Asking) -> bool:
    """Whether the discloser is a covered entity by its standing or, where none is stated, by all that is known of it."""
    if asking.discloser_standing:
        return "covered_entity" in asking.discloser_standing
    return all(kinds_of(one, asking.directory) <= PROVIDERS_AND_PLANS for one in asking.discloser.own)


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
        case = Case(context.asking, context.recorded, compiled.patient, compiled.birth, facts, directive)
        found = [reason for rule in rules if (reason := rule(case)) is not None]
        if compiled.packs:
            found += refusals(case, compiled.state_packs)
            minor = minor_signature(case, compiled.state_packs)
            found += [minor] if minor is not None else []
        if found:
            refused.extend(found)
        else:
            standing.append(directive)
    return standing, refused


def _inline_removals(
    facts: ResourceFacts,
    linked: Linked,
    context: Context,
    tables: Tables,
    is_allowed: Callable[[ResourceFacts, list[Directive]], bool],
) -> set[str]:
    """Elements with a label of their own that a consent denies, or that what releases the rest does not reach.

    `is_allowed` is asked with the facts of the element and the consents that permit it. FH-LBL-05.
    """
    removals: set[str] = set()
    for pointer, part in _parts(facts, tables):
        denials, permitting, _ = _heard(part, linked, context, tables)
        if denials or not is_allowed(part, permitting):
            removals.add(pointer)
    return removals


def _parts(facts: ResourceFacts, tables: Tables) -> Iterator[tuple[str, ResourceFacts]]:
    """The elements with labels of their own: where, and the facts that hold for each.

    A label on the record itself (an empty pointer) is among the labels of the record, which was asked with them.
    """
    for pointer, labels in facts.labelling.inline:
        if pointer:
            yield pointer, replace(facts, labelling=facts.labelling.within(labels, tables))


def _released(
    facts: ResourceFacts, standing: tuple[Directive, ...], reasons: list[Reason], removals: set[str]
) -> Ruling:
    row = _row(facts, "redact" if removals else "disclose", reasons, removals)
    through = any(_is_general_designation(directive) for directive in standing)
    return Ruling(row, standing, facts.labelling.part2, through)


def _under_cap(ruling: Ruling, facts: ResourceFacts, context: Context) -> Ruling:
    """Step 6: what the data set of the recipient leaves of a release, with a row about this very resource."""
    row, cap = ruling.row, context.cap
    if cap is None or context.basis is not None or row.outcome == "withhold":
        return ruling
    cut = capped(cap, facts, facts.resource)
    if not cut.allowed:
        return _withheld(facts, [Reason("NOT_IN_DATA_SET", cap.citation)])
    if not cut.removals:
        return ruling
    reasons = [*row.reasons, Reason("CUT_TO_DATA_SET", cap.citation)]
    return replace(ruling, row=_row(facts, "redact", reasons, {*row.removals, *cut.removals}))


def _is_general_designation(directive: Directive) -> bool:
    """Whether it reaches its recipients through an intermediary: such releases go on the list of §2.24."""
    waiting = [directive.root] if directive.root is not None else []
    while waiting:
        node = waiting.pop()
        if any(actor.part == "delegatee" for actor in node.actors):
            return True
        waiting.extend(node.children)
    return False


def _withheld(facts: ResourceFacts, reasons: list[Reason]) -> Ruling:
    return Ruling(_row(facts, "withhold", reasons), (), facts.labelling.part2)


def _row(
    facts: ResourceFacts, outcome: ResourceOutcome, reasons: list[Reason], removals: set[str] | None = None
) -> ResourceDecision:
    return ResourceDecision(
        reference=facts.reference,
        outcome=outcome,
        labels=facts.labelling.shown,
        reasons=tuple(dict.fromkeys(reasons)),
        removals=tuple(sorted(removals or ())),
    )
