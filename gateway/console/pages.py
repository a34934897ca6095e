"""The console's pages: the list of disclosures and one decision. Server-rendered, no script, each read audited."""

from __future__ import annotations

import hmac
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import logs
from gateway.audit import LoggedEntry
from gateway.clock import new_id
from gateway.console import words
from gateway.console.filters import TABS, View, read_view
from gateway.console.login import LONGEST_HOURS, Sessions, read_link
from gateway.console.office import Office, PageRead, Visitor
from gateway.errors import HandoffError, NotAllowed, NotFound, NotNow

COOKIE = "handoff_session"
PAGE_ENTRIES = 50
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_FOLDER = Path(__file__).parent
_MEDIA_TYPES = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_STATUS = {NotAllowed: 403, NotFound: 404, NotNow: 503}
_LARGEST_FORM = 4096


def build_console(office: Office) -> ASGIApp:
    """The console as an ASGI application, to be mounted at `/console`."""
    return _Console(office)


_SEQ = re.compile(r"[0-9]{1,15}", re.ASCII)


class _Console:
    """Every page of the console, behind one check of the session."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._sessions = Sessions()
        self._files = {name: (_FOLDER / name).read_bytes() for name in _MEDIA_TYPES}
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(words=words, partner_name=office.partner_name, explain=office.explain)
        self._router = Router(
            [
                Route("/", self._disclosures),
                Route("/decisions/{seq}", self._decision),
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
            request.state.code = error.code
            page = self._page(request, "message.html", status, said=error.message, code=error.code)
            await page(scope, receive, send)

    async def _disclosures(self, request: Request) -> Response:
        visitor = self._visitor(request)
        if visitor is None:
            return self._stranger(request)
        view, odd = read_view(request.query_params)
        found = self._office.newest(PAGE_ENTRIES + 1, view.wanted())
        shown = found[:PAGE_ENTRIES]
        await self._audit(request, visitor, f"disclosures{view.address(before=view.before)}", shown)
        further = view.address(before=str(shown[-1].row.seq)) if len(found) > len(shown) else None
        return self._page(
            request,
            "disclosures.html",
            visitor=visitor,
            view=view,
            odd=odd,
            tabs=TABS,
            entries=shown,
            further=further,
            partners=self._office.partners,
        )

    async def _decision(self, request: Request) -> Response:
        visitor = self._visitor(request)
        if visitor is None:
            return self._stranger(request)
        seq = request.path_params["seq"]
        logged = self._office.entry_of(int(seq)) if _SEQ.fullmatch(seq) else None
        if logged is None:
            raise NotFound("NO_SUCH_ENTRY", "there is no entry of that number")
        await self._audit(request, visitor, f"decisions/{seq}", (logged,))
        return self._page(request, "decision.html", visitor=visitor, logged=logged, view=View())

    async def _login(self, request: Request) -> Response:
        link = request.query_params.get("link", "")
        if not link:
            return self._stranger(request)
        now = self._office.clock.now()
        checked = read_link(self._office.link_key, link, now)
        if request.method == "GET":
            return self._page(request, "login.html", link=link, name=checked.visitor.name)
        self._refuse_other_origin(request)
        if not await self._office.use_link_once(checked.link_id, checked.expires_at):
            raise NotAllowed("LINK_USED", "the link was used before")
        logs.info(logs.Event.REQUEST_ANSWERED, door="console_login", outcome="accepted")
        answer = RedirectResponse("./", 303, HEADERS)
        answer.set_cookie(
            COOKIE,
            self._sessions.begin(checked.visitor, now),
            max_age=LONGEST_HOURS * 3600,
            path="/console",
            httponly=True,
            samesite="strict",
            secure=self._office.secure,
        )
        return answer

    async def _logout(self, request: Request) -> Response:
        self._refuse_other_origin(request)
        self._sessions.end(request.cookies.get(COOKIE, ""))
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

    def _visitor(self, request: Request) -> Visitor | None:
        return self._sessions.visitor(request.cookies.get(COOKIE), self._office.clock.now())

    def _stranger(self, request: Request) -> Response:
        return self._page(request, "message.html", 401, said="", code="NOT_LOGGED_IN")

    def _refuse_other_origin(self, request: Request) -> None:
        """A form is taken only from our own pages; the cookie's SameSite is the other fence."""
        origin = request.headers.get("origin")
        own = f"{request.url.scheme}://{request.headers.get('host', '')}"
        if origin is not None and not hmac.compare_digest(
            origin.partition("://")[2], own.partition("://")[2]
        ):
            raise NotAllowed("OTHER_ORIGIN", "this form was sent from another site")

    async def _audit(
        self, request: Request, visitor: Visitor, subject: str, shown: tuple[LoggedEntry, ...]
    ) -> None:
        """Record what is about to be shown; when that fails, nothing is shown."""
        patients = sorted({logged.row.patient_id for logged in shown if logged.row.patient_id})
        read = PageRead(_request_id(request), self._office.clock.now(), visitor, subject, tuple(patients))
        await self._office.record_read(read)

    def _page(self, request: Request, template: str, status: int = 200, **facts: Any) -> Response:
        known = {"visitor": None, "request_id": _request_id(request), "root": _root(request), **facts}
        content = self._templates.get_template(template).render(known)
        return Response(content, status, HEADERS, media_type="text/html")


def _request_id(request: Request) -> str:
    found = getattr(request.state, "request_id", None)
    if found is None:
        found = request.state.request_id = new_id()
    return str(found)


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")) + "/"
