"""A FHIR referral that is changed, cancelled or sent once more; and whose record a submitted one stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.demo import person
from gateway.disclosure import gate
from gateway.disclosure.release import Release
from gateway.errors import HandoffError
from tests.gateway.county import MRN, OTP, County, resources_of

PLAN = {
    "resourceType": "CarePlan",
    "status": "active",
    "intent": "plan",
    "subject": {"reference": "Patient/p1"},
}


def put(resource: dict[str, Any], own_id: str) -> dict[str, Any]:
    """One entry, under the sender's own id."""
    name = f"{resource['resourceType']}/{own_id}"
    entry = {"resource": {**resource, "id": own_id}, "request": {"method": "PUT", "url": name}}
    return {"fullUrl": f"https://ehr.example/{name}", **entry}


def transaction(*entries: dict[str, Any], bundle_id: str = "b1") -> dict[str, Any]:
    return {"resourceType": "Bundle", "id": bundle_id, "type": "transaction", "entry": list(entries)}


def referral(
    bundle_id: str, day: str = "2026-04-01", owner: str = "otp", status: str = "requested"
) -> dict[str, Any]:
    """The hospital's referral in FHIR, from a given day."""
    wish = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "treatment"},
        "authoredOn": day,
    }
    return transaction(
        put(person.person(*MRN), "p1"), put(wish, "s1"), ask(owner, status), bundle_id=bundle_id
    )


def ask(owner: str, status: str) -> dict[str, Any]:
    """The entry of its Task."""
    task = {
        "resourceType": "Task",
        "status": status,
        "intent": "order",
        "focus": {"reference": "ServiceRequest/s1"},
        "for": {"reference": "Patient/p1"},
        "owner": {"reference": f"Organization/{owner}"},
    }
    return put(task, "t1")


def test_changed_content_takes_the_place_of_what_waits(county: County) -> None:
    county.submit("hospital", referral("b1"))
    county.refused()

    county.submit("hospital", referral("b2", day="2026-04-02"))
    county.consent()

    assert county.states() == ["cancelled", "due"]
    (sent,) = resources_of(county.released().content)["ServiceRequest"]
    assert sent["authoredOn"] == "2026-04-02"


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_cancellation_of_what_never_left_ends_it_and_tells_nobody(county: County, status: str) -> None:
    county.submit("hospital", referral("b1"))
    county.refused()

    county.submit("hospital", referral("b2", status=status))
    county.consent()

    assert county.states() == ["cancelled"]
    assert county.intents()[0].reason == "SUPERSEDED"


def test_a_cancellation_of_what_was_delivered_is_told_to_the_addressee(county: County) -> None:
    county.consent()
    county.submit("hospital", referral("b1"))
    county.deliver()

    she = {"system": MRN[0], "value": MRN[1]}
    cancelled = ask("otp", "cancelled")
    cancelled["resource"]["for"] = {"identifier": she}
    county.submit("hospital", transaction(cancelled, bundle_id="b2"))

    (told,) = county.intents("due")
    assert (told.kind, told.partner) == ("cancel", "otp")
    assert {f.split("/")[0] for f in told.focus} == {"Task", "Patient", "ServiceRequest"}
    (task,) = resources_of(county.released().content)["Task"]
    assert task["status"] == "cancelled"


def test_a_cancellation_after_an_answer_is_the_sender_s_to_make(county: County) -> None:
    county.consent()
    county.submit("hospital", referral("b1"))
    county.deliver()
    county.answer("otp", "accepted")

    county.submit("hospital", referral("b2", status="cancelled"))

    assert county.task().resource["status"] == "cancelled"
    assert county.task().source_partner == "hospital"


def test_a_cancelled_referral_stays_cancelled(county: County) -> None:
    county.submit("hospital", referral("b1"))
    county.submit("hospital", referral("b2", status="cancelled"))

    with pytest.raises(HandoffError) as error:
        county.submit("hospital", referral("b3"))

    assert (error.value.code, error.value.place) == ("STATUS_JUMP", "Task.status")


def test_sent_once_more_after_a_withdrawal_it_waits_for_a_new_consent(county: County) -> None:
    saved = county.consent()
    county.submit("hospital", referral("b1"))
    county.released()
    county.settle(county.intents("sending")[0], "cancelled", "CONSENT_WITHDRAWN")
    county.withdraw(saved)

    county.submit("hospital", referral("b2"))
    county.refused()
    signed_anew = person.consent("hospital", "otp", "TREAT", identifier=MRN)
    county.record("hospital", {**signed_anew, "identifier": [{"system": "urn:form", "value": "2"}]})

    assert county.states() == ["cancelled", "due"]
    assert county.released().partner == "otp"


def test_a_referral_that_goes_elsewhere_leaves_nothing_waiting_for_the_first(county: County) -> None:
    county.submit("hospital", referral("b1"))
    county.refused()

    county.submit("hospital", referral("b2", owner="psychiatry"))

    assert [(i.partner, i.state) for i in county.intents()] == [("otp", "cancelled"), ("psychiatry", "due")]


@pytest.mark.requirement("P2-13-01", "SD-02")
def test_who_has_a_referral_that_goes_to_somebody_else_is_told_that_it_is_taken_back_and_no_more(
    county: County,
) -> None:
    """As by HL7 v2: once, in the words it was sent, of this Task alone; and again only where it had come back."""

    def sent(number: int, owner: str, status: str = "requested", *beside: dict[str, Any]) -> dict[str, bytes]:
        """What goes now, by kind and recipient; all of it arrives."""
        county.clock.advance(timedelta(minutes=1))
        made = referral(f"b{number}", owner=owner, status=status)
        made["entry"] += beside
        county.submit("hospital", made)
        found = {}
        while going := county.claim():
            for intent in going:
                left = county.run(gate.release(county.premises, intent))
                assert isinstance(left, Release)
                county.settle(intent, "delivered", "HTTP_200")
                found[f"{intent.kind} to {intent.partner}"] = left.content
        return found

    for agency in ("otp", "psychiatry"):
        county.consent(agency)
    second = ask("otp", "requested")
    second["request"]["url"] = second["request"]["url"].replace("t1", "t2")
    second["resource"]["id"], second["fullUrl"] = "t2", "https://ehr.example/Task/t2"
    first = sent(1, "otp", "requested", second)["referral to otp"]
    moved = sent(2, "psychiatry")

    assert sorted(moved) == ["cancel to otp", "referral to psychiatry"]
    told = resources_of(moved["cancel to otp"])["Task"]
    assert [one["status"] for one in told] == ["cancelled"]
    assert (
        b"psychiatry" not in moved["cancel to otp"].lower() and b"mesa" not in moved["cancel to otp"].lower()
    )
    (before,) = [one for one in resources_of(first)["Task"] if one["id"] == told[0]["id"]]
    assert told[0] == before | {
        one: told[0][one] for one in ("status", "lastModified", "meta", "text") if one in told[0]
    }
    assert resources_of(moved["referral to psychiatry"])["Task"][0]["status"] == "requested"

    assert sent(3, "psychiatry") == {}, "it is told once"
    assert sorted(sent(4, "otp")) == ["cancel to psychiatry", "referral to otp"]
    assert sorted(sent(5, "otp", "cancelled")) == ["cancel to otp"], "who knows that already is told no more"


def test_a_task_that_is_there_already_and_was_only_to_be_made_if_not_goes_to_nobody_else(
    county: County,
) -> None:
    county.consent("psychiatry")
    known = [{"system": "urn:ehr", "value": "7"}]
    for number, owner in enumerate(("otp", "psychiatry")):
        made = referral(f"b{number}", owner=owner)
        made["entry"][2]["resource"] |= {"identifier": known}
        made["entry"][2]["request"] = {"method": "POST", "url": "Task", "ifNoneExist": "identifier=urn:ehr|7"}
        county.submit("hospital", made)

    assert [(one.partner, one.state) for one in county.intents()] == [("otp", "due")]


def test_whom_a_referral_has_left_answers_it_no_more(county: County) -> None:
    county.consent()
    county.consent("psychiatry")
    county.submit("hospital", referral("b1"))
    county.deliver()

    county.submit("hospital", referral("b2", owner="psychiatry"))
    assert [(one.kind, one.partner) for one in county.intents("due")] == [
        ("cancel", "otp"),
        ("referral", "psychiatry"),
    ]

    with pytest.raises(HandoffError) as error:
        county.answer("otp", "accepted")
    assert error.value.code == "NO_SUCH_RECORD"
    for going in county.claim():
        county.run(gate.release(county.premises, going))
        county.settle(going, "delivered", "HTTP_200")
    assert county.answer("psychiatry", "accepted").resource["status"] == "accepted"


@pytest.mark.requirement("P2-12-01", "FH-RED-04")
@pytest.mark.parametrize(("owner", "status"), [("psychiatry", "requested"), ("otp", "cancelled")])
def test_an_answer_is_not_sent_on_as_the_words_of_who_was_answered(
    county: County, owner: str, status: str
) -> None:
    """A system that writes back the whole Task it has read, to somebody else or cancelled, sends the answer along."""
    county.consent()
    county.consent("psychiatry")
    county.submit("hospital", referral("b1"))
    county.deliver()
    county.submit("otp", person.treatment_plan())
    county.consent("hospital", discloser="otp", identifier=OTP)
    kind, said = {"text": "note"}, {"coding": [{"code": "1"}], "text": "CANARY"}
    told = [{"type": kind, "valueCodeableConcept": said}]
    county.answer("otp", "rejected", statusReason={"text": "CANARY"}, output=told)
    again = referral("b2", owner=owner, status=status)
    (sent,) = [one["resource"] for one in again["entry"] if one["resource"]["resourceType"] == "Task"]
    ours = {"type": kind, "valueString": "ours"}
    sent |= {"statusReason": {"text": "CANARY"}}  # and the note, as far as it was shown
    sent |= {"output": [{"type": kind, "valueCodeableConcept": {"text": "CANARY"}}, ours]}

    county.submit("hospital", again)

    assert "CANARY" not in str(county.read("psychiatry", "Task", county.task().id))
    assert county.task().resource["output"] == [ours], "its own words go on"


@pytest.mark.requirement("FH-RED-02", "P2-13-02")
@pytest.mark.parametrize("answered", ["no room", "something else"])
def test_a_guess_at_an_answer_that_is_hidden_is_told_from_no_other(county: County, answered: str) -> None:
    county.consent()
    county.submit("hospital", referral("b1"))
    county.deliver()
    county.answer("otp", "rejected", statusReason={"text": answered})
    cancelled = referral("b2", status="cancelled")
    cancelled["entry"][2]["resource"]["statusReason"] = {"text": "no room"}

    county.submit("hospital", cancelled)

    assert county.read("hospital", "Task", county.task().id)["statusReason"] == {"text": "no room"}


@pytest.mark.requirement("P2-12-01")
def test_what_another_agency_wrote_stays_its_record_also_in_later_versions(county: County) -> None:
    her = put(person.person(*OTP), "p1")
    written = {**PLAN, "author": {"reference": "Organization/otp"}}
    county.submit("psychiatry", transaction(her, put(written, "c1")))
    first = county.records("CarePlan")[0]

    county.submit("psychiatry", transaction(her, put({**PLAN, "status": "completed"}, "c1"), bundle_id="b2"))
    second = county.records("CarePlan")[0]

    assert (first.sources, first.part2) == (("otp", "psychiatry"), True)
    assert (second.version, second.sources, second.part2) == (2, ("otp", "psychiatry"), True)


def test_a_record_of_one_patient_cannot_become_another_s(county: County) -> None:
    other = {
        **person.person(MRN[0], "880022"),
        "name": [{"family": "Other", "given": ["Ana"]}],
        "birthDate": "1980-02-03",
    }
    county.submit("hospital", transaction(put(person.person(*MRN), "p1"), put(PLAN, "c1")))
    moved = {**PLAN, "subject": {"reference": "Patient/p2"}}

    with pytest.raises(HandoffError) as error:
        county.submit("hospital", transaction(put(other, "p2"), put(moved, "c1"), bundle_id="b2"))

    assert (error.value.code, error.value.place) == (
        "RECORD_OF_ANOTHER_PATIENT",
        "Bundle.entry[1].request.url",
    )


def new_goal(text: str, condition: str | None) -> dict[str, Any]:
    """A goal with an identifier of the program's own, to be made only where it is not there yet."""
    goal = {
        "resourceType": "Goal",
        "identifier": [{"system": "urn:sunrise:goal", "value": "7"}],
        "lifecycleStatus": "active",
        "description": {"text": text},
        "subject": {"reference": "Patient/p1"},
    }
    request = {"method": "POST", "url": "Goal"} | ({"ifNoneExist": condition} if condition else {})
    return {"fullUrl": "urn:uuid:77777777-7777-4777-8777-777777777777", "resource": goal, "request": request}


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("identifier=urn:sunrise:goal|7", "first"),
        ("?identifier=urn%3Asunrise%3Agoal%7C7", "first"),
        (None, "second"),
    ],
)
def test_what_is_to_be_made_only_if_it_is_new_is_left_as_it_is(
    county: County, condition: str | None, kept: str
) -> None:
    her = put(person.person(*OTP), "p1")
    made = county.submit("otp", transaction(her, new_goal("first", condition), bundle_id="b1"))
    again = county.submit("otp", transaction(her, new_goal("second", condition), bundle_id="b2"))

    (goal,) = county.records("Goal")
    assert goal.resource["description"]["text"] == kept
    assert [one.entries[1].status for one in (made, again)] == ["201 Created", "200 OK"]
    assert made.entries[1].reference == again.entries[1].reference
    assert again.entries[1].tag == ""


@pytest.mark.parametrize(
    "condition",
    [
        {"ifNoneExist": "identifier=urn:sunrise:goal|8"},
        {"ifNoneExist": "description=first"},
        {"ifNoneExist": ""},
        {"ifNoneExist": 7},
        {"ifMatch": 'W/"1"'},
        {"ifNoneMatch": "*"},
        {"ifModifiedSince": "2026-01-01T00:00:00Z"},
    ],
)
def test_a_condition_of_an_entry_that_cannot_be_kept_is_refused(
    county: County, condition: dict[str, Any]
) -> None:
    entry = new_goal("first", None)
    entry["request"] |= condition
    with pytest.raises(HandoffError) as refused:
        county.submit("otp", transaction(put(person.person(*OTP), "p1"), entry))
    assert refused.value.code == "ENTRY_CONDITION"
    assert str(refused.value.place).startswith(f"Bundle.entry[1].request.{next(iter(condition))}")


@pytest.mark.requirement("P2-13-01")
def test_two_agencies_asked_in_one_transaction_are_not_told_of_each_other(county: County) -> None:
    """What is for both goes to both; each gets its own referral alone, unless they are asked for the same."""
    both = referral("b1")
    other = [one["resource"] for one in referral("b1", owner="psychiatry")["entry"][1:]]
    other[0]["code"] = {"text": "psychiatry"}
    other[1]["focus"] = {"reference": "ServiceRequest/s2"}
    goal = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "sleep"}}
    both["entry"] += [put(one, name) for one, name in zip(other, ("s2", "t2"), strict=True)]
    both["entry"].append(put({**goal, "subject": {"reference": "Patient/p1"}}, "g1"))
    for partner in ("otp", "psychiatry"):
        county.consent(partner)

    county.submit("hospital", both)

    for intent in county.intents():
        kinds = sorted(one.partition("/")[0] for one in intent.focus)
        assert kinds == ["Goal", "Patient", "ServiceRequest", "Task"], intent.partner
    first, second = (set(one.focus) for one in county.intents())
    assert len(first & second) == 2, "the person and the goal"


@pytest.mark.requirement("P2-13-01")
def test_what_tells_of_another_agency_asked_goes_to_that_one_alone(county: County) -> None:
    """Whom it is to see there, who ordered that, and a referral that is not made yet, or was made before."""
    both, her = referral("b1"), {"subject": {"reference": "Patient/p1"}}
    doctor = {"resourceType": "Practitioner", "name": [{"family": "Other"}]}
    role = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": "Practitioner/d2"},
        "organization": {"reference": "Organization/psychiatry"},
    }
    wish = {"resourceType": "ServiceRequest", "status": "active", "intent": "order", **her}
    drafted, asked = (ask("psychiatry", status)["resource"] for status in ("draft", "requested"))
    drafted["focus"], asked["focus"] = ({"reference": f"ServiceRequest/{one}"} for one in ("s3", "s2"))
    wrote = {
        "resourceType": "Provenance",
        "target": [{"reference": "ServiceRequest/s2"}],
        "recorded": "2026-04-01T10:00:00Z",
        "agent": [{"who": {"display": "X"}}],
    }
    more = ((doctor, "d2"), (role, "r2"), (wish, "s3"), (drafted, "t3"), (asked, "t2"), (wrote, "v2"))
    both["entry"] += [put({**wish, "performer": [{"reference": "PractitionerRole/r2"}]}, "s2")]
    both["entry"] += [put(one, name) for one, name in more]
    county.submit("hospital", both)

    kinds = {one.partner: sorted(named.partition("/")[0] for named in one.focus) for one in county.intents()}
    assert kinds["otp"] == ["Patient", "ServiceRequest", "Task"]
    theirs = ["Patient", "Practitioner", "PractitionerRole", "Provenance"]
    assert kinds["psychiatry"] == [*theirs, "ServiceRequest", "ServiceRequest", "Task", "Task"]
