"""Verify the log in a store: chain, signed heads, witness, and that the sealed facts say what the columns
say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gateway.audit.chain import Envelope, Head, VerifyReport, envelope_of, facts_hash, follow
from gateway.audit.checkpoint import NoteVerifier, read_note
from gateway.audit.log import open_facts, read_facts
from gateway.errors import Internal, NotFound, NotUnderstood
from gateway.store import audit_rows
from gateway.store.model import AuditRow, Reading

_IN_BOTH = ("at", "kind", "patient_id", "partner", "purpose", "outcome", "request_id")


def verify(
    reading: Reading, verifier: NoteVerifier, witness: Iterable[str] = (), *, facts: bool = True
) -> VerifyReport:
    """Recompute the whole log, a page at a time. `witness` holds the notes of the witness file,
    read before the first look at the store, which may grow meanwhile.

    With `facts` every entry is also opened and compared, which finds exactly where somebody without the keys
    wrote a consistent chain of her own. Reasons beyond those of `chain.follow`: `ENTRY_FORGED`,
    `CHECKPOINT_FORGED`.
    """
    stored = tuple(row.note for row in audit_rows.checkpoints(reading))
    heads, forged = read_heads((*stored, *witness), verifier)
    inspector = _Inspector(reading)
    rows = (inspector.look_at(row) for row in audit_rows.scan(reading))
    report = follow(rows, heads, inspector.inspect if facts else None)
    if report.ok and audit_rows.latest_release_entry(reading) > report.entries:
        report = replace(report, ok=False, first_bad_seq=report.entries + 1, reason="TAIL_CUT")
    if report.ok and forged:
        report = replace(report, ok=False, first_bad_seq=report.signed_to + 1, reason="CHECKPOINT_FORGED")
    return replace(report, shredded=inspector.shredded)


def read_heads(notes: Iterable[str], verifier: NoteVerifier) -> tuple[tuple[Head, ...], int]:
    """The heads that are signed as they should be, and how many notes are not."""
    heads, forged = [], 0
    for note in dict.fromkeys(notes):
        try:
            checkpoint = read_note(note, verifier)
        except NotUnderstood:
            forged += 1
        else:
            heads.append(Head(checkpoint.size, checkpoint.chain_hash))
    return tuple(heads), forged


class _Inspector:
    """Opens the facts of the row that is being looked at."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._row: AuditRow
        self.shredded = 0

    def look_at(self, row: AuditRow) -> Envelope:
        """The envelope of `row`, which the next call of `inspect` is about."""
        self._row = row
        return envelope_of(row)

    def inspect(self, envelope: Envelope, before: bytes) -> str | None:
        """`ENTRY_FORGED` when the facts do not open, or say something else than the envelope."""
        try:
            salt, facts = open_facts(self._reading, self._row, before)
            said = read_facts(facts)
        except NotFound:
            self.shredded += 1
            return None
        except Internal:
            return "ENTRY_FORGED"
        columns = all(getattr(said, name) == getattr(envelope, name) for name in _IN_BOTH)
        same = columns and facts_hash(salt, facts) == envelope.facts_hash
        return None if same else "ENTRY_FORGED"
