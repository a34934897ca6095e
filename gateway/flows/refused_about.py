"""What was refused and is about somebody all the same: kept for no patient, but destroyed with her.

A refused row or message could not be read as a record, so nobody was identified by it, and its bytes wait under a key of
their own. Whom they name is looked for when a person is destroyed, in all of them: who was unknown when the row came may
have become known since, and no index has to say meanwhile who is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.errors import HandoffError
from gateway.identity import Mentions, mentions_of
from gateway.store import Reading, Record, Transaction, destruction, inbox, records


@dataclass(frozen=True, slots=True)
class LookedAt:
    """How far the messages that are no patient's were looked at: all that were seen, and those that name her."""

    known_by: Mentions
    seen: frozenset[str]
    about: tuple[str, ...]


def look_for(reading: Reading, everyone: Sequence[str]) -> LookedAt:
    """The messages of no patient that name the person of these ids. Opens every one of them: it takes its time."""
    known_by = mentions_of(
        record.resource
        for patient_id in everyone
        for record in _readable(reading, patient_id)
        if record.resource_type == "Patient"
    )
    seen: list[str] = []
    about: list[str] = []
    for message_id in destruction.messages_of_nobody(reading) if known_by else ():
        seen.append(message_id)
        if _names_her(reading, message_id, known_by):
            about.append(message_id)
    return LookedAt(known_by, frozenset(seen), tuple(about))


def make_hers(tx: Transaction, looked: LookedAt, patient_id: str) -> int:
    """Count as the patient's what was found, and what came since; how many. Her destruction then reaches their keys."""
    since = (one for one in destruction.messages_of_nobody(tx) if one not in looked.seen)
    came = [one for one in since if _names_her(tx, one, looked.known_by)] if looked.known_by else []
    return sum(destruction.count_as_hers(tx, one, patient_id) for one in (*looked.about, *came))


def _readable(reading: Reading, patient_id: str) -> Iterator[Record]:
    """Her records; none when they cannot be opened any more."""
    try:
        yield from records.of_patient(reading, patient_id, ("Patient",))
    except HandoffError:
        return


def _names_her(reading: Reading, message_id: str, known_by: Mentions) -> bool:
    try:
        return known_by.in_bytes(inbox.raw(reading, message_id))
    except HandoffError:  # destroyed before, or its wrapping key is gone
        return False
