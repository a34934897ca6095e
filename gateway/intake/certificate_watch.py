"""Certificates and keys are renewed while the gateway runs: ours on a port, those its partner may show, those toward it.

What cannot be used (half written, without its key, open to others) is told, and the one in use goes on being used.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from gateway import logs
from gateway.errors import NotUnderstood
from gateway.logs import Event

_LOOK_SECONDS = 5.0
_Seen = tuple[tuple[int, ...], ...]
T = TypeVar("T")


class CertificateWatch(Generic[T]):
    """Looks at the files of one line until `stop`. `make` reads them (NotUnderstood); `use` takes what it made, unless
    it is what is in use, `made`.
    """

    def __init__(
        self,
        files: Sequence[Path],
        make: Callable[[], T],
        use: Callable[[T], Awaitable[None]],
        partner: str,
        made: T | None = None,
    ) -> None:
        self._files = tuple(files)
        self._make = make
        self._use = use
        self._partner = partner
        self._made = made
        self._stopping = asyncio.Event()
        self._used = self._seen()
        self._refused: _Seen = ()

    async def run(self) -> None:
        """Look now and then."""
        while not self._stopping.is_set():
            await self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    async def look(self) -> None:
        """Take the files as they are now, if they have changed and can be used."""
        seen = await asyncio.to_thread(self._seen)
        if seen in (self._used, self._refused):
            return
        try:
            made = await asyncio.to_thread(self._make)
        except NotUnderstood as refused:
            self._refused = seen
            logs.warning(Event.CERTIFICATE_REFUSED, partner=self._partner, code=refused.code)
            return
        if made == self._made:
            self._used, self._refused = seen, ()
            return
        try:
            await self._use(made)
        except OSError as trouble:  # no descriptor left, say: the port stays as it is, and it is tried again
            logs.fault(Event.TASK_FAILED, trouble, partner=self._partner)
            return
        self._used, self._refused, self._made = seen, (), made
        logs.info(Event.CERTIFICATE_TAKEN, partner=self._partner)

    def _seen(self) -> _Seen:
        """By what a change is noticed; a file that is away has none."""
        found: list[tuple[int, ...]] = []
        for file in self._files:
            try:
                status = file.stat()
            except OSError:
                found.append(())
                continue
            found.append((status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino))
        return tuple(found)
