"""OperationDefinitions of operations of our own (HL7 FHIR 4.0.1), from one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotFound
from gateway.fhir_api.answers_out import own_answer
from gateway.fhir_api.doors import Desk
from gateway.resources import to_json

Parameter = tuple[str, str, int, str, str]
"""Name, `in` or `out`, how often at least, type, what it is."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on resources of a type. `on_type`: asked of the type, not of one resource."""

    name: str
    resource: str
    said: str
    on_type: bool
    changes: bool
    parameters: tuple[Parameter, ...]


_OPERATIONS = (
    Operation(
        "accounting",
        "Patient",
        "The disclosures of the caller's own records about the patient: when, to whom, what, what for. What a Part 2 "
        "program asked for is told only to who sent it there; the whole account is the compliance role's.",
        on_type=False,
        changes=False,
        parameters=(
            (
                "law",
                "in",
                0,
                "code",
                "all, part2 (42 CFR 2.25, three years), hipaa (45 CFR 164.528, six years)",
            ),
            ("return", "out", 1, "Bundle", "a collection of AuditEvents, the oldest first"),
        ),
    ),
    Operation(
        "what-if",
        "Consent",
        "Who would see what under a draft, before anybody signs it. Read from the draft alone; nothing is kept.",
        on_type=True,
        changes=False,
        parameters=(
            ("draft", "in", 1, "Consent", "the Consent as it might be signed"),
            ("language", "in", 0, "code", "en or es"),
            ("sentence", "out", 0, "string", "what one agency would or would not see"),
        ),
    ),
    Operation(
        "handoff",
        "ServiceRequest",
        "One step of a warm hand-off. Accepting and closing is the addressee's; that the two workers have met is said "
        "by each side, and when both have, the Task is in progress. If-Match: the version of the Task.",
        on_type=False,
        changes=True,
        parameters=(
            ("step", "in", 1, "code", "accept, first-contact, close"),
            (
                "worker",
                "in",
                0,
                "string",
                "with first-contact: who of the caller's own organisation met the other",
            ),
            ("at", "in", 0, "dateTime", "with first-contact: when"),
            ("outcome", "in", 0, "code", "with close: served, declined, ineligible, unreachable, waitlist"),
            ("reason", "in", 0, "string", "with close, unless served: why, in words the sender may read"),
            ("return", "out", 1, "Task", "as the caller may see it; an OperationOutcome where it may not"),
        ),
    ),
)
_BY_NAME = {one.name: one for one in _OPERATIONS}


async def definition(request: Request) -> Response:
    """`GET /fhir/OperationDefinition/{id}`: an operation as it is defined."""
    desk: Desk = request.app.state.desk
    found = _BY_NAME.get(str(request.path_params["id"]))
    if found is None:
        raise NotFound("NO_SUCH_ADDRESS", "there is nothing at this address")
    return own_answer(request, to_json(_definition(found, desk.base_url())))


def _definition(operation: Operation, base: str) -> dict[str, Any]:
    return {
        "resourceType": "OperationDefinition",
        "id": operation.name,
        "url": f"{base}/fhir/OperationDefinition/{operation.name}",
        "name": "".join(part.title() for part in operation.name.split("-")),
        "status": "active",
        "kind": "operation",
        "description": operation.said,
        "affectsState": operation.changes,
        "code": operation.name,
        "resource": [operation.resource],
        "system": False,
        "type": operation.on_type,
        "instance": not operation.on_type,
        "parameter": [
            {
                "name": name,
                "use": use,
                "min": least,
                "max": "*" if name == "sentence" else "1",
                "documentation": said,
                "type": kind,
            }
            for name, use, least, kind, said in operation.parameters
        ],
    }
