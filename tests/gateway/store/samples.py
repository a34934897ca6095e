"""Rows that the tests of store and audit share, with as little said as each test needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from gateway.audit import AuditEntry, AuditReason
from gateway.security.keys import EnvelopeCipher, FileKeyProvider, NamedKey
from gateway.store import (
    InboxMessage,
    Intent,
    Record,
    Transaction,
    open_store,
    open_store_for_reading,
    patients,
)

T = TypeVar("T")
AT = "2026-11-22T08:00:00.000000Z"
LATER = "2026-11-22T09:00:00.000000Z"
MUCH_LATER = "2026-11-23T08:00:00.000000Z"
STORE_KEY = NamedKey("store-test", bytes(range(32)))


def cipher() -> EnvelopeCipher:
    """A cipher with an empty memory over the one test key."""
    return EnvelopeCipher(FileKeyProvider((STORE_KEY,)), b"d" * 32)


URL_FILE = "store.url"


def url_of(folder: Path) -> str:
    """The store that a test's folder speaks of: a database if it names one, else a file in it."""
    named = folder / URL_FILE
    return named.read_text() if named.is_file() else "sqlite:///handoff.db"


def opened(folder: Path, **named: Any) -> Any:
    """The store of a test's folder."""
    return open_store(url_of(folder), cipher(), folder=folder, **named)


def opened_to_read(folder: Path) -> Any:
    """The store of a test's folder, for reading only."""
    return open_store_for_reading(url_of(folder), cipher(), folder=folder)


def with_patient(patient_id: str = "p1") -> Callable[[Transaction], str]:
    """A work that makes a patient."""
    return lambda tx: patients.create(tx, AT, True, patient_id)


def message(number: int = 1, **changed: Any) -> InboxMessage:
    """A message from the hospital."""
    given: dict[str, Any] = {
        "id": f"m{number}",
        "partner": "hospital",
        "channel": "mllp",
        "control_id": f"C{number}",
        "body_sha256": f"{number:064d}",
        "format": "hl7v2",
        "state": "accepted",
        "faults": "[]",
        "business_key": "",
        "patient_id": None,
        "received_at": AT,
    }
    return InboxMessage(**given | changed)


def record(content: dict[str, Any], **changed: Any) -> Record:
    """A record of patient p1 from the hospital."""
    given: dict[str, Any] = {
        "resource_type": content["resourceType"],
        "id": "r1",
        "version": 0,
        "patient_id": "p1",
        "source_partner": "hospital",
        "sources": ("m1",),
        "part2": False,
        "updated_at": AT,
        "deleted": False,
        "resource": content,
    }
    return Record(**given | changed)


def intent(intent_id: str, **changed: Any) -> Intent:
    """A referral of patient p1 to the clinic, due at once, with a business key of its own."""
    given: dict[str, Any] = {
        "id": intent_id,
        "patient_id": "p1",
        "partner": "clinic",
        "source_partner": "hospital",
        "business_key": f"key-{intent_id}",
        "purpose": "TREAT",
        "kind": "referral",
        "format": "fhir",
        "message_id": None,
        "focus": ("ServiceRequest/r1/1",),
        "state": "due",
        "due_at": AT,
        "attempts": 0,
        "reason": "",
        "created_at": AT,
        "updated_at": AT,
    }
    return Intent(**given | changed)


def entry(request_id: str = "q1", **changed: Any) -> AuditEntry:
    """A disclosure about patient p1 to the clinic."""
    given: dict[str, Any] = {
        "request_id": request_id,
        "at": AT,
        "kind": "disclose",
        "patient_id": "p1",
        "partner": "clinic",
        "purpose": "TREAT",
        "outcome": "partial",
        "consents": ("Consent/c1/_history/1",),
        "reasons": (AuditReason("NOT_IN_SCOPE", "42 CFR §2.31(a)(3)", "Consent/c1/_history/1"),),
        "recipient_name": "Clinic",
        "description": "1 ServiceRequest",
    }
    return AuditEntry(**given | changed)
