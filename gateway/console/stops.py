"""Who must be told that a consent was withdrawn.

It is read from the whole log of each patient who withdrew one, so it is looked up in a thread, and a page that cannot
wait for it shows what was found before.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from gateway.console.finding import Facts, find
from gateway.console.tally import Part, Read, Tally
from gateway.console.window import Window
from gateway.flows.stop_notices import ToTell, to_tell
from gateway.store import AuditFilter

WITHDRAWALS = 60
_REST_SECONDS = 60.0
_LONG_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """Recipients to be told; `is_known` is False while nothing was looked up yet."""

    found: tuple[ToTell, ...] = ()
    is_known: bool = False


class Stops:
    """What was found last, by window."""

    def __init__(self, read: Read, tally: Tally) -> None:
        self._read, self._tally = read, tally
        self._found: dict[tuple[str, str], Told] = {}
        self._looking: asyncio.Task[None] | None = None
        self._took, self._ended = 0.0, 0.0

    async def reach(self, window: Window, seconds: float) -> Told:
        """Those of the newest 60 withdrawals of a window, after waiting `seconds` at most."""
        key = (window.since, window.until)
        resting = self._took > _LONG_SECONDS and time.monotonic() - self._ended < _REST_SECONDS
        if self._looking is None or (self._looking.done() and not (resting and key in self._found)):
            self._looking = asyncio.ensure_future(asyncio.to_thread(self._look, window))
        await asyncio.wait({self._looking}, timeout=seconds)
        return self._found.get(key, Told())

    def _look(self, window: Window) -> None:
        began = time.monotonic()
        with self._read() as reading:
            part: Part = self._tally.part(reading, window.since, window.until, window.first, window.last)
            found = find(reading, part, AuditFilter(kind="revoke"), Facts(), WITHDRAWALS)
            about = dict.fromkeys(one.row.patient_id for one in found.entries if one.row.patient_id)
            told = tuple(told for patient_id in about for told in to_tell(reading, patient_id))
        self._found = {(window.since, window.until): Told(told, is_known=True)}
        self._ended = time.monotonic()
        self._took = self._ended - began
