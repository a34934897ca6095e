"""Subscriptions and uses of emergency access, in both kinds of store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.audit import AuditEntry, append
from gateway.errors import HandoffError
from gateway.store import Record, emergency_uses, patients, records, subscriptions
from gateway.store.emergency_uses import EmergencyUse
from gateway.store.subscriptions import Subscription, SubscriptionEvent

AT = "2026-04-11T15:00:00.000000Z"
MADE = Subscription(
    id="s1",
    partner="otp",
    client_id="otp-client",
    purpose="TREAT",
    topic="care-plan",
    about="",
    endpoint="https://otp.test/notices",
    payload="id-only",
    heartbeat_seconds=60,
    ends_at="",
    status="requested",
    version=1,
    created_at=AT,
    updated_at=AT,
    seen_set=0,
    due_at=AT,
)
EVENT = SubscriptionEvent("s1", 1, 0, AT, "p1", "CarePlan", "c1", 1, "waiting")


def test_a_subscription_comes_back_as_it_was_changed(write: Any, store: Any) -> None:
    write(lambda tx: subscriptions.add(tx, MADE))
    changed = replace(MADE, status="active", version=2, positions=3, numbered=2, attempts=1, failing_since=AT)
    write(lambda tx: subscriptions.change(tx, changed))
    with store.read() as reading:
        assert subscriptions.get(reading, "s1") == changed
        assert subscriptions.of_partner(reading, "otp") == (changed,)
        assert subscriptions.of_partner(reading, "housing") == ()
        assert subscriptions.of_status(reading, "active") == (changed,)
        assert subscriptions.of_status(reading, "requested") == ()


@pytest.mark.requirement("SB-01")
def test_events_are_told_in_order_and_no_number_stands_twice(write: Any, store: Any) -> None:
    write(lambda tx: subscriptions.add(tx, MADE))
    for position in (1, 2, 3):
        write(lambda tx, p=position: subscriptions.add_event(tx, replace(EVENT, position=p)))

    def first() -> int:
        with store.read() as reading:
            found = subscriptions.first_open(reading, "s1")
            return 0 if found is None else found.position

    assert first() == 1
    write(lambda tx: subscriptions.settle_event(tx, "s1", 1, 0, "withheld"))
    write(lambda tx: subscriptions.settle_event(tx, "s1", 2, 1, "handed_over"))
    assert first() == 2, "what may have left is not settled"
    with pytest.raises(HandoffError):
        write(lambda tx: subscriptions.settle_event(tx, "s1", 3, 1, "delivered"))
    write(lambda tx: subscriptions.settle_event(tx, "s1", 2, 1, "delivered"))
    assert first() == 3
    with store.read() as reading:
        assert [one.position for one in subscriptions.numbered(reading, "s1", 1, 9, 9)] == [2]
    write(lambda tx: subscriptions.withhold_open(tx, "s1"))
    assert first() == 0
    with store.read() as reading:
        found = [subscriptions.event(reading, "s1", position) for position in (2, 3)]
    assert [one.state for one in found if one is not None] == ["delivered", "withheld"]
    write(lambda tx: subscriptions.remove(tx, "s1"))
    with store.read() as reading:
        assert subscriptions.get(reading, "s1") is None and subscriptions.event(reading, "s1", 2) is None


def test_what_was_saved_since_is_found_without_who_was_destroyed(write: Any, store: Any) -> None:
    def save(name: str, patient: str) -> None:
        resource = {"resourceType": "CarePlan", "id": name, "status": "active"}
        row = Record("CarePlan", name, 0, patient, "otp", ("otp",), True, AT, False, resource)
        write(lambda tx: records.save(tx, row))

    write(lambda tx: patients.create(tx, AT, True, "p2"))
    save("c1", "p1")
    with store.read() as reading:
        before = subscriptions.newest_set(reading)
    save("c2", "p1")
    save("c3", "p2")
    write(lambda tx: patients.destroy_patient_key(tx, "p2", AT))
    with store.read() as reading:
        found = list(subscriptions.saved_after(reading, before, 10))
        assert [[one.id for one in saved] for _, saved in found] == [["c2"], []]
        assert subscriptions.newest_set(reading) == found[-1][0]
        assert len(list(subscriptions.saved_after(reading, before, 1))) == 1


@pytest.mark.requirement("P2-51-02")
def test_a_use_of_emergency_access_stands_until_it_is_reviewed(write: Any, store: Any) -> None:
    entry = AuditEntry(
        request_id="u1",
        at=AT,
        kind="disclose",
        patient_id="p1",
        partner="hospital",
        purpose="BTG",
        outcome="disclose",
    )
    seq = write(lambda tx: append(tx, entry).seq)
    use = EmergencyUse(
        "u1", "hospital", "request", "facts", "clinician", "p1", AT, seq, "2026-04-12T15:00:00.000000Z"
    )
    write(lambda tx: emergency_uses.add(tx, use))
    with pytest.raises(HandoffError):
        write(lambda tx: emergency_uses.add(tx, replace(use, id="u2")))
    write(lambda tx: emergency_uses.add(tx, replace(use, id="u3", partner="psychiatry")))
    with store.read() as reading:
        assert emergency_uses.get(reading, "u1") == use
        assert emergency_uses.of_request(reading, "hospital", "request") == use
        assert emergency_uses.of_request(reading, "hospital", "another") is None
        assert emergency_uses.opened_by(reading, "clinician", "2026-04-11T14:00:00.000000Z") == (AT, AT)
        assert emergency_uses.opened_by(reading, "clinician", AT) == ()
        assert emergency_uses.number_of_partner(reading, "hospital", "2026-04-11T14:00:00.000000Z") == 1
        assert [one.id for one in emergency_uses.not_reviewed(reading)] == ["u1", "u3"]
    assert write(lambda tx: emergency_uses.mark_reviewed(tx, "u1", seq))
    assert not write(lambda tx: emergency_uses.mark_reviewed(tx, "u1", seq))
    with store.read() as reading:
        assert [one.id for one in emergency_uses.not_reviewed(reading)] == ["u3"]
