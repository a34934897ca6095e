"""The pages for people, read in when the doors are open already: they are a seventh of what a start reads, and whoever
hands a message over need not wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

PATHS = ("/console", "/agency", "/sign", "/me")
Made = Mapping[str, ASGIApp]


class LatePages:
    """What is mounted beside the FHIR API. Who comes before it was read in waits for it."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: asyncio.Future[Made] | None = None

    @property
    def mounts(self) -> Made:
        """An application for each path, from the first moment on."""
        return {path: self._at(path) for path in PATHS}

    async def read_in(self) -> Made:
        """The pages, made once, in a thread. Raises what making them raises."""
        if self._made is None:
            self._made = asyncio.ensure_future(asyncio.to_thread(self._make))
        return await asyncio.shield(self._made)  # the first visitor may leave, the others still wait

    def _at(self, path: str) -> ASGIApp:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            await (await self.read_in())[path](scope, receive, send)

        return served
