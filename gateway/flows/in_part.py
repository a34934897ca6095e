"""Part of a resource: `_elements`, `_summary`. HL7 FHIR 4.0.1, search.html#elements.

Taken of what is shown, so that it only ever tells less; the log names the resource as released all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gateway.resources import summary_elements

WITHOUT_TEXT = "-text"
"""In place of names of elements: all but the narrative (`_summary=data`)."""
SUMMARY = "-summary"
"""In place of names of elements: those that the definition of the type marks as summary (`_summary=true`)."""
_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_MANDATORY: Mapping[str, frozenset[str]] = {
    "AllergyIntolerance": frozenset({"patient"}),
    "Appointment": frozenset({"status", "participant"}),
    "CarePlan": frozenset({"status", "intent", "subject"}),
    "Communication": frozenset({"status"}),
    "Condition": frozenset({"subject"}),
    "Consent": frozenset({"status", "scope", "category"}),
    "Coverage": frozenset({"status", "beneficiary", "payor"}),
    "DocumentReference": frozenset({"status", "content"}),
    "Encounter": frozenset({"status", "class"}),
    "Goal": frozenset({"lifecycleStatus", "description", "subject"}),
    "MedicationAdministration": frozenset(
        {"status", "medicationCodeableConcept", "medicationReference", "subject"}
    ),
    "MedicationRequest": frozenset(
        {"status", "intent", "medicationCodeableConcept", "medicationReference", "subject"}
    ),
    "MedicationStatement": frozenset(
        {"status", "medicationCodeableConcept", "medicationReference", "subject"}
    ),
    "Observation": frozenset({"status", "code"}),
    "Procedure": frozenset({"status", "subject"}),
    "QuestionnaireResponse": frozenset({"status"}),
    "RelatedPerson": frozenset({"patient"}),
    "ServiceRequest": frozenset({"status", "intent", "subject"}),
    "Task": frozenset({"status", "intent"}),
}
"""What a resource of the type is none without (R4, elements with a minimum of 1)."""
_CHOICES = ("effective", "medication", "occurrence", "onset", "performed", "value")


def in_part(resource: Mapping[str, Any], elements: Collection[str]) -> Mapping[str, Any]:
    """`resource` with the named elements and the mandatory ones, marked as a part; the whole where none are named.

    A modifier is never left out, nor is the status that changes what all of it means.
    """
    if not elements:
        return resource
    if WITHOUT_TEXT in elements:
        kept = {name: value for name, value in resource.items() if name != "text"}
    else:
        kind = str(resource["resourceType"])
        wanted = {*_ALWAYS, *_MANDATORY.get(kind, ()), *_MODIFIERS, *elements}
        wanted |= summary_elements(kind) if SUMMARY in elements else set()
        kept = {name: value for name, value in resource.items() if _plain(name) in wanted or name in wanted}
    if len(kept) == len(resource):
        return resource
    meta = dict(resource.get("meta", {}))
    meta["tag"] = [*meta.get("tag", ()), _SUBSETTED]
    return {**kept, "meta": meta}


def is_in_part(resource: Mapping[str, Any]) -> bool:
    """Whether it says that it is a part."""
    return _SUBSETTED in resource.get("meta", {}).get("tag", ())


_MODIFIERS = frozenset(
    {
        "status",
        "doNotPerform",
        "clinicalStatus",
        "verificationStatus",
        "lifecycleStatus",
        "active",
        "deceasedBoolean",
    }
)


def _plain(name: str) -> str:
    """The element as a search names it: without `_`, and a choice without its type."""
    plain = name.removeprefix("_")
    return next((choice for choice in _CHOICES if plain.startswith(choice)), plain)
