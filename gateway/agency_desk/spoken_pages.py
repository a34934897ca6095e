"""What the desk, the signing page and a person's own page have in common: two languages, one look, one refusal."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from gateway.agency_desk.days import day_in_words, in_words
from gateway.agency_desk.notices_in_words import spoken
from gateway.agency_desk.phrases import CATALOGUE, language_of
from gateway.errors import AlreadyReceived, HandoffError, NotAllowed, NotUnderstood
from gateway.pages import Pages, Session, refilled, status_of

_ASKED_AGAIN = frozenset({"CODE_WRONG", "PASSKEY_WRONG"})
"""Refusals after which the same page asks once more, and where such pages are."""
_REFUSED = 400
_WRITTEN = frozenset({"note", "nature", "reason", "said", "step", "text", "words"})
"""Fields in which somebody writes in her own words."""
_ASKING = ("/login", "/back", "/phone")


class SpokenPages(Pages):
    """`language_cookie` keeps the language; `frame`: the template around a message; `words`: every text, by language."""

    language_cookie: ClassVar[str]
    frame: ClassVar[str] = "frame.html"
    words: ClassVar[Mapping[str, Mapping[str, str]]] = CATALOGUE

    @property
    @abstractmethod
    def _zone(self) -> ZoneInfo:
        """In which days and hours are said."""

    @abstractmethod
    def _facts(self, session: Session | None, say: Mapping[str, str]) -> Mapping[str, Any]:
        """What the pages of this set know beside the rest: at least `back`, `ended`, `ended_note` and `foot`."""

    def _said(self, request: Request) -> str:
        """The language of a page: `en` or `es`."""
        accepts = request.headers.get("accept-language", "")
        return language_of(request.cookies.get(self.language_cookie), accepts)

    def _page(self, request: Request, template: str, status: int = 200, **facts: Any) -> Response:
        session, language = self._frame.session(request), self._said(request)
        say = self.words[language]
        known = {
            "frame": self.frame,
            "is_in": session is not None,
            "say": say,
            "language": language,
            "other_language": "es" if language == "en" else "en",
            "dated": partial(day_in_words, language=language, zone=self._zone),
            "timed": self._timed(language),
            "spoken": partial(spoken, say=say, language=language, zone=self._zone),
            "here": "",
            "again": "",
            "wrong_form": getattr(request.state, "wrong_form", ""),
            "mails": False,
            "kept": () if status < _REFUSED else _written(request),
            **self._facts(session, say),
            **facts,
        }
        return self._frame.page(request, template, status, known)

    def _timed(self, language: str) -> Callable[[str], Markup]:
        """Writes an instant as its day of the week, day and hour."""
        zone = self._zone
        return lambda instant: day_in_words(in_words(instant, zone, language), language, zone)

    def _refused(self, request: Request, error: HandoffError, status: int) -> Response:
        """A refusal; after a wrong code it leads back to where the code is asked."""
        path, query = request.url.path, request.url.query
        asks = error.code in _ASKED_AGAIN and path.endswith(_ASKING)
        again = (f"{path}?{query}" if query else path) if asks else ""
        return self._page(request, self.message, status, code=error.code, again=again)

    async def _or_again(
        self, request: Request, done: Awaitable[Response], show: Callable[[], Awaitable[Response | None]]
    ) -> Response:
        """What a form came to. Where it is refused for what stands in it: the page that `show` makes, with the form
        filled in as it was sent and what is wrong above it; a page without that form is none, and the refusal is raised.
        """
        try:
            return await done
        except (NotUnderstood, AlreadyReceived, NotAllowed) as refused:
            if isinstance(refused, NotAllowed) and refused.code != "CODE_WRONG":
                raise
            request.state.wrong_form = refused.code
            page, sent = await show(), getattr(request.state, "sent", {})
            made = None if page is None else refilled(bytes(page.body).decode(), request.url.path, sent)
            if page is None or made is None:
                request.state.wrong_form = ""
                raise
            page.body = made.encode()
            page.headers["content-length"] = str(len(page.body))
            page.status_code = status_of(refused) or _REFUSED
            return page

    async def _language(self, request: Request) -> Response:
        return await self._change_language(request, self.language_cookie, CATALOGUE)


def _written(request: Request) -> tuple[str, ...]:
    """What stood in the own words of a form that was refused: it goes back to the browser that sent it, to be copied."""
    sent: Mapping[str, str] = getattr(request.state, "sent", {})
    return tuple(text for name, text in sent.items() if name.partition(".")[0] in _WRITTEN and text.strip())
