"""What is released without a consent: on a basis for the whole question, by a court order, or between providers.

The patient's denials and restrictions bind here too, and so does what a state demands; only the patient's own record
goes to the patient whatever was restricted (42 CFR §2.23, §2.26).
"""

from __future__ import annotations

from datetime import datetime

from consent.compiled import CompiledConsents
from consent.context import Context, Ruling
from consent.directives import Directive
from consent.matching import Asking
from consent.matching_records import Linked
from consent.memberships import PROVIDERS_AND_PLANS, kinds_of
from consent.model import Reason
from consent.resource_facts import ResourceFacts
from consent.rules.bars import Basis, order_covers
from consent.rules.state_law import refusal_without_consent
from consent.rulings import heard, inline_removals, parts_of, released, row_of, withheld
from consent.tables import Tables
from consent.validity import nodes_of

USE = frozenset({"access", "use"})
NOTES = Reason("NOTES_NEED_OWN_CONSENT", "42 CFR §2.31(b); 45 CFR 164.524(a)(1)")


def by_basis(
    facts: ResourceFacts,
    linked: Linked,
    context: Context,
    compiled: CompiledConsents,
    tables: Tables,
    basis: Basis,
) -> Ruling:
    """Step 0: released without consent; notes are not (45 CFR 164.524(a)(1), 42 CFR §2.31(b))."""

    def refusals(part: ResourceFacts) -> list[Reason]:
        if part.labelling.note:
            return [NOTES]
        if not (basis.part2 or not part.labelling.part2):
            return [Reason("MINOR_SIGNATURE_MISSING", "42 CFR §2.14")]
        denials = _denials(part, linked, context, tables, basis) if basis.hears else []
        return denials or _unmet(part, context, compiled, basis.code)

    if refused := refusals(facts):
        return withheld(facts, refused)
    removals = {
        pointer
        for pointer, part in parts_of(facts, compiled, tables)
        if not part.subjects <= {compiled.patient} or refusals(part)
    }
    row = row_of(facts, "redact" if removals else "disclose", [Reason(basis.code, basis.citation)], removals)
    return Ruling(row, (), facts.labelling.part2)


def _denials(
    facts: ResourceFacts, linked: Linked, context: Context, tables: Tables, basis: Basis
) -> list[Reason]:
    """What the patient denies. Inside a program only what clearly speaks of those who work there, or of use. §2.26.

    Talk among them is no disclosure: "share nothing" is not said to them (§2.12(c)(3)).
    """
    denials, _, _ = heard(facts, linked, context, tables)
    if basis.code != "INSIDE_PROGRAM":
        return denials
    meant = {directive.version for directive, _ in context.bound if _speaks_of_insiders(directive)}
    return [one for one in denials if one.consent in meant and one.code == "DENIED_BY_CONSENT"]


def _speaks_of_insiders(directive: Directive) -> bool:
    return any(
        not node.permits
        and (any(actor.part == "recipient" for actor in node.actors) or not USE.isdisjoint(node.actions))
        for node in nodes_of(directive.root)
    )


def under_bar(
    facts: ResourceFacts,
    linked: Linked,
    context: Context,
    compiled: CompiledConsents,
    tables: Tables,
    reason: Reason,
) -> Ruling:
    """What a bar leaves without a consent that lifts it: what a recorded court order covers. 42 CFR §2.61."""
    if not order_covers(context.asking, context.recorded, facts):
        return withheld(facts, [reason])
    if unmet := _unmet(facts, context, compiled, "COURT_ORDER"):
        return withheld(facts, unmet)
    removals = inline_removals(
        facts,
        linked,
        context,
        compiled,
        tables,
        lambda part, _: (
            order_covers(context.asking, context.recorded, part)
            and not _unmet(part, context, compiled, "COURT_ORDER")
        ),
    )
    return released(facts, (), [Reason("COURT_ORDER", "42 CFR §2.61")], removals)


def as_treatment(
    facts: ResourceFacts,
    linked: Linked,
    context: Context,
    compiled: CompiledConsents,
    tables: Tables,
) -> Ruling:
    """Treatment between providers where the deployment chose so (FH-CON-06)."""
    removals = inline_removals(
        facts,
        linked,
        context,
        compiled,
        tables,
        lambda part, _: is_treatment_between_providers(part, context, compiled),
    )
    reasons = [Reason("HIPAA_TREATMENT", "45 CFR 164.506(c)(2); FH-CON-06")]
    return released(facts, (), reasons, removals)


def is_treatment_between_providers(
    facts: ResourceFacts, context: Context, compiled: CompiledConsents
) -> bool:
    """Step 4: policy `treatment`: plain data between covered entities for treatment. FH-CON-06."""
    asking, labelling = context.asking, facts.labelling
    if compiled.policy.no_consent != "treatment" or not compiled.packs or labelling.part2 or labelling.note:
        return False
    if labelling.sensitive or labelling.level not in ("U", "L", "M", "N") or labelling.unstructured:
        return False
    if compiled.denied_inside_ended or any(_ran_out(one, asking.at) for one in compiled.directives):
        return False
    reached = asking.tables.permit_reaches("TREAT")
    return (
        "covered_entity" in asking.standing
        and _may_be_covered(asking)
        and all(purpose.code in reached for purpose in asking.purposes)
        and not _unmet(facts, context, compiled, "HIPAA_TREATMENT")
    )


def _ran_out(directive: Directive, at: datetime) -> bool:
    """Whether it was a permit with denials inside that has run out: the end of a yes opens nothing that it kept back."""
    root = directive.root
    if root is None or not root.permits or root.period is None or at < root.period.end:
        return False
    return any(not node.permits for node in nodes_of(root))


def _unmet(facts: ResourceFacts, context: Context, compiled: CompiledConsents, code: str) -> list[Reason]:
    """What only a consent could meet: veterans' records, state demands, text nobody scanned. P2-12-08, P2-20-01.

    Talk inside one program is no disclosure (§2.12(c)(3)): there a state demands no named recipient, and text may be
    read. An order names what it covers. The patient, and who stands for a grown one, reads the own record.
    """
    if code == "PATIENT_ACCESS":
        return []
    if "Title38Section7332" in facts.labelling.codes:
        return [Reason("VETERANS_PACK_MISSING", "42 CFR §2.12(c)(1), 38 U.S.C. 7332")]
    if code == "INSIDE_PROGRAM":
        return []
    demand = refusal_without_consent(facts, context.asking, compiled.state_packs)
    if demand is not None:
        return [demand]
    if facts.labelling.unstructured and code != "COURT_ORDER":
        return [Reason("UNSTRUCTURED_NOT_COVERED", "FH-RED-01; 42 CFR §2.13(a)")]
    return []


def _may_be_covered(asking: Asking) -> bool:
    """Whether the discloser is a covered entity by its standing or, where none is stated, by all that is known of it."""
    if asking.discloser_standing:
        return "covered_entity" in asking.discloser_standing
    return all(kinds_of(one, asking.directory) <= PROVIDERS_AND_PLANS for one in asking.discloser.own)
