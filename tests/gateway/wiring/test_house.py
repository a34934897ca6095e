"""What only the keeper does: begun when this process becomes it, ended when it is no longer."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

import pytest

from gateway.wiring.house import House


@dataclass
class Keeping:
    """Whether this process is the keeper, and what the house was told."""

    is_keeper: bool = False
    told: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def enter(self, stack: contextlib.AsyncExitStack) -> None:
        self._tell("entered")
        stack.callback(self._tell, "left")

    def _tell(self, word: str) -> None:
        self.told.append(word)
        self.news.set()

    async def hear(self, told: list[str]) -> None:
        async with asyncio.timeout(90):
            while self.told != told:
                self.news.clear()
                await self.news.wait()


def test_it_is_entered_and_left_as_the_lease_comes_and_goes() -> None:
    async def run() -> None:
        keeping = Keeping()
        house = House(lambda: keeping.is_keeper, keeping.enter)
        running = asyncio.ensure_future(house.run())
        await asyncio.sleep(0)
        assert keeping.told == []
        keeping.is_keeper = True
        await keeping.hear(["entered"])
        keeping.is_keeper = False
        await keeping.hear(["entered", "left"])
        keeping.is_keeper = True
        await keeping.hear(["entered", "left", "entered"])
        await house.stop()
        await running
        assert keeping.told == ["entered", "left", "entered", "left"]

    asyncio.run(run())


def test_what_fails_on_the_way_in_is_told() -> None:
    async def refuse(_stack: contextlib.AsyncExitStack) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(House(lambda: True, refuse).run())
