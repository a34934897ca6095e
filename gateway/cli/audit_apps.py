"""The commands `handoff audit`: names and arguments; the bodies are in `audit_commands.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import PLAIN, Network, Store, finish, folder_of

audit_app = typer.Typer(help="The audit log.", **PLAIN)


Facts = Annotated[
    bool, typer.Option("--facts/--no-facts", help="With what each entry says, and the salt that proves it.")
]


@audit_app.command("verify")
def audit_verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="An exported log, or a file of proofs.")
    ] = None,
    key: Annotated[str, typer.Option(help="Of a file: the verifier key, where no network is at hand.")] = "",
    witness: Annotated[Path | None, typer.Option(help="Of a file: a witness file.")] = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Recompute the whole audit log, or a file, and say where it was altered, if it was."""
    from gateway.cli.audit_commands import audit_verify as body

    finish(body(folder_of(network), store, file, key=key, witness=witness))


@audit_app.command("prove")
def audit_prove(
    entry: Annotated[int | None, typer.Argument(metavar="[ENTRY]", help="Its number.")] = None,
    since: Annotated[
        int | None,
        typer.Option("--from", metavar="SIZE", help="That the log only grew since this signed head."),
    ] = None,
    checkpoint: Annotated[
        int | None, typer.Option(metavar="SIZE", help="Against this signed head. Default: the newest.")
    ] = None,
    facts: Facts = False,
    network: Network = None,
    store: Store = None,
) -> None:
    """Print the proof that an entry is in the signed log, in the form `audit verify` reads."""
    from gateway.cli.proof_commands import audit_prove as body

    finish(body(folder_of(network), store, entry, checkpoint, since, facts=facts))


@audit_app.command("export")
def audit_export(
    network: Network = None,
    store: Store = None,
    fhir: Annotated[bool, typer.Option("--fhir", help="FHIR AuditEvents (IHE BALP), one a line.")] = False,
    patient: Annotated[str, typer.Option(metavar="ID", help="Hers alone, each entry with its proof.")] = "",
    since: Annotated[str, typer.Option(help="From this day on, each entry with its proof.")] = "",
    until: Annotated[str, typer.Option(help="Up to this day.")] = "",
    facts: Facts = True,
) -> None:
    """Print the audit log, one entry a line, in the form `audit verify` reads."""
    if patient or since or until:
        if fhir:
            raise typer.BadParameter("a part is written with proofs, which AuditEvents have no place for")
        from gateway.cli.proof_commands import Part, audit_export_part

        finish(audit_export_part(folder_of(network), store, Part(patient, since, until), facts=facts))
    from gateway.cli.audit_commands import audit_export as body

    finish(body(folder_of(network), store, fhir=fhir, facts=facts))


@audit_app.command("received")
def audit_received(
    since: Annotated[str, typer.Option(help="First day, as 2026-11-01, in the network's zone.")],
    until: Annotated[str, typer.Option(help="Last day.")],
    partner: Annotated[str, typer.Option(help="To this partner alone.")] = "",
    key: Annotated[
        str,
        typer.Option(help="To whoever had this key: a client's `kid` or id, a certificate's SHA-256."),
    ] = "",
    network: Network = None,
    store: Store = None,
) -> None:
    """Who received what of whom between two days, as CSV: the question of a breach."""
    from gateway.cli.received_command import audit_received as body

    finish(body(folder_of(network), store, since, until, partner, key))
