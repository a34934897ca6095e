"""Who is asked for a consent, how often, and what comes of what nobody sees to; and consents that end soon."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from gateway.audit import newest
from gateway.cli import requests_commands
from gateway.cli.requests_commands import print_requests
from gateway.demo import person
from gateway.disclosure.held import owner_of
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.held_requests import HELD_TOO_LONG, ToSeeTo, assign, reminded, tidy_requests, to_see_to
from gateway.flows.operator_acts import give_up
from gateway.flows.waiting_text import with_waiting_text
from gateway.store import consent_requests, patients
from gateway.store.model import AuditFilter
from gateway.wiring.housekeeping import Housekeeping
from tests.gateway.county import MRN, County

pytestmark = pytest.mark.requirement("P2-31-09")

DAYS = 90


@pytest.fixture
def held(county: County) -> County:
    """A referral waits for a consent; somebody is asked."""
    county.refer()
    county.refused()
    return county


def listed(county: County, owner: str | None = None, held_days: int = DAYS) -> tuple[ToSeeTo, ...]:
    network, now = county.premises.network, county.clock.now()
    return county.look(
        lambda reading: to_see_to(reading, network, now, held_days=held_days, limit=50, owner=owner)
    )


def tidy(county: County, held_days: int = DAYS) -> int:
    return county.write(lambda tx: tidy_requests(tx, county.clock.now(), held_days))


def ends_on(county: County, end: str, recipient: str = "otp") -> str:
    """Id of a consent that ends then."""
    made: dict[str, Any] = person.consent("hospital", recipient, "TREAT", identifier=MRN)
    made["provision"]["period"] = {"start": "2026-01-01", "end": end}
    return str(county.record("hospital", made).resource["id"])


def test_who_is_asked_is_told_when_and_until_when(held: County) -> None:
    (intent,) = held.intents("held")
    (asked,) = listed(held)

    assert (asked.kind, asked.about, asked.source, asked.to) == ("consent", intent.id, "hospital", "otp")
    assert asked.owner and not asked.is_due
    assert asked.ends == f"{held.clock.now() + timedelta(days=DAYS):%Y-%m-%d}"
    assert listed(held, held_days=0)[0].ends == ""
    assert listed(held, owner=asked.owner) == (asked,) and listed(held, owner="nobody") == ()
    held.clock.advance(timedelta(days=2))
    assert listed(held)[0].is_due


def test_a_reminder_is_due_again_a_week_after_the_last(held: County) -> None:
    (intent,) = held.intents("held")
    held.clock.advance(timedelta(days=3))

    held.run(reminded(held.premises, intent.id, "called her worker"))

    assert not listed(held)[0].is_due
    held.clock.advance(timedelta(days=7))
    assert listed(held)[0].is_due
    (said,) = held.look(lambda reading: newest(reading, 1, AuditFilter(kind="outcome")))
    assert said.entry is not None
    assert (said.entry.outcome, said.entry.description) == ("request_reminded", "called her worker")


def test_somebody_else_may_see_to_it(held: County) -> None:
    (intent,) = held.intents("held")
    held.clock.advance(timedelta(days=9))

    held.run(assign(held.premises, f"{intent.id}  Dana   Desk ", "on leave"))

    (asked,) = listed(held, owner="Dana Desk")
    assert not asked.is_due and asked.patient == held.patient_id


@pytest.mark.parametrize(
    ("act", "about", "reason", "error", "code"),
    [
        (reminded, "nobody", "why", NotFound, "NO_SUCH_REQUEST"),
        (assign, "nobody Dana", "why", NotFound, "NO_SUCH_REQUEST"),
        (assign, "nobody", "why", NotUnderstood, "OWNER_MISSING"),
        (assign, "nobody Dana", " ", NotUnderstood, "REASON_MISSING"),
        (reminded, "nobody", "", NotUnderstood, "REASON_MISSING"),
    ],
)
def test_what_cannot_be_done_is_refused(
    held: County, act: Any, about: str, reason: str, error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code):
        held.run(act(held.premises, about, reason))


def told(county: County, task: Mapping[str, Any]) -> str:
    """The words on the hospital's own Task."""
    read = county.look(lambda reading: with_waiting_text(county.premises, "hospital", reading, task))
    return str(read["statusReason"]["text"])


def test_what_nobody_sees_to_ends_with_its_reason_and_its_sender_reads_so(held: County) -> None:
    (intent,) = held.intents("held")
    task = held.task().resource
    assert told(held, task).startswith("Waiting.")
    held.clock.advance(timedelta(days=DAYS))
    assert tidy(held) == 0, "not before"
    held.clock.advance(timedelta(seconds=1))

    assert tidy(held) == 1
    assert tidy(held) == 0

    (ended,) = held.intents()
    assert (ended.id, ended.state, ended.reason) == (intent.id, "cancelled", HELD_TOO_LONG)
    assert listed(held) == ()
    logged = held.audit("outcome")[-1]
    assert logged.entry is not None
    assert (logged.entry.outcome, logged.entry.subject) == ("held_too_long", intent.id)
    assert [reason.code for reason in logged.entry.reasons] == ["BY_TIME"]
    text = told(held, task)
    assert text.startswith("Not sent, and not waiting any more.")
    held.consent()
    assert held.claim() == (), "a consent that comes later sends nothing of it"


def test_what_a_person_gave_up_reads_the_same_and_a_withdrawal_is_not_told(held: County) -> None:
    (intent,) = held.intents("held")
    task = held.task().resource
    held.run(give_up(held.premises, intent.id, "not needed any more"))
    text = told(held, task)
    assert text.startswith("Not sent, and not waiting any more.")

    held.settle(intent, "cancelled", "CONSENT_WITHDRAWN")
    assert told(held, task).startswith("Waiting.")


def test_so_does_what_waits_to_know_who_she_is(county: County) -> None:
    county.refer()
    county.write(lambda tx: patients.doubt(tx, county.patient_id))
    county.refused()
    county.clock.advance(timedelta(days=DAYS + 1))
    assert tidy(county) == 1
    assert county.intents()[0].reason == HELD_TOO_LONG


def test_for_ever_where_the_operator_says_so(held: County) -> None:
    held.clock.advance(timedelta(days=4000))
    assert tidy(held, held_days=0) == 0
    assert held.states() == ["held"]


def test_the_request_ends_with_what_it_was_for(held: County) -> None:
    """It came to its consent and went: nobody is asked any more."""
    (intent,) = held.intents("held")
    held.consent()
    held.deliver()
    assert listed(held) == (), "nobody is asked for what is not held"
    assert held.look(lambda reading: consent_requests.of_intent(reading, intent.id)) is not None

    tidy(held)

    assert held.look(lambda reading: consent_requests.of_intent(reading, intent.id)) is None


def test_housekeeping_does_it_by_itself(held: County) -> None:
    held.clock.advance(timedelta(days=DAYS + 1))
    keeper = Housekeeping(held.premises, DAYS)

    async def once() -> None:
        await keeper.stop()
        await held.store.write(keeper._tidy)
        await keeper.run()

    held.run(once())
    assert held.states() == ["cancelled"]


def test_an_ended_one_lets_a_later_one_of_its_kind_go(held: County) -> None:
    held.clock.advance(timedelta(days=DAYS + 1))
    tidy(held)
    held.consent()
    held.refer(control_id="ED-2")
    assert held.states() == ["cancelled", "due"]


@pytest.mark.parametrize(
    ("end", "shown", "urgent"),
    [
        ("2026-05-11", True, False),
        ("2026-05-12", False, False),
        ("2026-04-18", True, True),
        ("2026-04-19", True, False),
        ("2026-04-11", True, True),
        ("2026-04-11T23:00:00-07:00", True, True),
        ("2026-04-12T03:00:00Z", True, True),
        ("2026-04", True, False),
        ("2026", False, False),
    ],
)
def test_a_consent_that_ends_is_to_be_renewed_a_month_and_a_week_before(
    county: County, end: str, shown: bool, urgent: bool
) -> None:
    """Today is 2026-04-11 in the county."""
    county.refer()
    consent_id = ends_on(county, end)
    found = listed(county)
    assert [(one.kind, one.about, one.is_due) for one in found] == (
        [("renewal", consent_id, urgent)] if shown else []
    )


def test_what_was_withdrawn_destroyed_or_has_no_end_asks_for_nothing(county: County) -> None:
    county.refer()
    county.consent()
    saved = ends_on(county, "2026-04-20")
    (consent,) = [one for one in county.records("Consent") if one.id == saved]
    assert len(listed(county)) == 1
    county.replace("hospital", saved, {**consent.resource, "status": "inactive"})
    assert listed(county) == ()
    ends_on(county, "2026-04-21", "housing")
    assert len(listed(county)) == 1
    county.write(lambda tx: patients.destroy_patient_key(tx, county.patient_id, "2026-04-11T00:00:00Z"))
    assert listed(county) == ()


def test_where_an_agency_has_left_the_network_the_consent_desk_is_asked(county: County) -> None:
    network = county.premises.network
    assert owner_of(network, "gone") == network.content.operator.consent_desk.name


def test_the_list_names_no_person(held: County) -> None:
    ends_on(held, "2026-04-20", "housing")
    held.clock.advance(timedelta(days=4))
    out, due = io.StringIO(), io.StringIO()
    network = held.premises.network
    held.look(
        lambda view: print_requests(network, view, held_days=DAYS, clock=held.clock, as_json=True, out=out)
    )
    held.look(lambda view: print_requests(network, view, only_due=True, clock=held.clock, out=due))

    rows = json.loads(out.getvalue())
    assert {row["kind"] for row in rows} >= {"renewal"}
    assert due.getvalue().split()[0] == "kind"
    for word in ("Testperson", "Maribel", "770011"):
        assert word not in out.getvalue() + due.getvalue()


def test_a_cut_list_says_so(
    held: County, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests_commands, "LISTED", 1)
    network = held.premises.network
    held.look(lambda view: print_requests(network, view, clock=held.clock, out=io.StringIO()))
    assert "only the 1 most urgent" in capsys.readouterr().err
