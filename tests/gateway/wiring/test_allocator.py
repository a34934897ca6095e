"""What a burst needed is given back, and asked for no more once it is."""

from __future__ import annotations

import asyncio

import pytest

from gateway.wiring import allocator

MIB = 1024 * 1024


def test_what_a_burst_needed_is_given_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    in_use, given_back, stop = [100 * MIB], [], asyncio.Event()
    sizes = iter([110, 300, 150, 150, 200, 100])

    def give_back() -> None:
        given_back.append(in_use[0] // MIB)
        in_use[0] -= 150 * MIB if in_use[0] > 250 * MIB else 0

    def resident() -> int:
        return in_use[0]

    async def wait(waiting: object, _seconds: float) -> None:
        waiting.close()  # type: ignore[attr-defined]  # a coroutine
        if (size := next(sizes, None)) is None:
            stop.set()
        else:
            in_use[0] = size * MIB

    monkeypatch.setattr(allocator, "give_back", give_back)
    monkeypatch.setattr(allocator, "resident_bytes", resident)
    monkeypatch.setattr("asyncio.wait_for", wait)
    asyncio.run(allocator.give_back_after_bursts(stop))

    assert given_back == [300, 200], "150 MB were left after the first burst, and count as usual from then on"


def test_memory_in_use_is_told() -> None:
    assert allocator.resident_bytes() > MIB
