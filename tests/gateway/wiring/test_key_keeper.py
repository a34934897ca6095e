"""The wrapping key is rotated while the gateway works, and old ones are destroyed when nothing needs them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.audit import AuditEntry, newest
from gateway.errors import Internal, NotUnderstood
from gateway.security.keys import FileKeyProvider, new_key, read_key_file, read_keys
from gateway.security.rotation import destroy_key_file, retired_keys, rotate_files
from gateway.settings import SettingsRefused
from gateway.store import open_store, records
from gateway.store.model import AuditFilter
from gateway.wiring import key_keeper
from gateway.wiring.key_keeper import KeyKeeper
from gateway.wiring.opening import open_premises, open_writing_store
from tests.gateway.county import County
from tests.gateway.killing_points import killed_at_each_call


@pytest.fixture
def own(county: County, tmp_path: Path) -> Iterator[County]:
    """A county with key files of its own: others share theirs."""
    folder = tmp_path / "keys"
    shutil.copytree(county.folder.keys_folder, folder)
    county.folder = replace(county.folder, keys=read_keys(folder), keys_folder=folder)
    reopen(county)
    yield county


def reopen(county: County) -> None:
    """As a gateway that is started again reads its keys."""
    county.close()
    county.folder = replace(county.folder, keys=read_keys(county.folder.keys_folder))
    county.store = open_writing_store(county.folder, None)
    county.premises = open_premises(county.folder, county.store, county.clock)


def keeper(county: County) -> KeyKeeper:
    return KeyKeeper(county.folder, county.store, county.clock)


def wrapped_under(county: County) -> dict[str, int]:
    found = county.look(lambda reading: reading.rows("data_key.count_by_kek"))
    return {row["kek_id"]: row["number"] for row in found}


def outcomes(county: County) -> list[AuditEntry]:
    logged = county.look(lambda reading: newest(reading, 50, AuditFilter(kind="outcome")))
    return [one.entry for one in reversed(logged) if one.entry is not None]


@pytest.mark.requirement("HI-312-01")
def test_a_rotation_puts_every_data_key_under_the_new_key(own: County) -> None:
    own.consent()
    own.refer()
    (old,) = wrapped_under(own)

    told = own.run(keeper(own).rotate("", "the old one may be known (said by anna)"))
    done = own.run(keeper(own).rewrap("", ""))

    number = sum(wrapped_under(own).values())
    assert wrapped_under(own) == {told["now"]: number}
    assert told["before"] == old and done == {"rewrapped": number, "after": "", "left": False}
    assert own.records("Patient")
    own.refer(control_id="ED-2", referral="R-2")
    assert set(wrapped_under(own)) == {told["now"]}
    assert [(e.outcome, e.subject, e.description) for e in outcomes(own)] == [
        ("keys_rotated", old, "the old one may be known (said by anna)")
    ]


def test_without_a_reason_nothing_is_rotated(own: County) -> None:
    with pytest.raises(NotUnderstood, match="REASON_MISSING"):
        own.run(keeper(own).rotate("", " "))
    assert retired_keys(own.folder.keys_folder) == ()


def test_messages_are_taken_while_keys_are_wrapped_anew(own: County) -> None:
    own.refer()

    async def both() -> None:
        working = keeper(own)
        await working.rotate("", "yearly")
        await asyncio.gather(working.rewrap("", ""), own.store.write(_seals("patient:new")))

    own.run(both())

    assert len(wrapped_under(own)) == 1
    reopen(own)
    assert own.records("Patient")


def _seals(scope: str) -> Any:
    return lambda tx: tx.cipher.seal(tx, scope, "row", b"content")


def test_a_rotation_that_was_cut_off_after_its_files_is_ended_by_the_next_start(own: County) -> None:
    own.refer()
    rotate_files(own.folder.keys_folder, own.clock.now())
    reopen(own)  # killed before a single data key was wrapped anew, and started again
    assert own.records("Patient"), "the old key still unwraps"
    own.write(_seals("patient:new"))
    assert len(wrapped_under(own)) == 2

    async def until_done() -> None:
        working = keeper(own)
        running = asyncio.create_task(working.run(0.01))
        while len(await asyncio.to_thread(wrapped_under_here, own)) > 1:  # noqa: ASYNC110 - the file has no event
            await asyncio.sleep(0)
        await working.stop()
        await running

    own.run(until_done())

    assert set(wrapped_under(own)) == {own.folder.keys.provider.current_id}


def wrapped_under_here(county: County) -> set[str]:
    with county.store.read() as reading:
        return {row["kek_id"] for row in reading.rows("data_key.count_by_kek")}


@pytest.mark.slow
def test_killed_at_any_commit_of_a_rotation_everything_opens_and_the_next_try_ends_it(
    own: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_keeper, "_BATCH", 1)
    own.consent()
    own.refer()
    expected = own.records()
    number = sum(wrapped_under(own).values())
    assert number > 3
    own.close()

    def rotation(fault_point: Callable[[str], None]) -> None:
        folder = replace(own.folder, keys=read_keys(own.folder.keys_folder))
        store = open_store(folder.store_url, folder.keys.cipher, folder=folder.path, fault_point=fault_point)

        async def work() -> None:
            working = KeyKeeper(folder, store, own.clock)
            await working.rotate("", "yearly")
            await working.rewrap("", "")
            await store.close()

        asyncio.run(work())

    kills = 0
    for point in killed_at_each_call(rotation):
        kills += point > 0
        reopen_after_kill(own)
        assert own.records() == expected
        assert number <= sum(wrapped_under(own).values()) <= number + 1, "the log's own key may have come"
        own.run(keeper(own).rewrap("", ""))
        assert set(wrapped_under(own)) == {own.folder.keys.provider.current_id}
        own.close()
    assert kills > 6
    reopen_after_kill(own)


def reopen_after_kill(county: County) -> None:
    county.folder = replace(county.folder, keys=read_keys(county.folder.keys_folder))
    reopen_closed(county)


def test_an_old_key_goes_after_thirty_days_and_not_while_something_is_under_it(own: County) -> None:
    own.refer()
    own.run(keeper(own).rotate("", "yearly"))
    (old,) = retired_keys(own.folder.keys_folder)

    own.clock.advance(timedelta(days=31))
    assert own.run(keeper(own).retire("", "")) == {"destroyed": [], "kept": [old.id]}, (
        "data keys are under it"
    )
    own.run(keeper(own).rewrap("", ""))
    own.clock.advance(timedelta(days=-2))
    assert own.run(keeper(own).retire("", ""))["kept"] == [old.id], "a key backup may hold it"
    own.clock.advance(timedelta(days=2))
    assert own.run(keeper(own).retire("", ""))["destroyed"] == [old.id]

    assert retired_keys(own.folder.keys_folder) == ()
    assert own.records("Patient")
    assert outcomes(own)[-1].outcome == "wrapping_key_destroyed"


@pytest.mark.requirement("P2-16-01")
def test_a_copy_of_the_store_from_before_says_nothing_once_the_old_key_is_destroyed(
    own: County, tmp_path: Path
) -> None:
    own.refer()
    patient_id = own.patient_id
    own.close()
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in own.folder.path.glob("handoff.db*"):
        shutil.copy(file, copy)
    reopen_closed(own)
    own.run(keeper(own).rotate("", "after a destruction"))
    own.run(keeper(own).rewrap("", ""))
    assert own.run(keeper(own).retire("", "no older key backup is needed"))["kept"] == []

    stolen = open_writing_store(replace(own.folder, path=copy, keys=read_keys(own.folder.keys_folder)), None)
    with stolen.read() as reading, pytest.raises(Internal, match="KEK_UNKNOWN"):
        records.of_patient(reading, patient_id)
    own.run(stolen.close())


def reopen_closed(county: County) -> None:
    county.store = open_writing_store(county.folder, None)
    county.premises = open_premises(county.folder, county.store, county.clock)


def another_process(county: County) -> KeyKeeper:
    """One that reads the same key files and works on the same store."""
    folder = replace(county.folder, keys=read_keys(county.folder.keys_folder))
    return KeyKeeper(folder, county.store, county.clock)


def test_what_another_process_rotated_opens_here_at_once(own: County) -> None:
    """Its data keys are under a key that was made after this process read its own."""
    other = another_process(own)
    own.run(other.rotate("", "yearly"))
    own.refer()
    cipher = other._folder.keys.cipher
    own.write(lambda tx: cipher.rewrap(tx))
    with own.store.read() as reading:
        row = reading.row("data_key.newest", {"scope": f"patient:{own.patient_id}"})
    assert row is not None and row["kek_id"] != own.folder.keys.provider.current_id

    own.folder.keys.cipher.forget(f"patient:{own.patient_id}")

    assert own.records("Patient")
    assert own.folder.keys.provider.current_id == row["kek_id"]


def test_a_rotation_elsewhere_and_what_is_wrapped_late_are_noticed(own: County) -> None:
    own.refer()
    mine, other = keeper(own), another_process(own)
    assert own.run(mine.rewrap("", ""))["rewrapped"] == 0
    own.run(other.rotate("", "yearly"))
    assert own.run(mine.rewrap("", ""))["rewrapped"] > 0
    assert own.run(mine.rewrap("", ""))["rewrapped"] == 0

    former = replace(own.folder, keys=read_keys(own.folder.keys_folder))
    (old,) = retired_keys(own.folder.keys_folder)
    former.keys.provider.use([read_key_file(old.path)])
    own.write(lambda tx: former.keys.cipher.seal(tx, "patient:late", "row", b"content"))
    own.clock.advance(timedelta(minutes=11))

    assert own.run(mine.rewrap("", ""))["rewrapped"] == 1


def test_a_key_that_was_destroyed_elsewhere_opens_nothing_here(own: County) -> None:
    own.refer()
    own.run(keeper(own).rotate("", "yearly"))
    provider = own.folder.keys.provider
    (old,) = retired_keys(own.folder.keys_folder)
    kek_id, wrapped = FileKeyProvider([read_key_file(old.path)]).wrap(b"k" * 32, b"of a copy")
    assert provider.unwrap(kek_id, wrapped, b"of a copy") == b"k" * 32
    own.run(keeper(own).rewrap("", ""))
    destroy_key_file(old.path)

    own.run(keeper(own).rewrap("", ""))

    with pytest.raises(Internal, match="KEK_UNKNOWN"):
        provider.unwrap(kek_id, wrapped, b"of a copy")
    assert not provider.read_again() and not FileKeyProvider([new_key("store")]).read_again()


def test_key_files_that_cannot_be_read_now_leave_what_is_in_use(own: County) -> None:
    own.refer()
    (own.folder.keys_folder / "store-next-x.key").write_text("no key")
    assert own.records("Patient")
    with pytest.raises(Internal, match="KEK_UNKNOWN"):
        own.folder.keys.provider.unwrap("store-nobody", b"w" * 60, b"")
    with pytest.raises(SettingsRefused):
        own.folder.keys.provider.read_again()
