"""The journal: the log a second time, in order, whole but for what was torn; and an older store is not taken for it."""

from __future__ import annotations

import asyncio
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.audit import append, journal
from gateway.audit.chain import START
from gateway.audit.journal import Journal, append_rows, drop_old_files, follows, last_row, read_journal
from gateway.clock import FixedClock
from gateway.errors import Internal
from gateway.store import SqliteStore, audit_rows
from tests.gateway.store.samples import entry, opened

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def _log(store: SqliteStore, number: int) -> None:
    for _ in range(number):
        asyncio.run(store.write(lambda tx: append(tx, entry())))


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    made = opened(tmp_path)
    _log(made, 3)
    yield made  # type: ignore[misc]
    asyncio.run(made.close())


def _rows(store: SqliteStore) -> list[object]:
    with store.read() as reading:
        return list(audit_rows.scan(reading))


def test_it_holds_every_row_and_goes_on_after_a_restart(store: SqliteStore, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    first = Journal(store, folder)
    first.begin()
    assert first.carry_on() == 3
    _log(store, 2)

    again = Journal(store, folder)
    again.begin()

    assert again.carry_on() == 2
    assert list(read_journal(folder)) == _rows(store)
    assert [row.seq for row in read_journal(folder, 4)] == [4, 5]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_its_rows_carry_the_chain_on(store: SqliteStore, tmp_path: Path) -> None:
    first = Journal(store, tmp_path / "journal")
    first.begin()
    first.carry_on()
    one, two, three = read_journal(tmp_path / "journal")
    assert follows(one, 0, START) and follows(two, 1, one.chain_hash) and follows(three, 2, two.chain_hash)
    assert not follows(three, 1, one.chain_hash)
    assert not follows(two, 1, START)


def test_a_line_torn_by_a_crash_is_written_again(store: SqliteStore, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    first = Journal(store, folder)
    first.begin()
    first.carry_on()
    (file,) = folder.iterdir()
    content = file.read_bytes()
    for cut in range(len(content) - 40, len(content) - 1):
        file.write_bytes(content[:cut])
        again = Journal(store, folder)
        again.begin()
        assert again.carry_on() == 1
        assert [row.seq for row in read_journal(folder)] == [1, 2, 3]


def test_a_full_file_is_followed_by_another_and_old_ones_go(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "journal"
    monkeypatch.setattr(journal, "_FILE_BYTES", 100)
    with store.read() as reading:
        for row in audit_rows.scan(reading):
            append_rows(folder, [row])
    files = sorted(folder.iterdir())
    assert [file.stem for file in files] == ["000000000001", "000000000002", "000000000003"]
    assert [row.seq for row in read_journal(folder, 2)] == [2, 3]
    for days, file in zip((40, 20, 40), files, strict=True):
        at = (AT - timedelta(days=days)).timestamp()
        os.utime(file, (at, at))

    assert drop_old_files(folder, FixedClock(AT)) == 1

    assert sorted(folder.iterdir()) == files[1:], "the newest stays, however old it is"
    assert last_row(folder).seq == 3  # type: ignore[union-attr]


def test_a_store_that_is_older_than_its_journal_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    first = Journal(store, folder)
    first.begin()
    first.carry_on()
    (tmp_path / "other").mkdir()
    other = opened(tmp_path / "other")
    for number in (0, 3):
        _log(other, number)
        with pytest.raises(Internal, match="STORE_ROLLED_BACK"):
            Journal(other, folder).begin()
    asyncio.run(other.close())


def test_it_runs_beside_the_gateway_and_writes_the_rest_at_the_end(
    store: SqliteStore, tmp_path: Path
) -> None:
    async def run() -> None:
        working = Journal(store, tmp_path / "journal")
        working.begin()
        running = asyncio.create_task(working.run(0.01))
        await store.write(lambda tx: append(tx, entry()))
        await working.stop()
        await running
        assert working.trouble is None

    asyncio.run(run())
    assert last_row(tmp_path / "journal").seq == 4  # type: ignore[union-attr]


def test_a_folder_that_cannot_be_written_is_told(
    store: SqliteStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run() -> str | None:
        working = Journal(store, tmp_path / "journal")
        working.begin()
        (tmp_path / "journal").rmdir()
        (tmp_path / "journal").write_text("a file stands in its place")
        await working.stop()
        await working.run()
        await working.run()
        return working.trouble

    assert asyncio.run(run()) == "JOURNAL_NOT_WRITTEN"
    assert capsys.readouterr().err.count('"code":"JOURNAL_NOT_WRITTEN"') == 1, "told once, not each second"
