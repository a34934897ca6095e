"""A backup: two files of one moment, taken while the gateway writes, whole or not there at all."""

from __future__ import annotations

import asyncio
import itertools
import resource
import shutil
import signal
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_note

from gateway.errors import HandoffError, Internal, NotFound, NotNow
from gateway.flows.destruction import destroy_patient, remains
from gateway.security.keys import read_keys
from gateway.store import records
from gateway.store.sqlite_copy import copy_to_read
from gateway.wiring import backing_up
from gateway.wiring.backing_up import make_backup, verify_backup
from gateway.wiring.backup_notes import (
    KeysBackup,
    keys_backups,
    keys_note_of,
    keys_place,
    newest_keys_backup,
    sha256_of_file,
    store_backups,
    write_note,
)
from gateway.wiring.backup_views import views_of
from gateway.wiring.kept_notes import last_backup
from gateway.wiring.key_keeper import KeyKeeper
from gateway.wiring.network_folder import NetworkFolder
from tests.gateway.county import County
from tests.gateway.flows.test_same_person import refer_as_other
from tests.gateway.killing_points import in_a_process_of_its_own, killed_at_each_change
from tests.gateway.wiring.keeping import back_up, bytes_of, place, reopen, seal, with_own_keys


@pytest.fixture
def own(county: County) -> Iterator[County]:
    with_own_keys(county)
    county.consent()
    county.refer()
    seal(county)
    return county


@pytest.mark.requirement("P2-16-01")
def test_a_backup_holds_everything_in_two_files_that_are_read_together(own: County) -> None:
    made = back_up(own)

    assert made.found.opened > 3 and made.found.destroyed == 0
    assert made.found.entries == made.rows.note.entries > 0
    with copy_to_read(made.rows.rows, made.keys.path, own.folder.keys.cipher_alone()) as copy:
        assert records.of_patient(copy, own.patient_id) == own.records()
    assert sorted(file.name for file in made.rows.path.iterdir()) == [
        "backup.json",
        "network.yaml",
        "store.db",
    ]
    assert last_backup(own.folder.path) == {
        "place": str(made.rows.path),
        "keys": str(made.keys.path),
        "made_at": made.rows.note.made_at,
        "sha256": made.rows.note.sha256,
        "wrapped_by": [own.folder.keys.provider.current_id],
    }


def test_no_wrapped_key_is_among_the_rows(own: County) -> None:
    made = back_up(own)

    with sqlite3.connect(made.keys.path) as keys:
        wrapped = [row[0] for row in keys.execute("SELECT wrapped FROM data_key")]
    assert len(wrapped) > 3
    content = bytes_of(made.rows.path)
    assert [key for key in wrapped if key in content] == []
    assert b"data_key" not in content


def test_files_of_a_backup_are_the_owners_alone(own: County) -> None:
    made = back_up(own)
    for path in (*made.rows.path.iterdir(), made.rows.path, *made.keys.path.parent.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_while_the_gateway_writes_the_copy_is_of_one_moment(own: County) -> None:
    async def both() -> None:
        stop = asyncio.Event()

        async def write() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                scope, at = f"patient:n{number}", f"2026-04-11T15:00:00.{number:06}Z"
                await own.store.write(
                    lambda tx, n=number, s=scope, a=at: [
                        tx.execute("patients.create", {"id": f"n{n}", "at": a, "certain": 1}),
                        tx.cipher.seal(tx, s, "row", b"content"),
                    ]
                )

        writing = asyncio.create_task(write())
        for _ in range(3):
            await asyncio.sleep(0)
            made = await asyncio.to_thread(back_up, own)
            assert verify_backup(own.folder, made.rows, made.keys) == made.found
            patients, scopes = _counts(made.rows.rows, made.keys.path)
            assert patients == scopes, "a patient and her key were copied together"
        stop.set()
        await writing

    own.run(both())
    assert len(store_backups(place(own), own.folder.keys.signer)) == 3


def _counts(rows: Path, keys: Path) -> tuple[int, int]:
    with sqlite3.connect(rows) as one, sqlite3.connect(keys) as other:
        (patients,) = one.execute("SELECT count(*) FROM patient WHERE id LIKE 'n%'").fetchone()
        (scopes,) = other.execute("SELECT count(*) FROM data_key WHERE scope LIKE 'patient:n%'").fetchone()
    return patients, scopes


@pytest.mark.parametrize(
    ("file", "harm", "code"),
    [
        ("store.db", "flip", "BACKUP_ALTERED"),
        ("store.db", "cut", "BACKUP_ALTERED"),
        ("store.db", "gone", "BACKUP_MISSING"),
        ("backup.json", "flip", "BACKUP_ALTERED"),
        ("backup.json", "cut", "BACKUP_ALTERED"),
        ("backup.json", "gone", "BACKUP_MISSING"),
        ("keys", "flip", "BACKUP_ALTERED"),
        ("keys", "gone", "BACKUP_MISSING"),
        ("keys.json", "flip", "BACKUP_ALTERED"),
    ],
)
def test_a_backup_that_is_not_as_it_was_written_is_refused(
    own: County, file: str, harm: str, code: str
) -> None:
    made = back_up(own)
    path = {"keys": made.keys.path, "keys.json": made.keys.path.with_name(made.keys.path.name + ".json")}.get(
        file, made.rows.path / file
    )
    content = path.read_bytes()
    middle = len(content) // 2
    if harm == "gone":
        path.unlink()
    else:
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes(flipped if harm == "flip" else content[:middle])

    signer = own.folder.keys.signer
    with pytest.raises(HandoffError) as refused:
        (rows,) = store_backups(place(own), signer) or _none()
        verify_backup(own.folder, rows, newest_keys_backup(keys_place(place(own)), signer))
    assert refused.value.code == code


def _none() -> tuple[()]:
    raise NotFound("BACKUP_MISSING", "none")


def test_another_network_does_not_take_the_backup_for_its_own(own: County, tmp_path: Path) -> None:
    from gateway.security.keys import make_keys

    made = back_up(own)
    with pytest.raises(Internal, match="BACKUP_ALTERED"):
        store_backups(made.rows.path, make_keys(tmp_path / "other").signer)


def test_rows_with_keys_of_before_are_refused(own: County) -> None:
    first = back_up(own)
    own.refer(control_id="ED-2", referral="R-2")
    own.release()
    second = back_up(own)
    with pytest.raises(Internal, match="the key backup is older"):
        verify_backup(own.folder, second.rows, first.keys)
    assert verify_backup(own.folder, first.rows, second.keys).opened > 3, "newer keys open older rows"


def test_key_backups_end_after_thirty_days(own: County) -> None:
    back_up(own)
    own.clock.advance(timedelta(days=29))
    assert back_up(own).expired == 0
    own.clock.advance(timedelta(days=3))
    assert back_up(own).expired == 1
    assert len(keys_backups(keys_place(place(own)), own.folder.keys.signer)) == 2
    assert len(store_backups(place(own), own.folder.keys.signer)) == 3


@pytest.mark.requirement("P2-16-01")
def test_after_a_destruction_no_backup_reads_her_once_the_old_wrapping_key_is_gone(
    own: County, tmp_path: Path
) -> None:
    patient_id = own.patient_id
    refer_as_other(own)
    back_up(own)
    own.run(destroy_patient(own.premises, patient_id, "she asked for it"))

    def readable() -> list[int]:
        found = []
        for _, copy in views_of(place(own), own.folder.keys):
            with copy as reading:
                found.append(remains(reading, patient_id).readable)
        return found

    assert readable()[0] > 0, "the old key backup still holds her key"
    for backups, keys in ((place(own), tmp_path), (tmp_path, keys_place(place(own)))):
        with pytest.raises(
            NotFound, match="BACKUP_MISSING"
        ):  # nothing looked into is no proof that nothing opens
            list(views_of(backups, own.folder.keys, keys))
    newer = back_up(own)
    assert [number > 0 for number in readable()] == [True, False, True, False], "the new key backup does not"
    keeper = KeyKeeper(own.folder, own.store, own.clock)
    own.run(keeper.rotate("", "after a destruction"))
    own.run(keeper.rewrap("", ""))
    newest = back_up(own)
    own.run(keeper.retire("", "older key backups are deleted"))
    assert set(readable()) == {0}
    # The same backups, with the newest keys, still read everybody else.
    assert verify_backup(own.folder, newer.rows, newest.keys).opened > 0


def test_the_key_of_the_last_backup_is_never_destroyed(own: County) -> None:
    made = back_up(own)
    (old,) = made.keys.note.wrapped_by
    keeper = KeyKeeper(own.folder, own.store, own.clock)
    own.run(keeper.rotate("", "yearly"))
    own.run(keeper.rewrap("", ""))
    own.clock.advance(timedelta(days=40))
    assert own.run(keeper.retire("", ""))["kept"] == [old]
    assert own.run(keeper.retire("", "no older backup is needed"))["kept"] == [old]
    back_up(own)
    assert own.run(keeper.retire("", ""))["destroyed"] == [old]


def test_without_room_nothing_is_begun(own: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backing_up, "_SPARE", 10**12)
    with pytest.raises(NotNow, match="DISK_FULL"):
        back_up(own)
    assert [file.name for file in place(own).iterdir()] == [".lock"]


def test_without_a_store_there_is_nothing_to_back_up(own: County, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="STORE_MISSING"):
        make_backup(own.folder, "sqlite:///none.db", tmp_path / "b")


@pytest.mark.slow
def test_killed_at_any_change_there_is_a_whole_backup_or_none(own: County, tmp_path: Path) -> None:
    seal(own)
    own.close()
    source = own.folder.path
    number = itertools.count()

    def folder() -> Path:
        made = tmp_path / f"killed-{next(number)}"
        made.mkdir()
        for name in ("handoff.db", "handoff.db-wal", "network.yaml"):
            if (source / name).exists():
                shutil.copy(source / name, made)
        shutil.copytree(source / "keys", made / "keys")
        return made

    def opened(path: Path) -> NetworkFolder:
        return replace(own.folder, path=path, keys=read_keys(path / "keys"), keys_folder=path / "keys")

    def work(path: Path) -> None:
        make_backup(opened(path), None, path / "b")

    kills = 0
    for at in killed_at_each_change(folder, work, every=3):
        kills += 1
        there = opened(at)
        for rows in store_backups(at / "b", there.keys.signer):
            keys = newest_keys_backup(at / "b-keys", there.keys.signer)
            assert verify_backup(there, rows, keys).opened > 0
        again = make_backup(there, None, at / "b")
        assert again.found.opened > 0
        assert not [*(at / "b").glob(".part-*"), *(at / "b-keys").glob(".part-*")]
    assert kills > 5
    reopen(own)


def test_a_key_backup_that_misses_a_key_is_found_out_whatever_is_in_memory(own: County) -> None:
    """The gateway's own cipher would open the rows with the key it remembers, and the backup would look good."""
    made = back_up(own)
    with sqlite3.connect(made.keys.path) as keys:
        keys.execute("DELETE FROM data_key WHERE scope LIKE 'patient:%'")
    keys.close()
    note = replace_note(
        made.keys.note, sha256=sha256_of_file(made.keys.path), bytes=made.keys.path.stat().st_size
    )
    signed = write_note(keys_note_of(made.keys.path), note, own.folder.keys.signer)
    with pytest.raises(Internal, match="KEY_MISSING"):
        verify_backup(own.folder, made.rows, KeysBackup(made.keys.path, signed))


def test_a_disk_that_fills_up_under_way_leaves_no_backup_and_the_next_one_is_made(own: County) -> None:
    """For real: the process may write no larger files than the store is (RLIMIT_FSIZE)."""
    size = (own.folder.path / "handoff.db").stat().st_size

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))
        with pytest.raises(NotNow, match="DISK_FULL"):
            make_backup(own.folder, None, place(own))

    assert in_a_process_of_its_own(work)
    assert store_backups(place(own), own.folder.keys.signer) == ()
    assert last_backup(own.folder.path) is None
    assert back_up(own).found.opened > 3
    assert not [*place(own).glob(".part-*")]


def test_two_at_once_into_one_place_are_one_too_many(own: County) -> None:
    back_up(own)
    told = []

    def under_way(_done: int, _total: int) -> None:
        with pytest.raises(NotNow, match="BACKUP_UNDER_WAY"):
            back_up(own)
        told.append(True)

    make_backup(own.folder, None, place(own), progress=under_way)
    assert told
