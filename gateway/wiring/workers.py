"""Several gateway processes on one database, and their parent, which does nothing but see that they are there.

The parent restarts a worker that ends, after a pause that grows while it keeps ending; it hands a sign to stop on to
all, and kills those that do not. Each worker's loop gives a sign of life every second: one that has given none for half
a minute hangs, and is killed and replaced like one that ended. A worker whose parent is gone stops by itself: nobody
would restart it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gateway import logs
from gateway.logs import Event
from gateway.wiring.shared_ports import Ports

Ready = Callable[[dict[str, object]], None]
Work = Callable[[Ports, Ready], int]
"""Be a gateway on these ports until told to stop, and say once that it serves; the exit code."""
_SIGNS = (signal.SIGTERM, signal.SIGINT)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_LASTED_SECONDS = 60.0
"""A worker that lasted so long is restarted without a longer pause than the first."""
_BEAT_SECONDS = 1.0
_HANGS_AFTER_SECONDS = 30.0
_MORE_SECONDS = 4.0
"""So long after the time to finish, a worker that is still there is killed."""


@dataclass
class _Worker:
    """One place among the workers, whoever is in it. `says`: where the one in it says that it serves, and that it lives;
    `heard`: when it last did, 0 while it has not.
    """

    ports: Ports
    pid: int = 0
    says: int = -1
    since: float = 0.0
    heard: float = 0.0
    pause: float = _FIRST_PAUSE
    not_before: float = 0.0
    line: dict[str, object] = field(default_factory=dict)


class Workers:
    """A parent and its workers, from `run` to its end."""

    def __init__(
        self,
        ports: Sequence[Ports],
        work: Work,
        stop_seconds: float,
        hangs_after_seconds: float = _HANGS_AFTER_SECONDS,
    ) -> None:
        self._all = [_Worker(one) for one in ports]
        self._work = work
        self._stop_seconds = stop_seconds
        self._hangs_after = hangs_after_seconds
        self._stopping_since: float | None = None
        self._served = False
        self._code = 0
        self._heard = selectors.DefaultSelector()
        self._alive, self._held = os.pipe()

    def run(self, ready: Ready) -> int:
        """Until told to stop; 0, or the exit code of a worker that ended before all of them served.

        `ready` is told once the addresses, and how many serve there.
        """
        waking, woken = socket.socketpair()
        for one in (waking, woken):
            one.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        for sign in (*_SIGNS, signal.SIGCHLD):
            signal.signal(sign, self._hear)
        self._heard.register(waking, selectors.EVENT_READ)
        gc.collect()
        gc.freeze()  # what all have in common stays one copy for all
        try:
            while not self._over():
                self._start_due()
                self._wait(waking, ready)
                self._kill_hanging()
                self._reap()
        finally:
            signal.set_wakeup_fd(-1)
        return self._code

    def _over(self) -> bool:
        return self._stopping_since is not None and not any(one.pid for one in self._all)

    def _hear(self, sign: int, _frame: object) -> None:
        if sign in _SIGNS:
            self._stop()

    def _stop(self) -> None:
        if self._stopping_since is None:
            self._stopping_since = time.monotonic()
            for one in self._all:
                one.ports.close()  # once the workers have closed theirs, nobody waits for an answer
            self._tell(signal.SIGTERM)

    def _tell(self, sign: signal.Signals) -> None:
        for one in self._all:
            if one.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.pid, sign)

    def _start_due(self) -> None:
        for one in self._all:
            if self._stopping_since is None and not one.pid and time.monotonic() >= one.not_before:
                self._start(one)

    def _start(self, one: _Worker) -> None:
        says, speaks = os.pipe()
        # Signs wait while there are two of us who would take them for themselves.
        signal.pthread_sigmask(signal.SIG_BLOCK, (*_SIGNS, signal.SIGCHLD))
        pid = os.fork()
        if not pid:
            os.close(says)
            self._be_worker(one, speaks)
        one.pid, one.says, one.since, one.heard = pid, says, time.monotonic(), 0.0
        os.close(speaks)
        self._heard.register(says, selectors.EVENT_READ, one)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*_SIGNS, signal.SIGCHLD))

    def _be_worker(self, mine: _Worker, speaks: int) -> None:
        """Never comes back."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for sign in (*_SIGNS, signal.SIGCHLD):
                signal.signal(sign, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (*_SIGNS, signal.SIGCHLD))
            os.close(self._held)
            for other in self._all:
                if other is not mine:
                    other.ports.close()
                if other.says >= 0:
                    os.close(other.says)
            threading.Thread(target=_end_with, args=(self._alive,), daemon=True).start()
            code = self._work(mine.ports, lambda line: _say(speaks, line))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _wait(self, waking: socket.socket, ready: Ready) -> None:
        """Until something was heard, or it is time to start or to kill somebody."""
        wait, before = self._longest_wait(), time.monotonic()
        found = self._heard.select(wait)
        if wait is not None and time.monotonic() - before > wait + self._hangs_after / 2:
            self._forgive()  # this machine stood still, or we did: nobody can have been heard
        for key, _ in found:
            if key.fileobj is waking:
                with contextlib.suppress(BlockingIOError):
                    waking.recv(4096)
                continue
            one: _Worker = key.data
            said = os.read(one.says, 65536)
            if not said:
                self._leave(one)
                continue
            if said.startswith(b"{"):
                line, _, said = said.partition(b"\n")
                one.line = json.loads(line)
            if said:
                one.heard = time.monotonic()
        if not self._served and all(one.line for one in self._all):
            self._served = True
            ready({**self._all[0].line, "workers": len(self._all)})

    def _forgive(self) -> None:
        for one in self._all:
            one.heard = time.monotonic() if one.heard else 0.0

    def _kill_hanging(self) -> None:
        """Kill who has given signs of life and gives none any more; it is replaced once its end is heard of."""
        latest = time.monotonic() - self._hangs_after
        for one in self._all:
            if one.pid and 0.0 < one.heard < latest and self._stopping_since is None:
                logs.warning(Event.WORKER_HANGS, pid=one.pid, seconds=self._hangs_after)
                one.heard = 0.0
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.pid, signal.SIGKILL)

    def _leave(self, one: _Worker) -> None:
        """It has said what it had to say."""
        if one.says >= 0:
            self._heard.unregister(one.says)
            os.close(one.says)
            one.says = -1

    def _longest_wait(self) -> float | None:
        now = time.monotonic()
        if self._stopping_since is not None:
            end = self._stopping_since + self._stop_seconds + _MORE_SECONDS
            if now >= end:
                self._tell(signal.SIGKILL)
                return 1.0
            return end - now
        due = [one.not_before for one in self._all if not one.pid]
        due += [one.heard + self._hangs_after for one in self._all if one.pid and one.heard]
        return max(0.0, min(due) - now) if due else None

    def _reap(self) -> None:
        for one in self._all:
            if one.pid and (ended := os.waitpid(one.pid, os.WNOHANG))[0]:
                self._ended(one, os.waitstatus_to_exitcode(ended[1]))

    def _ended(self, one: _Worker, code: int) -> None:
        lasted = time.monotonic() - one.since
        one.pid = 0
        self._leave(one)
        if self._stopping_since is not None:
            return
        if not self._served:
            self._code = code if code > 0 else 1
            self._stop()
            return
        logs.warning(Event.WORKER_ENDED, status=code)
        if lasted > _LASTED_SECONDS:
            one.pause = _FIRST_PAUSE
        one.not_before = time.monotonic() + one.pause
        one.pause = min(2 * one.pause, _LONGEST_PAUSE)


def _say(speaks: int, line: dict[str, object]) -> None:
    """Say that this worker serves; and from then on, where a loop runs, that the loop goes round."""
    os.write(speaks, json.dumps(line).encode() + b"\n")
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        os.close(speaks)
        return
    os.set_blocking(speaks, False)

    def beat() -> None:
        with contextlib.suppress(OSError):  # nobody reads: the parent is gone, and so shall we be
            os.write(speaks, b".")
        loop.call_later(_BEAT_SECONDS, beat)

    beat()


def _end_with(alive: int) -> None:
    """Stop this process when its parent is gone: the other end of `alive` is then closed."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
