"""FHIR R4 resources: read exactly, checked at the edge, written exactly."""

from __future__ import annotations

from gateway.resources.check import check_resource, supported_types
from gateway.resources.every_fault import every_fault
from gateway.resources.issues import Issue
from gateway.resources.json_text import is_xml, parse_json, to_json
from gateway.resources.summaries import summary_elements

__all__ = [
    "Issue",
    "check_resource",
    "every_fault",
    "is_xml",
    "parse_json",
    "summary_elements",
    "supported_types",
    "to_json",
]
