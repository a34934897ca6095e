"""A passkey beside the link, for workers and for a person's own page: what a page offers, and whether its answer counts.

A challenge says itself, under a signature of ours, what it is for and since when; each counts once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.clock import new_id
from gateway.errors import NotAllowed
from gateway.flows.passkeys import MOST
from gateway.security import passkeys
from gateway.security.passkeys import Passkey, Place
from gateway.security.signed_texts import read_signed, signed

MINUTES = 5
_USE = b"passkey challenge"
_MAKE, _MORE, _SHOW, _GONE = "make", "more", "show", "gone"
_USER_ID_BYTES = 32


@dataclass(frozen=True, slots=True)
class Passkeys:
    """The flows of `flows.passkeys`, and where passkeys are good (None: browsers offer none here)."""

    place: Place | None
    known: Callable[[Sequence[str]], tuple[Passkey, ...]]
    set_up: Callable[[Sequence[str], Passkey, bool], Awaitable[None]]
    used: Callable[[Sequence[str], Passkey], Awaitable[bool]]
    since: Callable[[Sequence[str]], tuple[tuple[str, str], ...]]
    removed: Callable[[Sequence[str], str, bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page tells the browser: the options as JSON, and the challenge as it comes back with the form."""

    options: str
    challenge: str


@dataclass(frozen=True, slots=True)
class Asking:
    """One page that asks for a passkey. `at`: the link or session it belongs to; `use_once` as of the pages."""

    keys: Passkeys
    whose: Sequence[str] = field(repr=False)
    at: str = field(repr=False)
    key: bytes = field(repr=False)
    now: datetime
    use_once: Callable[[str, datetime], Awaitable[bool]]

    def to_make(self, name: str, network: str, by_another: bool = False) -> Offer | None:
        """What a page offers to make a passkey; None where no browser would, or where one was not shown first."""
        known = self.keys.known(self.whose)
        if self.keys.place is None or (known and not by_another) or len(known) >= MOST:
            return None
        challenge = self._challenge(_MORE if by_another else _MAKE)
        said = "\n".join(self.whose).encode()
        user_id = hmac.new(self.key, b"passkey user\n" + said, hashlib.sha256).digest()[:_USER_ID_BYTES]
        who = (user_id, name)
        return Offer(
            passkeys.creation_options(self.keys.place, challenge.encode(), who, network, known), challenge
        )

    def to_show(self) -> Offer | None:
        """What a page offers to show a passkey; None where there is none."""
        known = self.keys.known(self.whose)
        if self.keys.place is None or not known:
            return None
        challenge = self._challenge(_SHOW)
        return Offer(passkeys.request_options(self.keys.place, challenge.encode(), known), challenge)

    async def make(self, form: Mapping[str, str]) -> None:
        """Keep the passkey that a form brings. Raises NotAllowed `PASSKEY_WRONG`, AlreadyReceived `PASSKEY_SET_UP`."""
        kind = self._kind_of(form)
        place, challenge = await self._asked(kind if kind == _MORE else _MAKE, form)
        made = passkeys.made(place, challenge, form.get("passkey", ""))
        await self.keys.set_up(self.whose, made, kind == _MORE)

    def to_remove(self) -> str:
        """What the forms carry by which a passkey is removed, on a page behind one that was shown."""
        return self._challenge(_GONE)

    async def remove(self, form: Mapping[str, str], has_phone: bool) -> None:
        """Remove the passkey that a form names. Raises NotAllowed `PASSKEY_WRONG`, `PASSKEY_LAST`, NotFound
        `NO_SUCH_PASSKEY`.
        """
        await self._asked(_GONE, {"challenge": form.get("gone", "")})
        await self.keys.removed(self.whose, form.get("name", ""), has_phone)

    def listed(self) -> tuple[tuple[str, str], ...]:
        """Her passkeys: by what a form calls each, with the day on which it was set up (empty: not known)."""
        return self.keys.since(self.whose)

    async def is_shown(self, form: Mapping[str, str]) -> bool:
        """Whether a form brings a passkey of hers, for this very page."""
        try:
            place, challenge = await self._asked(_SHOW, form)
            known = self.keys.known(self.whose)
            found = passkeys.shown(place, challenge, form.get("passkey", ""), known)
        except NotAllowed:
            return False
        return await self.keys.used(self.whose, found)

    def _kind_of(self, form: Mapping[str, str]) -> str:
        found = read_signed(self.key, _USE, form.get("challenge", ""))
        return "" if found is None else str(found[2])

    def _challenge(self, kind: str) -> str:
        return signed(self.key, _USE, [new_id(), int(self.now.timestamp()), kind, self.at])

    async def _asked(self, kind: str, form: Mapping[str, str]) -> tuple[Place, bytes]:
        """Where and with what was asked, once. Raises NotAllowed `PASSKEY_WRONG`."""
        said = form.get("challenge", "")
        found = read_signed(self.key, _USE, said)
        if found is not None and self.keys.place is not None:
            one, since, of_kind, at = found
            until = datetime.fromtimestamp(int(since), self.now.tzinfo) + timedelta(minutes=MINUTES)
            is_ours = (of_kind, at) == (kind, self.at) and self.now < until
            if is_ours and await self.use_once(f"passkey-{one}", until):
                return self.keys.place, said.encode()
        raise NotAllowed("PASSKEY_WRONG", "load the page again: this was asked too long ago, or before")
