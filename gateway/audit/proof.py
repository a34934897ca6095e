"""Proofs: that an entry is in the signed log, and that the log only grew since an older head. A file for whoever asks.

First line: `{"audit_proof": 1, "verifier_key": …, "about": …}`. Then the signed head (`checkpoint`) that all is proved
against; then, where asked for, an older head (`older`, `consistency`); then the entries, each with its `path` from
the leaf to the root; at the end `{"end": <entries>}`. It is checked without the log, and shows nothing of other entries.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from itertools import chain

import msgspec

from gateway.audit.chain import START, VerifyReport, leaf_hash, leaf_of
from gateway.audit.checkpoint import Checkpoint, NoteVerifier, has_root, read_note, read_verifier, size_of
from gateway.audit.export import UNREADABLE, refusal, verify_export
from gateway.audit.lines import (
    CheckpointLine,
    ConsistencyLine,
    EndLine,
    ProofStart,
    ProvedLine,
    encoded,
    hashes,
    proved_line,
    row_in,
    shows_its_own_facts,
)
from gateway.audit.tiles import StoredTree, TileMissing, tree_of_rows
from gateway.audit.tree import Subtree, consistency_path, inclusion_path, is_consistent, root_by_path
from gateway.errors import Internal, NotFound, NotNow, NotUnderstood
from gateway.store import audit_rows
from gateway.store.model import AuditRow, Reading

_MARK = b'{"audit_proof"'
_VERSION = 1
_START = msgspec.json.Decoder(ProofStart)
_CHECKPOINT = msgspec.json.Decoder(CheckpointLine)
_CONSISTENCY = msgspec.json.Decoder(ConsistencyLine)
_ENTRY = msgspec.json.Decoder(ProvedLine)
_END = msgspec.json.Decoder(EndLine)


class Prover:
    """Makes proofs against one signed head of one reading: the newest, or that over `size` entries.

    Raises NotFound `NO_SUCH_HEAD`, NotNow `NOT_SEALED` (nothing is signed with a tree yet), NotUnderstood
    `CHECKPOINT_FORGED`.
    """

    def __init__(self, reading: Reading, verifier: NoteVerifier, size: int | None = None) -> None:
        self._reading = reading
        self._verifier = verifier
        self._stored = StoredTree(reading)
        stored = audit_rows.last_checkpoint(reading)
        if size is None and stored is None:
            raise NotNow("NOT_SEALED", "no head is signed yet; that takes about a second")
        newest = stored.size if stored is not None else 0
        self.head = self._head(newest if size is None else size)
        self.root = _root_of(self.head)

    def path_of(self, row: AuditRow) -> tuple[bytes, ...]:
        """The path from an entry to the root.

        Raises NotNow `NOT_SEALED` when the head is not over it, Internal `AUDIT_ALTERED` when there is no path.
        """
        if row.seq > self.head.size:
            raise NotNow("NOT_SEALED", f"the head over {self.head.size} entries is not over entry {row.seq}")
        leaf, index, size = leaf_of(row), row.seq - 1, self.head.size
        for tree in self._trees():
            try:
                path = inclusion_path(index, size, tree)
            except TileMissing:
                continue
            if root_by_path(leaf, index, size, path) == self.root:
                return path
        raise Internal("AUDIT_ALTERED", f"entry {row.seq} is not in the log that was signed")

    def since(self, size: int) -> tuple[Checkpoint, tuple[bytes, ...]]:
        """The older head over `size` entries, and the proof that the log only grew since.

        Raises NotFound `NO_SUCH_HEAD`, NotUnderstood `CHECKPOINT_FORGED`, Internal `AUDIT_ALTERED` when there is no
        proof.
        """
        older = self._head(size)
        if older.size > self.head.size:
            raise NotFound("NO_SUCH_HEAD", f"the head over {size} entries is not an older one")
        for tree in self._trees():
            try:
                path = consistency_path(older.size, self.head.size, tree)
            except TileMissing:
                continue
            if is_consistent(older.size, _root_of(older), self.head.size, self.root, path):
                return older, path
        raise Internal("AUDIT_ALTERED", f"the log is not the one of which {size} entries were signed")

    def _trees(self) -> Iterator[Subtree]:
        """The stored nodes, and where those do not lead to the signed root (they are a cache) the rows themselves."""
        yield self._stored
        yield tree_of_rows(self._reading)

    def _head(self, size: int) -> Checkpoint:
        stored = audit_rows.checkpoint(self._reading, size)
        if stored is None:
            raise NotFound("NO_SUCH_HEAD", f"no head was signed over {size} entries")
        head = read_note(stored.note, self._verifier)
        if head.root is None:
            raise NotFound("NO_SUCH_HEAD", f"the head over {size} entries is from before there was a tree")
        return head


def proof_lines(
    prover: Prover,
    reading: Reading,
    verifier: NoteVerifier,
    rows: Iterable[AuditRow],
    *,
    about: str,
    since: int | None = None,
    facts: bool = False,
    but: Container[int] = (),
) -> Iterator[bytes]:
    """The lines of a file of proofs, each with its line end: of `rows`, which are in order, and since an older head.

    With `facts` (but those of the entries numbered in `but`) it is a disclosure of audit facts: the caller records who
    took it. Raises as `Prover` does; a row
    that the head is not over yet ends the entries.
    """
    yield encoded(ProofStart(_VERSION, verifier.text, about))
    yield encoded(CheckpointLine(prover.head.note))
    if since is not None:
        older, path = prover.since(since)
        yield encoded(ConsistencyLine(older.note, tuple(one.hex() for one in path)))
    count = 0
    for row in rows:
        if row.seq > prover.head.size:
            break
        with_facts = facts and row.seq not in but
        earlier = audit_rows.get(reading, row.seq - 1) if with_facts else None
        before = START if earlier is None else earlier.chain_hash
        yield encoded(proved_line(reading, row, before, prover.path_of(row), with_facts))
        count += 1
    yield encoded(EndLine(count))


def verify_file(
    lines: Iterable[bytes], verifier: NoteVerifier | None = None, witness: Iterable[str] | None = None
) -> VerifyReport:
    """Verify an export or a file of proofs, whichever it is, line by line; see `verify_export` and `verify_proof`."""
    walk = iter(lines)
    first = next(walk, b"")
    verify = verify_proof if first.startswith(_MARK) else verify_export
    return verify(chain([first], walk), verifier, witness)


def verify_proof(
    lines: Iterable[bytes], verifier: NoteVerifier | None = None, witness: Iterable[str] | None = None
) -> VerifyReport:
    """Verify a file of proofs. Without `verifier` the key that it names itself is believed; without `witness` (the notes
    of a witness file) no head is tied to others.

    Reasons: `PROOF_BROKEN` (an entry is not in the signed log as it is shown), `ENTRY_OUT_OF_ORDER`, `ENTRY_FORGED`
    (facts differ from hash or columns), `LOG_FORKED` (a head contradicts the older one, or the witness),
    `NOT_WITNESSED` (nothing ties the head to the heads of the witness file, or those are another key's),
    `CHECKPOINT_FORGED`, `KEY_DIFFERS`, `EXPORT_UNREADABLE`, `EXPORT_CUT`.
    """
    check: _Check | None = None
    try:
        walk = iter(lines)
        start = _START.decode(next(walk, b""))
        if start.audit_proof != _VERSION:
            return refusal("EXPORT_UNREADABLE")
        own = read_verifier(start.verifier_key)
        if verifier is not None and own != verifier:
            return refusal("KEY_DIFFERS")
        check = _Check(verifier or own)
        reason = check.read(walk) or (None if witness is None else check.against(witness))
    except NotUnderstood as error:
        reason = error.code if error.code == "CHECKPOINT_FORGED" else "EXPORT_UNREADABLE"
    except UNREADABLE:
        reason = "EXPORT_UNREADABLE"
    if check is None or check.head is None or check.head.root is None:
        return refusal(reason or "EXPORT_UNREADABLE")
    bad = None if reason is None else check.at
    return replace(
        VerifyReport(reason is None, check.count, bad, reason, check.head.chain_hash.hex(), check.head.size),
        tree=_root_of(check.head).hex(),
        part_of=check.head.size,
        grew_from=check.grew_from,
    )


class _Check:
    """Reads the lines of a file of proofs. `at`: the number of the entry that is being looked at."""

    def __init__(self, verifier: NoteVerifier) -> None:
        self._verifier = verifier
        self._older: list[Checkpoint] = []
        self.grew_from = 0
        self.head: Checkpoint | None = None
        self.count = 0
        self.at = 0

    def read(self, lines: Iterator[bytes]) -> str | None:
        """Why the file does not prove what it says; None when it does. Raises NotUnderstood, ValueError."""
        self.head = read_note(_CHECKPOINT.decode(next(lines, b"")).checkpoint, self._verifier)
        root = _root_of(self.head)
        for text in lines:
            if text.startswith(b'{"end"'):
                if next(lines, b""):
                    raise ValueError("a line follows the end")
                return None if _END.decode(text).end == self.count else "EXPORT_CUT"
            if text.startswith(b'{"older"'):
                reason = self._grew(_CONSISTENCY.decode(text), self.head.size, root)
            else:
                reason = self._proved(_ENTRY.decode(text), self.head.size, root)
            if reason is not None:
                return reason
        return "EXPORT_CUT"

    def _grew(self, line: ConsistencyLine, size: int, root: bytes) -> str | None:
        older = read_note(line.older, self._verifier)
        self._older.append(older)
        if not is_consistent(older.size, _root_of(older), size, root, hashes(line.consistency)):
            return "LOG_FORKED"
        self.grew_from = older.size
        return None

    def _proved(self, line: ProvedLine, size: int, root: bytes) -> str | None:
        if line.seq <= self.at:
            return "ENTRY_OUT_OF_ORDER"
        self.at = line.seq
        row, sealed = row_in(line)
        leaf = leaf_hash(row, sealed)
        if root_by_path(leaf, line.seq - 1, size, hashes(line.path)) != root:
            return "PROOF_BROKEN"
        if not shows_its_own_facts(line, row):
            return "ENTRY_FORGED"
        self.count += 1
        return None

    def against(self, witness: Iterable[str]) -> str | None:
        """Whether the head is one that the witness knows, or is shown to follow from the last one before it. Of its
        notes those over as many entries as a head of this file are looked at, each as it comes.
        """
        mine = {one.size: one for one in (*self._older, self.head) if one is not None}
        newest, last = max(mine), 0
        for note in witness:
            size = size_of(note)
            if size > newest or not has_root(note):
                continue
            last = max(last, size)
            one = mine.get(size)
            if one is None or note == one.note:
                continue
            try:
                head = read_note(note, self._verifier)
            except NotUnderstood:
                return "NOT_WITNESSED"
            if (one.root, one.chain_hash) != (head.root, head.chain_hash):
                return "LOG_FORKED"
        return None if last in mine else "NOT_WITNESSED"


def _root_of(head: Checkpoint) -> bytes:
    """Raises NotUnderstood `CHECKPOINT_FORGED` for a head that proves no single entry."""
    if head.root is None:
        raise NotUnderstood("CHECKPOINT_FORGED", "a head from before there was a tree has no root")
    return head.root
