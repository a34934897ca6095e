"""Trouble at the worst moment: between the first byte and the moment the store knows what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.clock import instant_text
from gateway.delivery.http_push import open_transport
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.sender import Sender
from gateway.disclosure.gate import LastLook, still_stands
from gateway.errors import NotNow
from gateway.partners import FhirDelivery
from gateway.store import Reading, Transaction, intents, outbox
from tests.gateway.county import HOUSING, OTP, County
from tests.gateway.delivery.test_sender import TIMES, Server, play, release_states, settled

pytestmark = pytest.mark.timeout(180)


class StoreWithAGap:
    """The real store, which does not take the writes numbered in `gap` (from 0)."""

    def __init__(self, store: Any, gap: range) -> None:
        self._store = store
        self._gap = gap
        self.writes = 0

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        self.writes += 1
        if self.writes - 1 in self._gap:
            raise NotNow("STORE_BUSY", "the disk does not take it")
        return await self._store.write(work)

    def read(self) -> AbstractContextManager[Reading]:
        found: AbstractContextManager[Reading] = self._store.read()
        return found

    async def close(self) -> None:
        await self._store.close()


@pytest.fixture
def due(county: County) -> County:
    """A referral to the program is due, and she permits it."""
    county.consent()
    county.refer()
    return county


def handovers(county: County) -> list[str]:
    """The outcome of each entry that says that bytes left."""
    return [logged.row.outcome for logged in county.audit("handover")]


def killed_while_handing_over(county: County, **delivery: Any) -> None:
    """The process ends just after the first byte may have left."""
    county.change_partner("otp", delivery=FhirDelivery(url="http://127.0.0.1:9/fhir", **delivery))
    made = county.released()
    assert county.run(LastLook(county.premises, made)())


def restart(county: County, *asks: str) -> None:
    now = instant_text(county.clock.now())
    county.write(lambda tx: intents.recover_sending(tx, now, asks))


@pytest.mark.parametrize("gap", [range(3, 4), range(3, 6)])
def test_what_the_partner_took_is_stored_as_soon_as_the_store_takes_it_and_sent_once(
    due: County, gap: range
) -> None:
    # Writes: claim, decide, last look, settle.
    server, store = Server("200 OK"), StoreWithAGap(due.store, gap)
    play(
        due, server, settled(due, "delivered"), premises=replace(due.premises, store=store), on_unknown="ask"
    )

    assert len(server.received) == 1
    assert release_states(due) == ["delivered"]
    assert handovers(due) == ["delivered"]
    assert store.writes > gap.stop


def test_a_store_that_is_busy_for_a_moment_leaves_nothing_sending(due: County) -> None:
    # Deciding fails, and so does putting the intent back; then there is space again.
    store = StoreWithAGap(due.store, range(1, 3))
    play(due, Server("200 OK"), settled(due, "retry"), premises=replace(due.premises, store=store))

    due.clock.advance(timedelta(hours=1))
    play(due, Server("200 OK"), settled(due, "delivered"))

    assert due.intents()[0].attempts == 2


class AwayForAMoment(StoreWithAGap):
    """The real store, of whose reads the numbered ones (from 0) do not reach it."""

    reads = 0

    def read(self) -> AbstractContextManager[Reading]:
        self.reads += 1
        if self.reads - 1 in self._gap:
            raise NotNow("STORE_BUSY", "the database is away")
        return super().read()

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        return await self._store.write(work)


def test_a_moment_without_the_database_does_not_end_the_sender(due: County) -> None:
    # Reads: what was interrupted, then what is due.
    store = AwayForAMoment(due.store, range(1, 3))
    play(due, Server("200 OK"), settled(due, "delivered"), premises=replace(due.premises, store=store))


def test_a_store_that_is_away_when_the_sender_begins_is_asked_again_for_what_was_interrupted(
    due: County,
) -> None:
    killed_while_handing_over(due)
    restart(due)
    store = AwayForAMoment(due.store, range(2))
    play(due, Server("200 OK"), settled(due, "delivered"), premises=replace(due.premises, store=store))

    assert handovers(due) == ["unknown", "delivered"]
    assert store.reads > 3


def test_when_handing_over_cannot_be_stored_nothing_leaves(due: County) -> None:
    server, store = Server("200 OK"), StoreWithAGap(due.store, range(2, 3))
    play(due, server, settled(due, "retry"), premises=replace(due.premises, store=store), on_unknown="ask")

    assert server.received == []
    assert handovers(due) == []


def test_killed_while_handing_over_a_person_is_asked_where_a_repeat_would_harm(due: County) -> None:
    killed_while_handing_over(due, on_unknown="ask")
    restart(due, "otp")

    assert [(intent.state, intent.reason) for intent in due.intents()] == [("unknown", "INTERRUPTED")]


def test_killed_while_handing_over_it_goes_again_as_a_possible_repeat_and_is_accounted_for(
    due: County,
) -> None:
    killed_while_handing_over(due)
    restart(due)
    assert due.intents()[0].reason == "POSSIBLE_DUPLICATE"

    server = Server("200 OK")
    play(due, server, settled(due, "delivered"))

    assert handovers(due) == ["unknown", "delivered"]
    assert release_states(due) == ["unknown", "delivered"]
    first, second = due.audit("handover")
    assert first.entry is not None and second.entry is not None
    assert first.entry.bytes_sha256 == second.entry.bytes_sha256


def test_killed_before_the_first_byte_it_goes_again_without_a_flag_where_that_matters(due: County) -> None:
    due.change_partner("otp", delivery=FhirDelivery(url="http://127.0.0.1:9/fhir", on_unknown="ask"))
    due.released()
    restart(due, "otp")

    assert [(intent.state, intent.reason) for intent in due.intents()] == [("retry", "INTERRUPTED")]
    assert due.look(outbox.pushes_handed_over) == ()


@pytest.mark.requirement("P2-25-01")
def test_only_what_left_is_a_handover(due: County) -> None:
    due.change_partner("otp", delivery=FhirDelivery(url="http://127.0.0.1:9/fhir"))
    play(due, None, settled(due, "retry"))
    assert handovers(due) == []

    due.clock.advance(timedelta(hours=1))
    play(due, Server("503 Unavailable"), lambda: bool(handovers(due)))
    due.clock.advance(timedelta(hours=1))
    play(due, Server("200 OK"), settled(due, "delivered"))

    assert handovers(due) == ["retry", "delivered"]
    assert len(due.audit("disclose")) == 3
    entry, allowed = due.audit("handover")[-1].entry, due.audit("disclose")[-1].entry
    assert entry is not None and allowed is not None
    assert entry.request_id == allowed.request_id
    assert entry.bytes_sha256 == allowed.bytes_sha256
    assert entry.subject == due.look(lambda r: outbox.of_patient(r, due.patient_id))[-1].id
    assert entry.recipient_address == "22 Sunrise Avenue, Phoenix AZ"


def test_a_retry_has_the_same_bytes_under_the_same_key(due: County) -> None:
    server = Server("504 Gateway", "200 OK")
    play(due, server, settled(due, "retry"))
    due.clock.advance(timedelta(hours=1))
    play(due, server, settled(due, "delivered"))

    first, second = server.received
    assert first == second
    assert len(server.keys) == 2 and len(set(server.keys)) == 1


def test_other_bytes_have_another_key(due: County) -> None:
    server = Server("504 Gateway", "200 OK")
    play(due, server, settled(due, "retry"))
    due.clock.advance(timedelta(hours=1))
    due.consent(without=("SUD",))
    play(due, server, settled(due, "delivered"))

    assert server.received[0] != server.received[1]
    assert len(set(server.keys)) == 2


def test_the_week_of_trying_does_not_begin_while_it_waits_for_a_consent(county: County) -> None:
    county.refer()
    county.refused()
    county.clock.advance(timedelta(days=8))
    county.consent()

    play(county, Server("503 Unavailable"), settled(county, "retry"))

    assert county.intents()[0].reason == "HTTP_503"


def test_a_consent_that_ends_between_decision_and_first_byte_stops_it(county: County) -> None:
    end = county.clock.now() + timedelta(seconds=10)
    made = county.consent()
    resource = {**made.resource, "provision": {**made.resource["provision"]}}
    resource["provision"]["period"] = {**resource["provision"].get("period", {}), "end": instant_text(end)}
    county.replace("hospital", str(resource["id"]), resource)
    county.refer()

    released = county.released()
    assert released.valid_until is not None and released.valid_until >= end
    assert still_stands(county.premises, released)
    county.clock.advance(timedelta(seconds=25))

    assert not still_stands(county.premises, released)
    assert not county.run(LastLook(county.premises, released)())
    assert release_states(county) == ["handed_over"]


def test_what_breaks_after_the_first_byte_may_have_arrived(
    due: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.delivery import ways as room

    async def breaking(*given: Any, **named: Any) -> None:
        assert await given[5]()
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(room, "push_bundle", breaking)
    play(due, Server("200 OK"), settled(due, "unknown"), on_unknown="ask")

    assert handovers(due) == ["unknown"]


def test_what_was_stored_once_is_not_stored_again(due: County) -> None:
    """A stop may cut the wait for a commit that then happens all the same."""
    made = due.released()
    (intent,) = due.intents("sending")

    async def scene() -> None:
        async with open_transport() as client:
            sender = Sender(due.premises, client, TIMES)
            outcome = DeliveryOutcome("delivered", "HTTP_200")
            settling = sender._settling(intent, made, outcome, left=True)
            await asyncio.gather(due.store.write(settling), due.store.write(settling))

    due.run(scene())

    assert handovers(due) == ["delivered"]
    assert due.states() == ["delivered"]


@pytest.mark.requirement("P2-13-01")
def test_a_partner_that_practises_is_shown_nothing_of_others(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    asked = ("housing", "Goal", HOUSING, "COC")
    assert county.search(*asked)["total"] > 0
    before = len(county.audit("disclose"))

    county.change_partner("housing", state="test")

    assert county.search(*asked)["total"] == 0
    assert len(county.audit("disclose")) == before
