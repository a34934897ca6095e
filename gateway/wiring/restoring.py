"""Putting a backup in the place of a lost store, safe to be cut off at any step.

1. Nothing is written over: a store in the place refuses the restore, and the store's lock keeps a gateway from starting
   (on a database, one that is connected refuses the restore).
2. The backup is verified, and joined with its keys under another name; the account of what came since is taken there.
3. The note of the standstill stands before the store gets its name.
4. One rename puts the store in its place, or one transaction of a database, which says there too that it stands still:
   to the gateways of all machines. Before it the next try begins anew; after it all is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gateway.audit import append, read_witness, verifier_of
from gateway.audit.journal import FOLDER as JOURNAL
from gateway.audit.journal import follows, last_row, read_journal
from gateway.audit.log import scope_of
from gateway.audit.verify import read_heads
from gateway.clock import Clock, SystemClock, instant_text
from gateway.flows.decided_here import act_entry
from gateway.flows.restored import MISSING_FROM, MISSING_TO, RESTORED, Applied, Since, take_account, told
from gateway.flows.restored_consents import Missing, recorders, stand_in, told_of_missing
from gateway.flows.restored_doors import end_again
from gateway.security.keys import EnvelopeCipher
from gateway.security.rotation import sync_folder
from gateway.store import SqliteStore, Transaction, audit_rows
from gateway.store.fresh_records import FreshRecords
from gateway.store.model import AuditFilter, AuditRow
from gateway.store.sqlite_copy import join_copy
from gateway.store.sqlite_statements import sqlite_statements
from gateway.store.sqlite_view import SqliteReading, connect_reader
from gateway.wiring.backing_up import verify_backup
from gateway.wiring.backup_notes import KeysBackup, StoreBackup, write_whole
from gateway.wiring.kept_notes import (
    FORMER,
    FORMER_STAMP,
    MAY_BE_MISSING,
    PAUSED_FILE,
    UNFINISHED,
    formers,
    put_aside_at,
)
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.store_places import place_of, remove_draft, settle

WITNESS = "witness.log"
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore. `lost`: entries of which something knows and that are nowhere; `whole`: none, and the
    journal or the old store reaches from the backup on. It is whole as far as anything knows: the journal is written a
    second behind the log, or is an older copy, so entries may be missing from `missing_from` to `missing_to` (ISO, UTC).
    """

    backup: str
    made_at: str
    entries: int
    carried_on: int
    lost: int
    whole: bool
    missing_from: str
    missing_to: str
    since: Since
    applied: Applied
    missing: tuple[Missing, ...] = ()
    ask: Mapping[str, int] = field(default_factory=dict)
    """The recorders of the consents that are here, and of how many."""

    def report(self) -> dict[str, Any]:
        """As it is printed and kept: ids, numbers and times only."""
        return {
            "backup": self.backup,
            "made at": self.made_at,
            "audit entries of the backup": self.entries,
            "audit entries carried on": self.carried_on,
            "audit entries lost": self.lost,
            "all that is known of is here": self.whole,
            MAY_BE_MISSING: self.missing_from,
            "entries may be missing until": self.missing_to,
            **told(self.since),
            **told_of_missing(self.missing),
            "ask for withdrawals and denials since": dict(self.ask),
            **{name.replace("_", " "): value for name, value in asdict(self.applied).items()},
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to restore, and who does it. `old`: what is left of the lost store, if anything is."""

    rows: StoreBackup
    keys: KeysBackup
    by: str
    reason: str
    old: Path | None = None


def restore(folder: NetworkFolder, url: str | None, wanted: Wanted, clock: Clock | None = None) -> Restored:
    """Put the backup in the place of the store that `folder` and `url` name; the gateway then stands still.

    Raises NotNow `STORE_NOT_EMPTY`, `STORE_IN_USE`, Internal `BACKUP_ALTERED`, `STORE_UNREADABLE`, `KEK_UNKNOWN`.
    """
    place = place_of(folder, url)
    with place.held():
        place.refuse_what_is_there()
        at = (clock or SystemClock()).now()
        _take_back(folder.path)
        verify_backup(folder, wanted.rows, wanted.keys)
        draft = place.draft
        remove_draft(draft)
        join_copy(wanted.rows.rows, wanted.keys.path, draft)
        done = asyncio.run(_fill(folder, draft, wanted, at))
        settle(draft)
        note = {**done.report(), "by": wanted.by, "restored at": instant_text(at)}
        write_whole(folder.path / PAUSED_FILE, json.dumps(note, indent=1).encode())
        former = _put_former_aside(folder.path, at) if done.lost and _has_former(folder.path) else None
        place.put(draft, folder)
        if former is not None:
            former.rename(former.with_suffix(""))
            sync_folder(folder.path)
        return done


async def _fill(folder: NetworkFolder, draft: Path, wanted: Wanted, at: datetime) -> Restored:
    """Carry the log on, take account of what came since, and say in the log what was done."""
    cipher = folder.keys.cipher_alone()
    store = SqliteStore(draft, cipher, upgrade=True)
    try:
        note = wanted.rows.note
        since = Since(note.entries, bytes.fromhex(note.head))
        rows = _rows_after(folder, wanted.old, since)
        while batch := [row for row, _ in zip(rows, range(_BATCH), strict=False)]:
            await store.write(partial(_append_rows, batch))
        await store.write(partial(_outlive_lost_keys, cipher, note.entries))
        aside = await store.write(partial(_not_told_of, folder))
        known = _known_entries(folder, wanted.old, aside)
        witnessed = max(_witnessed(folder, since, aside), known or 0)
        lost = max(0, witnessed - since.entries)
        whole = not lost and known is not None and known >= note.entries
        asks = [name for name in folder.network.partners if folder.network.asks_a_person(name)]
        when = instant_text(at)
        applied = await store.write(partial(take_account, since=since, whole=whole, asks=asks, at=when))
        index = folder.keys.index_hmac
        await store.write(partial(end_again, since=since, index=index, whole=whole, at=when))
        denied = partial(stand_in, since=since, id_key=folder.keys.derived("ids"), at=when)
        missing = await store.write(denied)
        ask = await store.write(recorders)
        counts = (note.entries, since.entries - note.entries, lost)
        span = (since.last_at or note.made_at, when)
        done = Restored(note.name, note.made_at, *counts, whole, *span, since, applied, missing, ask)
        await store.write(partial(_say, done=done, wanted=wanted, at=when, witnessed=witnessed))
        return done
    finally:
        await store.close()


def _rows_after(folder: NetworkFolder, old: Path | None, since: Since) -> Iterator[AuditRow]:
    """The rows that carry the log on from `since`, which is told of each: the journal's, those of the old store, and
    those of journals that earlier restores have put aside, the newest first: a backup may be restored a second time.
    """
    journals = [read_journal(one / JOURNAL, since.entries + 1) for one in formers(folder.path)]
    present = read_journal(folder.path / JOURNAL, since.entries + 1)
    for source in (present, _rows_of(folder, old, since), *journals):
        for row in source:
            if row.seq <= since.entries:
                continue  # told before; a line may stand twice after a crash
            if not follows(row, since.entries, since.head):
                break
            since.add(row)
            yield row


def _rows_of(folder: NetworkFolder, old: Path | None, since: Since) -> Iterator[AuditRow]:
    """The rows of the old store's log, as far as the file can be read."""
    if old is None:
        return
    try:
        with closing(connect_reader(old)) as connection:
            reading = SqliteReading(
                connection, sqlite_statements(), folder.keys.cipher_alone(), FreshRecords()
            )
            yield from audit_rows.scan(reading, since.entries + 1)
    except sqlite3.Error:
        return


def _not_told_of(folder: NetworkFolder, tx: Transaction) -> tuple[Path, ...]:
    """What earlier restores put aside and the log that is restored here says nothing of: it may know of more. Where the
    log tells of that restore, it also says what was lost then, and went another way since.
    """
    restores = audit_rows.newest(tx, 1, AuditFilter(outcome=RESTORED))
    told_of = restores[0].at if restores else ""
    return tuple(former for former in formers(folder.path) if not "" < put_aside_at(former) <= told_of)


def _witnessed(folder: NetworkFolder, since: Since, aside: Iterable[Path]) -> int:
    """The number of entries that the witness files know of."""
    verifier = verifier_of(folder.keys.signer)
    before = max(
        (head.size for one in aside for head in read_heads(read_witness(one / WITNESS), verifier)[0]),
        default=0,
    )
    return max(before, _witnessed_now(folder, since))


def _witnessed_now(folder: NetworkFolder, since: Since) -> int:
    heads, _ = read_heads(read_witness(folder.path / WITNESS), verifier_of(folder.keys.signer))
    if any(head.size == since.entries and head.chain_hash != since.head for head in heads):
        return since.entries + 1  # another log of the same length: at least its last entry is lost
    return max((head.size for head in heads), default=0)


def _known_entries(folder: NetworkFolder, old: Path | None, aside: Iterable[Path]) -> int | None:
    """The number of entries that a journal or the old store says there were; None when none can be asked."""
    journals = [folder.path / JOURNAL, *(former / JOURNAL for former in aside)]
    rows = [last_row(journal) for journal in journals if journal.is_dir()]
    found = [0 if row is None else row.seq for row in rows]
    if old is not None:
        with contextlib.suppress(sqlite3.Error), closing(connect_reader(old)) as connection:
            reading = SqliteReading(
                connection, sqlite_statements(), folder.keys.cipher_alone(), FreshRecords()
            )
            last = audit_rows.last(reading)
            found.append(0 if last is None else last[0])
    return max(found, default=None)


def _append_rows(rows: list[AuditRow], tx: Transaction) -> None:
    for row in rows:
        audit_rows.append(tx, row)


def _outlive_lost_keys(cipher: EnvelopeCipher, entries: int, tx: Transaction) -> None:
    """Who had no entry yet when the backup was made has a key in the log's rows that no backup has: what is said of her
    from now on stands under another.
    """
    carried: dict[str, set[bytes]] = {}
    for row in audit_rows.scan(tx, entries + 1):
        carried.setdefault(scope_of(row.patient_id), set()).add(row.sealed[:3])
    for scope, heads in carried.items():
        cipher.succeed(tx, scope, heads)


def _say(tx: Transaction, *, done: Restored, wanted: Wanted, at: str, witnessed: int) -> None:
    """The log says itself where it comes from, and what is missing."""
    text = f"{wanted.reason} (by {wanted.by}); backup {done.backup} of {done.entries} entries"
    text += f", carried on by {done.carried_on} from the journal or the old store; "
    head = audit_rows.last(tx)
    at_head = head[1].hex() if head is not None else ""
    if done.lost:
        text += f"entries {done.since.entries + 1} to {witnessed} of the former log are lost, its heads are kept aside"
    else:
        text += f"the log goes on unbroken after {at_head}"
    text += f"; from {done.missing_from} to {done.missing_to} others may be missing, of what was disclosed or withdrawn"
    span = {MISSING_FROM: done.missing_from, MISSING_TO: done.missing_to}
    append(tx, replace(act_entry(RESTORED, at, text, subject=done.backup), versions=span))


def _has_former(folder: Path) -> bool:
    return any((folder / name).exists() for name in (WITNESS, JOURNAL))


def _put_former_aside(folder: Path, at: datetime) -> Path:
    """Keep witness and journal of the former log apart: the new one goes another way. Unfinished until the store is
    in its place.
    """
    former = folder / f"{FORMER}{at.astimezone(UTC).strftime(FORMER_STAMP)}{UNFINISHED}"
    former.mkdir(mode=0o700)
    for name in (WITNESS, JOURNAL):
        if (folder / name).exists():
            (folder / name).rename(former / name)
    sync_folder(folder)
    return former


def _take_back(folder: Path) -> None:
    """Undo `_put_former_aside` of a restore that was cut off before its store was in its place: nothing is there."""
    for former in sorted(folder.glob(f"{FORMER}*{UNFINISHED}")):
        for name in (WITNESS, JOURNAL):
            if (former / name).exists() and not (folder / name).exists():
                (former / name).rename(folder / name)
        if not any(former.iterdir()):
            former.rmdir()
    sync_folder(folder)
