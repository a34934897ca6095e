"""Proofs as files: of one entry, and that the log only grew since a head. `handoff audit verify FILE` checks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.audit import AuditEntry, NoteVerifier, Prover, proof_lines
from gateway.console.acts import Content, entry_at
from gateway.console.decision import head_over
from gateway.console.look import Look, Shown, patients_of
from gateway.disclosure.asked import without_values
from gateway.errors import NotFound, NotUnderstood
from gateway.store import AuditRow, Reading

FACTS, SINCE = frozenset({"facts"}), frozenset({"from"})


def of_entry(look: Look) -> Shown:
    """The entry under the first signed head that is over it; with its facts where the address asks for them.

    Raises NotFound `NO_SUCH_ENTRY`, NotUnderstood `REASON_MISSING` for facts that tell what was asked (`with_question`),
    and what `Prover` raises.
    """
    logged, facts = entry_at(look.reading, look.path["seq"]), look.address["facts"] == "yes"
    if facts and tells_a_question(logged.entry):
        text = "this entry says what was asked: take its proof with a reason, from its page"
        raise NotUnderstood("REASON_MISSING", text)
    file = _of_row(look.reading, look.office.verifier, logged.row, facts=facts)
    return Shown("", {}, patients_of((logged.row.patient_id,)), file=file)


def with_question(verifier: NoteVerifier, reading: Reading, path: Mapping[str, str]) -> Content:
    """The same with its facts, for a reason. Raises NotFound `NO_SUCH_ENTRY`, and what `Prover` raises."""
    row = entry_at(reading, path["seq"]).row
    file = _of_row(reading, verifier, row, facts=True)
    subject, heading = f"decisions/{row.seq}/proof", "The proof with what the entry says"
    return Content(subject, heading, "", False, None, patients_of((row.patient_id,)), file)


def tells_a_question(entry: AuditEntry | None) -> bool:
    """Whether the facts of an entry say a question with its values, which are shown for a reason alone."""
    return entry is not None and without_values(entry.asked) != entry.asked


def of_log(look: Look) -> Shown:
    """That the log of the newest signed head grew out of that of an older one. Raises NotFound `NO_SUCH_HEAD`."""
    asked = look.address["from"]
    if not (asked.isascii() and asked.isdigit()):
        raise NotFound("NO_SUCH_HEAD", "name a signed head by its number of entries")
    prover = Prover(look.reading, look.office.verifier)
    file = _file(look.reading, look.office.verifier, prover, f"since {asked}", since=int(asked))
    return Shown("", {}, frozenset(), file=file)


def _of_row(reading: Reading, verifier: NoteVerifier, row: AuditRow, *, facts: bool) -> tuple[str, bytes]:
    prover = Prover(reading, verifier, head_over(reading, row.seq))
    prover.path_of(row)  # one that the newest head is not over either is refused
    return _file(reading, verifier, prover, f"entry {row.seq}", rows=(row,), facts=facts)


def _file(
    reading: Reading,
    verifier: NoteVerifier,
    prover: Prover,
    about: str,
    *,
    rows: Iterable[AuditRow] = (),
    since: int | None = None,
    facts: bool = False,
) -> tuple[str, bytes]:
    lines = proof_lines(prover, reading, verifier, rows, about=about, since=since, facts=facts)
    return f"{about.replace(' ', '-')}-proof.ndjson", b"".join(lines)
