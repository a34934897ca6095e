"""`Reading` and `Transaction` over one PostgreSQL connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg
from psycopg import pq

from gateway.errors import AlreadyReceived, HandoffError, Internal, NotUnderstood
from gateway.store.model import Cipher, Fresh, Params, Row
from gateway.store.postgres_connections import busy
from gateway.store.postgres_wire import Wire

_NOTHING: Params = {}


class PostgresReading:
    """A view of the database through one connection that nobody else uses meanwhile."""

    __slots__ = ("_wire", "cipher", "fresh", "standing")

    def __init__(self, wire: Wire, cipher: Cipher, fresh: Fresh) -> None:
        self._wire = wire
        self.cipher = cipher
        self.fresh = fresh
        self.standing: dict[str, Row] | None = {}

    def rows(self, name: str, params: Params | None = None) -> list[Row]:
        """All rows of the named query. Raises NotNow `STORE_BUSY` when the database is gone."""
        return self._wire.rows(self._asked(name, params))

    def row(self, name: str, params: Params | None = None) -> Row | None:
        """The first row of the named query, or None. Raises NotNow `STORE_BUSY` when the database is gone."""
        found: list[Row] = self._wire.rows(self._asked(name, params))
        return found[0] if found else None

    def _asked(self, name: str, params: Params | None) -> pq.abc.PGresult:
        try:
            return self._wire.run(name, params or _NOTHING)
        except psycopg.Error as error:
            raise told(name, error) from None


class PostgresTransaction(PostgresReading):
    """One work's view inside the group's transaction."""

    __slots__ = ("committed", "rolled_back", "wipe")

    def __init__(self, wire: Wire, cipher: Cipher, fresh: Fresh) -> None:
        super().__init__(wire, cipher, fresh)
        self.standing = None
        self.committed: list[Callable[[], None]] = []
        self.rolled_back: list[Callable[[], None]] = []
        self.wipe = False

    def execute(self, name: str, params: Params | None = None) -> int:
        """Run the named statement; the number of rows it changed.

        Raises AlreadyReceived `ROW_EXISTS` when a unique key is taken, Internal `STORE_RULE_BROKEN` when another rule
        of the tables forbids it. The work can do nothing after that: PostgreSQL undoes all of it.
        """
        return self._asked(name, params).command_tuples or 0

    def execute_each(self, name: str, rows: Sequence[Params]) -> None:
        """Run the named statement once for each of `rows`. Raises as `execute`."""
        try:
            self._wire.run_each(name, rows)
        except psycopg.Error as error:
            raise told(name, error) from None

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` in the writer once this work is durable."""
        self.committed.append(action)

    def after_rollback(self, action: Callable[[], None]) -> None:
        """Run `action` in the writer when this work, or the group it is in, is rolled back."""
        self.rolled_back.append(action)

    def wipe_after_commit(self) -> None:
        """Nothing is overwritten at once: in PostgreSQL's files, its log and its backups what was deleted stays for a
        time, keys wrapped under the wrapping key, which every destruction replaces.
        """
        self.wipe = True


def told(name: str, error: psycopg.Error) -> HandoffError:
    """Which rule of the tables was broken, without the values; or that the database is gone."""
    if isinstance(error, psycopg.errors.UniqueViolation):
        return AlreadyReceived("ROW_EXISTS", f"`{name}` found a row of that key")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return busy(error)
    if isinstance(error, psycopg.errors.CharacterNotInRepertoire):  # what this server does not take as text
        return NotUnderstood("TEXT_HOLDS_NUL", "must hold no NUL character")
    return Internal("STORE_RULE_BROKEN", f"`{name}` breaks a rule of the tables ({error.sqlstate})")
