"""Integrity: how far the log is signed, the last verification, the signed heads and the witness."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.audit import Checkpoint, LoggedEntry
from gateway.audit.checkpoint import read_note
from gateway.clock import read_instant
from gateway.console.finding import newest_of
from gateway.console.look import Look, Sheet, Shown
from gateway.console.tally import Part
from gateway.errors import NotUnderstood
from gateway.store import AuditFilter, CheckpointRow, audit_rows, audit_window

FILTERS = frozenset({"before", "as"})
VERIFIED, ALTERED = "audit_verified", "audit_altered"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the log stands. `head` is the chain hash after its last entry; `verified_at` is empty without a verification
    in the window, `said` what it found and `verified_by` who asked for it.
    """

    entries: int
    head: str
    signed_to: int
    signed_at: str
    unsealed: int
    unsealed_since: str
    lag_seconds: float
    verified_at: str
    verified_by: str
    said: str
    is_altered: bool

    @property
    def is_verified(self) -> bool:
        """Whether the last verification found it whole."""
        return bool(self.verified_at) and not self.is_altered


def standing(look: Look, part: Part) -> Standing:
    """How the log stands now."""
    last = audit_rows.last(look.reading) or (0, b"")
    sealed = audit_rows.last_checkpoint(look.reading)
    size = sealed.size if sealed else 0
    first = audit_rows.get(look.reading, size + 1) if last[0] > size else None
    checked = _last_verification(look, part)
    return Standing(
        entries=last[0],
        head=last[1].hex(),
        signed_to=size,
        signed_at=sealed.at if sealed else "",
        unsealed=last[0] - size,
        unsealed_since=first.at if first else "",
        lag_seconds=(look.now - read_instant(first.at)).total_seconds() if first else 0.0,
        verified_at=checked.row.at if checked else "",
        verified_by=checked.entry.recipient_name if checked and checked.entry else "",
        said=checked.entry.description if checked and checked.entry else "",
        is_altered=checked is not None and checked.row.outcome == ALTERED,
    )


def integrity(look: Look) -> Shown:
    """The screen."""
    part = look.part()
    below = int(look.address["before"]) if look.address["before"] else 2**62
    heads = audit_window.newest_checkpoints(look.reading, look.rows, below)
    before = str(heads[-1].size) if len(heads) == look.rows else ""
    signed = [(head, _signed(look, head)) for head in heads]
    witness = look.office.witness()
    shown = {
        "log": standing(look, part),
        "heads": [(head, note is not None, _root(note)) for head, note in signed],
        "further": look.address.to(before=before) if before else "",
        "witness": witness,
        "witnessed": _witnessed(look, witness.newest if witness else ""),
        "verifier": look.office.verifier.text,
        "is_verifying": look.is_verifying,
        "missing": look.office.spans_missing,
    }
    rows = [
        (head.size, head.at, _root(note), head.chain_hash.hex(), "NO" if note is None else "yes")
        for head, note in signed
    ]
    return Shown(
        "integrity.html",
        shown,
        sheet=Sheet("signed-heads", ("entries", "signed at", "root", "chain hash", "signature holds"), rows),
        before=before,
    )


def _last_verification(look: Look, part: Part) -> LoggedEntry | None:
    asked = (AuditFilter(kind="outcome", outcome=code) for code in (VERIFIED, ALTERED))
    found = [one for one in (newest_of(look.reading, part, wanted) for wanted in asked) if one is not None]
    return max(found, key=lambda one: one.row.seq, default=None)


def _signed(look: Look, head: CheckpointRow) -> Checkpoint | None:
    """What the note says, when it is signed and says what stands beside it."""
    try:
        found = read_note(head.note, look.office.verifier)
    except NotUnderstood:
        return None
    return found if (found.size, found.chain_hash) == (head.size, head.chain_hash) else None


def _root(note: Checkpoint | None) -> str:
    return note.root.hex() if note is not None and note.root is not None else ""


def _witnessed(look: Look, note: str) -> str:
    """What the newest note of the witness file says against the log: `agrees`, `differs`, `ahead`, `unsigned`, empty."""
    if not note:
        return ""
    try:
        found = read_note(note, look.office.verifier)
    except NotUnderstood:
        return "unsigned"
    row = audit_rows.get(look.reading, found.size)
    if row is None:
        return "ahead"
    return "agrees" if row.chain_hash == found.chain_hash else "differs"
