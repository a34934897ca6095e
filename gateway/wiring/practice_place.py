"""Where `handoff partner test` keeps its store and its keys while it runs, and `handoff db drill` what it restored:
folders that are gone afterwards.

A run that is killed (`kill -9`, the power) cannot clean up; whoever comes next, a run or a gateway that starts, removes
what it left. Whether a folder is in use says a lock on it, which ends with the process. What a drill left is rows and
wrapped keys together: it would open whose key is destroyed later.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

_PREFIX, _DRILL = "handoff-practice-", "drill-"


def practice_place() -> AbstractContextManager[Path]:
    """A new folder, readable by its owner alone."""
    return _place(None, _PREFIX)


def drill_place(network: Path) -> AbstractContextManager[Path]:
    """The same beside the store: a disk of the right size, and nobody else's."""
    return _place(network, _DRILL)


@contextmanager
def _place(parent: Path | None, prefix: str) -> Iterator[Path]:
    _remove_left(parent, prefix)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as made:
        held = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(made)
        finally:
            os.close(held)


def remove_left(network: Path) -> None:
    """Remove what runs of this user left when they were killed, in the network's folder too. Whatever cannot be removed
    stays.
    """
    _remove_left(None, _PREFIX)
    _remove_left(network, _DRILL)


def _remove_left(parent: Path | None, prefix: str) -> None:
    for found in (parent or Path(tempfile.gettempdir())).glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            held = os.open(found, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # An empty one may have been made just now, and is not locked yet.
                if os.fstat(held).st_uid == os.geteuid() and any(found.iterdir()):
                    shutil.rmtree(found)
            finally:
                os.close(held)
