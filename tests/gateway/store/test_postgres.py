"""What only PostgreSQL has: several processes on one database, a connection that is lost, a server that is not there."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway import audit
from gateway.audit import Sealer, chain
from gateway.clock import SystemClock
from gateway.errors import HandoffError, Internal, NotFound, NotNow, NotSupported, NotUnderstood
from gateway.store import (
    Transaction,
    audit_rows,
    inbox,
    intents,
    open_store,
    open_store_for_reading,
    patients,
    records,
)
from gateway.store.model import SILENCE_SECONDS
from gateway.store.postgres_connections import database_of
from gateway.store.postgres_presence import awake_or_not
from gateway.store.postgres_writer import TURN
from tests.gateway.audit.conftest import SIGNER
from tests.gateway.store.samples import (
    AT,
    LATER,
    URL_FILE,
    cipher,
    entry,
    intent,
    message,
    opened,
    record,
    with_patient,
)
from tests.postgres_server import PostgresServer, running

Close = Callable[[], None]


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """The store URL of an empty database."""
    return postgres.url(postgres.emptied())


@pytest.fixture
def folder(url: str, tmp_path: Path) -> Path:
    """A test's folder that names the database."""
    (tmp_path / URL_FILE).write_text(url)
    return tmp_path


@pytest.fixture
def two(folder: Path) -> Iterator[tuple[Any, Any]]:
    """The stores of two processes."""
    pair = opened(folder), opened(folder)
    yield pair
    for store in pair:
        asyncio.run(store.close())


def write(store: Any, work: Callable[[Transaction], Any]) -> Any:
    return asyncio.run(store.write(work))


# several processes


@pytest.mark.unmeasured
def test_several_processes_send_each_intent_once_and_one_of_a_lane_at_a_time(folder: Path) -> None:
    store = opened(folder)

    def fill(tx: Transaction) -> None:
        for number in range(4):
            with_patient(f"p{number}")(tx)
        for number in range(48):
            partner = ("clinic", "housing")[number % 2]
            intents.add(tx, intent(f"i{number}", patient_id=f"p{number % 4}", partner=partner))

    write(store, fill)
    command = [sys.executable, "-m", "tests.gateway.store.claimer", str(folder)]
    others = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for other in others:
        assert other.stdout is not None and other.stdout.readline() == "ready\n"
    told = [other.communicate("go\n", timeout=90)[0] for other in others]
    sent = [one for line in told for one in json.loads(line)]
    with store.read() as reading:
        rows = tuple(audit_rows.scan(reading))
        states = {one.state for number in range(4) for one in intents.of_patient(reading, f"p{number}")}
    asyncio.run(store.close())

    assert sorted(one["id"] for one in sent) == sorted(f"i{number}" for number in range(48))
    assert states == {"delivered"}
    lanes = defaultdict(list)
    for one in sorted(sent, key=lambda one: one["claimed"]):
        lanes[one["lane"]].append(one)
    for lane in lanes.values():
        assert [int(one["id"][1:]) for one in lane] == sorted(int(one["id"][1:]) for one in lane)
        assert all(before["settled"] <= after["claimed"] for before, after in itertools.pairwise(lane))
    report = chain.follow([(row, chain.sealed_hash(row)) for row in rows])
    assert (report.ok, report.entries) == (True, 48)


def test_writers_that_meet_take_turns(two: tuple[Any, Any]) -> None:
    async def run() -> None:
        async def append(store: Any, number: int) -> None:
            await store.write(lambda tx: audit.append(tx, entry(f"q{number}", patient_id=None)))

        await asyncio.gather(*(append(two[number % 2], number) for number in range(60)))

    asyncio.run(run())
    with two[0].read() as reading:
        report = chain.follow([(row, chain.sealed_hash(row)) for row in audit_rows.scan(reading)])
    assert (report.ok, report.entries) == (True, 60)


def test_sealers_of_two_processes_sign_one_tree(two: tuple[Any, Any]) -> None:
    """AU-06: the lease may change hands while both write; an older log's tree is made on the way."""
    sealers = [Sealer(store, SIGNER, None, SystemClock()) for store in two]

    async def run() -> None:
        for _ in range(3):
            writes = (
                store.write(lambda tx: [audit.append(tx, entry(patient_id=None)) for _ in range(60)])
                for store in two
            )
            await asyncio.gather(*writes, *(sealer.seal_now() for sealer in sealers))
        await sealers[1].seal_now()

    asyncio.run(run())
    with two[0].read() as reading:
        report = audit.verify(reading, audit.verifier_of(SIGNER))
        assert (report.ok, report.entries, report.signed_to) == (True, 360, 360)
        row = audit_rows.get(reading, 7)
        assert row is not None
        heads = [head.size for head in audit_rows.checkpoints(reading)]
        prover = audit.Prover(reading, audit.verifier_of(SIGNER))
        assert len(prover.path_of(row)) == 9
        assert all(prover.since(size) for size in heads[:-1])


def _claim(store: Any) -> list[str]:
    return [one.id for one in write(store, lambda tx: intents.claim_due(tx, AT, 9))]


def _recover(store: Any) -> int:
    return int(write(store, lambda tx: intents.recover_sending(tx, LATER)).retry)


def test_what_a_living_process_sends_is_not_taken_from_it(two: tuple[Any, Any], url: str) -> None:
    mine, other = two
    write(mine, with_patient())
    write(mine, lambda tx: intents.add(tx, intent("a")))
    assert _claim(other) == ["a"]
    assert _recover(mine) == 0

    _silence(other, url)

    assert _recover(mine) == 1
    assert [one.id for one in write(mine, lambda tx: intents.claim_due(tx, LATER, 9))] == ["a"]


def _silence(store: Any, url: str) -> None:
    """As if its process had been killed a while ago."""
    store._presence._ending.set()
    store._presence._thread.join()
    with psycopg.connect(url, autocommit=True) as connection:
        gone = "UPDATE process SET seen_at = seen_at - interval '1 hour' WHERE id = %s"
        connection.execute(gone, (store._database.process,))
        connection.execute("UPDATE lease SET until = until - interval '1 hour'")


def test_one_keeps_house_and_another_when_it_is_gone(two: tuple[Any, Any]) -> None:
    first, second = two
    assert (first.is_keeper, second.is_keeper) == (True, False)
    assert not first.is_alone()
    asyncio.run(first.close())
    until = time.monotonic() + 90
    while not second.is_keeper and time.monotonic() < until:
        time.sleep(0.05)
    assert second.is_keeper and second.is_alone()


def test_a_process_that_was_thought_dead_comes_back(two: tuple[Any, Any], url: str) -> None:
    mine = two[0]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM process")
        mine._presence._be_there(mine._presence._wire)
        found = connection.execute("SELECT id FROM process").fetchall()
    assert (mine._database.process,) in found


def test_all_on_one_database_decide_by_the_same(url: str) -> None:
    first = open_store(url, cipher(), configuration="sha256:1")
    with pytest.raises(NotNow, match="STORE_IN_USE"):
        open_store(url, cipher(), configuration="sha256:2")
    asyncio.run(open_store(url, cipher(), configuration="sha256:1").close())
    asyncio.run(first.close())
    asyncio.run(open_store(url, cipher(), configuration="sha256:2").close())


def test_who_wakes_with_another_configuration_than_the_one_in_force_writes_nothing(url: str) -> None:
    old = open_store(url, cipher(), configuration="sha256:1")
    write(old, with_patient("p0"))
    _silence(old, url)
    new = open_store(url, cipher(), configuration="sha256:2")
    write(new, with_patient("p1"))

    old._presence._be_there(old._presence._wire)  # what its thread does when it wakes

    with pytest.raises(NotNow, match="STORE_RECONFIGURED"):
        write(old, with_patient("p2"))
    assert not old.is_keeper
    with new.read() as reading:
        assert reading.rows("processes.others", {"id": new._database.process}) == []
        assert not patients.exists(reading, "p2")
    write(new, with_patient("p3"))
    asyncio.run(old.close())
    asyncio.run(new.close())
    again = open_store(url, cipher(), configuration="sha256:1")
    write(again, with_patient("p4"))
    asyncio.run(again.close())


def test_a_turn_that_was_waited_for_is_refused_to_another_configuration_as_well(url: str) -> None:
    old = open_store(url, cipher(), configuration="sha256:1")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT pg_advisory_lock({TURN})".encode())

        async def meanwhile() -> None:
            waiting = asyncio.ensure_future(old.write(with_patient("p0")))
            await asyncio.sleep(0)
            connection.execute("UPDATE lease SET holder = 'sha256:2' WHERE name = 'configuration'")
            connection.execute(f"SELECT pg_advisory_unlock({TURN})".encode())
            await waiting

        with pytest.raises(NotNow, match="STORE_RECONFIGURED"):
            asyncio.run(meanwhile())
        connection.execute("UPDATE lease SET holder = 'sha256:1' WHERE name = 'configuration'")
    write(old, with_patient("p0"))
    asyncio.run(old.close())


def test_a_machine_that_slept_keeps_house_for_nobody_until_it_has_asked(two: tuple[Any, Any]) -> None:
    """What counts the time of its lease goes on while it sleeps."""
    mine = two[0]
    assert mine.is_keeper
    assert awake_or_not() >= time.monotonic() - 1

    mine._presence._passed = lambda: awake_or_not() + SILENCE_SECONDS

    assert not mine.is_keeper


def test_a_key_that_another_process_destroyed_seals_and_opens_nothing(two: tuple[Any, Any]) -> None:
    mine, other = two
    saved = record({"resourceType": "Patient", "active": True})
    write(mine, with_patient())
    write(mine, lambda tx: records.save(tx, saved))
    with mine.read() as reading:
        assert records.of_patient(reading, "p1")

    write(other, lambda tx: patients.destroy_patient_key(tx, "p1", LATER))

    with pytest.raises(NotFound, match="KEY_GONE"):
        write(mine, lambda tx: records.save(tx, record({"resourceType": "Patient", "active": False})))
    with mine.read() as reading, pytest.raises(NotFound, match="KEY_GONE"):
        records.of_patient(reading, "p1")


def test_a_process_that_only_reads_hears_of_it_too(two: tuple[Any, Any]) -> None:
    mine, other = two
    write(mine, with_patient())
    write(mine, lambda tx: records.save(tx, record({"resourceType": "Patient", "active": True})))
    write(other, lambda tx: patients.destroy_patient_key(tx, "p1", LATER))

    mine._presence._be_there(mine._presence._wire)

    with mine.read() as reading, pytest.raises(NotFound, match="KEY_GONE"):
        records.of_patient(reading, "p1")


# a connection that is lost


def _cut(url: str) -> None:
    """End every connection to the database but this one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def _keep(number: int) -> Callable[[Transaction], None]:
    return lambda tx: inbox.keep(tx, message(number), b"raw")


def _kept(store: Any) -> list[str]:
    with store.read() as reading:
        return sorted(found.id for found in inbox.list_messages(reading))


def test_a_connection_that_was_lost_while_idle_is_replaced_unnoticed(folder: Path, url: str) -> None:
    store = opened(folder)
    write(store, _keep(1))
    assert _kept(store) == ["m1"]
    _cut(url)
    assert _kept(store) == ["m1"]
    write(store, _keep(2))
    assert _kept(store) == ["m1", "m2"]
    asyncio.run(store.close())


def test_a_connection_lost_in_a_work_fails_its_group_only(folder: Path, url: str) -> None:
    store = opened(folder)

    def unlucky(tx: Transaction) -> None:
        _keep(1)(tx)
        _cut(url)
        _keep(2)(tx)

    async def run() -> list[Any]:
        works = (store.write(unlucky), store.write(_keep(3)))
        return await asyncio.gather(*works, return_exceptions=True)

    ended = asyncio.run(run())
    assert [getattr(error, "code", None) for error in ended] == ["STORE_BUSY", "STORE_BUSY"]
    write(store, _keep(4))
    assert _kept(store) == ["m4"]
    asyncio.run(store.close())


def test_a_read_that_is_cut_says_so_and_the_next_one_works(folder: Path, url: str) -> None:
    store = opened(folder)
    with store.read() as reading:
        assert inbox.list_messages(reading) == ()
        _cut(url)
        with pytest.raises(NotNow, match="STORE_BUSY"):
            inbox.list_messages(reading)
    assert _kept(store) == []
    asyncio.run(store.close())


@pytest.mark.requirement("AU-06")
@pytest.mark.parametrize("was_committed", [True, False])
def test_a_commit_whose_answer_is_lost_is_asked_for(folder: Path, url: str, was_committed: bool) -> None:
    """The database says afterwards whether the transaction is durable; nobody is told the contrary."""
    broken: list[str] = []

    def lose_the_answer(point: str) -> None:
        if point == "store.before_commit" and not broken:
            broken.append(point)
            if was_committed:
                store._writer._wire.say("COMMIT")
                store._writer._wire.say("BEGIN")
            _cut(url)

    store = opened(folder, fault_point=lose_the_answer)
    if was_committed:
        write(store, _keep(1))
        assert _kept(store) == ["m1"]
    else:
        with pytest.raises(NotNow, match="STORE_BUSY"):
            write(store, _keep(1))
        assert _kept(store) == []
    asyncio.run(store.close())


@pytest.mark.requirement("AU-06")
def test_another_transaction_of_the_same_number_is_not_taken_for_the_one_in_doubt(
    folder: Path, url: str
) -> None:
    """A standby that took over gives a number again whose transaction it never had."""
    store = opened(folder)
    write(store, _keep(1))
    durable = store._writer._xact

    def lose_it(point: str) -> None:
        if point == "store.before_commit":
            store._writer._xact = durable
            _cut(url)

    store._writer._fault_point = lose_it
    with pytest.raises(NotNow, match="STORE_BUSY"):
        write(store, _keep(2))
    assert _kept(store) == ["m1"]
    asyncio.run(store.close())


@pytest.mark.unmeasured
def test_a_server_that_stops_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    async def run(server: PostgresServer, store: Any) -> list[str]:
        kept: list[str] = []
        codes: set[str] = set()
        numbers = itertools.count(1)

        async def send_until(enough: Callable[[], bool]) -> None:
            while not enough():
                number = next(numbers)
                try:
                    await store.write(_keep(number))
                    kept.append(f"m{number}")
                except NotNow as error:
                    codes.add(error.code)
                    await asyncio.sleep(0.01)

        async def all_until(enough: Callable[[], bool]) -> None:
            async with asyncio.timeout(120):
                await asyncio.gather(*(send_until(enough) for _ in range(4)))

        await all_until(lambda: len(kept) > 40)
        stopping = asyncio.ensure_future(asyncio.to_thread(server.stop, signal.SIGQUIT))
        await all_until(lambda: bool(codes))
        await stopping
        starting = asyncio.ensure_future(asyncio.to_thread(server.start))
        before = len(kept)
        await all_until(lambda: len(kept) > before + 20)
        await starting
        assert codes == {"STORE_BUSY"}
        return kept

    with running() as server:
        (tmp_path / URL_FILE).write_text(server.url(server.new_database()))
        store = opened(tmp_path)
        acknowledged = asyncio.run(run(server, store))
        with store.read() as reading:
            found = (
                {row["id"] for row in (inbox.get(reading, one) for one in acknowledged) if row}
                if False
                else {one for one in acknowledged if inbox.get(reading, one) is not None}
            )
        asyncio.run(store.close())
    assert found == set(acknowledged)


def test_a_database_that_cannot_be_reached_is_not_asked_at_each_read(tmp_path: Path) -> None:
    with running() as server:
        (tmp_path / URL_FILE).write_text(server.url(server.new_database()))
        store = opened(tmp_path)
        assert _kept(store) == []
        server.stop(signal.SIGQUIT)
        for _ in range(3):
            with pytest.raises(NotNow, match="STORE_BUSY"):
                _kept(store)
        server.start()
        until = time.monotonic() + 90
        while time.monotonic() < until:
            with contextlib.suppress(NotNow):
                assert _kept(store) == []
                break
            time.sleep(0.05)
        else:
            pytest.fail("it reads no more")
        asyncio.run(store.close())


# what cannot be opened


def _refused(url: str, **named: Any) -> HandoffError:
    with pytest.raises(HandoffError) as refused:
        open_store(url, cipher(), **named)
    with pytest.raises(HandoffError) as also:
        open_store_for_reading(url, cipher())
    assert also.value.code == refused.value.code or "older" in str(refused.value)
    return refused.value


def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path: Path) -> None:
    error = _refused(f"postgresql://handoff:hunter2@/nowhere?host={tmp_path}")
    assert (type(error), error.code) == (Internal, "STORE_UNREACHABLE")
    assert "hunter2" not in f"{error} {error!r} {database_of('postgresql://a:hunter2@b/c', 'x')!r}"


def test_a_database_that_is_not_there_is_named(postgres: PostgresServer) -> None:
    assert _refused(postgres.url("nobody")).code == "STORE_UNREADABLE"


def test_a_user_who_is_not_let_in_is_told(postgres: PostgresServer) -> None:
    stranger = postgres.url("postgres").replace("//handoff@", "//stranger@")
    assert _refused(stranger).code == "STORE_UNREADABLE"


def test_the_password_comes_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2\n")
    file.chmod(0o600)
    monkeypatch.setenv("HANDOFF_STORE_PASSWORD", str(file))
    found = database_of("postgresql://handoff@db.example/handoff", "x")
    assert "password=hunter2" in found.conninfo
    assert "hunter2" not in repr(found)
    assert found.place == "db.example/handoff"


def test_without_its_driver_postgresql_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("gateway.store.postgres_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("gateway.store.postgres_store", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(NotSupported, match="STORE_DRIVER_MISSING"):
        open_store("postgresql://host/name", cipher())


def test_text_with_a_zero_byte_is_refused_and_not_cut_short(folder: Path) -> None:
    store = opened(folder)
    with pytest.raises(NotUnderstood, match="TEXT_HOLDS_NUL"):
        write(store, lambda tx: inbox.keep(tx, message(1, channel="C\x00D"), b"raw"))
    assert _kept(store) == []
    asyncio.run(store.close())


def test_nothing_of_a_payload_can_be_read_in_the_tables(folder: Path, url: str) -> None:
    store = opened(folder)
    write(store, with_patient())
    write(store, lambda tx: inbox.keep(tx, message(1), b"MSH|Zylberquist"))
    write(
        store,
        lambda tx: records.save(tx, record({"resourceType": "Patient", "name": [{"text": "Zylberquist"}]})),
    )
    write(store, lambda tx: audit.append(tx, entry(recipient_name="Zylberquist")))
    asyncio.run(store.close())
    with psycopg.connect(url, autocommit=True) as connection:
        names = [
            str(row[0])
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        text = "".join(str(connection.execute(f"SELECT * FROM {name}".encode()).fetchall()) for name in names)
    assert "hospital" in text
    assert "Zylberquist" not in text
