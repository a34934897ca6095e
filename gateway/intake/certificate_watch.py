"""Our certificate on a port is renewed while the port is open: who connects from then on is shown the new one.

What cannot be used (half written, without its key, open to others) is told, and the one in use goes on being shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from gateway import logs
from gateway.errors import NotUnderstood
from gateway.logs import Event

_LOOK_SECONDS = 5.0
_Seen = tuple[tuple[int, ...], ...]


class CertificateWatch:
    """Looks at the files of one port until `stop`. `make` reads them (NotUnderstood); `use` takes what it made."""

    def __init__(
        self,
        files: Sequence[Path],
        make: Callable[[], ssl.SSLContext],
        use: Callable[[ssl.SSLContext], Awaitable[None]],
        partner: str,
    ) -> None:
        self._files = tuple(files)
        self._make = make
        self._use = use
        self._partner = partner
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
            context = await asyncio.to_thread(self._make)
        except NotUnderstood as refused:
            self._refused = seen
            logs.warning(Event.CERTIFICATE_REFUSED, partner=self._partner, code=refused.code)
            return
        try:
            await self._use(context)
        except OSError as trouble:  # no descriptor left, say: the port stays as it is, and it is tried again
            logs.fault(Event.TASK_FAILED, trouble, partner=self._partner)
            return
        self._used, self._refused = seen, ()
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
