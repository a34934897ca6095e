"""Whose authenticator app is asked for as a second factor: an id under a keyed name; no secret is stored.

A phone's id is of its number and of the login at which it was set up, so that nobody learns at another login what the
next phone's codes are. A phone that is lost is given up. `about` names whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace as with_changes

from gateway.audit import AuditEntry, append
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived
from gateway.flows import passkeys
from gateway.flows.decided_here import act_entry
from gateway.store import Reading, Transaction, tokens

ISSUER = "#phones"
SET_UP, GIVEN_UP = "phone_set_up", "phone_given_up"
_FOR_GOOD = "9999-12-31T00:00:00.000000Z"
_CLIENT = "client"


def of_client(patient_id: str) -> tuple[str, ...]:
    """Whose phone it is, where it is a client's."""
    return (_CLIENT, patient_id)


def of_worker(partner: str, name: str) -> tuple[str, ...]:
    """Whose phone it is, where it is a worker's."""
    return ("worker", partner, name.casefold())


def phone_of(premises: Premises, about: Sequence[str]) -> str:
    """The id of the phone whose codes are asked for; empty where none was set up."""
    with premises.store.read() as reading:
        return _phone(premises, reading, about)


def has_second(premises: Premises, about: Sequence[str]) -> bool:
    """Whether a phone or a passkey is asked for, and no code told by somebody."""
    with premises.store.read() as reading:
        return has_second_in(premises, reading, about)


def has_second_in(premises: Premises, reading: Reading, about: Sequence[str]) -> bool:
    """The same as of that reading."""
    return bool(_phone(premises, reading, about)) or bool(passkeys.passkeys_in(premises, reading, about))


async def phone_set_up(premises: Premises, about: Sequence[str], phone: str) -> None:
    """From now on the codes of that phone are asked for; the log has it. Raises AlreadyReceived `PHONE_SET_UP`."""

    def work(tx: Transaction) -> None:
        if _phone(premises, tx, about):
            raise AlreadyReceived("PHONE_SET_UP", "a phone is asked for already")
        tokens.remember(tx, ISSUER, _name(premises, "phone", about) + phone, _FOR_GOOD)
        append(tx, _entry(premises, about, SET_UP, "its app is asked for at each login"))

    await premises.store.write(work)


def give_up(premises: Premises, tx: Transaction, about: Sequence[str], said: str) -> None:
    """The phone is lost, and a passkey with it: the next link asks for a code again, the next phone gets other codes.
    The log has it, where there was one.
    """
    phone = _phone(premises, tx, about)
    if phone:
        tokens.remember(tx, ISSUER, _name(premises, "gone", about) + phone, _FOR_GOOD)
        append(tx, _entry(premises, about, GIVEN_UP, said))
    passkeys.give_up(premises, tx, about, said)


def keep_given_up(index: passkeys.Index, tx: Transaction, about: Sequence[str]) -> None:
    """Give up what is asked for, of which the log says so already."""
    for phone in tokens.that_begin(tx, ISSUER, _named(index, "phone", about)):
        tokens.remember(tx, ISSUER, _named(index, "gone", about) + phone, _FOR_GOOD)
    passkeys.keep_given_up(index, tx, about)


def doubt_all(tx: Transaction) -> None:
    """Phones and passkeys, whoever's they are: that they were given up may have been lost."""
    for one in tokens.that_begin(tx, ISSUER, "phone-"):
        tokens.remember(tx, ISSUER, f"doubt-{one}", _FOR_GOOD)
    passkeys.doubt_all(tx)


def is_doubtful(premises: Premises, reading: Reading, about: Sequence[str]) -> bool:
    """Whether a phone or passkey that is asked for may have been given up before a restore: no link goes by mail, until
    it is given up and another is set up.
    """
    doubted = tokens.that_begin(reading, ISSUER, _name(premises, "doubt", about))
    return _phone(premises, reading, about) in doubted or passkeys.is_doubtful(premises, reading, about)


def next_phone(premises: Premises, about: Sequence[str], login_id: str) -> str:
    """The id that a phone gets when it is set up at that login (the id of its session)."""
    with premises.store.read() as reading:
        number = len(tokens.that_begin(reading, ISSUER, _name(premises, "phone", about))) + 1
    return f"{number:03d}-" + premises.keys.index("phone-login", "|".join(about), login_id)


def _phone(premises: Premises, reading: Reading, about: Sequence[str]) -> str:
    known = tokens.that_begin(reading, ISSUER, _name(premises, "phone", about))
    gone = set(tokens.that_begin(reading, ISSUER, _name(premises, "gone", about)))
    return next((one for one in known if one not in gone), "")


def _entry(premises: Premises, about: Sequence[str], outcome: str, said: str) -> AuditEntry:
    """The entry of what became of somebody's phone."""
    at = instant_text(premises.clock.now())
    if about[0] == _CLIENT:
        return act_entry(outcome, at, said, patient_id=about[1])
    return with_changes(act_entry(outcome, at, said, partner=about[1]), recipient_name=about[2])


def _name(premises: Premises, what: str, about: Sequence[str]) -> str:
    return _named(premises.keys.index, what, about)


def _named(index: passkeys.Index, what: str, about: Sequence[str]) -> str:
    return f"{what}-" + index("phone", "|".join(about[:-1]), about[-1].casefold()) + "-"
