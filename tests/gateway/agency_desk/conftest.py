"""The treatment program as an agency without software: what is referred to it waits at its page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime

import httpx
import pytest
from starlette.routing import Mount, Router
from starlette.types import ASGIApp

from gateway.agency_desk import make_link
from gateway.disclosure.premises import Premises
from gateway.partners import DeskDelivery
from gateway.store import intents
from gateway.wiring.agency_desk_door import LINK_PURPOSE, desk_mounts
from gateway.wiring.last_restore import last_restore
from tests.gateway.county import County

ROSA = "Rosa Medina"
_BUILT: dict[object, tuple[Premises, datetime | None, Router]] = {}


class Browser:
    """One worker's browser: keeps cookies, follows redirects, sends the forms of the page it is on."""

    def __init__(self, county: County) -> None:
        self.county = county
        # it keeps the cookies alone; given a transport it reads no certificates
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(Router([])))
        self.page = httpx.Response(200)

    def mounts(self) -> Mapping[str, ASGIApp]:
        """The pages that it opens."""
        return desk_mounts(self.county.folder, self.county.premises)

    def _pages(self) -> Router:
        """The pages, made once for a network and a store as they are: a gateway is started anew when they change."""
        now = (self.county.premises, last_restore(self.county.store))
        known = _BUILT.get(type(self).mounts)
        if known is None or known[0] is not now[0] or known[1] != now[1]:
            routes = Router([Mount(at, app) for at, app in self.mounts().items()])
            known = _BUILT[type(self).mounts] = (*now, routes)
        return known[2]

    def _ask(self, method: str, path: str, **how: object) -> httpx.Response:
        pages = self._pages()

        async def scene() -> httpx.Response:
            transport = httpx.ASGITransport(pages, raise_app_exceptions=True)
            async with httpx.AsyncClient(
                transport=transport,
                base_url="http://desk.test",
                follow_redirects=True,
                cookies=self.client.cookies,
            ) as client:
                found = await client.request(method, path, **how)  # type: ignore[arg-type]
                self.client.cookies = client.cookies
                return found

        self.page = asyncio.run(scene())
        return self.page

    def get(self, path: str = "/agency/", **headers: str) -> httpx.Response:
        """Open a page."""
        return self._ask("GET", path, headers=headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> httpx.Response:
        """Send a form."""
        return self._ask("POST", path, data=dict(form), headers={"origin": "http://desk.test", **headers})

    def link(self, name: str = ROSA, partner: str = "otp") -> tuple[str, str]:
        """Path and code of a new link."""
        key = self.county.folder.keys.derived(LINK_PURPOSE)
        link, code = make_link(key, partner, name, self.county.clock.now())
        return f"/agency/login?link={link}", code

    def log_in(self) -> httpx.Response:
        """Come in by a new link with its code."""
        path, code = self.link()
        return self.post(path, {"code": code})

    def hidden(self, name: str) -> str:
        """The value of a hidden field of the page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page.text)
        assert found is not None
        return found[1]


def to_the_desk(county: County) -> str:
    """Release the one intent that is due and put it to the desk; its id."""
    county.released()
    (intent,) = county.intents("sending")
    county.settle(intent, "delivered", intents.AT_DESK)
    return intent.id


@pytest.fixture
def desk(county: County) -> County:
    """A referral of hers waits at the program's page; she permits it."""
    county.change_partner("otp", delivery=DeskDelivery())
    county.consent()
    county.refer()
    return county


@pytest.fixture
def waiting(desk: County) -> str:
    """The id of what waits."""
    return to_the_desk(desk)


@pytest.fixture
def browser(desk: County) -> Browser:
    """Nobody is logged in yet."""
    return Browser(desk)
