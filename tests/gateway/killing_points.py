"""Killing a piece of work at each point where it changes a file, for real: in a forked process, by SIGKILL.

Python reports every opening for writing, rename, removal and truncation of a file before it happens (PEP 578); the
n-th of them within a folder is where the process ends.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests import strategies

_CHANGES = (
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.truncate",
    "shutil.copyfile",
    "sqlite3.connect",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def killed_at_each_change(
    folder: Callable[[], Path], work: Callable[[Path], Any], every: int = 1, most: int = 200
) -> Iterator[Path]:
    """`work(folder())` killed at its first change, a fresh one at its second, and so on until it comes to its end.

    Yields the folder after each kill, and at last the one of the run that was not killed. `every`: only every so
    many-th change, but all in a long run.
    """
    for point in range(1, most, 1 if strategies.long_run else every):
        place = folder()
        ended = _run(place, work, point)
        yield place
        if ended:
            return
    raise AssertionError(f"the work still changes files after {most} changes")


def killed_at_each_call(work: Callable[[Callable[[str], None]], Any], most: int = 200) -> Iterator[int]:
    """`work(fault_point)` killed when it first calls `fault_point`, then at the second call, and so on to its end.

    Yields the number of the call after each kill, and 0 at last.
    """
    for point in range(1, most):
        calls = iter(range(1, most * 10))

        def fault_point(_name: str, at: int = point, calls: Iterator[int] = calls) -> None:
            if next(calls) == at:
                os.kill(os.getpid(), signal.SIGKILL)

        ended = in_a_process_of_its_own(partial(work, fault_point))
        yield 0 if ended else point
        if ended:
            return
    raise AssertionError(f"the work still calls after {most} calls")


def _run(place: Path, work: Callable[[Path], Any], point: int) -> bool:
    """Whether the work came to its end before its change number `point`."""

    def watched() -> None:
        _kill_at(place, point)
        work(place)

    return in_a_process_of_its_own(watched)


def in_a_process_of_its_own(work: Callable[[], Any]) -> bool:
    """Whether the work came to its end in a process of its own, and was not killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - the parent must hear of it
            traceback.print_exc()
            os._exit(70)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, "the work failed in the forked process; see its standard error"
    return True


def _kill_at(place: Path, point: int) -> None:
    seen = 0

    def look(event: str, given: tuple[Any, ...]) -> None:
        nonlocal seen
        changes = event in _CHANGES or (event == "open" and _writes(given))
        if changes and any(
            isinstance(one, str | bytes | os.PathLike) and _inside(one, place) for one in given
        ):
            seen += 1
            if seen == point:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def _writes(given: tuple[Any, ...]) -> bool:
    mode, flags = given[1], given[2]
    return any(sign in mode for sign in "wxa+") if isinstance(mode, str) else bool(flags & _WRITING)


def _inside(path: Any, place: Path) -> bool:
    return os.fsdecode(path).removeprefix("file:").startswith(str(place))
