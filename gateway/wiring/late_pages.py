"""The pages for people, read in when the first of them comes: a seventh of what a start would read, and ten megabytes,
that a gateway which only hands messages over never needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

PATHS = ("/console", "/agency", "/sign", "/me")
Made = Mapping[str, ASGIApp]


def _nothing() -> None:
    pass


class LatePages:
    """What is mounted beside the FHIR API. Who comes before it was read in waits for it. `then` is done once it was."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self.then: Callable[[], None] = _nothing
        self._made: asyncio.Future[Made] | None = None

    @property
    def mounts(self) -> Made:
        """An application for each path, from the first moment on."""
        return {path: self._at(path) for path in PATHS}

    async def read_in(self) -> Made:
        """The pages, made once, in a thread. Raises what making them raises."""
        if self._made is None:
            self._made = asyncio.ensure_future(self._read())
        return await asyncio.shield(self._made)  # the first visitor may leave, the others still wait

    async def _read(self) -> Made:
        made = await asyncio.to_thread(self._make)
        self.then()
        return made

    def _at(self, path: str) -> ASGIApp:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            await (await self.read_in())[path](scope, receive, send)

        return served
