"""One disclosure or refusal: asked, decided, what left of each record, handed over, proved."""

from __future__ import annotations

from dataclasses import dataclass

from gateway import audit
from gateway.audit import LoggedEntry, Prover
from gateway.audit.chain import START, chain_hash, leaf_of
from gateway.audit.checkpoint import has_root
from gateway.console.acts import entry_at
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.disclosure.asked import without_values
from gateway.disclosure.release_parts import attempts_of, parts_of
from gateway.errors import Internal, NotFound, NotNow, NotUnderstood
from gateway.store import Reading, audit_rows, audit_window, intents

_HEADS = ("record", "outcome", "labels", "reasons", "citations", "values", "values that left")


@dataclass(frozen=True, slots=True)
class Proof:
    """How an entry is proved. `fits`: its hashes follow from what is stored and from the entry before; `head_size` is
    the first signed head over it (0: none is yet), `path` leads from the entry to the root that it signs, `is_signed`
    whether that holds.
    """

    fits: bool
    before: str
    head_size: int = 0
    head_at: str = ""
    head_hash: str = ""
    path: tuple[str, ...] = ()
    is_signed: bool = False


def decision(look: Look) -> Shown:
    """The screen. Raises NotFound `NO_SUCH_ENTRY`."""
    logged = entry_at(look.reading, look.path["seq"])
    same_request = audit.find_by_request(look.reading, logged.row.request_id)
    decided = _decided(same_request, logged)
    parts = parts_of(look.reading, decided, same_request, values=False) if decided is not None else None
    shown = {
        "logged": logged,
        "decided": decided,
        "others": tuple(one for one in same_request if one.row.seq != logged.row.seq),
        "handovers": tuple(one for one in same_request if one.row.kind == "handover"),
        "attempts": attempts_of(look.reading, decided) if decided is not None else (),
        "intent": _intent(look, decided or logged),
        "parts_shown": parts,
        "parts_of": {part.reference: part for part in parts.records} if parts else {},
        "proof": proof_of(look, logged),
        "asked": without_values(logged.entry.asked) if logged.entry is not None else "",
    }
    rows = [_row(item, shown["parts_of"]) for item in (logged.entry.resources if logged.entry else ())]
    ids = patients_of(one.row.patient_id for one in same_request)
    return Shown("decision.html", shown, ids, Sheet(f"entry-{logged.row.seq}", _HEADS, rows))


def head_over(reading: Reading, seq: int) -> int | None:
    """The size of the first signed head over an entry; None (the newest) where that is from before there was a tree."""
    head = audit_window.first_checkpoint_from(reading, seq)
    return head.size if head is not None and has_root(head.note) else None


def proof_of(look: Look, logged: LoggedEntry) -> Proof:
    """Recompute the entry's hashes and its way to the root of the first signed head over it."""
    row = logged.row
    earlier = audit_rows.get(look.reading, row.seq - 1)
    before = earlier.chain_hash if earlier is not None else START
    fits = leaf_of(row) == row.leaf_hash and chain_hash(before, row.leaf_hash) == row.chain_hash
    head = audit_window.first_checkpoint_from(look.reading, row.seq)
    if head is None:
        return Proof(fits, before.hex())
    try:
        prover = Prover(look.reading, look.office.verifier, head_over(look.reading, row.seq))
        path = tuple(one.hex() for one in prover.path_of(row))
    except (NotFound, NotNow):
        return Proof(fits, before.hex())
    except (NotUnderstood, Internal):
        return Proof(fits, before.hex(), head.size, head.at)
    found = prover.head
    return Proof(fits, before.hex(), found.size, found.at, prover.root.hex(), path, is_signed=True)


def _decided(entries: tuple[LoggedEntry, ...], logged: LoggedEntry) -> LoggedEntry | None:
    """The entry of the decision: itself, or for a handover the one that allowed its bytes."""
    if logged.row.kind != "handover":
        return logged if logged.entry is not None else None
    return next((one for one in entries if one.row.kind in ("disclose", "practice")), None)


def _intent(look: Look, logged: LoggedEntry) -> object:
    subject = logged.entry.subject if logged.entry is not None else ""
    return intents.get(look.reading, subject) if subject and "/" not in subject else None


def _row(item: audit.AuditedResource, parts: object) -> tuple[object, ...]:
    part = parts.get(item.reference) if isinstance(parts, dict) else None
    codes = " ".join(reason.code for reason in item.reasons)
    cited = "; ".join(dict.fromkeys(reason.citation for reason in item.reasons if reason.citation))
    counts = (len(part.elements), len(part.elements) - part.withheld) if part else ("", "")
    return (item.reference, item.outcome, " ".join(item.labels), codes, cited, *counts)
