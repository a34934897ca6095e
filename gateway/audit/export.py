"""The whole log as lines of JSON, and its verification without store, keys or gateway.

First line: `{"audit_export": 2, "verifier_key": …}`. Then the newest signed head (`checkpoint`). Then one line an entry:
the envelope, and with facts also `facts` (the exact JSON text) and `salt`, which prove each other by `facts_hash`; each
older head behind the last entry that it is over. Last line: `{"end": <entries>}`, so that a cut file is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec

from gateway.audit.chain import START, Head, VerifyReport, follow
from gateway.audit.checkpoint import NoteVerifier, read_note, read_verifier, size_of
from gateway.audit.lines import (
    CheckpointLine,
    EndLine,
    EntryLine,
    ExportStart,
    encoded,
    entry_line,
    row_in,
    shows_its_own_facts,
)
from gateway.audit.verify import HeadsInOrder, each_due
from gateway.errors import NotUnderstood
from gateway.store import audit_rows
from gateway.store.model import AuditRow, Reading

UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
"""What reading a line of a file raises that is none of ours."""
_VERSIONS = (1, 2)
_START = msgspec.json.Decoder(ExportStart)
_CHECKPOINT = msgspec.json.Decoder(CheckpointLine)
_ENTRY = msgspec.json.Decoder(EntryLine)
_END = msgspec.json.Decoder(EndLine)


def export(reading: Reading, verifier: NoteVerifier, *, facts: bool = True) -> Iterator[bytes]:
    """The lines of an export, each with its line end. Without `facts` only ids, codes and hashes go out.

    With them it is a disclosure of audit facts: the caller records who took it.
    """
    yield encoded(ExportStart(2, verifier.text))
    newest = audit_rows.last_checkpoint(reading)
    if newest is not None and size_of(newest.note) != newest.size:
        newest = None  # what stands in its row is another head: it is shown where it stands
    if newest is not None:
        yield encoded(CheckpointLine(newest.note))
    heads = audit_rows.checkpoints(reading)
    head = next(heads, None)
    before, count = START, 0
    for row in audit_rows.scan_any(reading):
        yield encoded(entry_line(reading, row, before, facts))
        before, count = row.chain_hash, count + 1
        while head is not None and head.size <= row.seq:
            if head != newest:
                yield encoded(CheckpointLine(head.note))
            head = next(heads, None)
    if newest is None and head is not None:
        yield encoded(CheckpointLine(head.note))
    yield encoded(EndLine(count))


def verify_export(
    lines: Iterable[bytes], verifier: NoteVerifier | None = None, witness: Iterable[str] | None = None
) -> VerifyReport:
    """Recompute an export, line by line.

    Without `verifier` the key that the export itself names is believed: signed heads then show only that the
    export fits itself; a witness file or the key from elsewhere is what binds its maker. Reasons beyond those
    of `follow`: `ENTRY_FORGED` (facts and hash or columns differ), `CHECKPOINT_FORGED`, `EXPORT_UNREADABLE`,
    `EXPORT_CUT` (no end line), `KEY_DIFFERS`, `NOT_WITNESSED` (the notes of `witness` are not all of that key, or none).
    """
    walk = _Walk(iter(lines))
    try:
        own = read_verifier(walk.start())
        if verifier is not None and own != verifier:
            return refusal("KEY_DIFFERS")
        heads = _Heads(verifier or own, witness)
        report = follow(walk.rows(heads), heads, walk.inspect)
    except (NotUnderstood, *UNREADABLE):
        return refusal("EXPORT_UNREADABLE", walk.count)
    if report.ok or report.reason == "TAIL_CUT":
        return _ending(report, walk.end, heads)
    return report


def refusal(reason: str, good: int = 0) -> VerifyReport:
    """The report on a file of which nothing after `good` entries can be said."""
    return VerifyReport(False, good, good + 1, reason, "")


def _ending(report: VerifyReport, end: int | None, heads: _Heads) -> VerifyReport:
    """The report once every entry was found good: is this the end, as far as the export itself can say?"""
    size = report.entries
    if end is None:
        reason, place = "EXPORT_CUT", size + 1
    elif end != size or heads.own:
        reason, place = "TAIL_CUT", size + 1
    elif heads.forged:
        reason, place = "CHECKPOINT_FORGED", report.signed_to + 1
    elif not heads.is_tied():
        reason, place = "NOT_WITNESSED", 1
    else:
        behind = max(0, heads.witnessed - size)
        return replace(report, ok=True, first_bad_seq=None, reason=None, behind=behind)
    return replace(report, ok=False, first_bad_seq=place, reason=reason)


class _Heads:
    """The heads in an export, which come behind their entries (before all of them in one of version 1), and those
    that its witness knows. `own` are those of the export that were not asked for yet.
    """

    def __init__(self, verifier: NoteVerifier, witness: Iterable[str] | None) -> None:
        self._verifier = verifier
        self._has_witness = witness is not None
        notes = _in_order(() if witness is None else witness)
        self._witness = HeadsInOrder(verifier, each_due(notes))
        self.witnessed = 0
        self.own: dict[int, list[Head]] = {}
        self.forged = 0

    def is_tied(self) -> bool:
        """Whether the witness knows heads, all of them of this key. Reads it to its end."""
        for head in self._witness:
            self.witnessed = head.size
        return not self._has_witness or (self.witnessed > 0 and not self._witness.forged)

    def add(self, note: str, size: int) -> None:
        """One more head of the export, which stands behind the entry `size`; 0: before all of them, and so due where it
        says itself.
        """
        try:
            found = read_note(note, self._verifier)
        except NotUnderstood:
            self.forged += 1
        else:
            due = size or found.size
            self.own.setdefault(due, []).append(Head(found.size, found.chain_hash, found.root))

    def upto(self, size: int) -> list[Head]:
        """Every head over at most `size` entries that was not asked for yet."""
        told = self._witness.upto(size)
        self.witnessed = told[-1].size if told else self.witnessed
        return [*self.own.pop(size, ()), *told]

    def are_left(self) -> bool:
        """Whether there are heads over more entries."""
        return bool(self.own) or self._witness.are_left()


def _in_order(notes: Iterable[str]) -> Iterable[str]:
    """Notes in order, which a witness file's are but after a restore: then all are kept, to be put in order."""
    notes, last = tuple(notes) if iter(notes) is notes else notes, 0
    for size in map(size_of, notes):
        if size < last:
            return sorted(notes, key=size_of)
        last = size
    return notes


class _Walk:
    """Reads the lines of an export in their order; knows the entry that is being looked at."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._entry: EntryLine | None = None
        self.count = 0
        self.end: int | None = None

    def start(self) -> str:
        """The verifier key in the first line. Raises NotUnderstood `EXPORT_UNREADABLE`."""
        start = _START.decode(next(self._lines, b""))
        if start.audit_export not in _VERSIONS:
            raise NotUnderstood("EXPORT_UNREADABLE", "the export is of another version")
        return start.verifier_key

    def rows(self, heads: _Heads) -> Iterator[tuple[AuditRow, bytes]]:
        """The entries up to the end line, each when the heads behind it are known."""
        waiting: EntryLine | None = None
        for line in self._lines:
            if self.end is not None:
                raise NotUnderstood("EXPORT_UNREADABLE", "a line follows the end of the export")
            if line.startswith(b'{"checkpoint"'):
                heads.add(_CHECKPOINT.decode(line).checkpoint, self.count + (waiting is not None))
                continue
            if waiting is not None:
                yield self._taken(waiting)
                waiting = None
            if line.startswith(b'{"end"'):
                self.end = _END.decode(line).end
            else:
                waiting = _ENTRY.decode(line)
        if waiting is not None:
            yield self._taken(waiting)

    def _taken(self, entry: EntryLine) -> tuple[AuditRow, bytes]:
        row = row_in(entry)  # of one that cannot be read the number must not count as good
        self._entry, self.count = entry, self.count + 1
        return row

    def inspect(self, row: AuditRow, _before: bytes) -> str | None:
        """`ENTRY_FORGED` when the shown facts are not those that the entry's hash is about."""
        try:
            shown = self._entry
            return None if shown is None or shows_its_own_facts(shown, row) else "ENTRY_FORGED"
        except ValueError:  # a salt that is no salt
            return "ENTRY_FORGED"
