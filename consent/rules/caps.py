"""Data-set caps: what a kind of agency may receive at most, even under consent (DM-01 to DM-12, 42 CFR §2.13(a))."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from consent.answers import YES
from consent.directory import Directory
from consent.matching import Asking
from consent.model import Recipient, Resource
from consent.plan_classes import is_of_class, is_safety_plan
from consent.resource_facts import ResourceFacts
from consent.rules.referred_to import is_for_others, named_beside
from consent.tables import Tables

ALWAYS_KEPT = frozenset({"resourceType", "id", "meta", "language", "contained", "extension", "text"})
"""Parts that other rules look after: labels, language, contained copies, extensions and narrative (see `redact`)."""


@dataclass(frozen=True, slots=True)
class Cap:
    """The data set of one category: resource types with their shapes, and the citation. `for_others`: whether a record
    with these sources is a referral of somebody else's, which is in no data set but that of who pays. `beside`: what of
    one names other agencies. `named`: whether a safety plan is in it only where a permit names it.
    """

    category: str
    citation: str
    shapes: Mapping[str, Mapping[str, object]]
    required: Mapping[str, tuple[str, ...]]
    for_others: Callable[[tuple[str, ...], Resource], bool]
    beside: Callable[[tuple[str, ...], Resource], tuple[str, ...]]
    named: bool = False

    def wants_a_name(self, resource: Resource) -> bool:
        """Whether a permit has to name this record (DM-09)."""
        return self.named and is_safety_plan(resource) is YES


@dataclass(frozen=True, slots=True)
class Capped:
    """What a cap makes of one resource: allowed or not, and the JSON Pointers of what has to go."""

    allowed: bool
    removals: tuple[str, ...] = ()


BY_STANDING = (
    ("law_enforcement", "law_enforcement"),
    ("court", "law_enforcement"),
    ("monitor", "monitor"),
    ("crisis_line", "crisis"),
)
"""Standings whose data set holds whatever the category says. 42 CFR §2.35, §2.61; P2-CR-01."""

PAYING = frozenset({"health_plan", "payer"})
PAYMENT = "payment"
PRIOR = frozenset({"COVAUTH"})
"""Prior authorization needs the findings it is judged by."""

PROVIDING = frozenset({"covered_entity", "treating_provider"})


def cap_for(recipient: Recipient, asking: Asking, tables: Tables) -> Cap | None:
    """The cap of the recipient's category; None for health organisations. A category nobody knows is capped."""
    table, standing = tables.of_kind("caps")[0], asking.standing
    categories, uncapped = _mapping(table, "categories"), _strings(table, "uncapped")
    stated = recipient.category or _category_in_directory(recipient, asking.directory, table)
    name = _by_standing(standing, provides=stated in uncapped and not standing.isdisjoint(PROVIDING))
    if name is None and (stated is None or stated in uncapped) and _pays(asking, stated):
        name = PAYMENT
    if name is None and (stated is None or (stated not in categories and stated not in uncapped)):
        if standing & frozenset(_strings(table, "uncapped_standings")):
            return None
        name = str(table["else"])
    if name is None and stated in uncapped:
        return None
    category = str(name or stated)
    row, shapes = _mapping(categories, category), _mapping(table, "shapes")
    types = _strings(row, "types")
    if stated in categories and stated != category:  # what both let pass
        others = _strings(_mapping(categories, str(stated)), "types")
        types = tuple(one for one in types if one in others)
    return Cap(
        category=category,
        citation=str(row["citation"]),
        shapes={one: _mapping(shapes, one) for one in types},
        required={one: _strings(_mapping(table, "required"), one) for one in _mapping(table, "required")},
        for_others=partial(is_for_others, recipient, asking) if category != PAYMENT else _not_for_others,
        beside=partial(named_beside, recipient, asking) if category != PAYMENT else _nobody_beside,
        named=row.get("named") is True,
    )


def _not_for_others(_sources: tuple[str, ...], _resource: Resource) -> bool:
    return False


def _nobody_beside(_sources: tuple[str, ...], _resource: Resource) -> tuple[str, ...]:
    return ()


def _by_standing(standing: frozenset[str], *, provides: bool) -> str | None:
    """The data set of the standing; a hospital that runs a crisis line as well is asked as a hospital."""
    for one, name in BY_STANDING:
        if one in standing and not (one == "crisis_line" and provides):
            return name
    return None


def _pays(asking: Asking, category: str | None) -> bool:
    """Whether a plan or payer asks for payment (HI-502-01: a data set by purpose), other than what it has to judge."""
    is_payer = category in PAYING or not asking.standing.isdisjoint(PAYING)
    reached = asking.tables.permit_reaches("HPAYMT") - PRIOR
    return is_payer and any(purpose.code in reached for purpose in asking.purposes)


def _category_in_directory(
    recipient: Recipient, directory: Directory, table: Mapping[str, object]
) -> str | None:
    """The category that `Organization.type` of the recipient states."""
    systems, types = _strings(table, "category_systems"), _mapping(table, "organization_types")
    for reference in sorted(recipient.references):
        rows = directory.entries.get(reference, {}).get("type")
        for concept in rows if isinstance(rows, list) else ():
            codings = concept.get("coding") if isinstance(concept, Mapping) else None
            for coding in codings if isinstance(codings, list) else ():
                code = coding.get("code") if isinstance(coding, Mapping) else None
                if isinstance(code, str) and coding.get("system") in systems:
                    return code
                if isinstance(code, str) and code in types:
                    return str(types[code])
    return None


def _mapping(table: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = table[name]
    if not isinstance(found, Mapping):
        raise TypeError(name)
    return found


def _strings(table: Mapping[str, object], name: str) -> tuple[str, ...]:
    found = table[name]
    if not isinstance(found, list):
        raise TypeError(name)
    return tuple(str(entry) for entry in found)


_SAYS_NOTHING = frozenset({"id", "extension"})
_OF_REFERENCE, _OF_CODING = frozenset({"reference", "type", "id"}), frozenset({"system", "code"})


def capped(cap: Cap, facts: ResourceFacts, resource: Resource) -> Capped:
    """Whether the resource may go under the cap, and what of it has to be removed."""
    if cap.for_others(facts.sources, resource):
        return Capped(False)
    for name, shape in cap.shapes.items():
        if shape.get("type", name) != facts.type or not _is_meant(shape, facts):
            continue
        wanted = shape.get("elements")
        scanned = not (facts.labelling.sensitive or facts.part2_source)
        outside = _outside(resource, wanted, "", ALWAYS_KEPT, scanned) if isinstance(wanted, Mapping) else ()
        beside, inside = cap.beside(facts.sources, resource), _contained_outside(cap, facts.sources, resource)
        removals = tuple(sorted({*outside, *beside, *inside}))
        gone = {pointer.split("/")[1] for pointer in removals if pointer.count("/") == 1}
        if any(name in resource and name in gone for name in cap.required.get(facts.type, ())):
            return Capped(False)
        return Capped(True, removals)
    return Capped(False)


def _contained_outside(cap: Cap, sources: tuple[str, ...], resource: Resource) -> Iterator[str]:
    """What of the contained copies has to go: the data set is the same inside as outside (DM-01, 42 CFR §2.13(a))."""
    rows = resource.get("contained")
    for number, entry in enumerate(rows if isinstance(rows, list) else ()):
        kind = entry.get("resourceType") if isinstance(entry, Mapping) else None
        shape = cap.shapes.get(kind) if isinstance(kind, str) else None
        if (
            not isinstance(entry, Mapping)
            or shape is None
            or not {"only", "words"}.isdisjoint(shape)
            or not _is_that_plan(shape, entry)
            or cap.for_others(sources, entry)
        ):
            yield f"/contained/{number}"
        elif isinstance(wanted := shape.get("elements"), Mapping):
            yield from _outside(entry, wanted, f"/contained/{number}", ALWAYS_KEPT, scanned=False)
            yield from (f"/contained/{number}{pointer}" for pointer in cap.beside(sources, entry))


def _is_meant(shape: Mapping[str, object], facts: ResourceFacts) -> bool:
    """Whether the record is of the kind the shape is for: by one of its codes, or by a word of its own code."""
    if not _is_that_plan(shape, facts.resource):
        return False
    if "only" in shape:
        codes = {code.lower() for _, code in facts.main_codes}
        return not codes.isdisjoint(_strings(shape, "only"))
    if "words" in shape:
        return any(word in facts.code_words for word in _strings(shape, "words"))
    return True


def _is_that_plan(shape: Mapping[str, object], resource: Resource) -> bool:
    """Whether it is of the care plans that the shape is for, where it is for some (DM-22)."""
    return "plan" not in shape or is_of_class(str(shape["plan"]), resource) is YES


def _outside(
    node: Mapping[str, object],
    wanted: Mapping[str, object],
    place: str,
    kept: frozenset[str],
    scanned: bool,
) -> list[str]:
    """JSON Pointers of everything in `node` that is not wanted.

    `scanned`: nothing sensitive was found in the codes and words of the record, which is no program's; then the words
    of an element marked `words` may go.
    """
    outside: list[str] = []
    for name, value in node.items():
        if name in kept:
            continue
        rule = wanted.get(name.removeprefix("_"), "drop")
        if rule == "keep" or (rule == "words" and scanned):
            continue
        here = f"{place}/{_escaped(name)}"
        if rule == "drop" or not isinstance(value, (dict, list, Mapping)):
            outside.append(here)
        elif isinstance(value, list):
            rows = [_left_out(row, rule, f"{here}/{number}", scanned) for number, row in enumerate(value)]
            if any(gone is not None for gone in rows):
                for number, gone in enumerate(rows):
                    outside += [f"{here}/{number}"] if gone is None else gone
            else:
                outside.append(here)
        else:
            gone = _left_out(value, rule, here, scanned)
            outside += [here] if gone is None else gone
    return outside


def _left_out(row: object, rule: object, place: str, scanned: bool) -> list[str] | None:
    """What has to go inside one wanted element; None where nothing that says anything would be left of it."""
    if not isinstance(row, (dict, Mapping)):
        return None
    gone = _inside(row, rule, place, scanned)
    if not gone:
        return None if row.keys() <= _SAYS_NOTHING else gone
    left = {name for name in row if f"{place}/{_escaped(name)}" not in gone}
    return None if left <= _SAYS_NOTHING else gone


def _inside(row: Mapping[str, object], rule: object, place: str, scanned: bool) -> list[str]:
    if isinstance(rule, (dict, Mapping)):
        return _outside(row, rule, place, _SAYS_NOTHING, scanned)
    if rule == "reference":
        return [f"{place}/{_escaped(name)}" for name in row if name not in _OF_REFERENCE]
    stated = row.get("coding")
    codings: list[object] = stated if isinstance(stated, list) and any(map(_has_code, stated)) else []
    gone = [f"{place}/{_escaped(name)}" for name in row if name != "coding" or not codings]
    for number, coding in enumerate(codings):
        at = f"{place}/coding/{number}"
        if isinstance(coding, (dict, Mapping)):
            gone += [f"{at}/{_escaped(name)}" for name in coding if name not in _OF_CODING]
        else:
            gone.append(at)
    return gone


def _has_code(coding: object) -> bool:
    return isinstance(coding, Mapping) and bool(coding.get("code"))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name
