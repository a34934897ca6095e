"""`handoff disclosures`, `why`, `audit verify` and `audit export`: what the log says, printed.

Each command opens the store for reading and hands it to a function of its own that prints; those take an
opened `Reading`, so that they can be used and tested without a network folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import msgspec

from gateway.audit import (
    EmergencyFacts,
    LoggedEntry,
    NoteVerifier,
    VerifyReport,
    WitnessFile,
    every,
    export,
    find_by_request,
    of_patient,
    opened,
    read_verifier,
    verifier_of,
    verify_file,
)
from gateway.cli.tables import print_table
from gateway.disclosure.audit_events import audit_events, import_event
from gateway.disclosure.provenance import provenances
from gateway.errors import NotUnderstood
from gateway.partners import Network
from gateway.store import audit_rows, inbox
from gateway.store.model import AuditFilter, AuditRow, Reading

LISTED = 200
SHOWN_KINDS = ("disclose", "handover", "practice", "refuse")
WITNESS_FILE = "witness.log"
_REASONS = {
    "ENTRY_MISSING": "an entry is missing",
    "ENTRY_OUT_OF_ORDER": "entries stand in another order, or one was put in",
    "ENTRY_ALTERED": "an entry was altered",
    "CHAIN_BROKEN": "an entry does not follow from the one before",
    "ENTRY_FORGED": "an entry was not written by the gateway",
    "HISTORY_REWRITTEN": "the log does not fit a signed head; it was rewritten from here or later",
    "TAIL_CUT": "entries at the end are gone",
    "CHECKPOINT_FORGED": "a head is not signed by the gateway's key",
    "EXPORT_UNREADABLE": "a line of the file cannot be read",
    "EXPORT_CUT": "the file has no end line, or another number of entries",
    "KEY_DIFFERS": "the file names another key than this network's",
    "TREE_DIFFERS": "the entries are whole, a stored node of the tree over them is not what they say",
    "PROOF_BROKEN": "the entry is not in the signed log as it is shown",
    "LOG_FORKED": "two signed heads contradict each other",
    "NOT_WITNESSED": "nothing ties the file to the heads of the witness file, or those are of another key",
}


def disclosures(network: Path, store: str | None, *, patient: str | None, as_json: bool) -> int:
    """Print what was disclosed or refused, newest first; exit code 0."""
    from gateway.cli.looked import known, looked

    def asked(view: Reading) -> tuple[str, Iterable[str | None]]:
        if patient is not None:
            return "disclosures --patient", known(view, patient)
        return "disclosures", (row.patient_id for row in _newest_rows(view, LISTED))

    with looked(network, store, asked) as (_, view):
        return print_disclosures(view, patient, as_json=as_json)


def why(network: Path, store: str | None, request_id: str, *, as_json: bool) -> int:
    """Print the true reason of an answer; exit code 1 when no entry has that request id."""
    from gateway.cli.looked import looked

    with looked(network, store, lambda view: of_request(view, "why", request_id)) as (_, view):
        return print_why(view, request_id, as_json=as_json)


def audit_verify(
    network: Path, store: str | None, file: Path | None, *, key: str = "", witness: Path | None = None
) -> int:
    """Verify the store, or a file; exit code 1 when it was altered (and where is printed). Raises NotUnderstood
    `VERIFIER_KEY`.
    """
    if file is not None:
        return print_verified_file(file, network, key=key, witness=witness)
    from gateway.wiring.looking import reading
    from gateway.wiring.verifying import verify_log

    notes = WitnessFile(network / WITNESS_FILE)  # before the look at the store, which goes on growing
    with reading(network, store) as (folder, view):
        return print_report(verify_log(folder, store, view, notes))


def audit_export(network: Path, store: str | None, *, fhir: bool = False, facts: bool = True) -> int:
    """Print the whole log as lines of JSON, or as FHIR AuditEvents, one a line; exit code 0."""
    from gateway.cli.looked import looked

    how = "audit export --fhir" if fhir else "audit export" if facts else "audit export --no-facts"
    with looked(network, store, lambda _: (how, ())) as (folder, view):
        if fhir:
            return write_events(view, folder.network)
        return write_export(view, verifier_of(folder.keys.signer), facts=facts)


def print_disclosures(
    view: Reading, patient: str | None, *, as_json: bool, out: TextIO | None = None, limit: int = LISTED
) -> int:
    """Print the newest disclosures, handovers and refusals, or all about one patient; 0."""
    if patient is not None:
        shown = [found for found in reversed(of_patient(view, patient)) if found.row.kind in SHOWN_KINDS]
    else:
        shown = list(opened(view, _newest_rows(view, limit)))
    if as_json:
        _print_json([_as_dict(logged) for logged in shown], out)
        return 0
    rows = [
        (
            str(logged.row.seq),
            logged.row.at[:19] + "Z",
            logged.row.kind,
            logged.row.outcome,
            logged.row.partner,
            logged.row.purpose,
            logged.row.patient_id or "",
            ", ".join(logged.entry.consents) if logged.entry else "(facts destroyed)",
            logged.row.request_id,
        )
        for logged in shown
    ]
    heads = ("entry", "at", "kind", "outcome", "recipient", "purpose", "patient", "consents", "request")
    print_table(heads, rows, out)
    return 0


def _newest_rows(view: Reading, limit: int) -> tuple[AuditRow, ...]:
    found = [row for kind in SHOWN_KINDS for row in audit_rows.newest(view, limit, AuditFilter(kind=kind))]
    return tuple(sorted(found, key=lambda row: row.seq, reverse=True)[:limit])


def of_request(view: Reading, command: str, request_id: str) -> tuple[str, Iterable[str | None]]:
    """What is asked by `handoff why`, and of whom, for the audit log."""
    rows = audit_rows.find_by_request(view, request_id)
    return f"{command} {request_id}" if rows else command, (row.patient_id for row in rows)


def print_why(view: Reading, request_id: str, *, as_json: bool, out: TextIO | None = None) -> int:
    """Print everything the log says about one request; 1 when it says nothing."""
    found = find_by_request(view, request_id)
    if as_json:
        _print_json([_as_dict(logged) for logged in found], out)
        return 0 if found else 1
    if not found:
        print("no entry of the audit log has that request id", file=sys.stderr)
        return 1
    for logged in found:
        print("\n".join(_told(logged)), file=out)
    return 0


def print_report(report: VerifyReport, out: TextIO | None = None) -> int:
    """Print what verification found; 1 when something was altered."""
    if report.part_of:
        return _print_proved(report, out)
    if report.ok:
        signed = f"{report.signed_to} of them under a signed head"
        print(f"audit log intact: {report.entries} entries, {signed}", file=out)
        print(f"head {report.root}\nroot {report.tree}", file=out)
        if report.shredded:
            print(f"{report.shredded} entries whose facts were destroyed with their key", file=out)
        if report.behind:
            print(f"the witness knows of {report.behind} entries more: made before them, or cut", file=out)
        return 0
    told = _REASONS.get(report.reason or "", "the log was altered")
    print(f"AUDIT LOG ALTERED at entry {report.first_bad_seq}: {told} ({report.reason})", file=out)
    print(f"good up to entry {report.entries}, signed up to entry {report.signed_to}", file=out)
    return 1


def _print_proved(report: VerifyReport, out: TextIO | None) -> int:
    if report.ok:
        size, number = report.part_of, report.entries
        if number:
            are = "entry is" if number == 1 else "entries are"
            print(f"proved: {number} {are} in the signed log of {size} entries, as shown", file=out)
        if report.grew_from:
            print(f"proved: the log of {size} entries only grew since that of {report.grew_from}", file=out)
        if not number and not report.grew_from:
            print(f"the head over {size} entries is signed; no entry is shown", file=out)
        print(f"root {report.tree}", file=out)
        return 0
    at = f" at entry {report.first_bad_seq}" if report.first_bad_seq else ""
    print(
        f"NOT PROVED{at}: {_REASONS.get(report.reason or '', 'the file was altered')} ({report.reason})",
        file=out,
    )
    return 1


def print_verified_file(
    file: Path,
    network: Path | None = None,
    out: TextIO | None = None,
    *,
    key: str = "",
    witness: Path | None = None,
) -> int:
    """Verify an export or a file of proofs, against the key and the witness that are given or those of `network`; 1 when
    it was altered, and where no signed head is over any of its entries.

    Raises NotUnderstood `WITNESS_UNREADABLE` for a witness file that is named and cannot be read.
    """
    verifier, notes = _known(network) if not key else (read_verifier(key), None)
    if witness is not None:
        if not (witness.is_file() and os.access(witness, os.R_OK)):
            raise NotUnderstood("WITNESS_UNREADABLE", "the witness file is not there, or cannot be read")
        notes = WitnessFile(witness)
    with file.open("rb") as lines:
        report = verify_file(lines, verifier, notes)
    code = print_report(report, out)
    if report.ok and report.entries and not (report.signed_to or report.part_of):
        print("NOT PROVED: no signed head is over any entry, and anybody can write a log that fits", file=out)
        code = 1
    if verifier is None:
        print("checked against the key that the file itself names", file=out)
    return code


def write_export(view: Reading, verifier: NoteVerifier, *, facts: bool = True) -> int:
    """Write the export to standard output; 0."""
    for line in export(view, verifier, facts=facts):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return 0


def write_events(view: Reading, network: Network) -> int:
    """Write every entry's AuditEvents, then those of what was taken in, to standard output as NDJSON; 0.

    What can no longer be told is counted.
    """
    gone = 0
    for logged in every(view):
        gone += logged.entry is None
        for event in (*audit_events(logged, network, with_questions=True), *provenances(logged, network)):
            sys.stdout.buffer.write(msgspec.json.encode(event) + b"\n")
    for message in inbox.about_somebody(view):
        sys.stdout.buffer.write(msgspec.json.encode(import_event(message, network)) + b"\n")
    sys.stdout.buffer.flush()
    if gone:
        print(f"{gone} entries can no longer be told: their key was destroyed", file=sys.stderr)
    return 0


def _known(network: Path | None) -> tuple[NoteVerifier | None, Iterable[str] | None]:
    """Key and witness of a network folder; nothing when the folder holds no network, or no witness yet."""
    if network is None or not (network / "network.yaml").is_file():
        return None, None
    from gateway.wiring.network_folder import open_folder

    witness = network / WITNESS_FILE
    notes = WitnessFile(witness) if witness.exists() else None
    return verifier_of(open_folder(network).keys.signer), notes


def _as_dict(logged: LoggedEntry) -> dict[str, object]:
    """An entry as `--json` prints it: its number, then its facts (or only the envelope when those are
    destroyed).
    """
    if logged.entry is not None:
        return {"seq": logged.row.seq, **msgspec.to_builtins(logged.entry)}
    names = ("seq", "at", "kind", "patient_id", "partner", "purpose", "outcome", "request_id")
    return {name: getattr(logged.row, name) for name in names}


def _told(logged: LoggedEntry) -> list[str]:
    """An entry as sentences for a compliance officer."""
    row, entry = logged.row, logged.entry
    lines = [f"entry {row.seq}  {row.at}  {row.kind}: {row.outcome} to {row.partner} for {row.purpose}"]
    if entry is None:
        return [*lines, "  the facts were destroyed with their key"]
    lines += [f"  basis {entry.basis}"] if entry.basis else []
    lines += [f"  consent {consent}" for consent in entry.consents]
    lines += _emergency(entry.emergency) if entry.emergency is not None else []
    lines += [
        f"  because {_reason(reason.code, reason.citation, reason.consent)}" for reason in entry.reasons
    ]
    for resource in entry.resources:
        labels = f" [{' '.join(resource.labels)}]" if resource.labels else ""
        lines.append(f"  {resource.outcome:9} {resource.reference}{labels}")
        lines += [f"            {_reason(r.code, r.citation, r.consent)}" for r in resource.reasons]
    return lines


def _emergency(facts: EmergencyFacts) -> list[str]:
    """What a reviewer of emergency access needs to know (42 CFR §2.51(c))."""
    second = f"  approved by {facts.second_person}"
    return [
        f"  emergency since {facts.opened_at}: {facts.nature}",
        f"  to {facts.recipient} ({facts.recipient_identifier}), {facts.facility}",
        f"  disclosed by {facts.discloser}",
        *([second] if facts.second_person else []),
    ]


def _reason(code: str, citation: str, consent: str | None) -> str:
    return " ".join(part for part in (code, f"({citation})" if citation else "", consent or "") if part)


def _print_json(content: object, out: TextIO | None) -> None:
    text = msgspec.json.format(msgspec.json.encode(content), indent=2).decode()
    print(text, file=out)
