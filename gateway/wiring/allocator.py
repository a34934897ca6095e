"""How a serving process asks the C library for memory, where that is glibc; elsewhere nothing happens."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
from pathlib import Path

_BURST_BYTES = 32 * 1024 * 1024
_STATM = Path("/proc/self/statm")
_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""


def keep_to_one_arena() -> None:
    """Let all threads share one arena, each having its own otherwise: some 5 MB less; threads here take turns anyway."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Give back what starting needed and nothing needs any more."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


async def give_back_after_bursts(stop: asyncio.Event, every_seconds: float = 30.0) -> None:
    """Give back what a burst needed, such as many large messages at once, until `stop`; looked at every so often.

    The C library keeps it otherwise, and the process looks as large as it ever was.
    """
    usual = resident_bytes()
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every_seconds)
        if resident_bytes() > usual + _BURST_BYTES:
            await asyncio.to_thread(give_back)
            usual = max(
                usual, resident_bytes()
            )  # what is left is in use, and asking again would find nothing


def resident_bytes() -> int:
    """Memory in use now, in bytes; 0 where that cannot be told."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
