"""The addressee's word: which steps it may take, what of its Task is taken over, and who hears of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from gateway.audit import find_by_request
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows import status
from gateway.flows.nothing import NothingToShow
from gateway.store import Record, Transaction, records
from tests.gateway.county import County, caller

STATES = (
    "draft", "requested", "received", "accepted", "rejected", "in-progress", "on-hold", "completed", "failed",
    "cancelled", "entered-in-error", "ready",
)  # fmt: skip
# One row a state: the states that may follow (SDOHCC ReferralTaskStateDiagram; out of an end nothing leads).
MAY_FOLLOW = {
    "draft": {"requested"},
    "requested": {"received", "accepted", "rejected", "cancelled"},
    "received": {"accepted", "rejected", "cancelled"},
    "accepted": {"in-progress", "on-hold", "cancelled", "completed", "failed"},
    "in-progress": {"completed", "failed", "on-hold", "cancelled"},
    "on-hold": {"in-progress", "cancelled", "completed", "failed"},
    "rejected": set(),
    "completed": set(),
    "failed": set(),
    "cancelled": set(),
    "entered-in-error": set(),
    "ready": set(),
}


@pytest.fixture
def received(county: County) -> Iterator[County]:
    """The program has the hospital's referral."""
    county.consent()
    county.refer()
    county.deliver()
    yield county


def reach(county: County, state: str) -> None:
    """Put the Task into `state`, whatever it was."""
    task = county.task()

    def work(tx: Transaction) -> Record:
        changed = {**task.resource, "status": state}
        return records.save(
            tx,
            Record(
                task.resource_type, task.id, 0, task.patient_id, task.source_partner, task.sources, task.part2,
                task.updated_at, False, changed,
            ),
        )  # fmt: skip

    county.write(work)


@pytest.mark.requirement("SD-02")
@pytest.mark.parametrize("before", STATES)
def test_only_the_steps_of_the_state_diagram_are_taken(received: County, before: str) -> None:
    taken = set()
    for after in STATES:
        if after == before:
            continue
        reach(received, before)
        try:
            received.answer("otp", after, statusReason={"text": "said by telephone"})
        except AlreadyReceived as refused:
            assert (refused.code, refused.place) == ("STATUS_JUMP", "Task.status")
            assert received.task().resource["status"] == before
        else:
            taken.add(after)

    assert taken == MAY_FOLLOW[before]


@pytest.mark.requirement("SD-02", "SD-06")
@pytest.mark.parametrize("reason", [None, {}, {"coding": [{"code": "full"}]}, {"text": ""}])
def test_a_rejection_says_why_in_words(received: County, reason: dict[str, object] | None) -> None:
    more = {} if reason is None else {"statusReason": reason}

    with pytest.raises(NotUnderstood) as refused:
        received.answer("otp", "rejected", **more)

    assert received.task().resource["status"] == "requested"
    assert (refused.value.place or "").startswith("Task.statusReason")


@pytest.mark.requirement("SD-02")
def test_a_rejection_with_its_reason_is_kept_and_told(received: County) -> None:
    saved = received.answer("otp", "rejected", statusReason={"text": "no bed this week"})

    assert received.task().resource["statusReason"] == {"text": "no bed this week"}
    shown = received.read("otp", "Task", received.task().id)
    assert received.task().version == 2
    assert saved.resource["meta"] == {
        "versionId": shown["meta"]["versionId"],
        "lastUpdated": shown["meta"]["lastUpdated"],
    }
    assert (saved.version, saved.last_modified) == tuple(saved.resource["meta"].values())
    told = received.intents("due")
    assert [(i.partner, i.source_partner, i.kind, i.purpose) for i in told] == [
        ("hospital", "otp", "status", "TREAT")
    ]
    assert told[0].focus[0] == f"Task/{received.task().id}/2"
    assert {f.split("/")[0] for f in told[0].focus} <= {
        "Task", "ServiceRequest", "Patient", "PractitionerRole", "Practitioner", "Organization",
    }  # fmt: skip


def test_the_next_answer_clears_the_reason_of_the_one_before(received: County) -> None:
    received.answer("otp", "received", statusReason={"text": "will be read tomorrow"})
    received.answer("otp", "accepted", statusReason=None)

    assert "statusReason" not in received.task().resource


def test_only_the_addressee_s_own_elements_are_taken_from_what_it_sends(received: County) -> None:
    before = received.task().resource
    received.answer(
        "otp",
        "accepted",
        businessStatus={"text": "intake on Monday"},
        executionPeriod={"start": "2026-04-20"},
        intent="plan",
        description="rewritten",
        **{"for": {"reference": "Patient/somebody-else"}},
    )

    after = received.task().resource
    assert after["businessStatus"] == {"text": "intake on Monday"}
    assert after["executionPeriod"] == {"start": "2026-04-20"}
    for name in ("intent", "for", "focus", "requester"):
        assert after.get(name) == before.get(name)
    assert "description" not in after
    assert received.task().sources == ("hospital", "otp")
    assert received.task().part2, "what a program wrote is a program's record"


def test_the_same_answer_again_tells_nobody_twice(received: County) -> None:
    received.answer("otp", "accepted")
    received.answer("otp", "accepted")

    assert received.states() == ["delivered", "due"]
    assert received.task().version == 2


def test_an_answer_to_an_older_version_is_a_conflict(received: County) -> None:
    first = received.read("otp", "Task", received.task().id)["meta"]["versionId"]
    second = received.answer("otp", "received", if_match=first).version

    with pytest.raises(AlreadyReceived) as refused:
        received.answer("otp", "accepted", if_match=first)

    assert refused.value.code == "VERSION_CONFLICT"
    assert received.answer("otp", "accepted", if_match=second).version not in (first, second)


def test_who_may_not_see_the_task_any_more_may_answer_it_and_is_told_no_version(received: County) -> None:
    shown = received.read("otp", "Task", received.task().id)["meta"]["versionId"]
    received.change_partner("otp", state="test")

    with pytest.raises(AlreadyReceived):
        received.answer("otp", "accepted", if_match=shown)
    saved = received.answer("otp", "accepted")

    assert (saved.version, saved.last_modified, saved.resource.get("meta")) == ("", "", None)


def test_the_id_in_the_task_must_be_the_one_in_the_address(received: County) -> None:
    with pytest.raises(NotUnderstood) as refused:
        received.answer("otp", "accepted", id="another")

    assert refused.value.code == "ID_MISMATCH"


@pytest.mark.requirement("P2-13-02", "AU-05")
@pytest.mark.parametrize("partner", ["psychiatry", "hospital"])
def test_whoever_was_not_asked_learns_nothing_and_leaves_a_trace(received: County, partner: str) -> None:
    with pytest.raises(NothingToShow) as refused:
        received.answer(partner, "accepted")

    (logged,) = received.look(lambda reading: find_by_request(reading, refused.value.request_id))
    assert logged.entry is not None
    assert [reason.code for reason in logged.entry.reasons] == ["TASK_NOT_SENT_TO_CALLER"]
    assert logged.entry.subject == f"Task/{received.task().id}"
    assert logged.row.patient_id is None
    assert refused.value.code == "NO_SUCH_RECORD"


@pytest.mark.parametrize("state", ["held", "due"])
def test_a_referral_that_has_not_left_cannot_be_answered(county: County, state: str) -> None:
    county.refer()
    if state == "held":
        county.refused()

    with pytest.raises(NotFound):
        county.answer("otp", "accepted")


def test_a_task_nobody_has_is_answered_like_one_of_others(county: County) -> None:
    task = {"resourceType": "Task", "status": "accepted", "intent": "order"}

    with pytest.raises(NothingToShow):
        county.run(status.update_task(county.premises, caller("otp"), "none", task, None))


def test_a_task_about_no_patient_was_sent_to_nobody(county: County) -> None:
    task = {"resourceType": "Task", "id": "t1", "status": "requested", "intent": "order"}
    at = "2026-04-11T15:00:00.000000Z"
    record = Record("Task", "t1", 0, None, "hospital", ("hospital",), False, at, False, task)
    county.write(lambda tx: records.save(tx, record))

    with pytest.raises(NothingToShow):
        county.run(
            status.update_task(county.premises, caller("otp"), "t1", {**task, "status": "accepted"}, None)
        )


def test_without_a_status_route_back_nobody_is_told(received: County) -> None:
    routes = tuple(r for r in received.premises.network.content.routes if r.carries == "referral")
    received.change_network(routes=routes)

    received.answer("otp", "accepted")

    assert received.states() == ["delivered"]


def test_a_status_route_to_somebody_else_is_none_to_the_source(received: County) -> None:
    routes = tuple(
        msgspec.structs.replace(r, addressee="psychiatry") if r.carries == "status" else r
        for r in received.premises.network.content.routes
    )
    received.change_network(routes=routes)

    received.answer("otp", "accepted")

    assert received.states() == ["delivered"]
