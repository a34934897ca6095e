"""Mails with a link: kept with the act that asked for them, asked about again before each try, sent at most once.

A link works once and ends the ones before it, so one that may have left is never sent again: whoever waits asks for
another. What is not sent within the hour is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from gateway.clock import instant_text, new_id, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError, NotNow
from gateway.flows.agency_desk import Worker
from gateway.store import Reading, Transaction, mailed_links
from gateway.store.mailed_links import WaitingMail

GOOD_FOR = timedelta(hours=1)
_IN_FLIGHT = timedelta(minutes=2)
"""Longer than a mail server is waited for."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail: to which address with which link; for `worker` herself, or for a client of hers (`patient_id`).

    `made_at`: when the link was made, ISO 8601 UTC.
    """

    worker: Worker = field(repr=False)
    patient_id: str | None
    address: str = field(repr=False)
    link: str = field(repr=False)
    made_at: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """What may be handed over now: the letter, under the id that stays the same for each try, and which try it is."""

    id: str
    letter: Letter = field(repr=False)
    attempt: int


Against = Callable[[Premises, Reading, Letter], str]
"""What speaks against sending a letter now; empty where nothing does."""


def keep(premises: Premises, tx: Transaction, letter: Letter) -> None:
    """Keep a letter in the transaction of what asked for it."""
    now = premises.clock.now()
    until = instant_text(now + GOOD_FOR)
    mailed_links.add(tx, new_id(), letter.patient_id, msgspec.json.encode(letter), instant_text(now), until)


async def claim(
    premises: Premises, against: Against, restored_at: datetime | None = None
) -> Claimed | str | None:
    """The next letter that may leave; why one was dropped (a code), or None where nothing is due.

    `restored_at`: no link from before that opens anything. From a claim on it counts as having left.
    """
    with premises.store.read() as reading:  # nothing is written while nothing waits
        if mailed_links.next_due(reading, instant_text(premises.clock.now())) is None:
            return None

    def work(tx: Transaction) -> Claimed | str | None:
        now = premises.clock.now()
        found = mailed_links.next_due(tx, instant_text(now))
        if found is None:
            return None
        letter = _letter_of(found)
        if found.expires_at <= instant_text(now):  # asked first: whatever else is wrong with it, it goes
            why = "EXPIRED"
        elif found.may_have_left:
            why = "MAY_HAVE_LEFT"
        elif letter is None:
            why = found.unread or "LETTER_UNREADABLE"
        else:
            why = "EXPIRED" if _is_before(letter, restored_at) else _said_no(premises, tx, against, letter)
        if letter is None or why:
            mailed_links.drop(tx, found.id)
            return why
        mailed_links.hand_over(tx, found.id, instant_text(now + _IN_FLIGHT))
        return Claimed(found.id, letter, found.attempts + 1)

    return await premises.store.write(work)


async def sent(premises: Premises, claimed: Claimed) -> None:
    """It was sent, or may have been, or is not tried again."""
    await premises.store.write(lambda tx: mailed_links.drop(tx, claimed.id))


async def not_sent(premises: Premises, claimed: Claimed, wait: timedelta) -> None:
    """It has certainly not left: it is tried again after `wait`."""
    due_at = instant_text(premises.clock.now() + wait)
    await premises.store.write(lambda tx: mailed_links.again(tx, claimed.id, due_at))


def _letter_of(found: WaitingMail) -> Letter | None:
    """None where it cannot be opened, or was kept by a version that wrote letters otherwise."""
    if found.content is None:
        return None
    try:
        letter = msgspec.json.decode(found.content, type=Letter)
        read_instant(letter.made_at)
    except (msgspec.MsgspecError, ValueError):
        return None
    return letter


def _said_no(premises: Premises, tx: Transaction, against: Against, letter: Letter) -> str:
    """Why it does not leave, a code; an exception in what is asked is a refusal too."""
    try:
        return "CHECK_SAID_NO" if against(premises, tx, letter) else ""
    except NotNow:
        raise
    except HandoffError as fault:
        return fault.code


def _is_before(letter: Letter, restored_at: datetime | None) -> bool:
    return restored_at is not None and read_instant(letter.made_at) <= restored_at
