"""Two classes of care plans that a permission can name apart: the safety plan, and every other care plan (DM-22).

FHIR R4 lets `provision.class` name a type, a profile, or "some other type that indicates what sort of information the
consent relates to". A permit of resource type CarePlan covers both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from consent.answers import NO, UNKNOWN, YES, Match
from consent.model import Resource
from consent.tables import Tables

RECORD_CLASSES = "urn:gateway:consent:record-class"
CARE_PLAN, SAFETY_PLAN = "care-plan", "safety-plan"

SAFETY_PLAN_CODES = frozenset({"safety-plan", "safety_plan", "safetyplan", "crisis-plan", "735324008"})
"""Category codes by which a CarePlan is known as a safety plan, under any system; in lower case."""

_WORDS = ("safetyplan", "crisisplan", "suicidepreventionplan", "plandeseguridad", "plandecrisis")
"""What calls one a safety plan however it is written: small letters and figures alone."""

_NAMING = ("instantiatesCanonical", "instantiatesUri")
_OPPOSITE = {YES: NO, NO: YES, UNKNOWN: UNKNOWN}


def is_safety_plan(resource: Resource) -> Match:
    """Whether a record is a safety plan: a CarePlan whose category says so by code; unknown where only words do."""
    if resource.get("resourceType") != "CarePlan":
        return NO
    codes, words = list[str](), list[object]()
    for concept in _rows(resource.get("category")):
        words.append(concept.get("text"))
        for coding in _rows(concept.get("coding")):
            codes.append(str(coding.get("code", "")).casefold())
            words.append(coding.get("display"))
    if not SAFETY_PLAN_CODES.isdisjoint(codes):
        return YES
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, Mapping) else None
    named = (resource.get("title"), profiles, *(resource.get(name) for name in _NAMING))
    return UNKNOWN if any(map(_calls_it_one, (*codes, *words, *named))) else NO


def _calls_it_one(said: object) -> bool:
    """Whether a text, or one of several, has a word for a safety plan in it."""
    if isinstance(said, list | tuple):
        return any(map(_calls_it_one, said))
    bare = "".join(filter(str.isalnum, said.casefold())) if isinstance(said, str) else ""
    return any(word in bare for word in _WORDS)


def is_of_class(code: str, resource: Resource) -> Match:
    """Whether a record is of the class `code` of `RECORD_CLASSES`; of one nobody knows, it cannot be told."""
    if code not in (CARE_PLAN, SAFETY_PLAN):
        return UNKNOWN
    if resource.get("resourceType") != "CarePlan":
        return NO
    found = is_safety_plan(resource)
    return found if code == SAFETY_PLAN else _OPPOSITE[found]


def classes_of(resource: Resource) -> frozenset[str]:
    """Its type, and the class that it certainly is of."""
    found = {str(resource.get("resourceType", ""))}
    return frozenset(
        found | {code for code in (CARE_PLAN, SAFETY_PLAN) if is_of_class(code, resource) is YES}
    )


def may_have_safety_plan(category: str, tables: Tables) -> bool:
    """Whether the data set of a category of `rules/caps.json` can have a safety plan at all (DM-01 to DM-12)."""
    (table,) = tables.of_kind("caps")
    categories, uncapped = table["categories"], table["uncapped"]
    row = categories.get(category, {}) if isinstance(categories, Mapping) else {}
    return "SafetyPlan" in row.get("types", ()) or (isinstance(uncapped, list) and category in uncapped)


def _rows(value: object) -> Iterator[Mapping[str, object]]:
    for entry in value if isinstance(value, list | tuple) else (value,):
        if isinstance(entry, Mapping):
            yield entry
