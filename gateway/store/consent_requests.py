"""Who was asked to see to a consent for an intent that is held."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import ConsentRequest, Reading, Transaction
from gateway.store.plain_text import require_plain

SAID_NO = "SAID_NO"
"""The reason of a request that is open still and was answered with no."""


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """An open request whose intent is held: from whom to whom, and since when it is meant to go."""

    request: ConsentRequest
    partner: str
    source_partner: str
    since: str


def open_request(tx: Transaction, request: ConsentRequest) -> bool:
    """Open `request`; False when its intent already has an open one (which stays).

    Raises NotUnderstood `TEXT_HOLDS_NUL`.
    """
    require_plain(owner=request.owner)
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


def closed_for(reading: Reading, request_id: str, reason: str) -> bool:
    """Whether the request of that id was closed for that reason."""
    return reading.row("consent_requests.closed_for", {"id": request_id, "reason": reason}) is not None


def waiting(reading: Reading, owner: str | None, limit: int) -> tuple[WaitingRequest, ...]:
    """The open requests whose intents are held, of `owner` if given, the most urgent first."""
    rows = reading.rows("consent_requests.waiting", {"owner": owner, "limit": limit})
    return tuple(WaitingRequest(ConsentRequest(*tuple(row)[:9]), *tuple(row)[9:]) for row in rows)


def waiting_of_source(reading: Reading, source: str, limit: int) -> tuple[WaitingRequest, ...]:
    """The open requests whose held intents partner `source` sent, the most urgent first."""
    rows = reading.rows("consent_requests.waiting_of_source", {"source": source, "limit": limit})
    return tuple(WaitingRequest(ConsentRequest(*tuple(row)[:9]), *tuple(row)[9:]) for row in rows)


def said_no(tx: Transaction, intent_id: str, until: str) -> bool:
    """She was asked and said no: she is not asked again before `until`. False when that intent has no open request."""
    params = {"intent_id": intent_id, "due_at": until, "reason": SAID_NO}
    return bool(tx.execute("consent_requests.said_no", params))


def ask_again_at(tx: Transaction, intent_id: str, due_at: str) -> bool:
    """The owner was asked: the next time is at `due_at`. False when that intent has no open request."""
    return bool(tx.execute("consent_requests.ask_again_at", {"intent_id": intent_id, "due_at": due_at}))


def assign(tx: Transaction, intent_id: str, owner: str, due_at: str) -> bool:
    """Somebody else sees to it, until `due_at`. False when that intent has no open request.

    Raises NotUnderstood `TEXT_HOLDS_NUL`.
    """
    require_plain(owner=owner)
    params = {"intent_id": intent_id, "owner": owner, "due_at": due_at}
    return bool(tx.execute("consent_requests.assign", params))


def held_before(reading: Reading, before: str, limit: int) -> tuple[str, ...]:
    """Ids of intents that are held and were made before the instant, in their order."""
    rows = reading.rows("consent_requests.held_before", {"before": before, "limit": limit})
    return tuple(row["id"] for row in rows)


def close_settled(tx: Transaction, at: str, reason: str) -> int:
    """Close every request whose intent has gone or is not to go any more; how many."""
    return tx.execute("consent_requests.close_settled", {"at": at, "reason": reason})
