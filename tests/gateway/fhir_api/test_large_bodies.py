"""Many large bodies at once fill no memory: a few arrive at a time, of one partner fewer; the others wait outside."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from gateway.errors import NotNow
from gateway.fhir_api.incoming import (
    BODIES_OF_ONE,
    LARGE_AT_ONCE,
    LARGE_BYTES,
    LARGE_OF_ONE,
    LargeBodies,
    body_of,
)

PART, PARTS = 65_536, 12


@pytest.mark.parametrize(("partners", "at_once"), [(1, LARGE_OF_ONE), (6, LARGE_AT_ONCE)])
def test_large_bodies_arrive_a_few_at_a_time_and_a_small_one_does_not_wait(
    partners: int, at_once: int
) -> None:
    app, arrived = Starlette(), [0] * (LARGE_AT_ONCE + 4)

    async def scene() -> tuple[list[int], list[bytes]]:
        app.state.large_bodies = LargeBodies()
        go = asyncio.Event()

        def asked(number: int, parts: int) -> Request:
            async def receive() -> dict[str, Any]:
                if arrived[number] == parts - 1:
                    await go.wait()
                arrived[number] += 1
                more = arrived[number] < parts
                return {"type": "http.request", "body": b"x" * PART, "more_body": more}

            state = {"partner": f"p{number % partners}"}
            return Request({"type": "http", "headers": [], "app": app, "state": state}, receive)

        large = [asyncio.ensure_future(body_of(asked(n, PARTS), 2**20)) for n in range(len(arrived))]
        for _ in range(PARTS * 20):
            await asyncio.sleep(0)
        held = [parts * PART for parts in arrived]
        arrived.append(0)
        go.set()
        small = await body_of(asked(-1, 1), 2**20)
        return held, [small, *await asyncio.gather(*large)]

    held, bodies = asyncio.run(scene())
    assert sum(one > LARGE_BYTES + PART for one in held) == at_once, held
    assert [len(one) for one in bodies] == [PART, *[PART * PARTS] * (LARGE_AT_ONCE + 4)]


def test_of_one_partner_so_many_bodies_come_at_once_and_a_token_can_be_asked_for_all_the_same() -> None:
    bodies = LargeBodies()
    with contextlib.ExitStack() as under_way:
        for _ in range(BODIES_OF_ONE):
            under_way.enter_context(bodies.coming("otp"))
            under_way.enter_context(bodies.coming(""))
        with pytest.raises(NotNow), bodies.coming("otp"):
            pass
        for other in ("housing", ""):
            under_way.enter_context(bodies.coming(other))
    with bodies.coming("otp"):
        pass
