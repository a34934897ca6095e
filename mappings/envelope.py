"""Whether a mapping takes a record at all, and whom the record names as its addressee."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mappings.instances import holds, refused
from mappings.model import Addressee
from mappings.rows import AddresseeRule, MappingFile, Once
from mappings.tree import Address, Scope, Tree

_KIND = "/ClinicalDocument/code/@code"


def kinds_of(facts: Mapping[str, str]) -> Iterator[str]:
    """What `accepts` may call a record: type and event; a document also by its templates, as one kind has many codes,
    and first by a body that is no XML, whatever it is a document of."""
    if "body" in facts:
        yield f"{facts.get('type')}^{facts['body']}"
    yield f"{facts.get('type')}^{facts.get('event')}"
    for template in facts.get("templates", "").split():
        yield f"{facts.get('type')}^{template}"


def check_envelope(mapping: MappingFile, tree: Tree) -> None:
    """Raises TranslationRefused when the mapping does not take this message, or takes `once` what comes twice."""
    accepts, facts = mapping.accepts, tree.facts()
    document = facts.get("type") == "ClinicalDocument"
    if accepts and not any(kind in accepts for kind in kinds_of(facts)):
        if facts.get("type") not in {kind.partition("^")[0] for kind in accepts}:
            raise refused("MESSAGE_TYPE_UNKNOWN", "this mapping takes other message types", "MSH-9.1", "200")
        raise refused(
            "EVENT_UNKNOWN", "this mapping takes other events", _KIND if document else "MSH-9.2", "201"
        )
    for rule in mapping.once:
        if further := _further(rule, tree):
            message = "the mapping takes this once a message: send what comes with it in a message of its own"
            raise refused("SEVERAL_GIVEN", message, f"{tree.expected(rule.each)}[{further}]", "207")


def _further(rule: Once, tree: Tree) -> int:
    """Which one of its name is one too many, as it stands not behind one of the rule's segments; 0 where none is."""
    names = tree.skeleton()
    counted, seen, excused, unclear = 0, 0, False, False
    for name in names if isinstance(names, list) else ():
        if name == tree.expected(rule.each):
            seen += 1
            counted += 2 if unclear and not excused else not excused
            excused = unclear = False
            if counted > 1:
                return seen
        elif name in rule.behind and counted:
            excused = True
        elif name in rule.unclear and counted:
            unclear = True
        elif name in rule.before and counted:
            break
    return 0


def business_key(mapping: MappingFile, tree: Tree) -> tuple[str, tuple[str, ...]]:
    """The record's key and its places, or another one where its first value is missing. Raises as `record_key` does."""
    first, top = mapping.record_key, tree.top()
    if first and not tree.head(first[0], top)[0]:
        for number, key in enumerate(mapping.other_keys, 1):
            if tree.head(key[0], top)[0]:
                text, places = record_key(tree, key, top)
                return f"or{number}|{text}", places
    return record_key(tree, first, top, [key[0] for key in mapping.other_keys])


def record_key(
    tree: Tree, addresses: Iterable[Address], scope: Scope, instead: Iterable[Address] = ()
) -> tuple[str, tuple[str, ...]]:
    """The key's text and its places. Raises TranslationRefused where its first value is missing; `instead`: those that
    were looked for in its place."""
    values: list[str] = []
    places: tuple[str, ...] = ()
    for position, address in enumerate(addresses):
        value, found = tree.head(address, scope)
        if not value and not position:
            others = ", ".join(tree.expected(one) for one in instead)
            text = "the record's key is missing" + (f", and so is {others} instead" if others else "")
            raise refused("KEY_MISSING", text, tree.expected(address), "101")
        values.append(value)
        places += found
    while values and not values[-1]:
        values.pop()
    return "|".join(values), places


def named_addressees(rule: AddresseeRule | None, tree: Tree) -> tuple[Addressee, ...]:
    """The addressee's codes; exactly one instance must name the addressee. Raises TranslationRefused."""
    if rule is None:
        return ()
    named = [scope for scope in tree.scopes(rule.each, (), tree.top()) if holds(rule.when, tree, scope)[0]]
    place = tree.expected(rule.each)
    if not named:
        raise refused("ADDRESSEE_MISSING", "no addressee is named; exactly one is needed", place, "101")
    if len(named) > 1:
        raise refused("ADDRESSEE_TWICE", "several addressees are named; exactly one is needed", place, "207")
    found = []
    for spot in tree.spots(rule.codes, named[0]):
        parts = [*str(spot.raw).split("^"), ""]
        if parts[0]:
            found.append(Addressee(parts[0], parts[1], spot.leaves[0]))
    return tuple(found)
