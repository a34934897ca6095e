"""What the operations are for, in words: bulk export, matching, accounting, hand-off, JSON Patch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.fhir_api.openapi_words import ASK, JSON, READ, START, WRITE, Told

BULK = "Bulk export"
_EXPORTED = Told(
    BULK,
    "Begin an export",
    "With `Prefer: respond-async`. Consent is decided for each patient and resource as it is written, and again as it "
    "is fetched. Where it stands is told at the address in `Content-Location`.",
    status=202,
    parameters=("respond-async", "_type", "_since", "_typeFilter"),
)
_POSTED = Told(
    BULK,
    "Begin an export by a Parameters",
    _EXPORTED.text,
    sent="export",
    body="fhir",
    status=202,
    parameters=("respond-async",),
)
_PATCHED = (
    "A JSON Patch (RFC 6902), or a FHIRPath Patch as a Parameters, of the resource as you may see it; what may be "
    "changed is what a PUT may change."
)

_ASKED = Told(
    READ,
    "What your own organization has asked here",
    "AuditEvents by IHE BALP, the latest first: when, by which parameters (not their values), and what you were shown.",
    answered="searchset",
    parameters=("date", "patient", "_count", "_page", "handling"),
)

OPERATIONS: Mapping[tuple[str, str], Told] = {
    ("GET", "/fhir/Patient/$export"): _EXPORTED,
    ("POST", "/fhir/Patient/$export"): _POSTED,
    ("GET", "/fhir/Group/{id}/$export"): _EXPORTED,
    ("POST", "/fhir/Group/{id}/$export"): _POSTED,
    ("GET", "/fhir/bulk-status/{id}"): Told(
        BULK,
        "How an export stands",
        "202 while it is written, then the manifest.",
        answered="manifest",
        also={202: "It is being written."},
        media=JSON,
    ),
    ("DELETE", "/fhir/bulk-status/{id}"): Told(BULK, "Cancel an export, or delete it", status=202),
    ("GET", "/fhir/bulk-files/{id}/{name}.ndjson"): Told(
        BULK, "Fetch a file of an export", "One resource on a line.", media="application/fhir+ndjson"
    ),
    ("POST", "/fhir/Patient/$match"): Told(
        READ,
        "Find the one person who is certainly meant",
        "A searchset of one Patient or none: never a list of people who are like her. Name, birth date, sex and a "
        "number or street; or an identifier of your own alone.",
        sent="match",
        body="fhir",
        answered="searchset",
    ),
    ("GET", "/fhir/Patient/{id}/$accounting"): Told(
        READ,
        "To whom your organization's records about her went",
        "42 CFR 2.25 and 45 CFR 164.528; a collection of AuditEvents, the oldest first.",
        answered="collection",
        parameters=("law",),
    ),
    ("POST", "/fhir/Consent/$what-if"): Told(
        ASK,
        "Who would see what under a consent before it is signed",
        "In sentences, read from the draft alone.",
        sent="draft",
        body="fhir",
        answered="sentences",
    ),
    ("POST", "/fhir/ServiceRequest/{id}/$handoff"): Told(
        WRITE,
        "One step of a warm hand-off",
        "`accept`, `first-contact` (confirmed by both workers), `close` with its outcome.",
        sent="handoff",
        body="fhir",
        answered="task",
        parameters=("if-match",),
    ),
    ("PATCH", "/fhir/Consent/{id}"): Told(
        WRITE,
        "Change or withdraw a consent by a patch",
        _PATCHED,
        sent="patch-consent",
        body="fhir-patch",
        answered="consent",
        parameters=("if-match", "prefer"),
    ),
    ("PATCH", "/fhir/Task/{id}"): Told(
        WRITE,
        "Answer a referral by a patch",
        _PATCHED,
        sent="patch-task",
        body="fhir-patch",
        answered="task",
        parameters=("if-match", "prefer"),
    ),
    ("GET", "/fhir/AuditEvent"): _ASKED,
    ("POST", "/fhir/AuditEvent/_search"): replace(
        _ASKED, body="form", form=("date", "patient"), parameters=("handling",)
    ),
    ("GET", "/fhir/AuditEvent/{id}"): Told(
        READ, "One of your own requests", "By the `X-Request-Id` of its answer.", answered="audit-event"
    ),
    ("GET", "/fhir/OperationDefinition/{id}"): Told(
        START, "How an operation is called", answered="operation", open_to_all=True
    ),
}
"""By method and address."""
