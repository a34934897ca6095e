"""`handoff audit prove`, and `audit export` of a part: entries that are proved without the rest of the log."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.audit import NoteVerifier, Prover, proof_lines, verifier_of
from gateway.cli.received_command import day_of, start_of
from gateway.disclosure.log_about import log_about
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.ever_one import all_reached, ever_one_with
from gateway.partners import Network
from gateway.store import audit_rows, audit_window, patients, same_person
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
    """Print the entries of a part, each with its proof; 0. Raises NotUnderstood `DAY_INVALID`, NotFound
    `NO_SUCH_PATIENT`, and what `Prover` raises.
    """
    from gateway.cli.looked import looked

    def asked(view: Reading) -> tuple[str, Iterable[str | None]]:
        days = (("--since", part.since), ("--until", part.until))
        about = " ".join(("audit export", *(f"{name} {day_of(day)}" for name, day in days if day)))
        return (f"{about} --patient", _ids_of(view, part.patient)) if part.patient else (about, ())

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
    rows = _between(
        since, until, _of_patient(view, part.patient) if part.patient else _rows(view, since, until)
    )
    return _write(proof_lines(Prover(view, verifier), view, verifier, rows, about=about, facts=facts))


def _of_patient(view: Reading, patient: str) -> tuple[AuditRow, ...]:
    """All about a person, whichever of her ids is named. What may be of others is told on standard error."""
    own = _ids_of(view, patient)
    if not own:
        raise NotFound("NO_SUCH_PATIENT", "no patient has that id")
    for other in sorted(all_reached(partial(ever_one_with, view), patient).difference(own)):
        print(
            f"was once taken for {other}, who is another: what is about {other} is left out", file=sys.stderr
        )
    return tuple(one.row for one in log_about(view, own[0]))


def _ids_of(view: Reading, patient: str) -> tuple[str, ...]:
    """Her ids, first that under which all is kept now; empty when nobody has that id."""
    if not patients.exists(view, patient):
        return ()
    now_is = same_person.stays(view, patient)
    return now_is, *same_person.joined_to(view, now_is)


def _rows(view: Reading, since: str, until: str) -> Iterator[AuditRow]:
    """The entries of about the time between two instants, in order, found by halving."""
    last = audit_rows.last(view)
    size = 0 if last is None else last[0]
    end = audit_window.seq_before(view, until, size) + 2 * audit_window.SLACK if until else size
    for row in audit_rows.scan(view, audit_window.seq_before(view, since, size) + 1 if since else None):
        if row.seq > end:
            return
        yield row


def _between(since: str, until: str, rows: Iterable[AuditRow]) -> Iterator[AuditRow]:
    """Those from one instant up to another."""
    return (row for row in rows if since <= row.at and (not until or row.at < until))


def _write(lines: Iterable[bytes]) -> int:
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return 0
