"""What the checker says about a resource."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault: a FHIR issue type (`structure`, `required`, `value`, `invariant`, `code-invalid`,
    `not-supported`), a sentence without any value of the resource, and the place as FHIRPath
    (`Patient.name[0].given[1]`)."""

    code: str
    message: str
    place: str
