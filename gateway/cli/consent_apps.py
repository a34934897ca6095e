"""The commands `handoff consent …`: names and arguments; the bodies are in other files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import PLAIN, InputFile, finish

consent_app = typer.Typer(help="Consents, without a running gateway.", **PLAIN)


@consent_app.command("validate")
def consent_validate(
    paths: Annotated[list[str], typer.Argument(metavar="FILE...", help="FHIR Consent files.")],
) -> None:
    """Say which elements of 42 CFR 2.31 a consent has and whether it can be computed."""
    from gateway.cli.consent_commands import consent_validate as body

    finish(body(paths))


@consent_app.command("new")
def consent_new(
    path: Annotated[str, typer.Argument(metavar="FILE", help="Where the draft is written; a new file.")],
) -> None:
    """Ask for a consent, show who would see what, print the form to sign."""
    from gateway.cli.consent_new_command import consent_new as body

    finish(body(path))


@consent_app.command("signed")
def consent_signed(
    draft: Annotated[str, typer.Argument(metavar="DRAFT", help="The draft that `consent new` wrote.")],
    scan: Annotated[Path, typer.Option(metavar="FILE", help="The scan of the signed form.")],
    signed_on: Annotated[str, typer.Option(metavar="DAY", help="The day on the form, say 2026-11-22.")],
    by: Annotated[str, typer.Option(help="Who records it: role or staff number.")],
    representative: Annotated[
        str | None, typer.Option(metavar="TYPE/ID", help="Who signed for the patient, if not she.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it here; a new file.")] = None,
) -> None:
    """Make a draft a consent in force: its form came back signed and was scanned."""
    from gateway.cli.consent_signed_command import consent_signed as body

    finish(body(draft, scan, signed_on, by, representative, out))


@consent_app.command("what-if")
def what_if(path: InputFile) -> None:
    """Say in plain words who would see what."""
    from gateway.cli.what_if_command import what_if as body

    finish(body(path))
