"""Which messages fall under a legal hold: by whom they are about, from or to whom they went, and when they came.

A message that was refused is kept for no patient; one that names a person under hold, or that cannot be read whole and
so may name her, is kept for her.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.flows.legal_holds import persons_of
from gateway.flows.refused_about import known_of, may_name
from gateway.identity import Mentions
from gateway.store import InboxMessage, Reading, inbox, intents, legal_holds
from gateway.store.legal_holds import LegalHold


@dataclass(frozen=True, slots=True)
class _Watched:
    """A hold with the ids of the person it is on (empty: on nobody in particular), and by what words she is known."""

    hold: LegalHold
    persons: frozenset[str]
    known_by: Mentions | None


def under_hold(reading: Reading, messages: Sequence[str]) -> dict[str, LegalHold]:
    """Those of these messages that must be kept, each with the oldest hold that it falls under."""
    watched = [_watch(reading, hold) for hold in legal_holds.standing(reading)]
    found: dict[str, LegalHold] = {}
    for kept in (inbox.get(reading, one) for one in messages) if watched else ():
        if kept is not None:
            held = next((one.hold for one in watched if _falls(reading, one, kept)), None)
            if held is not None:
                found[kept.id] = held
    return found


def _watch(reading: Reading, hold: LegalHold) -> _Watched:
    if not hold.patient_id:
        return _Watched(hold, frozenset(), None)
    persons = persons_of(reading, hold.patient_id)
    return _Watched(hold, persons, known_of(reading, sorted(persons)))


def _falls(reading: Reading, watched: _Watched, message: InboxMessage) -> bool:
    hold = watched.hold
    if not hold.spans(message.received_at):
        return False
    if hold.partner and hold.partner not in _parties(reading, message):
        return False
    if not hold.patient_id:
        return True
    about = {message.patient_id, *(one.patient_id for one in intents.of_message(reading, message.id))}
    if about & watched.persons:
        return True
    if message.patient_id is not None or watched.known_by is None:
        return False
    return may_name(reading, message.id, watched.known_by)


def _parties(reading: Reading, message: InboxMessage) -> Iterator[str]:
    yield message.partner
    yield from (one.partner for one in intents.of_message(reading, message.id))
