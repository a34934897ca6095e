"""The commands `handoff init`, `keys`, `db` and `doctor`: names and arguments; the bodies are in other files."""

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


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; it must be new or empty.")],
    name: Annotated[str, typer.Option(help="Who runs the gateway.")],
    role: Annotated[str, typer.Option(help="Its role under 42 CFR 2.11, say qso; the file lists them.")],
    zone: Annotated[str, typer.Option(help="IANA time zone, say America/Phoenix.")],
    desk: Annotated[str, typer.Option(metavar="NAME,PHONE", help="Who sees to missing consents.")],
    on_call: Annotated[str, typer.Option(metavar="NAME,PHONE", help="Whom to call at night.")],
    host: Annotated[str, typer.Option(help="The gateway's name for partners, say gateway.example.org.")],
) -> None:
    """Found a network: its folder, keys of its own, a certificate request, no partner yet."""
    from gateway.cli.init_command import init as body
    from gateway.wiring.founding import Founder

    finish(body(folder, Founder(name, role, zone, desk, on_call, host)))


def doctor(network: Network = None, store: Store = None, as_json: AsJson = False) -> None:
    """Say on one page what is wrong, and what to do: 0 nothing, 1 something."""
    from gateway.cli.doctor_command import doctor as body

    finish(body(folder_of(network), store, as_json=as_json))


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


@keys_app.command("public")
def keys_public(
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="Whose FHIR server asks for a token.")],
    network: Network = None,
) -> None:
    """Print our public key for a partner's FHIR server, as a JWK set, which its technician registers."""
    from gateway.cli.keys_commands import public as body

    finish(body(folder_of(network), partner))


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
    patient: Patient,
    backups: Backups = None,
    keys_from: KeysFrom = None,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Try to open everything ever sealed for one patient, here and in backups; 0 when nothing opens, else 1."""
    from gateway.cli.keys_commands import prove as body

    finish(body(folder_of(network), store, patient, tuple(backups or ()), keys_from, as_json=as_json))


@db_app.command("backup")
def db_backup(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of backups; a new one is made in it.")],
    keys_to: KeysTo = None,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Copy the store, and apart from it the wrapped keys, while the gateway runs; then read all back and verify it."""
    from gateway.cli.db_commands import backup as body

    finish(body(folder_of(network), store, place, keys_to, as_json=as_json))


@db_app.command("verify")
def db_verify(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="A backup, or a folder of them: its newest.")],
    keys_from: KeysFrom = None,
    network: Network = None,
) -> None:
    """Look whether a backup can be relied on: hashes, tables, the whole audit log, samples opened."""
    from gateway.cli.db_commands import verify as body

    finish(body(folder_of(network), place, keys_from))


@db_app.command("restore")
def db_restore(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="A backup, or a folder of them: its newest.")],
    reason: Reason,
    keys_from: KeysFrom = None,
    old: Annotated[
        Path | None, typer.Option("--old", metavar="FILE", help="What is left of the old store, moved aside.")
    ] = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Put a backup in the place of a lost store. The gateway then stands still until `handoff db resume`."""
    from gateway.cli.db_commands import restore as body

    finish(body(folder_of(network), store, place, keys_from, reason, old))


@db_app.command("resume")
def db_resume(
    reason: Reason,
    consents_checked: Annotated[
        bool,
        typer.Option(
            "--consents-checked", help="I have asked the agencies for withdrawals that may be lost."
        ),
    ] = False,
    network: Network = None,
    store: Store = None,
) -> None:
    """Let a restored gateway send and answer again."""
    from gateway.cli.db_commands import resume as body

    finish(body(folder_of(network), store, reason, consents_checked=consents_checked))


@db_app.command("confirm-consents")
def db_confirm_consents(
    patient: Patient, reason: Reason, network: Network = None, store: Store = None
) -> None:
    """A patient's consents that a restore set aside stand as they are: the agencies were asked."""
    from gateway.cli.db_commands import confirm_consents as body

    finish(body(folder_of(network), store, patient, reason))


@db_app.command("drill")
def db_drill(
    place: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Try the newest backup there. Default: make one."),
    ] = None,
    keys_from: KeysFrom = None,
    network: Network = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Try a restore in a temporary folder, look through everything, and say how long it took."""
    from gateway.cli.db_commands import drill as body

    finish(body(folder_of(network), store, place, keys_from, as_json=as_json))


@db_app.command("upgrade")
def db_upgrade(
    place: Annotated[
        Path | None, typer.Option("--backup", metavar="DIR", help="The backup. Default: the last one made.")
    ] = None,
    keys_from: KeysFrom = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Bring the store forward to this program's tables, once a backup of exactly what is in it has been verified."""
    from gateway.cli.db_commands import upgrade as body

    finish(body(folder_of(network), store, place, keys_from))


@db_app.command("migrate-to-postgres")
def db_migrate_to_postgres(
    target: Annotated[
        str, typer.Argument(metavar="URL", help="An empty database, say postgresql://handoff@host/handoff.")
    ],
    network: Network = None,
    store: Store = None,
) -> None:
    """Copy a SQLite store into an empty PostgreSQL database, and compare every row: all of it, or nothing."""
    from gateway.cli.db_commands import migrate_to_postgres as body

    finish(body(folder_of(network), store, target))
