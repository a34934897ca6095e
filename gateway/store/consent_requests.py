"""Who was asked to see to a consent for an intent that is held."""

from __future__ import annotations

from gateway.store.model import ConsentRequest, Reading, Transaction


def open_request(tx: Transaction, request: ConsentRequest) -> bool:
    """Open `request`; False when its intent already has an open one (which stays)."""
    return bool(
        tx.execute(
            "consent_requests.open",
            {
                "id": request.id,
                "intent_id": request.intent_id,
                "patient_id": request.patient_id,
                "owner": request.owner,
                "opened_at": request.opened_at,
                "due_at": request.due_at,
                "reason": request.reason,
            },
        )
    )


def of_intent(reading: Reading, intent_id: str) -> ConsentRequest | None:
    """The open request of that intent, or None."""
    row = reading.row("consent_requests.of_intent", {"intent_id": intent_id})
    return None if row is None else ConsentRequest(*row)


def open_of_owner(reading: Reading, owner: str, limit: int = 100) -> tuple[ConsentRequest, ...]:
    """What waits for `owner`, the most urgent first."""
    rows = reading.rows("consent_requests.open_of_owner", {"owner": owner, "limit": limit})
    return tuple(ConsentRequest(*row) for row in rows)


def close(tx: Transaction, intent_id: str, at: str, reason: str) -> bool:
    """Close the open request of that intent; False when there is none."""
    params = {"intent_id": intent_id, "at": at, "reason": reason}
    return bool(tx.execute("consent_requests.close_of_intent", params))
