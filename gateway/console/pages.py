"""The console's frame: one check of the session before every page, one audit entry for each look, no script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway import logs
from gateway.audit import VerifyReport
from gateway.clock import new_id
from gateway.console import words
from gateway.console.acts import content_of_message, content_of_question, content_of_release
from gateway.console.address import SHEET, Address, read_address
from gateway.console.agreements import admit
from gateway.console.doing import LARGEST_FORM, Deed, Doing
from gateway.console.endings import Endings
from gateway.console.login import NAME, has_to_go, let_in, read_link
from gateway.console.look import Look, Shown, has_right
from gateway.console.office import Office, PageRead, Visitor
from gateway.console.places import DEEDS, NAVIGATION, PLACES, Place
from gateway.console.proofs import with_question
from gateway.console.sheet import MOST_PARTS, csv_text, goes_on
from gateway.console.stops import Stops, Told
from gateway.console.tally import Tally
from gateway.console.window import Window, read_window
from gateway.errors import HandoffError, NotAllowed, NotFound, NotUnderstood
from gateway.pages import HEADERS, Pages, Site, root_of

COOKIE, BEGUN_COOKIE = "handoff_session", "handoff_login"
Make = Callable[[Visitor, Address], tuple[Look, Shown]]
_FOLDER = Path(__file__).parent
_VERIFY_SECONDS = 3.0
"""So long the button waits for the result; a longer verification goes on behind."""


def build_console(office: Office) -> ASGIApp:
    """The console as an ASGI application, to be mounted at `/console`."""
    return _Console(office)


class _Console(Pages):
    """Every page of the console, behind one check of the session."""

    def __init__(self, office: Office) -> None:
        super().__init__(_site(office))
        self._office = office
        self._tally = Tally(office.read, office.premises.keys.index, office.network.zone)
        self._stops = Stops(office.read)
        self._endings = Endings()
        self._verifying: asyncio.Future[VerifyReport] | None = None
        self._frame.templates.globals.update(_known(office))
        self._serve(
            (
                *(Route(place.path, partial(self._place, place)) for place in PLACES),
                Route(
                    "/decisions/{seq}/content", partial(self._content, content_of_release), methods=["POST"]
                ),
                Route(
                    "/decisions/{seq}/question", partial(self._content, content_of_question), methods=["POST"]
                ),
                Route(
                    "/decisions/{seq}/proof",
                    partial(self._content, partial(with_question, office.verifier)),
                    methods=["POST"],
                ),
                Route("/messages/{id}/content", partial(self._content, content_of_message), methods=["POST"]),
                *(Route(f"/{deed.path}", partial(self._deed, deed), methods=["POST"]) for deed in DEEDS),
                Route("/integrity/verify", self._verify, methods=["POST"]),
                Route("/login", self._login, methods=["GET", "POST"]),
                Route("/oidc", self._to_provider),
                Route("/oidc/answer", self._from_provider),
                Route("/logout", self._logout, methods=["POST"]),
            )
        )

    def _refused(self, request: Request, error: HandoffError, status: int) -> Response:
        known = {"visitor": self._visitor(request), "said": error.message, "code": error.code}
        return self._page(request, self.message, status, **known)

    # ------------------------------------------------------------------------------------------ looking

    async def _place(self, place: Place, request: Request) -> Response:
        """One screen: made from one snapshot, recorded, and only then shown."""
        known = self._visitor(request)
        if known is None:
            return self._stranger(request)
        visitor = self._admitted(known)
        path = str(request.url.path).removeprefix(root_of(request).rstrip("/")).lstrip("/")
        address = read_address(path, request.query_params, place.filters | {"as"})
        if address.wants_sheet or place.right:
            _require(visitor, place.right or "export")
        window = read_window(address, self._office.clock.now(), self._office.network.zone, place.days)
        patience = self._office.patience_seconds
        await self._tally.reach(window.since, patience)
        told = await self._stops.reach(patience) if place.tells else Told()
        make = partial(self._made, place, request.path_params, window, told)
        look, shown = await self._recorded(request, make, visitor, address)
        if shown.file is not None:
            return _attached(*shown.file)
        if address.wants_sheet and shown.sheet is not None:
            return _file_of(self._parts(request, make, address, shown), shown.sheet.name)
        return self._shown(request, look, shown, place)

    async def _recorded(
        self, request: Request, make: Make, visitor: Visitor, address: Address
    ) -> tuple[Look, Shown]:
        """A screen, or a part of its sheet, made in a thread (the loop is for messages), and recorded."""
        look, shown = await asyncio.to_thread(make, visitor, address)
        await self._audit(request, look.visitor, address.subject, shown.patients)
        return look, shown

    async def _parts(
        self, request: Request, make: Make, address: Address, shown: Shown
    ) -> AsyncIterator[str]:
        """The sheet, part by part, each recorded before it leaves, to whoever may have it then. One that
        cannot be breaks the file off.
        """
        for number in range(MOST_PARTS):
            try:
                if number:
                    part = address.part(shown.next_part)
                    _, shown = await self._recorded(request, make, self._still(request), part)
            except HandoffError as error:  # too late for a page that says so
                logs.info(logs.Event.REQUEST_ANSWERED, door="console", outcome="broken_off", code=error.code)
                raise RuntimeError("a part of a file could not be recorded") from error
            if shown.sheet is not None:
                yield await asyncio.to_thread(csv_text, shown.sheet, is_first=not number)
            if not shown.next_part:
                return
        yield goes_on(shown.next_part)

    def _still(self, request: Request) -> Visitor:
        """Who takes a file, when she may have one more part of it. Raises NotAllowed."""
        session, known = self._frame.session(request), self._visitor(request)
        if session is None or known is None or not self._frame.goes_on(session):
            raise NotAllowed("NOT_LOGGED_IN", "the session has ended")
        visitor = self._admitted(known)
        _require(visitor, "export")
        return visitor

    def _made(
        self,
        place: Place,
        path: Mapping[str, str],
        window: Window,
        told: Told,
        visitor: Visitor,
        address: Address,
    ) -> tuple[Look, Shown]:
        """The screen from one snapshot."""
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
        return look, shown

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
        if found.file is not None:
            _require(visitor, "export")
        path = f"{found.subject}/content"
        await self._audit(request, visitor, path, found.patients, reason)
        if found.file is not None:
            return _attached(*found.file)
        known = {"visitor": visitor, "here": "", "found": found}
        return self._page(request, "content.html", 200, **known)

    async def _deed(self, deed: Deed, request: Request) -> Response:
        """An act of a person's: asked once more where it says so, done, and found where it leads."""
        visitor, form = await self._form(request, deed.largest)
        _require(visitor, deed.right)
        doing = Doing(self._office, visitor, request.path_params, form, self._office.clock.now())
        if deed.ask is not None and form.get("confirmed") != "yes":
            done = await asyncio.to_thread(deed.ask, doing)
        else:
            done = await deed.do(doing)
        if done.location:
            return RedirectResponse(root_of(request) + done.location, 303, HEADERS)
        await self._audit(request, visitor, done.subject, done.patients, done.reason)
        frame = {"visitor": visitor, "now": doing.at, "address": Address("", {}), "has_sheet": False}
        return self._page(request, done.template, 200, **frame, **done.facts)

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

    async def _form(self, request: Request, largest: int = LARGEST_FORM) -> tuple[Visitor, Mapping[str, str]]:
        """Who sent a form of ours, and what is in it. Raises NotAllowed."""
        form = await self._frame.form(request, largest)
        visitor = self._visitor(request)
        if visitor is None:
            raise NotAllowed("NOT_LOGGED_IN", "the session has ended")
        return self._admitted(visitor), form

    async def _login(self, request: Request) -> Response:
        link = request.query_params.get("link", "")
        if not link:
            return self._stranger(request)
        with _told_refusal("console_login"):
            visitor, checked = read_link(self._office.link_key, link, self._office.clock.now())
            let_in(self._office, visitor, checked.made_at)
            if request.method == "GET":
                return self._page(request, "login.html", link=link, name=visitor.name)
            await self._frame.open_form(request)
            if not await self._office.use_link_once(checked.id, checked.expires_at):
                raise NotAllowed("LINK_USED", "the link was used before")
        logs.info(logs.Event.REQUEST_ANSWERED, door="console_login", outcome="accepted")
        return self._frame.begin((visitor.name, visitor.role), "./")

    async def _to_provider(self, request: Request) -> Response:
        """Begin a login at the organization's own provider."""
        if self._office.provider is None:
            return self._stranger(request)
        begun = await self._office.provider.begin()
        answer = RedirectResponse(begun.location, 303, HEADERS)
        # The provider sends the browser back from another site: a cookie that is `strict` would stay away.
        answer.set_cookie(
            BEGUN_COOKIE,
            begun.kept,
            max_age=600,
            path="/console/oidc",
            httponly=True,
            samesite="lax",
            secure=self._office.secure,
        )
        return answer

    async def _from_provider(self, request: Request) -> Response:
        """The provider's answer. A page of our own leads on: the session's cookie is not sent on the way from afar."""
        if self._office.provider is None:
            return self._stranger(request)
        kept, answer = request.cookies.get(BEGUN_COOKIE, ""), dict(request.query_params)
        with _told_refusal("console_login"):
            visitor = await self._office.provider.finish(kept, answer)
            let_in(self._office, visitor, self._office.clock.now())
        logs.info(logs.Event.REQUEST_ANSWERED, door="console_login", outcome="accepted")
        begun = self._frame.begin((visitor.name, visitor.role), "./")
        page = self._page(request, "logged_in.html", 200, name=visitor.name)
        page.raw_headers += [one for one in begun.raw_headers if one[0] == b"set-cookie"]
        page.delete_cookie(BEGUN_COOKIE, path="/console/oidc", httponly=True, samesite="lax")
        return page

    async def _logout(self, request: Request) -> Response:
        if self._visitor(request) is not None:
            await self._frame.form(request)
        return await self._frame.end(request, "login")

    # ------------------------------------------------------------------------------------------ who

    def _visitor(self, request: Request) -> Visitor | None:
        session = self._frame.session(request)
        if session is None:
            return None
        name, role = session.who
        return Visitor(name, role)

    def _stranger(self, request: Request) -> Response:
        return self._page(request, self.message, 401, said="", code="NOT_LOGGED_IN")

    def _admitted(self, visitor: Visitor) -> Visitor:
        """The visitor with what lets her look now, asked for at each request: an agreement ends on its day, or when a
        person ends it. Raises NotAllowed `NO_AGREEMENT`.
        """
        with _told_refusal("console"):
            return replace(visitor, agreement=admit(self._office, visitor))

    async def _audit(
        self, request: Request, visitor: Visitor, subject: str, patients: frozenset[str], reason: str = ""
    ) -> None:
        """Record what is about to be shown; when that fails, nothing is shown."""
        at = self._office.clock.now()
        read = PageRead(_request_id(request), at, visitor, subject, tuple(sorted(patients)), reason)
        await self._office.record_read(read)

    def _page(self, request: Request, template: str, status: int = 200, **facts: Any) -> Response:
        known = {"visitor": None, "here": "", "request_id": _request_id(request), **facts}
        return self._frame.page(request, template, status, known)


def _site(office: Office) -> Site:
    return Site(
        name=NAME,
        path="/console",
        cookie=COOKIE,
        folder=_FOLDER,
        key=office.link_key,
        clock=office.clock,
        secure=office.secure,
        use_once=office.use_link_once,
        was_used=office.was_used,
        has_to_go=partial(has_to_go, office),
    )


def _known(office: Office) -> Mapping[str, Any]:
    """What every page of the console knows."""
    zone = office.network.zone
    return {
        "words": words,
        "partner_name": office.partner_name,
        "explain": office.explain,
        "partners": office.network.partners,
        "network_name": office.network.content.network,
        "navigation": NAVIGATION,
        "when": lambda instant: words.day_and_time(instant, zone),
        "day": lambda instant: words.day(instant, zone),
        "ago": words.ago,
        "plural": words.plural,
        "by_provider": office.provider is not None,
    }


@contextmanager
def _told_refusal(door: str) -> Iterator[None]:
    """A refusal at the door of the console stands in the operator's log: who tries links is seen there."""
    try:
        yield
    except HandoffError as refused:
        logs.info(logs.Event.REQUEST_ANSWERED, door=door, outcome="refused", code=refused.code)
        raise


def _require(visitor: Visitor, right: str) -> None:
    if not has_right(visitor, right):
        raise NotAllowed("ROLE_NOT_ENTITLED", f"the role {words.role(visitor.role)} does not include this")


def _file_of(parts: AsyncIterator[str], name: str) -> Response:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}.{SHEET}"'}
    return StreamingResponse(parts, headers=headers, media_type="text/csv; charset=utf-8")


def _attached(name: str, content: bytes) -> Response:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type="application/x-ndjson")


def _request_id(request: Request) -> str:
    found = getattr(request.state, "request_id", None)
    if found is None:
        found = request.state.request_id = new_id()
    return str(found)
