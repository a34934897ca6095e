"""A denial recorded after the backup is lost with the store; the log tells of it, and it holds until somebody looked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.demo import person
from gateway.errors import NotUnderstood
from gateway.flows.operator_acts import ACTS
from gateway.flows.restored import confirm_consents
from gateway.flows.restored_consents import NOTHING_DENIES
from gateway.partners.network import PolicyChoice
from gateway.wiring.kept_notes import paused
from gateway.wiring.restoring import Restored
from gateway.wiring.standstill import CHECKED, Standstill
from tests.gateway.agency_desk.test_own_page_denials import deny, seen
from tests.gateway.county import MRN, County
from tests.gateway.wiring.keeping import back_up, with_own_keys
from tests.gateway.wiring.test_restoring import carry_on, lose, put_back, verified

pytestmark = pytest.mark.requirement("P2-31-12", "P2-16-01")
END = ACTS["requests denial-ended"]


@pytest.fixture
def own(county: County) -> Iterator[County]:
    """Treatment needs no consent here: nothing but a denial keeps a record closed, so a lost one would open it."""
    with_own_keys(county)
    open_to_treatment(county)
    county.refer()
    yield county


def open_to_treatment(county: County) -> None:
    county.change_network(policy=PolicyChoice(no_consent="treatment"))


def restored(county: County, made: Any) -> Restored:
    carry_on(county)
    lose(county)
    done = put_back(county, made)
    open_to_treatment(county)
    return done


def test_a_denial_of_since_the_backup_is_named_and_holds_until_a_person_ends_it(own: County) -> None:
    assert "Condition" in seen(own)
    made = back_up(own)
    denial = deny(own)
    assert seen(own) == []

    done = restored(own, made)

    (said,) = done.report()["consents not here, denied instead"]
    assert (said["patient"], said["consent"]) == (own.patient_id, f"Consent/{denial}")
    assert said["recorded by"] == "hospital" and done.report()[NOTHING_DENIES] == []
    assert seen(own) == [] and verified(own).ok
    told = own.run(confirm_consents(own.premises, own.patient_id, "asked the hospital"))
    assert told["denied by"] == [said["denied by"]] and seen(own) == [], (
        "it is not lifted along with the rest"
    )
    own.run(END(own.premises, said["denied by"], "the hospital has sent it again, as it was"))
    assert "Condition" in seen(own)

    again = restored(own, made)

    assert again.missing == (), "of what a person has ended nothing is asked again"


def test_where_nothing_can_be_read_of_it_one_denial_stands_in_for_all_of_hers(own: County) -> None:
    """The log has her first word after the backup: it is under a key that no backup has."""
    made = back_up(own)
    denials = [deny(own), deny(own, purpose=None)]
    own.replace(
        "hospital", denials[0], {**own.records("Consent")[0].resource, "id": denials[0], "status": "inactive"}
    )
    own.submit("housing", person.housing_client(), purpose="COC")
    made_by = person.consent("hospital", "psychiatry", "TREAT", identifier=MRN)
    hers = {"patient": {"reference": f"Patient/{own.patient_id}"}}
    own.record("housing", {**made_by, **hers, "provision": {"type": "deny"}})
    assert own.audit("consent")[-1].row.outcome == "unrelated", "the last word of all is one that never bound"

    done = restored(own, made)

    ((one, _),) = {(each.stands_in, each.consent) for each in done.missing}
    assert done.missing[0].consent == "" and one and seen(own) == []


def test_one_that_the_backup_knows_otherwise_is_lost_too_and_one_that_has_ended_is_not(own: County) -> None:
    changed = own.consent("psychiatry").resource
    told = deny(own)
    made = back_up(own)
    provision = {**changed["provision"], "type": "deny"}
    own.replace("hospital", str(changed["id"]), {**changed, "provision": provision})
    ended = own.consent("psychiatry")
    own.withdraw(ended)
    (held,) = [one.resource for one in own.records("Consent") if one.id == told]
    own.replace("hospital", told, {**held, "status": "inactive"})

    done = restored(own, made)

    assert [(one.consent, bool(one.stands_in)) for one in done.missing] == [
        (f"Consent/{changed['id']}", True)
    ]
    assert seen(own) == []
    (standing,) = [one.resource for one in own.records("Consent") if one.id == done.missing[0].stands_in]
    own.replace("hospital", str(standing["id"]), {**standing, "status": "inactive"})
    assert seen(own) == [], "the denial that the backup has binds again"


def test_where_nobody_is_here_for_whom_to_deny_somebody_must_have_asked(own: County) -> None:
    """She came after the backup: her record will come again, and her denial with it only when somebody asks for it."""
    made = back_up(own)
    own.refer("ED-2", "R-2", change={"770011": "880022", "5550142": "5550777", "12 Palm Lane": "9 Elm Court"})
    denial = person.consent("hospital", "psychiatry", "TREAT", identifier=(MRN[0], "880022"))
    own.record("hospital", {**denial, "provision": {**denial["provision"], "type": "deny"}})

    done = restored(own, made)

    assert done.whole and [one.stands_in for one in done.missing] == [""]
    (said,) = (paused(own.folder.path) or {})[NOTHING_DENIES]
    assert said["recorded by"] == "hospital"
    standstill = Standstill(own.folder.path, own.store, own.clock)
    with pytest.raises(NotUnderstood, match="CONSENTS_NOT_CHECKED"):
        own.run(standstill.resume("", "go on"))
    own.run(standstill.resume(CHECKED, "asked the hospital"))


def test_where_the_log_does_not_reach_it_says_whom_to_ask(own: County) -> None:
    own.consent()
    deny(own)
    made = back_up(own)
    lose(own, journal=False)

    done = put_back(own, made)

    assert not done.whole and done.report()["ask for withdrawals and denials since"] == {"hospital": 2}
