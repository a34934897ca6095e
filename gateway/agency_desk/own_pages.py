"""The pages at `/me/`: a person reads what she has permitted and who was told, takes it back, and asks. No script."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.agency_desk import phrases_own
from gateway.agency_desk.own_links import contacts_in_form
from gateway.agency_desk.own_page_desk import LINK, NAME, OwnPage, code_of
from gateway.agency_desk.passkeys import Asking, Offer
from gateway.agency_desk.phrases import CATALOGUE
from gateway.agency_desk.second_factor import is_phone_code, phone_address, phone_secret, picture_of
from gateway.agency_desk.sites import site_of
from gateway.agency_desk.spoken_pages import SpokenPages
from gateway.agency_desk.told_by_day import told_by_day
from gateway.disclosure.desk_forms import purpose_in_words, types_in_words
from gateway.errors import AlreadyReceived, NotAllowed, NotFound
from gateway.flows.own_contacts import WAYS
from gateway.flows.own_meetings import contact_words
from gateway.flows.own_page import WISHES, Permission
from gateway.flows.own_page_doors import CAME, LEFT, REFUSED
from gateway.flows.phones import of_client
from gateway.pages import HEADERS, Link, Pace, Session, Site, read_link
from gateway.partners import partner_of

PATH, COOKIE, LANGUAGE = "/me", "handoff_me", "handoff_me_language"
MOST_TRIES = 5
_COUNTED = re.compile(r"[0-9]+ [A-Z][A-Za-z]+(, [0-9]+ [A-Z][A-Za-z]+)*")
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {**CATALOGUE["en"], **phrases_own.ENGLISH},
    "es": {**CATALOGUE["es"], **phrases_own.SPANISH},
}
"""Every word of these pages."""


def build_own_page(own: OwnPage) -> ASGIApp:
    """The pages as an ASGI application, to be mounted at `/me`."""
    return _Pages(own)


class _Pages(SpokenPages):
    language_cookie = LANGUAGE
    frame = "own_frame.html"
    words = WORDS

    def __init__(self, own: OwnPage) -> None:
        super().__init__(_site(own), Pace())
        self._own = own
        self._serve(
            (
                Route("/", self._first),
                Route("/told", self._told),
                Route("/meetings", self._meetings),
                Route("/contacts", self._contacts, methods=["GET", "POST"]),
                Route("/stop", self._stop, methods=["POST"]),
                Route("/ask", self._ask, methods=["POST"]),
                Route("/phone", self._phone, methods=["GET", "POST"]),
                Route("/passkey", self._passkey, methods=["POST"]),
                Route("/passkey/more", self._more, methods=["POST"]),
                Route("/passkey/remove", self._remove, methods=["POST"]),
                Route("/login", self._login, methods=["GET", "POST"]),
                Route("/logout", self._logout, methods=["POST"]),
                Route("/language", self._language, methods=["POST"]),
            )
        )

    # ------------------------------------------------------------------------------------------ screens

    async def _first(self, request: Request) -> Response:
        her = self._her(request)
        if her is None:
            return self._stranger(request)
        found = await self._own.permissions(her)
        return self._page(
            request,
            "own.html",
            permissions=[self._in_words(request, one) for one in found],
            wishes=tuple(WISHES),
            done=request.query_params.get("done", ""),
            has_phone=bool(self._own.phone_of(of_client(her))),
            has_passkey=bool(self._own.passkeys.known(of_client(her))),
        )

    async def _told(self, request: Request) -> Response:
        her = self._her(request)
        if her is None:
            return self._stranger(request)
        told = told_by_day(await self._own.told_whom(her), self._zone)
        language = self._said(request)
        rows = [
            (one, purpose_in_words(one.purpose, language), _what(one.descriptions, language)) for one in told
        ]
        return self._page(request, "own_told.html", rows=rows)

    async def _meetings(self, request: Request) -> Response:
        """What is planned with her and what was written to her; the link to join is nowhere else."""
        her = self._her(request)
        if her is None:
            return self._stranger(request)
        found = await self._own.calendar(her)
        meetings = [(one, self._name_of(one.partner)) for one in found.meetings]
        messages = [(one, self._name_of(one.partner)) for one in found.messages]
        return self._page(request, "own_meetings.html", meetings=meetings, messages=messages)

    async def _contacts(self, request: Request) -> Response:
        """How she is reached: what is on file, and what she asks to have changed. Only silence binds at once."""
        her = self._her(request)
        if her is None:
            return self._stranger(request)
        if request.method == "POST":
            said = contacts_in_form(await self._frame.form(request))
            words = contact_words(said)
            if said.no_messages:
                await self._own.stop_messages(her)
            asked = self._asked(self._own.ask(her, "contact", words))
            return await self._or_again(request, asked, partial(self._known_contacts, request, her))
        return await self._known_contacts(request, her)

    async def _known_contacts(self, request: Request, her: str) -> Response:
        on_file = (await self._own.calendar(her)).contacts
        known = [(self._name_of(partner), one) for partner, one in on_file]
        return self._page(request, "own_contacts.html", known=known, ways=WAYS)

    async def _stop(self, request: Request) -> Response:
        her = self._her(request)
        form = await self._frame.form(request)
        if her is None:
            return self._stranger(request)
        one = form.get("consent", "")
        if not one and form.get("all") != "yes":
            raise NotFound("NO_SUCH_CONSENT", "no such permission is in force")
        stopped = await self._own.withdrawn(her, (one,) if one else ())
        return self._page(request, "own_stopped.html", stopped=stopped)

    async def _ask(self, request: Request) -> Response:
        her = self._her(request)
        form = await self._frame.form(request)
        if her is None:
            return self._stranger(request)
        asked = self._asked(self._own.ask(her, form.get("kind", ""), form.get("text", "")))
        return await self._or_again(request, asked, partial(self._first, request))

    async def _asked(self, asking: Awaitable[None]) -> Response:
        await asking
        return RedirectResponse("./?done=asked", 303, HEADERS)

    async def _phone(self, request: Request) -> Response:
        """An authenticator app as her second factor: it counts once she has shown that it works."""
        her, session = self._her(request), self._frame.session(request)
        if her is None or session is None:
            return self._stranger(request)
        whose = of_client(her)
        form = await self._frame.form(request) if request.method == "POST" else {}
        if self._own.passkeys.known(whose) and request.method == "GET":
            return self._passkeys(request, self._asking(her, session.id).to_show(), "more")
        if self._own.phone_of(whose) or self._own.passkeys.known(whose):
            raise AlreadyReceived("PHONE_SET_UP", "a phone or passkey is asked for already")
        phone = self._own.next_phone(whose, session.id)
        secret = phone_secret(self._own.key, whose, phone)

        async def shown() -> Response:
            network = self._own.network.content.network
            picture = picture_of(phone_address(secret, "my page", network))
            offer = self._asking(her, session.id).to_make(network, network)
            return self._page(request, "own_phone.html", picture=picture, secret=secret, passkey=offer)

        async def set_up() -> Response:
            if not await is_phone_code(
                secret, form.get("code", ""), self._own.clock.now(), self._own.use_once
            ):
                raise NotAllowed("CODE_WRONG", "the code is not that of the phone")
            await self._own.phone_set_up(whose, phone)
            return RedirectResponse("./?done=phone", 303, HEADERS)

        return await (self._or_again(request, set_up(), shown) if request.method == "POST" else shown())

    async def _passkey(self, request: Request) -> Response:
        """A passkey of her device as her second factor, where she has none yet."""
        her, session = self._her(request), self._frame.session(request)
        if her is None or session is None:
            return self._stranger(request)
        form = await self._frame.form(request)
        if self._own.phone_of(of_client(her)):
            raise AlreadyReceived("PHONE_SET_UP", "a phone is asked for already")
        await self._asking(her, session.id).make(form)
        return RedirectResponse("./?done=passkey", 303, HEADERS)

    async def _more(self, request: Request) -> Response:
        """Behind a passkey that she has shown: a spare can be made, or one removed."""
        her, session = self._her(request), self._frame.session(request)
        if her is None or session is None:
            return self._stranger(request)
        form, asks = await self._frame.form(request), self._asking(her, session.id)
        await self._use_up((f"open{place}-{session.id}" for place in range(MOST_TRIES)), session.ends_at)
        if not await asks.is_shown(form):
            raise NotAllowed("PASSKEY_WRONG", "the device was not recognized")
        network = self._own.network.content.network
        return self._passkeys(
            request, asks.to_make(network, network, by_another=True), "make", asks.to_remove()
        )

    async def _remove(self, request: Request) -> Response:
        her, session = self._her(request), self._frame.session(request)
        if her is None or session is None:
            return self._stranger(request)
        await self._asking(her, session.id).remove(await self._frame.form(request), False)
        return RedirectResponse("../phone", 303, HEADERS)

    def _passkeys(self, request: Request, offer: Offer | None, step: str, gone: str = "") -> Response:
        known = self._own.passkeys.since(of_client(str(self._her(request))))
        return self._page(request, "own_passkeys.html", known=known, passkey=offer, step=step, gone=gone)

    def _asking(self, her: str, at: str) -> Asking:
        own = self._own
        return Asking(own.passkeys, of_client(her), at, own.key, own.clock.now(), own.use_once)

    # ------------------------------------------------------------------------------------------ coming and going

    async def _login(self, request: Request) -> Response:
        text = request.query_params.get("link", "")
        if not text:
            return self._stranger(request)
        link = read_link(self._own.key, LINK, text, self._own.clock.now())
        (her,) = link.who
        if self._own.has_to_go(her, link.made_at):
            raise NotAllowed("LINK_EXPIRED", "the link has ended")
        phone = self._own.phone_of(of_client(her))
        if request.method == "GET":
            offer = self._asking(her, link.id).to_show()
            return self._page(request, "own_login.html", link=text, by_phone=bool(phone), passkey=offer)
        form = await self._frame.open_form(request)
        try:
            await self._check(link, her, phone, form)
            if not await self._own.use_once(link.id, link.expires_at):
                raise NotAllowed("LINK_USED", "the link was used before")
        except NotAllowed as error:
            await self._own.tell(her, REFUSED, error.code)
            raise
        await self._own.tell(her, CAME, "")
        return self._frame.begin((her, _second(link.made_at)), "./")

    async def _check(self, link: Link, her: str, phone: str, form: Mapping[str, str]) -> None:
        await self._use_up((f"try{place}-{link.id}" for place in range(MOST_TRIES)), link.expires_at)
        code = form.get("code", "")
        if form.get("passkey"):
            is_right = await self._asking(her, link.id).is_shown(form)
        elif phone:
            secret = phone_secret(self._own.key, of_client(her), phone)
            is_right = await is_phone_code(secret, code, self._own.clock.now(), self._own.use_once)
        else:
            said = "".join(code.split()).replace("-", "")
            has_passkey = bool(self._own.passkeys.known(of_client(her)))
            is_right = not has_passkey and hmac.compare_digest(said.encode(), self._code(her).encode())
        if not is_right:
            raise NotAllowed("CODE_WRONG", "the code is not that of the link")

    def _code(self, her: str) -> str:
        return code_of(self._own.key, her, self._own.making(her))

    async def _logout(self, request: Request) -> Response:
        session = self._frame.session(request)
        if session is not None:
            await self._frame.form(request)
            await self._own.tell(session.who[0], LEFT, "")
        answer = await self._frame.end(request, "login")
        answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return answer

    # ------------------------------------------------------------------------------------------ who

    def _her(self, request: Request) -> str | None:
        """The patient who opens a page, if she has logged in. Raises NotNow `TOO_MANY_PAGES`."""
        session = self._session(request)
        return None if session is None else session.who[0]

    def _in_words(self, request: Request, one: Permission) -> Mapping[str, Any]:
        """A permission for a reader: names and words for what it holds."""
        language = self._said(request)
        known = [display or self._called(reference) for reference, display in one.recipients]
        return {
            "id": one.consent_id,
            "allows": one.allows,
            "who": ", ".join(name for name in known if name),
            "from": self._called(one.discloser),
            "kinds": _kinds(one.types, language),
            "purposes": [purpose_in_words(code, language) for code in one.purposes],
            "until": one.until,
        }

    def _called(self, reference: str) -> str:
        """The name of an organization; empty for whoever is none of this network."""
        return self._name_of(partner_of(reference))

    def _name_of(self, partner: str) -> str:
        found = self._own.network.partners.get(partner)
        return "" if found is None else found.organization.name

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._own.network.zone)

    def _facts(self, session: Session | None, say: Mapping[str, str]) -> Mapping[str, Any]:
        phone = self._own.network.content.operator.consent_desk.phone
        return {
            "back": say["own_back"],
            "ended": say["ended"],
            "ended_note": say["own_ended_note"].format(phone=phone),
            "foot": say["own_leave"],
        }


def _what(descriptions: Sequence[str], language: str) -> str:
    """What left, for a reader: the log counts types of records; anything else is told as it stands."""
    counted = [one for one in descriptions if _COUNTED.fullmatch(one)]
    types = [part.partition(" ")[2] for one in counted for part in one.split(", ")]
    return "; ".join((*_kinds(types, language), *(one for one in descriptions if one not in counted)))


def _kinds(types: Sequence[str], language: str) -> list[str]:
    """What these types of records are called, each word once."""
    say = WORDS[language]
    called = (say.get(f"kind_{one}", one) for one in types_in_words(types, language))
    return list(dict.fromkeys(one[:1].lower() + one[1:] for one in called))


def _second(at: datetime) -> str:
    return str(int(at.timestamp()))


def _site(own: OwnPage) -> Site:
    def has_to_go(session: Session) -> bool:
        """A session ends with the link that it came by."""
        her, *made_at = session.who
        return not made_at or own.has_to_go(her, datetime.fromtimestamp(int(made_at[0]), UTC))

    return site_of(own, (NAME, PATH, COOKIE), has_to_go)
