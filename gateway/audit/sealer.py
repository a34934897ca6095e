"""The sealer: it signs the head of the log about once a second while entries come, and at the end."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from pathlib import Path

from gateway.audit.chain import START
from gateway.audit.checkpoint import Checkpoint, NoteSigner, append_witness, read_note, sign_head, verifier_of
from gateway.audit.tiles import WIDTH, StoredTree, TileMissing, carry_on, grow, lacks_tiles
from gateway.audit.tree import Frontier, frontier_of
from gateway.clock import Clock, instant_text
from gateway.errors import Internal, NotNow, NotUnderstood
from gateway.store import audit_rows, audit_tiles
from gateway.store.model import CheckpointRow, Reading, Store, Transaction

_TILES_AT_ONCE = 16


class Sealer:
    """Signs the log of one store; one sealer for each store."""

    def __init__(self, store: Store, signer: NoteSigner, witness: Path | None, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._witness = witness
        self._clock = clock
        self._stopping = asyncio.Event()
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
        """Sign the present head, store it, add it to the witness file; None when nothing came since the last.

        Raises NotNow `STORE_BUSY`, OSError when the witness file cannot be written (the signed head is
        stored).
        """
        with self._store.read() as reading:
            if not _unsealed(reading):
                return None
        try:
            checkpoint = await self._seal()
        except (
            TileMissing,
            _RootDiffers,
        ):  # the stored nodes may be at fault, which are only a cache of the rows
            await self._store.write(audit_tiles.forget)
            checkpoint = await self._seal_or_refuse()
        if checkpoint is not None and self._witness is not None:
            await asyncio.to_thread(append_witness, self._witness, checkpoint)
        return checkpoint

    async def _seal_or_refuse(self) -> Checkpoint | None:
        try:
            return await self._seal()
        except (TileMissing, _RootDiffers):
            raise Internal(
                "AUDIT_ALTERED", "the audit log has another root than the one that was signed"
            ) from None

    async def _seal(self) -> Checkpoint | None:
        """Bring the tree up to the log, of an older one in steps that let others write in between, and sign."""
        while await self._lacks_tiles() and await self._store.write(partial(grow, most=_TILES_AT_ONCE)):
            pass
        return await self._store.write(self._sign)

    async def _lacks_tiles(self) -> bool:
        with self._store.read() as reading:
            return lacks_tiles(reading)

    def _sign(self, tx: Transaction) -> Checkpoint | None:
        signed = self._last_checkpoint(tx)
        head = audit_rows.last(tx)
        if head is None or not _unsealed(tx):
            return None
        size, chain = head
        while grow(tx, _TILES_AT_ONCE):
            pass
        tree = _frontier(tx, signed)
        before = audit_rows.get(tx, tree.size)
        if carry_on(tx, tree, START if before is None else before.chain_hash, size) != chain:
            raise Internal("AUDIT_ALTERED", "the audit log grew another way while it was sealed")
        made = sign_head(self._signer, size, tree.root(), chain, instant_text(self._clock.now()))
        audit_rows.add_checkpoint(tx, CheckpointRow(size, chain, made.note, made.at))
        return made

    def _last_checkpoint(self, tx: Transaction) -> Checkpoint | None:
        """What was signed last. Raises Internal `AUDIT_ALTERED` when the log no longer fits it, or somebody else
        signed it.
        """
        sealed = audit_rows.last_checkpoint(tx)
        if sealed is None:
            return None
        row = audit_rows.get(tx, sealed.size)
        try:
            signed = read_note(sealed.note, verifier_of(self._signer))
        except NotUnderstood:
            signed = None
        if row is None or signed is None or (signed.size, signed.chain_hash) != (sealed.size, row.chain_hash):
            text = f"the audit log no longer fits its signed head of {sealed.size} entries"
            raise Internal("AUDIT_ALTERED", text)
        return signed


class _RootDiffers(Exception):
    """The tree does not have the root that was signed."""


def _frontier(tx: Transaction, signed: Checkpoint | None) -> Frontier:
    """The tree from which sealing goes on: the one that was signed last, so that no other root can ever be signed
    than one that is consistent with it. Of a log from before there was a tree, the stored tiles.
    """
    if signed is None or signed.root is None:
        return frontier_of(audit_tiles.count(tx) * WIDTH, StoredTree(tx))
    frontier = frontier_of(signed.size, StoredTree(tx))
    if frontier.root() != signed.root:
        raise _RootDiffers
    return frontier


def _unsealed(reading: Reading) -> int:
    """How many entries no head vouches for yet."""
    head, sealed = audit_rows.last(reading), audit_rows.last_checkpoint(reading)
    return (0 if head is None else head[0]) - (0 if sealed is None else sealed.size)
