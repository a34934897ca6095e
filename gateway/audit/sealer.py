"""The sealer: it signs the head of the log about once a second while entries come, and at the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from gateway.audit.chain import START
from gateway.audit.checkpoint import (
    Checkpoint,
    NoteSigner,
    append_witness,
    last_witnessed,
    read_note,
    sign_head,
    verifier_of,
)
from gateway.audit.tiles import WIDTH, StoredTree, TileMissing, carry_on, grow, lacks_tiles
from gateway.audit.tree import Frontier, frontier_of
from gateway.clock import Clock, instant_text
from gateway.errors import Internal, NotNow, NotUnderstood
from gateway.store import audit_rows, audit_tiles
from gateway.store.model import CheckpointRow, Reading, Store, Transaction

_TILES_AT_ONCE = 16
_ROWS_AT_ONCE = 16 * WIDTH
_NOTES_AT_ONCE = 1000


class Sealer:
    """Signs the log of one store; one sealer for each store."""

    def __init__(self, store: Store, signer: NoteSigner, witness: Path | None, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._witness = witness
        self._clock = clock
        self._stopping = asyncio.Event()
        self._witnessed_to = 0
        self.trouble: str | None = None
        """Why the last attempt of `run` did not seal (a code), or None; readiness and alerts look at it."""

    async def run(self, every_seconds: float = 1.0) -> None:
        """Seal again and again until `stop`, then once more. A busy store or full disk is tried again later.

        Raises Internal `AUDIT_ALTERED` when the log no longer fits its last signed head; nothing is signed.
        """
        while not self._stopping.is_set():
            await self._try_to_seal()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), every_seconds)
        await self._try_to_seal()

    async def stop(self) -> None:
        """Let `run` seal what is left and end."""
        self._stopping.set()

    async def _try_to_seal(self) -> None:
        try:
            await self.seal_now()
            self.trouble = None
        except NotNow as error:
            self.trouble = error.code
        except OSError:
            self.trouble = "WITNESS_NOT_WRITTEN"

    async def seal_now(self) -> Checkpoint | None:
        """Sign the present head, store it, bring the witness file up to it; None when nothing came since the last.

        Raises NotNow `STORE_BUSY`, OSError when the witness file cannot be read (nothing is signed) or written (the
        signed head is stored, and is added when that goes again).
        """
        with self._store.read() as reading:
            unsealed, newest = _unsealed(reading), audit_rows.last_checkpoint(reading)
        if not unsealed and (newest is None or newest.size == self._witnessed_to or self._witness is None):
            return None
        witnessed, checkpoint = await asyncio.to_thread(self._last_witnessed), None
        if unsealed:
            try:
                checkpoint = await self._seal(witnessed)
            except (TileMissing, _RootDiffers):  # the stored nodes may be at fault, only a cache of the rows
                await self._store.write(audit_tiles.forget)
                checkpoint = await self._seal_or_refuse(witnessed)
        if self._witness is not None:
            await asyncio.to_thread(self._bring_up, self._witness, witnessed)
        return checkpoint

    def _last_witnessed(self) -> Checkpoint | None:
        return None if self._witness is None else last_witnessed(self._witness, verifier_of(self._signer))

    def _bring_up(self, witness: Path, witnessed: Checkpoint | None) -> None:
        """Add to the witness file what it lacks behind its last head; to an empty one the newest head alone.

        Raises OSError, Internal `AUDIT_ALTERED` when a stored head is none of ours.
        """
        with self._store.read() as reading:
            newest = audit_rows.last_checkpoint(reading)
            if newest is None:
                return
            lacking = audit_rows.checkpoints(
                reading, newest.size if witnessed is None else witnessed.size + 1
            )
            while batch := tuple(islice(lacking, _NOTES_AT_ONCE)):
                if any(self._read(row) is None for row in batch):
                    raise _altered("a stored head of the audit log was not signed here")
                append_witness(witness, *(row.note for row in batch))
        self._witnessed_to = newest.size

    async def _seal_or_refuse(self, witnessed: Checkpoint | None) -> Checkpoint | None:
        try:
            return await self._seal(witnessed)
        except (TileMissing, _RootDiffers):
            raise _altered("the audit log has another root than the one that was signed") from None

    async def _seal(self, witnessed: Checkpoint | None) -> Checkpoint | None:
        """Bring the tree up to the log, of an older one in steps that let others write in between, and sign."""
        while await self._lacks_tiles() and await self._store.write(partial(grow, most=_TILES_AT_ONCE)):
            pass
        log = _Log()
        while await asyncio.to_thread(self._read_on, log, witnessed):
            pass
        return await self._store.write(partial(self._sign, log=log, witnessed=witnessed))

    async def _lacks_tiles(self) -> bool:
        with self._store.read() as reading:
            return lacks_tiles(reading)

    def _read_on(self, log: _Log, witnessed: Checkpoint | None) -> bool:
        """Where no root is signed yet: some more rows into `log`. Whether there are more."""
        with self._store.read() as reading:
            signed, head = self._last_checkpoint(reading), audit_rows.last(reading)
            if head is None or (signed is not None and signed.root is not None):
                return False
            upto = min(head[0], log.tree.size + _ROWS_AT_ONCE)
            log.go_on(reading, (signed, witnessed), upto)
            return upto < head[0]

    def _sign(self, tx: Transaction, log: _Log, witnessed: Checkpoint | None) -> Checkpoint | None:
        signed = self._last_checkpoint(tx)
        head = audit_rows.last(tx)
        if head is None or not _unsealed(tx):
            return None
        size, chain = head
        if witnessed is not None and witnessed.size > size:
            raise _altered(f"the audit log ends before its witnessed head of {witnessed.size} entries")
        while grow(tx, _TILES_AT_ONCE):
            pass
        if signed is not None and signed.root is not None:
            log = _Log(_frontier(tx, signed, signed.root), signed.chain_hash)
        log.go_on(tx, (signed, witnessed), size)
        if log.chain != chain:
            raise _altered("the audit log grew another way while it was sealed")
        made = sign_head(self._signer, size, log.tree.root(), chain, instant_text(self._clock.now()))
        audit_rows.add_checkpoint(tx, CheckpointRow(size, chain, made.note, made.at))
        return made

    def _last_checkpoint(self, reading: Reading) -> Checkpoint | None:
        """What was signed last. Raises Internal `AUDIT_ALTERED` when the log no longer fits it, or somebody else
        signed it.
        """
        sealed = audit_rows.last_checkpoint(reading)
        if sealed is None:
            return None
        row, signed = audit_rows.get(reading, sealed.size), self._read(sealed)
        if row is None or signed is None or signed.chain_hash != row.chain_hash:
            raise _altered(f"the audit log no longer fits its signed head of {sealed.size} entries")
        return signed

    def _read(self, sealed: CheckpointRow) -> Checkpoint | None:
        """What a stored head says; None when it is not signed here, or for another size."""
        try:
            signed = read_note(sealed.note, verifier_of(self._signer))
        except NotUnderstood:
            return None
        return signed if signed.size == sealed.size else None


class _RootDiffers(Exception):
    """The tree does not have the root that was signed."""


@dataclass(slots=True)
class _Log:
    """The log up to an entry: the tree over it and its chain hash, both from its rows and not from what is stored."""

    tree: Frontier = field(default_factory=Frontier)
    chain: bytes = START

    def go_on(self, reading: Reading, known: Iterable[Checkpoint | None], size: int) -> None:
        """Add the rows up to number `size`. Raises Internal `AUDIT_ALTERED` when one does not follow from the one
        before, or the log is not the one of a head in `known` on the way.
        """
        for head in sorted((one for one in known if one is not None), key=lambda one: one.size):
            if self.tree.size <= head.size <= size:
                self._add(reading, head.size)
                if self.chain != head.chain_hash or head.root not in (None, self.tree.root()):
                    raise _altered(f"the audit log does not fit its head of {head.size} entries")
        self._add(reading, size)

    def _add(self, reading: Reading, size: int) -> None:
        self.chain = carry_on(reading, self.tree, self.chain, size)


def _frontier(tx: Transaction, signed: Checkpoint, root: bytes) -> Frontier:
    """The tree that was signed last, so that no other root can ever be signed than one that is consistent with it."""
    frontier = frontier_of(signed.size, StoredTree(tx))
    if frontier.root() != root:
        raise _RootDiffers
    return frontier


def _altered(text: str) -> Internal:
    return Internal("AUDIT_ALTERED", text)


def _unsealed(reading: Reading) -> int:
    """How many entries no head vouches for yet."""
    head, sealed = audit_rows.last(reading), audit_rows.last_checkpoint(reading)
    return (0 if head is None else head[0]) - (0 if sealed is None else sealed.size)
