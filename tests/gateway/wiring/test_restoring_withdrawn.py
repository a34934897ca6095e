"""What she took back since the backup is not in force again when its recorder, who may not know, sends it once more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.disclosure.consent_standing import CHANGED_SINCE, TAKEN_BACK, could_deny
from gateway.errors import AlreadyReceived, NotFound
from gateway.flows.answers import Saved
from gateway.flows.expiry_reviews import goes_on
from gateway.flows.restored import confirm_consents
from gateway.store import consents
from tests.gateway.agency_desk.test_own_page_denials import seen
from tests.gateway.county import County
from tests.gateway.flows import test_expiry_reviews as events
from tests.gateway.flows.test_consent_record import signed, submitted
from tests.gateway.wiring.keeping import back_up, with_own_keys
from tests.gateway.wiring.test_restoring import carry_on, lose, put_back
from tests.gateway.wiring.test_restoring_denials import END, open_to_treatment, restored

pytestmark = pytest.mark.requirement("P2-31-11", "P2-31-12", "P2-16-01")
ALL_BUT_SUD = {
    "type": "deny",
    "securityLabel": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "SUD"}],
}


@pytest.fixture
def own(county: County) -> Iterator[County]:
    """A referral waits for its consent."""
    with_own_keys(county)
    county.refer()
    yield county


def lost(county: County, made: Any) -> None:
    carry_on(county)
    lose(county)
    put_back(county, made)


def withdraw(county: County, consent_id: str) -> None:
    (held,) = [one.resource for one in county.records("Consent") if one.id == consent_id]
    county.withdraw(Saved({**held}, "", "", ""))


def standing(county: County, consent_id: str) -> tuple[str, list[str]]:
    state = county.look(lambda reading: consents.get(reading, consent_id))
    assert state is not None
    return state.standing, json.loads(state.reasons)


def test_one_that_the_backup_has_in_force_has_ended(own: County) -> None:
    sent = submitted(own, signed(), 1)
    event = events.record(own, events.OWNER, {"url": "review", "valueDate": events.in_days(own, 10)})
    kept = signed()
    kept["provision"] = {**kept["provision"], "provision": [ALL_BUT_SUD]}
    mixed = submitted_as(own, kept, "mixed", 1)
    made = back_up(own)
    for one in (sent, event, mixed):
        withdraw(own, one)

    lost(own, made)

    with pytest.raises(AlreadyReceived, match="CONSENT_ENDED"):
        submitted(own, signed(), 2)
    with pytest.raises(NotFound, match="NO_SUCH_CONSENT"):
        own.run(goes_on(own.premises, f"{event} {events.in_days(own, 90)}", "she is still there"))
    with pytest.raises(AlreadyReceived, match="CONSENT_ENDED"):
        submitted_as(own, kept, "mixed", 2)
    (rest,) = [one for one in own.records("Consent") if could_deny(one.resource)]
    assert standing(own, rest.id) == ("unverified", [TAKEN_BACK]), "what it kept back goes on"
    told = own.run(confirm_consents(own.premises, own.patient_id, "asked the hospital"))
    assert told["consents"] == 0
    own.refused()
    own.run(END(own.premises, rest.id, "she takes that back too"))


@pytest.mark.parametrize("kept_back", [("SUD",), ()], ids=["something", "nothing"])
def test_the_end_of_a_lost_yes_opens_nothing_that_it_kept_back(
    own: County, kept_back: tuple[str, ...]
) -> None:
    """Where treatment needs no consent."""
    open_to_treatment(own)
    own.consent("housing")
    made = back_up(own)
    own.withdraw(own.consent("psychiatry", without=kept_back))
    withdraw(own, str(own.record("hospital", {**signed(), "provision": {"type": "deny"}}).resource["id"]))
    before = seen(own)
    assert before == ([] if kept_back else ["Condition"])

    restored(own, made)

    assert seen(own) == before


def test_one_that_came_and_went_since_does_not_come_again(own: County) -> None:
    own.consent("housing")  # the backup has the key under which the log speaks of her
    made = back_up(own)
    sent = submitted(own, signed(), 1)
    withdraw(own, sent)
    own.withdraw(own.record("hospital", signed()))

    lost(own, made)

    with pytest.raises(AlreadyReceived, match="CONSENT_ENDED"):
        submitted(own, signed(), 2)
    again = str(own.record("hospital", signed()).resource["id"])
    assert standing(own, again) == ("unverified", [CHANGED_SINCE]), "it may be the very one, under another id"
    own.refused()
    told = own.run(confirm_consents(own.premises, own.patient_id, "asked her, she has signed it since"))
    assert told["consents"] == 2 and standing(own, again) == ("usable", [])
    own.released()


def test_what_she_signs_afterwards_counts_at_once(own: County) -> None:
    own.consent("housing")
    made = back_up(own)
    own.withdraw(own.record("hospital", signed()))
    lost(own, made)
    own.clock.advance(timedelta(days=1))

    new = own.record("hospital", signed(dateTime=f"{own.clock.now():%Y-%m-%dT%H:%M:%SZ}"))

    assert standing(own, str(new.resource["id"])) == ("usable", [])
    own.released()


def test_a_denial_that_was_sent_again_and_is_lost_again_is_denied_for_again(own: County) -> None:
    open_to_treatment(own)
    own.consent("housing")
    made = back_up(own)
    refusal = {**signed(), "provision": {"type": "deny"}}
    submitted(own, refusal, 1)
    (first,) = restored(own, made).missing
    submitted(own, refusal, 2)
    own.run(END(own.premises, first.stands_in, "the hospital has sent it again"))
    assert seen(own) == []

    (second,) = restored(own, made).missing

    assert second.stands_in not in ("", first.stands_in) and seen(own) == []


def submitted_as(county: County, consent: dict[str, Any], name: str, number: int) -> str:
    entry = {
        "fullUrl": "urn:uuid:55555555-4444-4444-8444-444444444445",
        "resource": consent,
        "request": {"method": "PUT", "url": f"Consent/{name}"},
    }
    bundle = {"resourceType": "Bundle", "id": f"{name}-{number}", "type": "transaction", "entry": [entry]}
    return county.submit("hospital", bundle).entries[0].reference.split("/")[1]


def test_what_stood_in_stands_in_again_after_another_loss(own: County) -> None:
    open_to_treatment(own)
    own.consent("housing")
    made = back_up(own)
    sent = submitted(own, {**signed(), "provision": {"type": "deny"}}, 1)
    (first,) = restored(own, made).missing
    assert submitted(own, signed(), 2) == sent, "its recorder knows of no refusal any more"
    assert seen(own) == []

    assert [one.stands_in for one in restored(own, made).missing] == [first.stands_in]
    assert seen(own) == [], "no person has looked"
