"""Our own addresses, found and served without the framework's stack, which cost as much as deciding what is shown.

Whatever is not plainly one of them (another method, a mounted folder, an unknown address) goes the framework's way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import HandoffError, NotSupported

Endpoint = Callable[[Request], Awaitable[Response]]
ToAnswer = Callable[[Request, Exception], Awaitable[Response]]


def no_such_address() -> NotSupported:
    """What is wrong where nothing is served."""
    return NotSupported(
        "NO_SUCH_ADDRESS", "there is nothing at this address; what is served stands at `/docs`"
    )


class Address(Route):
    """A route without FastAPI's injection, which would be a quarter of what the door costs. Where GET is served, HEAD is
    (RFC 9110): asked, decided and logged as GET, and its answer sent without the body.
    """

    def __init__(self, path: str, endpoint: Endpoint, methods: tuple[str, ...], name: str) -> None:
        super().__init__(path, endpoint, methods=list(methods), name=name)
        self.methods = {*methods, *(("HEAD",) if "GET" in methods else ())}
        self.serve = endpoint

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, and which one it was, for logs and counters."""
        match, found = super().matches(scope)
        return match, {**found, "route": self} if match is not Match.NONE else found


class Addresses:
    """The application `rest`, and before it the addresses that are asked for most."""

    def __init__(
        self, addresses: Iterable[Address], rest: ASGIApp, answers: dict[type[Exception], ToAnswer]
    ) -> None:
        self.rest = rest
        self._answers = answers
        self._of: dict[tuple[str, int], list[tuple[str, Address]]] = {}
        for one in addresses:
            for method in one.methods or ():
                self._of.setdefault((method, one.path.count("/")), []).append((_second(one.path), one))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what nobody foresaw is raised."""
        found = self._found(scope)
        if found is None:
            await self.rest(scope, receive, send)
            return
        scope["app"], scope["route"], scope["path_params"] = self.rest, found[0], found[1]
        answer = await self._answer(Request(scope, receive, send), found[0].serve)
        await answer(scope, receive, _without_body(send) if scope["method"] == "HEAD" else send)

    async def within(self, scope: Scope, doors: Collection[str]) -> Response:
        """The answer to a request without a body that stands in another one, at an address of one of these doors, which
        its own `scope` names then.
        """
        found = self._found(scope)
        if found is None or found[0].name not in doors:
            return await self.refused(scope, no_such_address())
        scope["route"], scope["path_params"] = found
        return await self._answer(Request(scope), found[0].serve)

    async def refused(self, scope: Scope, error: HandoffError) -> Response:
        """The refusal of such a request, which came to no door."""
        scope["route"] = None
        return await self._answers[HandoffError](Request(scope), error)

    async def _answer(self, request: Request, serve: Endpoint) -> Response:
        try:
            return await serve(request)
        except (HandoffError, HTTPException, ClientDisconnect) as error:
            kind = next(one for one in type(error).__mro__ if one in self._answers)
            return await self._answers[kind](request, error)

    def _found(self, scope: Scope) -> tuple[Address, dict[str, Any]] | None:
        """The first address of this path and method, as the framework would find it."""
        if scope.get("root_path"):
            return None
        path = scope["path"]
        second = _second(path)
        for its, address in self._of.get((scope["method"], path.count("/")), ()):
            if its == second or its.startswith("{"):  # any type
                match = address.path_regex.match(path)
                if match is not None:
                    return address, match.groupdict()
        return None


def _second(path: str) -> str:
    """The second part of a path, the type in most addresses."""
    return path.split("/", 3)[2] if path.count("/") > 1 else ""


def _without_body(send: Send) -> Send:
    """Sends what is given, but no byte of a body."""

    async def head_alone(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return head_alone
