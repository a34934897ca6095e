"""That a process lives, told to the others on its database; and which of them keeps house for all.

Every two seconds, on a connection of its own, a process says that it is there, asks for the lease of the keeper, and
hears which keys were destroyed. What another was sending is taken up only when that one was silent for
`SILENCE_SECONDS`.

The database names the configuration in force: that of the last process that began beside no living one of another. Who
was silent and wakes with another does not count as living any more and keeps no house; its writer refuses every work
(`postgres_writer`), until it is started again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import psycopg

from gateway import logs
from gateway.errors import NotNow
from gateway.store.model import SILENCE_SECONDS
from gateway.store.postgres_connections import Database
from gateway.store.postgres_wire import Wire
from gateway.store.postgres_writer import RECONFIGURED, TURN, Heard

KEEPER = "keeper"
_EVERY_SECONDS = 2.0
_MARGIN_SECONDS = 5.0
"""So long before its lease runs out, by its own clock, a keeper counts it as lost: no two ever work at once."""


def awake_or_not() -> float:
    """Seconds that go by while the machine sleeps as well, where it can tell (Linux); else those it was awake."""
    since_start = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if since_start is None else time.clock_gettime(since_start)


class Presence:
    """One process among those on its database, from `begin` to `end`.

    Without a `configuration` (a tool, not a gateway) it neither puts one in force nor minds which one is.
    """

    def __init__(
        self,
        database: Database,
        heard: Heard,
        configuration: str,
        passed: Callable[[], float] = awake_or_not,
    ) -> None:
        self._passed = passed
        self._overtaken = False
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
        wire.run("processes.forget_groups")
        if self._is_overtaken(wire):
            # Not while somebody writes: whoever writes after this finds it.
            wire.say(f"SELECT pg_advisory_xact_lock({TURN})")
            wire.run("processes.configure", self._me)
        wire.say("COMMIT")
        self._be_there(wire)
        self._thread.start()

    @property
    def is_keeper(self) -> bool:
        """Whether this process, and no other, keeps house at the moment."""
        return self._passed() < self._keeper_until

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

    def _is_overtaken(self, wire: Wire) -> bool:
        """Whether another configuration is in force, or none yet."""
        mine = self._me["configuration"]
        found = wire.rows(wire.run("processes.configuration", {}))
        return bool(mine) and [row[0] for row in found] != [mine]

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
        overtaken, asked_at, taken = self._is_overtaken(wire), self._passed(), 0
        if overtaken and not self._overtaken:
            logs.warning(logs.Event.CONFIGURATION_REFUSED, code=RECONFIGURED)
        self._overtaken = overtaken
        if not overtaken:
            if not wire.run("processes.be_seen", self._me).command_tuples:
                wire.run("processes.begin", self._me)
            taken = wire.run("processes.take_lease", {"lease": KEEPER, **self._me}).command_tuples or 0
        self._keeper_until = asked_at + SILENCE_SECONDS - _MARGIN_SECONDS if taken else 0.0
        destroyed = wire.rows(wire.run("processes.destroyed_since", {"number": self._heard(())}))
        if destroyed:
            self._heard([(row["number"], row["scope"]) for row in destroyed])
