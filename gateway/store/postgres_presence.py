"""That a process lives, told to the others on its database; and which of them keeps house for all.

Every two seconds, on a connection of its own, a process says that it is there, asks for the lease of the keeper, and
hears which keys were destroyed. What another was sending is taken up only when that one was silent for
`SILENCE_SECONDS`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from typing import Any

import psycopg

from gateway.errors import NotNow
from gateway.store.model import SILENCE_SECONDS
from gateway.store.postgres_connections import Connection, Database
from gateway.store.postgres_writer import Heard

KEEPER = "keeper"
_EVERY_SECONDS = 2.0
_MARGIN_SECONDS = 5.0
"""So long before its lease runs out, by its own clock, a keeper counts it as lost: no two ever work at once."""


class Presence:
    """One process among those on its database, from `begin` to `end`."""

    def __init__(
        self,
        database: Database,
        statements: Mapping[str, bytes],
        heard: Heard,
        configuration: str,
    ) -> None:
        self._database = database
        self._statements = statements
        self._heard = heard
        self._me = {"id": database.process, "configuration": configuration}
        self._connection: Connection | None = None
        self._keeper_until = 0.0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-presence", daemon=True)

    def begin(self) -> None:
        """Say that this process is there.

        Raises NotNow `STORE_IN_USE` when a living one decides by another configuration, psycopg.Error.
        """
        connection = self._connection = self._database.writer()
        with connection.transaction():
            # In turn with others that begin: of two configurations one is refused.
            connection.execute("LOCK TABLE process IN EXCLUSIVE MODE")
            others = self._do(connection, "others").fetchall()
            if any(row[0] != self._me["configuration"] for row in others):
                text = "a gateway with another configuration serves this database; stop that one first"
                raise NotNow("STORE_IN_USE", text)
            self._do(connection, "begin")
            self._do(connection, "forget_dead")
        self._be_there(connection)
        self._thread.start()

    @property
    def is_keeper(self) -> bool:
        """Whether this process, and no other, keeps house at the moment."""
        return time.monotonic() < self._keeper_until

    def end(self) -> None:
        """Say that this process is gone: nobody waits for it any longer."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        self._keeper_until = 0.0
        with contextlib.suppress(psycopg.Error):
            connection = self._connection or self._database.writer()
            self._do(connection, "give_lease", holder=self._me["id"])
            self._do(connection, "end")
            connection.close()
        self._connection = None

    def _run(self) -> None:
        while not self._ending.wait(_EVERY_SECONDS):
            try:
                if self._connection is None:
                    self._connection = self._database.writer()
                self._be_there(self._connection)
            except psycopg.Error:
                broken, self._connection = self._connection, None
                if broken is not None:
                    broken.close()

    def _be_there(self, connection: Connection) -> None:
        if not self._do(connection, "be_seen").rowcount:
            self._do(connection, "begin")
        asked_at = time.monotonic()
        taken = self._do(connection, "take_lease", lease=KEEPER, holder=self._me["id"]).rowcount
        self._keeper_until = asked_at + SILENCE_SECONDS - _MARGIN_SECONDS if taken else 0.0
        destroyed = self._do(connection, "destroyed_since", number=self._heard(())).fetchall()
        if destroyed:
            self._heard([(int(number), str(scope)) for number, scope in destroyed])

    def _do(self, connection: Connection, name: str, **more: object) -> psycopg.Cursor[tuple[Any, ...]]:
        return connection.execute(self._statements[f"processes.{name}"], {**self._me, **more})
