"""What was refused and is about somebody all the same: kept for no patient, but destroyed with her.

A refused row or message could not be read as a record, so nobody was identified by it, and its bytes wait under a key of
their own. Whom they name is looked for when a person is destroyed, in all of them: who was unknown when the row came may
have become known since, and no index has to say meanwhile who is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.errors import HandoffError, NotFound, NotNow
from gateway.identity import Mentions, mentions_of, read_words
from gateway.store import Reading, Record, Transaction, destruction, inbox, records


@dataclass(frozen=True, slots=True)
class LookedAt:
    """How far the messages that are no patient's were looked at: all that were seen, those that name her, and how many
    of the others could not be read whole.
    """

    known_by: Mentions
    seen: frozenset[str]
    about: tuple[str, ...]
    unread: int


@dataclass(frozen=True, slots=True)
class Made:
    """How many messages became hers, and how many may be about her that could not be read whole."""

    hers: int
    unread: int


def look_for(reading: Reading, everyone: Sequence[str]) -> LookedAt:
    """The messages of no patient that name the person of these ids. Opens every one of them: it takes its time."""
    known_by = known_of(reading, everyone)
    messages = tuple(destruction.messages_of_nobody(reading)) if known_by else ()
    about, unread = told_apart(reading, messages, known_by)
    return LookedAt(known_by, frozenset(messages), about, unread)


def known_of(reading: Reading, everyone: Iterable[str]) -> Mentions:
    """By which words the people of these ids are known in what names them."""
    return mentions_of(
        (record.resource, record.sources)
        for patient_id in everyone
        for record in _readable(reading, patient_id)
        if record.resource_type == "Patient"
    )


def make_hers(tx: Transaction, looked: LookedAt, patient_id: str) -> Made:
    """Count as the patient's what was found, and what came since. Her destruction then reaches their keys."""
    since = [one for one in destruction.messages_of_nobody(tx) if one not in looked.seen]
    came, unread = told_apart(tx, since, looked.known_by) if looked.known_by else ((), 0)
    hers = sum(destruction.count_as_hers(tx, one, patient_id) for one in (*looked.about, *came))
    return Made(hers, looked.unread + unread)


def _readable(reading: Reading, patient_id: str) -> Iterator[Record]:
    """Her records; none when they cannot be opened any more."""
    try:
        yield from records.of_patient(reading, patient_id, ("Patient",))
    except HandoffError:
        return


def told_apart(reading: Reading, messages: Sequence[str], known_by: Mentions) -> tuple[tuple[str, ...], int]:
    """Those of `messages` that name her, and how many of the others could not be read whole."""
    named = [(one, _names_her(reading, one, known_by)) for one in messages]
    return tuple(one for one, hers in named if hers), sum(hers is None for _, hers in named)


def may_name(reading: Reading, message_id: str, known_by: Mentions) -> bool:
    """Whether the message names a person, or cannot be read whole: then it may."""
    return _names_her(reading, message_id, known_by) is not False


def _names_her(reading: Reading, message_id: str, known_by: Mentions) -> bool | None:
    """None: it cannot be read whole, and what can be read of it does not name her. One message, whatever somebody put
    into it, must not keep every person's key from being destroyed. Raises NotNow when the store cannot be asked.
    """
    try:
        words, kept = read_words(inbox.raw(reading, message_id)), inbox.get(reading, message_id)
        sender = kept.partner if kept is not None else ""
        return known_by.in_words(words.text, sender) or (False if words.whole else None)
    except NotNow:
        raise
    except NotFound:  # destroyed before
        return False
    except Exception as error:  # noqa: BLE001  # it is counted, and goes after HANDOFF_REFUSED_DAYS
        # A wrapping key that was destroyed has taken the message with it.
        gone = isinstance(error, HandoffError) and error.code == "KEK_UNKNOWN"
        return False if gone else None
