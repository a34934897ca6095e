"""Raw messages are destroyed when they are old and settled: in the store, and for every backup; the rest stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from gateway.audit import newest
from gateway.errors import NotFound
from gateway.store import inbox
from gateway.store.model import AuditFilter
from gateway.store.sqlite_copy import copy_to_read
from gateway.wiring import retention
from gateway.wiring.retention import MESSAGES_DESTROYED, Retention
from tests.gateway.county import County
from tests.gateway.wiring.keeping import back_up, bytes_of, with_own_keys

DAYS = 90


@pytest.fixture
def own(county: County) -> Iterator[County]:
    with_own_keys(county)
    county.consent()
    yield county


def destroy_old(county: County, days: int = DAYS) -> int:
    return county.run(Retention(county.store, county.clock, days).destroy_old())


def raw(county: County, message_id: str) -> bytes:
    return county.look(lambda reading: inbox.raw(reading, message_id))


@pytest.mark.requirement("P2-16-01")
def test_an_old_settled_message_is_destroyed_with_its_key_and_its_records_stay(own: County) -> None:
    old = own.refer().message_id
    own.deliver()
    made = back_up(own)
    before = own.records()
    (sealed,) = own.look(lambda reading: reading.rows("inbox.sealed", {"id": old}))
    content = bytes(sealed["sealed"])
    assert content in bytes_of(own.folder.path)
    own.clock.advance(timedelta(days=DAYS + 1))

    assert destroy_old(own) == 2, "the referral and the consent's own message"

    with pytest.raises(NotFound, match="KEY_GONE"):
        raw(own, old)
    assert own.records() == before
    kept = own.look(lambda reading: inbox.get(reading, old))
    assert kept is not None and kept.state == "accepted"
    newer = back_up(own)
    assert newer.found.destroyed >= 2
    alone = own.folder.keys.cipher_alone()
    with (
        copy_to_read(made.rows.rows, newer.keys.path, alone) as copy,
        pytest.raises(NotFound, match="KEY_GONE"),
    ):
        inbox.raw(copy, old)
    assert content not in b"".join(path.read_bytes() for path in own.folder.path.glob("handoff.db*"))
    (said,) = own.look(lambda reading: newest(reading, 1, AuditFilter(kind="outcome")))
    assert said.entry is not None and said.entry.outcome == MESSAGES_DESTROYED
    assert "kept for 90 days" in said.entry.description
    assert destroy_old(own) == 0


def test_messages_of_one_instant_are_all_destroyed_whatever_a_page_holds(
    own: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages of a walk are kept apart by when a message came and by its id."""
    monkeypatch.setattr(retention, "_BATCH", 1)
    old = []
    for number in range(2):
        old.append(own.refer(control_id=f"ED-{number}", referral=f"R-{number}").message_id)
        own.deliver()
    own.clock.advance(timedelta(days=DAYS + 1))
    destroy_old(own)
    for message_id in old:
        with pytest.raises(NotFound, match="KEY_GONE"):
            raw(own, message_id)


def test_what_is_young_or_waits_or_needs_a_person_stays(own: County) -> None:
    waiting = own.refer().message_id
    broken = own.refer(control_id="ED-2", addressee="NOBODY").message_id
    own.clock.advance(timedelta(days=DAYS + 1))
    young = own.refer(control_id="ED-3", referral="R-3").message_id

    destroy_old(own)

    for message_id in (waiting, broken, young):
        assert raw(own, message_id)


def test_without_a_word_of_the_operator_everything_stays(own: County) -> None:
    old = own.refer().message_id
    own.deliver()
    own.clock.advance(timedelta(days=10_000))
    assert destroy_old(own, 0) == 0
    assert raw(own, old)


def test_the_same_bytes_again_are_still_known(own: County) -> None:
    first = own.refer()
    own.deliver()
    own.clock.advance(timedelta(days=DAYS + 1))
    destroy_old(own)

    again = own.refer()

    assert again.message_id == first.message_id
    assert len(own.intents()) == 1


def test_it_runs_beside_the_gateway(own: County) -> None:
    old = own.refer().message_id
    own.deliver()
    own.clock.advance(timedelta(days=DAYS + 1))

    async def run() -> None:
        working = Retention(own.store, own.clock, DAYS)
        running = asyncio.create_task(working.run(0.01))
        while await asyncio.to_thread(_is_there, own, old):  # noqa: ASYNC110 - the file has no event
            await asyncio.sleep(0)
        await working.stop()
        await running

    own.run(run())


def _is_there(county: County, message_id: str) -> bool:
    with county.store.read() as reading:
        try:
            return bool(inbox.raw(reading, message_id))
        except NotFound:
            return False


@pytest.mark.requirement("P2-16-01")
def test_what_was_refused_and_nobody_corrected_is_bounded_by_time(own: County) -> None:
    broken = own.refer(control_id="ED-2", addressee="NOBODY").message_id
    own.clock.advance(timedelta(days=DAYS + 1))
    young = own.refer(control_id="ED-3", addressee="NOBODY").message_id

    assert own.run(Retention(own.store, own.clock, 0, DAYS).destroy_old()) == 1

    with pytest.raises(NotFound, match="KEY_GONE"):
        raw(own, broken)
    kept = own.look(lambda reading: inbox.get(reading, broken))
    assert kept is not None and kept.state == "rejected" and "ADDRESSEE_UNKNOWN" in kept.faults
    assert raw(own, young)
    (said,) = own.look(lambda reading: newest(reading, 1, AuditFilter(kind="outcome")))
    assert said.entry is not None and "1 refused messages" in said.entry.description


def test_one_that_is_corrected_at_that_moment_is_not_given_up(own: County) -> None:
    broken = own.refer(control_id="ED-2", addressee="NOBODY").message_id
    own.clock.advance(timedelta(days=DAYS + 1))
    retention = Retention(own.store, own.clock, 0, DAYS)
    own.write(lambda tx: inbox.set_state(tx, broken, "replayed", "[]"))
    assert own.write(lambda tx: retention._destroy([broken], "needs_attention", "2026-01-01", tx)) == (0, {})
    assert raw(own, broken)
