"""Who must be told that a consent was withdrawn: of every withdrawal that is open, however long ago.

It is read from the whole log of each patient who withdrew one, so it is looked up in a thread, and a page that cannot
wait for it shows what was found before.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from itertools import islice

from gateway.console.tally import Read
from gateway.flows.stop_notices import ToTell, to_tell

MOST = 1_000
_REST_SECONDS = 60.0
_LONG_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """Recipients to be told, the newest withdrawal first; `is_known` is False while nothing was looked up yet, `is_cut`
    says that there are more than the first 1,000.
    """

    found: tuple[ToTell, ...] = ()
    is_known: bool = False
    is_cut: bool = False


class Stops:
    """What was found last."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._found = Told()
        self._looking: asyncio.Task[None] | None = None
        self._took, self._ended = 0.0, 0.0

    async def reach(self, seconds: float) -> Told:
        """All that is to be told, after waiting `seconds` at most."""
        resting = self._took > _LONG_SECONDS and time.monotonic() - self._ended < _REST_SECONDS
        if self._looking is None or (self._looking.done() and not resting):
            self._looking = asyncio.ensure_future(asyncio.to_thread(self._look))
        await asyncio.wait({self._looking}, timeout=seconds)
        return self._found

    def _look(self) -> None:
        began = time.monotonic()
        with self._read() as reading:
            found = tuple(islice(to_tell(reading), MOST + 1))
        self._found = Told(found[:MOST], is_known=True, is_cut=len(found) > MOST)
        self._ended = time.monotonic()
        self._took = self._ended - began
