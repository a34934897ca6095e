"""A parent and its workers: the ports are shared, who dies is replaced, and all end together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from gateway.wiring.shared_ports import share_ports

_PATIENCE = 90.0


@contextlib.contextmanager
def _started(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.gateway.wiring.echoing_workers", *words]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield parent
    finally:
        parent.kill()
        parent.communicate()


def _place(parent: subprocess.Popen[str]) -> tuple[str, int]:
    assert parent.stdout is not None
    line = json.loads(parent.stdout.readline())
    assert (line["event"], line["workers"]) == ("ready", 2)
    host, _, port = line["http"].removeprefix("http://").rpartition(":")
    return host, int(port)


def _ask(place: tuple[str, int], word: str = "who") -> int:
    with socket.create_connection(place, timeout=_PATIENCE) as line:
        line.sendall(word.encode())
        return int(line.recv(64))


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_both_serve_one_port_and_who_dies_is_replaced() -> None:
    with _started() as parent:
        place = _place(parent)
        found: set[int] = set()
        _wait(lambda: bool(found.add(_ask(place))) or len(found) == 2)  # type: ignore[func-returns-value]
        assert parent.pid not in found

        os.kill(min(found), signal.SIGKILL)
        _ask(place, "end")
        # Also one whose connection waits in the queue of a worker that is gone is served: by the next one.
        late = {_ask(place) for _ in range(20)}
        _wait(lambda: bool(late.add(_ask(place))) or len(late - found) >= 1)  # type: ignore[func-returns-value]

        parent.terminate()
        assert parent.wait(_PATIENCE) == 0
        assert not any(_lives(pid) for pid in found | late)
        with pytest.raises(OSError):
            _ask(place)
        assert parent.stderr is not None
        ends = [json.loads(line) for line in parent.stderr.read().splitlines() if "worker_ended" in line]
        assert {line["status"] for line in ends} <= {-9, 3} and ends


@pytest.mark.unmeasured
def test_who_hangs_is_killed_and_replaced() -> None:
    with _started("loop") as parent:
        place = _place(parent)
        hanging = _ask(place, "hang")
        _wait(lambda: not _lives(hanging))
        found: set[int] = set()
        _wait(lambda: bool(found.add(_ask(place))) or len(found) == 2)  # type: ignore[func-returns-value]
        assert hanging not in found

        parent.terminate()
        assert parent.wait(_PATIENCE) == 0
        assert parent.stderr is not None
        told = [json.loads(line) for line in parent.stderr.read().splitlines() if "worker_hangs" in line]
        assert hanging in {line["pid"] for line in told}


def test_when_the_parent_is_gone_the_workers_end() -> None:
    with _started() as parent:
        place = _place(parent)
        pids = {_ask(place)}
        parent.kill()
        parent.wait(_PATIENCE)
        _wait(lambda: not any(_lives(pid) for pid in pids))


def test_who_does_not_stop_is_killed() -> None:
    with _started("stubborn") as parent:
        pid = _ask(_place(parent))
        parent.terminate()
        assert parent.wait(_PATIENCE) == 0
        assert not _lives(pid)


def test_workers_that_cannot_begin_end_the_parent_with_their_code() -> None:
    with _started("2") as parent:
        assert parent.wait(_PATIENCE) == 2


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError):
        share_ports(f"127.0.0.1:{taken.getsockname()[1]}", [], 2)


def test_each_process_has_a_socket_of_its_own_at_the_same_address() -> None:
    all_of_them = share_ports("127.0.0.1:0", ["[::1]:0"] if socket.has_ipv6 else ["127.0.0.1:0"], 3)
    assert len({ports.http.fileno() for ports in all_of_them}) == 3
    assert len({ports.http.getsockname() for ports in all_of_them}) == 1
    assert len({ports.mllp[0].getsockname() for ports in all_of_them}) == 1
    for ports in all_of_them:
        ports.close()
