"""A store is lost in which two were one, and the backup knows of two: what the log says of the one is of the other."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gateway.audit import of_patient
from gateway.disclosure import gate
from gateway.disclosure.release import Release
from gateway.flows.operator_acts import confirm_identity
from gateway.flows.restored import CHANGED_SINCE, MAY_BE_SENT, confirm_consents
from gateway.flows.same_person import join
from gateway.store import consents, intents
from tests.gateway.county import County
from tests.gateway.flows.test_same_person import OTHER_MRN, id_of, refer_as_other
from tests.gateway.wiring.keeping import back_up, with_own_keys
from tests.gateway.wiring.test_restoring import carry_on, lose, put_back, verified

WHY = "both cards were on the table"


@pytest.fixture
def own(county: County) -> Iterator[County]:
    """She is known as two when the backup is made."""
    with_own_keys(county)
    county.refer()
    refer_as_other(county)
    yield county


@pytest.mark.requirement("P2-31-11", "P2-16-01", "DM-28")
def test_a_consent_withdrawn_under_the_id_she_was_joined_to_never_stands_again(own: County) -> None:
    saved = own.consent()
    her, again = own.patient_id, id_of(own, OTHER_MRN)
    back_up(own)
    own.run(join(own.premises, her, again, WHY))
    own.withdraw(saved)
    carry_on(own)
    lose(own)

    done = put_back(own)

    assert done.since.withdrawn == {again} and done.applied.consents_set_aside == 1
    state = own.look(lambda reading: consents.get(reading, str(saved.resource["id"])))
    assert state is not None and state.standing == "unverified" and CHANGED_SINCE in json.loads(state.reasons)
    told = own.run(confirm_consents(own.premises, her, "asked the hospital"))
    assert (told["consents"], told["withdrawn"]) == (0, 1)

    own.run(join(own.premises, her, again, WHY))
    told = own.run(confirm_consents(own.premises, again, "asked the hospital again"))
    assert (told["consents"], told["withdrawn"]) == (0, 1), "nor under the other's name"
    assert verified(own).ok
    earlier, *_, said = own.look(lambda reading: of_patient(reading, again))
    assert earlier.entry is None and said.entry is not None, (
        "what stands under the lost key does not seem altered"
    )


@pytest.mark.requirement("P2-16-01", "DM-28")
def test_what_left_under_the_id_she_was_joined_to_does_not_go_again_as_new(own: County) -> None:
    her, again = own.patient_id, id_of(own, OTHER_MRN)
    back_up(own)
    own.run(join(own.premises, her, again, WHY))
    own.run(confirm_identity(own.premises, again, WHY))
    own.consent()
    for intent in own.claim():
        assert isinstance(own.run(gate.release(own.premises, intent)), Release)
        own.settle(intent, "delivered")
    carry_on(own)
    lose(own)

    put_back(own)

    (intent,) = own.look(lambda reading: intents.of_patient(reading, her))
    assert (intent.state, intent.reason) == ("unknown", MAY_BE_SENT)
