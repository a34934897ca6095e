"""What the consent desk asks of the rest of the gateway. Wiring binds the flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from gateway.disclosure.desk_forms import Form, Line, Wanted
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_drafts import Draft
from gateway.flows.consent_taking import Preview, Taken
from gateway.flows.consents_given import Given
from gateway.flows.desk_clients import Client, Described
from gateway.flows.desk_refusals import Refused
from gateway.flows.patient_notices import Standing as NoticeStanding
from gateway.store import Intent


@dataclass(frozen=True, slots=True)
class SigningDesk:
    """The flows of `consent_drafts`, and the address under which the gateway is reached."""

    address: str
    keep: Callable[[Worker, Wanted, tuple[str, ...], str, str], Awaitable[str]]
    state: Callable[[Worker, str, str], Awaitable[str]]
    call_off: Callable[[Worker, str, str], Awaitable[None]]
    link_told: Callable[[str, str, str], Awaitable[None]]
    leave: Callable[[Worker], Awaitable[None]]
    held: Callable[[str], Draft | None]
    read: Callable[[str], Awaitable[tuple[Draft, Preview]]]
    sign: Callable[[str, str], Awaitable[tuple[Taken, ...]]]


@dataclass(frozen=True, slots=True)
class ConsentDesk:
    """The flows of `consent_taking` and `desk_clients`, for one set of premises."""

    find: Callable[[Worker, Described], Awaitable[Client | None]]
    register: Callable[[Worker, Described], Awaitable[str]]
    client: Callable[[Worker, str, str], Awaitable[Client]]
    from_request: Callable[[Worker, str], Awaitable[tuple[Intent, tuple[Line, ...]]]]
    given: Callable[[Worker, str], Awaitable[tuple[tuple[Given, ...], tuple[Given, ...]]]]
    preview: Callable[[Worker, Wanted, Sequence[str]], Awaitable[Preview]]
    signing: SigningDesk
    paper: Callable[[Worker, str, str], Awaitable[str]]
    withdrawn: Callable[[Worker, str, str], Awaitable[None]]
    written: Callable[[Worker, str, str], Awaitable[None]]
    said_no: Callable[[Worker, str, int], Awaitable[None]]
    refusals: Callable[[Worker, str], Awaitable[tuple[Refused, ...]]]
    refusal_ended: Callable[[Worker, str, str, str], Awaitable[None]]
    notice: Callable[[Worker, str], Awaitable[NoticeStanding | None]]
    notice_given: Callable[[Worker, str, str, str], Awaitable[None]]
    may_tell_back: Callable[[Worker], frozenset[str]]
    may_have_safety_plan: Callable[[str], bool]
    """Whether a kind of partner may be shown a safety plan at all."""
    own_link: Callable[[Worker, str, str], Awaitable[tuple[str, bool]]]
    """The address of a link to a client's own page, and whether her phone is asked there. The last argument says by
    which document it was checked who she is.
    """
    own_code: Callable[[Worker, str], Awaitable[str]]
    """The code of that link, for another worker."""
    phone_lost: Callable[[Worker, str, str], Awaitable[None]]
    text: Callable[[Form], str]
    """A form in full, as it is read before it is signed."""
