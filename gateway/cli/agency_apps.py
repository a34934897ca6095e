"""The commands `handoff agency …`: names and arguments; the bodies are in other files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import PLAIN, Network, Store, finish, folder_of

agency_app = typer.Typer(help="The pages of agencies without software.", **PLAIN)


@agency_app.command("link")
def agency_link(
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="The agency, as network.yaml names it.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Who logs in; the audit log names her.")],
    mail: Annotated[
        bool, typer.Option("--mail", help="Mail the link to the address network.yaml has for her.")
    ] = False,
    network: Network = None,
) -> None:
    """Print a link to an agency's page for one worker (or mail it), and the code to tell her by another way."""
    from gateway.cli.network_commands import agency_link as body

    finish(body(folder_of(network), partner, name, mail))


@agency_app.command("away")
def agency_away(
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="The agency, as network.yaml names it.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="The worker, as her link was made for.")],
    reason: Annotated[str | None, typer.Option(help="Why; the audit log keeps it.")] = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """End every link and session of one worker at an agency's page."""
    from gateway.cli.operator_commands import act

    finish(act(folder_of(network), store, "agency away", f"{partner} {name}", reason))


services_app = typer.Typer(help="The directory of services that workers look through.", **PLAIN)


@services_app.command("import")
def services_import(
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="HSDS 3: a .json file, a folder of CSV tables or their zip."),
    ],
    network: Network = None,
) -> None:
    """Put a directory of services in the place of the one there was."""
    from gateway.cli.services_command import import_services as body

    finish(body(folder_of(network), source))
