"""How a serving process asks the C library for memory, where that is glibc; elsewhere nothing happens."""

from __future__ import annotations

import ctypes

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
