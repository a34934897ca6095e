"""Answers that leave at whole quarters of a second: what was looked through for one does not show in when it comes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable
from typing import TypeVar

TICK_SECONDS = 0.25
T = TypeVar("T")


async def on_a_tick(work: Awaitable[T]) -> T:
    """What `work` comes to, or what it raises, after a whole number of ticks."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        return await work
    finally:
        gone = loop.time() - began
        await asyncio.sleep(math.ceil(gone / TICK_SECONDS) * TICK_SECONDS - gone)
