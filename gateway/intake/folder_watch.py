"""The folder door: files that a partner puts into a folder of its own, taken in one after the other, oldest first.

| place | holds |
|---|---|
| the folder | what the partner is writing or has written |
| `.handoff` in it | what is being taken in: moved there once it has stopped changing, so that it is ours alone |
| `done` | what was taken in, in whole or in part |
| `NAME.manifest.json` | what `NAME` is to be (`bytes`, `sha256`), where its sender says so |
| `rejected` | what was not: with `….errors.json`, and the refused rows with what is wrong (`….rejected.csv`) |

A file leaves `.handoff` only after everything in it is durable or named as refused; after a kill it is taken in again
from its beginning, and what was taken in before is known.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Awaitable, Callable

from gateway import logs
from gateway.clock import Clock
from gateway.errors import NotNow
from gateway.flows.files import ArrivedFile, TakenFile, TakenRecord
from gateway.flows.messages import Fault, Receipt
from gateway.intake.arrived import batch_messages, message_of
from gateway.intake.hl7_header import read_header
from gateway.intake.mllp import Accept
from gateway.intake.watched_folder import LocalPlace, WatchSettings
from gateway.intake.watched_place import Found, Place, PlaceTrouble, refused_in
from gateway.logs import Event
from gateway.partners.deliveries import BY_MESSAGE_TYPE

AcceptFile = Callable[[ArrivedFile], Awaitable[TakenFile]]
_REST_SECONDS = 5.0
_AFTER_A_FAULT_SECONDS = 60.0


class FolderWatch:
    """Looks into one folder until `stop`."""

    def __init__(
        self,
        settings: WatchSettings,
        accept: Accept,
        accept_file: AcceptFile,
        clock: Clock,
        place: Place | None = None,
    ) -> None:
        self._settings = settings
        self._accept = accept
        self._accept_file = accept_file
        self._clock = clock
        self._place: Place = place or LocalPlace(settings)
        self._stopping = asyncio.Event()
        self._resting: dict[tuple[int, int, int], float] = {}
        self._running: asyncio.Task[None] | None = None
        self._closed_at: float | None = None
        self._misses = 0

    @property
    def partner(self) -> str:
        """Whose folder it is."""
        return self._settings.partner

    @property
    def unreadable_seconds(self) -> float:
        """For how long nothing could be taken from it; 0 while it can be read."""
        closed_at = self._closed_at
        return 0.0 if closed_at is None else time.monotonic() - closed_at

    async def run(self) -> None:
        """Take in what is there and what comes, until `stop`. A folder that cannot be read is looked at again."""
        self._running = asyncio.current_task()
        try:
            while not self._stopping.is_set():
                await self._pause(await self._round())
        finally:
            await self._place.close()

    async def _round(self) -> float:
        """One look, and what there is to take; how many seconds to wait until the next."""
        try:
            found = await self._place.look()
            busy = await self._take_all(found)
            self._told(readable=True)
        except PlaceTrouble as trouble:
            self._told(readable=False, code=trouble.code)
            self._misses += 1
            longest = max(self._settings.poll_seconds, self._settings.longest_pause_seconds)
            return min(self._settings.poll_seconds * 2.0 ** min(self._misses, 30), longest)
        self._misses = 0
        return _REST_SECONDS if busy else self._settings.poll_seconds

    async def stop(self, grace_seconds: float = 2.0) -> None:
        """Finish the file in hand within the grace, else leave it: what is left is taken in at the next start."""
        self._stopping.set()
        if self._running is not None:
            _, late = await asyncio.wait({self._running}, timeout=grace_seconds)
            for task in late:
                task.cancel()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _take_all(self, found: tuple[Found, ...]) -> bool:
        """Take in each of `found`. True when the store takes no more for now: the files wait, and nothing is lost."""
        now = asyncio.get_running_loop().time()
        for file in found:
            if self._stopping.is_set():
                return False
            if self._resting.get(file.seen, 0.0) > now:
                continue
            self._resting.pop(file.seen, None)
            try:
                await self._take(file)
            except NotNow as trouble:
                logs.warning(Event.STORE_BUSY, channel=self._settings.channel, code=trouble.code)
                return True
            except PlaceTrouble:
                raise
            except Exception as unexpected:  # noqa: BLE001  # one bad file must not hold up those behind it
                self._rest(file, unexpected, now)
        return False

    def _rest(self, file: Found, trouble: Exception, now: float) -> None:
        """Leave the file where it is for a while; the folder's other files go on."""
        logs.fault(Event.TASK_FAILED, trouble, channel=self._settings.channel)
        self._resting[file.seen] = now + _AFTER_A_FAULT_SECONDS

    async def _take(self, file: Found) -> None:
        at = self._clock.now()
        claimed = await self._place.claim(file)
        if claimed is None:
            return  # its partner took it back, or went on writing
        raw = await self._place.read(claimed)
        if raw is None:
            text = f"is larger than {self._settings.most_bytes} bytes; send it in parts"
            taken = self._refused("FILE_TOO_LARGE", text)
            digest = await self._place.digest(claimed)
        else:
            digest = hashlib.sha256(raw).hexdigest()
            if self._place.wanted(claimed) not in ("", digest):
                text = "is not what its manifest says (bytes, sha256); send both again"
                taken = self._refused("FILE_NOT_AS_MANIFEST", text)
            else:
                taken = await self._hand_over(file.ending, raw)
        refused = refused_in(taken)
        await self._place.put_away(claimed, digest, taken, at)
        # No hash of the file: one of a few words can be guessed from it.
        first = next((one.receipt.message_id for one in taken.records if one.receipt.message_id), None)
        facts = {"partner": self._settings.partner, "channel": self._settings.channel, "message_id": first}
        logs.info(Event.FILE_TAKEN, **facts, entries=len(taken.records), count=len(taken.records) - refused)
        if refused:
            logs.warning(Event.FILE_REFUSED, **facts, count=refused)

    def _refused(self, code: str, text: str) -> TakenFile:
        receipt = Receipt("", self._clock.now(), "rejected", (Fault(code, text),))
        return TakenFile((TakenRecord("", receipt),))

    async def _hand_over(self, ending: str, raw: bytes) -> TakenFile:
        """What became of the file. Raises NotNow, and whatever else the flow raises: then nothing is put away."""
        mapping = self._settings.formats.get(ending)
        at = self._clock.now()
        if mapping is None or not raw.strip():
            if mapping is None:
                return self._refused("ENDING_UNKNOWN", "no format is set up for it")
            return self._refused("FILE_EMPTY", "is empty")
        if mapping != BY_MESSAGE_TYPE:
            file = ArrivedFile(self._settings.partner, self._settings.channel, mapping, raw, at)
            return await self._accept_file(file)
        taken = []
        for number, content in enumerate(batch_messages(raw), 1):
            message = message_of(
                content,
                read_header(content),
                partner=self._settings.partner,
                channel=self._settings.channel,
                formats=self._settings.messages,
                processing_ids=self._settings.processing_ids,
                at=at,
            )
            taken.append(TakenRecord(f"message {number}", await self._accept(message)))
        return TakenFile(tuple(taken))

    def _told(self, *, readable: bool, code: str | None = None) -> None:
        """Say once that nothing can be taken from the folder, and once that it can be again.

        `FOLDER_CLOSED`: nothing in it may be moved. `PLACE_IS_NO_FOLDER`: it, or `.handoff`, `done` or `rejected` in it,
        is a link or a file.
        """
        if readable == (self._closed_at is None):
            return
        self._closed_at = None if readable else time.monotonic()
        event = Event.FOLDER_READABLE if readable else Event.FOLDER_UNREADABLE
        logs.warning(event, partner=self._settings.partner, channel=self._settings.channel, code=code)
