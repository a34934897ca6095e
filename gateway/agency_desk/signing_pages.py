"""The page at `/sign/`: a client reads one draft and signs it, at the tablet handed to her or on her own phone.

Whoever holds its session opens this draft and nothing else. From the tablet a worker gets back into her own pages by
her second thing alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.agency_desk import phones, signing
from gateway.agency_desk.desk import Desk
from gateway.agency_desk.login import MOST_TRIES
from gateway.agency_desk.passkeys import Asking
from gateway.agency_desk.sites import PATH, Signer, desk_site, signer_of, signing_site
from gateway.agency_desk.spoken_pages import SpokenPages
from gateway.errors import NotAllowed, NotFound
from gateway.flows.consent_drafts import LINK_OPENED, LINK_REFUSED, PHONE, TABLET
from gateway.pages import HEADERS, Frame, Link, Pace, Session

_LANGUAGE = "handoff_sign_language"
_OVER_KEPT = timedelta(days=90)
"""So long an old link is not told to the log again."""


def build_signing(desk: Desk) -> ASGIApp:
    """The page as an ASGI application, to be mounted at `/sign`."""
    return _Pages(desk)


class _Pages(SpokenPages):
    language_cookie = _LANGUAGE
    frame = "sign_frame.html"

    def __init__(self, desk: Desk) -> None:
        super().__init__(signing_site(desk), Pace())
        self._desk = desk
        self._agency = Frame(desk_site(desk))
        self._serve(
            (
                Route("/", self._read, methods=["GET"]),
                Route("/", self._sign, methods=["POST"]),
                Route("/back", self._back, methods=["GET", "POST"]),
                Route("/login", self._login, methods=["GET", "POST"]),
                Route("/logout", self._logout, methods=["POST"]),
                Route("/language", self._language, methods=["POST"]),
            )
        )

    # ------------------------------------------------------------------------------------------ the client

    async def _read(self, request: Request) -> Response:
        signer = self._signer(request)
        if signer is None:
            return self._stranger(request)
        draft, read = await self._desk.consents.signing.read(signer.id)
        return self._page(
            request,
            "sign.html",
            read=read,
            own=draft.partner,
            spoken=draft.wanted.language,
            person=draft.wanted.patient_name,
            text_of=self._desk.consents.text,
        )

    async def _sign(self, request: Request) -> Response:
        signer = self._signer(request)
        if signer is None:
            return self._stranger(request)
        form = await self._frame.form(request)
        typed = form.get("name", "") if form.get("agree") == "yes" else ""
        return await self._or_again(
            request, self._signed(request, signer, typed), partial(self._read, request)
        )

    async def _signed(self, request: Request, signer: Signer, typed: str) -> Response:
        taken = await self._desk.consents.signing.sign(signer.id, typed)
        return self._page(request, "sign_done.html", papers=[one.text for one in taken])

    # ------------------------------------------------------------------------------------------ the worker

    async def _back(self, request: Request) -> Response:
        """The worker takes the tablet: her phone's code, or the one she has chosen; five wrong ones end it."""
        signer, session = self._signer(request), self._frame.session(request)
        if signer is None or session is None:
            return self._stranger(request)
        if signer.way != TABLET:
            raise NotFound("NO_SUCH_PAGE", "there is no such page")
        if request.method == "GET":
            by_phone = not signer.proof and bool(self._desk.phones.asked(phones.about(signer.worker)))
            offer = None if signer.proof else self._asking(signer, session.id).to_show()
            return self._page(request, "sign_back.html", by_phone=by_phone, passkey=offer)
        form = await self._frame.form(request)
        try:
            await self._use_up((f"back{place}-{session.id}" for place in range(MOST_TRIES)), session.ends_at)
            if not await self._is_hers(signer, session.id, form):
                raise NotAllowed("CODE_WRONG", "the code is not that of the worker")
        except NotAllowed as error:
            await self._desk.tell(signer.worker, signing.NOT_TAKEN_BACK, error.code)
            raise
        await self._desk.tell(signer.worker, signing.TAKEN_BACK, "")
        who = (signer.worker.partner, signer.worker.name)
        place = f"..{PATH}/consents/{signer.patient}/drafts/{signer.id}"
        answer = self._agency.begin(who, place, signer.began_at)
        await self._frame.end_in(answer, session.id)
        return answer

    def _asking(self, signer: Signer, at: str) -> Asking:
        return phones.asking(self._desk, phones.about(signer.worker), at)

    async def _is_hers(self, signer: Signer, at: str, form: Mapping[str, str]) -> bool:
        """Whether that is what she takes the tablet back by: the digits she chose, else her phone or her passkey."""
        about, code = phones.about(signer.worker), form.get("code", "")
        if signer.proof:
            return signing.is_proof(self._desk, signer, code)
        if form.get("passkey"):
            return await self._asking(signer, at).is_shown(form)
        phone = self._desk.phones.asked(about)
        return bool(phone) and await phones.shows(self._desk, about, phone, code)

    # ------------------------------------------------------------------------------------------ her own phone

    async def _login(self, request: Request) -> Response:
        text = request.query_params.get("link", "")
        if not text:
            return self._stranger(request)
        link = signing.link_of(self._desk, text)
        signer = signer_of(self._desk, link.who)
        if signer is None:
            raise NotAllowed("LINK_EXPIRED", "the link has ended")
        if await self._is_over(link, signer):
            raise NotAllowed("LINK_EXPIRED", "the link has ended")
        if request.method == "GET":
            return self._page(request, "sign_login.html", link=text)
        form = await self._frame.open_form(request)
        try:
            await self._use_up((f"try{place}-{link.id}" for place in range(MOST_TRIES)), link.expires_at)
            if not signing.is_code(self._desk, link, form.get("code", "")):
                raise NotAllowed("CODE_WRONG", "the code is not that of the link")
            if not await self._desk.use_once(link.id, link.expires_at):
                raise NotAllowed("LINK_USED", "the link was used before")
        except NotAllowed as error:
            await self._desk.consents.signing.link_told(signer.id, LINK_REFUSED, error.code)
            raise
        await self._desk.consents.signing.link_told(signer.id, LINK_OPENED, "")
        return self._frame.begin(link.who, "./")

    async def _is_over(self, link: Link, signer: Signer) -> bool:
        """Whether a link opens nothing any more; the log has it under the draft, once for a link."""
        desk, now = self._desk, self._desk.clock.now()
        is_good = link.expires_at > now and desk.serves(signer.worker)
        if is_good and not desk.has_to_go(signer.worker, link.made_at):
            return False
        if await desk.use_once(f"over-{link.id}", now + _OVER_KEPT):
            await desk.consents.signing.link_told(signer.id, LINK_REFUSED, "LINK_EXPIRED")
        return True

    async def _logout(self, request: Request) -> Response:
        """She is done on her phone; the tablet goes back to the worker instead."""
        signer, session = self._signer(request), self._frame.session(request)
        if signer is None or session is None:
            return self._stranger(request)
        await self._frame.form(request)
        if signer.way != PHONE:
            return RedirectResponse("back", 303, HEADERS)
        answer = await self._frame.end(request, "login")
        answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return answer

    # ------------------------------------------------------------------------------------------ who

    def _signer(self, request: Request) -> Signer | None:
        """Whose turn it is, if anybody's. Raises NotNow `TOO_MANY_PAGES`."""
        session = self._session(request)
        return None if session is None else signer_of(self._desk, session.who)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._desk.network.zone)

    def _facts(self, session: Session | None, say: Mapping[str, str]) -> Mapping[str, Any]:
        signer = None if session is None else signer_of(self._desk, session.who)
        return {
            "signer": signer,
            "is_in": signer is not None,
            "is_tablet": signer is not None and signer.way == TABLET,
            "agency": self._desk.name_of,
            "back": say["sg_again"],
            "ended": say["sg_ended"],
            "ended_note": say["sg_ended_note"],
            "foot": "",
        }
