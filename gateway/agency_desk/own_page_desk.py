"""What a person's own page asks of the rest of the gateway. Wiring binds the flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.agency_desk.passkeys import Passkeys
from gateway.clock import Clock
from gateway.disclosure.accounting import AccountLine
from gateway.flows.own_meetings import Calendar
from gateway.flows.own_page import Permission, Stopped
from gateway.pages import make_link
from gateway.partners import Network
from gateway.security.signed_texts import digits

NAME = "own page"
LINK_HOURS, CODE_DIGITS = 24, 8
LINK, _CODE = b"own page link", b"own page code"


@dataclass(frozen=True, slots=True)
class OwnPage:
    """The flows of `own_page` and `own_page_doors`; a patient is named by the id in her link."""

    network: Network
    clock: Clock
    key: bytes = field(repr=False)
    secure: bool
    use_once: Callable[[str, datetime], Awaitable[bool]]
    was_used: Callable[[str], bool]
    has_to_go: Callable[[str, datetime], bool]
    making: Callable[[str], str]
    """What names the making of her last link."""
    tell: Callable[[str, str, str], Awaitable[None]]
    permissions: Callable[[str], Awaitable[tuple[Permission, ...]]]
    told_whom: Callable[[str], Awaitable[tuple[AccountLine, ...]]]
    withdrawn: Callable[[str, Sequence[str]], Awaitable[tuple[Stopped, ...]]]
    ask: Callable[[str, str, str], Awaitable[None]]
    phone_of: Callable[[tuple[str, ...]], str]
    next_phone: Callable[[tuple[str, ...], str], str]
    phone_set_up: Callable[[tuple[str, ...], str], Awaitable[None]]
    passkeys: Passkeys
    calendar: Callable[[str], Awaitable[Calendar]]
    stop_messages: Callable[[str], Awaitable[None]]


def own_link(key: bytes, patient_id: str, now: datetime) -> str:
    """The secret part of a link to a person's own page."""
    return make_link(key, LINK, (patient_id,), now, timedelta(hours=LINK_HOURS))[0]


def code_of(key: bytes, patient_id: str, made: str) -> str:
    """The code that goes with the link of that making (`own_page_doors.making`); another worker tells it to her."""
    return digits(key, _CODE, f"{patient_id} {made}", CODE_DIGITS)
