"""The log as lines of JSON, and its verification without store, keys or gateway.

First line: `{"audit_export": 1, "verifier_key": …}`. Then one line a signed head (`checkpoint`). Then one
line an entry: the envelope, and with facts also `facts` (the exact JSON text) and `salt`, which prove each
other by `facts_hash`. Last line: `{"end": <entries>}`, so that a cut file is found.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import msgspec

from gateway.audit.chain import START, Envelope, Head, VerifyReport, envelope_of, facts_hash, follow
from gateway.audit.checkpoint import NoteVerifier, read_verifier
from gateway.audit.log import open_facts
from gateway.audit.verify import read_heads
from gateway.errors import Internal, NotFound, NotUnderstood
from gateway.store import audit_rows
from gateway.store.model import AuditRow, Reading


class _EntryLine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    seq: int
    at: str
    kind: str
    patient_id: str | None
    partner: str
    purpose: str
    outcome: str
    request_id: str
    sealed_sha256: str
    facts_hash: str
    leaf_hash: str
    chain_hash: str
    facts: str | None = None
    salt: str | None = None


class _Start(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    audit_export: int
    verifier_key: str


class _Checkpoint(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    checkpoint: str


class _End(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    end: int


_START = msgspec.json.Decoder(_Start)
_CHECKPOINT = msgspec.json.Decoder(_Checkpoint)
_ENTRY = msgspec.json.Decoder(_EntryLine)
_END = msgspec.json.Decoder(_End)
_ENCODER = msgspec.json.Encoder()


def export(reading: Reading, verifier: NoteVerifier, *, facts: bool = True) -> Iterator[bytes]:
    """The lines of an export, each with its line end. Without `facts` only ids, codes and hashes go out.

    With them it is a disclosure of audit facts: the caller records who took it.
    """
    yield _line(_Start(1, verifier.text))
    for head in audit_rows.checkpoints(reading):
        yield _line(_Checkpoint(head.note))
    before, count = START, 0
    for row in audit_rows.scan(reading):
        yield _line(_entry_line(reading, row, before, facts))
        before, count = row.chain_hash, count + 1
    yield _line(_End(count))


def verify_export(
    lines: Iterable[bytes], verifier: NoteVerifier | None = None, witness: Iterable[str] = ()
) -> VerifyReport:
    """Recompute an export, line by line.

    Without `verifier` the key that the export itself names is believed: signed heads then show only that the
    export fits itself; a witness file or the key from elsewhere is what binds its maker. Reasons beyond those
    of `follow`: `ENTRY_FORGED` (facts and hash differ), `CHECKPOINT_FORGED`, `EXPORT_UNREADABLE`,
    `EXPORT_CUT` (no end line), `KEY_DIFFERS`.
    """
    walk = _Walk(iter(lines))
    try:
        own = read_verifier(walk.start())
        if verifier is not None and own != verifier:
            return _refusal("KEY_DIFFERS")
        heads, forged = read_heads(walk.notes(), verifier or own)
        known, _ = read_heads(witness, verifier or own)
        report = follow(walk.envelopes(), (*heads, *known), walk.inspect)
    except (NotUnderstood, msgspec.MsgspecError, binascii.Error):
        return _refusal("EXPORT_UNREADABLE", walk.count)
    if report.ok or report.reason == "TAIL_CUT":
        return _ending(report, walk.end, heads, known, forged)
    return report


def _ending(
    report: VerifyReport, end: int | None, heads: Sequence[Head], known: Sequence[Head], forged: int
) -> VerifyReport:
    """The report once every entry was found good: is this the end, as far as the export itself can say?"""
    size = report.entries
    if end is None:
        reason, place = "EXPORT_CUT", size + 1
    elif end != size or any(head.size > size for head in heads):
        reason, place = "TAIL_CUT", size + 1
    elif forged:
        reason, place = "CHECKPOINT_FORGED", report.signed_to + 1
    else:
        behind = max((head.size - size for head in known if head.size > size), default=0)
        return replace(report, ok=True, first_bad_seq=None, reason=None, behind=behind)
    return replace(report, ok=False, first_bad_seq=place, reason=reason)


class _Walk:
    """Reads the lines of an export in their order; knows the entry that is being looked at."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._pending = b""
        self._entry: _EntryLine | None = None
        self.count = 0
        self.end: int | None = None

    def start(self) -> str:
        """The verifier key in the first line."""
        return _START.decode(next(self._lines, b"")).verifier_key

    def notes(self) -> list[str]:
        """The notes of the lines that follow."""
        found = []
        while (line := next(self._lines, b"")).startswith(b'{"checkpoint"'):
            found.append(_CHECKPOINT.decode(line).checkpoint)
        self._pending = line
        return found

    def envelopes(self) -> Iterator[Envelope]:
        """The entries that follow, up to the end line."""
        for line in filter(None, chain([self._pending], self._lines)):
            if self.end is not None:
                raise NotUnderstood("EXPORT_UNREADABLE", "a line follows the end of the export")
            if line.startswith(b'{"end"'):
                self.end = _END.decode(line).end
                continue
            self._entry = _ENTRY.decode(line)
            yield _envelope(self._entry)
            self.count += 1

    def inspect(self, envelope: Envelope, _before: bytes) -> str | None:
        """`ENTRY_FORGED` when the shown facts are not those that the envelope's hash is about."""
        entry = self._entry
        if entry is None or entry.facts is None or entry.salt is None:
            return None
        salt = base64.b64decode(entry.salt, validate=True)
        return None if facts_hash(salt, entry.facts.encode()) == envelope.facts_hash else "ENTRY_FORGED"


def _entry_line(reading: Reading, row: AuditRow, before: bytes, facts: bool) -> _EntryLine:
    envelope = envelope_of(row)
    salt_text, facts_text = _shown_facts(reading, row, before) if facts else (None, None)
    return _EntryLine(
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        patient_id=row.patient_id,
        partner=row.partner,
        purpose=row.purpose,
        outcome=row.outcome,
        request_id=row.request_id,
        sealed_sha256=envelope.sealed_sha256.hex(),
        facts_hash=row.facts_hash.hex(),
        leaf_hash=row.leaf_hash.hex(),
        chain_hash=row.chain_hash.hex(),
        facts=facts_text,
        salt=salt_text,
    )


def _shown_facts(reading: Reading, row: AuditRow, before: bytes) -> tuple[str | None, str | None]:
    """Salt and facts as text; neither when they were destroyed or do not open (which `verify` reports)."""
    try:
        salt, facts = open_facts(reading, row, before)
    except (NotFound, Internal):
        return None, None
    return base64.b64encode(salt).decode(), facts.decode()


def _envelope(entry: _EntryLine) -> Envelope:
    return Envelope(
        entry.seq,
        entry.at,
        entry.kind,
        entry.patient_id,
        entry.partner,
        entry.purpose,
        entry.outcome,
        entry.request_id,
        binascii.unhexlify(entry.sealed_sha256),
        binascii.unhexlify(entry.facts_hash),
        binascii.unhexlify(entry.leaf_hash),
        binascii.unhexlify(entry.chain_hash),
    )


def _line(content: msgspec.Struct) -> bytes:
    return _ENCODER.encode(content) + b"\n"


def _refusal(reason: str, good: int = 0) -> VerifyReport:
    return VerifyReport(False, good, good + 1, reason, "")
