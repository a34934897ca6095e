"""What is wrong with a resource, before it is sent for good: every fault with its place, and nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.care_plan import goal_lacks
from gateway.disclosure.consent_reports import findings_of
from gateway.resources import every_fault


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `issue` is a FHIR issue type, `code` a stable code, `place` a FHIRPath or empty."""

    severity: Literal["error", "warning", "information"]
    issue: str
    code: str
    message: str
    place: str = ""


def validated(resource: Mapping[str, Any], expected_type: str) -> tuple[Finding, ...]:
    """The findings about `resource`, the faults first; one that says that all is well when there is nothing else.

    Of a Consent also what 42 CFR §2.31 misses in it: it would be kept, and permit nothing. Of a Goal also what it lacks
    to be worked towards (DM-21), which is no fault.
    """
    if resource.get("resourceType") != expected_type:
        text = f"must be a `{expected_type}`"
        return (Finding("error", "structure", "RESOURCE_TYPE_UNEXPECTED", text, "resourceType"),)
    faults = tuple(
        Finding("error", one.code, f"RESOURCE_{one.code.upper().replace('-', '_')}", one.message, one.place)
        for one in every_fault(resource)
    )
    return faults or tuple(_told(resource)) or (_WELL,)


def _told(resource: Mapping[str, Any]) -> Iterator[Finding]:
    """What a sound resource lacks, by the law or by what it is for."""
    if resource["resourceType"] == "Consent":
        for code, citation, place in findings_of(resource):
            yield Finding("warning", "business-rule", code, f"missing or unclear ({citation})", place)
    if resource["resourceType"] == "Goal":
        for code, at, said in goal_lacks(resource):
            yield Finding("information", "incomplete", code, said, f"Goal.{at}")


_WELL = Finding("information", "informational", "VALID", "nothing was found wrong")
