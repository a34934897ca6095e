"""What `write` promises: durable, grouped, each work undone alone, and never silent about trouble."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from gateway.errors import AlreadyReceived, HandoffError, Internal, NotFound, NotNow, NotSupported
from gateway.store import SqliteStore, Transaction, group_writer, inbox, open_store_for_reading, patients
from gateway.store.sqlite_writer import GROUP_LIMIT, QUEUE_LIMIT
from tests.gateway.store.samples import AT, cipher, message, opened, opened_to_read, with_patient


async def _keep(store, number: int) -> None:
    await store.write(lambda tx: inbox.keep(tx, message(number), b"raw"))


class Commits:
    """Counts commits, and can hold or break one."""

    def __init__(self) -> None:
        self.count = 0
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.break_next: Exception | None = None

    def __call__(self, point: str) -> None:
        if point != "store.before_commit":
            return
        self.count += 1
        self.entered.set()
        assert self.gate.wait(10)
        if self.break_next is not None:
            error, self.break_next = self.break_next, None
            raise error


@pytest.mark.requirement("HI-312-01")
def test_a_write_is_there_after_a_restart(place: Path) -> None:
    async def first() -> None:
        store = opened(place)
        await _keep(store, 1)
        await store.close()

    asyncio.run(first())
    store = opened_to_read(place)
    with store.read() as reading:
        assert inbox.raw(reading, "m1") == b"raw"


async def _opened_with(place: Path, commits: Commits):
    return opened(place, fault_point=commits)


def test_what_waits_during_a_commit_shares_the_next_one(place: Path) -> None:
    async def run() -> int:
        commits = Commits()
        store = await _opened_with(place, commits)
        commits.gate.clear()
        first = asyncio.ensure_future(_keep(store, 0))
        await asyncio.to_thread(commits.entered.wait)
        rest = [asyncio.ensure_future(_keep(store, number)) for number in range(1, 101)]
        await asyncio.sleep(0)
        commits.gate.set()
        await asyncio.gather(first, *rest)
        await store.close()
        return commits.count

    assert asyncio.run(run()) == 2


def test_a_group_has_a_limit(place: Path) -> None:
    async def run() -> int:
        commits = Commits()
        store = await _opened_with(place, commits)
        commits.gate.clear()
        waiting = [asyncio.ensure_future(_keep(store, number)) for number in range(GROUP_LIMIT * 2 + 2)]
        await asyncio.to_thread(commits.entered.wait)
        commits.gate.set()
        await asyncio.gather(*waiting)
        await store.close()
        return commits.count

    assert asyncio.run(run()) >= 3


def test_a_failing_work_undoes_only_itself(place: Path) -> None:
    def failing(tx: Transaction) -> None:
        inbox.keep(tx, message(500), b"raw")
        raise ZeroDivisionError

    async def run() -> tuple[list[object], list[str]]:
        store = opened(place)
        works = [_keep(store, 1), store.write(failing), _keep(store, 2)]
        ended = await asyncio.gather(*works, return_exceptions=True)
        with store.read() as reading:
            kept = [found.id for found in inbox.list_messages(reading)]
        await store.close()
        return ended, kept

    ended, kept = asyncio.run(run())
    assert isinstance(ended[1], ZeroDivisionError)
    assert ended[0] is None and ended[2] is None
    assert sorted(kept) == ["m1", "m2"]


@pytest.mark.parametrize("refused", ["at once", "by a rule of the tables"])
def test_works_beside_several_that_fail_are_whole(tmp_path: Path, refused: str) -> None:
    """On SQLite what was written before the first that fails is written again; later ones have savepoints."""

    def failing(tx: Transaction) -> None:
        inbox.keep(tx, message(500), b"raw")
        raise ZeroDivisionError

    def keeping_on(tx: Transaction) -> None:
        inbox.keep(tx, message(3), b"raw")
        if refused != "at once":
            with contextlib.suppress(AlreadyReceived):
                inbox.keep(tx, message(3), b"raw")

    async def run() -> tuple[list[object], list[str]]:
        store = opened(tmp_path)
        works = [_keep(store, 1), store.write(with_patient()), store.write(keeping_on), store.write(failing)]
        works += [_keep(store, 2), store.write(failing), _keep(store, 4)]
        ended = await asyncio.gather(*works, return_exceptions=True)
        with store.read() as reading:
            kept = [inbox.raw(reading, found.id) for found in inbox.list_messages(reading)]
            assert patients.exists(reading, "p1")
        await store.close()
        return ended, kept

    ended, kept = asyncio.run(run())
    assert [type(one) is ZeroDivisionError for one in ended] == [False] * 3 + [True, False, True, False]
    assert kept == [b"raw"] * 4


def test_works_are_not_written_again_on_other_ground(tmp_path: Path) -> None:
    """Another program commits, a withdrawal perhaps, after a failed work was undone: what was read is no more."""

    def failing(tx: Transaction) -> None:
        writer = tx._connection  # type: ignore[attr-defined]
        other = sqlite3.connect(next(tmp_path.glob("*.db")), isolation_level=None)

        def just_before(statement: str) -> None:
            if statement.startswith("BEGIN"):
                writer.set_trace_callback(None)
                other.execute("UPDATE patient SET epoch = epoch + 1")
                other.close()

        writer.set_trace_callback(just_before)
        raise ZeroDivisionError

    async def run() -> tuple[list[object], int]:
        store = opened(tmp_path)
        await store.write(with_patient())
        ended = await asyncio.gather(_keep(store, 1), store.write(failing), return_exceptions=True)
        with store.read() as reading:
            kept = len(list(inbox.list_messages(reading)))
        await _keep(store, 1)
        await store.close()
        return ended, kept

    ended, kept = asyncio.run(run())
    assert [type(one) for one in ended] == [NotNow, ZeroDivisionError]
    assert kept == 0


def test_works_of_a_busy_loop_share_a_commit(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> int:
        commits = Commits()
        store = await _opened_with(place, commits)
        monkeypatch.setattr(group_writer, "_QUIET_SECONDS", -1.0)
        monkeypatch.setattr(group_writer, "_GATHER_SECONDS", 90.0)
        waiting = []
        for number in range(3):
            waiting.append(asyncio.ensure_future(_keep(store, number)))
            await asyncio.sleep(0.001)
        assert store.waiting == 3
        monkeypatch.setattr(group_writer, "_QUIET_SECONDS", 90.0)
        await asyncio.gather(*waiting)
        await store.close()
        return commits.count

    assert asyncio.run(run()) == 1


def test_a_key_made_in_an_undone_work_seals_nothing_later(place: Path) -> None:
    """Otherwise what is sealed next could never be opened again after a restart."""
    from gateway.store import records
    from tests.gateway.store.samples import record

    def save(tx: Transaction) -> None:
        records.save(tx, record({"resourceType": "Patient", "active": True}))

    def save_and_fail(tx: Transaction) -> None:
        save(tx)
        raise ZeroDivisionError

    async def run() -> None:
        store = opened(place)
        await store.write(with_patient())
        with pytest.raises(ZeroDivisionError):
            await store.write(save_and_fail)
        await store.write(save)
        await store.close()

    asyncio.run(run())
    with opened_to_read(place).read() as reading:
        assert records.of_patient(reading, "p1")[0].resource["active"] is True


def _fault_of_the_disk(store) -> Exception:
    kind = sqlite3.OperationalError if isinstance(store, SqliteStore) else psycopg.OperationalError
    return kind("disk I/O error")


def test_a_failed_commit_fails_every_waiter_and_the_store_recovers(place: Path) -> None:
    async def run() -> list[object]:
        commits = Commits()
        store = await _opened_with(place, commits)
        commits.break_next = _fault_of_the_disk(store)
        failed = await asyncio.gather(_keep(store, 1), _keep(store, 2), return_exceptions=True)
        await _keep(store, 1)
        with store.read() as reading:
            assert [found.id for found in inbox.list_messages(reading)] == ["m1"]
        await store.close()
        return failed

    failed = asyncio.run(run())
    assert isinstance(failed[0], NotNow) and failed[0].code == "STORE_BUSY"


@pytest.mark.requirement("AU-06")
def test_a_full_disk_answers_not_now_and_passes_when_there_is_space(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path)
        await _keep(store, 1)
        connection = store._writer._connection
        assert connection is not None
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        big = b"x" * 200_000
        with pytest.raises(NotNow) as full:
            await store.write(lambda tx: inbox.keep(tx, message(2), big))
        assert full.value.code == "STORE_BUSY"
        connection.execute("PRAGMA max_page_count = 1073741823")
        await store.write(lambda tx: inbox.keep(tx, message(2), big))
        with store.read() as reading:
            assert inbox.raw(reading, "m2") == big
            assert inbox.raw(reading, "m1") == b"raw"
        await store.close()

    asyncio.run(run())


def test_a_broken_connection_is_opened_anew(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path)
        broken = store._writer._connection
        assert broken is not None
        broken.close()
        with pytest.raises(NotNow, match="STORE_BUSY"):
            await _keep(store, 1)
        await _keep(store, 1)
        await store.close()

    asyncio.run(run())


def test_a_store_that_cannot_be_opened_again_answers_not_now_until_it_can(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path)
        connect, store._writer._connect = store._writer._connect, _no_disk
        broken = store._writer._connection
        assert broken is not None
        broken.close()
        for _ in range(2):
            with pytest.raises(NotNow, match="STORE_BUSY"):
                await _keep(store, 1)
        store._writer._connect = connect
        await _keep(store, 1)
        await store.close()
        await store.close()

    asyncio.run(run())


def _no_disk() -> sqlite3.Connection:
    raise sqlite3.OperationalError("unable to open database file")


def test_a_loop_that_ended_before_its_answer_harms_nobody(place: Path) -> None:
    """A command that was interrupted: nobody waits, and the thread that writes must not die of it."""
    commits = Commits()
    store = opened(place, fault_point=commits)
    commits.gate.clear()

    async def give_up() -> None:
        waiting = asyncio.ensure_future(_keep(store, 1))
        await asyncio.to_thread(commits.entered.wait)
        waiting.cancel()

    asyncio.run(give_up())
    commits.gate.set()
    asyncio.run(_keep(store, 2))
    asyncio.run(store.close())
    with opened_to_read(place).read() as reading:
        assert len(inbox.list_messages(reading)) == 2


def test_how_much_waits_is_told(place: Path) -> None:
    async def run() -> None:
        commits = Commits()
        store = await _opened_with(place, commits)
        commits.gate.clear()
        waiting = [asyncio.ensure_future(_keep(store, 0))]
        await asyncio.to_thread(commits.entered.wait)
        waiting += [asyncio.ensure_future(_keep(store, number)) for number in (1, 2)]
        await asyncio.sleep(0)
        assert store.waiting == 2
        commits.gate.set()
        await asyncio.gather(*waiting)
        assert store.waiting == 0
        await store.close()

    asyncio.run(run())


def test_a_reader_that_outlives_the_store_is_let_go_and_no_new_one_comes(place: Path) -> None:
    async def run() -> None:
        store = opened(place)
        with store.read() as reading:
            await store.close()
            assert inbox.list_messages(reading) == ()
        with pytest.raises(NotNow, match="STORE_CLOSED"), store.read():
            pass

    asyncio.run(run())


def test_too_many_waiting_writes_are_refused_at_once(place: Path) -> None:
    async def run() -> list[object]:
        commits = Commits()
        store = await _opened_with(place, commits)
        commits.gate.clear()
        first = asyncio.ensure_future(_keep(store, 0))
        await asyncio.to_thread(commits.entered.wait)
        rest = [asyncio.ensure_future(_keep(store, n)) for n in range(1, QUEUE_LIMIT + 6)]
        await asyncio.sleep(0)
        commits.gate.set()
        ended = await asyncio.gather(first, *rest, return_exceptions=True)
        await store.close()
        return ended

    refused = [error for error in asyncio.run(run()) if error is not None]
    assert len(refused) == 5
    assert all(isinstance(error, NotNow) and error.code == "STORE_BUSY" for error in refused)


def test_a_cancelled_waiter_harms_nobody(place: Path) -> None:
    async def run() -> None:
        commits = Commits()
        store = await _opened_with(place, commits)
        commits.gate.clear()
        gone = asyncio.ensure_future(_keep(store, 1))
        stays = asyncio.ensure_future(_keep(store, 2))
        await asyncio.to_thread(commits.entered.wait)
        gone.cancel()
        await asyncio.sleep(0)
        commits.gate.set()
        await stays
        await store.close()

    asyncio.run(run())


def test_closing_finishes_what_waits_and_refuses_more(place: Path) -> None:
    async def run() -> None:
        store = opened(place)
        waiting = [asyncio.ensure_future(_keep(store, number)) for number in range(20)]
        await asyncio.sleep(0)
        await store.close()
        await asyncio.gather(*waiting)
        with pytest.raises(NotNow, match="STORE_CLOSED"):
            await _keep(store, 99)

    asyncio.run(run())


def test_after_commit_runs_only_for_what_was_committed(place: Path) -> None:
    async def run() -> list[str]:
        told: list[str] = []
        store = opened(place)

        def good(tx: Transaction) -> None:
            tx.after_commit(lambda: told.append("good committed"))
            tx.after_rollback(lambda: told.append("good undone"))

        def bad(tx: Transaction) -> None:
            tx.after_commit(lambda: told.append("bad committed"))
            tx.after_rollback(lambda: told.append("bad undone"))
            raise ZeroDivisionError

        await asyncio.gather(store.write(good), store.write(bad), return_exceptions=True)
        await store.close()
        return sorted(told)

    assert asyncio.run(run()) == ["bad undone", "good committed"]


def test_a_snapshot_does_not_see_later_writes(place: Path) -> None:
    async def run() -> None:
        store = opened(place)
        await store.write(with_patient())
        with store.read() as before:
            assert patients.epoch(before, "p1") == 1
            await store.write(lambda tx: patients.raise_epoch(tx, "p1"))
            assert patients.epoch(before, "p1") == 1
            with store.read() as after:
                assert patients.epoch(after, "p1") == 2
        await store.close()

    asyncio.run(run())


def test_a_reader_cannot_write(place: Path) -> None:
    async def run() -> None:
        store = opened(place)
        with store.read() as reading, pytest.raises((sqlite3.OperationalError, Internal)):
            reading.rows("patients.create", {"id": "p1", "at": AT, "certain": 1})
        await store.close()

    asyncio.run(run())


def test_a_taken_key_and_a_broken_rule_are_told_apart(place: Path) -> None:
    async def run() -> None:
        store = opened(place)
        await store.write(with_patient())
        with pytest.raises(AlreadyReceived, match="ROW_EXISTS"):
            await store.write(with_patient())
        with pytest.raises(Internal, match="STORE_RULE_BROKEN"):
            await store.write(lambda tx: patients.link(tx, "clinic", "t", "nobody"))
        await store.close()

    asyncio.run(run())


_WRITER = """
import asyncio, sys
from pathlib import Path
from tests.gateway.store.samples import opened
from gateway.errors import NotNow
try:
    asyncio.run(opened(Path(sys.argv[1])).close())
except NotNow as error:
    print(error.code)
"""


def test_one_process_writes_and_others_read_meanwhile(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path)
        await _keep(store, 1)
        other = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", _WRITER, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert other.stdout.strip() == "STORE_IN_USE"
        with open_store_for_reading("sqlite:///handoff.db", cipher(), folder=tmp_path).read() as reading:
            assert inbox.get(reading, "m1") is not None
        await store.close()

    asyncio.run(run())
    asyncio.run(opened(tmp_path).close())


_KILLED = """
import asyncio, os, sys
from pathlib import Path
from tests.gateway.store.samples import opened, message
from gateway.store import inbox

def die(point):
    if point == sys.argv[2]:
        os.kill(os.getpid(), 9)

async def main():
    store = opened(Path(sys.argv[1]), fault_point=die)
    await store.write(lambda tx: inbox.keep(tx, message(1), b"raw"))
asyncio.run(main())
"""


@pytest.mark.parametrize(("point", "kept"), [("store.before_commit", 0), ("store.after_commit", 1)])
def test_killed_around_a_commit_the_file_holds_all_or_nothing(place: Path, point: str, kept: int) -> None:
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(place), point], check=False)
    assert ended.returncode == -9

    async def count() -> int:
        store = opened(place)
        with store.read() as reading:
            found = len(inbox.list_messages(reading))
        await store.close()
        return found

    assert asyncio.run(count()) == kept


@pytest.mark.parametrize(
    "url", ["mysql://x", "sqlite:///", "handoff.db", "postgresql://host", "postgresql://[x"]
)
def test_another_kind_of_store_is_named_as_such(tmp_path: Path, url: str) -> None:
    with pytest.raises(NotSupported, match="STORE_URL"):
        open_store_for_reading(url, cipher(), folder=tmp_path)


def test_a_missing_store_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="STORE_MISSING"):
        open_store_for_reading("sqlite:///handoff.db", cipher(), folder=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("opening", [opened, None])
def test_a_file_that_is_no_store_is_refused(tmp_path: Path, opening) -> None:
    (tmp_path / "handoff.db").write_bytes(b"this is a letter, no database " * 100)
    with pytest.raises(HandoffError, match="STORE_UNREADABLE"):
        if opening is None:
            open_store_for_reading("sqlite:///handoff.db", cipher(), folder=tmp_path)
        else:
            opened(tmp_path)
    assert (tmp_path / "handoff.db").read_bytes().startswith(b"this is a letter")


def test_what_a_work_wanted_done_afterwards_fails_alone(place: Path) -> None:
    """The group is durable: nobody is told otherwise, and what the others wanted done is done."""
    called: list[str] = []

    def breaking(tx: Transaction) -> str:
        inbox.keep(tx, message(1), b"raw")
        tx.after_commit(lambda: called.append("before"))
        tx.after_commit(lambda: 1 / 0)
        tx.after_commit(lambda: called.append("after"))
        return "kept"

    async def run() -> str:
        store = opened(place)
        said = await store.write(breaking)
        with store.read() as reading:
            assert [found.id for found in inbox.list_messages(reading)] == ["m1"]
        await store.close()
        return said

    assert asyncio.run(run()) == "kept"
    assert called == ["before", "after"]


def test_a_work_that_ends_with_stop_iteration_leaves_nobody_waiting(place: Path) -> None:
    def exhausted(tx: Transaction) -> None:
        raise StopIteration

    async def run() -> list[object]:
        store = opened(place)
        ended = await asyncio.gather(store.write(exhausted), _keep(store, 1), return_exceptions=True)
        await store.close()
        return ended

    ended = asyncio.run(run())
    assert isinstance(ended[0], RuntimeError)
    assert ended[1] is None


def test_a_file_that_another_program_holds_does_not_stop_the_event_loop(tmp_path: Path) -> None:
    async def run() -> float:
        store = opened(tmp_path)
        await _keep(store, 1)
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(_keep(store, 2))
        longest, before = 0.0, time.monotonic()
        for _ in range(20):
            await asyncio.sleep(0.01)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()
        assert not waiting.done()
        other.execute("COMMIT")
        other.close()
        await waiting
        await store.close()
        return longest

    assert asyncio.run(run()) < 5.0


def test_a_loop_that_ended_while_a_commit_was_under_way_blocks_no_later_one(place: Path) -> None:
    commits = Commits()
    store = opened(place, fault_point=commits)
    commits.gate.clear()
    loop = asyncio.new_event_loop()

    async def begin() -> None:
        asyncio.ensure_future(_keep(store, 1))  # noqa: RUF006  # nobody waits for it
        await asyncio.to_thread(commits.entered.wait)

    loop.run_until_complete(begin())
    commits.gate.set()
    asyncio.run(asyncio.wait_for(_keep(store, 2), 90))
    asyncio.run(asyncio.wait_for(store.close(), 90))
    loop.close()
    with opened_to_read(place).read() as reading:
        assert len(inbox.list_messages(reading)) == 2
