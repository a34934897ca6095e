"""Matching a record: class, code, clinical date and `data`, each answered yes, no or unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from consent.answers import NO, UNKNOWN, YES, Match
from consent.codings import coding_of, codings_of
from consent.directives import Concept, InstanceRule, Provision
from consent.instants import Span
from consent.model import Coding, Resource
from consent.plan_classes import RECORD_CLASSES, is_of_class
from consent.resource_facts import ResourceFacts
from consent.resource_types import RESOURCE_TYPES_OF_R4
from consent.tables import Tables

RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
OF_SOMEBODY = frozenset({"", "CareTeam", "Group", "PractitionerRole"})
"""Authors behind whom somebody else stands, or of whom it cannot be told what they are."""

PUBLISHED = ("http://hl7.org/fhir/", "http://terminology.hl7.org/CodeSystem/", "urn:gateway:")
"""Whose code systems have one address each: HL7's, and our own."""

RELATIVE = re.compile(r"(?P<type>[A-Z][A-Za-z]{1,63})/[A-Za-z0-9.-]{1,64}", re.ASCII)
"""A reference to a resource here."""

SAY_WHAT_IT_IS = (
    "code", "codeCodeableConcept", "medicationCodeableConcept", "medicationReference", "itemCodeableConcept",
    "vaccineCode", "description", "type", "serviceType", "class", "category",
)  # fmt: skip
"""The first of these that a record has says what it is; of a Goal its `description`, which elsewhere is a text."""

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
    """A class names a resource type, a profile, a kind of document, or one of our own kinds of care plans."""
    if coding.system == RESOURCE_TYPES:
        if coding.code in (facts.type, "Resource"):
            return YES
        if coding.code == "DomainResource":
            return NO if facts.type in NOT_DOMAIN_RESOURCES else YES
        return NO if coding.code in RESOURCE_TYPES_OF_R4 else UNKNOWN
    if coding.system == RECORD_CLASSES:
        return is_of_class(coding.code, facts.resource)
    if coding.code in facts.profiles or (coding.system, coding.code) in facts.main_codes:
        return YES
    return NO if coding.system in tables.systems else UNKNOWN


def _code(concept: Concept, facts: ResourceFacts, permits: bool, tables: Tables) -> Match:
    """A permit's code has to say what the record is; a denial's may stand anywhere in it. R4 `provision.code`."""
    if concept.words is not None:
        return _in_words(concept.words, facts, tables)
    carried = facts.main_codes if permits else facts.all_codes
    if any((coding.system, coding.code) in carried for coding in concept.codings):
        return YES
    if permits:
        return NO
    doubt = _is_untold(facts.resource, tables) or any(
        _may_be_among(coding, carried, tables) for coding in concept.codings
    )
    return UNKNOWN if doubt else NO


def _is_untold(resource: Resource, tables: Tables) -> bool:
    """Whether the record says what it is in words, or in codes of systems that nobody knows, and in no others."""
    told = next((one for one in map(resource.get, SAY_WHAT_IT_IS) if one and not isinstance(one, str)), ())
    return any(
        isinstance(one, Mapping) and _has_no_known_code(one, tables)
        for one in (told if isinstance(told, list | tuple) else (told,))
    )


def _has_no_known_code(one: Mapping[str, object], tables: Tables) -> bool:
    """Of a concept, a bare Coding (`Encounter.class`), or the words beside a reference; what that leads to is asked
    about itself.
    """
    if "reference" in one and "display" not in one:
        return False
    codings = (coding_of(one),) if "code" in one else codings_of(one) or ()
    return not any(coding is not None and _family(coding.system, tables) for coding in codings)


def _may_be_among(coding: Coding, carried: frozenset[tuple[str, str]], tables: Tables) -> bool:
    """Whether it cannot be told that a denial's code is none of those the record carries.

    That is so where nobody knows its system, where the record has codes of no known system only, and where it has the
    code under another address of the system or under a system nobody knows.
    """
    family = _family(coding.system, tables)
    if family is None or not any(_family(system, tables) for system, _ in carried):
        return family is None or bool(carried)
    published = coding.system.startswith(PUBLISHED)
    return any(
        code.casefold() == coding.code.casefold()
        and (_family(system, tables) in (None, family) or (published and system.startswith(PUBLISHED)))
        for system, code in carried
    )


def _family(system: str, tables: Tables) -> str | None:
    """What a code system is known by, under any of its addresses; None for one that nobody knows."""
    return tables.systems.get(system) or (system if system.startswith(PUBLISHED) else None)


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


def _written_by(named: str, facts: ResourceFacts) -> Match:
    """Whether `named` stands for the record; unknown where an author is not named by a reference known here."""
    if named in facts.authors:
        return YES
    kinds = [found["type"] if (found := RELATIVE.fullmatch(one)) else "" for one in (named, *facts.authors)]
    return NO if facts.authors and OF_SOMEBODY.isdisjoint(kinds) else UNKNOWN


def _refers_to(named: str, facts: ResourceFacts) -> Match:
    """Whether the record refers to `named`; unknown where it refers to something of that type elsewhere."""
    if named in facts.references:
        return YES
    kind = named.split("/")[0]
    for one in facts.references:
        if not RELATIVE.fullmatch(one) and not one.startswith("#") and (f"/{kind}/" in one or "/" not in one):
            return UNKNOWN
    return NO


def _other_type(address: str, facts: ResourceFacts) -> bool:
    """Whether the address of a resource elsewhere is of another type than the record."""
    tail = RELATIVE.fullmatch("/".join(address.split("/")[-2:]))
    return tail is not None and tail["type"] != facts.type


def _data(rule: InstanceRule, facts: ResourceFacts, linked: Linked) -> Match:
    """Whether the record is what the rule names; unknown where it may have taken the place of that."""
    found = _of_instance(rule, rule.reference, facts, linked)
    if found is NO and any(_of_instance(rule, one, facts, linked) is not NO for one in rule.corrected):
        return UNKNOWN
    return found


def _of_instance(rule: InstanceRule, named: str | None, facts: ResourceFacts, linked: Linked) -> Match:
    """instance, related (and what it references; of an Encounter what references it), dependents, authoredby."""
    if named is None:
        return UNKNOWN
    if rule.meaning == "authoredby":
        return _written_by(named, facts)
    if named == facts.reference:
        return YES
    if not RELATIVE.fullmatch(named) or facts.reference.startswith("#"):
        # an address elsewhere, or a record without an id: nobody can tell whether it is this one
        return NO if rule.meaning == "instance" and _other_type(named, facts) else UNKNOWN
    if rule.meaning == "instance":
        return NO
    if rule.meaning == "dependents":
        return _refers_to(named, facts)
    referenced = linked.references.get(named)
    if referenced is not None and facts.reference in referenced:
        return YES
    if named.startswith("Encounter/"):
        # what belongs to an encounter refers to it, so its absence from the question leaves nothing open
        return _refers_to(named, facts)
    return UNKNOWN if referenced is None else NO
