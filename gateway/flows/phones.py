"""Whose authenticator app is asked for as a second factor: a number under a keyed name; no secret is stored.

A phone that is lost is given up, and the next one has another number and so other codes. `about` names whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.store import Reading, Transaction, tokens

ISSUER = "#phones"
_FOR_GOOD = "9999-12-31T00:00:00.000000Z"
_MOST_PHONES = 50


def phone_of(premises: Premises, about: Sequence[str]) -> int:
    """The number of the phone whose codes are asked for; 0 where none was set up. `about` names whose it is."""
    with premises.store.read() as reading:
        return _phone(premises, reading, about)


async def phone_set_up(premises: Premises, about: Sequence[str], number: int) -> None:
    """From now on the codes of that phone are asked for."""

    def work(tx: Transaction) -> dict[str, Any]:
        tokens.remember(tx, ISSUER, _name(premises, f"phone{number}", about), _FOR_GOOD)
        return {}

    await premises.store.write(work)


async def phone_given_up(premises: Premises, about: Sequence[str]) -> None:
    """The phone is lost: the next link asks for a code again, and the next phone gets other codes."""
    await premises.store.write(lambda tx: give_up(premises, tx, about))


def give_up(premises: Premises, tx: Transaction, about: Sequence[str]) -> None:
    """The same, with what else is committed."""
    number = _phone(premises, tx, about)
    if number:
        tokens.remember(tx, ISSUER, _name(premises, f"gone{number}", about), _FOR_GOOD)


def next_phone(premises: Premises, about: Sequence[str]) -> int:
    """The number that the next phone gets."""
    with premises.store.read() as reading:
        for number in range(1, _MOST_PHONES):
            if not tokens.was_used(reading, ISSUER, _name(premises, f"phone{number}", about)):
                return number
    return _MOST_PHONES


def _phone(premises: Premises, reading: Reading, about: Sequence[str]) -> int:
    for number in range(1, _MOST_PHONES):
        if not tokens.was_used(reading, ISSUER, _name(premises, f"phone{number}", about)):
            return 0
        if not tokens.was_used(reading, ISSUER, _name(premises, f"gone{number}", about)):
            return number
    return 0


def _name(premises: Premises, what: str, about: Sequence[str]) -> str:
    return f"{what}-" + premises.keys.index("phone", "|".join(about[:-1]), about[-1].casefold())
