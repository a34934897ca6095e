"""Gateways started quickly: forked from one process that has read the gateway's code and done nothing else.

Reading the code takes most of the time of a start, and a test run starts some sixty gateways. Each is a process of
its own that can be killed; its command line is what `handoff serve` runs. The demonstration and the
fault run start theirs from nothing.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, cast

from gateway.demo.processes import Running

_START_SECONDS = 120.0
_SETTINGS = "HANDOFF_"
"""Of the environment a gateway gets that of the test that starts it, not of the one that was first."""
_LONGEST_COMMAND = 65536


class Forked:
    """What is used of `subprocess.Popen`, for a process that another one forked for us."""

    def __init__(self, pid: int, stdout: int, status: int) -> None:
        self.pid, self._status = pid, status
        self.stdout = os.fdopen(stdout, encoding="utf-8")
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; its exit code. Raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("gateway", timeout or 0.0)
            self.returncode = os.waitstatus_to_exitcode(int(os.read(self._status, 64) or b"9"))
            os.close(self._status)
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """As the power goes."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def start_warm_gateway(
    folder: Path, log: Path, store: str = "", *more: str
) -> tuple[Running, dict[str, Any]]:
    """The gateway on the network in `folder`, and its ready line. Its log goes to the file `log`; `more` is said too."""
    command = ["serve", "--network", str(folder), "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0"]
    command += ["--store", store] if store else []
    command += more
    said, says = os.pipe()
    ended, ends = os.pipe()
    errors = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    line = _warm()
    own = {name: value for name, value in os.environ.items() if name.startswith(_SETTINGS)}
    socket.send_fds(line, [json.dumps([os.getcwd(), command, own]).encode()], [says, errors, ends])
    for number in (says, errors, ends):
        os.close(number)
    pid = int(line.recv(64))
    running = Running("gateway", cast("subprocess.Popen[str]", Forked(pid, said, ended)))
    running.listen()
    return running, running.wait_for("ready", _START_SECONDS)


@cache
def _warm() -> socket.socket:
    """The line to the one process that forks; it ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.warm_gateway", str(theirs.fileno())], pass_fds=[theirs.fileno()]
        )
    return ours


def _fork_on_demand(line: socket.socket) -> None:
    """Fork a gateway for every command that arrives, and tell each one's end to who asked for it."""
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    waiting: dict[int, int] = {}
    while True:
        ready = select.select([line, told], [], [])[0]
        if told in ready:
            os.read(told, 4096)
            _tell_ends(waiting)
        if line in ready:
            message, numbers, _, _ = socket.recv_fds(line, _LONGEST_COMMAND, 3)
            if not message:
                return
            says, errors, ends = numbers
            pid = os.fork()
            if pid == 0:
                _be_gateway(line, json.loads(message), says, errors)
            os.close(says)
            os.close(errors)
            waiting[pid] = ends
            line.send(str(pid).encode())


def _tell_ends(waiting: dict[int, int]) -> None:
    while waiting:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        ends = waiting.pop(pid)
        os.write(ends, str(status).encode())
        os.close(ends)


def _be_gateway(line: socket.socket, asked: list[Any], says: int, errors: int) -> NoReturn:
    from gateway.cli import main

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    line.close()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, place in ((nothing, 0), (says, 1), (errors, 2)):
        os.dup2(number, place)
        os.close(number)
    os.chdir(asked[0])
    for name in [name for name in os.environ if name.startswith(_SETTINGS)]:
        del os.environ[name]
    os.environ.update(asked[2])
    sys.argv = ["handoff", *asked[1]]
    code: Any = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code
    finally:
        if (fault := sys.exc_info()[1]) is not None and not isinstance(fault, SystemExit):
            sys.excepthook(type(fault), fault, fault.__traceback__)
        sys.stdout.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    import httpx_aiohttp  # noqa: F401  # the code that each start would read, its late part too

    import gateway.cli.serve_command
    import gateway.wiring.link_post
    import gateway.wiring.page_doors  # noqa: F401

    gc.freeze()
    _fork_on_demand(socket.socket(fileno=int(sys.argv[1])))
