"""Lanes: what may go, in which order, and what holds what back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import AlreadyReceived, NotFound
from gateway.store import ReleaseRow, Transaction, intents, outbox
from gateway.store.model import Recovered
from tests.gateway.store.samples import AT, LATER, MUCH_LATER, URL_FILE, entry, intent, opened, with_patient


def _add(write: Any, *ids: str, **changed: Any) -> None:
    write(lambda tx: [intents.add(tx, intent(one, **changed)) for one in ids])


def _claim(write: Any, now: str = AT, limit: int = 10, skip: tuple[str, ...] = ()) -> list[str]:
    return [found.id for found in write(lambda tx: intents.claim_due(tx, now, limit, skip))]


def _finish(write: Any, intent_id: str, state: str, due_at: str | None = None) -> None:
    write(lambda tx: intents.finish(tx, intent_id, state, AT, "BECAUSE", due_at))


def test_a_lane_goes_one_at_a_time_in_its_order(write: Any) -> None:
    _add(write, "a", "b", "c")
    assert _claim(write) == ["a"]
    assert _claim(write) == []
    _finish(write, "a", "delivered")
    assert _claim(write) == ["b"]
    _finish(write, "b", "refused")
    assert _claim(write) == ["c"]


def test_other_patients_and_other_partners_do_not_wait(write: Any) -> None:
    write(with_patient("p2"))
    _add(write, "a", "b")
    _add(write, "c", patient_id="p2")
    _add(write, "d", partner="housing")
    assert sorted(_claim(write)) == ["a", "c", "d"]


def test_a_claim_counts_the_attempt_and_shows_it(write: Any, store: Any) -> None:
    _add(write, "a")
    claimed = write(lambda tx: intents.claim_due(tx, LATER, 1))[0]
    assert (claimed.state, claimed.attempts, claimed.updated_at) == ("sending", 1, LATER)
    with store.read() as reading:
        assert intents.get(reading, "a") == claimed


def test_an_intent_comes_back_as_it_was_added(write: Any, store: Any) -> None:
    _add(write, "a", focus=("Task/t/3", "ServiceRequest/r/1"), reason="R")
    with store.read() as reading:
        found = intents.get(reading, "a")
        assert found is not None
        assert found == intent(
            "a", focus=("Task/t/3", "ServiceRequest/r/1"), reason="R", sequence=found.sequence
        )
        assert intents.of_patient(reading, "p1") == (found,)
        assert intents.of_key(reading, "p1", "clinic", "key-a") == (found,)
        assert intents.of_message(reading, "m1") == ()
        assert intents.get(reading, "b") is None


def test_nothing_goes_before_it_is_due(write: Any, store: Any) -> None:
    _add(write, "a", due_at=LATER)
    assert _claim(write, AT) == []
    with store.read() as reading:
        assert intents.next_due_at(reading, "clinic") == LATER
        assert intents.next_due_at(reading, "housing") is None
    assert _claim(write, LATER) == ["a"]


def test_a_retry_keeps_its_place_at_the_front(write: Any) -> None:
    _add(write, "a", "b")
    _claim(write)
    _finish(write, "a", "retry", due_at=LATER)
    assert _claim(write, AT) == []
    assert _claim(write, LATER) == ["a"]


@pytest.mark.parametrize("state", ["held", "unknown", "dead"])
def test_what_waits_for_a_person_holds_back_only_its_own_key(write: Any, state: str) -> None:
    _add(write, "a", business_key="k1")
    _add(write, "b", business_key="k2")
    _add(write, "c", business_key="k1")
    _add(write, "d", business_key="k3")
    _claim(write)
    _finish(write, "a", state)
    assert _claim(write) == ["b"]
    _finish(write, "b", "delivered")
    assert _claim(write) == ["d"]
    _finish(write, "d", "delivered")
    assert _claim(write) == []
    _finish(write, "a", "cancelled")
    assert _claim(write) == ["c"]


def test_what_comes_after_a_held_one_of_its_key_waits_too(write: Any) -> None:
    _add(write, "a", business_key="k", state="held")
    _add(write, "b", business_key="k")
    assert _claim(write) == []
    write(lambda tx: intents.wake_patient(tx, "p1", AT))
    assert _claim(write) == ["a"]


def test_without_a_business_key_nothing_is_held_back_by_key(write: Any) -> None:
    _add(write, "a", business_key="", state="held")
    _add(write, "b", business_key="")
    assert _claim(write) == ["b"]


def test_a_woken_intent_does_not_overtake_one_that_is_being_sent(write: Any) -> None:
    _add(write, "a", state="held")
    _add(write, "b", "c")
    assert _claim(write) == ["b"]
    assert write(lambda tx: intents.wake_patient(tx, "p1", AT)) == 1
    assert _claim(write) == []
    _finish(write, "b", "delivered")
    assert _claim(write) == ["a"]
    _finish(write, "a", "delivered")
    assert _claim(write) == ["c"]


def test_holding_one_that_is_being_sent_frees_the_lane(write: Any, store: Any) -> None:
    _add(write, "a", "b")
    _claim(write)
    write(lambda tx: intents.hold(tx, "a", LATER, "NO_CONSENT"))
    assert _claim(write) == ["b"]
    with store.read() as reading:
        held = intents.get(reading, "a")
        assert held is not None and (held.state, held.reason, held.updated_at) == (
            "held",
            "NO_CONSENT",
            LATER,
        )
        assert [found.id for found in intents.in_state(reading, "held")] == ["a"]


def test_waking_wakes_only_that_patient(write: Any) -> None:
    write(with_patient("p2"))
    _add(write, "a", state="held")
    _add(write, "b", state="held", patient_id="p2")
    assert write(lambda tx: intents.wake_patient(tx, "p2", AT)) == 1
    assert _claim(write) == ["b"]


def test_a_partner_that_is_skipped_waits_and_the_rest_goes(write: Any) -> None:
    _add(write, "a")
    _add(write, "b", partner="housing")
    assert _claim(write, skip=("clinic",)) == ["b"]
    assert _claim(write) == ["a"]


def test_a_long_queue_toward_one_partner_does_not_starve_another(write: Any) -> None:
    for number in range(20):
        write(with_patient(f"q{number}"))
        _add(write, f"a{number}", patient_id=f"q{number}", partner="big")
    _add(write, "z", partner="small", due_at=LATER)
    assert "z" in _claim(write, LATER, limit=4)


def test_counts_follow_every_change(write: Any, store: Any) -> None:
    _add(write, "a", "b", "c")
    _add(write, "d", partner="housing", state="held")
    _claim(write)
    _finish(write, "a", "delivered")
    with store.read() as reading:
        assert intents.counts_by_state(reading) == {
            ("clinic", "due"): 2,
            ("housing", "held"): 1,
        }


def test_the_same_intent_is_added_once(write: Any) -> None:
    _add(write, "a")
    with pytest.raises(AlreadyReceived, match="ROW_EXISTS"):
        _add(write, "a")


def test_an_unknown_intent_cannot_be_finished(write: Any) -> None:
    with pytest.raises(NotFound, match="NO_SUCH_INTENT"):
        _finish(write, "nobody", "delivered")


def _release(tx: Transaction, intent_id: str, partner: str, state: str) -> None:
    from gateway import audit

    receipt = audit.append(tx, entry())
    row = ReleaseRow(f"rel-{intent_id}", intent_id, "p1", partner, receipt.seq, "0", "x/y", AT, "prepared")
    outbox.add(tx, row, b"bytes")
    outbox.mark(tx, row.id, state, LATER)


def test_after_a_restart_what_was_in_flight_goes_again_or_to_a_person(place: Path) -> None:
    ended = opened(place)

    def write(work: Any) -> Any:
        return asyncio.run(ended.write(work))

    write(with_patient())
    _add(write, "a", partner="resends")
    _add(write, "b", partner="asks")
    _add(write, "c", partner="asks-but-nothing-left")
    _add(write, "d", partner="untouched", due_at=MUCH_LATER)
    _claim(write)
    write(lambda tx: _release(tx, "a", "resends", "handed_over"))
    write(lambda tx: _release(tx, "b", "asks", "handed_over"))
    write(lambda tx: _release(tx, "c", "asks-but-nothing-left", "prepared"))
    asyncio.run(ended.close())
    store = opened(place)
    ask = ("asks", "asks-but-nothing-left")
    recovered = asyncio.run(store.write(lambda tx: intents.recover_sending(tx, LATER, ask)))
    assert recovered == Recovered(retry=2, unknown=1)
    with store.read() as reading:
        states = {found.id: (found.state, found.reason) for found in intents.of_patient(reading, "p1")}
    assert states == {
        "a": ("retry", "POSSIBLE_DUPLICATE"),
        "b": ("unknown", "INTERRUPTED"),
        "c": ("retry", "INTERRUPTED"),
        "d": ("due", ""),
    }
    again = asyncio.run(store.write(lambda tx: intents.claim_due(tx, LATER, 10)))
    assert sorted(found.id for found in again) == ["a", "c"]
    asyncio.run(store.close())


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "held", "claim", "delivered", "retry", "dead", "cancelled", "wake", "due"]),
        st.integers(0, 7),
    ),
    max_size=25,
)


class _Undo(Exception):
    """Ends an example and takes back what it wrote, so that one store serves them all."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("lanes")
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        (folder / URL_FILE).write_text(server.url(server.new_database()))
    made = opened(folder)
    yield made
    asyncio.run(made.close())


@given(steps=_STEPS)
def test_whatever_happens_each_lane_keeps_its_order(steps: list[tuple[str, int]], shared: Any) -> None:
    """Against a slow and obvious model: which intent may be claimed next in the one lane with two keys."""
    names = itertools.count()
    model: list[dict[str, str]] = []

    def step(tx: Transaction, act: str, number: int) -> None:
        if act in ("add", "held"):
            name, key = f"i{next(names)}", f"k{number % 2}"
            state = "due" if act == "add" else "held"
            intents.add(tx, intent(name, business_key=key, state=state))
            model.append({"id": name, "key": key, "state": state})
        elif act == "claim":
            expected = _may_go(model)
            assert [found.id for found in intents.claim_due(tx, AT, 5)] == expected
            for one in model:
                one["state"] = "sending" if one["id"] in expected else one["state"]
        elif act == "wake":
            intents.wake_patient(tx, "p1", AT)
            for one in model:
                one["state"] = "due" if one["state"] == "held" else one["state"]
        elif model:
            one = model[number % len(model)]
            intents.finish(tx, one["id"], act, AT, "", AT)
            one["state"] = act

    def play(tx: Transaction) -> None:
        with_patient()(tx)
        for act, number in [*steps, ("claim", 0)]:
            step(tx, act, number)
        raise _Undo

    with pytest.raises(_Undo):
        asyncio.run(shared.write(play))


def _may_go(model: list[dict[str, str]]) -> list[str]:
    if any(one["state"] == "sending" for one in model):
        return []
    for place, one in enumerate(model):
        holding = [
            earlier
            for earlier in model[:place]
            if earlier["key"] == one["key"] and earlier["state"] in ("held", "unknown", "dead")
        ]
        if one["state"] in ("due", "retry") and not holding:
            return [one["id"]]
    return []
