"""Verify the log in a store: chain, signed heads, witness, and that the sealed facts say what the columns
say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import merge
from itertools import chain, islice
from operator import itemgetter

from gateway.audit.chain import Head, Standing, VerifyReport, follow, says_what_they_say, sealed_hash
from gateway.audit.checkpoint import NoteVerifier, read_note, size_of
from gateway.audit.log import SALT_BYTES, place_of, scope_of
from gateway.audit.tiles import TileCheck
from gateway.errors import HandoffError, NotFound, NotUnderstood
from gateway.store import audit_rows
from gateway.store.model import AuditRow, CheckpointRow, Reading

Due = tuple[int, str]
"""At how many entries a note is compared, and the note."""

_due = itemgetter(0)


def verify_each(
    reading: Reading, verifier: NoteVerifier, witness: Iterable[str] = (), *, facts: bool = True
) -> VerifyReport:
    """What `stretches.verify` says, of every entry by itself: chain, tree, signed heads; with `facts` what is sealed.

    Reasons beyond those of `chain.follow`: `ENTRY_FORGED`, `CHECKPOINT_FORGED`, `TREE_DIFFERS` (the entries are whole; a
    stored node of the tree over them is not what they say).
    """
    told = _by_size(not_stored(reading, witness))
    heads = HeadsInOrder(verifier, _notes(audit_rows.checkpoints(reading)), told)
    return _to_the_end(reading, heads, Standing(), facts=facts)


def verify_rest(
    reading: Reading, verifier: NoteVerifier, start: Standing, *, facts: bool = True
) -> VerifyReport:
    """The same for all entries after `start`, which is believed. Raises TileMissing."""
    heads = HeadsInOrder(verifier, _notes(audit_rows.checkpoints(reading, *_after(start))))
    return _to_the_end(reading, heads, start, facts=facts)


def _to_the_end(reading: Reading, heads: HeadsInOrder, start: Standing, *, facts: bool) -> VerifyReport:
    inspector, tiles = _Facts(reading, start.chain_hash), TileCheck(reading, start)
    scanned = audit_rows.scan_any(reading, *_after(start))
    rows = inspector.over(scanned) if facts else scanned
    walk = ((row, sealed_hash(row)) for row in rows)
    report = follow(walk, heads, inspector.inspect if facts else None, start, tiles)
    tiles.end()
    report = replace(report, shredded=inspector.shredded)
    if report.ok and audit_rows.latest_release_entry(reading) > report.entries:
        report = replace(report, ok=False, first_bad_seq=report.entries + 1, reason="TAIL_CUT")
    if report.ok and heads.forged:
        report = replace(report, ok=False, first_bad_seq=report.signed_to + 1, reason="CHECKPOINT_FORGED")
    if report.ok and tiles.first_bad_seq is not None:
        report = replace(report, ok=False, first_bad_seq=tiles.first_bad_seq, reason="TREE_DIFFERS")
    return report


def _after(start: Standing) -> tuple[int, ...]:
    """Where to read on; from the first entry on truly every row is looked at, whatever its number."""
    return (start.size + 1,) if start.size else ()


def _notes(stored: Iterable[CheckpointRow]) -> Iterator[Due]:
    return ((row.size, row.note) for row in stored)


def each_due(notes: Iterable[str]) -> Iterator[Due]:
    """Notes with the size at which each is compared: the one that it says itself."""
    return ((size_of(note), note) for note in notes)


def _by_size(notes: Iterable[str]) -> list[Due]:
    return sorted(each_due(notes), key=_due)


def read_heads(notes: Iterable[str], verifier: NoteVerifier) -> tuple[tuple[Head, ...], int]:
    """The heads that are signed as they should be, the smallest first, and how many notes are not."""
    heads = HeadsInOrder(verifier, _by_size(notes))
    found = tuple(heads)
    return found, heads.forged


class HeadsInOrder:
    """The heads that notes vouch for. Each source has its notes in order, with the size at which each is due: one that
    is stored is due at the size under which it is, whatever it says. `forged`: how many notes so far were not signed as
    they should be.
    """

    def __init__(self, verifier: NoteVerifier, *sources: Iterable[Due]) -> None:
        self._verifier = verifier
        self._sources = sources
        self._heads = self._read()
        self._waiting: tuple[int, Head] | None = None
        self._due = 0
        self.forged = 0

    def __iter__(self) -> Iterator[Head]:
        while self.are_left() and self._waiting is not None:
            yield self._waiting[1]
            self._waiting = None

    def upto(self, size: int) -> list[Head]:
        """Every head due at `size` entries or before that was not asked for yet."""
        found: list[Head] = []
        if size < self._due:  # nearly always
            return found
        while self.are_left() and self._waiting is not None and self._waiting[0] <= size:
            found.append(self._waiting[1])
            self._waiting = None
        self._due = size if self._waiting is None else self._waiting[0]
        return found

    def are_left(self) -> bool:
        """Whether there are more."""
        if self._waiting is None:
            self._waiting = next(self._heads, None)
        return self._waiting is not None

    def _read(self) -> Iterator[tuple[int, Head]]:
        before: Due | None = None
        for one in merge(*self._sources, key=_due):
            if one == before:  # both in the store and in the witness file
                continue
            before = due, note = one
            try:
                found = read_note(note, self._verifier)
            except NotUnderstood:
                self.forged += 1
            else:
                yield due, Head(found.size, found.chain_hash, found.root)


def not_stored(reading: Reading, witness: Iterable[str]) -> Iterator[str]:
    """Of a witness file what the store does not say itself: nearly nothing, however long it is."""
    for note in witness:
        stored = audit_rows.checkpoint(reading, size_of(note))
        if stored is None or stored.note != note:
            yield note


class _Facts:
    """Opens the facts of rows, a page at a time: a log may be about more patients than keys are kept of."""

    def __init__(self, reading: Reading, before: bytes) -> None:
        self._reading = reading
        self._before = before
        self._faults: Iterator[str | None] = iter(())
        self.shredded = 0

    def over(self, rows: Iterable[AuditRow]) -> Iterator[AuditRow]:
        """The same rows. Each is opened with the chain hash the row before says: known to be so at `inspect`."""
        walk, before = iter(rows), self._before
        while page := tuple(islice(walk, audit_rows.PAGE)):
            befores = chain((before,), (row.chain_hash for row in page))
            asked = [
                (scope_of(row.patient_id), place_of(row.seq, at), row.sealed)
                for row, at in zip(page, befores, strict=False)
            ]
            self._faults = map(self._fault, page, self._reading.cipher.open_each(self._reading, asked))
            yield from page
            before = page[-1].chain_hash

    def inspect(self, _row: AuditRow, _before: bytes) -> str | None:
        """Of the next row: `ENTRY_FORGED` when its facts do not open, or say something else than the row."""
        return next(self._faults)

    def _fault(self, row: AuditRow, plain: bytes | HandoffError) -> str | None:
        if isinstance(plain, bytes):
            says = says_what_they_say(row, plain[:SALT_BYTES], plain[SALT_BYTES:])
            return None if says else "ENTRY_FORGED"
        if not isinstance(plain, NotFound):
            return "ENTRY_FORGED"
        self.shredded += 1
        return None
