"""What the screens about a client's contacts and link ask of the rest of the gateway. Wiring binds the flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.flows.agency_desk import Worker
from gateway.flows.own_contacts import Contacts


@dataclass(frozen=True, slots=True)
class OwnLinks:
    """The flows of `own_contacts`. `mail_link` is None where the gateway has no mail server."""

    contacts: Callable[[Worker, str], Awaitable[Contacts]]
    agreed: Callable[[Worker, str, Contacts, str], Awaitable[None]]
    mail_link: Callable[[Worker, str], Awaitable[None]] | None
