"""The sealer: it signs the head of the log about once a second while entries come, and at the end."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from gateway.audit.checkpoint import Checkpoint, NoteSigner, append_witness, sign_head
from gateway.clock import Clock, instant_text
from gateway.errors import Internal, NotNow
from gateway.store import audit_rows
from gateway.store.model import CheckpointRow, Reading, Store, Transaction


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
        checkpoint = await self._store.write(self._sign)
        if checkpoint is not None and self._witness is not None:
            await asyncio.to_thread(append_witness, self._witness, checkpoint)
        return checkpoint

    def _sign(self, tx: Transaction) -> Checkpoint | None:
        _check_last_checkpoint(tx)
        head = audit_rows.last(tx)
        if head is None or not _unsealed(tx):
            return None
        size, chain = head
        made = sign_head(self._signer, size, chain, instant_text(self._clock.now()))
        audit_rows.add_checkpoint(tx, CheckpointRow(size, chain, made.note, made.at))
        return made


def _unsealed(reading: Reading) -> int:
    """How many entries no head vouches for yet."""
    head, sealed = audit_rows.last(reading), audit_rows.last_checkpoint(reading)
    return (0 if head is None else head[0]) - (0 if sealed is None else sealed.size)


def _check_last_checkpoint(tx: Transaction) -> None:
    """Never sign a log that no longer fits what was signed before."""
    sealed = audit_rows.last_checkpoint(tx)
    if sealed is None:
        return
    row = audit_rows.get(tx, sealed.size)
    if row is None or row.chain_hash != sealed.chain_hash:
        raise Internal(
            "AUDIT_ALTERED", f"the audit log no longer fits its signed head of {sealed.size} entries"
        )
