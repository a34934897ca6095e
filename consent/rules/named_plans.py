"""Whether a permit names a safety plan, where the data set of a recipient has it only then (DM-09)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from consent.answers import YES
from consent.directives import Directive, Provision
from consent.matching import Bound
from consent.matching_records import NOTHING_LINKED
from consent.plan_classes import RECORD_CLASSES, SAFETY_PLAN, SAFETY_PLAN_CODES
from consent.resource_facts import ResourceFacts


def is_named(
    facts: ResourceFacts,
    permitting: Collection[Directive],
    bound: Iterable[tuple[Directive, Bound]],
) -> bool:
    """Whether one of the consents that permit the safety plan does so by naming it: as a class, by its code, or this
    very record. A permit of care plans as such names it not.
    """
    return any(_permits_by_name(tree, facts, False) for one, tree in bound if one in permitting)


def _permits_by_name(node: Bound, facts: ResourceFacts, above: bool) -> bool:
    if not (node.holds and all(test(facts, NOTHING_LINKED) is YES for test in node.permit_tests)):
        return False
    named = above or _names(node.source, facts)
    return (named and node.may_permit) or any(
        _permits_by_name(child, facts, named) for child in node.children
    )


def _names(node: Provision, facts: ResourceFacts) -> bool:
    codes = [*node.classes, *(coding for concept in node.codes for coding in concept.codings)]
    return any(rule.reference == facts.reference for rule in node.data) or any(
        (one.system, one.code) == (RECORD_CLASSES, SAFETY_PLAN)
        or ((one.system, one.code) in facts.main_codes and one.code.casefold() in SAFETY_PLAN_CODES)
        for one in codes
    )
