"""That a process lives, told to the others on its database; and which of them keeps house for all.

Every two seconds, on a connection of its own, a process says that it is there, asks for the lease of the keeper, and
hears which keys were destroyed. What another was sending is taken up only when that one was silent for
`SILENCE_SECONDS`.
"""

from __future__ import annotations

import contextlib
import threading
import time

import psycopg

from gateway.errors import NotNow
from gateway.store.model import SILENCE_SECONDS
from gateway.store.postgres_connections import Database
from gateway.store.postgres_wire import Wire
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
        heard: Heard,
        configuration: str,
    ) -> None:
        self._database = database
        self._heard = heard
        self._me = {"id": database.process, "configuration": configuration}
        self._wire: Wire | None = None
        self._keeper_until = 0.0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-presence", daemon=True)

    def begin(self) -> None:
        """Say that this process is there.

        Raises NotNow `STORE_IN_USE` when a living one decides by another configuration, psycopg.Error.
        """
        wire = self._wire = self._database.writer()
        # In turn with others that begin: of two configurations one is refused.
        wire.say("BEGIN; LOCK TABLE process IN EXCLUSIVE MODE")
        others = wire.rows(wire.run("processes.others", self._me))
        if any(row[0] != self._me["configuration"] for row in others):
            wire.close()
            text = "a gateway with another configuration serves this database; stop that one first"
            raise NotNow("STORE_IN_USE", text)
        wire.run("processes.begin", self._me)
        wire.run("processes.forget_dead")
        wire.say("COMMIT")
        self._be_there(wire)
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
            wire = self._wire or self._database.writer()
            wire.run("processes.give_lease", self._me)
            wire.run("processes.end", self._me)
            wire.close()
        self._wire = None

    def _run(self) -> None:
        while not self._ending.wait(_EVERY_SECONDS):
            try:
                if self._wire is None:
                    self._wire = self._database.writer()
                self._be_there(self._wire)
            except psycopg.Error:
                broken, self._wire = self._wire, None
                if broken is not None:
                    broken.close()

    def _be_there(self, wire: Wire) -> None:
        if not wire.run("processes.be_seen", self._me).command_tuples:
            wire.run("processes.begin", self._me)
        asked_at = time.monotonic()
        taken = wire.run("processes.take_lease", {"lease": KEEPER, **self._me}).command_tuples
        self._keeper_until = asked_at + SILENCE_SECONDS - _MARGIN_SECONDS if taken else 0.0
        destroyed = wire.rows(wire.run("processes.destroyed_since", {"number": self._heard(())}))
        if destroyed:
            self._heard([(row["number"], row["scope"]) for row in destroyed])
