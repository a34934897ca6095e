"""Making rulings: what the directives say of one record, which of its elements go, and the row about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from consent.compiled import CompiledConsents
from consent.context import Context, Ruling
from consent.directives import Directive
from consent.labels import Labelling
from consent.matching import says
from consent.matching_labels import is_covered
from consent.matching_records import Linked
from consent.model import Reason, ResourceDecision, ResourceOutcome, SubjectResource
from consent.redact_places import PEOPLE_AND_PLACES
from consent.resource_facts import ResourceFacts, facts_of
from consent.tables import Tables
from consent.validity import nodes_of

NOTES_APART = ("NOTES_NEED_OWN_CONSENT", "42 CFR §2.31(b); 45 CFR 164.508(a)(2)")


def heard(
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


def inline_removals(
    facts: ResourceFacts,
    linked: Linked,
    context: Context,
    compiled: CompiledConsents,
    tables: Tables,
    is_allowed: Callable[[ResourceFacts, list[Directive]], bool],
) -> set[str]:
    """Elements with a label of their own, and contained records, that a consent denies, that are another patient's, or
    that what releases the rest does not reach.

    `is_allowed` is asked with the facts of the part and the consents that permit it. FH-LBL-05, FH-RED-01.
    """
    removals: set[str] = set()
    for pointer, part in parts_of(facts, compiled, tables):
        denials, permitting, _ = heard(part, linked, context, tables)
        is_furniture = pointer.startswith("/contained/") and part.type in PEOPLE_AND_PLACES
        if (
            denials
            or not part.subjects <= {compiled.patient}
            or not (is_furniture or is_allowed(part, permitting))
        ):
            removals.add(pointer)
    return removals


def parts_of(
    facts: ResourceFacts, compiled: CompiledConsents, tables: Tables
) -> Iterator[tuple[str, ResourceFacts]]:
    """The elements with labels of their own, and the contained records: where, and the facts that hold for each.

    A label on the record itself (an empty pointer) is among the labels of the record, which was asked with them. A
    contained record is asked about like one of its own, of the same sources.
    """
    for pointer, labels in facts.labelling.inline:
        if pointer:
            yield pointer, replace(facts, labelling=facts.labelling.within(labels, tables))
    if "contained" in facts.resource:
        yield from _contained(facts, compiled, tables)


def _contained(
    facts: ResourceFacts, compiled: CompiledConsents, tables: Tables
) -> Iterator[tuple[str, ResourceFacts]]:
    rows = facts.resource["contained"]
    for number, entry in enumerate(rows if isinstance(rows, list | tuple) else ()):
        kind = entry.get("resourceType") if isinstance(entry, Mapping) else None
        if isinstance(entry, Mapping) and isinstance(kind, str):
            inner = SubjectResource(entry, f"#{entry.get('id')}", kind, facts.sources)
            found = facts_of(inner, facts.labelling.part2, compiled.person, compiled.zone, tables)
            yield (
                f"/contained/{number}",
                replace(found, labelling=_inside(facts.labelling, found.labelling, tables)),
            )


def _inside(outer: Labelling, inner: Labelling, tables: Tables) -> Labelling:
    """The labels of a contained record: those of its container, which it rarely repeats, raised by its own."""
    both = outer.within(inner.codes, tables)
    return replace(
        both,
        part2=outer.part2 or inner.part2,
        note=both.note or inner.note,
        unstructured=inner.unstructured,
        inline=inner.inline,
    )


def released(
    facts: ResourceFacts, standing: tuple[Directive, ...], reasons: list[Reason], removals: set[str]
) -> Ruling:
    """It goes, without what is removed; `standing` are the consents by which."""
    row = row_of(facts, "redact" if removals else "disclose", reasons, removals)
    through = any(_is_general_designation(directive) for directive in standing)
    return Ruling(row, standing, facts.labelling.part2, through)


def withheld(facts: ResourceFacts, reasons: list[Reason]) -> Ruling:
    """Nothing of it goes."""
    return Ruling(row_of(facts, "withhold", reasons), (), facts.labelling.part2)


def row_of(
    facts: ResourceFacts, outcome: ResourceOutcome, reasons: list[Reason], removals: set[str] | None = None
) -> ResourceDecision:
    """The row about a record; each reason once, in their order."""
    return ResourceDecision(
        reference=facts.reference,
        outcome=outcome,
        labels=facts.labelling.shown,
        reasons=tuple(dict.fromkeys(reasons)),
        removals=tuple(sorted(removals or ())),
    )


def _is_general_designation(directive: Directive) -> bool:
    """Whether it reaches its recipients through an intermediary: such releases go on the list of §2.24."""
    return any(actor.part == "delegatee" for node in nodes_of(directive.root) for actor in node.actors)
