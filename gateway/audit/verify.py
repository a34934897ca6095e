"""Verify the log in a store: chain, signed heads, witness, and that the sealed facts say what the columns
say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import merge

from gateway.audit.chain import Head, VerifyReport, follow, says_what_they_say, sealed_hash
from gateway.audit.checkpoint import NoteVerifier, read_note, size_of
from gateway.audit.log import open_facts
from gateway.audit.tiles import TileCheck
from gateway.errors import Internal, NotFound, NotUnderstood
from gateway.store import audit_rows
from gateway.store.model import AuditRow, Reading


def verify(
    reading: Reading, verifier: NoteVerifier, witness: Iterable[str] = (), *, facts: bool = True
) -> VerifyReport:
    """Recompute the whole log, a page at a time: chain, tree, signed heads. `witness` holds the notes of the witness
    file as it was before the first look at the store, which may grow meanwhile.

    With `facts` every entry is also opened and compared, which finds exactly where somebody without the keys
    wrote a consistent chain of her own. Reasons beyond those of `chain.follow`: `ENTRY_FORGED`,
    `CHECKPOINT_FORGED`, `TREE_DIFFERS` (the entries are whole; a stored node of the tree over them is not what they
    say).
    """
    heads = HeadsInOrder(
        verifier, (row.note for row in audit_rows.checkpoints(reading)), _not_stored(reading, witness)
    )
    inspector, tiles = _Inspector(reading), TileCheck(reading)
    rows = ((row, sealed_hash(row)) for row in tiles.over(audit_rows.scan(reading)))
    report = follow(rows, heads, inspector.inspect if facts else None)
    if report.ok and audit_rows.latest_release_entry(reading) > report.entries:
        report = replace(report, ok=False, first_bad_seq=report.entries + 1, reason="TAIL_CUT")
    if report.ok and heads.forged:
        report = replace(report, ok=False, first_bad_seq=report.signed_to + 1, reason="CHECKPOINT_FORGED")
    if report.ok and tiles.first_bad_seq is not None:
        report = replace(report, ok=False, first_bad_seq=tiles.first_bad_seq, reason="TREE_DIFFERS")
    return replace(report, shredded=inspector.shredded)


def read_heads(notes: Iterable[str], verifier: NoteVerifier) -> tuple[tuple[Head, ...], int]:
    """The heads that are signed as they should be, the smallest first, and how many notes are not."""
    heads = HeadsInOrder(verifier, (), notes)
    found = tuple(heads)
    return found, heads.forged


class HeadsInOrder:
    """The heads that notes vouch for, the smallest first. The first source is in that order and is read as it is needed;
    what others say is kept. `forged`: how many notes so far were not signed as they should be.
    """

    def __init__(self, verifier: NoteVerifier, *sources: Iterable[str]) -> None:
        self._verifier = verifier
        self._sources = sources
        self._heads = self._read()
        self._waiting: Head | None = None
        self.forged = 0

    def __iter__(self) -> Iterator[Head]:
        return self._heads

    def upto(self, size: int) -> list[Head]:
        """Every head over at most `size` entries that was not asked for yet."""
        found = []
        while self.are_left() and self._waiting is not None and self._waiting.size <= size:
            found.append(self._waiting)
            self._waiting = None
        return found

    def are_left(self) -> bool:
        """Whether there are more."""
        if self._waiting is None:
            self._waiting = next(self._heads, None)
        return self._waiting is not None

    def _read(self) -> Iterator[Head]:
        first, *others = self._sources
        before = ""
        for note in merge(first, *(sorted(notes, key=size_of) for notes in others), key=size_of):
            if note == before:
                continue
            before = note
            try:
                found = read_note(note, self._verifier)
            except NotUnderstood:
                self.forged += 1
            else:
                yield Head(found.size, found.chain_hash, found.root)


def _not_stored(reading: Reading, witness: Iterable[str]) -> Iterator[str]:
    """Of a witness file what the store does not say itself: nearly nothing, however long it is."""
    for note in witness:
        stored = audit_rows.checkpoint(reading, size_of(note))
        if stored is None or stored.note != note:
            yield note


class _Inspector:
    """Opens the facts of rows."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.shredded = 0

    def inspect(self, row: AuditRow, before: bytes) -> str | None:
        """`ENTRY_FORGED` when the facts do not open, or say something else than the row."""
        try:
            salt, facts = open_facts(self._reading, row, before)
        except NotFound:
            self.shredded += 1
            return None
        except Internal:
            return "ENTRY_FORGED"
        return None if says_what_they_say(row, salt, facts) else "ENTRY_FORGED"
