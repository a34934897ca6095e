"""Messages that arrived: the bytes as they were, sealed, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.errors import NotFound
from gateway.store.model import InboxMessage, Reading, Row, Transaction
from gateway.store.plain_text import require_plain

_PAGE = 500


def keep(tx: Transaction, message: InboxMessage, raw: bytes) -> None:
    """Keep `message` with its bytes.

    Raises AlreadyReceived `ROW_EXISTS` when the same bytes came before under the same partner, channel and
    control id (replays excepted), NotUnderstood `TEXT_HOLDS_NUL`.
    """
    require_plain(control_id=message.control_id, format=message.format)
    tx.execute(
        "inbox.keep",
        {
            "id": message.id,
            "partner": message.partner,
            "channel": message.channel,
            "control_id": message.control_id,
            "body_sha256": message.body_sha256,
            "format": message.format,
            "state": message.state,
            "faults": message.faults,
            "business_key": message.business_key,
            "patient_id": message.patient_id,
            "received_at": message.received_at,
            "replay_of": message.replay_of,
            "sealed": tx.cipher.seal(tx, _scope(message.id), "raw", raw),
        },
    )


def get(reading: Reading, message_id: str) -> InboxMessage | None:
    """The message of that id, or None."""
    row = reading.row("inbox.get", {"id": message_id})
    return None if row is None else _message(row)


def find(reading: Reading, partner: str, channel: str, control_id: str) -> tuple[InboxMessage, ...]:
    """What came under that control id, newest first; several when it was used again for other bytes."""
    params = {"partner": partner, "channel": channel, "control_id": control_id}
    return tuple(map(_message, reading.rows("inbox.find", params)))


def raw(reading: Reading, message_id: str) -> bytes:
    """The bytes exactly as they came. Raises NotFound `NO_SUCH_MESSAGE`, or `KEY_GONE` when they were
    destroyed.
    """
    row = reading.row("inbox.sealed", {"id": message_id})
    if row is None:
        raise NotFound("NO_SUCH_MESSAGE", "no message has that id")
    if not row["sealed"]:
        raise NotFound("KEY_GONE", "the bytes of this message were destroyed")
    return reading.cipher.open(reading, _scope(message_id), "raw", row["sealed"])


def set_state(tx: Transaction, message_id: str, state: str, faults_json: str) -> None:
    """Record what became of the message; `faults_json` holds codes and places only.

    Raises NotFound `NO_SUCH_MESSAGE`.
    """
    if not tx.execute("inbox.set_state", {"id": message_id, "state": state, "faults": faults_json}):
        raise NotFound("NO_SUCH_MESSAGE", "no message has that id")


def list_messages(
    reading: Reading, state: str | None = None, partner: str | None = None, limit: int = 100
) -> tuple[InboxMessage, ...]:
    """The newest messages, of one state and one partner if given."""
    query = "inbox.newest" if state is None else "inbox.newest_in_state"
    params = {"partner": partner, "limit": limit} | ({} if state is None else {"state": state})
    return tuple(map(_message, reading.rows(query, params)))


def about_somebody(reading: Reading, at: str = "", last: str = "") -> Iterator[InboxMessage]:
    """Every message that was taken in about a patient, in the order in which they came, from the instant `at` on (and
    behind the message `last` of it); read a page at a time.
    """
    while page := reading.rows("inbox.about_somebody", {"at": at, "id": last, "limit": _PAGE}):
        yield from map(_message, page)
        at, last = page[-1]["received_at"], page[-1]["id"]


def _scope(message_id: str) -> str:
    return f"message:{message_id}"


def _message(row: Row) -> InboxMessage:
    return InboxMessage(*row)
