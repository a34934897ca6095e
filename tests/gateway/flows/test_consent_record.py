"""A Consent comes, changes or ends: who may do that, and what it does to what waits."""

from __future__ import annotations

import pytest

from gateway.demo import person
from gateway.errors import AlreadyReceived, NotSupported, NotUnderstood
from gateway.flows.nothing import NothingToShow
from gateway.store import consents, patients
from tests.gateway.county import HOUSING, MRN, OTP, County, matches


def epoch(county: County) -> int:
    return county.look(lambda reading: patients.epoch(reading, county.patient_id))


@pytest.mark.requirement("P2-31-10", "AU-04")
def test_a_consent_is_recorded_with_its_standing_and_audited(county: County) -> None:
    saved = county.consent()

    assert (saved.version, saved.created) == (1, True)
    assert saved.resource["meta"]["versionId"] == "1"
    state = county.look(lambda reading: consents.get(reading, str(saved.resource["id"])))
    assert state is not None
    assert (state.standing, state.recorded_by, state.reasons) == ("usable", "hospital", "[]")
    entry = county.audit("consent")[-1].entry
    assert entry is not None
    assert entry.subject == f"Consent/{saved.resource['id']}"
    assert (entry.partner, entry.outcome) == ("hospital", "usable")


def test_an_id_chosen_by_the_sender_is_not_taken_for_a_new_consent(county: County) -> None:
    made = {**person.consent("hospital", "otp", "TREAT", identifier=MRN), "id": "chosen"}

    assert county.record("hospital", made).resource["id"] != "chosen"


@pytest.mark.requirement("P2-31-12")
def test_every_change_of_a_consent_moves_the_patient_s_epoch(county: County) -> None:
    saved = county.consent()
    before = epoch(county)
    county.withdraw(saved)

    assert epoch(county) == before + 1
    assert county.audit("revoke")[-1].row.outcome == "withdrawn"


def test_a_consent_may_be_signed_before_the_first_referral(county: County) -> None:
    county.consent()
    county.refer()

    assert {record.patient_id for record in county.records("Consent", "Task")} == {county.patient_id}
    county.released()


@pytest.mark.parametrize(
    "patient", [{"reference": "Patient/nobody"}, {"display": "Maribel"}, {"identifier": {"value": "770011"}}]
)
def test_a_consent_of_nobody_known_is_refused(county: County, patient: dict[str, object]) -> None:
    made = {**person.consent("hospital", "otp", "TREAT", identifier=MRN), "patient": patient}

    with pytest.raises(NotUnderstood) as refused:
        county.record("hospital", made)

    assert (refused.value.code, refused.value.place) == ("PATIENT_UNKNOWN", "Consent.patient")


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"resourceType": "Patient"}, NotUnderstood, "RESOURCE_TYPE_UNEXPECTED"),
        ({"resourceType": "Basket"}, NotSupported, "RESOURCE_TYPE_UNKNOWN"),
        ({"resourceType": None}, NotSupported, "RESOURCE_TYPE_UNKNOWN"),
        ({"status": "bogus"}, NotUnderstood, None),
    ],
)
def test_what_is_no_consent_is_refused_with_its_place(
    county: County, change: dict[str, object], error: type[NotUnderstood], code: str | None
) -> None:
    with pytest.raises(error) as refused:
        county.record("hospital", {**person.consent("hospital", "otp", "TREAT", identifier=MRN), **change})

    assert code in (None, refused.value.code)
    assert refused.value.place


# ---------------------------------------------------------------------------------------------- changing it


@pytest.mark.requirement("P2-31-12")
def test_her_recorder_may_change_a_consent(county: County) -> None:
    saved = county.consent()
    county.refer()
    wider = person.consent("hospital", "otp", "TREAT", identifier=MRN, without=("SUD",))

    county.replace("hospital", str(saved.resource["id"]), wider)

    assert b"F11.20" not in county.released().content


@pytest.mark.requirement("P2-31-12")
def test_whoever_serves_her_may_take_her_withdrawal_but_rewrite_nothing(county: County) -> None:
    saved = county.consent()
    county.refer()
    county.submit("housing", person.housing_client(), purpose="COC")
    rewritten = person.consent("hospital", "housing", "COC", identifier=MRN)

    withdrawn = county.replace("housing", str(saved.resource["id"]), {**rewritten, "status": "inactive"})

    assert withdrawn.resource["status"] == "inactive"
    assert withdrawn.resource["provision"] == saved.resource["provision"]
    assert county.audit("revoke")[-1].row.partner == "housing"
    state = county.look(lambda reading: consents.get(reading, str(saved.resource["id"])))
    assert state is not None
    assert state.recorded_by == "hospital"


@pytest.mark.requirement("P2-13-02", "FH-CON-10")
@pytest.mark.parametrize(
    ("partner", "knows_her", "status"),
    [("housing", True, "active"), ("housing", False, "inactive"), ("psychiatry", False, "inactive")],
)
def test_others_can_neither_change_a_consent_nor_learn_of_it(
    county: County, partner: str, knows_her: bool, status: str
) -> None:
    saved = county.consent()
    county.refer()
    if knows_her:
        county.submit("housing", person.housing_client(), purpose="COC")

    with pytest.raises(NothingToShow) as refused:
        county.replace(partner, str(saved.resource["id"]), {**saved.resource, "status": status})
    with pytest.raises(NothingToShow) as unknown:
        county.replace(partner, "none", {**saved.resource, "id": "none", "status": status})

    assert refused.value.message == unknown.value.message
    assert county.records("Consent")[0].resource["status"] == "active"


def test_a_change_of_an_older_version_is_a_conflict(county: County) -> None:
    saved = county.consent()
    consent_id = str(saved.resource["id"])
    county.replace("hospital", consent_id, {**saved.resource, "status": "inactive"}, "1")

    with pytest.raises(AlreadyReceived) as refused:
        county.replace("hospital", consent_id, saved.resource, "1")

    assert (refused.value.code, refused.value.place) == ("VERSION_CONFLICT", "If-Match")
    assert county.records("Consent")[0].version == 2


def test_the_id_in_the_consent_must_be_the_one_in_the_address(county: County) -> None:
    saved = county.consent()

    with pytest.raises(NotUnderstood) as refused:
        county.replace("hospital", "another", saved.resource)

    assert refused.value.code == "ID_MISMATCH"


@pytest.mark.requirement("P2-31-03")
def test_a_consent_cannot_be_turned_to_another_patient(county: County) -> None:
    saved = county.consent()
    county.refer()
    other = {"identifier": {"system": person.MRN_SYSTEM, "value": "880022"}}

    changed = county.replace("hospital", str(saved.resource["id"]), {**saved.resource, "patient": other})

    assert changed.resource["patient"] == saved.resource["patient"]
    assert county.records("Consent")[0].patient_id == county.patient_id


@pytest.mark.requirement("P2-31-12")
def test_a_withdrawal_makes_what_waits_for_its_next_try_be_decided_at_once(county: County) -> None:
    saved = county.consent()
    county.refer()
    county.released()
    county.settle(county.intents("sending")[0], "retry", "HTTP_503")

    county.withdraw(saved)

    (intent,) = county.intents()
    assert (intent.state, intent.reason) == ("due", "CONSENT_WITHDRAWN")
    assert county.refused().ended


@pytest.mark.requirement("P2-31-12")
def test_a_withdrawal_does_not_touch_what_was_delivered(county: County) -> None:
    saved = county.consent()
    county.refer()
    county.deliver()

    county.withdraw(saved)

    assert county.states() == ["delivered"]


@pytest.mark.requirement("P2-31-04")
def test_a_consent_names_her_by_our_id_or_by_a_patient_its_recorder_sent(county: County) -> None:
    county.share_plan()
    by_our_id = person.consent("otp", "housing", "COC", identifier=OTP, classes=("Goal",))
    sent = next(r for r in county.records("Patient") if r.source_partner == "otp")
    county.record("otp", {**by_our_id, "patient": {"reference": f"Patient/{county.patient_id}"}})
    county.record("otp", {**by_our_id, "patient": {"reference": f"Patient/{sent.id}"}})
    condition = f"Patient?identifier={OTP[0]}|{OTP[1]}"
    county.record("otp", {**by_our_id, "patient": {"reference": condition}})

    assert len(county.records("Consent")) == 3
    assert len(matches(county.search("housing", "Goal", HOUSING, "COC"))) == 2


@pytest.mark.requirement("P2-13-02")
def test_a_patient_only_others_have_sent_cannot_be_named_by_her_id(county: County) -> None:
    county.share_plan()
    theirs = next(r for r in county.records("Patient") if r.source_partner == "otp")
    made = person.consent("hospital", "otp", "TREAT", identifier=MRN)

    for patient_id in (county.patient_id, theirs.id):
        with pytest.raises(NotUnderstood):
            county.record("hospital", {**made, "patient": {"reference": f"Patient/{patient_id}"}})
