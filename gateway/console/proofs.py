"""Proofs as files: of one entry, and that the log only grew since a head. `handoff audit verify FILE` checks them."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.audit import Prover, proof_lines
from gateway.console.decision import entry_at, head_over
from gateway.console.look import Look, Shown, patients_of
from gateway.errors import NotFound
from gateway.store import AuditRow

FACTS, SINCE = frozenset({"facts"}), frozenset({"from"})


def of_entry(look: Look) -> Shown:
    """The entry under the first signed head that is over it; with its facts where the address asks for them.

    Raises NotFound `NO_SUCH_ENTRY`, and what `Prover` raises.
    """
    row = entry_at(look).row
    prover = Prover(look.reading, look.office.verifier, head_over(look, row.seq))
    prover.path_of(row)  # one that the newest head is not over either is refused
    return _file(look, prover, f"entry {row.seq}", rows=(row,), facts=look.address["facts"] == "yes")


def of_log(look: Look) -> Shown:
    """That the log of the newest signed head grew out of that of an older one. Raises NotFound `NO_SUCH_HEAD`."""
    asked = look.address["from"]
    if not (asked.isascii() and asked.isdigit()):
        raise NotFound("NO_SUCH_HEAD", "name a signed head by its number of entries")
    return _file(look, Prover(look.reading, look.office.verifier), f"since {asked}", since=int(asked))


def _file(
    look: Look,
    prover: Prover,
    about: str,
    *,
    rows: Iterable[AuditRow] = (),
    since: int | None = None,
    facts: bool = False,
) -> Shown:
    shown = tuple(rows)
    lines = proof_lines(
        prover, look.reading, look.office.verifier, shown, about=about, since=since, facts=facts
    )
    name = f"{about.replace(' ', '-')}-proof.ndjson"
    return Shown("", {}, patients_of(row.patient_id for row in shown), file=(name, b"".join(lines)))
