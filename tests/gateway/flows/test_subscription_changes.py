"""Subscriptions whose owner makes them about something else, and tokens that cover less than the one that made them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from gateway.disclosure.notices import hand_over
from gateway.errors import NotAllowed
from gateway.flows import subscriptions as flow
from gateway.flows.subscription_events import ToTell, collect, due, may_leave, settle
from gateway.flows.subscription_topics import FILTER
from gateway.store import subscriptions as kept
from tests.gateway.county import County, caller
from tests.gateway.flows.test_subscriptions import (
    BASE,
    Subscribers,
    hooked,
    hospital_hears,
    notify,
    plan,
    status_of,
    subscribe,
    wanted,
)

LESS = frozenset({"system/Subscription.cruds", "system/Communication.rs"})


def one_waits(county: County) -> tuple[Subscribers, str]:
    """A subscription to care plans with one event told, and one that waits for the endpoint to come back."""
    subscribers = hooked(county)
    county.share_plan()
    made = subscribe(county, content="id-only")
    notify(county, subscribers)
    plan(county, "plan-a", "One")
    notify(county, subscribers)
    assert len(subscribers.told()) == 1
    subscribers.breaks = "before"
    plan(county, "plan-b", "Two")
    notify(county, subscribers)
    subscribers.breaks = ""
    return subscribers, made


def changed(county: County, made: str, topic: str = "care-plan", purpose: str = "TREAT", **more: Any) -> None:
    asked = replace(caller("otp", purpose), scopes=LESS if topic == "message" else caller("otp").scopes)
    wants = wanted(topic, "otp", content="id-only", id=made, **more)
    county.run(flow.replace_subscription(county.premises, asked, made, wants, None))


@pytest.mark.requirement("SB-01", "SM-03")
@pytest.mark.parametrize(
    "change",
    [{"topic": "message"}, {"purpose": "HPAYMT"}, {"about": "somebody-else"}],
    ids=["topic", "purpose", "patient"],
)
def test_what_waits_is_not_told_under_what_the_subscription_became(
    county: County, change: dict[str, str]
) -> None:
    subscribers, made = one_waits(county)
    if "about" in change:
        extension = {"url": FILTER, "valueString": f"CarePlan?patient=Patient/{change['about']}"}
        changed(county, made, _criteria={"extension": [extension]})
    else:
        changed(county, made, **change)
    county.clock.advance(timedelta(hours=1))
    notify(county, subscribers, 5)

    assert len(subscribers.told()) == 1
    assert county.look(lambda reading: kept.first_open(reading, made)) is None


@pytest.mark.requirement("SB-01")
def test_what_waits_is_told_when_only_the_way_has_changed(county: County) -> None:
    subscribers, made = one_waits(county)
    changed(county, made, reason="another reason")
    county.clock.advance(timedelta(hours=1))
    notify(county, subscribers, 5)
    assert len(subscribers.told()) == 2


@pytest.mark.requirement("SB-01")
def test_an_event_of_another_type_is_neither_told_nor_named(county: County) -> None:
    """As a store may hold them in which a topic was changed by an older version of the gateway."""
    subscribers, made = one_waits(county)

    def as_before(tx: Any) -> None:
        held = kept.get(tx, made)
        assert held is not None
        kept.change(tx, replace(held, topic="message", due_at=held.created_at))

    county.write(as_before)
    county.clock.advance(timedelta(hours=1))
    notify(county, subscribers, 5)

    assert len(subscribers.told()) == 1
    asked = replace(caller("otp"), scopes=LESS)
    again = county.run(flow.subscription_events(county.premises, asked, made, 1, 9, BASE)).content
    (event,) = status_of(orjson.loads(again))["events"]
    assert event["event-number"] == "1" and "focus" not in event


@pytest.mark.requirement("SB-01", "SM-03")
def test_events_are_named_again_only_to_a_token_that_may_read_them(county: County) -> None:
    _, made = one_waits(county)
    less = replace(caller("otp"), scopes=LESS)
    with pytest.raises(NotAllowed, match="SCOPE_MISSING"):
        county.run(flow.subscription_events(county.premises, less, made, 1, 9, BASE))


def on_its_way(county: County) -> tuple[Subscribers, ToTell]:
    """A notice to the hospital, decided and in the log, whose first byte has not left."""
    subscribers, _, _ = hospital_hears(county)
    plan(county, "plan-a", "One")
    county.run(collect(county.premises))
    (to_tell,) = county.run(due(county.premises, {}, BASE, frozenset()))
    return subscribers, to_tell


@pytest.mark.requirement("SB-01", "P2-31-09")
def test_a_consent_that_runs_out_before_the_first_byte_is_decided_anew(county: County) -> None:
    subscribers, to_tell = on_its_way(county)
    assert to_tell.prepared is not None and to_tell.prepared.valid_until is not None
    county.clock.advance(to_tell.prepared.valid_until - county.clock.now())

    assert not county.run(may_leave(county.premises, to_tell))
    county.run(settle(county.premises, to_tell, "aborted", "MOVED"))
    notify(county, subscribers)
    assert subscribers.told("hospital") == []


@pytest.mark.requirement("SB-01")
def test_until_then_it_leaves(county: County) -> None:
    _, to_tell = on_its_way(county)
    assert to_tell.prepared is not None and to_tell.prepared.valid_until is not None
    county.clock.advance(to_tell.prepared.valid_until - county.clock.now() - timedelta(seconds=1))
    assert county.run(may_leave(county.premises, to_tell))


@pytest.mark.requirement("SB-01")
def test_to_a_partner_that_is_no_longer_live_no_prepared_notice_leaves(county: County) -> None:
    _, to_tell = on_its_way(county)
    prepared = to_tell.prepared
    assert prepared is not None
    county.change_partner("hospital", state="paused")
    assert not county.write(lambda tx: hand_over(county.premises, tx, prepared))
    county.change_partner("hospital", state="live")
    assert county.write(lambda tx: hand_over(county.premises, tx, prepared))
