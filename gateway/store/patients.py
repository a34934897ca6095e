"""People as the network knows them: our id, the partners' identifiers (as HMACs), and the epoch of their
consents.
"""

from __future__ import annotations

from functools import partial

from gateway.clock import new_id
from gateway.errors import AlreadyReceived, NotFound
from gateway.store.model import Reading, Row, Transaction

_INDEXES = (
    "patients.drop_links",
    "patients.drop_match_keys",
    "patients.drop_tokens",
    "message_times.drop_of_patient",
    "filler_numbers.drop_of_patient",
    "records.drop_digests",
    "bulk_exports.drop_parts_of_patient",
    "patient_notices.drop_of_patient",
)


def create(tx: Transaction, at: str, certain: bool, patient_id: str | None = None) -> str:
    """The id of a new patient; `certain` is False for a provisional one whose identity is in doubt."""
    made = patient_id or new_id()
    tx.execute("patients.create", {"id": made, "at": at, "certain": int(certain)})
    return made


def exists(reading: Reading, patient_id: str) -> bool:
    """Is there a patient of that id?"""
    return reading.row("patients.get", {"id": patient_id}) is not None


def _standing(reading: Reading, patient_id: str) -> Row | None:
    """The patient's row, asked for once in a snapshot."""
    known = reading.standing
    if known is not None and patient_id in known:
        return known[patient_id]
    row = reading.row("patients.get", {"id": patient_id})
    if known is not None and row is not None:
        known[patient_id] = row
    return row


def epoch(reading: Reading, patient_id: str) -> int:
    """How often what is permitted about this patient has changed; a sender compares it just before the first
    byte.

    Raises NotFound `NO_SUCH_PATIENT`.
    """
    row = _standing(reading, patient_id)
    if row is None:
        raise NotFound("NO_SUCH_PATIENT", "no patient has that id")
    return int(row["epoch"])


def epoch_unless_paused(reading: Reading, patient_id: str, partner: str) -> int | None:
    """As `epoch`; None while a person has nothing sent to `partner`. Raises NotFound `NO_SUCH_PATIENT`."""
    row = reading.row("patients.standing_toward", {"id": patient_id, "partner": partner})
    if row is None:
        raise NotFound("NO_SUCH_PATIENT", "no patient has that id")
    return None if row["paused"] else int(row["epoch"])


def raise_epoch(tx: Transaction, patient_id: str) -> int:
    """The new epoch, after a consent came, changed or ended. Raises NotFound `NO_SUCH_PATIENT`."""
    tx.execute("patients.raise_epoch", {"id": patient_id})
    return epoch(tx, patient_id)


def certain(reading: Reading, patient_id: str) -> bool:
    """False for a provisional patient. Raises NotFound `NO_SUCH_PATIENT`."""
    row = _standing(reading, patient_id)
    if row is None:
        raise NotFound("NO_SUCH_PATIENT", "no patient has that id")
    return bool(row["certain"])


def doubt(tx: Transaction, patient_id: str) -> None:
    """Make the patient a provisional one: who she is has come into doubt. Raises NotFound `NO_SUCH_PATIENT`."""
    if certain(tx, patient_id):
        tx.execute("patients.doubt", {"id": patient_id})
        raise_epoch(tx, patient_id)


def settle_doubt(tx: Transaction, patient_id: str) -> None:
    """A person has made sure who she is. Raises NotFound `NO_SUCH_PATIENT`."""
    tx.execute("patients.settle_doubt", {"id": patient_id})
    raise_epoch(tx, patient_id)


def in_doubt(reading: Reading, limit: int = 200) -> tuple[tuple[str, str], ...]:
    """(patient id, when she was first heard of) of those of whom it is not certain who they are, the oldest first."""
    rows = reading.rows("patients.in_doubt", {"limit": limit})
    return tuple((row["id"], row["created_at"]) for row in rows)


def link(tx: Transaction, partner: str, token: str, patient_id: str) -> None:
    """`partner` knows the patient by the identifier whose HMAC is `token`. The same link again changes
    nothing.

    Raises AlreadyReceived `LINKED_ELSEWHERE` when that identifier belongs to another patient.
    """
    params = {"partner": partner, "token": token, "patient_id": patient_id}
    if tx.execute("patients.link", params):
        return
    found = tx.row("patients.linked", params)
    if found is None or found["patient_id"] != patient_id:
        raise AlreadyReceived("LINKED_ELSEWHERE", "that identifier belongs to another patient")


def unlink(tx: Transaction, partner: str, token: str, patient_id: str) -> bool:
    """`partner` does not know the patient by that identifier: it was a mistake. False when it never did."""
    return bool(tx.execute("patients.unlink", {"partner": partner, "token": token, "patient_id": patient_id}))


def find_by_token(reading: Reading, partner: str | None, token: str) -> tuple[tuple[str, str], ...]:
    """(partner, patient id) for the identifier whose HMAC is `token`; of every partner when `partner` is
    None.
    """
    if partner is None:
        found = reading.rows("patients.by_token_of_any", {"token": token})
    else:
        found = reading.rows("patients.by_token", {"token": token, "partner": partner})
    return tuple((row["partner"], row["patient_id"]) for row in found)


def links_of(reading: Reading, patient_id: str) -> tuple[tuple[str, str], ...]:
    """(partner, token) of every identifier of the patient."""
    found = reading.rows("patients.links_of", {"patient_id": patient_id})
    return tuple((row["partner"], row["token"]) for row in found)


def knows(reading: Reading, partner: str, patient_id: str) -> bool:
    """Has `partner` itself ever named this patient by an identifier of its own?"""
    return any(known == partner for known, _ in links_of(reading, patient_id))


def add_match_key(tx: Transaction, patient_id: str, key: str) -> None:
    """Make the patient findable by a blocking key (an HMAC of normalised demographics)."""
    tx.execute("patients.add_match_key", {"patient_id": patient_id, "key": key})


def find_by_match_key(reading: Reading, key: str) -> tuple[str, ...]:
    """Ids of the patients that share a blocking key."""
    return tuple(row["patient_id"] for row in reading.rows("patients.by_match_key", {"key": key}))


def match_keys_of(reading: Reading, patient_id: str) -> frozenset[str]:
    """Every blocking key the patient can be found by."""
    rows = reading.rows("patients.match_keys_of", {"patient_id": patient_id})
    return frozenset(row["key"] for row in rows)


def is_destroyed(reading: Reading, patient_id: str) -> bool:
    """Was this patient's key destroyed?"""
    return reading.row("data_key.is_destroyed", {"scope": f"patient:{patient_id}"}) is not None


def destroy_patient_key(tx: Transaction, patient_id: str, at: str) -> None:
    """Make everything sealed for this patient unreadable for ever: records, released bytes, messages; and
    take the patient out of every index. The audit facts have a key of their own and stay. Cannot be undone.
    """
    messages = tx.rows("data_key.message_scopes", {"patient_id": patient_id})
    for scope in (f"patient:{patient_id}", *(row["scope"] for row in messages)):
        tx.execute("data_key.mark_destroyed", {"scope": scope, "at": at})
        tx.execute("data_key.destroy", {"scope": scope})
        # At once, not after the commit: a later work of the same group would find the key in memory and seal
        # under it what nobody could ever open.
        tx.cipher.forget(scope, for_ever=True)
        tx.after_rollback(partial(tx.cipher.remember, scope))
    tx.after_commit(partial(tx.fresh.forget, patient_id))
    for index in _INDEXES:
        tx.execute(index, {"patient_id": patient_id})
    tx.wipe_after_commit()
