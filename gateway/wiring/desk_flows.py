"""The flows behind the pages of the desk, bound to one set of premises; none of them answers while it stands still."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from gateway.agency_desk.consent_desk import ConsentDesk, SigningDesk
from gateway.agency_desk.second_factor import Phones
from gateway.disclosure.desk_forms import form_text, has_safety_plan
from gateway.disclosure.premises import Premises
from gateway.flows import (
    consent_drafts,
    consent_taking,
    consents_given,
    desk_clients,
    desk_notices,
    desk_refusals,
    own_page_doors,
    phones,
)
from gateway.flows.agency_desk import Worker
from gateway.flows.renewals import Renewals
from gateway.flows.to_do import ToDo, to_do
from gateway.wiring.own_page_links import own_page_code, own_page_link
from gateway.wiring.standstill import Standstill

P = ParamSpec("P")
T = TypeVar("T")


class DeskFlows:
    """Binds flows to premises. While `standstill` lasts each answers `PAUSED_AFTER_RESTORE`."""

    def __init__(self, premises: Premises, standstill: Standstill | None) -> None:
        self._premises = premises
        self._standstill = standstill
        self._renewals = Renewals()

    def bound(self, flow: Callable[Concatenate[Premises, P], Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """The flow without its first argument."""

        async def asked(*given: P.args, **named: P.kwargs) -> T:
            return await flow(self._premises, *given, **named)

        return asked if self._standstill is None else self._standstill.guard(asked)

    def at_once(self, flow: Callable[Concatenate[Premises, P], T]) -> Callable[P, Awaitable[T]]:
        """The same of a flow that waits for nothing."""

        async def asked(premises: Premises, /, *given: P.args, **named: P.kwargs) -> T:
            return flow(premises, *given, **named)

        return self.bound(asked)

    def to_do(self) -> Callable[[Worker], Awaitable[ToDo]]:
        """What there is to do for a worker."""

        async def asked(premises: Premises, worker: Worker) -> ToDo:
            return await to_do(premises, self._renewals, worker)

        return self.bound(asked)

    def phones(self) -> Phones:
        """Whose phone is asked for at the login."""
        premises = self._premises
        return Phones(
            asked=partial(phones.phone_of, premises),
            next=partial(phones.next_phone, premises),
            set_up=self.bound(phones.phone_set_up),
        )

    def _signing(self) -> SigningDesk:
        content = self._premises.network.content
        return SigningDesk(
            address=content.public_url or f"http://{content.http}",
            keep=self.bound(consent_drafts.keep),
            state=self.bound(consent_drafts.looked),
            call_off=self.bound(consent_drafts.call_off),
            link_told=partial(consent_drafts.link_told, self._premises),
            leave=partial(consent_drafts.leave, self._premises),  # nothing keeps anybody from logging out
            held=partial(consent_drafts.held, self._premises),
            read=self.bound(consent_drafts.read),
            sign=self.bound(consent_drafts.sign),
        )

    def consent_desk(self) -> ConsentDesk:
        """What the consent desk asks."""
        premises = self._premises
        return ConsentDesk(
            find=self.bound(desk_clients.find_client),
            register=self.bound(desk_clients.register_client),
            client=self.bound(desk_clients.client_of),
            from_request=self.at_once(consent_taking.from_request),
            given=self.at_once(consents_given.given_here),
            preview=self.at_once(consent_taking.preview),
            signing=self._signing(),
            paper=self.bound(consents_given.paper_of),
            withdrawn=self.bound(consents_given.withdrawn_by_voice),
            written=self.bound(consents_given.withdrawal_written),
            said_no=self.bound(consent_taking.said_no),
            refusals=self.at_once(desk_refusals.refusals_here),
            refusal_ended=self.bound(desk_refusals.refusal_ended),
            notice=self.at_once(desk_notices.notice_here),
            notice_given=self.bound(desk_notices.notice_given),
            may_tell_back=partial(consent_taking.may_tell_back, premises),
            may_have_safety_plan=partial(has_safety_plan, premises),
            own_link=self.bound(own_page_link),
            own_code=self.bound(own_page_code),
            phone_lost=self.bound(own_page_doors.phone_lost),
            text=lambda form: form_text(form, premises.clock.now(), premises.network.zone),
        )
