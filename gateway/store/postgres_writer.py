"""The writer of one process on PostgreSQL; see `group_writer`.

Writers of several processes take turns: the first statement of each transaction takes one lock of the database, which
its end gives back. So works run as if one after the other, as on SQLite: the audit log never forks, a lane never has
two heads, and what a work has read is still so when it writes.

When the connection is lost the works that it concerned fail with `STORE_BUSY`, and the next group tries a new one, after
a pause that grows to two seconds. When it is lost while a transaction is being committed, the database itself is asked
afterwards whether it was: each group leaves a number of its own in the row of its process, because the number of a
transaction may have been given to another one by a standby that took over.

Whoever has the turn looks which configuration is in force. A process with another writes nothing: a work of it would be
a release by rules that no longer hold.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence

import psycopg
from psycopg import pq

from gateway.errors import NotNow
from gateway.store.group_writer import GroupWriter
from gateway.store.postgres_connections import Database, busy
from gateway.store.postgres_view import PostgresTransaction
from gateway.store.postgres_wire import Wire
from gateway.store.waiting_works import Job, call_all, tellable

TURN = 0x57484F
"""The advisory lock of whose turn it is to write."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_DOUBT_SECONDS = 30.0
# Planned once for a connection. The number is left before the turn is had, what the turn is had on is looked at after.
_PREPARE = (
    "PREPARE take_turn (text) AS WITH left_number AS ("
    "INSERT INTO lease (name, holder, until) "
    "VALUES ('group/{0}', $1, clock_timestamp() + interval '1 day') "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until) "
    "SELECT pg_try_advisory_xact_lock({1})::text, pg_current_xact_id()::text; "
    "PREPARE look_round (bigint) AS SELECT number, scope FROM destroyed_scope WHERE number > $1 "
    "UNION ALL SELECT 0, holder FROM lease WHERE name = 'configuration' ORDER BY 1"
)
_WAIT = f"SELECT pg_advisory_xact_lock({TURN})::text"
_NUMBER_LEFT = "SELECT holder FROM lease WHERE name = 'group/{0}'"
_CONFIGURATION = 0
"""Where `look_round` says which configuration is in force; numbers of destroyed keys begin at 1."""
RECONFIGURED = "STORE_RECONFIGURED"
Heard = Callable[[Sequence[tuple[int, str]]], int]
"""Told (number, scope) of keys that were destroyed by others; gives the number of the last one it ever heard of."""


class TurnWriter(GroupWriter):
    """The one connection by which this process writes."""

    def __init__(
        self,
        database: Database,
        wire: Wire,
        transaction: Callable[[Wire], PostgresTransaction],
        fault_point: Callable[[str], None],
        heard: Heard,
        configuration: str = "",
    ) -> None:
        super().__init__(fault_point)
        self._database = database
        self._configuration = configuration
        self._number = 0
        self._ready: Wire | None = None
        self._transaction = transaction
        self._heard = heard
        self._wire: Wire | None = wire
        self._pause, self._not_before = _FIRST_PAUSE, 0.0
        self._xact = ""
        self._saved = False

    def _begin(self) -> bool:
        if self._wire is None and time.monotonic() < self._not_before:
            raise NotNow("STORE_BUSY", "the database cannot be reached")
        self._saved = False
        return self._wire is not None and self._begun(self._wire)

    def _begun(self, wire: Wire) -> bool:
        """Whether the transaction has the turn. A connection that was lost while nobody needed it counts as none."""
        self._number += 1
        try:
            if self._ready is not wire:
                wire.say(_PREPARE.format(self._database.process, TURN))
                self._ready = wire
            wire.forget_old_plans()
            answers = wire.say(f"BEGIN; EXECUTE take_turn ('{self._number}'); {self._look_round()}")
        except psycopg.Error:
            self._disconnect()
            return False
        self._xact = _first(answers[1], 1)
        has_turn = _first(answers[1], 0) == "true"
        self._hear(answers[2], has_turn=has_turn)
        return has_turn

    def _begin_patiently(self) -> None:
        wire = self._wire
        if wire is None:
            wire = self._wire = self._connected()
            if self._begun(wire):
                return
        self._hear(wire.say(f"{_WAIT}; {self._look_round()}")[1], has_turn=True)

    def _look_round(self) -> str:
        return f"EXECUTE look_round ({self._heard(())})"

    def _hear(self, answer: pq.abc.PGresult, *, has_turn: bool) -> None:
        """Of keys that others destroyed, and of the configuration in force: from the turn on neither can change.

        Raises NotNow `STORE_RECONFIGURED` when this process has the turn and decides by another one.
        """
        told = [
            (int(answer.get_value(row, 0) or b"0"), _first(answer, 1, row)) for row in range(answer.ntuples)
        ]
        destroyed = [one for one in told if one[0] != _CONFIGURATION]
        if destroyed:
            self._heard(destroyed)
        in_force = told[0][1] if told and told[0][0] == _CONFIGURATION else self._configuration
        if has_turn and self._configuration and in_force != self._configuration:
            text = "a gateway with another configuration serves this database now; start this one again"
            raise NotNow(RECONFIGURED, text)

    def _connected(self) -> Wire:
        try:
            wire = self._database.writer()
        except psycopg.Error:
            self._not_before = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            raise
        self._pause = _FIRST_PAUSE
        return wire

    def _run_job(self, job: Job, *, alone: bool) -> None:
        """Run one work; a failing one is undone alone: by its savepoint, or by rolling back when there is no other."""
        wire = self._wire
        if wire is None:
            raise NotNow("STORE_BUSY", "the database has no connection")
        job.tx = tx = self._transaction(wire)
        if not alone:
            wire.say("RELEASE work; SAVEPOINT work" if self._saved else "SAVEPOINT work")
            self._saved = True
        try:
            job.result = job.work(tx)
            if not wire.in_transaction and not wire.is_lost:
                raise RuntimeError("a work went on after a statement of it had failed")
        except BaseException as error:  # noqa: BLE001 - told to who waits for it
            job.error = tellable(error)
        if wire.is_lost:
            job.error = None  # it shares the fate of the group
            raise NotNow("STORE_BUSY", "the connection to the database was lost")
        if job.error is not None:
            wire.say("ROLLBACK" if alone else "ROLLBACK TO work")
            call_all(tx.rolled_back)

    def _commit_now(self) -> None:
        wire = self._wire
        if wire is None:
            raise NotNow("STORE_BUSY", "the database has no connection")
        if wire.is_idle:
            return  # the only work of the group failed
        try:
            done = wire.say("COMMIT")
        except psycopg.OperationalError:
            self._disconnect()
            if not self._was_committed(self._xact):
                raise
        else:
            if done[0].command_status != b"COMMIT":
                raise NotNow("STORE_BUSY", "the database did not take the transaction")

    def _was_committed(self, xact: str) -> bool:
        """Whether the transaction is durable whose end nobody heard of, from the database as soon as it answers."""
        until = time.monotonic() + _DOUBT_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(psycopg.OperationalError):
                wire = self._wire = self._wire or self._database.writer()
                try:
                    state = _first(wire.say(f"SELECT pg_xact_status('{int(xact)}'::xid8)")[0], 0)
                    left = wire.say(_NUMBER_LEFT.format(self._database.process))[0]
                except psycopg.DataError:
                    return False  # a number it has not reached: what took its place never had the transaction
                except psycopg.OperationalError:
                    self._disconnect()
                    raise
                if state != "in progress":
                    return left.ntuples == 1 and _first(left, 0) == str(self._number)
            time.sleep(_FIRST_PAUSE)
        return False

    def _roll_back(self) -> None:
        wire = self._wire
        if wire is None:
            return
        try:
            if not wire.is_idle:
                wire.say("ROLLBACK")
        except psycopg.Error:
            self._disconnect()

    def _wipe(self) -> None:
        """See `PostgresTransaction.wipe_after_commit`."""
        self._wipe_wanted = False

    def _disconnect(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            with contextlib.suppress(psycopg.Error):
                wire.close()

    def _as_not_now(self, error: BaseException) -> BaseException:
        return busy(error) if isinstance(error, psycopg.Error) else error


def _first(answer: pq.abc.PGresult, column: int, row: int = 0) -> str:
    return (answer.get_value(row, column) or b"").decode()
