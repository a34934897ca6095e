"""What a destroyed key leaves behind: everything that was sealed for one patient, to try whether it still opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from gateway.store import inbox, records
from gateway.store.model import Reading, Transaction

PAGE = 500


def sealed_rows(reading: Reading, patient_id: str) -> Iterator[Callable[[], bytes]]:
    """For every record set, release and message of the patient: what opens it."""
    scope = f"patient:{patient_id}"
    asked = {"patient_id": patient_id}
    for number, sealed in reading.rows("destruction.sets", asked):
        yield partial(reading.cipher.open, reading, scope, records.set_name(number), sealed)
    for release_id, sealed in reading.rows("destruction.releases", asked):
        yield partial(reading.cipher.open, reading, scope, f"release/{release_id}", sealed)
    for row in reading.rows("destruction.messages", asked):
        yield partial(inbox.raw, reading, row["id"])


def old_messages(
    reading: Reading, state: str, before: str, after: tuple[str, str], limit: int
) -> tuple[tuple[str, str], ...]:
    """(when it came, id) of messages in `state` that came before that instant, whose bytes are still there and of which
    nothing waits any more; the oldest first, from the one after `after` on (two empty texts: from the first).
    """
    at, last = after
    asked = {"state": state, "before": before, "after": at, "after_id": last, "limit": limit}
    return tuple((row["received_at"], row["id"]) for row in reading.rows("destruction.old_messages", asked))


def destroy_message(tx: Transaction, message_id: str, at: str) -> bool:
    """Take away the message's sealed bytes and its key for ever; False when something came to wait for it meanwhile."""
    if not tx.execute("destruction.empty_message", {"id": message_id}):
        return False
    scope = f"message:{message_id}"
    tx.execute("data_key.mark_destroyed", {"scope": scope, "at": at})
    tx.execute("data_key.destroy", {"scope": scope})
    return True


def messages_of_nobody(reading: Reading) -> Iterator[str]:
    """Ids of messages that are no patient's (they could not be read, or are about nobody) and whose bytes are there."""
    after = ""
    while page := reading.rows("destruction.messages_of_nobody", {"after": after, "limit": PAGE}):
        yield from (row["id"] for row in page)
        after = page[-1]["id"]


def count_as_hers(tx: Transaction, message_id: str, patient_id: str) -> bool:
    """Count a message of nobody as the patient's, so that its key goes with hers; False when it is somebody's."""
    return bool(tx.execute("destruction.count_as_hers", {"id": message_id, "patient_id": patient_id}))


def audit_entries(reading: Reading, patient_id: str) -> int:
    """How many audit entries there are about the patient."""
    row = reading.row("destruction.audit_entries", {"patient_id": patient_id})
    return 0 if row is None else int(row["number"])


def destroyed_scopes(reading: Reading) -> Iterator[tuple[str, str]]:
    """(scope, when) of every destroyed key."""
    after = ""
    while page := reading.rows("data_key.destroyed", {"after": after, "limit": PAGE}):
        yield from ((row["scope"], row["at"]) for row in page)
        after = page[-1]["scope"]
