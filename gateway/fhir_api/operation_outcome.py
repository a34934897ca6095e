"""The one table from errors to HTTP answers (OperationOutcome, HL7 FHIR 4.0.1).

| error | HTTP | issue.code | sender should |
|---|---|---|---|
| NotUnderstood | 422, and 400 for the request itself | structure, value, … | change the message |
| NotSupported | 422 | not-supported | ask us |
| AlreadyReceived | 409, 412 for `If-Match` | conflict | use a new id, read again |
| NotAllowed | 401 for the token, else 403 | login, forbidden | renew, ask |
| NotFound | 404, always the same | not-found | nothing |
| NotSupported, of what is no matter of a patient | 404 for a type or an address, 405 | not-supported | read `/docs` |
| NotNow | 503, 429 for who asks too often, and `Retry-After` | transient, throttled | try again |
| anything else | 500 | exception | call us |
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.errors import (
    AlreadyReceived,
    HandoffError,
    Internal,
    NotAllowed,
    NotFound,
    NotNow,
    NotSupported,
    NotUnderstood,
)
from gateway.resources import to_json

ERROR_SYSTEM = "urn:warm-handoff:error"

_BY_CLASS: tuple[tuple[type[HandoffError], int, str], ...] = (
    (NotUnderstood, 422, "structure"),
    (NotSupported, 422, "not-supported"),
    (AlreadyReceived, 409, "conflict"),
    (NotAllowed, 403, "forbidden"),
    (NotFound, 404, "not-found"),
    (NotNow, 503, "transient"),
    (Internal, 500, "exception"),
)
# Codes whose HTTP status or issue type is finer than their class. HTTP semantics (RFC 9110), FHIR http.html.
_BY_CODE: dict[str, tuple[int, str]] = {
    "BATCH_TOO_LARGE": (413, "too-costly"),
    "BODY_TOO_LARGE": (413, "too-long"),
    "BODY_TOO_SLOW": (408, "timeout"),
    "CERTIFICATE_DIFFERS": (401, "login"),
    "CLIENT_NOT_PROVEN": (401, "login"),
    "CLIENT_TOO_FAST": (429, "throttled"),
    "CLIENT_UNKNOWN": (401, "login"),
    "HEADER_INVALID": (400, "value"),
    "EMERGENCY_RECORD_INCOMPLETE": (422, "required"),
    "EMERGENCY_TOO_MANY": (429, "throttled"),
    "EXPORTS_TOO_MANY": (429, "throttled"),
    "EXPORT_FAILED": (500, "exception"),
    "EXPORT_RUNNING": (429, "throttled"),
    "JSON_INVALID": (400, "structure"),
    "JSON_NOT_AN_OBJECT": (400, "structure"),
    "JSON_NUMBER_INVALID": (400, "value"),
    "JSON_PROPERTY_TWICE": (400, "structure"),
    "JSON_TEXT_INVALID": (400, "value"),
    "JSON_TOO_DEEP": (400, "structure"),
    "MEDIA_TYPE_ASKED": (406, "not-supported"),
    "MEDIA_TYPE_SENT": (415, "not-supported"),
    "METHOD_NOT_SERVED": (405, "not-supported"),
    "NO_SUCH_ADDRESS": (404, "not-found"),
    "PAGE_INVALID": (400, "value"),
    "PARAMETER_INVALID": (400, "value"),
    "PARAMETER_MISSING": (400, "required"),
    "PARAMETER_MODIFIER": (400, "not-supported"),
    "PARAMETER_TWICE": (400, "invalid"),
    "PARAMETER_UNKNOWN": (400, "not-supported"),
    "SEARCH_BY_POST": (400, "business-rule"),
    **dict.fromkeys(
        (
            "XML_ATTRIBUTE_UNKNOWN",
            "XML_DECLARES",
            "XML_ELEMENT_UNKNOWN",
            "XML_INVALID",
            "XML_NOT_FHIR",
            "XML_ORDER",
            "XML_TEXT",
            "XML_TOO_DEEP",
            "XML_TOO_LARGE",
        ),
        (400, "structure"),
    ),
    "XML_VALUE_INVALID": (400, "value"),
    "TOKEN_EXPIRED": (401, "login"),
    "TYPE_NOT_SERVED": (404, "not-supported"),
    "TOKEN_MISSING": (401, "login"),
    "TOKEN_UNBOUND": (401, "login"),
    "TOKEN_UNREADABLE": (401, "login"),
    "CONDITION_SEVERAL": (412, "multiple-matches"),
    "VERSION_CONFLICT": (412, "conflict"),
}
_ISSUE_TYPES = frozenset({"structure", "required", "value", "invariant", "code-invalid", "not-supported"})
_FHIR_PATH = re.compile(r"[A-Z][A-Za-z]+(?:[.\[][\w.\[\]]*)?")
_HTTP = re.compile(r"http\.[\w.:-]+")
_NOTHING = "Nothing can be shown for this request. This does not mean that nothing exists. Reference {id}."


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as it is answered: HTTP status, the stable code (for the log), bytes, and further headers."""

    status: int
    code: str
    content: bytes
    headers: tuple[tuple[str, str], ...] = ()


def refusal_of(error: HandoffError, request_id: str, on_call: str = "") -> Refusal:
    """How `error` is answered: nothing of an `Internal` leaves, and a NotFound has one wording."""
    if error.code in _ISSUE_TYPES:  # the resource checker speaks in FHIR issue types
        status, issue, code = 422, error.code, "RESOURCE_" + error.code.upper().replace("-", "_")
    else:
        status, issue = _status_and_issue(error)
        code = error.code
    message, place = error.message, error.place
    if isinstance(error, NotFound):
        code, place = "NO_SUCH_RECORD", None
        message = _NOTHING.format(id=request_id) + (f" Urgent: {on_call}." if on_call else "")
    elif status == 500:
        code, place = "INTERNAL", None
        message = f"a fault of ours; tell us the reference {request_id}"
    return Refusal(status, code, outcome_bytes(issue, code, message, place), _headers(error, status))


def unexpected(request_id: str) -> Refusal:
    """The answer to a fault nobody foresaw."""
    return refusal_of(Internal("INTERNAL", ""), request_id)


def outcome_bytes(
    issue: str, code: str, message: str, place: str | None = None, severity: str = "error"
) -> bytes:
    """An OperationOutcome of one issue."""
    content = issue_of(issue, code, message, place, severity)
    return to_json({"resourceType": "OperationOutcome", "issue": [content]})


def issue_of(issue: str, code: str, message: str, place: str | None, severity: str) -> dict[str, object]:
    """One issue of an OperationOutcome; `place` is told as FHIRPath where it is one, and as `location` where it is of
    the request (`http._sort`).

    The message stands in `diagnostics` as well: some clients (HAPI's) show their user nothing else.
    """
    details = {"coding": [{"system": ERROR_SYSTEM, "code": code}], "text": message}
    content: dict[str, object] = {"severity": severity, "code": issue, "details": details}
    is_path = bool(place) and _FHIR_PATH.fullmatch(str(place)) is not None
    content["diagnostics"] = message if is_path or not place else f"{message} (at {place})"
    if is_path:
        content["expression"] = [place]
    elif place and _HTTP.fullmatch(place):  # R4 names a place of the request so, and has it nowhere else
        content["location"] = [place]
    return content


def _status_and_issue(error: HandoffError) -> tuple[int, str]:
    found = _BY_CODE.get(error.code)
    if found is not None:
        return found
    return next(
        ((status, issue) for kind, status, issue in _BY_CLASS if isinstance(error, kind)), (500, "exception")
    )


_OF_A_TOKEN = frozenset({"TOKEN_EXPIRED", "TOKEN_UNBOUND", "TOKEN_UNREADABLE"})


def _headers(error: HandoffError, status: int) -> tuple[tuple[str, str], ...]:
    if isinstance(error, NotNow):
        return (("Retry-After", str(error.retry_after_seconds)),)
    if status == 401:
        # RFC 6750, 3: a client that showed a token learns that it needs another; one without is told no error
        told = ', error="invalid_token"' if error.code in _OF_A_TOKEN else ""
        return (("WWW-Authenticate", f'Bearer realm="fhir"{told}'),)
    return ()
