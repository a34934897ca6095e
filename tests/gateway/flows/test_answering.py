"""A FHIR transaction of somebody who was sent a referral: what in it answers that, and what only looks as if it did."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.demo import person
from gateway.errors import NotUnderstood
from tests.gateway.county import OTP, County

Json = dict[str, Any]


@pytest.fixture
def asked(county: County) -> County:
    """The program has her referral; its number there is R-1, and it knows her by its own."""
    county.consent()
    county.refer()
    county.deliver()
    return county


def said(*resources: Json) -> Json:
    """A transaction that puts each resource under its sender's own id, about the person of whom the program says so."""
    her = {**person.person(*OTP), "id": "p1"}
    entries = [
        {
            "fullUrl": f"https://otp.test/{one['resourceType']}/{one['id']}",
            "resource": one,
            "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"},
        }
        for one in (her, *resources)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def task(task_id: str, status: str, **more: Any) -> Json:
    return {
        "resourceType": "Task",
        "id": task_id,
        "status": status,
        "intent": "order",
        "for": {"reference": "Patient/p1"},
        **more,
    }


def order(intent: str) -> Json:
    her = {"reference": "Patient/p1"}
    return {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "active",
        "intent": intent,
        "subject": her,
    }


@pytest.mark.requirement("SD-02")
def test_an_id_of_its_own_like_the_number_of_a_referral_is_no_answer(asked: County) -> None:
    """A server that counts its Tasks has one of the number that a hospital gave, sooner or later."""
    asked.submit("otp", said(task("R-1", "in-progress")))

    by_source = {one.source_partner: one.resource["status"] for one in asked.records("Task")}
    assert by_source == {"hospital": "requested", "otp": "in-progress"}
    assert not [one for one in asked.intents() if one.kind == "status"], "nobody is told of its own work"


def test_a_referral_is_answered_once_in_a_transaction(asked: County) -> None:
    """The second was judged by what stood before the first: a refusal of what was accepted."""
    number = asked.task().resource["identifier"]
    bundle = said(
        task(asked.task().id, "accepted"),
        task("t1", "rejected", identifier=number, statusReason={"text": "no room"}),
    )
    with pytest.raises(NotUnderstood) as refused:
        asked.submit("otp", bundle)
    assert (refused.value.code, refused.value.place) == ("ENTRY_TWICE", "Bundle.entry[2].fullUrl")
    assert asked.task().resource["status"] == "requested"


def test_an_order_that_the_filler_makes_of_it_is_kept_and_a_copy_of_the_request_is_not(asked: County) -> None:
    number = asked.task().resource["identifier"]
    answer = {"identifier": number, "focus": {"reference": "ServiceRequest/o1"}}
    asked.submit("otp", said(task("t1", "accepted", **answer), order("order")))
    assert [one.source_partner for one in asked.records("ServiceRequest")] == ["hospital"]

    asked.submit("otp", said(task("t2", "in-progress", **answer), order("filler-order")))
    intents = {one.source_partner: one.resource["intent"] for one in asked.records("ServiceRequest")}
    assert intents == {"hospital": "order", "otp": "filler-order"}
    assert asked.task().resource["status"] == "in-progress"


def test_a_second_person_beside_an_answer_does_not_become_the_first(asked: County) -> None:
    somebody = [{"family": "Somebody", "given": ["Else"]}]
    number = [{"system": OTP[0], "value": "OTP-9"}]
    second = {"resourceType": "Patient", "id": "p2", "identifier": number, "name": somebody}
    with pytest.raises(NotUnderstood) as refused:
        asked.submit("otp", said(task(asked.task().id, "accepted"), second))
    assert refused.value.code == "ONE_PATIENT"
    assert asked.task().resource["status"] == "requested"


@pytest.mark.requirement("P2-31-12")
def test_who_takes_back_another_s_consent_in_a_transaction_takes_it_back(asked: County) -> None:
    """As by a PUT of it alone: it became a Consent of the sender's own, and the other went on permitting. The answer is
    that to an id which nobody has, and who has nothing to do with her ends nothing.
    """
    (held,) = asked.records("Consent")
    taken = {**held.resource, "status": "inactive", "patient": {"reference": "Patient/p1"}}

    def now() -> object:
        return {one.id: one.resource["status"] for one in asked.records("Consent")}[held.id]

    answers = [asked.submit("housing", said(taken)), asked.submit("otp", said({**taken, "id": "nobody-s"}))]
    assert now() == "active"
    answers.append(asked.submit("otp", said(taken)))

    assert now() == "inactive"
    assert {(one.entries[1].status, one.entries[1].version) for one in answers} == {("201 Created", 1)}
    told = [one.row.kind for one in asked.audit() if one.entry and one.entry.subject == held.reference]
    assert told == ["consent", "revoke"]
