"""The journal: every audit row a second time, in files outside the store, about a second after its commit.

When a store is lost and an older copy takes its place, the journal tells what happened since: what was disclosed and may
not be sent as if it were new, which consents changed, whose key was destroyed. Its rows are those of the log, facts
sealed; they carry the chain on from where the copy ends, so nobody can leave one out unseen.

A file holds rows in order, one line of JSON each, and is named by the number of its first row.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from gateway import logs
from gateway.audit.chain import chain_hash, leaf_of
from gateway.clock import Clock, SystemClock
from gateway.errors import HandoffError, Internal
from gateway.logs import Event
from gateway.store import audit_rows
from gateway.store.model import AuditRow, Reading, Store

FOLDER = "journal"
KEPT_DAYS = 35
_FILE_BYTES = 64 * 1024 * 1024
_PAGE = 1000
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(AuditRow)


class Journal:
    """Carries the log of one store on into the files of `folder`; one for each store."""

    def __init__(self, store: Store, folder: Path, clock: Clock | None = None) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock or SystemClock()
        self._stopping = asyncio.Event()
        self._written = 0
        self.trouble: str | None = None
        """Why the last attempt wrote nothing (a code), or None; the operator's log says so once, an alert when it lasts,
        `doctor` sees it by the rows that are missing. Meanwhile a lost disk takes more than its last second.
        """
        self._troubled_since = 0.0

    def behind_seconds(self) -> float:
        """For how long nothing could be written; 0 while it can."""
        return 0.0 if self.trouble is None else time.monotonic() - self._troubled_since

    def begin(self) -> None:
        """Find where to go on.

        Raises Internal `STORE_ROLLED_BACK` when the journal knows of entries that the store does not have: an older
        store was put in its place, and consents withdrawn since would count again.
        """
        last = last_row(self._folder)
        with self._store.read() as reading:
            same = last is None or _holds(reading, last)
        if not same:
            text = (
                "the store is older than its journal; `handoff db restore` takes account of what came since"
            )
            raise Internal("STORE_ROLLED_BACK", text)
        self._written = 0 if last is None else last.seq
        self._folder.mkdir(mode=0o700, exist_ok=True)

    async def run(self, every_seconds: float = 1.0) -> None:
        """Write again and again until `stop`, then once more. A busy store or full disk is tried again later."""
        while not self._stopping.is_set():
            await self._try()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), every_seconds)
        await self._try()

    async def stop(self) -> None:
        """Let `run` write what is left and end."""
        self._stopping.set()

    def carry_on(self) -> int:
        """Write every row that is not in the journal yet, and onto the disk; how many."""
        before = self._written
        while rows := self._next_rows():
            append_rows(self._folder, rows)
            self._written = rows[-1].seq
            drop_old_files(self._folder, self._clock)
        return self._written - before

    async def _try(self) -> None:
        before, self.trouble = self.trouble, None
        try:
            await asyncio.to_thread(self.carry_on)
        except HandoffError as error:
            self.trouble = error.code
        except OSError:
            self.trouble = "JOURNAL_NOT_WRITTEN"
        if before is None:
            self._troubled_since = time.monotonic()
        if self.trouble not in (None, before):
            logs.warning(Event.JOURNAL, outcome="stopped", code=self.trouble)

    def _next_rows(self) -> tuple[AuditRow, ...]:
        with self._store.read() as reading:
            return audit_rows.page(reading, self._written + 1, _PAGE)


def append_rows(folder: Path, rows: Sequence[AuditRow]) -> None:
    """Add `rows` to the newest file, or to a new one when that is full, and onto the disk."""
    folder.mkdir(mode=0o700, exist_ok=True)
    files = _files(folder)
    full = not files or files[-1].stat().st_size > _FILE_BYTES
    path = folder / f"{rows[0].seq:012d}.log" if full else files[-1]
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        torn = end > 0 and os.pread(file.fileno(), 1, end - 1) != b"\n"
        file.write((b"\n" if torn else b"") + b"".join(_ENCODER.encode(row) + b"\n" for row in rows))
        os.fsync(file.fileno())


def read_journal(folder: Path, from_seq: int = 1) -> Iterator[AuditRow]:
    """The rows from number `from_seq` on, in the order of the files; lines torn by a crash are passed over."""
    files = _files(folder)
    for index, path in enumerate(files):
        if index + 1 < len(files) and int(files[index + 1].stem) <= from_seq:
            continue
        with path.open("rb") as lines:
            for line in lines:
                row = _row(line)
                if row is not None and row.seq >= from_seq:
                    yield row


def follows(row: AuditRow, seq: int, head: bytes) -> bool:
    """Whether `row` is the next one after entry `seq`, at which the chain stood at `head`."""
    leaf = leaf_of(row)
    return row.seq == seq + 1 and row.leaf_hash == leaf and row.chain_hash == chain_hash(head, leaf)


def last_row(folder: Path) -> AuditRow | None:
    """The last row of the journal; None without one."""
    for path in reversed(_files(folder)):
        with path.open("rb") as file:
            for line in reversed(_tail(file.fileno(), path.stat().st_size)):
                row = _row(line)
                if row is not None:
                    return row
    return None


def drop_old_files(folder: Path, clock: Clock) -> int:
    """Take away files whose last row is over 35 days old; how many. No backup that old is restored in earnest."""
    oldest = (clock.now() - timedelta(days=KEPT_DAYS)).timestamp()
    old = [path for path in _files(folder)[:-1] if path.stat().st_mtime < oldest]
    for path in old:
        path.unlink()
    return len(old)


def _holds(reading: Reading, row: AuditRow) -> bool:
    kept = audit_rows.get(reading, row.seq)
    return kept is not None and kept.chain_hash == row.chain_hash


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.log") if path.stem.isdigit())


def _row(line: bytes) -> AuditRow | None:
    try:
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _tail(descriptor: int, size: int) -> list[bytes]:
    """The last lines of a file. A row is some kilobytes long; what is cut at the beginning is no row."""
    length = min(size, 4 * 1024 * 1024)
    return os.pread(descriptor, length, size - length).splitlines()
