"""`handoff audit prove`, and `audit export` of a part: entries that are proved without the rest of the log."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.audit import NoteVerifier, Prover, proof_lines, verifier_of
from gateway.cli.received_command import day_of, start_of
from gateway.errors import NotFound, NotUnderstood
from gateway.partners import Network
from gateway.store import audit_rows, audit_window
from gateway.store.model import AuditRow, Reading


@dataclass(frozen=True, slots=True)
class Part:
    """Which entries: of a patient, between two days of the network's zone (both inclusive), or both; empty: any."""

    patient: str = ""
    since: str = ""
    until: str = ""


def audit_prove(
    network: Path, store: str | None, entry: int | None, size: int | None, since: int | None, *, facts: bool
) -> int:
    """Print the proof that an entry is in the log, or that the log only grew since an older head, or both; 0.

    Raises NotUnderstood `NOTHING_ASKED`, NotFound `NO_SUCH_ENTRY`, and what `Prover` raises.
    """
    from gateway.cli.looked import looked

    def asked(view: Reading) -> tuple[str, Iterable[str | None]]:
        row = None if entry is None else audit_rows.get(view, entry)
        about = "audit prove --facts" if facts else "audit prove"
        return (about, ()) if row is None else (f"{about} {row.seq}", (row.patient_id,))

    with looked(network, store, asked) as (folder, view):
        return write_proof(view, verifier_of(folder.keys.signer), entry, size, since, facts=facts)


def audit_export_part(network: Path, store: str | None, part: Part, *, facts: bool) -> int:
    """Print the entries of a part, each with its proof; 0. Raises NotUnderstood `DAY_INVALID`, and what `Prover`
    raises.
    """
    from gateway.cli.looked import known, looked

    def asked(view: Reading) -> tuple[str, Iterable[str | None]]:
        days = (("--since", part.since), ("--until", part.until))
        about = " ".join(("audit export", *(f"{name} {day_of(day)}" for name, day in days if day)))
        return (f"{about} --patient", known(view, part.patient)) if part.patient else (about, ())

    with looked(network, store, asked) as (folder, view):
        return write_part(view, folder.network, verifier_of(folder.keys.signer), part, facts=facts)


def write_proof(
    view: Reading,
    verifier: NoteVerifier,
    entry: int | None,
    size: int | None = None,
    since: int | None = None,
    *,
    facts: bool = False,
) -> int:
    """Write the file of proofs to standard output; 0. Raises as `audit_prove`."""
    if entry is None and since is None:
        raise NotUnderstood("NOTHING_ASKED", "name an entry, or an older head with --from")
    row = None if entry is None else audit_rows.get(view, entry)
    if entry is not None and row is None:
        raise NotFound("NO_SUCH_ENTRY", f"there is no entry {entry}")
    prover = Prover(view, verifier, size)
    rows = () if row is None else (row,)
    if row is not None:  # what cannot be proved is refused before the first line is written
        prover.path_of(row)
    if since is not None:
        prover.since(since)
    about = (
        f"entry {entry}"
        if since is None
        else f"since {since}" + ("" if entry is None else f", entry {entry}")
    )
    return _write(proof_lines(prover, view, verifier, rows, about=about, since=since, facts=facts))


def write_part(
    view: Reading, network: Network, verifier: NoteVerifier, part: Part, *, facts: bool = True
) -> int:
    """Write the entries of a part with their proofs to standard output; 0. Raises as `audit_export_part`."""
    zone = ZoneInfo(network.zone)
    since = start_of(day_of(part.since), zone) if part.since else ""
    until = start_of(day_of(part.until) + timedelta(days=1), zone) if part.until else ""
    about = " ".join(
        f"{name} {value}"
        for name, value in (("patient", part.patient), ("from", part.since), ("to", part.until))
        if value
    )
    rows = _rows(view, part.patient, since, until)
    return _write(proof_lines(Prover(view, verifier), view, verifier, rows, about=about, facts=facts))


def _rows(view: Reading, patient: str, since: str, until: str) -> Iterator[AuditRow]:
    """The entries from one instant up to another, in order; found by halving where no patient is named."""
    last = audit_rows.last(view)
    if patient or last is None:
        rows: Iterable[AuditRow] = audit_rows.of_patient(view, patient)
        end = sys.maxsize
    else:
        rows = audit_rows.scan(view, audit_window.seq_before(view, since, last[0]) + 1 if since else None)
        end = audit_window.seq_before(view, until, last[0]) + 2 * audit_window.SLACK if until else last[0]
    for row in rows:
        if row.seq > end:
            return
        if since <= row.at and (not until or row.at < until):
            yield row


def _write(lines: Iterable[bytes]) -> int:
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return 0
