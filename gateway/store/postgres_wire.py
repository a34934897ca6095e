"""Named statements over one connection, each prepared when it is first run there, and the rows that come back.

On libpq itself, which psycopg brings along: a message is some fifty statements, and psycopg's own cursors, which can do
much more, would cost three times as much for each.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import pq

from gateway.store.model import Params
from gateway.store.postgres_statements import Statement, postgres_statements

Connection = psycopg.Connection[Any]
_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_NOTHING: Params = {}
_BINARY = 1
_FIRST_PLANS_SECONDS, _LONGEST_PLANS_SECONDS = 1.0, 60.0


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)


def _text(value: bytes) -> str:
    return value.decode()


def _flag(value: bytes) -> bool:
    return value == b"\x01"


_FROM_BINARY: Mapping[int, Callable[[bytes], Any]] = {
    16: _flag, 17: bytes, 19: _text, 20: _number, 21: _number, 23: _number, 25: _text, 1043: _text,
}  # fmt: skip
"""By the type's number in PostgreSQL's catalogue (`pg_type.oid`), which never changes."""


class PostgresRow(tuple[Any, ...]):
    """A row whose columns are found by name or by place."""

    __slots__ = ()
    places: Mapping[str, int]

    def __getitem__(self, key: Any, /) -> Any:
        return tuple.__getitem__(self, self.places[key] if type(key) is str else key)


class Wire:
    """One connection as the store uses it; not by two threads at once."""

    __slots__ = ("_heard", "_pg", "_plans_seconds", "_plans_until", "_prepared", "_statements", "connection")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._pg = connection.pgconn
        self._statements = postgres_statements()
        self._prepared: set[str] = set()
        self._plans_seconds = _FIRST_PLANS_SECONDS
        self._plans_until = time.monotonic() + self._plans_seconds
        self._heard = select.poll()
        self._heard.register(self._pg.socket, select.POLLIN)

    def run(self, name: str, params: Params = _NOTHING) -> pq.abc.PGresult:
        """Run the named statement. Raises psycopg.Error."""
        statement = self._ready(name)
        values, forms = statement.values(params)
        done = self._pg.exec_prepared(statement.label, values, forms, _BINARY)  # type: ignore[arg-type]  # takes None
        return self._good(done)

    def forget_old_plans(self) -> None:
        """Now and then: plan each statement anew. One that was planned for empty tables takes any index for as good."""
        if time.monotonic() > self._plans_until:
            self._plans_seconds = min(2 * self._plans_seconds, _LONGEST_PLANS_SECONDS)
            self._plans_until = time.monotonic() + self._plans_seconds
            self.say("DISCARD PLANS")

    def run_each(self, name: str, rows: Sequence[Params]) -> None:
        """Run the named statement once for each of `rows`, without waiting in between. Raises psycopg.Error."""
        statement, pg = self._ready(name), self._pg
        pg.enter_pipeline_mode()
        try:
            for row in rows:
                values, forms = statement.values(row)
                pg.send_query_prepared(statement.label, values, forms, _BINARY)
            pg.pipeline_sync()
            self._hear_out()
        finally:
            if self._pg.status == pq.ConnStatus.OK:
                pg.exit_pipeline_mode()

    def say(self, text: str) -> list[pq.abc.PGresult]:
        """Run one or more statements of ours without values; their results. Raises psycopg.Error."""
        results = []
        self._pg.send_query(text.encode())
        while (result := self._next_result()) is not None:
            results.append(result)
        for result in results:
            self._good(result)
        if not results or self.is_lost:
            raise psycopg.OperationalError("the connection is lost")
        return results

    def rows(self, result: pq.abc.PGresult) -> list[Any]:
        """All rows of a result."""
        fields = range(result.nfields)
        made, load = _shape(tuple((result.fname(at) or b"", result.ftype(at)) for at in fields))
        value = result.get_value
        return [
            made(None if (found := value(row, at)) is None else convert(found) for at, convert in load)
            for row in range(result.ntuples)
        ]

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be asked any more."""
        return self.connection.closed or self._pg.status != pq.ConnStatus.OK

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open and has not failed."""
        return self._pg.transaction_status == pq.TransactionStatus.INTRANS

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is open."""
        return self._pg.transaction_status == pq.TransactionStatus.IDLE

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self.connection.close()

    def _ready(self, name: str) -> Statement:
        statement = self._statements[name]
        if name not in self._prepared:
            self._good(self._pg.prepare(statement.label, statement.sql))
            self._prepared.add(name)
        return statement

    def _next_result(self) -> pq.abc.PGresult | None:
        """The next result. While psycopg's own call waits for one, no other thread can run; hence the waiting here."""
        pg = self._pg
        while pg.flush():
            self._heard.modify(pg.socket, select.POLLIN | select.POLLOUT)
            self._heard.poll()
            self._heard.modify(pg.socket, select.POLLIN)
            pg.consume_input()
        while pg.is_busy():
            self._heard.poll()
            pg.consume_input()
        return pg.get_result()

    def _hear_out(self) -> None:
        """Take every answer up to the sync; raise the first error among them."""
        first: psycopg.Error | None = None
        while not self.is_lost:
            result = self._next_result()
            if result is None:
                continue
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                break
            if result.status not in (*_GOOD, pq.ExecStatus.PIPELINE_ABORTED) and first is None:
                first = _fault_of(result)
        if self.is_lost:
            raise psycopg.OperationalError("the connection is lost")
        if first is not None:
            raise first

    def _good(self, result: pq.abc.PGresult) -> pq.abc.PGresult:
        if result.status in _GOOD:
            return result
        if self.is_lost:
            raise psycopg.OperationalError("the connection is lost")
        raise _fault_of(result)


def _fault_of(result: pq.abc.PGresult) -> psycopg.Error:
    """What went wrong. An error without a state is no answer of the server: libpq itself says it of a connection that
    was lost, a moment before it counts it as lost.
    """
    if result.error_field(pq.DiagnosticField.SQLSTATE) is None:
        return psycopg.OperationalError("the connection is lost")
    return psycopg.errors.error_from_result(result)


@lru_cache(maxsize=1024)
def _shape(
    columns: tuple[tuple[bytes, int], ...],
) -> tuple[type[PostgresRow], tuple[tuple[int, Callable[[bytes], Any]], ...]]:
    """The class of rows with these columns (name, type), and what turns each value into one of ours."""
    places = {name.decode(): place for place, (name, _) in reversed(tuple(enumerate(columns)))}
    load = tuple((at, _FROM_BINARY[kind]) for at, (_, kind) in enumerate(columns))
    return type("PostgresRow", (PostgresRow,), {"__slots__": (), "places": places}), load
