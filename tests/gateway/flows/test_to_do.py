"""What a worker has to do next: consents to ask for, referrals to answer, what ends soon, rows to correct."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.clock import instant_text
from gateway.flows import status
from gateway.flows.agency_desk import Worker
from gateway.flows.files import ArrivedFile, accept_file
from gateway.flows.renewals import Renewals
from gateway.flows.to_do import ToDo, to_do
from gateway.partners import DeskDelivery
from gateway.store import consent_requests, intents
from tests.gateway.county import County, caller

HER = "Maribel Testperson"
ANA, ROSA = Worker("hospital", "Ana Ruiz"), Worker("otp", "Rosa Medina")


def found_by(county: County, worker: Worker, renewals: Renewals | None = None) -> ToDo:
    """The lists of that worker."""
    return county.run(to_do(county.premises, renewals or Renewals(), worker))


@pytest.fixture
def held(county: County) -> County:
    """A referral of the hospital's, whose desk takes consents, waits for one."""
    county.change_partner("hospital", desk=("consents",))
    county.refer()
    county.refused()
    return county


@pytest.mark.requirement("P2-31-11")
def test_a_held_referral_asks_for_a_consent_with_owner_and_due_time(held: County) -> None:
    (asked,) = found_by(held, ANA).asked

    assert (asked.person, asked.agency, asked.source, asked.is_due) == (HER, "otp", "hospital", False)
    assert asked.owner and asked.due_at > instant_text(held.clock.now())
    held.clock.advance(timedelta(days=3))
    assert found_by(held, ANA).asked[0].is_due
    held.consent()
    held.deliver()
    assert found_by(held, ANA).asked == ()


def test_another_agency_and_a_desk_without_that_right_see_no_request(held: County) -> None:
    held.change_partner("otp", desk=("consents",))
    assert found_by(held, ROSA).asked == ()
    held.change_partner("hospital", desk=("clients",))
    assert found_by(held, ANA).asked == ()


def test_who_may_record_for_another_sees_the_request_and_no_name(held: County) -> None:
    held.change_partner("case-management", desk=("consents",), may_record_consent_for=("hospital",))
    (asked,) = found_by(held, Worker("case-management", "Kim")).asked
    assert (asked.person, asked.source) == ("", "hospital"), "the name is the hospital's to show"


@pytest.mark.requirement("AU-05")
def test_each_person_named_is_in_the_log_with_the_worker(held: County) -> None:
    before = len(held.audit())
    found_by(held, ANA)
    read = [one.entry for one in held.audit()[before:] if one.entry is not None]
    assert [(one.kind, one.partner, one.recipient_name) for one in read][-1] == (
        "read",
        "hospital",
        "Ana Ruiz",
    )


def test_who_said_no_is_not_asked_again_until_the_time_is_over(held: County) -> None:
    (asked,) = found_by(held, ANA).asked
    until = instant_text(held.clock.now() + timedelta(days=90))
    assert held.write(lambda tx: consent_requests.said_no(tx, asked.intent_id, until))
    held.refer("ED-2", "R-2")
    held.refused()

    assert found_by(held, ANA).asked == (), "not for a second referral to the same agency either"
    held.clock.advance(timedelta(days=91))
    assert len(found_by(held, ANA).asked) == 2


def test_referrals_are_new_then_unanswered_and_then_done(county: County) -> None:
    county.change_partner("otp", delivery=DeskDelivery())
    county.consent()
    county.refer()
    county.released()
    (intent,) = county.intents("sending")
    county.settle(intent, "delivered", intents.AT_DESK)

    assert [one.id for one in found_by(county, ROSA).new] == [intent.id]
    for said, where in (("accepted", "unanswered"), ("in-progress", "unanswered"), ("completed", "")):
        task = county.task()
        county.run(
            status.update_task(
                county.premises, caller("otp"), task.id, {**task.resource, "status": said}, None
            )
        )
        lists = found_by(county, ROSA)
        assert [one.id for one in lists.unanswered] == ([intent.id] if where else [])
        assert lists.new == ()


@pytest.mark.requirement("P2-31-12")
def test_what_may_not_be_seen_any_more_is_no_task(county: County) -> None:
    county.change_partner("otp", delivery=DeskDelivery())
    saved = county.consent()
    county.refer()
    county.released()
    (intent,) = county.intents("sending")
    county.settle(intent, "delivered", intents.AT_DESK)
    county.withdraw(saved)
    assert found_by(county, ROSA).new == ()


def test_a_consent_that_ends_soon_is_to_be_renewed_by_who_recorded_it(county: County) -> None:
    county.change_partner("hospital", desk=("consents",))
    county.refer()
    saved = county.consent()
    renewals = Renewals()
    assert found_by(county, ANA, renewals).renewals == ()
    county.clock.advance(timedelta(days=(date(2027, 12, 15) - county.clock.now().date()).days))

    (renewed,) = found_by(county, ANA, Renewals()).renewals

    assert (renewed.consent_id, renewed.person) == (saved.resource["id"], HER)
    assert renewed.last_day == "2027-12-31"
    seen = Renewals()
    assert len(found_by(county, ANA, seen).renewals) == 1
    county.withdraw(saved)
    assert found_by(county, ANA, seen).renewals == ()


def test_rows_of_a_sheet_that_were_not_taken_are_counted(county: County) -> None:
    assert found_by(county, Worker("benefits", "Kim")).rows == 0
    file = ArrivedFile(
        "benefits", "files:desk", "benefits/status", b"nothing,like,it\n1,2,3\n", county.clock.now()
    )
    county.run(accept_file(county.premises, file))
    assert found_by(county, Worker("benefits", "Kim")).rows == 1
    assert found_by(county, ROSA).rows == 0
