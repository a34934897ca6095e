"""One set of pages as an application: who comes, what is not there, a refusal as a page, another language. No script.

A room's pages derive from it; what is said once here cannot be forgotten in one of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import datetime
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from gateway.errors import HandoffError, Internal, NotAllowed, NotFound, NotNow
from gateway.pages.frame import HEADERS, Frame, Site, status_of
from gateway.pages.pace import Pace
from gateway.pages.sessions import Session


async def use_up(
    use_once: Callable[[str, datetime], Awaitable[bool]], tries: Iterable[str], until: datetime
) -> None:
    """Use up the next of some tries. Raises NotAllowed `LINK_LOCKED` when none is left."""
    for one in tries:
        if await use_once(one, until):
            return
    raise NotAllowed("LINK_LOCKED", "too many wrong codes")


class Pages(ABC):
    """The application. `message` is the template of a refusal; with a `pace` a session opens so many pages a minute."""

    message: ClassVar[str] = "message.html"

    def __init__(self, site: Site, pace: Pace | None = None) -> None:
        self._frame = Frame(site)
        self._pace = pace
        self._router = Router()

    def _serve(self, routes: Iterable[Route]) -> None:
        """Serve `routes`, the files of the folder, and of every other address that nothing is there."""
        files = (Route(f"/{name}", self._frame.file) for name in self._frame.files)
        rest = Route("/{rest:path}", self._nothing)
        self._router = Router([*routes, *files, rest], redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a refusal is a page, and so is a fault of ours, which is raised besides.

        A fault in the middle of an answer is only raised: nothing may follow what has begun to leave.
        """
        # the application in which these pages are mounted has its own words for a refusal, for machines
        scope = {**scope, "starlette.exception_handlers": ({}, {})}
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._router(scope, receive, sent)
        except Exception as error:
            if begun:
                raise
            status = status_of(error) if isinstance(error, HandoffError) else None
            if not isinstance(error, HandoffError) or status is None:
                await self._fault(scope, receive, send)
                raise
            answer = self._refused(Request(scope), error, status)
            await answer(scope, receive, send)

    async def _fault(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page that says no more than by which number the log has it; what was written into a form stands there."""
        request = Request(scope)
        number = getattr(request.state, "request_id", "")
        answer = self._refused(request, Internal(f"INTERNAL {number}".strip(), "a fault of ours"), 500)
        await answer(scope, receive, send)

    @abstractmethod
    def _page(self, request: Request, template: str, status: int = 200, **facts: Any) -> Response:
        """A page of this set."""

    def _refused(self, request: Request, error: HandoffError, status: int) -> Response:
        return self._page(request, self.message, status, code=error.code)

    def _stranger(self, request: Request) -> Response:
        """What somebody sees who has not logged in, whatever she asked for."""
        return self._page(request, self.message, 401, code="")

    async def _nothing(self, request: Request) -> Response:
        if self._session(request) is None:
            return self._stranger(request)
        raise NotFound("NO_SUCH_PAGE", "there is no such page")

    def _session(self, request: Request) -> Session | None:
        """Who opens a page, if anybody has logged in. Raises NotNow `TOO_MANY_PAGES`."""
        session = self._frame.session(request)
        if session is None or self._pace is None:
            return session
        if not self._pace.allows(session.id, self._frame.site.clock.now()):
            raise NotNow("TOO_MANY_PAGES", "too many pages in a minute", retry_after_seconds=60)
        return session

    async def _use_up(self, tries: Iterable[str], until: datetime) -> None:
        """Use up the next of some tries, before the code is compared: so two at once count as two.

        Raises NotAllowed `LINK_LOCKED` when none is left.
        """
        await use_up(self._frame.site.use_once, tries, until)

    async def _change_language(self, request: Request, cookie: str, known: Collection[str]) -> Response:
        """Keep the language that a form asks for, when it is known."""
        chosen = (await self._frame.open_form(request)).get("language", "")
        answer = RedirectResponse("./", 303, HEADERS)
        if chosen in known:
            self._frame.remember(answer, cookie, chosen)
        return answer
