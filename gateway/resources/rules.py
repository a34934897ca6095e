"""Invariants of single classes, named as in HL7 FHIR 4.0.1. Only those that protect what the gateway does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from gateway.resources.bindings import CONCEPTS

_Node = Mapping[str, object]
Fault = tuple[str, str, str]  # issue code, message, place below the node
Rule = Callable[[_Node], Iterator[Fault]]


def _items(node: _Node, name: str) -> tuple[_Node, ...]:
    value = node.get(name)
    found = value if isinstance(value, list | tuple) else (value,)
    return tuple(item for item in found if isinstance(item, Mapping))


def _ordered(earlier: object, later: object) -> bool:
    """Whether `earlier` is not after `later`, comparing no finer than both say and only within one zone."""
    first, second = str(earlier), str(later)
    shared = min(len(first), len(second))
    if shared > 10:
        if first[19:].lstrip("0123456789.") != second[19:].lstrip("0123456789."):
            shared = 10
            return first[:shared] <= second[:shared] or _days_apart(first, second) <= 1
        return first[:19] <= second[:19]
    return first[:shared] <= second[:shared]


def _days_apart(first: str, second: str) -> int:
    """0 or 1 for the same or the next day of one month, else 2; zones shift an instant by less than a day."""
    same_month = first[:7] == second[:7]
    return min(2, abs(int(first[8:10]) - int(second[8:10]))) if same_month else 1


def _period(node: _Node) -> Iterator[Fault]:
    if "start" in node and "end" in node and not _ordered(node["start"], node["end"]):
        yield "invariant", "per-1: the period ends before it starts", ".end"


def _extension(node: _Node) -> Iterator[Fault]:
    values = any(name.startswith(("value", "_value")) for name in node)
    if values == ("extension" in node):
        yield "invariant", "ext-1: an extension has either a value or extensions", ""


def _patient_contact(node: _Node) -> Iterator[Fault]:
    if not node.keys() & {"name", "telecom", "address", "organization"}:
        yield "invariant", "pat-1: a contact needs a name, telecom, address or organization", ""


def _contact_point(node: _Node) -> Iterator[Fault]:
    if "value" in node and not node.keys() & {"system", "_system"}:
        yield "invariant", "cpt-2: a value needs a system", ".system"


def _attachment(node: _Node) -> Iterator[Fault]:
    if "data" in node and not node.keys() & {"contentType", "_contentType"}:
        yield "invariant", "att-1: data needs a content type", ".contentType"


def _quantity(node: _Node) -> Iterator[Fault]:
    if "code" in node and not node.keys() & {"system", "_system"}:
        yield "invariant", "qty-3: a code needs a system", ".system"


def _range(node: _Node) -> Iterator[Fault]:
    low, high = (dict(next(iter(_items(node, name)), {})) for name in ("low", "high"))
    if low.get("code") == high.get("code") and low.get("unit") == high.get("unit"):
        least, most = low.get("value"), high.get("value")
        if least is not None and most is not None and least > most:  # type: ignore[operator]  # both are numbers
            yield "invariant", "rng-2: the low value is above the high value", ".low"


def _reference(node: _Node) -> Iterator[Fault]:
    if not node.keys() & {"reference", "_reference", "identifier", "display", "_display", "extension"}:
        yield "invariant", "a reference must say what it points at", ""


def _consent(node: _Node) -> Iterator[Fault]:
    if not node.keys() & {"policy", "policyRule"}:
        yield "invariant", "ppc-1: a consent needs a policy or a policy rule", ""


def _activity(node: _Node) -> Iterator[Fault]:
    if node.keys() >= {"detail", "reference"}:
        yield "invariant", "cpl-3: an activity has a detail or a reference, not both", ""


def _target(node: _Node) -> Iterator[Fault]:
    has_detail = any(name.startswith(("detail", "_detail")) for name in node)
    if has_detail and "measure" not in node:
        yield "invariant", "gol-1: a detail needs a measure", ".measure"


def _observation(node: _Node) -> Iterator[Fault]:
    if "dataAbsentReason" in node and any(name.startswith("value") for name in node):
        yield "invariant", "obs-6: a reason for absence and a value exclude each other", ".dataAbsentReason"


def _task(node: _Node) -> Iterator[Fault]:
    if (
        "authoredOn" in node
        and "lastModified" in node
        and not _ordered(node["authoredOn"], node["lastModified"])
    ):
        yield "invariant", "inv-1: the task was modified before it was authored", ".lastModified"


def _appointment(node: _Node) -> Iterator[Fault]:
    if ("start" in node) != ("end" in node):
        yield "invariant", "app-2: either both start and end stand, or neither", ".start"
    yield from _period(node)


def _organization(node: _Node) -> Iterator[Fault]:
    if not node.keys() & {"identifier", "name", "_name"}:
        yield "invariant", "org-1: an organization needs an identifier or a name", ""


def bundle_rule(node: _Node) -> Iterator[Fault]:
    """What is wrong with a Bundle as a whole: bdl-1, bdl-3, bdl-7."""
    kind = node.get("type")
    if "total" in node and kind not in ("searchset", "history"):
        yield "invariant", "bdl-1: a total only in a searchset or history", ".total"
    seen: set[object] = set()
    for index, entry in enumerate(_items(node, "entry")):
        if kind in ("batch", "transaction") and "request" not in entry:
            yield (
                "invariant",
                "bdl-3: an entry of a transaction or batch needs a request",
                f".entry[{index}].request",
            )
        url = entry.get("fullUrl")
        if url is not None and url in seen and kind != "history":
            yield "invariant", "bdl-7: a `fullUrl` must stand once", f".entry[{index}].fullUrl"
        seen.add(url)


OF_CONCEPTS: dict[Rule, tuple[str, str, frozenset[str]]] = {}
"""Of the rules that a concept must have a code of a value set: the property, the system and the codes."""


def _concept(kind: str, name: str) -> Rule:
    system, codes = CONCEPTS[(kind, name)]

    def rule(node: _Node) -> Iterator[Fault]:
        for concept in _items(node, name):
            codings = _items(concept, "coding")
            if not any(coding.get("system") == system and coding.get("code") in codes for coding in codings):
                yield "code-invalid", "this needs a code of the required value set", f".{name}"

    OF_CONCEPTS[rule] = (name, system, codes)
    return rule


RULES: dict[str, tuple[Rule, ...]] = {
    "AllergyIntolerance": (
        _concept("AllergyIntolerance", "clinicalStatus"),
        _concept("AllergyIntolerance", "verificationStatus"),
    ),
    "Appointment": (_appointment,),
    "Attachment": (_attachment,),
    "Bundle": (bundle_rule,),
    "CarePlanActivity": (_activity,),
    "Condition": (_concept("Condition", "clinicalStatus"), _concept("Condition", "verificationStatus")),
    "Consent": (_consent,),
    "ContactPoint": (_contact_point,),
    "Extension": (_extension,),
    "GoalTarget": (_target,),
    "Observation": (_observation,),
    "Organization": (_organization,),
    "PatientContact": (_patient_contact,),
    "Period": (_period,),
    "Quantity": (_quantity,),
    "Range": (_range,),
    "Reference": (_reference,),
    "Task": (_task,),
}

BY_PROPERTIES = frozenset(
    {_attachment, _quantity, _reference, _consent, _activity, _target, _organization, _extension}
)
BY_PROPERTIES |= {_patient_contact, _contact_point, _observation}
"""Rules that ask only which properties a node has, so that all nodes with the same ones meet them or none does."""

IN_ORDER: dict[Rule, tuple[str, str]] = {
    _period: ("start", "end"),
    _appointment: ("start", "end"),
    _task: ("authoredOn", "lastModified"),
}
"""Rules that ask, beyond which properties there are, only that one point in time is not after another."""
