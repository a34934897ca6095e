"""Who may see a referral and not the answer to it is answered alike whether or not there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from msgspec.structs import replace

from gateway.disclosure import gate
from gateway.disclosure.answered import ANSWERED
from gateway.disclosure.release import Release
from gateway.disclosure.replay_decision import replay_decisions
from gateway.flows import pull, status
from gateway.flows import subscriptions as flow
from gateway.flows.answers import HistoryAsked
from gateway.flows.nothing import NothingToShow
from gateway.partners import Route
from gateway.store import Record, Transaction, records
from tests.gateway.county import County, caller, matches, resources_of
from tests.gateway.disclosure.twins import Twins, answer, parted
from tests.gateway.flows.test_submissions_again import referral
from tests.gateway.flows.test_subscriptions import BASE, hooked, notify, status_of, subscribe

pytestmark = pytest.mark.requirement("P2-12-01", "P2-13-02", "FH-RED-02")
ASKS = "counseling TREAT"


def known(county: County) -> None:
    """A program has the hospital's referral; counseling may see what the hospital holds, and nothing of the program."""
    county.consent()
    county.refer()
    county.deliver()
    county.consent("counseling")


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Twins]:
    first = County(tmp_path / "quiet")
    known(first)
    with parted(first, tmp_path) as made:
        yield made


def addresses(two: Twins) -> list[str]:
    her, task = two.quiet.patient_id, two.quiet.task()
    at = two.quiet.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    limits = ("", "&status=requested", "&status=accepted", "&status:not=requested", "&_sort=-_lastUpdated",
              f"&_lastUpdated=ge{at}", "&_include=Task:focus&_include=Task:patient", "&_count=1")  # fmt: skip
    return [
        f"/fhir/{task.reference}",
        f"/fhir/{task.reference}/_history",
        *(f"/fhir/Task?patient={her}{limit}" for limit in limits),
        f"/fhir/ServiceRequest?patient={her}&_revinclude=Task:focus",
        f"/fhir/Patient/{her}/$everything",
        f"/fhir/Patient/{her}/$everything?_since={at}",
    ]


def ask_all(two: Twins) -> str:
    """Ask both everything; the version of the Task."""
    for address in addresses(two):
        two.ask(ASKS, "GET", address)
    place = f"/fhir/{two.quiet.task().reference}"
    tag = two.ask(ASKS, "GET", place).headers["etag"]
    assert two.ask(ASKS, "GET", place, if_none_match=tag).status_code == 304
    assert two.ask(ASKS, "GET", f"{place}/_history/{tag[3:-1]}").status_code == 200
    return tag


def test_an_answer_that_may_not_be_seen_is_in_no_byte(two: Twins) -> None:
    before = ask_all(two)
    for step in ("received", "accepted", "in-progress"):
        two.wait()
        two.busy.answer("otp", step)
        assert ask_all(two) == before

    assert (two.quiet.task().version, two.busy.task().version) == (1, 4)
    refused = [(entry.row.partner, entry.entry.source) for entry in two.busy.audit("refuse") if entry.entry]
    assert ("counseling", ("Organization/otp",)) in refused, "the log says what was withheld"


def test_who_wrote_it_is_told_alike_whether_or_not_it_was_answered(tmp_path: Path) -> None:
    """Nor does a search by the record find less than one by the person."""
    first = County(tmp_path / "quiet")
    known(first)
    of = first.task().reference
    told = {"recorded": "2026-04-01T10:00:00Z", "agent": [{"who": {"display": "a nurse"}}]}
    written = {"resourceType": "Provenance", "id": "w", "target": [{"reference": of}], **told}
    record = replace(first.task(), resource_type="Provenance", id="w", version=1, resource=written)
    first.write(
        lambda tx: records.save(tx, replace(record, sources=("hospital",), source_partner="hospital"))
    )
    her = first.patient_id
    with parted(first, tmp_path) as two:
        answer(two.busy, 1)
        assert two.ask(ASKS, "GET", "/fhir/Provenance/w").json()["target"] == [{"reference": of}]
        for limit in (f"target={of}", f"patient={her}", f"patient={her}&_include=Provenance:target"):
            found = matches(two.ask(ASKS, "GET", f"/fhir/Provenance?{limit}").json())
            assert [one["id"] for one in found] == ["w"], limit
        two.ask(ASKS, "GET", f"/fhir/Task?patient={her}&_revinclude=Provenance:target")


@pytest.mark.parametrize("event", ["I13", "I14"])
def test_what_its_sender_says_after_the_answer_is_seen(two: Twins, event: str) -> None:
    """A cancellation holds nothing of the answer; of a repeat with other words elsewhere the Task stays as it was."""
    before = ask_all(two)
    two.wait()
    two.busy.answer("otp", "accepted")
    two.wait()
    change = {"F53.0^Postpartum depression": "F32.9^Depression"}
    for county in (two.quiet, two.busy):
        county.refer("ED-2", event=event, change=change)
    after = ask_all(two)
    shown = two.ask(ASKS, "GET", f"/fhir/{two.quiet.task().reference}").json()

    assert (after == before, shown["status"]) == (
        (False, "cancelled") if event == "I14" else (True, "requested")
    )


def test_a_correction_of_its_own_source_is_never_hidden_by_what_stood_before(county: County) -> None:
    """Its later words cannot be told without the answer that they stand under: nothing is shown, not the old ones."""
    known(county)
    county.answer("otp", "accepted")
    task = county.task()
    county.write(lambda tx: _with(tx, task, priority="urgent"))

    with pytest.raises(NothingToShow):
        county.read("counseling", "Task", task.id)
    assert matches(county.search("counseling", "Task", None, patient=county.patient_id)) == []


def test_what_its_own_source_wrote_last_is_never_passed_over(county: County) -> None:
    known(county)
    county.answer("otp", "accepted")
    task = county.task()
    ended = {**task.resource, "status": "entered-in-error"}
    county.write(lambda tx: records.save(tx, replace(task, source_partner="hospital", resource=ended)))

    with pytest.raises(NothingToShow):
        county.read("counseling", "Task", task.id)


def _with(tx: Transaction, task: Record, **elements: str) -> None:
    records.save(tx, replace(task, resource={**task.resource, **elements}))


def test_the_earlier_version_is_decided_by_today_s_consents(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()
    saved = county.consent("counseling")
    county.answer("otp", "accepted")
    assert county.read("counseling", "Task", county.task().id)["status"] == "requested"

    county.withdraw(saved)

    with pytest.raises(NothingToShow):
        county.read("counseling", "Task", county.task().id)
    with pytest.raises(NothingToShow):
        county.run(
            pull.history(county.premises, caller("counseling"), "Task", county.task().id, HistoryAsked(BASE))
        )


def test_the_log_names_the_version_that_was_shown_and_it_can_be_decided_again(county: County) -> None:
    known(county)
    county.answer("otp", "accepted")
    shown = county.run(pull.read(county.premises, caller("counseling"), "Task", county.task().id))

    entries = [one for one in county.audit("disclose") if one.row.partner == "counseling"]
    assert entries[-1].entry is not None
    assert (entries[-1].entry.read, entries[-1].entry.source) == (("1",), ("Organization/hospital",))
    found = county.look(lambda reading: replay_decisions(reading, shown.request_id))
    assert [one.verdict for one in found] == ["same", "same"]


def test_no_notice_is_sent_for_the_answer_and_none_is_lost_by_it(county: County) -> None:
    """One that waited when the answer came is sent as it would have been, and named again when asked for."""
    subscribers = hooked(county, "counseling")
    county.consent()
    county.consent("counseling")
    made = subscribe(county, "counseling", topic="referral-status", content="id-only")
    notify(county, subscribers)
    county.refer()
    county.deliver()
    county.answer("otp", "accepted")
    notify(county, subscribers)
    assert len(subscribers.told("counseling")) == 1

    county.answer("otp", "in-progress")
    notify(county, subscribers)

    assert len(subscribers.told("counseling")) == 1
    again = county.run(flow.subscription_events(county.premises, caller("counseling"), made, 0, 9, BASE))
    events = status_of(orjson.loads(again.content))["events"]
    assert [one["focus"]["reference"] for one in events] == [f"{BASE}/fhir/{county.task().reference}"]


@pytest.mark.parametrize("answered", [False, True])
def test_who_is_sent_it_beside_the_answerer_gets_a_change_whether_or_not_it_was_answered(
    county: County, answered: bool
) -> None:
    """Otherwise what does not come would tell of the answer."""
    beside = Route(
        name="hospital-to-counseling-with-otp",
        source="hospital",
        addressee="counseling",
        carries="referral",
        purpose="TREAT",
        with_addressee="otp",
    )
    county.change_network(routes=(*county.premises.network.content.routes, beside))
    county.consent()
    county.consent("counseling")
    county.refer()
    for intent in county.claim():
        assert isinstance(county.run(gate.release(county.premises, intent)), Release)
        county.settle(intent, "delivered", "HTTP_200")
    if answered:
        county.answer("otp", "accepted")
    county.refer("ED-2", event="I13", change={"F53.0^Postpartum depression": "F32.9^Depression"})
    (told,) = [intent for intent in county.claim() if intent.partner == "counseling"]

    made = county.run(gate.release(county.premises, told))

    assert isinstance(made, Release)
    found = resources_of(made.content)
    assert [task["status"] for task in found["Task"]] == ["requested"]
    assert b"F32.9" in made.content


def test_what_an_addressee_may_write_is_what_is_taken_for_an_answer() -> None:
    assert status._ADDRESSEE_WRITES == ANSWERED


@pytest.mark.requirement("P2-13-01")
@pytest.mark.parametrize(("joined", "by"), [(False, "FHIR"), (True, "FHIR"), (False, "HL7 v2")])
def test_an_agency_asks_for_her_tasks_and_is_not_told_where_else_she_was_sent(
    county: County, joined: bool, by: str
) -> None:
    """Unless the network asks it along with whom the referral is for. HL7 v2 names a role known to its sender."""
    route = Route("x", "hospital", "housing", "referral", "COC", with_addressee="otp")
    if joined:
        county.change_network(routes=(*county.premises.network.content.routes, route))
    county.consent("housing", purpose="COC", classes=("Task", "ServiceRequest"))
    if by == "FHIR":
        county.submit("hospital", referral("b1"))
    else:
        county.refer()

    if joined:
        assert county.read("housing", "Task", county.task().id, "COC")["status"] == "requested"
    else:
        with pytest.raises(NothingToShow):
            county.read("housing", "Task", county.task().id, "COC")
