"""One set of pages under one path: who has logged in, whether a form is hers, and how a page is written. No script."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.clock import Clock
from gateway.errors import AlreadyReceived, HandoffError, NotAllowed, NotFound, NotNow, NotUnderstood
from gateway.pages.compiled_pages import CompiledPages, templates_of
from gateway.pages.sessions import LONGEST_HOURS, Session, Sessions
from gateway.pages.uploads import Uploaded, read_upload

HEADERS: Mapping[str, str] = {
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
SCRIPT_HEADERS: Mapping[str, str] = {
    **HEADERS,
    "Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; script-src 'self'",
}
"""Of the few pages that can use a device's passkey."""

FILE_HEADERS: Mapping[str, str] = {**HEADERS, "Cache-Control": "max-age=300"}
"""Of a style sheet and the like: nothing of a person is in them."""

_STATUS = {NotAllowed: 403, NotFound: 404, NotUnderstood: 400, AlreadyReceived: 409, NotNow: 503}
_MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript"}
_LARGEST_FORM = 8192
_ENDED = "ended-"
_RENEWED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Site:
    """What one set of pages is made of.

    `name` goes into every signature; `folder` holds `templates/` and the files that pages show; `secure`: whether they
    are reached over https. `use_once` keeps an id durably and says whether it was new. `has_to_go`: whether a session
    has ended for a reason of its own, by whose it is and when it began.
    """

    name: str
    path: str
    cookie: str
    folder: Path
    key: bytes = field(repr=False)
    clock: Clock
    secure: bool
    use_once: Callable[[str, datetime], Awaitable[bool]]
    was_used: Callable[[str], bool]
    has_to_go: Callable[[Session], bool]
    largest_form: int = _LARGEST_FORM
    """In octets."""


_COMPILED = CompiledPages()


class Frame:
    """The frame of one set of pages."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._sessions = Sessions(site.key, site.name)
        found = (one for one in site.folder.iterdir() if one.suffix in _MEDIA_TYPES)
        self.files: Mapping[str, bytes] = {one.name: one.read_bytes() for one in found}
        self.templates = templates_of(site.folder / "templates", _COMPILED)

    # ------------------------------------------------------------------------------------------ who

    def session(self, request: Request) -> Session | None:
        """The session of a request, asked for once."""
        if not hasattr(request.state, "session"):
            now = self.site.clock.now()
            session = self._sessions.read(request.cookies.get(self.site.cookie), now)
            request.state.session = None if session is None or self._has_ended(session) else session
        found: Session | None = request.state.session
        return found

    def goes_on(self, session: Session) -> bool:
        """Whether a session that a long answer began under has not ended since; a file under way is no idleness."""
        return self.site.clock.now() < session.ends_at and not self._has_ended(session)

    def _has_ended(self, session: Session) -> bool:
        return self.site.was_used(f"{_ENDED}{session.id}") or self.site.has_to_go(session)

    def begin(self, who: tuple[str, ...], location: str, began: datetime | None = None) -> Response:
        """Somebody has logged in: her cookie, and where she goes. `began`: of the session that she goes on with."""
        answer = RedirectResponse(location, 303, HEADERS)
        session = self._sessions.begin(who, self.site.clock.now())
        self._set_cookie(answer, session if began is None else replace(session, began=began))
        return answer

    async def end(self, request: Request, location: str) -> Response:
        """End the session of a request on our side and in the browser. The caller has checked the form."""
        answer = RedirectResponse(location, 303, HEADERS)
        session = self.session(request)
        await self.end_in(answer, None if session is None else session.id)
        return answer

    async def end_in(self, answer: Response, session_id: str | None) -> None:
        """End a session on our side, and in the browser with that answer."""
        if session_id is not None:
            until = self.site.clock.now() + timedelta(hours=LONGEST_HOURS)
            await self.site.use_once(f"{_ENDED}{session_id}", until)
        answer.delete_cookie(self.site.cookie, path=self.site.path, httponly=True, samesite="strict")

    def _set_cookie(self, answer: Response, session: Session) -> None:
        self.remember(answer, self.site.cookie, self._sessions.cookie(session), LONGEST_HOURS * 3600)

    def remember(self, answer: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Set a cookie that no script and no other site can use."""
        answer.set_cookie(
            name,
            value,
            max_age=seconds,
            path=self.site.path,
            httponly=True,
            samesite="strict",
            secure=self.site.secure,
        )

    # ------------------------------------------------------------------------------------------ forms

    def form_token(self, request: Request) -> str:
        """What every form of the request's session carries."""
        return self._sessions.form_token(self.session(request))

    async def form(self, request: Request, largest: int | None = None) -> Mapping[str, str]:
        """A form of the session's own, of at most `largest` octets (without it as the site says).

        Raises NotAllowed `NOT_LOGGED_IN`, `OTHER_ORIGIN`, `FORM_TOKEN`, NotUnderstood `FORM_TOO_LARGE`.
        """
        form = await self.open_form(request, largest)
        if self.session(request) is None:
            raise NotAllowed("NOT_LOGGED_IN", "the session has ended")
        return self._of_session(request, form)

    async def form_with_file(
        self, request: Request, largest: int
    ) -> tuple[Mapping[str, str], Uploaded | None]:
        """The same of a form with a file in it. Raises as `form` does, and NotUnderstood `FORM_INVALID`."""
        if self.session(request) is None:
            raise NotAllowed("NOT_LOGGED_IN", "the session has ended")
        self._require_own_origin(request)
        form, file = await read_upload(request, largest)
        return self._of_session(request, form), file

    def _of_session(self, request: Request, form: Mapping[str, str]) -> Mapping[str, str]:
        if not hmac.compare_digest(form.get("token", "").encode(), self.form_token(request).encode()):
            raise NotAllowed(
                "FORM_TOKEN", "this form is not from this session; go back and load the page again"
            )
        return form

    async def open_form(self, request: Request, largest: int | None = None) -> Mapping[str, str]:
        """A form that needs no session. Raises NotAllowed `OTHER_ORIGIN`, NotUnderstood `FORM_TOO_LARGE`."""
        self._require_own_origin(request)
        found, most = bytearray(), self.site.largest_form if largest is None else largest
        async for piece in request.stream():
            found += piece
            if len(found) > most:
                raise NotUnderstood("FORM_TOO_LARGE", "the form is too large")
        request.state.sent = dict(parse_qsl(found.decode("utf-8", "replace")))
        return dict(request.state.sent)

    def _require_own_origin(self, request: Request) -> None:
        # the token and the cookie's SameSite are the other fences
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != request.headers.get("host", ""):
            raise NotAllowed("OTHER_ORIGIN", "this form was sent from another site")

    # ------------------------------------------------------------------------------------------ pages

    def page(self, request: Request, template: str, status: int, facts: Mapping[str, Any]) -> Response:
        """A page from its template; `root` and `form_token` are known to each. The session counts as seen. Where `facts`
        have a `passkey`, the page may load scripts of ours.
        """
        known = {"root": root_of(request), "form_token": self.form_token(request)}
        content = self.templates.get_template(template).render({**known, **facts})
        headers = SCRIPT_HEADERS if facts.get("passkey") else HEADERS
        answer = Response(content, status, headers, media_type="text/html")
        session, now = self.session(request), self.site.clock.now()
        if session is not None and now - session.last_seen > _RENEWED_AFTER:
            self._set_cookie(answer, replace(session, last_seen=now))
        return answer

    async def file(self, request: Request) -> Response:
        """A style sheet or picture, by its name. Raises NotFound `NO_SUCH_PAGE`."""
        name = request.url.path.rpartition("/")[2]
        if name not in self.files:
            raise NotFound("NO_SUCH_PAGE", "there is no such page")
        media_type = _MEDIA_TYPES[Path(name).suffix]
        return Response(self.files[name], headers=FILE_HEADERS, media_type=media_type)


def root_of(request: Request) -> str:
    """Where the pages begin, with a slash at the end."""
    return str(request.scope.get("root_path", "")) + "/"


def status_of(error: HandoffError) -> int | None:
    """The HTTP status of a refusal; None for what is a fault of ours."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), None)
