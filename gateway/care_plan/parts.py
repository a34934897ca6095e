"""What a care plan is made of: planned items and goals, each with who contributed it and how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Resource = Mapping[str, Any]
Code = tuple[str, str]
Standing = Literal["open", "ended", "prohibited", "void"]
"""How an item stands; `void` is what was entered in error, which says nothing."""

SAFETY_PLAN_CODES = frozenset({"safety-plan", "safety_plan", "safetyplan", "crisis-plan", "735324008"})
"""Category codes, in lower case, by which a CarePlan is known as a safety plan (DM-22); the consent room's."""

_ENDED = frozenset({"completed", "cancelled", "stopped", "revoked", "rejected", "ended", "replaced"})
_WHO = ("author", "contributor", "requester", "expressedBy", "informationSource", "recorder")


@dataclass(frozen=True, slots=True)
class Item:
    """Something planned. `holder` is the resource it stands in; `contributor` a reference, empty where none is named."""

    holder: str
    contributor: str
    codes: frozenset[Code]
    standing: Standing
    activity: Mapping[str, Any]


def reference_of(resource: Resource) -> str:
    """`Type/id`."""
    return f"{resource['resourceType']}/{resource['id']}"


def contributor_of(resource: Resource) -> str:
    """Who contributed it, as the resource itself says; empty where it does not."""
    for name in _WHO:
        for who in rows(resource.get(name)):
            reference = who.get("reference")
            if isinstance(reference, str) and reference:
                return reference
    return ""


def rows(value: object) -> list[Mapping[str, Any]]:
    """The objects in an element that may be one object or a list of them."""
    found = value if isinstance(value, list | tuple) else [value]
    return [row for row in found if isinstance(row, Mapping)]


def codes_of(*concepts: object) -> frozenset[Code]:
    """The codings of CodeableConcepts as (system, code)."""
    return frozenset(
        (str(coding.get("system", "")), str(coding["code"]))
        for concept in concepts
        for one in rows(concept)
        for coding in rows(one.get("coding"))
        if "code" in coding
    )


def standing_of(resource: Resource) -> Standing:
    """How an order, an activity or a goal stands, by its status."""
    status = str(resource.get("status", resource.get("lifecycleStatus", "")))
    if status == "entered-in-error":
        return "void"
    if status in _ENDED:
        return "ended"
    return "prohibited" if resource.get("doNotPerform") is True else "open"


def is_safety_plan(plan: Resource) -> bool:
    """Whether a CarePlan is a safety plan (DM-22)."""
    return not SAFETY_PLAN_CODES.isdisjoint(
        code.casefold() for _, code in codes_of(*rows(plan.get("category")))
    )


def replaced_by_others(resources: Iterable[Resource]) -> Mapping[str, str]:
    """References that another resource replaces, with the one that does. FHIR R4 CarePlan.replaces."""
    return {
        str(replaced["reference"]): reference_of(resource)
        for resource in resources
        if standing_of(resource) != "void"
        for replaced in rows(resource.get("replaces"))
        if "reference" in replaced
    }


def items_of(plans: Sequence[Resource], orders: Mapping[str, Resource]) -> list[Item]:
    """The activities of `plans`, then those of `orders` (by reference) that no plan names."""
    found: list[Item] = []
    named: set[str] = set()
    for plan in plans:
        for activity in rows(plan.get("activity")):
            reference = str(activity.get("reference", {}).get("reference", ""))
            named.add(reference)
            found.append(_item(plan, activity, orders.get(reference)))
    for reference, order in orders.items():
        if reference not in named and standing_of(order) != "void":
            told = {"reference": {"reference": reference}}
            codes = codes_of(order.get("code"))
            found.append(Item(reference, contributor_of(order), codes, standing_of(order), told))
    return [item for item in found if item.standing != "void"]


def _item(plan: Resource, activity: Mapping[str, Any], order: Resource | None) -> Item:
    detail = activity.get("detail", {})
    said = detail if order is None else order
    who = contributor_of(plan) or (contributor_of(order) if order is not None else "")
    return Item(reference_of(plan), who, codes_of(said.get("code")), standing_of(said), activity)
