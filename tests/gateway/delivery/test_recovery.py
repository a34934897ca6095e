"""What a process was sending that ended without a word, as another process finds it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.delivery.recovery import Recovery
from gateway.partners import FhirDelivery
from tests.gateway.county import County
from tests.gateway.delivery.test_sender import release_states


@pytest.fixture
def due(county: County) -> County:
    """A referral to the program is due, and she permits it."""
    county.consent()
    county.refer()
    return county


def recovered(county: County) -> None:
    """Look until something was found, then once more; both times in the life of one `Recovery`."""

    async def scene() -> None:
        premises = replace(county.premises, work_waiting=asyncio.Event())
        recovery = Recovery(premises, first_after_seconds=0.0)
        looking = asyncio.ensure_future(recovery.run(every_seconds=0.0))
        async with asyncio.timeout(90):
            await premises.work_waiting.wait()
        await recovery.stop()
        await looking

    asyncio.run(scene())


@pytest.mark.requirement("P2-25-01")
def test_what_may_have_left_goes_again_marked_and_is_accounted_for(due: County) -> None:
    due.change_partner("otp", delivery=FhirDelivery(url="http://127.0.0.1:9/fhir"))
    due.released()

    recovered(due)

    assert [(one.state, one.reason) for one in due.intents()] == [("retry", "POSSIBLE_DUPLICATE")]
    assert release_states(due) == ["unknown"]
    assert [row.entry.outcome for row in due.audit("handover") if row.entry is not None] == ["unknown"]


def test_what_has_not_left_goes_again_unmarked(due: County) -> None:
    due.change_partner("otp", delivery=FhirDelivery(url="http://127.0.0.1:9/fhir", on_unknown="ask"))
    due.released()

    recovered(due)

    assert [(one.state, one.reason) for one in due.intents()] == [("retry", "INTERRUPTED")]
    assert due.audit("handover") == []


def test_where_nothing_is_left_nothing_is_written(due: County) -> None:
    async def scene() -> None:
        recovery = Recovery(due.premises, first_after_seconds=0.0)
        looking = asyncio.ensure_future(recovery.run(every_seconds=0.0))
        for _ in range(20):
            await asyncio.sleep(0)
        await recovery.stop()
        await looking

    before = due.intents()
    asyncio.run(scene())
    assert due.intents() == before
