"""The console's frame: one check of the session before every page, one audit entry for each look, no script."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import logs
from gateway.audit import VerifyReport
from gateway.clock import new_id
from gateway.console import words
from gateway.console.acts import content_of_message, content_of_release
from gateway.console.address import SHEET, Address, read_address
from gateway.console.endings import Endings
from gateway.console.login import LONGEST_HOURS, Session, Sessions, read_link
from gateway.console.look import RIGHTS, Look, Shown
from gateway.console.office import Office, PageRead, Visitor
from gateway.console.places import NAVIGATION, PLACES, Place
from gateway.console.sheet import csv_text
from gateway.console.stops import Stops, Told
from gateway.console.tally import Tally
from gateway.console.window import Window, read_window
from gateway.errors import HandoffError, NotAllowed, NotFound, NotNow, NotUnderstood

COOKIE = "handoff_session"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_FOLDER = Path(__file__).parent
_MEDIA_TYPES = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_STATUS = {NotAllowed: 403, NotFound: 404, NotNow: 503, NotUnderstood: 400}
_LARGEST_FORM = 4096
_ENDED = "ended-"
_RENEWED_AFTER = timedelta(minutes=1)
_VERIFY_SECONDS = 3.0
"""So long the button waits for the result; a longer verification goes on behind."""


def build_console(office: Office) -> ASGIApp:
    """The console as an ASGI application, to be mounted at `/console`."""
    return _Console(office)


class _Console:
    """Every page of the console, behind one check of the session."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._sessions = Sessions(office.link_key)
        self._tally = Tally(office.read, office.network.zone)
        self._stops = Stops(office.read, self._tally)
        self._endings = Endings()
        self._verifying: asyncio.Future[VerifyReport] | None = None
        self._files = {name: (_FOLDER / name).read_bytes() for name in _MEDIA_TYPES}
        self._templates = _templates(office)
        self._router = Router(
            [
                *(Route(place.path, partial(self._place, place)) for place in PLACES),
                Route(
                    "/decisions/{seq}/content", partial(self._content, content_of_release), methods=["POST"]
                ),
                Route("/messages/{id}/content", partial(self._content, content_of_message), methods=["POST"]),
                Route("/integrity/verify", self._verify, methods=["POST"]),
                *(Route(f"/{name}", self._file) for name in _MEDIA_TYPES),
                Route("/login", self._login, methods=["GET", "POST"]),
                Route("/logout", self._logout, methods=["POST"]),
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
            session = self._session(request)
            known = {"visitor": session.visitor if session else None, "form_token": self._form_token(request)}
            page = self._page(request, "message.html", status, said=error.message, code=error.code, **known)
            await page(scope, receive, send)

    # ------------------------------------------------------------------------------------------ looking

    async def _place(self, place: Place, request: Request) -> Response:
        """One screen: made from one snapshot, recorded, and only then shown."""
        visitor = self._visitor(request)
        if visitor is None:
            return self._stranger(request)
        path = str(request.url.path).removeprefix(_root(request).rstrip("/")).lstrip("/")
        address = read_address(path, request.query_params, place.filters | {"as"})
        if address.wants_sheet:
            _require(visitor, "export")
        window = read_window(address, self._office.clock.now(), self._office.network.zone, place.days)
        patience = self._office.patience_seconds
        await self._tally.reach(window.since, patience)
        told = await self._stops.reach(window, patience) if place.tells else Told()
        make = partial(self._made, place, visitor, address, request.path_params, window, told)
        look, shown, sheet = await asyncio.to_thread(make)
        await self._audit(request, visitor, address.subject, shown.patients)
        if sheet is not None and shown.sheet is not None:
            return _file_of(sheet, shown.sheet.name)
        return self._shown(request, look, shown, place)

    def _made(
        self,
        place: Place,
        visitor: Visitor,
        address: Address,
        path: Mapping[str, str],
        window: Window,
        told: Told,
    ) -> tuple[Look, Shown, str | None]:
        """The screen from one snapshot, and the file where it is wanted as one. Runs in a thread: the event loop is for
        the gateway's messages.
        """
        with self._office.read() as reading:
            look = Look(
                office=self._office,
                reading=reading,
                visitor=visitor,
                address=address,
                path=path,
                now=self._office.clock.now(),
                tally=self._tally,
                endings=self._endings,
                window=window,
                told=told,
                is_verifying=self._verifying is not None and not self._verifying.done(),
            )
            shown = place.screen(look)
            if address.wants_sheet and shown.sheet is None:
                raise NotFound("NO_SUCH_SHEET", "this page is not one that is written as a file")
            sheet = csv_text(shown.sheet) if address.wants_sheet and shown.sheet is not None else None
        return look, shown, sheet

    def _shown(self, request: Request, look: Look, shown: Shown, place: Place) -> Response:
        today = look.now.astimezone(words.zone_of(self._office.network.zone)).date()
        frame: Mapping[str, Any] = {
            "visitor": look.visitor,
            "may": look.may,
            "address": look.address,
            "window": look.window,
            "shortcuts": look.window.shortcuts(look.address, today),
            "has_sheet": shown.sheet is not None and look.may("export"),
            "here": place.under,
            "now": look.now,
            "form_token": self._form_token(request),
        }
        return self._page(request, shown.template, 200, **frame, **shown.facts)

    # ------------------------------------------------------------------------------------------ acts

    async def _content(self, read: Any, request: Request) -> Response:
        """What a person wrote, shown with a reason that the log keeps."""
        visitor, form = await self._form(request)
        _require(visitor, "content")
        reason = " ".join(form.get("reason", "").split())
        if len(reason) < 4:
            raise NotUnderstood("REASON_MISSING", "say why you look at the content; the audit log keeps it")
        with self._office.read() as reading:
            found = read(reading, request.path_params)
        path = f"{found.subject}/content"
        await self._audit(request, visitor, path, found.patients, reason)
        known = {"visitor": visitor, "here": "", "form_token": self._form_token(request), "found": found}
        return self._page(request, "content.html", 200, **known)

    async def _verify(self, request: Request) -> Response:
        visitor, _ = await self._form(request)
        _require(visitor, "verify")
        running = self._verifying
        if running is None or running.done():
            running = self._verifying = asyncio.ensure_future(self._office.verify(visitor))
        done, _ = await asyncio.wait({running}, timeout=_VERIFY_SECONDS)
        for one in done:
            one.result()
        return RedirectResponse("../integrity", 303, HEADERS)

    async def _form(self, request: Request) -> tuple[Visitor, Mapping[str, str]]:
        """Who sent a form of ours, and what is in it. Raises NotAllowed."""
        visitor = self._visitor(request)
        if visitor is None:
            raise NotAllowed("NOT_LOGGED_IN", "the session has ended")
        self._refuse_other_origin(request)
        form = dict(parse_qsl((await _body(request)).decode("utf-8", "replace")))
        if not hmac.compare_digest(form.get("token", "").encode(), self._form_token(request).encode()):
            raise NotAllowed(
                "FORM_TOKEN", "this form is not from this session; go back and load the page again"
            )
        return visitor, form

    async def _login(self, request: Request) -> Response:
        link = request.query_params.get("link", "")
        if not link:
            return self._stranger(request)
        now = self._office.clock.now()
        checked = read_link(self._office.link_key, link, now)
        if self._is_before_restore(checked.made_at):
            raise NotAllowed(
                "LINK_EXPIRED", "the link was made before the store was restored; have another made"
            )
        if request.method == "GET":
            return self._page(request, "login.html", link=link, name=checked.visitor.name)
        self._refuse_other_origin(request)
        if not await self._office.use_link_once(checked.link_id, checked.expires_at):
            raise NotAllowed("LINK_USED", "the link was used before")
        logs.info(logs.Event.REQUEST_ANSWERED, door="console_login", outcome="accepted")
        answer = RedirectResponse("./", 303, HEADERS)
        self._set_cookie(answer, self._sessions.begin(checked.visitor, now))
        return answer

    def _set_cookie(self, answer: Response, session: Session) -> None:
        answer.set_cookie(
            COOKIE,
            self._sessions.cookie(session),
            max_age=LONGEST_HOURS * 3600,
            path="/console",
            httponly=True,
            samesite="strict",
            secure=self._office.secure,
        )

    async def _logout(self, request: Request) -> Response:
        session = self._session(request)
        if session is not None:
            await self._form(request)
            await self._office.use_link_once(f"{_ENDED}{session.id}", session.ends_at)
        answer = RedirectResponse("login", 303, HEADERS)
        answer.delete_cookie(COOKIE, path="/console", httponly=True, samesite="strict")
        return answer

    async def _nothing(self, request: Request) -> Response:
        if self._visitor(request) is None:
            return self._stranger(request)
        raise NotFound("NO_SUCH_PAGE", "there is no such page")

    async def _file(self, request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        headers = {**HEADERS, "Cache-Control": "max-age=300"}
        return Response(self._files[name], headers=headers, media_type=_MEDIA_TYPES[name])

    # ------------------------------------------------------------------------------------------ who

    def _session(self, request: Request) -> Session | None:
        """The session of a request, asked for once."""
        if not hasattr(request.state, "session"):
            session = self._sessions.read(request.cookies.get(COOKIE), self._office.clock.now())
            request.state.session = None if session is None or self._has_ended(session) else session
        found: Session | None = request.state.session
        return found

    def _has_ended(self, session: Session) -> bool:
        return self._is_before_restore(session.began) or self._office.was_used(f"{_ENDED}{session.id}")

    def _is_before_restore(self, made_at: datetime) -> bool:
        """Whether a link or session is of a time of which the store may have forgotten what was used and ended."""
        restored_at = self._office.restored_at
        return restored_at is not None and made_at <= restored_at

    def _visitor(self, request: Request) -> Visitor | None:
        session = self._session(request)
        return session.visitor if session is not None else None

    def _form_token(self, request: Request) -> str:
        return self._sessions.form_token(self._session(request))

    def _stranger(self, request: Request) -> Response:
        return self._page(request, "message.html", 401, said="", code="NOT_LOGGED_IN")

    def _refuse_other_origin(self, request: Request) -> None:
        """A form is taken only from our own pages; its token and the cookie's SameSite are the other fences."""
        origin = request.headers.get("origin")
        own = f"{request.url.scheme}://{request.headers.get('host', '')}"
        if origin is not None and not hmac.compare_digest(
            origin.partition("://")[2], own.partition("://")[2]
        ):
            raise NotAllowed("OTHER_ORIGIN", "this form was sent from another site")

    async def _audit(
        self, request: Request, visitor: Visitor, subject: str, patients: frozenset[str], reason: str = ""
    ) -> None:
        """Record what is about to be shown; when that fails, nothing is shown."""
        at = self._office.clock.now()
        read = PageRead(_request_id(request), at, visitor, subject, tuple(sorted(patients)), reason)
        await self._office.record_read(read)

    def _page(self, request: Request, template: str, status: int = 200, **facts: Any) -> Response:
        known = {
            "visitor": None,
            "here": "",
            "request_id": _request_id(request),
            "root": _root(request),
            **facts,
        }
        content = self._templates.get_template(template).render(known)
        answer = Response(content, status, HEADERS, media_type="text/html")
        session, now = self._session(request), self._office.clock.now()
        if session is not None and now - session.last_seen > _RENEWED_AFTER:
            self._set_cookie(answer, replace(session, last_seen=now))
        return answer


def _templates(office: Office) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    zone = office.network.zone
    made.globals.update(
        words=words,
        partner_name=office.partner_name,
        explain=office.explain,
        partners=office.network.partners,
        network_name=office.network.content.network,
        navigation=NAVIGATION,
        when=lambda instant: words.day_and_time(instant, zone),
        day=lambda instant: words.day(instant, zone),
        ago=words.ago,
        plural=words.plural,
    )
    return made


async def _body(request: Request) -> bytes:
    """The body of a form. Raises NotUnderstood `FORM_TOO_LARGE`."""
    found = b""
    async for piece in request.stream():
        found += piece
        if len(found) > _LARGEST_FORM:
            raise NotUnderstood("FORM_TOO_LARGE", "the form is too large")
    return found


def _require(visitor: Visitor, right: str) -> None:
    if right not in RIGHTS.get(visitor.role, frozenset()):
        raise NotAllowed("ROLE_NOT_ENTITLED", f"the role {words.role(visitor.role)} does not include this")


def _file_of(text: str, name: str) -> Response:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}.{SHEET}"'}
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


def _request_id(request: Request) -> str:
    found = getattr(request.state, "request_id", None)
    if found is None:
        found = request.state.request_id = new_id()
    return str(found)


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")) + "/"
