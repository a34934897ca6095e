"""What becomes of what came while two were one by mistake: nothing of either is the other's."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from gateway.cli.identity_commands import print_doubts
from gateway.demo import person
from gateway.disclosure import gate
from gateway.disclosure.release import Refusal, Release
from gateway.disclosure.replay_decision import replay_decisions
from gateway.errors import AlreadyReceived, NotFound, NotNow, NotUnderstood
from gateway.flows.destruction import destroy_patient, remains
from gateway.flows.same_person import join, part, sort
from gateway.store import consents, patients
from tests.gateway.county import HOUSING, MRN, County, matches
from tests.gateway.flows.test_same_person import (
    AS_OTHER,
    OTHER_MRN,
    WHY,
    account,
    both,
    confirm,
    hand_over,
    held_about,
    id_of,
    intents_about,
    joined,
    refer_as_other,
    states_of,
)
from tests.gateway.flows.test_submissions import SHE, TASK, WISH, bundle, entry, goal, task, wish

pytestmark = pytest.mark.requirement("DM-28")

SISTER = "it was her sister"
THIRD_MRN = (MRN[0], "660033")
AS_THIRD = {"770011": "660033", "5550142": "5550999", "12 Palm Lane": "1 Oak Road"}
UNDER_HER_CARD = {"Testperson^Maribel": "Sister^Anna", "19960417": "19880101"}
DOCTOR = "urn:uuid:99999999-1111-4111-8111-111111111111"


def subject(how: str, patient_id: str) -> dict[str, Any]:
    """Her, as a partner may name her."""
    system, value = OTHER_MRN
    return {
        "network id": {"reference": f"Patient/{patient_id}"},
        "conditional": {"reference": f"Patient?identifier={system}|{value}"},
        "identifier": {"identifier": {"system": system, "value": value}},
    }[how]


def _coded(identifier: tuple[str, str]) -> dict[str, str]:
    return {"system": identifier[0], "value": identifier[1]}


def consent_of(named: dict[str, Any], **provision: Any) -> dict[str, Any]:
    made = person.consent("hospital", "otp", "TREAT", identifier=OTHER_MRN)
    made |= {"patient": named, "performer": [named], "dateTime": "2026-03-02T10:00:00-07:00"}
    made["provision"] |= provision
    return made


def referral_by(identifier: tuple[str, str], number: str) -> dict[str, Any]:
    """A FHIR referral that names a practitioner all of the hospital's referrals share."""
    she, request, work = (f"urn:uuid:{number * 8}-1111-4111-8111-{place * 12}" for place in "123")
    doctor = {"resourceType": "Practitioner", "name": [{"family": "Doc"}]}
    about = {"reference": she}
    return bundle(
        entry(she, person.person(*identifier)),
        entry(DOCTOR, doctor, "PUT", "Practitioner/dr1"),
        entry(request, wish(subject=about, requester={"reference": DOCTOR})),
        entry(work, task(focus={"reference": request}, **{"for": about})),
    )


def released(county: County, patient_id: str) -> list[Release | Refusal]:
    """What the gate says to all that is due about one patient."""
    made: list[Release | Refusal] = []
    for _ in range(6):
        for intent in county.claim():
            told = county.run(gate.release(county.premises, intent))
            if intent.patient_id == patient_id:
                made.append(told)
            if isinstance(told, Release):
                hand_over(county, told)
                county.settle(intent, "delivered")
    return made


@pytest.mark.parametrize("how", ["network id", "conditional", "identifier"])
def test_a_consent_signed_since_is_the_other_s_under_no_name(county: County, how: str) -> None:
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    county.run(join(county.premises, again, her, WHY))
    county.record("hospital", consent_of(subject(how, again)))

    county.run(part(county.premises, again, SISTER))

    assert len(states_of(county, again)) == 1
    confirm(county, her)
    assert not any(isinstance(one, Release) for one in released(county, her))


@pytest.mark.parametrize("how", ["network id", "conditional"])
def test_a_record_that_came_since_goes_to_whom_it_names_or_waits_to_be_sorted(
    county: County, how: str
) -> None:
    her, again = joined(county)
    county.submit("hospital", bundle(entry(WISH, goal(subject(how, again)))))

    done = county.run(part(county.premises, again, SISTER))

    (found,) = (*held_about(county, her, "Goal"), *held_about(county, again, "Goal"))
    assert found.patient_id == again or done["to be sorted"] == [found.reference]


def test_what_nobody_can_tell_holds_both_until_a_person_has_sorted_it(county: County) -> None:
    her, again = joined(county)
    county.submit("hospital", bundle(entry(WISH, goal(subject("conditional", again)))))
    (waiting,) = county.run(part(county.premises, again, SISTER))["to be sorted"]
    for patient_id in (her, again):
        with pytest.raises(NotUnderstood, match="TO_BE_SORTED"):
            confirm(county, patient_id)
    with pytest.raises(NotUnderstood, match="TO_BE_SORTED"):
        county.run(join(county.premises, again, her, WHY))
    with pytest.raises(NotUnderstood, match="NEITHER_OF_BOTH"):
        county.run(sort(county.premises, waiting, "somebody", WHY))

    county.record("hospital", consent_of({"identifier": _coded(OTHER_MRN)}, type="deny"))
    (denied,) = states_of(county, again)
    county.write(lambda tx: consents.save(tx, replace(denied, standing="unrelated")))

    county.run(sort(county.premises, waiting, again, WHY))

    (heard,) = states_of(county, again)
    assert heard.standing == "unverified", "its recorder has to do with her by what was sorted"
    with pytest.raises(NotFound, match="NOTHING_TO_SORT"):
        county.run(sort(county.premises, waiting, again, WHY))
    assert [one.reference for one in held_about(county, again, "Goal")] == [waiting]
    confirm(county, her, again)


def test_a_referral_that_nobody_can_tell_goes_with_its_records_once_they_are_sorted(county: County) -> None:
    her, again = both(county)
    county.submit("hospital", referral_by(OTHER_MRN, "5"))
    county.run(join(county.premises, again, her, WHY))
    about = subject("conditional", again)
    county.submit("hospital", bundle(entry(WISH, wish(subject=about)), entry(TASK, task(**{"for": about}))))
    before = {intent.id for intent in intents_about(county, her)}

    waiting = county.run(part(county.premises, again, SISTER))["to be sorted"]
    for reference in waiting:
        county.run(sort(county.premises, reference, again, WHY))

    names = {f"{kind}/" for kind in ("ServiceRequest", "Task")}
    assert {reference.partition("/")[0] + "/" for reference in waiting} == names
    kept = {intent.id for intent in intents_about(county, her)}
    moved = before - kept
    own = {record.reference for record in held_about(county, again)}
    for intent in intents_about(county, again):
        if intent.id in moved:
            assert {reference.rpartition("/")[0] for reference in intent.focus} <= own


def test_a_new_description_under_her_number_takes_what_names_it_along(county: County) -> None:
    her, again = joined(county)
    known = entry(SHE, person.person(*OTHER_MRN), "PUT", "Patient/x42")
    county.submit("hospital", bundle(known, entry(WISH, goal({"reference": SHE}))))

    county.run(part(county.premises, again, SISTER))

    assert not held_about(county, her, "Goal")
    assert len(held_about(county, again, "Goal")) == 1


def test_a_doctor_whom_both_share_takes_no_referral_along(county: County) -> None:
    her, again = both(county)
    county.submit("hospital", referral_by(OTHER_MRN, "5"))
    county.run(join(county.premises, again, her, WHY))
    county.submit("hospital", referral_by(MRN, "6"))

    county.run(part(county.premises, again, SISTER))

    own = {record.reference for record in held_about(county, her, "ServiceRequest")}
    named = [
        {reference.rpartition("/")[0] for reference in one.focus} for one in intents_about(county, again)
    ]
    assert own and named
    assert not own & set().union(*named)


@pytest.mark.parametrize("third", [False, True])
def test_a_number_that_was_never_hers_stays_whose_it_is(county: County, third: bool) -> None:
    """Somebody came under her card and is told apart by it; joined to one of the two by mistake, and parted."""
    county.refer()
    her = county.patient_id
    county.refer("ED-9", "R-9", change={**UNDER_HER_CARD, **AS_THIRD})
    county.refer("ED-2", "R-2", change=UNDER_HER_CARD)
    other = id_of(county, THIRD_MRN) if third else her
    apart = next(
        one for one, _ in county.look(patients.in_doubt) if one not in (her, id_of(county, THIRD_MRN))
    )

    county.run(join(county.premises, apart, other, WHY))
    county.run(part(county.premises, apart, SISTER))

    assert id_of(county, MRN) == her


@pytest.mark.parametrize("authority", ["RIVERBEND&2.16.840.1.113883.19.5&ISO", "RIVERBEND"])
def test_a_message_with_both_numbers_gives_the_one_nothing_of_the_other(
    county: County, authority: str
) -> None:
    """A number with its authority's name and no system, as most HL7 v2 senders write it, speaks as any other."""
    system = f"assigner|{authority}|MR" if authority == "RIVERBEND" else MRN[0]
    card = {"RIVERBEND&2.16.840.1.113883.19.5&ISO": authority}
    county.refer(change=card)
    county.refer("ED-2", "R-2", change={**card, **AS_OTHER})
    her, again = (id_of(county, (system, one)) for one in ("770011", "880022"))
    county.run(join(county.premises, again, her, WHY))
    county.refer("ED-5", "R-5", change={**card, "|770011^": f"|880022^^^{authority}^MR~770011^"})

    done = county.run(part(county.premises, again, SISTER))

    assert [id_of(county, (system, one)) for one in ("770011", "880022")] == [her, again]
    assert [one for one in done["to be sorted"] if one.startswith("Patient/")]


def test_who_was_joined_on_is_parted_after_the_one_between(county: County) -> None:
    third, middle = both(county)
    county.refer("ED-3", "R-3", change=AS_THIRD)
    first = id_of(county, THIRD_MRN)
    county.run(join(county.premises, first, middle, WHY))
    county.run(join(county.premises, middle, third, WHY))
    released(county, third)

    with pytest.raises(AlreadyReceived, match="JOINED_ON"):
        county.run(part(county.premises, first, SISTER))
    county.run(part(county.premises, middle, SISTER))
    done = county.run(part(county.premises, first, SISTER))

    assert id_of(county, THIRD_MRN) == first
    assert held_about(county, first, "ServiceRequest")
    assert done["left while joined"], "hers left while the one between was a third"


def test_a_denial_rewritten_since_to_be_the_other_s_is_not_given_away(county: County) -> None:
    county.consent()
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    first = consent_of(subject("identifier", again))
    county.submit("hospital", bundle(entry(WISH, first, "PUT", "Consent/c1")))
    county.run(join(county.premises, again, her, WHY))
    mine = {"identifier": {"system": MRN[0], "value": MRN[1]}}
    denial = consent_of(mine, type="deny")
    county.submit("hospital", bundle(entry(WISH, denial, "PUT", "Consent/c1")))

    waiting = county.run(part(county.premises, again, SISTER))["to be sorted"]

    assert [reference.partition("/")[0] for reference in waiting] == ["Consent"]
    county.run(sort(county.premises, waiting[0], her, WHY))
    confirm(county, her)
    assert not any(isinstance(one, Release) for one in released(county, her))


def test_a_decision_after_the_parting_replays_the_same(county: County) -> None:
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    county.consent(identifier=OTHER_MRN)
    county.run(join(county.premises, again, her, WHY))
    while_joined = released(county, her)
    county.refer("ED-8", "R-8")
    county.run(part(county.premises, again, SISTER))
    confirm(county, her)

    after = released(county, her)

    assert isinstance(after[0], Refusal)
    for made in (*while_joined, *after):
        (one,) = county.look(lambda reading, asked=made.request_id: replay_decisions(reading, asked))
        assert one.verdict == "same"


def test_each_account_tells_what_left_of_her_and_nothing_of_the_other(county: County) -> None:
    county.consent()
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    county.run(join(county.premises, again, her, WHY))
    assert len(released(county, her)) == 2

    county.run(part(county.premises, again, SISTER))

    assert (len(account(county, her)), len(account(county, again))) == (1, 1)


def test_a_denial_by_who_had_nothing_to_do_with_the_one_binds_for_both(county: County) -> None:
    county.consent()
    county.refer()
    her = county.patient_id
    known = {**person.person(*MRN), "identifier": [{"system": HOUSING[0], "value": "DH-1"}]}
    county.submit("housing", bundle(entry(SHE, known), entry(WISH, goal({"reference": SHE}))), purpose="COC")
    denial = consent_of({"identifier": {"system": HOUSING[0], "value": "DH-2"}}, type="deny")
    denial.pop("sourceAttachment")
    county.record("housing", denial)
    token = county.premises.keys.index("Patient.identifier", HOUSING[0], "DH-2")
    ((_, other),) = county.look(lambda reading: patients.find_by_token(reading, "housing", token))
    assert [state.standing for state in states_of(county, other)] == ["unrelated"]

    county.run(join(county.premises, other, her, WHY))

    assert isinstance(county.release(), Refusal)
    county.run(part(county.premises, other, SISTER))
    assert [state.standing for state in states_of(county, other)] == ["unrelated"], (
        "a stranger again to her sister"
    )


def test_who_came_under_another_s_card_is_known_again_after_joining_and_parting(county: County) -> None:
    county.refer()
    her = county.patient_id
    county.refer("ED-2", "R-2", change=UNDER_HER_CARD)
    apart = next(one for one, _ in county.look(patients.in_doubt) if one != her)
    county.refer("ED-3", "R-3", change=AS_THIRD)
    third = id_of(county, THIRD_MRN)
    county.run(join(county.premises, third, apart, WHY))
    county.run(part(county.premises, third, SISTER))

    receipt = county.refer("ED-4", "R-2", change=UNDER_HER_CARD)

    assert receipt.outcome == "accepted"


def test_strangers_are_not_one_person_by_a_number_that_forms_are_filled_with(county: County) -> None:
    def somebody(system: str, value: str, phone: str) -> dict[str, Any]:
        unknown = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "UNKNOWN"}
        named = person.person(system, value)
        named |= {"telecom": [{"system": "phone", "value": phone}]}
        named |= {"identifier": [*named["identifier"], unknown]}
        del named["address"]
        return named

    def known_as(pair: tuple[str, str]) -> str:
        token = county.premises.keys.index("Patient.identifier", *pair)
        ((_, found),) = county.look(lambda reading: patients.find_by_token(reading, None, token))
        return found

    one, other = somebody(MRN[0], "111", "602-555-1111"), somebody(HOUSING[0], "D-9", "602-555-2222")
    county.submit("hospital", bundle(entry(SHE, one), entry(WISH, goal({"reference": SHE}))))
    county.submit("housing", bundle(entry(SHE, other), entry(WISH, goal({"reference": SHE}))), purpose="COC")

    assert known_as((MRN[0], "111")) != known_as((HOUSING[0], "D-9"))


@pytest.mark.parametrize("how", ["network id", "conditional"])
@pytest.mark.parametrize("since", [False, True])
def test_what_names_her_by_the_id_she_had_is_shown_by_her_consent(
    county: County, how: str, since: bool
) -> None:
    her, again = both(county)
    steps = [
        lambda: county.run(join(county.premises, again, her, WHY)),
        lambda: county.submit("hospital", bundle(entry(WISH, goal(subject(how, again))))),
    ]
    for step in steps if since else reversed(steps):
        step()
    county.consent("counseling")

    assert matches(county.search("counseling", "Goal", None, patient=her))


def test_only_who_knew_her_by_the_old_id_is_led_on(county: County) -> None:
    """From whom else the old id leads somewhere, he learns that two are one."""
    county.submit("otp", person.treatment_plan())
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)

    def told(partner: str) -> str:
        try:
            county.submit(partner, bundle(entry(WISH, goal(subject("network id", again)))))
        except NotUnderstood as refused:
            return refused.code
        return "accepted"

    before = told("otp")
    county.run(join(county.premises, again, her, WHY))

    assert (before, told("otp"), told("hospital")) == ("PATIENT_UNKNOWN", "PATIENT_UNKNOWN", "accepted")
    assert matches(county.search("hospital", "ServiceRequest", None, patient=again))


def test_a_withdrawal_binds_whatever_version_its_agency_has_seen(county: County) -> None:
    her, again = both(county)
    signed = county.consent(identifier=OTHER_MRN)
    county.run(join(county.premises, again, her, WHY))

    taken_back = {**signed.resource, "status": "inactive"}
    county.replace("hospital", str(signed.resource["id"]), taken_back, str(signed.version))

    assert {state.standing for state in states_of(county, her)} == {"usable"}
    assert [r.resource["status"] for r in held_about(county, her, "Consent")].count("inactive") == 1


def test_what_stays_readable_under_the_other_s_key_is_told(county: County) -> None:
    _, again = joined(county)
    county.deliver()
    county.run(part(county.premises, again, SISTER))

    done = county.run(destroy_patient(county.premises, again, "she asked for it"))

    (number,) = done["still readable under"].values()
    assert county.look(lambda reading: remains(reading, again)).readable == number > 0
    assert county.look(lambda reading: print_doubts(reading, out=io.StringIO())) == 0


def test_a_referral_stopped_by_a_withdrawal_does_not_live_on_in_doubt(county: County) -> None:
    signed = county.consent()
    county.refer()
    her = county.patient_id
    (intent,) = county.claim()
    assert isinstance(county.run(gate.release(county.premises, intent)), Release)
    county.settle(intent, "retry", "HTTP_503")
    county.withdraw(signed)
    county.write(lambda tx: patients.doubt(tx, her))

    made = county.release()

    assert isinstance(made, Refusal) and made.ended
    assert county.states() == ["cancelled"]


def test_joining_waits_until_what_may_have_arrived_is_settled(county: County) -> None:
    """Repeated under another patient's name, the recipient could not tell that it is the same."""
    county.consent()
    county.refer()
    refer_as_other(county)
    her, again = county.patient_id, id_of(county, OTHER_MRN)
    (intent,) = county.claim()
    county.run(gate.release(county.premises, intent))
    county.settle(intent, "unknown", "ATTEMPT_TIMEOUT")

    with pytest.raises(NotNow, match="BEING_SENT"):
        county.run(join(county.premises, again, her, WHY))
