"""That nobody answers is told: in the addressee's own hours, to who sees to it, and never to a sender (SD-06, DM-20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gateway.audit import newest
from gateway.clock import read_instant
from gateway.demo.person import referral_message
from gateway.flows.held_requests import ToSeeTo, reminded, to_see_to
from gateway.flows.unanswered import UNANSWERED, answer_due, look_for_answers
from gateway.flows.waiting_text import when_closed_text
from gateway.intake import AckSettings, acknowledge, read_header
from gateway.partners import Network
from gateway.partners.network import Contact
from gateway.partners.opening_hours import OpeningHours
from gateway.store import Intent, awaited_answers, consent_requests, records
from gateway.store.model import AuditFilter
from tests.gateway.county import County

pytestmark = pytest.mark.requirement("SD-06", "DM-20")

WEEKDAYS = OpeningHours(**dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("08:00-12:00", "13:00-17:00")))
"""In Phoenix, seven hours behind all year; NOW of the county is a Saturday."""


@pytest.fixture
def sent(county: County) -> County:
    """A referral reaches the clinic on Saturday, at its eight o'clock; an answer is due in eight hours of its own."""
    county.change_partner("otp", hours=WEEKDAYS, answer_hours=8)
    county.consent("otp")
    county.refer()
    county.deliver()
    return county


def late(county: County) -> list[ToSeeTo]:
    """What somebody has to see to because nobody has answered, after a look at the clock."""
    while county.write(lambda tx: look_for_answers(county.premises, tx, county.clock.now())):
        pass
    network, now = county.premises.network, county.clock.now()
    found = county.look(lambda reading: to_see_to(reading, network, now, held_days=0, limit=9))
    return [one for one in found if one.kind == "unanswered"]


def test_a_weekend_does_not_count_and_who_sees_to_it_is_told_once(sent: County) -> None:
    (intent,) = sent.intents("delivered")
    sent.clock.advance(timedelta(days=2, hours=8, minutes=59))  # Monday, a minute before it closes
    assert late(sent) == []
    sent.clock.advance(timedelta(minutes=1))

    (one,) = late(sent)

    owner = sent.premises.network.content.operator.consent_desk.name
    assert (one.about, one.to, one.source, one.is_due) == (intent.id, "otp", "hospital", True)
    assert one.owner == owner and one.due == "2026-04-14T00:00:00.000000Z"
    sent.clock.advance(timedelta(hours=1))
    assert late(sent) == [one]
    said = sent.look(lambda reading: newest(reading, 9, AuditFilter(kind="outcome")))
    assert [(each.entry.outcome, each.entry.partner) for each in said if each.entry] == [(UNANSWERED, "otp")]


def test_an_answer_ends_it_at_once_and_a_second_referral_counts_for_itself(sent: County) -> None:
    sent.clock.advance(timedelta(days=9))
    assert len(late(sent)) == 1
    network, now = sent.premises.network, sent.clock.now()

    sent.answer("otp", "accepted")

    assert not [
        one
        for one in sent.look(lambda reading: to_see_to(reading, network, now, held_days=0, limit=9))
        if one.kind == "unanswered"
    ]
    sent.clock.advance(timedelta(minutes=10))
    assert late(sent) == [] and sent.look(lambda reading: awaited_answers.over(reading, 9)) == ()


def test_a_holiday_is_closed_and_what_is_urgent_at_once_counts_by_the_clock(county: County) -> None:
    holiday = msgspec.structs.replace(WEEKDAYS, holidays=("2026-04-13",))
    county.change_partner("otp", hours=holiday, answer_hours=8)
    county.consent("otp")
    county.refer()
    county.deliver()
    county.clock.advance(timedelta(days=3, hours=8, minutes=59))
    assert late(county) == []
    county.clock.advance(timedelta(minutes=1))
    assert len(late(county)) == 1

    task = county.task()
    urgent = msgspec.structs.replace(task, version=0, resource={**task.resource, "priority": "stat"})
    county.write(lambda tx: records.save(tx, urgent))
    (intent,) = county.intents("delivered")
    due = county.look(lambda tx: answer_due(county.premises.network, tx, intent, county.clock.now()))
    assert due == read_instant(intent.updated_at) + timedelta(hours=2)


def test_nothing_is_awaited_of_who_cannot_answer_or_was_never_sent_it(sent: County) -> None:
    (intent,) = sent.intents("delivered")
    network, now = sent.premises.network, sent.clock.now()
    routes = tuple(one for one in network.content.routes if one.carries != "status")
    mute = Network(msgspec.structs.replace(network.content, routes=routes))
    never = Network(
        msgspec.structs.replace(
            network.content,
            partners={
                **network.partners,
                "otp": msgspec.structs.replace(network.partners["otp"], answer_hours=0),
            },
        )
    )
    held, ended = (replace(intent, state=one) for one in ("held", "cancelled"))

    def due(at: Network, of: Intent) -> datetime | None:
        return sent.look(lambda reading: answer_due(at, reading, of, now))

    assert due(mute, intent) is due(never, intent) is due(network, ended) is None
    assert due(network, held) == now + timedelta(minutes=10), "its time begins when it has come"
    assert due(network, intent) == datetime(2026, 4, 14, 0, tzinfo=UTC)


def test_a_sender_reads_whom_to_call_when_they_are_closed_whether_or_not_it_has_gone(county: County) -> None:
    night = Contact("Night line", "+1-602-555-0142")
    county.change_partner("otp", after_hours=night, fallback="psychiatry")
    county.refer()
    county.refused()
    words = "When they are closed, call Night line, +1-602-555-0142."

    waiting = county.read("hospital", "Task", county.task().id)["statusReason"]["text"]
    county.consent("otp")
    county.deliver()
    gone = county.read("hospital", "Task", county.task().id)["statusReason"]["text"]

    receipt = county.refer("ED-2", "R-2")  # Saturday, but no hours are stated
    assert receipt.faults == ()
    county.change_partner("otp", hours=WEEKDAYS)
    receipt = county.refer("ED-3", "R-3")
    raw = referral_message("ED-3", "R-3", "SUNRISE", "Reyes^Sol")
    ack = acknowledge(raw, read_header(raw), receipt, AckSettings()) or b""
    assert b"MSA|AA|ED-3" in ack
    assert (
        b"ERR||PRD^1^7^1|0^Message accepted^HL70357|I|ADDRESSEE_CLOSED^^L|||When they are closed, call Night"
        in ack
    )
    county.clock.advance(timedelta(days=2))
    assert county.refer("ED-4", "R-4").faults == (), "open"
    reached = {one.addressee for one in county.premises.network.routes_from("hospital", "referral")}
    instead = " There instead: " in waiting
    assert waiting.startswith("Waiting.") and gone.startswith("Sent.") and words in waiting and words in gone
    assert instead == (" There instead: " in gone) == ("psychiatry" in reached)
    assert when_closed_text(county.premises.network, "housing", "otp") == words


def test_reminders_wait_until_their_owner_s_agency_is_open(county: County) -> None:
    own = Contact("Ward desk", "+1-602-555-0111")
    county.change_partner("hospital", hours=WEEKDAYS, owner=own)
    county.refer()
    county.refused()
    (intent,) = county.intents("held")

    def due() -> str:
        found = county.look(lambda reading: consent_requests.of_intent(reading, intent.id))
        assert found is not None
        return found.due_at

    assert due() == "2026-04-14T15:00:00.000000Z", "Saturday does not count, nor Sunday"
    county.run(reminded(county.premises, intent.id, "called"))
    assert due() == "2026-04-20T15:00:00.000000Z", "not on a Saturday"
