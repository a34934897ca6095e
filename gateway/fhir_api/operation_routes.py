"""The addresses of the operations, in the form of the application's own table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from gateway.fhir_api import (
    audit_routes,
    bulk_routes,
    handoff_route,
    match_route,
    operation_answers,
    operation_definitions,
)

Endpoint = Callable[[Request], Awaitable[Response]]
_GET, _POST, _GET_POST = ("GET",), ("POST",), ("GET", "POST")
OPERATION_ROUTES: tuple[tuple[str, Endpoint, tuple[str, ...], str], ...] = (
    ("/fhir/Patient/$export", bulk_routes.export_patients, _GET_POST, "export"),
    ("/fhir/Group/{id}/$export", bulk_routes.export_group, _GET_POST, "export"),
    ("/fhir/bulk-status/{id}", bulk_routes.status, ("GET", "DELETE"), "export"),
    ("/fhir/bulk-files/{id}/{name}.ndjson", bulk_routes.file, _GET, "export"),
    ("/fhir/Patient/{id}/$accounting", operation_answers.accounting, _GET_POST, "accounting"),
    ("/fhir/Consent/$what-if", operation_answers.what_if, _POST, "what-if"),
    ("/fhir/ServiceRequest/{id}/$handoff", handoff_route.handoff, _POST, "handoff"),
    ("/fhir/Patient/$match", match_route.match, _POST, "match"),
    ("/fhir/AuditEvent", audit_routes.search, _GET, "audit"),
    ("/fhir/AuditEvent/_search", audit_routes.search_by_form, _POST, "audit"),
    ("/fhir/AuditEvent/{id}", audit_routes.one, _GET, "audit"),
    ("/fhir/OperationDefinition/{id}", operation_definitions.definition, _GET, "metadata"),
)
"""Address, endpoint, methods, and the door's name in logs and counters."""
