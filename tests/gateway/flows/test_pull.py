"""A caller's questions: by whose number, by which id, and the words its waiting referral carries."""

from __future__ import annotations

import re

import pytest

from gateway.demo import person
from gateway.flows.nothing import NothingToShow
from gateway.store import Record, consent_requests, intents, patients, records
from tests.gateway.county import HOUSING, MRN, OTP, County, matches


@pytest.mark.requirement("P2-13-02", "DM-28")
def test_she_is_found_by_the_caller_s_own_number_alone(county: County) -> None:
    county.share_plan()

    assert len(matches(county.search("otp", "Goal", OTP))) == 2
    assert county.search("otp", "Goal", HOUSING)["total"] == 0
    assert county.search("otp", "Goal", (OTP[0], "OTP-0000"))["total"] == 0


def test_an_id_and_a_number_must_mean_the_same_patient(county: County) -> None:
    county.share_plan()

    assert county.search("otp", "Goal", OTP, patient=county.patient_id)["total"] == 2
    assert county.search("otp", "Goal", OTP, patient="another")["total"] == 0
    assert county.search("otp", "Goal", None, patient=county.patient_id)["total"] == 2
    assert county.search("otp", "Goal", None, patient="another")["total"] == 0
    assert county.search("otp", "Goal", None)["total"] == 0


def test_one_resource_is_read_with_its_version(county: County) -> None:
    county.share_plan()
    goal = county.records("Goal")[0]

    shown, again = county.read("otp", "Goal", goal.id), county.read("otp", "Goal", goal.id)
    assert shown == again
    assert shown["meta"]["lastUpdated"] == goal.updated_at
    assert re.fullmatch("[0-9a-f]{32}", shown["meta"]["versionId"])
    own_id = county.own_patient_id("otp")
    assert county.read("otp", "Patient", county.patient_id)["id"] == own_id
    assert county.read("otp", "Patient", own_id)["id"] == own_id


@pytest.mark.requirement("P2-13-02")
def test_what_is_not_there_not_permitted_or_another_source_s_own_id_reads_alike(county: County) -> None:
    county.share_plan()
    goal = county.records("Goal")[0]
    theirs = next(r for r in county.records("Patient") if r.source_partner == "housing")
    deleted = Record(
        "Goal", "gone", 0, county.patient_id, "otp", ("otp",), True, goal.updated_at, True, {"id": "gone"}
    )
    organization = {"resourceType": "Organization", "id": "o1"}
    of_nobody = Record(
        "Organization", "o1", 0, None, "otp", ("otp",), True, goal.updated_at, False, organization
    )
    county.write(lambda tx: (records.save(tx, deleted), records.save(tx, of_nobody)))

    messages = set()
    for partner, kind, wanted in (
        ("housing", "Goal", goal.id),
        ("otp", "Goal", "none"),
        ("otp", "Goal", "gone"),
        ("otp", "Organization", "o1"),
        ("otp", "Patient", theirs.id),
        ("otp", "Patient", "none"),
    ):
        with pytest.raises(NothingToShow) as nothing:
            county.read(partner, kind, wanted, "TREAT")
        messages.add((nothing.value.code, nothing.value.message))

    assert len(messages) == 1


def test_a_patient_only_others_describe_is_shown_as_the_latest_one_does(county: County) -> None:
    county.refer()
    county.consent("psychiatry")

    (shown,) = matches(county.search("psychiatry", "Patient", None, patient=county.patient_id))

    assert shown["id"] == county.patient_id


def test_a_number_that_means_two_patients_finds_nobody(county: County) -> None:
    county.share_plan()
    index = county.premises.keys.index
    token = index("Patient.identifier", "urn:x", "1")

    assert county.search("otp", "Goal", ("urn:x", "1"))["total"] == 0
    county.write(lambda tx: patients.link(tx, "otp", token, county.patient_id))
    assert county.search("otp", "Goal", ("urn:x", "1"))["total"] == 2


# ------------------------------------------------------------------------------------- the words of waiting


def words(county: County, number: tuple[str, str] = MRN) -> str:
    (task,) = matches(county.search("hospital", "Task", number))
    return str(task.get("statusReason", {}).get("text", ""))


@pytest.mark.requirement("P2-13-02", "SD-06")
def test_a_waiting_referral_reads_the_same_whatever_it_waits_for(county: County) -> None:
    county.refer()
    not_yet_tried = words(county)
    county.refused()
    for_a_consent = words(county)
    saved = county.consent()
    county.released()
    county.settle(county.intents("sending")[0], "retry", "HTTP_503")
    for_the_partner = words(county)
    county.withdraw(saved)
    county.refused()
    ended = words(county)

    assert not_yet_tried == for_a_consent == for_the_partner == ended
    assert not_yet_tried.startswith("Waiting. Not yet sent to the receiving organization.")
    assert "Consent desk, +1-602-555-0100" in not_yet_tried
    assert county.task().id in not_yet_tried


def test_a_delivered_referral_says_that_it_was_sent(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()

    assert words(county) == "Sent. Free text and attachments are not forwarded."


@pytest.mark.requirement("DM-28")
def test_a_doubt_who_she_is_asks_as_no_doubt_would_and_is_never_called_sent(county: County) -> None:
    """Whether somebody else knows one who is like her is not her sender's to learn; that it has not left, is."""
    other = (MRN[0], "880022")
    county.refer("ED-1", "R-1")
    county.refused()
    county.refer("ED-2", "R-2", change={"770011^^^": "880022^^^", "12 Palm": "9 Oak", "5550142": "5559999"})
    everybody_s = county.look(lambda reading: intents.in_state(reading, "held"))
    (held,) = (one for one in everybody_s if one.reason == "IDENTITY_PENDING")

    def asked() -> int:
        found = county.look(lambda reading: consent_requests.waiting_of_source(reading, "hospital", 9))
        return len([one for one in found if one.request.intent_id == held.id])

    def alike(text: str) -> str:
        return re.sub(r"Reference [0-9a-f-]+", "Reference", text)

    waiting = alike(words(county))
    assert (asked(), alike(words(county, other))) == (1, waiting)
    saved = county.consent(identifier=other)
    assert county.refused() and asked() == 0
    assert alike(words(county, other)) == waiting
    county.withdraw(saved)
    assert (asked(), alike(words(county, other))) == (0, waiting)


def test_a_task_that_was_never_to_be_sent_or_is_another_s_has_no_such_words(county: County) -> None:
    sent = person.treatment_plan()
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": sent["entry"][1]["resource"]["subject"],
    }
    sent["entry"].append(
        {"fullUrl": "urn:uuid:t", "resource": task, "request": {"method": "POST", "url": "Task"}}
    )
    county.submit("otp", sent)
    county.submit("housing", person.housing_client(), purpose="COC")
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("Task",))

    (own,) = matches(county.search("otp", "Task", OTP))
    (theirs,) = matches(county.search("housing", "Task", HOUSING, "COC"))

    assert "statusReason" not in own
    assert "statusReason" not in theirs


def test_an_answered_referral_speaks_for_itself(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    county.share_plan()
    county.consent("hospital", discloser="otp", identifier=OTP, classes=("Task",))
    county.answer("otp", "rejected", statusReason={"text": "no bed this week"})

    (task,) = matches(county.search("hospital", "Task", MRN))
    assert task["status"] == "rejected"
    assert "Waiting" not in str(task)
