"""That nothing may be sent to a client: it stands, under every id she has or had, until she says at a desk that it may.

It hangs on no record: a Patient that comes later, from whomever, neither makes nor ends it.
"""

from __future__ import annotations

from gateway.audit import append
from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.flows.decided_here import act_entry
from gateway.flows.own_page_ends import ISSUER
from gateway.flows.passkeys import Index
from gateway.store import Reading, Transaction, same_person, tokens

SILENCED, ALLOWED = "own_page_no_messages", "messages_allowed"
_FOR_GOOD = "9999-12-31T00:00:00.000000Z"


def is_silent(premises: Premises, reading: Reading, patient_id: str) -> bool:
    """Whether nothing may be sent to her, as she or anybody found to be one with her has said."""
    now = premises.clock.now()
    until = (
        tokens.remembered_until(reading, ISSUER, _name(premises.keys.index, one))
        for one in _ids(reading, patient_id)
    )
    return any(one is not None and read_instant(one) > now for one in until)


def silence(premises: Premises, tx: Transaction, patient_id: str, said: str) -> None:
    """From now on nothing is sent to her; the log says where she said so, once."""
    if not is_silent(premises, tx, patient_id):
        her = same_person.stays(tx, patient_id)
        keep_silence(premises.keys.index, tx, her)
        at = instant_text(premises.clock.now())
        append(tx, act_entry(SILENCED, at, said, patient_id=her))


def lift_silence(premises: Premises, tx: Transaction, patient_id: str) -> None:
    """She has said at a desk that messages are allowed again; the log has it, where they were not."""
    if is_silent(premises, tx, patient_id):
        at = instant_text(premises.clock.now())
        for one in _ids(tx, patient_id):
            tokens.remember(tx, ISSUER, _name(premises.keys.index, one), at)
            append(tx, act_entry(ALLOWED, at, "said at a desk, at a worker's side", patient_id=one))


def keep_silence(index: Index, tx: Transaction, patient_id: str) -> None:
    """Keep under that very id that nothing is sent; what the log says of it stands there already."""
    tokens.remember(tx, ISSUER, _name(index, patient_id), _FOR_GOOD)


def silent_apart(premises: Premises, tx: Transaction, one: str, other: str) -> None:
    """Two are about to be parted: which of both said it is not known, so it holds for both. The log has it for each."""
    if is_silent(premises, tx, one):
        at = instant_text(premises.clock.now())
        for each in (one, other):
            keep_silence(premises.keys.index, tx, each)
            append(tx, act_entry(SILENCED, at, "said while the two were one", patient_id=each))


def _ids(reading: Reading, patient_id: str) -> tuple[str, ...]:
    her = same_person.stays(reading, patient_id)
    return her, *same_person.joined_to(reading, her)


def _name(index: Index, patient_id: str) -> str:
    return "silent-" + index("own-page-silence", "", patient_id)
