"""What people ask of the privacy officer: kinds, days and states. What was said stands in the audit log under the id."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import Reading, Transaction


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """One request. Days are `YYYY-MM-DD`; `state` is received, checked, decided or answered; `decision` is a code."""

    id: str
    kind: str
    patient_id: str | None
    received_on: str
    due_on: str
    state: str = "received"
    extended: int = 0
    decision: str = ""


def add(tx: Transaction, request: PrivacyRequest) -> None:
    """Keep a request that came. Raises Internal `ROW_EXISTS`."""
    row = {
        "id": request.id,
        "kind": request.kind,
        "patient_id": request.patient_id,
        "received_on": request.received_on,
        "due_on": request.due_on,
    }
    tx.execute("privacy_requests.add", row)


def get(reading: Reading, request_id: str) -> PrivacyRequest | None:
    """The request of that id, or None."""
    row = reading.row("privacy_requests.get", {"id": request_id})
    return None if row is None else PrivacyRequest(*row)


def not_answered(reading: Reading, limit: int = 200) -> tuple[PrivacyRequest, ...]:
    """What is open, the earliest due first."""
    return tuple(
        PrivacyRequest(*row) for row in reading.rows("privacy_requests.not_answered", {"limit": limit})
    )


def newest(reading: Reading, limit: int = 200) -> tuple[PrivacyRequest, ...]:
    """All of them, those received last first."""
    return tuple(PrivacyRequest(*row) for row in reading.rows("privacy_requests.newest", {"limit": limit}))


def agreed(reading: Reading, kind: str, patient_id: str) -> tuple[PrivacyRequest, ...]:
    """What a patient asked for of that kind and was granted, wholly or in part; received first, first."""
    asked = {"kind": kind, "patient_id": patient_id}
    return tuple(PrivacyRequest(*row) for row in reading.rows("privacy_requests.agreed", asked))


def move(tx: Transaction, request: PrivacyRequest, state: str, decision: str = "") -> bool:
    """Give the request another state; False when it has another than `request` says by now."""
    asked = {
        "id": request.id,
        "from_state": request.state,
        "state": state,
        "decision": decision or request.decision,
    }
    return bool(tx.execute("privacy_requests.move", asked))


def extend(tx: Transaction, request_id: str, due_on: str) -> bool:
    """Give it a later day, once; False when it had that before, or is decided."""
    return bool(tx.execute("privacy_requests.extend", {"id": request_id, "due_on": due_on}))
