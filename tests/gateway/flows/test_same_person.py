"""Two patients found to be one, and one found to be two: what follows for records, consents and what waits."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from gateway.audit import of_patient
from gateway.cli.accounting_command import print_account
from gateway.cli.identity_commands import print_candidates
from gateway.disclosure import gate
from gateway.disclosure.handovers import account_for
from gateway.disclosure.release import Refusal, Release
from gateway.disclosure.replay_decision import replay_decisions
from gateway.errors import AlreadyReceived, NotFound, NotNow, NotUnderstood
from gateway.flows.operator_acts import confirm_identity
from gateway.flows.people import patient_meant
from gateway.flows.same_person import join, part, tell_apart
from gateway.identity import candidates
from gateway.store import (
    ConsentState,
    Intent,
    Record,
    consent_requests,
    consents,
    intents,
    patients,
    records,
    same_person,
)
from tests.gateway.county import HOUSING, MRN, County, matches

pytestmark = pytest.mark.requirement("DM-28")

WHY = "both cards were on the table"
OTHER_MRN, NUMBERED = (MRN[0], "880022"), "11111111-1111-4111-8111-111111111111"
AS_OTHER = {"770011": "880022", "5550142": "5550777", "12 Palm Lane": "9 Elm Court"}
"""She again, registered anew with another telephone and street."""


def refer_as_other(county: County, control_id: str = "ED-2", referral: str = "R-2") -> None:
    county.refer(control_id, referral, change=AS_OTHER)


def both(county: County) -> tuple[str, str]:
    """(her id, the id of her who was registered anew): the second waits for a person."""
    county.consent()
    county.refer()
    county.deliver()
    refer_as_other(county)
    return county.patient_id, id_of(county, OTHER_MRN)


def id_of(county: County, identifier: tuple[str, str]) -> str:
    token = county.premises.keys.index("Patient.identifier", *identifier)
    ((_, found),) = county.look(lambda reading: patients.find_by_token(reading, "hospital", token))
    return found


def joined(county: County) -> tuple[str, str]:
    """Both, and somebody has said that they are one."""
    her, again = both(county)
    county.run(join(county.premises, again, her, WHY))
    return her, again


def confirm(county: County, *who: str) -> None:
    """Somebody has made sure of each of them."""
    for patient_id in who:
        county.run(confirm_identity(county.premises, patient_id, WHY))


def account(county: County, patient_id: str) -> list[Any]:
    """The lines of the account of disclosures that she may ask for."""
    told = io.StringIO()
    county.look(lambda reading: print_account(reading, patient_id, "all", "json", county.clock.now(), told))
    found: list[Any] = json.loads(told.getvalue())
    return found


def held_about(county: County, patient_id: str, *types: str) -> tuple[Record, ...]:
    return county.look(lambda reading: records.of_patient(reading, patient_id, types or None))


def intents_about(county: County, patient_id: str) -> tuple[Intent, ...]:
    return county.look(lambda reading: intents.of_patient(reading, patient_id))


def test_what_waited_for_the_one_goes_by_the_consent_of_the_other(county: County) -> None:
    her, again = both(county)
    assert [i.reason for i in intents_about(county, again)] == ["IDENTITY_PENDING"]

    answer = county.run(join(county.premises, again, her, WHY))

    assert (answer["outcome"], answer["is"], answer["woken"]) == ("identity_joined", her, 1)
    assert isinstance(county.release(), Release)
    assert not held_about(county, again)
    assert not intents_about(county, again)
    assert id_of(county, OTHER_MRN) == her
    assert county.look(patients.in_doubt) == ()
    assert county.look(lambda reading: same_person.joined_to(reading, her)) == (again,)


def test_joining_is_audited_with_who_said_why(county: County) -> None:
    her, again = joined(county)

    entries = county.look(lambda reading: of_patient(reading, again))

    entry = entries[-1].entry
    assert (entry.outcome, entry.subject, entry.description) == ("identity_joined", her, WHY)


@pytest.mark.requirement("P2-31-12")
def test_the_same_referral_again_is_still_no_second_one(county: County) -> None:
    """Whatever the two were known as when it was first sent."""
    joined(county)
    county.deliver()

    county.refer("ED-7")
    refer_as_other(county, "ED-8")

    assert county.states() == ["delivered", "delivered"]


def test_a_withdrawal_under_the_one_number_binds_what_came_under_the_other(county: County) -> None:
    signed = county.consent()
    county.refer()
    county.deliver()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    county.run(join(county.premises, again, her, WHY))

    county.withdraw(signed)

    assert isinstance(county.release(), Refusal)
    assert county.states() == ["delivered", "held"]


def test_a_consent_signed_under_the_other_number_comes_along(county: County) -> None:
    her, again = both(county)
    signed = county.consent(identifier=OTHER_MRN)

    county.run(join(county.premises, again, her, WHY))

    (state,) = [one for one in states_of(county, her) if one.consent_id == signed.resource["id"]]
    assert (state.patient_id, state.standing) == (her, "usable")


def test_what_was_decided_before_replays_the_same_after(county: County) -> None:
    her, again = both(county)
    earlier = county.audit("disclose")[-1].row.request_id
    county.run(join(county.premises, again, her, WHY))
    later = county.deliver().request_id
    county.run(part(county.premises, again, "it was her sister"))

    for request_id in (earlier, later):
        (one,) = county.look(lambda reading, asked=request_id: replay_decisions(reading, asked))
        assert one.verdict == "same"


def states_of(county: County, patient_id: str) -> tuple[ConsentState, ...]:
    return county.look(lambda reading: consents.of_patient(reading, patient_id))


def test_parted_each_has_her_own_again_and_nothing_leaves_of_either(county: County) -> None:
    her, again = both(county)
    before = {record.reference for record in held_about(county, again)}
    county.run(join(county.premises, again, her, WHY))

    answer = county.run(part(county.premises, again, "it was her sister"))

    assert answer["outcome"] == "identity_parted"
    assert answer["to be sorted"] == []
    assert {record.reference for record in held_about(county, again)} == before
    assert not {record.reference for record in held_about(county, her)} & before
    assert id_of(county, OTHER_MRN) == again
    assert {patient for patient, _ in county.look(patients.in_doubt)} == {her, again}
    refused = county.release()
    assert isinstance(refused, Refusal)
    assert refused.codes == ("IDENTITY_PENDING",)


def test_parted_the_consent_of_the_one_permits_nothing_of_the_other(county: County) -> None:
    her, again = joined(county)
    county.run(part(county.premises, again, "it was her sister"))
    confirm(county, again, her)

    (due,) = county.claim()

    assert due.patient_id == again
    assert isinstance(county.run(gate.release(county.premises, due)), Refusal)


def test_what_left_while_they_were_one_is_told_for_the_privacy_officer(county: County) -> None:
    _, again = joined(county)
    county.deliver()

    answer = county.run(part(county.premises, again, "it was her sister"))

    (left,) = answer["left while joined"]
    assert (left["to"], left["purpose"]) == ("otp", "TREAT")


def test_what_has_come_since_goes_to_whom_it_names(county: County) -> None:
    her, again = joined(county)
    refer_as_other(county, "ED-3", "R-3")
    county.refer("ED-4", "R-4")
    later = county.consent(identifier=OTHER_MRN)

    county.run(part(county.premises, again, "it was her sister"))

    assert len(held_about(county, again, "ServiceRequest")) == 2
    assert len(held_about(county, her, "ServiceRequest")) == 2
    assert [r.id for r in held_about(county, again, "Consent")] == [later.resource["id"]]
    assert [s.consent_id for s in states_of(county, again)] == [later.resource["id"]]
    assert len(intents_about(county, again)) == 2
    assert len(intents_about(county, her)) == 2


def test_after_parting_the_same_words_join_nobody(county: County) -> None:
    _, again = joined(county)
    county.run(part(county.premises, again, "it was her sister"))

    refer_as_other(county, "ED-3", "R-3")

    assert id_of(county, OTHER_MRN) == again
    assert len(held_about(county, again, "ServiceRequest")) == 2
    assert county.look(lambda reading: candidates(reading, again)) == ()


def test_a_partner_may_still_name_her_by_the_id_she_had(county: County) -> None:
    her, again = joined(county)

    found = county.look(
        lambda reading: patient_meant(county.premises, reading, "hospital", {"reference": f"Patient/{again}"})
    )

    assert found == her


def test_who_was_told_apart_is_not_proposed_again(county: County) -> None:
    her, again = both(county)
    assert [one.patient_id for one in county.look(lambda reading: candidates(reading, again))] == [her]

    county.run(tell_apart(county.premises, again, her, "they are sisters"))

    assert county.look(lambda reading: candidates(reading, again)) == ()
    assert county.look(lambda reading: candidates(reading, her)) == ()


def test_what_cannot_be_said_is_refused_and_changes_nothing(county: County) -> None:
    her, again = both(county)
    premises = county.premises

    with pytest.raises(NotUnderstood, match="SAME_PATIENT"):
        county.run(join(premises, her, her, WHY))
    with pytest.raises(NotUnderstood, match="REASON_MISSING"):
        county.run(join(premises, again, her, " "))
    with pytest.raises(NotFound, match="NO_SUCH_PATIENT"):
        county.run(join(premises, again, "nobody", WHY))
    with pytest.raises(NotFound, match="NOT_JOINED"):
        county.run(part(premises, again, WHY))
    county.run(join(premises, again, her, WHY))
    with pytest.raises(AlreadyReceived, match="JOINED"):
        county.run(join(premises, again, her, WHY))
    with pytest.raises(AlreadyReceived, match="JOINED"):
        county.run(tell_apart(premises, again, her, WHY))
    assert not county.look(lambda reading: same_person.are_told_apart(reading, her, again))


def test_nobody_is_joined_while_something_is_on_its_way(county: County) -> None:
    her, again = both(county)
    county.refer("ED-5", "R-5")
    assert len(county.claim()) == 1

    with pytest.raises(NotNow, match="BEING_SENT"):
        county.run(join(county.premises, again, her, WHY))

    assert county.look(lambda reading: same_person.joined(reading, again)) is None


@pytest.mark.requirement("P2-25-01")
def test_her_account_tells_what_left_under_either_number(county: County) -> None:
    county.consent()
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    county.consent(identifier=OTHER_MRN)
    confirm(county, again)
    for intent in county.claim():
        made = county.run(gate.release(county.premises, intent))
        assert isinstance(made, Release)
        hand_over(county, made)
        county.settle(intent, "delivered")
    county.run(join(county.premises, again, her, WHY))

    assert len(account(county, her)) == 2


def hand_over(county: County, made: Release) -> None:
    now = county.clock.now()
    county.write(lambda tx: account_for(tx, made.id, made.entry, "delivered", "HTTP", now))


def test_what_speaks_for_it_is_told_field_by_field_and_no_value(county: County) -> None:
    her, again = both(county)
    table, rows = io.StringIO(), io.StringIO()

    assert county.look(lambda reading: print_candidates(reading, again, out=table)) == 0
    assert county.look(lambda reading: print_candidates(reading, again, as_json=True, out=rows)) == 0

    (row,) = json.loads(rows.getvalue())
    assert row["may be"] == her
    assert row["same"] == ["family name", "given name", "birth date", "sex"]
    assert row["other"] == ["phone", "street"]
    for value in ("Testperson", "Maribel", "1996", "Elm", "5550777", "880022"):
        assert value not in table.getvalue() + rows.getvalue()


def test_who_was_joined_is_shown_as_whom(county: County, capsys: pytest.CaptureFixture[str]) -> None:
    her, again = joined(county)

    assert county.look(lambda reading: print_candidates(reading, again)) == 0
    assert county.look(lambda reading: print_candidates(reading, "nobody")) == 1

    told = capsys.readouterr().err
    assert f"was found to be {her}" in told
    assert "no patient has that id" in told


def test_nobody_is_joined_away_while_something_of_hers_is_on_its_way(county: County) -> None:
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    confirm(county, again)
    assert {intent.patient_id for intent in county.claim()} == {her, again}
    for intent in intents_about(county, her):
        county.settle(intent, "held", "CONSENT_NEEDED")

    with pytest.raises(NotNow, match="BEING_SENT"):
        county.run(join(county.premises, again, her, WHY))


def test_joined_their_referrals_go_one_after_the_other(county: County) -> None:
    county.consent()
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    county.run(join(county.premises, again, her, WHY))

    sent = []
    for _ in range(3):
        for intent in county.claim():
            assert isinstance(county.run(gate.release(county.premises, intent)), Release)
            county.settle(intent, "delivered")
            sent.append(intent.id)
        assert len(sent) <= 2

    assert sent == [intent.id for intent in intents_about(county, her)]
    assert county.states() == ["delivered", "delivered"]


def test_who_was_asked_for_a_consent_is_asked_for_the_one_person(county: County) -> None:
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    confirm(county, again)
    for intent in county.claim():
        county.run(gate.release(county.premises, intent))
    (waiting,) = intents_about(county, again)
    county.run(join(county.premises, again, her, WHY))

    asked = county.look(lambda reading: consent_requests.of_intent(reading, waiting.id))

    assert asked is not None and asked.patient_id == her


def test_who_was_joined_is_found_by_no_description_of_her_own(county: County) -> None:
    """A stranger described like her comes near one patient, not two."""
    her, again = joined(county)

    assert not county.look(lambda reading: patients.match_keys_of(reading, again))
    county.run(part(county.premises, again, "it was her sister"))
    assert county.look(lambda reading: patients.match_keys_of(reading, again))
    assert not county.look(lambda reading: candidates(reading, her))


@pytest.mark.requirement("FH-RED-02")
def test_who_knows_her_by_a_number_alone_finds_the_same_before_and_after(county: County) -> None:
    """Its own Patient went from its search as soon as somebody else's, which it may not see, had a name."""
    number = {"resourceType": "Patient", "identifier": [{"system": HOUSING[0], "value": HOUSING[1]}]}
    entry = {"fullUrl": f"urn:uuid:{NUMBERED}", "resource": number}
    sent = {"resourceType": "Bundle", "type": "transaction"}
    county.submit("housing", {**sent, "entry": [{**entry, "request": {"method": "POST", "url": "Patient"}}]})
    token = county.premises.keys.index("Patient.identifier", *HOUSING)
    ((_, hers),) = county.look(lambda reading: patients.find_by_token(reading, "housing", token))
    before = matches(county.search("housing", "Patient", HOUSING))
    county.refer()

    county.run(join(county.premises, county.patient_id, hers, WHY))

    assert [one["identifier"] for one in before] == [number["identifier"]]
    assert matches(county.search("housing", "Patient", HOUSING)) == before
    county.consent("housing", classes=("Patient",))
    (named,) = matches(county.search("housing", "Patient", HOUSING))
    assert named["name"], "what others may tell it of her comes before a number"
