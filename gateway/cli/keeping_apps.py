"""The commands `handoff keys`, `handoff db` and `handoff doctor`: names and arguments; the bodies are in other files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import PLAIN, AsJson, Network, Store, finish, folder_of

keys_app = typer.Typer(help="Keys: rotate them, and destroy a patient's.", **PLAIN)
db_app = typer.Typer(help="The store: back it up, restore it, try that it can be restored.", **PLAIN)

Reason = Annotated[str, typer.Option(help="Why; the audit log keeps it, with who said so.")]
Patient = Annotated[str, typer.Argument(metavar="PATIENT", help="Our id of the patient.")]
Backups = Annotated[
    list[Path] | None,
    typer.Option("--backups", metavar="DIR", help="A folder of backups to look into; may be repeated."),
]
KeysTo = Annotated[
    Path | None,
    typer.Option("--keys-to", metavar="DIR", help="Where the key backup goes. Default: DIR-keys."),
]
KeysFrom = Annotated[
    Path | None,
    typer.Option("--keys-from", metavar="PATH", help="Key backup, or folder of them. Default: DIR-keys."),
]


@keys_app.command("rotate")
def keys_rotate(reason: Reason, network: Network = None, store: Store = None) -> None:
    """Make a new wrapping key and wrap every data key anew, while the gateway runs or not."""
    from gateway.cli.keys_commands import rotate as body

    finish(body(folder_of(network), store, reason))


@keys_app.command("retire")
def keys_retire(
    reason: Annotated[
        str,
        typer.Option(help="Why no key backup of the last 30 days is needed; without: only older keys go."),
    ] = "",
    network: Network = None,
    store: Store = None,
) -> None:
    """Destroy the files of wrapping keys that nothing needs any more. The gateway does so by itself after 30 days."""
    from gateway.cli.keys_commands import retire as body

    finish(body(folder_of(network), store, reason))


@keys_app.command("list")
def keys_list(network: Network = None, store: Store = None, as_json: AsJson = False) -> None:
    """List the wrapping keys: since when they wrap no more, and what is still under them."""
    from gateway.cli.keys_commands import list_keys as body

    finish(body(folder_of(network), store, as_json=as_json))


@keys_app.command("destroy")
def keys_destroy(
    patient: Patient,
    reason: Reason,
    network: Network = None,
    store: Store = None,
    keep_wrapping_key: Annotated[
        bool,
        typer.Option("--keep-wrapping-key", help="More patients follow: rotate only after the last one."),
    ] = False,
) -> None:
    """Make everything sealed for one patient unreadable for ever. Cannot be undone."""
    from gateway.cli.keys_commands import destroy as body

    finish(body(folder_of(network), store, patient, reason, rotates=not keep_wrapping_key))


@keys_app.command("prove")
def keys_prove(
    patient: Patient, backups: Backups = None, network: Network = None, store: Store = None
) -> None:
    """Try to open everything ever sealed for one patient, here and in backups; 0 when nothing opens, else 1."""
    from gateway.cli.keys_commands import prove as body

    finish(body(folder_of(network), store, patient, tuple(backups or ())))
