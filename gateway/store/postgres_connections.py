"""Connections to PostgreSQL: how they are opened, what is set on them, and what a failure is called.

Imported only when a store URL asks for PostgreSQL, so that nobody else needs psycopg. A password stands in no message of
ours: it comes from a file (`HANDOFF_STORE_PASSWORD`), from libpq's own places (`passfile`, `PGPASSFILE`, a service), or
last and least from the URL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict

from gateway.errors import HandoffError, Internal, NotNow, NotSupported
from gateway.settings import read_secret, read_settings
from gateway.store.model import SILENCE_SECONDS
from gateway.store.postgres_wire import Connection, Wire

CONNECT_SECONDS = 3
_NAMED = re.compile(r"[\w.,:\[\]\-/ ]*")
_OLDEST = 140000
_PLANS = (
    # Each statement has its indexes, whatever the tables held when it was planned; planned once and not at each use.
    "SET enable_seqscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET plan_cache_mode = force_generic_plan",
    "SET jit = off",
)
_WRITER_SETTINGS = (
    *_PLANS,
    "SET default_transaction_isolation = 'read committed'",
    # A process that stands still while it holds the turn must not stop all the others.
    "SET idle_in_transaction_session_timeout = '30s'",
    "SET lock_timeout = '30s'",
    "SET statement_timeout = '30s'",
)
_READER_SETTINGS = (
    *_PLANS,
    "SET default_transaction_isolation = 'repeatable read'",
    "SET default_transaction_read_only = on",
    "SET idle_in_transaction_session_timeout = 0",  # they wait in one, which has not looked yet
    "SET statement_timeout = '60s'",
)
_NOT_SUCH = ("28", "3D", "42", "0A")
"""SQLSTATE classes that no waiting mends: no access, no such database, no such table."""


@dataclass(frozen=True, slots=True)
class Database:
    """Where the database is and as whom this process speaks to it."""

    conninfo: str = field(repr=False)
    place: str
    process: str

    def writer(self) -> Wire:
        """A connection that may change the store. Raises psycopg.Error."""
        wire = self._opened(_WRITER_SETTINGS)
        found = wire.connection.execute("SHOW synchronous_commit").fetchone()
        if found is not None and found[0] in ("off", "local"):
            wire.say("SET synchronous_commit = on")  # what is acknowledged survives a power cut
        return wire

    def reader(self) -> Wire:
        """A connection that cannot change the store. Raises psycopg.Error."""
        return self._opened(_READER_SETTINGS)

    def _opened(self, settings: tuple[str, ...]) -> Wire:
        wire = Wire(psycopg.connect(self.conninfo, autocommit=True))
        try:
            named = (
                "SELECT set_config('handoff.process', %s, false), set_config('handoff.silence', %s, false)"
            )
            wire.connection.execute(named, (self.process, f"{SILENCE_SECONDS} seconds"))
            wire.say("; ".join(settings))
        except BaseException:
            wire.close()
            raise
        return wire


def database_of(url: str, process: str) -> Database:
    """The database a store URL names. Raises NotSupported `STORE_URL` for a URL that names none.

    Raises SettingsRefused when the password's file cannot be used.
    """
    try:
        given = {**conninfo_to_dict(url)}
    except psycopg.Error:
        raise NotSupported("STORE_URL", "the store must be given as `postgresql://host/database`") from None
    if not given.get("dbname"):
        raise NotSupported("STORE_URL", "the store's URL must name a database: `postgresql://host/database`")
    if not all(
        _NAMED.fullmatch(str(given.get(part, ""))) for part in ("host", "hostaddr", "dbname", "service")
    ):
        # A password with an unescaped `/` or `@` would be taken for a part of them, and be told as such.
        raise NotSupported(
            "STORE_URL", "the store's URL cannot be read: what is not a letter or digit in it is `%XX`"
        )
    file = read_settings().store_password
    if file is not None:
        given["password"] = read_secret(file).decode()
    given.setdefault("connect_timeout", str(CONNECT_SECONDS))
    given.setdefault("application_name", "warm-handoff")
    # A peer that is gone without a word is noticed within seconds.
    for name, value in (("keepalives_idle", 5), ("keepalives_interval", 2), ("keepalives_count", 3)):
        given.setdefault(name, str(value))
    given.setdefault("tcp_user_timeout", "10000")
    place = f"{given.get('host') or given.get('service') or 'this machine'}/{given['dbname']}"
    settings = {name: str(value) for name, value in given.items()}
    return Database(psycopg.conninfo.make_conninfo("", **settings), place, process)


def require_usable(connection: Connection, place: str) -> None:
    """Raise NotSupported `STORE_URL` when the server is too old, or does not keep text as UTF-8."""
    if connection.info.server_version < _OLDEST:
        raise NotSupported("STORE_URL", f"`{place}` is older than PostgreSQL 14")
    found = connection.execute("SHOW server_encoding").fetchone()
    if found is None or found[0] != "UTF8":
        raise NotSupported("STORE_URL", f"`{place}` must have the encoding UTF8")


def told(error: psycopg.Error, place: str) -> HandoffError:
    """What stops an opening, in one sentence without a value: the database's state (SQLSTATE) and not its words."""
    state = error.sqlstate or ""
    if state.startswith(_NOT_SUCH):
        return Internal("STORE_UNREADABLE", f"the database `{place}` cannot be used ({state})")
    if "FATAL" in str(error):  # the server answered; libpq gives no state for that
        text = f"the database `{place}` refuses the connection: look at its name, user and password"
        return Internal("STORE_UNREADABLE", text)
    return Internal("STORE_UNREACHABLE", f"the database `{place}` cannot be reached")


def busy(error: psycopg.Error) -> NotNow:
    """A fault of the database or the way to it passes; the same can be tried again."""
    made = NotNow(
        "STORE_BUSY", f"the database could not do it now ({error.sqlstate or type(error).__name__})"
    )
    made.__cause__ = error
    return made
