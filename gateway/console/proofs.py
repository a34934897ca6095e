"""Proofs as files: of one entry, and that the log only grew since a head. `handoff audit verify FILE` checks them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from gateway.audit import AuditEntry, NoteVerifier, Prover, proof_lines
from gateway.console.acts import Content, entry_at
from gateway.console.decision import head_over
from gateway.console.ledger import known_patient
from gateway.console.look import Look, Shown, patients_of
from gateway.disclosure.asked import without_values
from gateway.disclosure.log_about import log_about
from gateway.errors import NotFound, NotUnderstood
from gateway.store import AuditFilter, AuditRow, Reading, audit_rows, same_person

FACTS, SINCE = frozenset({"facts"}), frozenset({"from"})
OF_PATIENT = frozenset({"facts", "since", "until"})
MOST_PROVED = 200
"""Entries of one file: more take longer than a page may."""


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


def of_patient(look: Look) -> Shown:
    """The entries about one person between two days, each with its proof under the newest signed head; with their facts
    where the address asks for them, but for those that tell what was asked, which are shown one by one for a reason.

    Raises NotFound `NO_SUCH_PATIENT`, NotUnderstood `FILE_TOO_LONG`, and what `Prover` raises.
    """
    patient_id, window = known_patient(look), look.window
    asked = AuditFilter(patient_id=patient_id, since=window.since, until=window.until)
    hers = audit_rows.newest(look.reading, MOST_PROVED + 1, asked)
    if len(hers) > MOST_PROVED and not same_person.periods(look.reading, patient_id):
        raise _too_long()  # before any is opened
    logged = [one for one in log_about(look.reading, patient_id) if window.since <= one.row.at < window.until]
    if len(logged) > MOST_PROVED:
        raise _too_long()
    file = _file(
        look.reading,
        look.office.verifier,
        Prover(look.reading, look.office.verifier),
        f"patient {patient_id}",
        rows=[one.row for one in logged],
        facts=look.address["facts"] == "yes",
        but={one.row.seq for one in logged if tells_a_question(one.entry)},
    )
    return Shown("", {}, patients_of((patient_id, *(one.row.patient_id for one in logged))), file=file)


def _too_long() -> NotUnderstood:
    many = f"there are more than {MOST_PROVED} entries"
    return NotUnderstood(
        "FILE_TOO_LONG", f"{many}: name fewer days, or take `handoff audit export --patient`"
    )


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
    but: Container[int] = (),
) -> tuple[str, bytes]:
    lines = proof_lines(prover, reading, verifier, rows, about=about, since=since, facts=facts, but=but)
    return f"{about.replace(' ', '-')}-proof.ndjson", b"".join(lines)
