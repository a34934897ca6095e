"""What only one gateway of all on a database may do: it is done by the keeper, and by the next one when that is gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

_LOOK_AGAIN_SECONDS = 0.5


class House:
    """Kept while this process is the keeper: entered when it becomes so, left when it is no longer."""

    def __init__(
        self, is_keeper: Callable[[], bool], enter: Callable[[contextlib.AsyncExitStack], Awaitable[None]]
    ) -> None:
        self._is_keeper = is_keeper
        self._enter = enter
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Keep it whenever it is ours to keep, until `stop`. Raises what entering raises."""
        while not self._stopping.is_set():
            if self._is_keeper():
                async with contextlib.AsyncExitStack() as stack:
                    await self._enter(stack)
                    while self._is_keeper() and not self._stopping.is_set():
                        await self._pause()
            else:
                await self._pause()

    async def stop(self) -> None:
        """Let `run` leave the house and end."""
        self._stopping.set()

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), _LOOK_AGAIN_SECONDS)
