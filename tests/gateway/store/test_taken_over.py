"""A gateway that stood still so long that another took over its work leaves that work alone when it wakes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.clock import instant_text
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.sender import Sender
from gateway.disclosure import gate
from gateway.disclosure.gate import LastLook
from gateway.disclosure.release import Release
from gateway.store import Intent, intents, outbox
from gateway.wiring.opening import open_premises, open_writing_store
from tests.gateway.county import County
from tests.gateway.store.test_postgres import _silence


class TwoGateways(County):
    """The county's gateway, and another on the same database whose machine stops for a while."""

    def __init__(self, path: Path, url: str) -> None:
        super().__init__(path)
        self.run(self.store.close())
        self.url = url
        self.store = open_writing_store(self.folder, url)
        self.premises = open_premises(self.folder, self.store, self.clock)
        self.stalled_store = open_writing_store(self.folder, url)
        delivery = self.premises.network.partners["otp"].delivery
        asking = msgspec.structs.replace(delivery, on_unknown="ask")
        self.change_partner("otp", delivery=asking)
        stalled = open_premises(self.folder, self.stalled_store, self.clock)
        self.stalled = replace(stalled, network=self.premises.network)

    def taken_over(self) -> tuple[Intent, Release]:
        """The stalled gateway has claimed and released; then this one takes over, delivers, and is told so."""
        self.refer()
        self.consent()
        now = instant_text(self.clock.now())
        (intent,) = asyncio.run(self.stalled_store.write(lambda tx: intents.claim_due(tx, now, 9)))
        made = asyncio.run(gate.release(self.stalled, intent))
        assert isinstance(made, Release)
        _silence(self.stalled_store, self.url)
        assert self.write(lambda tx: intents.recover_sending(tx, now, ["otp"])).retry == 1
        (again,) = self.claim()
        fresh = self.run(gate.release(self.premises, again))
        assert isinstance(fresh, Release)
        assert self.run(LastLook(self.premises, fresh)()) is True
        self.settle(again, "delivered", "HTTP_200")
        return intent, made


@pytest.fixture
def two(postgres: Any, tmp_path: Path) -> Iterator[TwoGateways]:
    made = TwoGateways(tmp_path, postgres.url(postgres.emptied()))
    yield made
    asyncio.run(made.stalled_store.close())
    made.close()


def test_it_does_not_send_what_another_has_sent(two: TwoGateways) -> None:
    _, stalled = two.taken_over()

    assert asyncio.run(LastLook(two.stalled, stalled)()) is False
    row = two.look(lambda reading: outbox.get(reading, stalled.id))
    assert row is not None and row.state == "prepared"


@pytest.mark.parametrize("kind", ["retry", "refused", "unknown", "aborted", "delivered"])
def test_its_late_outcome_changes_nothing_of_what_another_delivered(two: TwoGateways, kind: Any) -> None:
    intent, stalled = two.taken_over()
    sender = Sender(two.stalled, None)  # type: ignore[arg-type]  # nothing is sent here

    settling = sender._settling(intent, stalled, DeliveryOutcome(kind, "LATE"), left=False)
    asyncio.run(two.stalled_store.write(settling))

    assert two.states() == ["delivered"]


def test_that_it_was_delivered_after_all_spares_a_repeat(two: TwoGateways) -> None:
    two.refer()
    two.consent()
    (intent,) = two.claim()
    made = two.run(gate.release(two.premises, intent))
    assert isinstance(made, Release)
    now = instant_text(two.clock.now())
    two.write(lambda tx: intents.finish(tx, intent.id, "retry", now, "INTERRUPTED", due_at=now))
    sender = Sender(two.premises, None)  # type: ignore[arg-type]  # nothing is sent here

    for outcome, state in (("retry", "retry"), ("delivered", "delivered")):
        settling = sender._settling(intent, made, DeliveryOutcome(outcome, "LATE"), left=False)
        two.write(lambda tx, s=settling: outbox.mark(tx, made.id, "handed_over", now) or s(tx))
        assert two.states() == [state]
