"""After a withdrawal somebody tells each recipient to stop; the list says whom, the notice names nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.audit import AuditEntry, append
from gateway.clock import instant_text
from gateway.demo import person
from gateway.disclosure.handovers import interrupted
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.answers import Saved
from gateway.flows.held_requests import to_see_to
from gateway.flows.same_person import join, part
from gateway.flows.stop_notices import (
    ToTell,
    notice_text,
    settle_withdrawals,
    to_tell,
    told,
    waiting,
)
from gateway.store import Transaction, intents, outbox, patients, withdrawals
from tests.gateway.county import HOUSING, OTP, County
from tests.gateway.flows.test_same_person import OTHER_MRN, hand_over, id_of, refer_as_other
from tests.gateway.flows.test_shared_plan import shared

pytestmark = pytest.mark.requirement("P2-31-12")


@pytest.fixture
def saved(county: County) -> Saved:
    """A consent under which the clinic got a referral."""
    found = county.consent()
    county.refer()
    hand_over(county, county.deliver())
    return found


def listed(county: County) -> list[ToTell]:
    return county.look(lambda reading: list(to_tell(reading)))


def test_who_received_something_is_listed_from_the_withdrawal_on(county: County, saved: Saved) -> None:
    assert listed(county) == []
    county.consent("housing", purpose="COC")

    county.withdraw(saved)

    (one,) = listed(county)
    assert (one.patient, one.consent, one.partner) == (
        county.patient_id, saved.resource["id"], "otp",
    )  # fmt: skip
    assert [at[:10] for _, at in one.items] == ["2026-04-11"]
    network, now = county.premises.network, county.clock.now()
    rows = county.look(lambda reading: to_see_to(reading, network, now, held_days=0, limit=9))
    assert [(row.kind, row.to, row.is_due) for row in rows] == [("stop", "otp", True)]


def test_the_notice_names_nobody_and_asks_for_nothing_back(county: County, saved: Saved) -> None:
    county.withdraw(saved)
    (one,) = listed(county)

    text = notice_text(county.premises.network, one)

    assert one.items[0][0] in text and "2026-04-11" in text and "nothing has to be sent back" in text
    hidden = [one.patient, person.MRN_SYSTEM, "770011", "Testperson", "Maribel", "Riverbend", "substance"]
    assert [word for word in hidden if word.casefold() in text.casefold()] == []


def test_who_was_told_is_not_listed_again_and_the_log_says_how(county: County, saved: Saved) -> None:
    county.withdraw(saved)
    about = f"{saved.resource['id']} otp"

    done = county.run(told(county.premises, about, "letter of 12 April"))

    assert (done["outcome"], done["items"]) == ("stop_notice_given", 1)
    assert listed(county) == []
    entry = county.audit("outcome")[-1].entry
    assert entry is not None
    assert (entry.partner, entry.description) == ("otp", "letter of 12 April")
    with pytest.raises(NotFound, match="NOBODY_TO_TELL"):
        county.run(told(county.premises, about, "again"))


def test_a_repeated_withdrawal_is_one_notice(county: County, saved: Saved) -> None:
    ended = county.withdraw(saved)
    county.replace("hospital", str(saved.resource["id"]), ended.resource)
    assert len(listed(county)) == 1


def test_what_never_left_or_left_under_another_consent_tells_nobody(county: County) -> None:
    held = county.consent("housing", purpose="COC")
    county.refer()
    county.refused()
    county.withdraw(held)
    assert listed(county) == []
    county.consent()
    hand_over(county, county.deliver())
    assert listed(county) == []


def test_what_was_prepared_and_not_handed_over_is_no_reason_to_tell(county: County) -> None:
    consent = county.consent()
    county.refer()
    county.release()
    county.withdraw(consent)
    assert listed(county) == []


class Interrupted:
    """The real store; `between` happens just after its first write was committed."""

    def __init__(self, store: Any, between: Callable[[], object]) -> None:
        self._store, self._between, self._writes = store, between, 0
        self.read = store.read

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        made = await self._store.write(work)
        self._writes += 1
        if self._writes == 1:
            await asyncio.to_thread(self._between)
        return made


def test_an_answer_that_was_overtaken_by_the_withdrawal_is_no_reason_to_tell(county: County) -> None:
    county.share_plan()
    given = county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    store: Any = Interrupted(county.store, lambda: county.withdraw(given, by="otp"))
    whole, county.premises = county.premises, replace(county.premises, store=store)
    found = county.search("housing", "Goal", HOUSING, "COC")
    county.premises = whole

    assert found["total"] == 0
    assert county.audit("disclose") and listed(county) == []


def test_who_takes_a_prohibition_back_has_nobody_told(county: County) -> None:
    """Nobody received anything under it, though the log names it: it kept something back."""
    county.share_plan()
    given = county.consent(
        "housing", discloser="otp", identifier=OTP, purpose="COC", classes=("CarePlan", "Goal")
    )
    made: dict[str, Any] = person.consent("otp", "housing", "COC", identifier=OTP, classes=("CarePlan",))
    made["provision"]["type"] = "deny"
    forbidden = county.record("otp", {**made, "dateTime": "2026-03-02T10:00:00-07:00"})
    assert b'"Goal"' in shared(county, "housing", county.patient_id, "COC")

    county.withdraw(forbidden, by="otp")
    assert listed(county) == []

    county.withdraw(given, by="otp")
    assert [one.partner for one in listed(county)] == ["housing"]


def test_the_same_bytes_under_another_consent_are_a_reason_too(county: County, saved: Saved) -> None:
    """Handed over again, they are one line of the account, told of under the first consent."""
    county.withdraw(saved)
    (intent,) = county.intents()
    county.settle(intent, "retry", "POSSIBLE_DUPLICATE")
    county.write(lambda tx: intents.finish(tx, intent.id, "due", "2026-04-11", "", due_at="2026-04-11"))
    again = county.consent()
    hand_over(county, county.deliver())

    county.withdraw(again)

    assert sorted(one.consent for one in listed(county)) == sorted(
        str(one.resource["id"]) for one in (saved, again)
    )


def test_a_partner_in_test_received_nothing(county: County) -> None:
    county.change_partner("otp", state="test")
    consent = county.consent()
    county.refer()
    county.release()
    county.withdraw(consent)
    assert listed(county) == []


def test_what_left_under_her_other_name_counts(county: County, saved: Saved) -> None:
    refer_as_other(county)
    again, her = id_of(county, OTHER_MRN), county.patient_id
    county.run(join(county.premises, again, her, "both cards"))
    county.withdraw(saved)
    assert [one.partner for one in listed(county)] == ["otp"]


@pytest.mark.parametrize(
    ("about", "reason", "error", "code"),
    [
        ("none", "why", NotUnderstood, "RECIPIENT_MISSING"),
        ("none otp", "why", NotFound, "NOBODY_TO_TELL"),
        ("none otp", "", NotUnderstood, "REASON_MISSING"),
    ],
)
def test_nothing_is_said_of_nobody(
    county: County, about: str, reason: str, error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code):
        county.run(told(county.premises, about, reason))


def test_the_withdrawing_patient_s_facts_are_found_by_ids_alone(county: County, saved: Saved) -> None:
    county.withdraw(saved)
    found = county.look(lambda reading: waiting(reading, str(saved.resource["id"]), "otp"))
    assert "770011" not in json.dumps([found.patient, found.consent, found.partner, found.items])


def others_withdraw(county: County, number: int) -> None:
    """So many other persons, each of whom has withdrawn a consent under which nobody received anything."""

    def work(tx: Transaction) -> None:
        at = instant_text(county.clock.now())
        for place in range(number):
            her = patients.create(tx, at, certain=True)
            made = AuditEntry(
                request_id=f"q{place}", at=at, kind="revoke", patient_id=her, partner="otp", purpose="TREAT",
                outcome="withdrawn", subject=f"Consent/c{place}",
            )  # fmt: skip
            append(tx, made)

    county.write(work)


def still_open(county: County) -> list[int]:
    return county.look(lambda reading: list(withdrawals.still_open(reading)))


def test_however_many_withdraw_after_her_nobody_is_forgotten(county: County, saved: Saved) -> None:
    county.withdraw(saved)
    others_withdraw(county, 501)

    (one,) = listed(county)
    assert (one.partner, one.patient) == ("otp", county.patient_id)
    assert len(still_open(county)) == 502

    county.clock.advance(timedelta(hours=2))
    assert county.run(settle_withdrawals(county.premises)) == 501, "of whom nobody has to be told"
    (seq,) = still_open(county)
    assert listed(county) == [one]
    assert county.look(lambda reading: list(to_tell(reading, since=instant_text(county.clock.now())))) == []
    county.run(told(county.premises, f"{saved.resource['id']} otp", "letter"))
    (row,) = county.look(outbox.pushes_handed_over)
    county.write(lambda tx: outbox.mark(tx, row.id, "delivered", row.created_at))
    assert county.run(settle_withdrawals(county.premises)) == 1
    assert (still_open(county), county.look(withdrawals.newest) >= seq) == ([], True)


def test_a_withdrawal_stays_open_until_what_was_leaving_is_accounted_for(county: County) -> None:
    """A stop of the gateway may lie between the two, of hours."""
    consent = county.consent()
    county.refer()
    made = county.released()
    county.withdraw(consent)
    assert county.run(settle_withdrawals(county.premises)) == 0, "its hour is not over"
    county.clock.advance(timedelta(hours=2))
    assert county.run(settle_withdrawals(county.premises)) == 0, "it may have arrived"
    assert listed(county) == []

    county.write(lambda tx: interrupted(tx, made.id, "INTERRUPTED", county.clock.now()))

    assert county.run(settle_withdrawals(county.premises)) == 0
    assert [one.partner for one in listed(county)] == ["otp"]


def test_who_has_to_be_told_stays_so_when_two_are_parted(county: County, saved: Saved) -> None:
    """What went out under the one stands in the log of her to whom the other was joined."""
    her = county.patient_id
    refer_as_other(county)
    again = id_of(county, OTHER_MRN)
    county.run(join(county.premises, her, again, "both cards"))
    county.withdraw(saved)
    assert [one.partner for one in listed(county)] == ["otp"]

    county.run(part(county.premises, her, "sisters"))

    assert [one.partner for one in listed(county)] == ["otp"]
    county.clock.advance(timedelta(hours=2))
    assert county.run(settle_withdrawals(county.premises)) == 0
    assert len(still_open(county)) == 1
    county.run(told(county.premises, f"{saved.resource['id']} otp", "letter"))
    assert listed(county) == []


def test_a_withdrawal_that_can_be_read_no_more_is_closed(county: County, saved: Saved) -> None:
    county.write(lambda tx: withdrawals.add(tx, 10**6, "nobody"))
    assert listed(county) == []
    assert county.run(settle_withdrawals(county.premises)) == 1
