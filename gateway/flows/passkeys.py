"""Whose passkeys are asked for at a login: public keys and counts under a keyed name; nothing of them is secret.

`about` names whose it is, as for phones. The count of a device that counts only ever goes up: where it does not, there
are two of it (W3C Web Authentication, section 6.1.1).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace as with_changes

from gateway.audit import AuditEntry, append
from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotAllowed, NotFound
from gateway.flows.decided_here import act_entry
from gateway.security.passkeys import Passkey
from gateway.store import Reading, Transaction, tokens

ISSUER = "#passkeys"
MOST = 5
_YEARS = 4000
"""A passkey is known until so many years after it was set up: the store keeps that instant alone. Days of a leap year
stay what they are.
"""
SET_UP, GIVEN_UP, COPIED = "passkey_set_up", "passkey_given_up", "passkey_copied"
_FOR_GOOD = "9999-12-31T00:00:00.000000Z"
Index = Callable[[str, str, str], str]
_NOT_USED = datetime(9000, 1, 1, tzinfo=UTC)
"""A count stands as so many seconds after it, where the store keeps an instant."""


def passkeys_of(premises: Premises, about: Sequence[str]) -> tuple[Passkey, ...]:
    """The passkeys that are asked for; none where none was set up."""
    with premises.store.read() as reading:
        return passkeys_in(premises, reading, about)


async def passkey_set_up(
    premises: Premises, about: Sequence[str], made: Passkey, by_another: bool = False
) -> None:
    """From now on that passkey is asked for, or another of hers; the log has it. `by_another`: she has shown one, or her
    phone, before. Raises AlreadyReceived `PASSKEY_SET_UP`, also for one too many.
    """

    def work(tx: Transaction) -> None:
        known = passkeys_in(premises, tx, about)
        if (known and not by_another) or len(known) >= MOST or made.id in (one.id for one in known):
            raise AlreadyReceived("PASSKEY_SET_UP", "a passkey is asked for already")
        said = f"{_text(made.id)}.{_text(made.public_key)}"
        since = premises.clock.now()
        kept_until = instant_text(since.replace(year=since.year + _YEARS))
        tokens.remember(tx, ISSUER, _name(premises, "known", about) + said, kept_until)
        _count(premises, tx, about, made)
        append(tx, _entry(premises, about, SET_UP, "it is asked for at each login"))

    await premises.store.write(work)


async def passkey_used(premises: Premises, about: Sequence[str], shown: Passkey) -> bool:
    """Whether a passkey that was shown counts: still known, and its count has gone up. The log has it where not."""

    def work(tx: Transaction) -> bool:
        known = next((one for one in passkeys_in(premises, tx, about) if one.id == shown.id), None)
        if known is None:
            return False
        if shown.count <= known.count and (shown.count or known.count):
            append(tx, _entry(premises, about, COPIED, "its count went back: there may be two of it"))
            return False
        _count(premises, tx, about, shown)
        return True

    return await premises.store.write(work)


async def passkey_removed(premises: Premises, about: Sequence[str], name: str, has_phone: bool) -> None:
    """That one of her passkeys (`name_of`) is not asked for any more; the log has it.

    Raises NotFound `NO_SUCH_PASSKEY`, NotAllowed `PASSKEY_LAST` for the only second thing that she has.
    """

    def work(tx: Transaction) -> None:
        known = passkeys_in(premises, tx, about)
        if name not in (name_of(one) for one in known):
            raise NotFound("NO_SUCH_PASSKEY", "there is no such passkey any more")
        if len(known) == 1 and not has_phone:
            raise NotAllowed("PASSKEY_LAST", "set up another one, or a phone, before the last is removed")
        tokens.remember(tx, ISSUER, _name(premises, "gone", about) + name, _FOR_GOOD)
        append(tx, _entry(premises, about, GIVEN_UP, "removed by its holder"))

    await premises.store.write(work)


def name_of(one: Passkey) -> str:
    """What a form calls a passkey."""
    return _text(one.id)


def since(premises: Premises, about: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Her passkeys by name, the oldest first, with the day (UTC) on which each was set up, if it is kept."""
    with premises.store.read() as reading:
        start = _name(premises, "known", about)
        here = {name_of(one) for one in passkeys_in(premises, reading, about)}
        rows = [
            (one.partition(".")[0], tokens.remembered_until(reading, ISSUER, start + one) or "")
            for one in tokens.that_begin(reading, ISSUER, start)
        ]
    found = ((name, _day(until)) for name, until in rows if name in here)
    return tuple(sorted(found, key=lambda one: one[1]))


def _day(kept_until: str) -> str:
    year = int(kept_until[:4] or 0) - _YEARS
    return "" if kept_until == _FOR_GOOD or year < 0 else f"{year:04}{kept_until[4:10]}"


def give_up(premises: Premises, tx: Transaction, about: Sequence[str], said: str) -> None:
    """Her device is lost: its passkey is not asked for any more. The log has it, where there was one."""
    for one in passkeys_in(premises, tx, about):
        tokens.remember(tx, ISSUER, _name(premises, "gone", about) + _text(one.id), _FOR_GOOD)
        append(tx, _entry(premises, about, GIVEN_UP, said))


def keep_given_up(index: Index, tx: Transaction, about: Sequence[str]) -> None:
    """Give up each that is known, of which the log says so already."""
    for one in tokens.that_begin(tx, ISSUER, _named(index, "known", about)):
        tokens.remember(tx, ISSUER, _named(index, "gone", about) + one.partition(".")[0], _FOR_GOOD)


def doubt_all(tx: Transaction) -> None:
    """Whoever's they are: that they were given up may have been lost."""
    for one in tokens.that_begin(tx, ISSUER, "known-"):
        tokens.remember(tx, ISSUER, f"doubt-{one.partition('.')[0]}", _FOR_GOOD)


def is_doubtful(premises: Premises, reading: Reading, about: Sequence[str]) -> bool:
    """Whether one that is asked for may have been given up before a restore."""
    doubted = set(tokens.that_begin(reading, ISSUER, _name(premises, "doubt", about)))
    return any(_text(one.id) in doubted for one in passkeys_in(premises, reading, about))


def passkeys_in(premises: Premises, reading: Reading, about: Sequence[str]) -> tuple[Passkey, ...]:
    """The same as of that reading."""
    known = tokens.that_begin(reading, ISSUER, _name(premises, "known", about))
    gone = set(tokens.that_begin(reading, ISSUER, _name(premises, "gone", about)))
    found = []
    for one in known:
        name, _, key = one.partition(".")
        if name not in gone:
            at = tokens.remembered_until(reading, ISSUER, _name(premises, "count", about) + name)
            count = int((read_instant(at) - _NOT_USED).total_seconds()) if at else 0
            found.append(Passkey(_bytes(name), _bytes(key), count))
    return tuple(found)


def _count(premises: Premises, tx: Transaction, about: Sequence[str], one: Passkey) -> None:
    at = instant_text(_NOT_USED + timedelta(seconds=one.count))
    tokens.remember(tx, ISSUER, _name(premises, "count", about) + _text(one.id), at)


def _entry(premises: Premises, about: Sequence[str], outcome: str, said: str) -> AuditEntry:
    at = instant_text(premises.clock.now())
    if about[0] == "client":
        return act_entry(outcome, at, said, patient_id=about[1])
    return with_changes(act_entry(outcome, at, said, partner=about[1]), recipient_name=about[2])


def _name(premises: Premises, what: str, about: Sequence[str]) -> str:
    return _named(premises.keys.index, what, about)


def _named(index: Index, what: str, about: Sequence[str]) -> str:
    return f"{what}-" + index("passkey", "|".join(about[:-1]), about[-1].casefold()) + "-"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
