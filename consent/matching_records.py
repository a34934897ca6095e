"""Matching a record: class, code, clinical date and `data`, each answered yes, no or unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from consent.answers import NO, UNKNOWN, YES, Match
from consent.directives import Concept, InstanceRule, Provision
from consent.instants import Span
from consent.model import Coding
from consent.resource_facts import ResourceFacts
from consent.tables import Tables

RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
NOT_DOMAIN_RESOURCES = frozenset({"Bundle", "Binary", "Parameters"})


@dataclass(frozen=True, slots=True)
class Linked:
    """References made by the other resources of the question, for `related` data."""

    references: Mapping[str, frozenset[str]]


NOTHING_LINKED = Linked({})


def linked_by(found: Iterable[ResourceFacts]) -> Linked:
    """The references that the resources of a question make, by the resource that makes them."""
    references: dict[str, frozenset[str]] = {}
    for facts in found:
        references[facts.reference] = references.get(facts.reference, frozenset()) | facts.references
    return Linked(references)


Test = Callable[[ResourceFacts, Linked], Match]


def record_tests(node: Provision, tables: Tables, *, permits: bool) -> tuple[Test, ...]:
    """The limits of one node on the record itself; all have to be met."""
    tests: list[Test] = []
    if node.classes:
        tests.append(lambda facts, _: max(_class(coding, facts, tables) for coding in node.classes))
    if node.codes:
        tests.append(lambda facts, _: max(_code(concept, facts, permits, tables) for concept in node.codes))
    if node.data_period is not None:
        period = node.data_period
        tests.append(lambda facts, _: _dated(period, facts.when, permits))
    if node.data:
        tests.append(lambda facts, linked: max(_data(rule, facts, linked) for rule in node.data))
    return tuple(tests)


def _class(coding: Coding, facts: ResourceFacts, tables: Tables) -> Match:
    """A class names a resource type, a profile, or a kind of document."""
    if coding.system == RESOURCE_TYPES:
        if coding.code in (facts.type, "Resource"):
            return YES
        return YES if coding.code == "DomainResource" and facts.type not in NOT_DOMAIN_RESOURCES else NO
    if coding.code in facts.profiles or (coding.system, coding.code) in facts.main_codes:
        return YES
    return NO if coding.system in tables.systems else UNKNOWN


def _code(concept: Concept, facts: ResourceFacts, permits: bool, tables: Tables) -> Match:
    """A permit's code has to say what the record is; a denial's may stand anywhere in it. R4 `provision.code`."""
    if concept.words is not None:
        return _in_words(concept.words, facts, tables)
    carried = facts.main_codes if permits else facts.all_codes
    return YES if any((coding.system, coding.code) in carried for coding in concept.codings) else NO


def _in_words(words: str, facts: ResourceFacts, tables: Tables) -> Match:
    """A description in words that the table knows means its keywords; any other names nothing. §2.31(a)(3)."""
    for document in tables.of_kind("content_phrases"):
        rows = document.get("rows")
        for row in rows if isinstance(rows, list) else ():
            if row[0] == " ".join(words.lower().split()):
                return YES if any(word in facts.code_words for word in row[1]) else NO
    return UNKNOWN


def _dated(period: Span, when: Span | None, permits: bool) -> Match:
    if when is None:
        return UNKNOWN
    return YES if (period.surrounds(when) if permits else period.touches(when)) else NO


def _data(rule: InstanceRule, facts: ResourceFacts, linked: Linked) -> Match:
    """instance, related (and what it references; of an Encounter what references it), dependents, authoredby."""
    named = rule.reference
    if named is None:
        return UNKNOWN
    if rule.meaning == "authoredby":
        return YES if named in facts.authors else (NO if facts.authors else UNKNOWN)
    if named == facts.reference:
        return YES
    if rule.meaning == "instance":
        return NO
    if rule.meaning == "dependents":
        return YES if named in facts.references else NO
    referenced = linked.references.get(named)
    if referenced is not None and facts.reference in referenced:
        return YES
    if named.startswith("Encounter/"):
        # what belongs to an encounter refers to it, so its absence from the question leaves nothing open
        return YES if named in facts.references else NO
    return UNKNOWN if referenced is None else NO
