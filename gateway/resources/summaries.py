"""What a summary of a resource has. HL7 FHIR 4.0.1, search.html#summary; the elements marked so in its definition."""

from __future__ import annotations

from gateway.resources.generated.summaries import SUMMARIES


def summary_elements(resource_type: str) -> frozenset[str]:
    """The names of the elements, a choice with its type (`onsetDateTime`); none for a type that is not supported."""
    return SUMMARIES.get(resource_type, frozenset())
