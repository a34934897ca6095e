"""How the time of a piece of work grows with its length, measured in one run against itself.

No bound is in seconds: how fast a machine is, or how busy, decides no test.
"""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES = 8
"""How much longer the long input is."""

SLACK = 3
"""Three times what growing with the length would take; growing with its square takes TIMES times as much."""

ATTEMPTS = 5


def assert_grows_with_length(work: Callable[[int], object], size: int) -> None:
    """Assert that work on TIMES `size` takes about TIMES as long as on `size`, by the best of a few attempts.

    A machine that is busy with something else during an attempt makes it one attempt more, not a failure.
    """
    work(2)
    short = long = float("inf")
    for _ in range(ATTEMPTS):
        short = min(short, _seconds(work, size))
        long = min(long, _seconds(work, size * TIMES))
        if long < short * TIMES * SLACK:
            return
    raise AssertionError(
        f"{TIMES} times as much took {long / short:.0f} times as long ({short:.3f} s, {long:.3f} s)"
    )


def _seconds(work: Callable[[int], object], size: int) -> float:
    start = time.process_time()
    work(size)
    return time.process_time() - start
