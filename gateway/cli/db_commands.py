"""`handoff db …`: backups, restoring them, and trying that they can be restored. No content, ids and numbers only."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gateway.errors import HandoffError
from gateway.store.sqlite_copy import Progress
from gateway.wiring.backing_up import make_backup, verify_backup
from gateway.wiring.backup_notes import keys_place, newest_keys_backup, newest_store_backup
from gateway.wiring.network_folder import open_folder

_WITHOUT_DATABASE = ("STORE_URL", "STORE_DRIVER_MISSING", "STORE_UNREACHABLE")


def backup(network: Path, store: str | None, place: Path, keys_to: Path | None, *, as_json: bool) -> int:
    """Make a verified backup and say where it is; 0."""
    made = make_backup(open_folder(network), store, place, keys_to, progress=_progress())
    told = {
        "store": str(made.rows.path),
        "keys": str(made.keys.path),
        "bytes": made.rows.note.bytes,
        "audit entries": made.found.entries,
        "rows opened": made.found.opened,
        "old key backups deleted": made.expired,
    }
    if as_json:
        print(json.dumps(told, indent=2))
        return 0
    print(f"Verified: {made.found.entries} audit entries unbroken, {made.found.opened} sealed rows opened.")
    print(f"store  {made.rows.path}")
    print(f"keys   {made.keys.path}")
    if made.expired:
        print(f"{made.expired} key backups over 30 days old are deleted; the new one opens the older stores.")
    print("Bring the two to different places, and keep the files of the keys folder in a third.")
    return 0


def verify(network: Path, place: Path, keys_from: Path | None) -> int:
    """Verify a backup; 0."""
    folder = open_folder(network)
    rows = newest_store_backup(place, folder.keys.signer)
    keys = newest_keys_backup(keys_from or keys_place(place), folder.keys.signer)
    found = verify_backup(folder, rows, keys)
    print(
        f"{rows.note.name} is good: {found.entries} audit entries unbroken, {found.opened} sealed rows opened,"
    )
    print(
        f"{found.destroyed} whose key was destroyed. Made at {rows.note.made_at}, keys of {keys.note.made_at}."
    )
    return 0


def restore(
    network: Path, store: str | None, place: Path, keys_from: Path | None, reason: str, old: Path | None
) -> int:
    """Restore a backup, print what a person must know before anything is sent again; 0."""
    from gateway.cli.who import who
    from gateway.wiring.restoring import Wanted
    from gateway.wiring.restoring import restore as put_back

    folder = open_folder(network)
    signer = folder.keys.signer
    rows = newest_store_backup(place, signer)
    keys = newest_keys_backup(keys_from or keys_place(place), signer)
    done = put_back(folder, store, Wanted(rows, keys, who(), reason, old))
    print(json.dumps(done.report(), indent=2))
    print("The gateway stands still: it takes messages in, and sends and shows nothing.", file=sys.stderr)
    if done.missing:
        print(
            f"{len(done.missing)} consents recorded since are NOT HERE; each may have denied something. Where the",
            file=sys.stderr,
        )
        print(
            "patient is here, a denial of everything stands in for it (`denied by` above).", file=sys.stderr
        )
    if not done.whole:
        print("NOT WHOLE: entries that came after the backup are known to be lost.", file=sys.stderr)
    print(
        f"From {done.missing_from} until the loss entries MAY BE MISSING; the journal is a second behind,\n"
        "a copy of it more. Ask every agency for consents withdrawn or refused since then, and for what it\n"
        "received; withdraw those again here. Ask for legal holds, lost phones and workers who left, too.",
        file=sys.stderr,
    )
    print(
        "Then: `handoff audit verify`, `handoff lanes list`,\n"
        "`handoff db resume --consents-checked --reason …`.",
        file=sys.stderr,
    )
    return 0


def resume(network: Path, store: str | None, reason: str, *, consents_checked: bool) -> int:
    """End the standstill after a restore; 0, or 1 when refused."""
    from gateway.cli.folder_acts import is_error, said, through_the_gateway
    from gateway.wiring.standstill import CHECKED

    about = CHECKED if consents_checked else ""
    answer = through_the_gateway(network, store, "db resume", about, said(reason))
    if is_error(answer):
        return 1
    print("The gateway sends and answers again.")
    return 0


def confirm_consents(network: Path, store: str | None, patient: str, reason: str) -> int:
    """Let a patient's consents that a restore set aside stand as they are; 0, or 1 when refused."""
    from gateway.cli.folder_acts import is_error, said, through_the_gateway

    answer = through_the_gateway(network, store, "db confirm-consents", patient, said(reason))
    if is_error(answer):
        return 1
    print(f"{answer['consents']} consents stand again; {answer['woken']} waiting are decided again.")
    if answer["withdrawn"]:
        print(f"{answer['withdrawn']} were withdrawn since the backup and stay so; she may sign new ones.")
    for denial in answer["denied by"]:
        print(
            f"{denial} denies everything in the place of one that is lost. Have its recorder send it again,"
        )
        print(f"then: handoff requests denial-ended {denial} --reason ...")
    return 0


def drill(
    network: Path, store: str | None, place: Path | None, keys_from: Path | None, *, as_json: bool
) -> int:
    """Try a restore; 0 when everything was there, else 1 with what was not."""
    from dataclasses import asdict

    from gateway.wiring.drill import drill as run

    found = run(open_folder(network), store, place, keys_from, progress=_progress())
    if as_json:
        print(json.dumps(asdict(found), indent=2))
        return 1 if found.faults else 0
    print(
        f"backup {found.backup}: {found.rows} rows, {found.entries} audit entries verified with their facts,"
    )
    print(f"{found.opened} sealed rows opened, {found.destroyed} whose key was destroyed")
    times = (found.backup_seconds, found.restore_seconds, found.look_seconds)
    print("seconds: backup {:.1f}, restore {:.1f}, look {:.1f}".format(*times))
    for fault in found.faults:
        print(f"FAULT: {fault}")
    print("The backup can be relied on." if not found.faults else "The backup can NOT be relied on.")
    return 1 if found.faults else 0


def upgrade(network: Path, store: str | None, place: Path | None, keys_from: Path | None) -> int:
    """Bring the store forward; 0."""
    from gateway.wiring.upgrading import upgrade as bring_forward

    done = bring_forward(open_folder(network), store, place, keys_from)
    if done.before == done.now:
        print(f"The store has version {done.now}, as this program wants it. Nothing was done.")
        return 0
    print(f"The store went from version {done.before} to {done.now}. The way back is backup {done.backup}.")
    return 0


def migrate_to_postgres(network: Path, store: str | None, target: str) -> int:
    """Move the store into a database and say what to do next; 0, or 2 when the database cannot be had."""
    from gateway.cli.tables import print_table
    from gateway.wiring.moving import move_to_postgres

    try:
        moved = move_to_postgres(open_folder(network), store, target, heard=_say_on_terminal)
    except HandoffError as error:
        if error.code not in _WITHOUT_DATABASE:
            raise
        print(error, file=sys.stderr)
        return 2
    print_table(("table", "rows", "equal"), [(name, str(rows), "yes") for name, rows in moved.tables])
    old = moved.file.name
    print(f"All of `{old}` is in {moved.place}: every row compared, {moved.entries} audit entries unbroken,")
    print(f"{moved.opened} sealed rows opened there. `{old}` is as it was. Now, before the next start:")
    print(
        "1. Set HANDOFF_STORE to the URL just given, for the service and for every shell commands are typed in."
    )
    print(
        f"2. Move `{old}` and what is beside it (`{old}-wal`, `-shm`) out of this folder: a start that forgets"
    )
    print("   HANDOFF_STORE is then refused (STORE_LOST), and cannot go on with what was withdrawn since.")
    print("3. Leave `journal/`, `witness.log`, the keys and network.yaml where they are; start, and look:")
    print(
        "   `handoff audit verify`, `handoff lanes list`. Keep the old file until the database's own backup"
    )
    print(
        "   has been tried, 30 days at most: it opens patients whose key is destroyed later. Then destroy it."
    )
    return 0


def _say_on_terminal(begun: str) -> None:
    if sys.stderr.isatty():
        print(begun, file=sys.stderr)


def _progress() -> Progress | None:
    """How far the copy is, on standard error, where a person looks on."""
    if not sys.stderr.isatty():
        return None

    def tell(done: int, total: int) -> None:
        end = "\n" if done >= total else "\r"
        print(f"copied {done} of {total} pages", end=end, file=sys.stderr, flush=True)

    return tell
