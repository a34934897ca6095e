"""A person's word where the gateway may not decide: what may be said of what, what follows, and that it is audited."""

from __future__ import annotations

import io
import json
from functools import partial
from typing import Any

import pytest

from gateway.cli.identity_commands import print_doubts
from gateway.cli.operator_commands import WAITING, print_lanes
from gateway.demo import person
from gateway.disclosure.held import hold_for_identity
from gateway.disclosure.release import Refusal, Release
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows.operator_acts import ACTS, BY_A_PERSON, arrived, confirm_identity, give_up, send_again
from gateway.flows.referral import POSSIBLE_DUPLICATE
from gateway.store import Intent, consent_requests, intents, outbox, patients
from tests.gateway.county import County
from tests.gateway.wiring.test_control import ask, with_door

WHY = "asked the clinic by phone"
OF_TWO = ("identity apart", "identity same", "identity sort")


def ended_as(county: County, state: str) -> Intent:
    """A referral that consent released, and what became of it."""
    county.consent()
    county.refer()
    county.released()
    (intent,) = county.intents()
    county.settle(intent, state, "HTTP_400")
    return county.intents()[0]


def last_outcome(county: County) -> Any:
    entry = county.audit("outcome")[-1].entry
    assert entry is not None
    return entry


@pytest.mark.parametrize("state", ["dead", "unknown"])
def test_what_is_sent_again_is_decided_again(county: County, state: str) -> None:
    intent = ended_as(county, state)
    assert county.claim() == ()

    answer = county.run(send_again(county.premises, intent.id, WHY))

    assert answer == {"intent": intent.id, "outcome": "sent_again", "state": "due"}
    assert isinstance(county.release(), Release)
    entry = last_outcome(county)
    assert (entry.outcome, entry.subject, entry.partner, entry.description) == (
        "sent_again",
        intent.id,
        "otp",
        WHY,
    )


@pytest.mark.requirement("P2-31-12")
def test_what_she_took_back_meanwhile_is_not_sent_again(county: County) -> None:
    saved = county.consent()
    county.refer()
    county.released()
    county.settle(county.intents()[0], "dead", "HTTP_400")
    county.withdraw(saved)

    county.run(send_again(county.premises, county.intents()[0].id, WHY))

    assert isinstance(county.release(), Refusal)
    assert county.states() == ["cancelled"], "it was released once: nobody is asked for that consent again"


def test_what_did_arrive_is_settled(county: County) -> None:
    intent = ended_as(county, "unknown")

    county.run(arrived(county.premises, intent.id, WHY))

    assert [(i.state, i.reason) for i in county.intents()] == [("delivered", BY_A_PERSON)]
    assert county.claim() == ()
    assert last_outcome(county).outcome == "arrived"


def test_what_is_given_up_is_asked_of_nobody_any_more(county: County) -> None:
    county.refer()
    county.refused()
    (intent,) = county.intents()
    assert county.look(lambda reading: consent_requests.of_intent(reading, intent.id)) is not None

    county.run(give_up(county.premises, intent.id, WHY))

    assert county.states() == ["cancelled"]
    assert county.look(lambda reading: consent_requests.of_intent(reading, intent.id)) is None
    county.consent()
    assert county.claim() == ()


_TOO_LATE = [
    ("lanes again", "delivered"),
    ("lanes again", "held"),
    ("lanes arrived", "dead"),
    ("lanes arrived", "cancelled"),
    ("lanes drop", "delivered"),
]


@pytest.mark.parametrize(("act", "state"), _TOO_LATE)
def test_what_is_settled_stays_so(county: County, act: str, state: str) -> None:
    intent = ended_as(county, state)

    with pytest.raises(AlreadyReceived, match="INTENT_SETTLED"):
        county.run(ACTS[act](county.premises, intent.id, WHY))

    assert county.states() == [state]
    assert county.audit("outcome") == []


@pytest.mark.parametrize("act", sorted(ACTS))
def test_nothing_is_done_without_a_reason_or_to_nobody(county: County, act: str) -> None:
    nobody = "none nobody" if act in (*OF_TWO, "requests assign", "requests told") else "none"
    if act == "hold place":
        nobody = '{"reason": "LITIGATION", "patient": "none", "by": "root"}'
    if act.startswith("users "):
        nobody = '{"name": "nobody", "roles": [], "until": "", "by": "root"}'
    with pytest.raises(NotUnderstood, match="REASON_MISSING"):
        county.run(ACTS[act](county.premises, nobody, "  "))
    with pytest.raises(NotUnderstood if act == "users add" else NotFound):
        county.run(ACTS[act](county.premises, nobody, WHY))


@pytest.mark.parametrize("act", OF_TWO)
def test_an_act_on_two_patients_needs_two(county: County, act: str) -> None:
    with pytest.raises(NotUnderstood, match="TWO_PATIENTS"):
        county.run(ACTS[act](county.premises, "none", WHY))


def in_doubt(county: County) -> tuple[str, str]:
    """Somebody else's referral under her number: the provisional patient, and what is held for it."""
    county.consent()
    county.refer()
    county.deliver()
    swap = {"Testperson^Maribel": "Smith^Robert", "19960417|F": "19510101|M", "5550142": "5550777"}
    county.refer("ED-2", "R-2", change=swap)
    (held,) = county.look(lambda reading: intents.in_state(reading, "held"))
    return held.patient_id, held.id


def test_who_was_made_sure_of_gets_her_own_answer_and_nobody_else_s_consent(county: County) -> None:
    patient_id, intent_id = in_doubt(county)

    answer = county.run(confirm_identity(county.premises, patient_id, "checked the identity card"))

    assert answer == {"patient": patient_id, "outcome": "identity_confirmed", "woken": 1}
    (due,) = county.claim()
    assert due.id == intent_id
    with county.store.read() as reading:
        assert not list(intents.in_state(reading, "held"))
    from gateway.disclosure import gate

    refused = county.run(gate.release(county.premises, due))
    assert isinstance(refused, Refusal), "the other person's consent is none of his"
    with pytest.raises(AlreadyReceived, match="IDENTITY_CERTAIN"):
        county.run(confirm_identity(county.premises, patient_id, WHY))


def test_the_same_words_do_not_raise_the_same_doubt_again(county: County) -> None:
    """Known by number alone, then described like another: once somebody made sure, it stays so."""
    county.submit("otp", person.treatment_plan())
    county.consent()
    county.refer()
    (held,) = county.look(lambda reading: intents.in_state(reading, "held"))
    county.run(confirm_identity(county.premises, held.patient_id, WHY))
    assert len(county.claim()) == 1

    county.refer("ED-2", "R-2")

    assert county.look(patients.in_doubt) == ()
    assert not county.look(lambda reading: intents.in_state(reading, "held"))


def test_a_release_that_was_about_to_wait_is_decided_when_somebody_has_made_sure(county: County) -> None:
    """Deciding and confirming at the same moment: nothing stays held for a doubt that is gone."""
    _, intent_id = in_doubt(county)
    county.run(
        confirm_identity(county.premises, county.look(lambda r: intents.get(r, intent_id)).patient_id, WHY)
    )
    (due,) = county.claim()

    assert county.write(partial(hold_for_identity, county.premises, due)) is None
    assert county.look(lambda reading: intents.get(reading, intent_id)).state == "sending"


def test_a_cancellation_follows_what_may_have_arrived_whatever_was_said_since(county: County) -> None:
    county.consent()
    county.refer()
    made = county.released()
    (intent,) = county.intents()
    county.write(lambda tx: outbox.mark(tx, made.id, "unknown", "2026-04-11T15:00:00.000000Z"))
    county.settle(intent, "unknown", "ATTEMPT_TIMEOUT")
    county.run(give_up(county.premises, intent.id, WHY))

    county.refer("ED-3", event="I14")

    assert [i.kind for i in county.intents()] == ["referral", "cancel"]


def test_what_may_have_arrived_is_sent_again_as_a_possible_repeat(county: County) -> None:
    intent = ended_as(county, "unknown")

    county.run(send_again(county.premises, intent.id, WHY))

    assert county.intents()[0].reason == POSSIBLE_DUPLICATE


def test_the_lists_tell_ids_and_codes_and_no_name(county: County) -> None:
    patient_id, intent_id = in_doubt(county)
    lanes, doubts = io.StringIO(), io.StringIO()

    assert county.look(lambda reading: print_lanes(reading, WAITING, None, out=lanes)) == 0
    assert county.look(lambda reading: print_doubts(reading, out=doubts)) == 0

    assert intent_id in lanes.getvalue() and "IDENTITY_PENDING" in lanes.getvalue()
    assert patient_id in doubts.getvalue()
    for name in ("Smith", "Robert", "Testperson", "Maribel", "1951"):
        assert name not in lanes.getvalue() + doubts.getvalue()


def test_the_lists_as_json_and_for_one_partner(county: County) -> None:
    intent = ended_as(county, "dead")
    found, other, doubts = io.StringIO(), io.StringIO(), io.StringIO()

    county.look(lambda r: print_lanes(r, ("dead",), "otp", as_json=True, out=found))
    county.look(lambda r: print_lanes(r, ("dead",), "housing", as_json=True, out=other))
    county.look(lambda r: print_doubts(r, as_json=True, out=doubts))

    (row,) = json.loads(found.getvalue())
    assert (row["intent"], row["state"], row["to"], row["tries"]) == (intent.id, "dead", "otp", 1)
    assert json.loads(other.getvalue()) == json.loads(doubts.getvalue()) == []


def test_the_running_gateway_takes_the_word(county: County) -> None:
    intent = ended_as(county, "dead")
    asked = {"command": "lanes again", "about": intent.id, "reason": WHY}

    answer = with_door(county, lambda folder: ask(folder, asked))

    assert answer["state"] == "due"
    assert county.states() == ["due"]
