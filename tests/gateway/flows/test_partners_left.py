"""A partner leaves the network; what it sent and what was to go to it stays: refused, or left out with a reason."""

from __future__ import annotations

import asyncio

import pytest

from gateway import logs
from gateway.delivery.ways import Reach, Timeouts, Ways
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.corrections import foreseen, take_in_again
from gateway.flows.replay import replay
from gateway.flows.sources import comes_from_program
from gateway.store import Record, inbox, records
from gateway.wiring.lines import later_answers
from tests.gateway.county import County
from tests.gateway.delivery.test_later_answers import Line, message
from tests.gateway.delivery.test_sender import play, until

pytestmark = pytest.mark.timeout(180)


def leave(county: County, gone: str) -> None:
    """Take the partner out of network.yaml, with everything that names it."""
    content = county.premises.network.content
    county.change_network(
        partners={name: one for name, one in content.partners.items() if name != gone},
        routes=tuple(one for one in content.routes if gone not in (one.source, one.addressee)),
        mllp=tuple(one for one in content.mllp if one.partner != gone),
        folders=tuple(one for one in content.folders if one.partner != gone),
    )


@pytest.fixture
def received(county: County) -> County:
    """The program has the hospital's referral."""
    county.consent()
    county.refer()
    county.deliver()
    return county


@pytest.mark.requirement("SD-02", "P2-12-01")
@pytest.mark.parametrize("is_program", [True, False])
def test_the_addressee_answers_a_referral_whose_sender_has_left(received: County, is_program: bool) -> None:
    received.change_partner("otp", part2_program=False)
    task = received.task()
    marked = Record(
        task.resource_type, task.id, 0, task.patient_id, task.source_partner, task.sources, is_program,
        task.updated_at, False, {**task.resource, "priority": "urgent"},
    )  # fmt: skip
    received.write(lambda tx: records.save(tx, marked))
    leave(received, "hospital")

    saved = received.answer("otp", "accepted")

    assert saved.resource["status"] == "accepted"
    kept = received.task()
    assert (kept.resource["status"], kept.source_partner) == ("accepted", "otp")
    assert kept.part2 is is_program, "what it was while its source took part stands"
    assert [one.kind for one in received.intents()] == ["referral"], "nobody is left to be told"
    with pytest.raises(NotFound):
        received.read("otp", "Task", kept.id)


@pytest.mark.requirement("P2-12-01")
def test_of_whom_nobody_knows_anything_counts_as_a_program(county: County) -> None:
    county.change_partner("housing", part2_program=False)
    network = county.premises.network
    assert not comes_from_program(network, ["housing"], None)
    assert comes_from_program(network, ["housing", "gone"], None)
    assert comes_from_program(network, ["housing", "otp"], None)


def test_what_was_to_go_to_a_partner_that_has_left_is_left_to_a_person(county: County) -> None:
    county.consent()
    county.refer()
    leave(county, "otp")

    play(county, None, lambda: county.states() == ["dead"])

    (intent,) = county.intents()
    assert (intent.reason, intent.attempts) == ("PARTNER_LEFT", 1)
    assert not [one for one in county.audit() if one.row.kind in ("disclose", "handover")]


def test_a_message_whose_sender_has_left_is_not_taken_in_again(county: County) -> None:
    county.refer()
    (kept,) = county.look(inbox.list_messages)
    leave(county, "hospital")
    before = len(county.audit())

    with pytest.raises(NotUnderstood) as refused:
        county.run(replay(county.premises, kept.id, "sent to the wrong agency"))
    assert (refused.value.code, refused.value.place) == ("SENDER_LEFT", "hospital")
    with pytest.raises(NotUnderstood) as refused:
        county.run(take_in_again(county.premises, kept.id, "sent to the wrong agency", "Ana", None))
    assert refused.value.code == "SENDER_LEFT"
    found = foreseen(county.premises, kept, county.look(lambda reading: inbox.raw(reading, kept.id)))
    assert not found.is_readable and [spot.code for spot in found.found] == ["SENDER_LEFT"]
    assert len(county.look(inbox.list_messages)) == 1 and len(county.audit()) == before


def test_an_answer_that_a_partner_wanted_later_ends_when_it_has_left(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital = Line(county)
    hospital.send(message("AL", "AL"))
    leave(county, "hospital")

    async def scene() -> None:
        ways = Ways(county.premises, None, Timeouts(), Reach())  # type: ignore[arg-type]  # no HTTP here
        later = later_answers(county.premises, ways)
        running = asyncio.create_task(later.run())
        async with asyncio.timeout(90):
            await until(lambda: hospital.owed().state != "due")  # type: ignore[union-attr]
        await later.stop()
        await running

    said: list[object] = []
    monkeypatch.setattr(logs, "warning", lambda _event, **facts: said.append(facts.get("code")))
    county.run(scene())

    assert hospital.owed().state == "given_up"  # type: ignore[union-attr]
    assert said == ["PARTNER_LEFT"]
