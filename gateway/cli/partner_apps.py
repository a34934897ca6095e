"""The commands `handoff partner …` and `handoff send`: names and arguments; the bodies are in other files."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.options import PLAIN, AsJson, InputFile, Network, finish, folder_of

partner_app = typer.Typer(help="One partner: take it up, try it, let it go live.", **PLAIN)

PartnerId = Annotated[str, typer.Argument(metavar="ID", help="The partner, as network.yaml names it.")]


@partner_app.command("new")
def partner_new(
    partner: Annotated[
        str, typer.Argument(metavar="ID", help="Small letters, digits and `-`, say mesa-otp.")
    ],
    kind: Annotated[str, typer.Option(help="As in network.yaml, say otp or housing.")],
    name: Annotated[str, typer.Option(help="The organisation's name.")] = "",
    network: Network = None,
) -> None:
    """Write a new partner in `test` into network.yaml, with a test key where it has a client; say what to fill in."""
    from gateway.cli.partner_commands import new as body

    finish(body(folder_of(network), partner, kind, name))


@partner_app.command("test")
def partner_test(
    partner: PartnerId,
    path: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A sample of what it sends; better of nobody real.")
    ] = None,
    line: Annotated[
        bool, typer.Option("--line", help="Open the line to it, too; nothing is said on it.")
    ] = False,
    network: Network = None,
    as_json: AsJson = False,
) -> None:
    """Say how a partner is set up and what is missing; with FILE what would become of it. Nothing is kept or sent."""
    import signal
    import sys

    from gateway.cli.partner_test_command import test as body

    for ended in (signal.SIGTERM, signal.SIGHUP):  # what it has kept of the sample goes with it
        signal.signal(ended, lambda number, _: sys.exit(128 + number))
    finish(body(folder_of(network), partner, path, tries_line=line, as_json=as_json))


@partner_app.command("go-live")
def partner_go_live(partner: PartnerId, network: Network = None) -> None:
    """Set a partner to `live` in network.yaml, or say all that is missing."""
    from gateway.cli.partner_commands import go_live as body

    finish(body(folder_of(network), partner))


def send(
    path: InputFile,
    to: Annotated[
        tuple[str, str],
        typer.Option("--to", metavar="mllp HOST:PORT | http URL", help="Where; URL: the FHIR base."),
    ],
    token_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Holds the bearer token, say of `handoff token`; -: standard input."
        ),
    ] = None,
) -> None:
    """Send one message (HL7 v2, or FHIR in JSON) to a gateway and print its answer, to try a connection."""
    from gateway.cli.send_command import send as body

    finish(body(path, *to, token_file))
