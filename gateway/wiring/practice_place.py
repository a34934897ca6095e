"""Where `handoff partner test` keeps its store and its keys while it runs: a folder that is gone afterwards.

A run that is killed (`kill -9`, the power) cannot clean up; whoever comes next, a run or a gateway that starts, removes
what it left. Whether a folder is in use says a lock on it, which ends with the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "handoff-practice-"


@contextmanager
def practice_place() -> Iterator[Path]:
    """A new folder, readable by its owner alone."""
    remove_left()
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as made:
        held = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(made)
        finally:
            os.close(held)


def remove_left() -> None:
    """Remove what runs of this user left when they were killed. Whatever cannot be removed stays."""
    for found in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            held = os.open(found, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # An empty one may have been made just now, and is not locked yet.
                if os.fstat(held).st_uid == os.geteuid() and any(found.iterdir()):
                    shutil.rmtree(found)
            finally:
                os.close(held)
