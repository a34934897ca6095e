"""What several commands of `handoff` share: options, the network's folder, the exit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

PLAIN: dict[str, Any] = {"no_args_is_help": True, "add_completion": False, "rich_markup_mode": None}
InputFile = Annotated[str, typer.Argument(metavar="FILE", help="A file, or - for standard input.")]
Network = Annotated[
    Path | None,
    typer.Option(
        "--network", metavar="DIR", help="Folder of network.yaml. Default: HANDOFF_NETWORK or here."
    ),
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="HANDOFF_STORE",
        show_envvar=False,
        help="Store URL. Default: HANDOFF_STORE or handoff.db in the network.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def folder_of(given: Path | None) -> Path:
    """The network's folder: the one given, else the setting's, else the present folder."""
    if given is not None:
        return given
    from gateway.settings import read_settings

    return read_settings().network


def finish(code: int) -> None:
    """End the command with this exit code."""
    raise typer.Exit(code)
