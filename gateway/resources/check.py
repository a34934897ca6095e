"""Is this a resource we can take? The hot-path checker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault: a FHIR issue type (`structure`, `required`, `value`, `invariant`, `code-invalid`, `not-supported`),
    a sentence without any value of the resource, and the place as a FHIRPath (`Patient.name[0].given[1]`)."""

    code: str
    message: str
    place: str


def check_resource(resource: Mapping[str, object]) -> tuple[Issue, ...]:
    """The faults of `resource`, empty when there is none."""
    raise NotImplementedError


def supported_types() -> frozenset[str]:
    """The resource types that can be checked, hence kept."""
    raise NotImplementedError
