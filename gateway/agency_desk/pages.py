"""The pages at `/agency/`: one check of the session before each, every look through the gate, no script."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.agency_desk import login
from gateway.agency_desk.pace import Pace
from gateway.agency_desk.phrases import CATALOGUE, language_of
from gateway.agency_desk.records_in_words import cards, name_of, words_of
from gateway.clock import Clock, new_id
from gateway.errors import AlreadyReceived, HandoffError, NotAllowed, NotFound, NotNow, NotUnderstood
from gateway.flows.agency_desk import MAY_FOLLOW, NEEDS_REASON, ON_A_PAGE, AtDesk, Worker
from gateway.flows.desk_workers import CAME, LEFT, REFUSED
from gateway.partners import DeskDelivery, Network

COOKIE, LANGUAGE = "handoff_desk", "handoff_desk_language"
PATH = "/agency"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_FOLDER = Path(__file__).parent
_STATUS = {NotAllowed: 403, NotFound: 404, NotUnderstood: 400, AlreadyReceived: 409, NotNow: 503}
_LARGEST_FORM = 8192
_ENDED = "ended-"
_RENEWED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages ask of the rest of the gateway.

    `key` signs links and sessions (32 bytes or more); `secure`: whether the pages are reached over https. `use_once`
    keeps an id durably and says whether it was new.
    """

    network: Network
    clock: Clock
    key: bytes
    secure: bool
    use_once: Callable[[str, datetime], Awaitable[bool]]
    was_used: Callable[[str], bool]
    waiting: Callable[[Worker, int], Awaitable[tuple[AtDesk, ...]]]
    opened: Callable[[Worker, str], Awaitable[AtDesk]]
    plan: Callable[[Worker, str], Awaitable[AtDesk]]
    answered: Callable[[Worker, str, str, str, str], Awaitable[None]]
    tell: Callable[[Worker, str, str], Awaitable[None]]
    """For the log: who came, could not or left, and why not."""
    has_to_go: Callable[[Worker, datetime], bool]
    """Whether whatever the worker was given by that instant has ended."""

    def name_of(self, partner: str) -> str:
        """The organization's name; the id of one that is no longer known."""
        found = self.network.partners.get(partner)
        return partner if found is None else found.organization.name

    def serves(self, worker: Worker) -> bool:
        """Whether the worker's organization has a desk here, and takes part."""
        partner = self.network.partners.get(worker.partner)
        return partner is not None and partner.state == "live" and isinstance(partner.delivery, DeskDelivery)


def build_desk(desk: Desk) -> ASGIApp:
    """The pages as an ASGI application, to be mounted at `/agency`."""
    return _Pages(desk)


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._pace = Pace()
        self._style = (_FOLDER / "style.css").read_bytes()
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._router = Router(
            [
                Route("/", self._list),
                Route("/referrals/{id}", self._one, methods=["GET", "POST"]),
                Route("/plans/{id}", self._plan),
                Route("/login", self._login, methods=["GET", "POST"]),
                Route("/logout", self._logout, methods=["POST"]),
                Route("/language", self._language, methods=["POST"]),
                Route("/style.css", self._style_sheet),
                Route("/{rest:path}", self._nothing),
            ],
            redirect_slashes=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._router(scope, receive, send)
        except HandoffError as error:
            status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
            if status == 500:
                raise
            request = Request(scope)
            page = self._page(request, "message.html", status, code=error.code)
            await page(scope, receive, send)

    # ------------------------------------------------------------------------------------------ looking

    async def _list(self, request: Request) -> Response:
        worker = self._worker(request)
        if worker is None:
            return self._stranger(request)
        text = request.query_params.get("before", "")
        before = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
        found = await self._desk.waiting(worker, before)
        rows = [
            {
                "it": one,
                "person": name_of(one.first("Patient")),
                "need": words_of(one.first("ServiceRequest").get("code")),
                "state": str(one.first("Task").get("status", "")),
            }
            for one in found
        ]
        older = found[-1].place if len(found) == ON_A_PAGE else 0
        return self._page(request, "list.html", rows=rows, older=older, is_first=not before)

    async def _one(self, request: Request) -> Response:
        worker = self._worker(request)
        if worker is None:
            return self._stranger(request)
        intent_id = request.path_params["id"]
        if request.method == "POST":
            form = await self._form(request)
            said = [form.get(name, "") for name in ("step", "reason", "version")]
            await self._desk.answered(worker, intent_id, said[0], said[1], said[2])
            return RedirectResponse(f"{intent_id}?saved=1", 303, HEADERS)
        found = await self._desk.opened(worker, intent_id)
        status = str(found.first("Task").get("status", ""))
        return self._page(
            request,
            "referral.html",
            it=found,
            person=name_of(found.first("Patient")),
            state=status,
            version=found.version,
            steps=MAY_FOLLOW.get(status, ()) if found.kind == "referral" else (),
            needs_reason=NEEDS_REASON,
            cards=cards(found.resources),
            saved="saved" in request.query_params,
        )

    async def _plan(self, request: Request) -> Response:
        worker = self._worker(request)
        if worker is None:
            return self._stranger(request)
        found = await self._desk.plan(worker, request.path_params["id"])
        return self._page(request, "plan.html", it=found, cards=cards(found.resources))

    # ------------------------------------------------------------------------------------------ coming and going

    async def _login(self, request: Request) -> Response:
        link = request.query_params.get("link", "")
        if not link:
            return self._stranger(request)
        now = self._desk.clock.now()
        invitation = login.read_link(self._desk.key, link, now)
        if not self._desk.serves(invitation.worker):
            raise NotAllowed("LINK_INVALID", "the organization has no page here")
        if self._desk.has_to_go(invitation.worker, invitation.made_at):
            raise NotAllowed("LINK_EXPIRED", "the link has ended")
        if request.method == "GET":
            return self._page(request, "login.html", link=link, worker=invitation.worker)
        self._refuse_other_origin(request)
        try:
            await self._check_code(invitation, (await _fields(request)).get("code", ""))
            if not await self._desk.use_once(invitation.id, invitation.expires_at):
                raise NotAllowed("LINK_USED", "the link was used before")
        except NotAllowed as error:
            await self._desk.tell(invitation.worker, REFUSED, error.code)
            raise
        await self._desk.tell(invitation.worker, CAME, "")
        answer = RedirectResponse("./", 303, HEADERS)
        self._set_cookie(answer, login.Session(invitation.worker, new_id(), now, now))
        return answer

    async def _check_code(self, invitation: login.Invitation, code: str) -> None:
        """Each try is used up before it is compared, so that two at once count as two."""
        for one in invitation.tries():
            if await self._desk.use_once(one, invitation.expires_at):
                break
        else:
            raise NotAllowed("LINK_LOCKED", "too many wrong codes")
        if not login.is_code(self._desk.key, invitation, code):
            raise NotAllowed("CODE_WRONG", "the code is not that of the link")

    async def _logout(self, request: Request) -> Response:
        session = self._session(request)
        if session is not None:
            await self._form(request)
            await self._desk.use_once(f"{_ENDED}{session.id}", session.ends_at)
            await self._desk.tell(session.worker, LEFT, "")
        answer = RedirectResponse("login", 303, HEADERS)
        answer.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")
        return answer

    async def _language(self, request: Request) -> Response:
        self._refuse_other_origin(request)
        chosen = (await _fields(request)).get("language", "")
        answer = RedirectResponse("./", 303, HEADERS)
        if chosen in CATALOGUE:
            answer.set_cookie(
                LANGUAGE, chosen, path=PATH, httponly=True, samesite="strict", secure=self._desk.secure
            )
        return answer

    async def _nothing(self, request: Request) -> Response:
        if self._worker(request) is None:
            return self._stranger(request)
        raise NotFound("NO_SUCH_PAGE", "there is no such page")

    async def _style_sheet(self, _request: Request) -> Response:
        return Response(
            self._style, headers={**HEADERS, "Cache-Control": "max-age=300"}, media_type="text/css"
        )

    # ------------------------------------------------------------------------------------------ who

    def _session(self, request: Request) -> login.Session | None:
        """The session of a request, asked for once; none of an organization that has no desk any more."""
        if not hasattr(request.state, "session"):
            cookie = request.cookies.get(COOKIE)
            session = login.session_of(self._desk.key, cookie, self._desk.clock.now())
            gone = session is not None and (
                not self._desk.serves(session.worker)
                or self._desk.was_used(f"{_ENDED}{session.id}")
                or self._desk.has_to_go(session.worker, session.began)
            )
            request.state.session = None if gone else session
        found: login.Session | None = request.state.session
        return found

    def _worker(self, request: Request) -> Worker | None:
        """Who opens a page, if anybody. Raises NotNow `TOO_MANY_PAGES`."""
        session = self._session(request)
        if session is None:
            return None
        if not self._pace.allows(session.id, self._desk.clock.now()):
            raise NotNow("TOO_MANY_PAGES", "too many pages in a minute", retry_after_seconds=60)
        return session.worker

    def _stranger(self, request: Request) -> Response:
        return self._page(request, "message.html", 401, code="")

    async def _form(self, request: Request) -> Mapping[str, str]:
        """A form of the session's own. Raises NotAllowed `OTHER_ORIGIN`, `FORM_TOKEN`."""
        self._refuse_other_origin(request)
        form = await _fields(request)
        wanted = login.form_token(self._desk.key, self._session(request))
        if not hmac.compare_digest(form.get("token", "").encode(), wanted.encode()):
            raise NotAllowed("FORM_TOKEN", "this form is not from this session")
        return form

    def _refuse_other_origin(self, request: Request) -> None:
        """A form is taken only from our own pages; its token and the cookie's SameSite are the other fences."""
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != request.headers.get("host", ""):
            raise NotAllowed("OTHER_ORIGIN", "this form was sent from another site")

    def _set_cookie(self, answer: Response, session: login.Session) -> None:
        answer.set_cookie(
            COOKIE,
            login.cookie_of(self._desk.key, session),
            max_age=login.LONGEST_HOURS * 3600,
            path=PATH,
            httponly=True,
            samesite="strict",
            secure=self._desk.secure,
        )

    def _page(self, request: Request, template: str, status: int = 200, **facts: Any) -> Response:
        session, now = self._session(request), self._desk.clock.now()
        language = language_of(request.cookies.get(LANGUAGE), request.headers.get("accept-language", ""))
        known = {
            "worker": None if session is None else session.worker,
            "say": CATALOGUE[language],
            "language": language,
            "other_language": "es" if language == "en" else "en",
            "form_token": login.form_token(self._desk.key, session),
            "network": self._desk.network.content.network,
            "agency": self._desk.name_of,
            "root": str(request.scope.get("root_path", "")) + "/",
            **facts,
        }
        content = self._templates.get_template(template).render(known)
        answer = Response(content, status, HEADERS, media_type="text/html")
        if session is not None and now - session.last_seen > _RENEWED_AFTER:
            self._set_cookie(answer, replace(session, last_seen=now))
        return answer


async def _fields(request: Request) -> Mapping[str, str]:
    """The fields of a form. Raises NotUnderstood `FORM_TOO_LARGE`."""
    found = b""
    async for piece in request.stream():
        found += piece
        if len(found) > _LARGEST_FORM:
            raise NotUnderstood("FORM_TOO_LARGE", "the form is too large")
    return dict(parse_qsl(found.decode("utf-8", "replace")))
