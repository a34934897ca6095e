"""The commands `handoff audit`: names and arguments; the bodies are in `audit_commands.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import PLAIN, Network, Store, finish, folder_of

audit_app = typer.Typer(help="The audit log.", **PLAIN)


@audit_app.command("verify")
def audit_verify(
    export: Annotated[Path | None, typer.Argument(metavar="[EXPORT]", help="An exported log.")] = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Recompute the whole audit log and say where it was altered, if it was."""
    from gateway.cli.audit_commands import audit_verify as body

    finish(body(folder_of(network), store, export))


@audit_app.command("export")
def audit_export(
    network: Network = None,
    store: Store = None,
    fhir: Annotated[bool, typer.Option("--fhir", help="FHIR AuditEvents (IHE BALP), one a line.")] = False,
) -> None:
    """Print the audit log, one entry a line, in the form `audit verify` reads."""
    from gateway.cli.audit_commands import audit_export as body

    finish(body(folder_of(network), store, fhir=fhir))


@audit_app.command("received")
def audit_received(
    since: Annotated[str, typer.Option(help="First day, as 2026-11-01, in the network's zone.")],
    until: Annotated[str, typer.Option(help="Last day.")],
    partner: Annotated[str, typer.Option(help="To this partner alone.")] = "",
    network: Network = None,
    store: Store = None,
) -> None:
    """Who received what of whom between two days, as CSV: the question of a breach."""
    from gateway.cli.received_command import audit_received as body

    finish(body(folder_of(network), store, since, until, partner))
