"""Legal hold: what may be asked for by a court or an authority is destroyed by nobody, until a second person says so."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from gateway.errors import AlreadyReceived, HandoffError, NotAllowed, NotFound
from gateway.flows.destruction import destroy_patient, remains
from gateway.flows.legal_holds import NOT_READ, REFUSED, RESTORE, HoldAsked, hold_again, lift, place, said_of
from gateway.flows.operator_acts import ACTS
from gateway.flows.same_person import join, part
from gateway.store import Transaction, inbox, legal_holds
from gateway.store.legal_holds import LegalHold
from gateway.wiring.retention import Retention
from tests.gateway.county import County
from tests.gateway.flows.test_same_person import both
from tests.gateway.wiring.keeping import back_up, seal, with_own_keys
from tests.gateway.wiring.test_restoring import carry_on, lose, put_back

pytestmark = pytest.mark.requirement("P2-16-01")

MATTER = "Reyes v. County, hold letter of 10 April"
DAYS = 90


def hold(county: County, by: str = "Kim Officer", **asked: str) -> str:
    done = place(county.premises, HoldAsked("LITIGATION", **asked), MATTER, by)
    return str(county.run(done)["hold"])


def lifted(county: County, hold_id: str, by: str = "Lou Officer") -> None:
    county.run(lift(county.premises, hold_id, "the case is closed", by))


def destroy(county: County, patient_id: str) -> dict[str, Any]:
    return county.run(destroy_patient(county.premises, patient_id, "she asked for it"))


def said(county: County, hold_id: str) -> list[str]:
    return [one.outcome for one in county.look(lambda reading: said_of(reading, hold_id))]


def destroy_old(county: County, settled: int = DAYS, refused: int = 0) -> int:
    return county.run(Retention(county.store, county.clock, settled, refused).destroy_old())


def is_there(county: County, message_id: str) -> bool:
    try:
        return bool(county.look(lambda reading: inbox.raw(reading, message_id)))
    except NotFound:
        return False


def test_her_key_is_not_destroyed_until_another_person_lifts_the_hold(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    patient_id = county.patient_id
    held = hold(county, patient=patient_id)
    before = county.look(lambda reading: remains(reading, patient_id))

    with pytest.raises(AlreadyReceived, match=f"LEGAL_HOLD: .*{held} .LITIGATION, since 2026-04-11"):
        destroy(county, patient_id)

    assert county.look(lambda reading: remains(reading, patient_id)).readable == before.readable
    refused = county.look(lambda reading: said_of(reading, held))[-1]
    assert refused.outcome == REFUSED and "she asked for it" in refused.words
    with pytest.raises(NotAllowed, match="SECOND_PERSON_NEEDED"):
        lifted(county, held, "Kim Officer")
    lifted(county, held)
    assert said(county, held) == ["hold_placed", REFUSED, "hold_lifted"]
    with pytest.raises(AlreadyReceived, match="HOLD_LIFTED"):
        lifted(county, held)
    assert destroy(county, patient_id)["outcome"] == "key_destroyed"
    with pytest.raises(AlreadyReceived, match="KEY_DESTROYED"):
        hold(county, patient=patient_id)


OFFICER, PROVIDER, ACCOUNT = "Kim Officer", "Kim Officer [kim-7]", "account:kofficer"


@pytest.mark.parametrize(
    ("placed_by", "maybe_she", "another"),
    [
        (OFFICER, ("kim  officer", PROVIDER, ACCOUNT, "account:root"), "Lou Officer"),
        (PROVIDER, ("Kim O. [kim-7]", "Lou Officer", ACCOUNT), "Lou Officer [lou-8]"),
        (ACCOUNT, (ACCOUNT, "kofficer", PROVIDER), "account:lou"),
    ],
)
def test_who_comes_by_another_way_may_be_who_placed_it(
    county: County, placed_by: str, maybe_she: tuple[str, ...], another: str
) -> None:
    held = hold(county, placed_by, partner="otp")
    for by in maybe_she:
        with pytest.raises(NotAllowed, match="SECOND_PERSON_NEEDED"):
            lifted(county, held, by)
    lifted(county, held, another)


def test_a_command_is_given_by_an_account_whatever_it_is_called(county: County) -> None:
    by_link = hold(county, "Kim Officer", partner="otp")
    with pytest.raises(NotAllowed, match="SECOND_PERSON_NEEDED"):
        county.run(ACTS["hold lift"](county.premises, f"{by_link} kofficer", MATTER))
    about = json.dumps({"reason": "AUDIT", "by": "kofficer", "partner": "otp"})
    placed = county.run(ACTS["hold place"](county.premises, about, MATTER))["hold"]
    with pytest.raises(NotAllowed, match="SECOND_PERSON_NEEDED"):
        lifted(county, placed, "Kim Officer")
    county.run(ACTS["hold lift"](county.premises, f"{placed} lou", MATTER))


@pytest.mark.parametrize("by", ["Ana Perez [ana-9]", "Kim Officer", ACCOUNT])
def test_what_nobody_placed_or_nobody_knows_who_is_lifted_by_any_officer(county: County, by: str) -> None:
    def placed(tx: Transaction) -> None:
        hold_again(tx, (), whole=False, at="2026-04-11T00:00:00.000000Z")
        legal_holds.add(tx, LegalHold("unread", NOT_READ, "", "otp", "", "", "2026-04-11T00:00:00Z", ""))

    county.write(placed)
    for one in county.look(legal_holds.standing):
        with pytest.raises(HandoffError, match="REASON_MISSING"):
            county.run(lift(county.premises, one.id, " ", by))
        lifted(county, one.id, by)
    assert not county.look(legal_holds.standing)


@pytest.mark.requirement("DM-28")
def test_a_hold_on_one_of_two_names_holds_both_also_when_they_are_parted(county: County) -> None:
    her, other = both(county)
    held = hold(county, patient=other)
    county.run(join(county.premises, other, her, "both cards were on the table"))
    with pytest.raises(AlreadyReceived, match="LEGAL_HOLD"):
        destroy(county, her)
    county.run(part(county.premises, other, "two people after all"))

    for one in (her, other):  # what came while they were one may still be either's
        with pytest.raises(AlreadyReceived, match="LEGAL_HOLD"):
            destroy(county, one)
    lifted(county, held)
    destroy(county, her)


def test_a_hold_on_a_partner_and_days_reaches_whom_they_reach_and_nobody_else(county: County) -> None:
    county.refer()
    patient_id = county.patient_id
    hold(county, partner="hospital", last_day="2026-04-10")
    hold(county, partner="housing")
    on = hold(county, partner="hospital", first_day="2026-04-11", last_day="2026-04-11")

    with pytest.raises(AlreadyReceived) as refused:
        destroy(county, patient_id)

    assert refused.value.place == on, "the others are on other days and another partner"
    lifted(county, on)
    destroy(county, patient_id)


def test_old_messages_under_a_hold_are_kept_and_the_log_says_for_which(county: County) -> None:
    county.consent()
    old = county.refer().message_id
    nobodys = county.refer(control_id="ED-2", addressee="NOBODY").message_id
    county.deliver()
    held = hold(county, patient=county.patient_id)
    county.clock.advance(timedelta(days=DAYS + 1))

    retention = Retention(county.store, county.clock, DAYS, DAYS)
    assert county.run(retention.destroy_old()) == 0
    assert county.run(retention.destroy_old()) == 0

    assert is_there(county, old) and is_there(county, nobodys), "the refused one names her too"
    assert said(county, held) == ["hold_placed", REFUSED], "said once while it stays so"
    lifted(county, held)
    assert county.run(retention.destroy_old()) == 3
    assert not is_there(county, old) and not is_there(county, nobodys)


def test_a_hold_on_another_partner_keeps_no_message(county: County) -> None:
    county.consent()
    old = county.refer().message_id
    county.deliver()
    other = hold(county, partner="housing")
    theirs = hold(county, partner="otp")
    county.clock.advance(timedelta(days=DAYS + 1))

    destroy_old(county)

    assert is_there(county, old), "it was addressed to the treatment program"
    lifted(county, theirs)
    destroy_old(county)
    assert not is_there(county, old)
    assert said(county, other) == ["hold_placed"]


def test_a_restored_store_knows_the_holds_placed_and_lifted_since(county: County) -> None:
    with_own_keys(county)
    county.refer()
    before = hold(county, partner="hospital")
    back_up(county)
    lifted(county, before)
    since = hold(county, partner="hospital", first_day="2026-04-01")
    wanted = county.look(lambda reading: legal_holds.get(reading, since))
    carry_on(county)
    lose(county)

    put_back(county)

    assert county.look(legal_holds.standing) == (wanted,)
    with pytest.raises(AlreadyReceived, match="LEGAL_HOLD"):
        destroy(county, county.patient_id)
    lose(county, journal=False, witness=False)
    put_back(county)
    assert [one.reason for one in county.look(legal_holds.standing)] == ["LITIGATION", RESTORE]
    assert county.look(legal_holds.standing)[0].id == before, "what the backup knows; all else is held too"


def test_a_hold_whose_facts_are_lost_is_not_taken_for_the_one_over_everything(county: County) -> None:
    """The key of its entry is younger than the backup; another hold was never written to the journal."""
    with_own_keys(county)
    county.refer()
    back_up(county)
    unread = hold(county, partner="psychiatry")
    carry_on(county)
    hold(county, partner="hospital")
    seal(county)
    lose(county)

    put_back(county)

    first, everything = sorted(county.look(legal_holds.standing), key=lambda one: one.reason)
    assert (first.id, first.reason, first.partner) == (unread, NOT_READ, "psychiatry")
    assert (everything.reason, everything.patient_id, everything.partner) == (RESTORE, "", "")
    with pytest.raises(AlreadyReceived, match="LEGAL_HOLD"):
        destroy(county, county.patient_id)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "HOLD_EMPTY"),
        ({"reason": "SPITE", "partner": "otp"}, "HOLD_REASON"),
        ({"partner": "nobody"}, "NO_SUCH_PARTNER"),
        ({"patient": "nobody"}, "NO_SUCH_PATIENT"),
        ({"first_day": "2026-04-12", "last_day": "2026-04-11"}, "DAY_INVALID"),
    ],
)
def test_what_names_nothing_is_no_hold(county: County, asked: dict[str, str], code: str) -> None:
    about = json.dumps({"reason": "AUDIT", "by": "root", **asked})
    with pytest.raises(HandoffError, match=code):
        county.run(ACTS["hold place"](county.premises, about, MATTER))
    with pytest.raises(NotFound, match="NO_SUCH_HOLD"):
        county.run(ACTS["hold lift"](county.premises, "nothing root", MATTER))
    assert not county.look(legal_holds.newest)
