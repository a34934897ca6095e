"""Mails with a link that wait to be sent; to whom and with which link is sealed."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.errors import Internal, NotFound
from gateway.store.model import Reading, Transaction


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """One mail. `may_have_left`: it was handed over, and what came of it is not known; `content`: None where `unread`
    says why it cannot be opened, say `KEY_GONE`. `expires_at`: ISO 8601 UTC.
    """

    id: str
    may_have_left: bool
    expires_at: str
    attempts: int
    content: bytes | None = field(repr=False)
    unread: str = ""


def add(
    tx: Transaction, mail_id: str, patient_id: str | None, content: bytes, due_at: str, expires_at: str
) -> None:
    """Keep a mail until it is sent, or over at `expires_at`; both instants are ISO 8601 UTC."""
    row = {
        "id": mail_id,
        "patient_id": patient_id,
        "due_at": due_at,
        "expires_at": expires_at,
        "sealed": tx.cipher.seal(tx, _scope(patient_id), _row(mail_id), content),
    }
    tx.execute("mailed_links.add", row)


def next_due(reading: Reading, now: str) -> WaitingMail | None:
    """The first that is due, if any is."""
    row = reading.row("mailed_links.next", {"now": now})
    if row is None:
        return None
    content, unread = None, ""
    try:
        content = reading.cipher.open(reading, _scope(row["patient_id"]), _row(row["id"]), row["sealed"])
    except (NotFound, Internal) as fault:  # one that was destroyed or altered must not hold up those after it
        unread = fault.code
    may_have_left = row["state"] == "handed_over"
    return WaitingMail(row["id"], may_have_left, row["expires_at"], row["attempts"], content, unread)


def hand_over(tx: Transaction, mail_id: str, due_at: str) -> bool:
    """From now on it may leave; looked at again at `due_at`. False when somebody else has it."""
    return bool(tx.execute("mailed_links.hand_over", {"id": mail_id, "due_at": due_at}))


def again(tx: Transaction, mail_id: str, due_at: str) -> None:
    """It has not left: try once more at `due_at`."""
    tx.execute("mailed_links.again", {"id": mail_id, "due_at": due_at})


def drop(tx: Transaction, mail_id: str) -> None:
    """It was sent, or is not to be."""
    tx.execute("mailed_links.drop", {"id": mail_id})


def _scope(patient_id: str | None) -> str:
    return "network" if patient_id is None else f"patient:{patient_id}"


def _row(mail_id: str) -> str:
    return f"mailed-link/{mail_id}"
