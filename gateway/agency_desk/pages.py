"""The pages at `/agency/`: one check of the session before each, every look through the gate, no script."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.agency_desk import (
    cases,
    consents,
    crisis,
    login,
    own_links,
    phones,
    public_safety,
    referrals,
    services,
    sheets,
    to_do,
)
from gateway.agency_desk.desk import Desk
from gateway.agency_desk.passkeys import Asking
from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.agency_desk.sites import desk_site
from gateway.agency_desk.spoken_pages import SpokenPages
from gateway.errors import HandoffError, NotAllowed, NotFound
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_workers import CAME, LEFT, REFUSED
from gateway.pages import HEADERS, Pace, Session, root_of
from gateway.pages.uploads import LARGEST, Uploaded

LANGUAGE = "handoff_desk_language"
SCREENS: tuple[Screen, ...] = (
    *to_do.SCREENS,
    *referrals.SCREENS,
    *consents.SCREENS,
    *crisis.SCREENS,
    *cases.SCREENS,
    *phones.SCREENS,
    *own_links.SCREENS,
    *services.SCREENS,
    *public_safety.SCREENS,
    *sheets.SCREENS,
)
"""Every screen of the desk. The first that a worker may open is where she comes in."""


def build_desk(desk: Desk) -> ASGIApp:
    """The pages as an ASGI application, to be mounted at `/agency`."""
    return _Pages(desk)


class _Pages(SpokenPages):
    language_cookie = LANGUAGE

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk_site(desk), Pace())
        self._desk = desk
        self._serve(
            (
                *(
                    Route(one.path, partial(self._screen, one), methods=list(one.methods()))
                    for one in SCREENS
                ),
                Route("/login", self._login, methods=["GET", "POST"]),
                Route("/login/mail", self._mail_me, methods=["POST"]),
                Route("/logout", self._logout, methods=["POST"]),
                Route("/language", self._language, methods=["POST"]),
            )
        )

    async def _screen(self, screen: Screen, request: Request) -> Response:
        """One screen: who comes is checked, then whether she may, then her form."""
        worker = self._worker(request)
        if worker is None:
            if request.method == "POST" and not screen.with_file:
                await self._frame.open_form(request, screen.largest_form)  # what was written comes back
            return self._stranger(request)
        if not self._desk.may(worker, screen.right):
            if screen.path == "/":
                return self._begin_elsewhere(request, worker)
            raise NotFound("NO_SUCH_PAGE", "there is no such page")
        act = screen.does if request.method == "POST" else screen.shows
        if act is None:  # HEAD of a screen that is only a form
            raise NotFound("NO_SUCH_PAGE", "there is no such page")
        form, file = await self._sent(screen, request)
        said, path, query = self._said(request), request.path_params, request.query_params
        visit = Visit(self._desk, worker, said, path, query, form, file=file, **self._login_of(request))
        done = self._done(request, screen, act(visit))
        if request.method != "POST" or screen.again is None:
            return await done
        return await self._or_again(request, done, partial(self._shown, request, screen, visit))

    async def _done(self, request: Request, screen: Screen, act: Awaitable[Answer]) -> Response:
        answer = await act
        if isinstance(answer, Page):
            return self._page(request, answer.template, answer.status, here=screen.path, **answer.facts)
        return RedirectResponse(answer.location, 303, HEADERS) if isinstance(answer, GoTo) else answer

    async def _shown(self, request: Request, screen: Screen, visit: Visit) -> Response | None:
        """The page on which the form of a screen stands; None where it cannot be shown now."""
        try:
            return None if screen.again is None else await self._done(request, screen, screen.again(visit))
        except HandoffError:
            return None

    async def _sent(self, screen: Screen, request: Request) -> tuple[Mapping[str, str], Uploaded | None]:
        if request.method != "POST":
            return {}, None
        if screen.with_file:
            return await self._frame.form_with_file(request, screen.largest_form or LARGEST)
        return await self._frame.form(request, screen.largest_form), None

    def _login_of(self, request: Request) -> dict[str, Any]:
        session = self._frame.session(request)
        return {} if session is None else {"login_id": session.id, "login_began": session.began}

    def _begin_elsewhere(self, request: Request, worker: Worker) -> Response:
        """The first screen that the worker may open; a page that says so where there is none."""
        for one in self._menu(worker):
            return RedirectResponse(root_of(request) + one.path.lstrip("/"), 303, HEADERS)
        raise NotFound("NO_SUCH_PAGE", "there is no such page")

    def _menu(self, worker: Worker) -> tuple[Screen, ...]:
        return tuple(one for one in SCREENS if one.menu and self._desk.may(worker, one.right))

    # ------------------------------------------------------------------------------------------ coming and going

    async def _login(self, request: Request) -> Response:
        link = request.query_params.get("link", "")
        if not link:
            return self._stranger(request)
        invitation = login.read_link(self._desk.key, link, self._desk.clock.now())
        if not self._desk.serves(invitation.worker):
            raise NotAllowed("LINK_INVALID", "the organization has no page here")
        if self._desk.has_to_go(invitation.worker, invitation.made_at):
            raise NotAllowed("LINK_EXPIRED", "the link has ended")
        if request.method == "GET":
            by_phone = bool(self._desk.phones.asked(phones.about(invitation.worker)))
            offer, who = self._asking(invitation).to_show(), invitation.worker
            return self._page(request, "login.html", link=link, worker=who, by_phone=by_phone, passkey=offer)
        form = await self._frame.open_form(request)
        try:
            await self._check_code(invitation, form)
            if not await self._desk.use_once(invitation.id, invitation.expires_at):
                raise NotAllowed("LINK_USED", "the link was used before")
        except NotAllowed as error:
            await self._desk.tell(invitation.worker, REFUSED, error.code)
            raise
        await self._desk.tell(invitation.worker, CAME, "")
        return self._frame.begin((invitation.worker.partner, invitation.worker.name), "./")

    async def _mail_me(self, request: Request) -> Response:
        """A link by mail to a worker who is known by her address; whoever asks reads the same."""
        form = await self._frame.open_form(request)
        if self._desk.mail_me is None:
            raise NotFound("NO_SUCH_PAGE", "there is no such page")
        await self._desk.mail_me(form.get("mail", ""))
        say = self.words[self._said(request)]
        return self._page(request, self.message, code="", mails=False, ended_note=say["mail_me_done"])

    def _asking(self, invitation: login.Invitation) -> Asking:
        return phones.asking(self._desk, phones.about(invitation.worker), invitation.id)

    async def _check_code(self, invitation: login.Invitation, form: Mapping[str, str]) -> None:
        await self._use_up(invitation.tries(), invitation.expires_at)
        phones.require_tries(self._desk, invitation.worker)
        if not await self._is_hers(invitation, form):
            await phones.count_wrong(self._desk, invitation.worker)
            raise NotAllowed("CODE_WRONG", "the code is not that of the link")

    async def _is_hers(self, invitation: login.Invitation, form: Mapping[str, str]) -> bool:
        """Whether that is the code of the link; once a phone or a passkey is set up, one of both and no other."""
        about, code = phones.about(invitation.worker), form.get("code", "")
        if form.get("passkey"):
            return await self._asking(invitation).is_shown(form)
        phone = self._desk.phones.asked(about)
        if phone:
            return await phones.shows(self._desk, about, phone, code)
        has_passkey = bool(self._desk.passkeys.known(about))
        return not has_passkey and login.is_code(self._desk.key, invitation, code)

    async def _logout(self, request: Request) -> Response:
        session = self._frame.session(request)
        if session is not None:
            await self._frame.form(request)
            await self._desk.consents.signing.leave(Worker(*session.who))
            await self._desk.tell(Worker(*session.who), LEFT, "")
        return await self._frame.end(request, "login")

    # ------------------------------------------------------------------------------------------ who

    def _worker(self, request: Request) -> Worker | None:
        """Who opens a page, if anybody. Raises NotNow `TOO_MANY_PAGES`."""
        session = self._session(request)
        return None if session is None else Worker(*session.who)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._desk.network.zone)

    def _facts(self, session: Session | None, say: Mapping[str, str]) -> Mapping[str, Any]:
        worker = None if session is None else Worker(*session.who)
        network = self._desk.network.content.operator.name
        return {
            "worker": worker,
            "menu": () if worker is None else self._menu(worker),
            "network": network,
            "agency": self._desk.name_of,
            "mails": worker is None and self._desk.mail_me is not None,
            "back": say["back_first"],
            "ended": say["ended"],
            "ended_note": say["ended_note"].format(network=network),
            "foot": say["recorded"],
        }
