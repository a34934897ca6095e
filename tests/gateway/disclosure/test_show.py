"""A caller asks: what it may see, and one audit entry for each party that would disclose."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from gateway.audit import find_by_request
from gateway.demo import person
from gateway.disclosure.accounting import account_of
from gateway.disclosure.premises import Premises
from gateway.disclosure.show import Shown
from gateway.errors import NotNow
from gateway.flows import pull, status
from gateway.flows.answers import SearchCriteria
from gateway.flows.nothing import NothingToShow
from gateway.partners import DeskDelivery
from gateway.store import outbox
from tests.gateway.county import HOUSING, MRN, OTP, County, caller, matches
from tests.gateway.disclosure.unsteady import FullStore, unsteady


@pytest.fixture
def shared(county: County) -> County:
    """Her plan is with the program; the housing agency may see her goals."""
    county.share_plan()
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("Goal",))
    return county


def goals(county: County, premises: Premises) -> Shown | object:
    """The housing agency asks for goals."""
    asked = SearchCriteria(identifier=HOUSING)
    return county.run(pull.search(premises, caller("housing", "COC"), "Goal", asked))


@pytest.mark.requirement("AU-05", "AU-06")
def test_what_is_shown_was_audited_with_the_hash_of_the_same_bytes(shared: County) -> None:
    found = shared.search("housing", "Goal", HOUSING, "COC")

    assert len(matches(found)) == found["total"] == 2
    entry = shared.audit("disclose")[-1].entry
    assert entry is not None
    (row,) = shared.look(lambda reading: outbox.of_patient(reading, shared.patient_id))
    assert (row.state, row.sha256, row.intent_id) == ("handed_over", entry.bytes_sha256, None)
    assert entry.notice_version == "2024"
    assert entry.source == ("Organization/otp",)


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_a_refused_question_leaves_a_trace_and_no_count(shared: County) -> None:
    found = shared.search("housing", "CarePlan", HOUSING, "COC")

    assert found["total"] == 0
    assert "entry" not in found
    entry = shared.audit("refuse")[-1].entry
    assert entry is not None
    assert (entry.partner, entry.bytes_sha256, entry.notice_version) == ("housing", None, None)


@pytest.mark.requirement("AU-03")
def test_a_question_that_finds_nobody_leaves_a_trace_too(county: County) -> None:
    pulled = county.run(
        pull.search(
            county.premises, caller("housing", "COC"), "Goal", SearchCriteria(identifier=("urn:x", "1"))
        )
    )

    (logged,) = county.look(lambda reading: find_by_request(reading, pulled.request_id))
    assert (logged.row.kind, logged.row.patient_id, logged.row.outcome) == ("query", None, "withhold")


@pytest.mark.requirement("P2-32-01")
def test_own_records_go_back_whole_without_a_consent_and_without_a_notice(county: County) -> None:
    county.share_plan()

    found = county.search("otp", "CarePlan", OTP)

    (plan,) = matches(found)
    assert plan["title"] == "Methadone maintenance and a home for two"
    assert plan["subject"]["reference"] == f"Patient/{county.own_patient_id('otp')}"
    assert [entry["search"]["mode"] for entry in found["entry"]] == ["match"]
    entry = county.audit("query")[-1].entry
    assert entry is not None
    assert (entry.basis, entry.outcome) == ("OWN_RECORD", "disclose")


@pytest.mark.requirement("P2-31-03", "FH-CON-05")
def test_records_of_several_parties_are_decided_for_each_of_them(county: County) -> None:
    """Two agencies hold conditions; she lets the hospital alone share with psychiatry."""
    county.refer()
    county.share_plan()
    county.consent("psychiatry")

    conditions = county.search("psychiatry", "Condition", None, patient=county.patient_id)
    plans = county.search("psychiatry", "CarePlan", None, patient=county.patient_id)

    assert conditions["total"] == 3
    assert plans["total"] == 0
    assert {
        entry.entry.source for entry in county.audit() if entry.entry and entry.row.partner == "psychiatry"
    } == {
        ("Organization/hospital",),
        ("Organization/otp",),
    }


@pytest.mark.requirement("P2-32-01", "P2-32-03")
def test_the_notice_goes_with_what_is_shown_once_and_names_the_recipient(shared: County) -> None:
    found = shared.search("housing", "Goal", HOUSING, "COC")

    (notice,) = [entry["resource"] for entry in found["entry"] if entry["search"]["mode"] == "outcome"]
    text = str(notice)
    assert "protected by Federal confidentiality rules (42 CFR part 2)" in text
    assert "Desert Housing" in text
    assert "Organization/housing" not in text


def test_what_a_hospital_without_part_2_records_shows_needs_no_part_2_notice(county: County) -> None:
    county.refer()
    county.consent("psychiatry")

    found = county.search("psychiatry", "Observation", None, patient=county.patient_id)

    assert found["total"] == 1
    assert "42 CFR part 2" not in str(found)


@pytest.mark.requirement("P2-12-03", "P2-31-14")
def test_what_a_person_must_release_is_shown_to_nobody_by_itself(county: County) -> None:
    """A consent for proceedings lifts the bar, but no machine answers a question of a court case."""
    county.share_plan()
    county.consent("housing", discloser="otp", purpose="HLEGAL", identifier=OTP, classes=("Goal",))

    found = county.search("housing", "Goal", HOUSING, "HLEGAL")

    assert found["total"] == 0
    entry = county.audit("refuse")[-1].entry
    assert entry is not None
    assert "HUMAN_RELEASE" in entry.obligations
    assert entry.description == ""


@pytest.mark.requirement("P2-31-12")
@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
def test_consents_that_move_under_an_answer_make_it_answer_again(shared: County, after: bool) -> None:
    moved = unsteady(shared.premises, shared.patient_id, 4, after=after)

    shared.run(pull.search(moved, caller("housing", "COC"), "Goal", SearchCriteria(identifier=HOUSING)))

    entry = shared.audit("disclose")[-1].entry
    assert entry is not None
    with shared.store.read() as reading:
        from gateway.store import patients

        assert entry.versions["epoch"] == str(patients.epoch(reading, shared.patient_id))


@pytest.mark.requirement("P2-25-01", "AU-05")
def test_an_answer_that_was_overtaken_is_no_disclosure(shared: County) -> None:
    """It was committed, and then not given: the log says so, and the account of disclosures leaves it out."""
    moved = unsteady(shared.premises, shared.patient_id, 3, after=True)

    goals(shared, moved)

    decided = [logged.entry for logged in shared.audit("disclose") if logged.entry is not None]
    assert len(decided) > 1
    told = [logged.entry for logged in shared.audit() if logged.entry is not None]
    (line,) = account_of(told, "all", shared.clock.now())
    assert line.request_id == decided[-1].request_id
    rows = shared.look(lambda reading: outbox.of_patient(reading, shared.patient_id))
    assert sorted(row.state for row in rows) == ["failed"] * (len(decided) - 1) + ["handed_over"]


@pytest.mark.requirement("P2-31-12")
@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
def test_consents_that_never_stand_still_show_nothing(shared: County, after: bool) -> None:
    moved = unsteady(shared.premises, shared.patient_id, 99, after=after)

    with pytest.raises(NotNow) as refused:
        goals(shared, moved)

    assert refused.value.code == "CONSENT_KEEPS_CHANGING"


@pytest.mark.requirement("AU-06", "HI-312-02")
def test_without_its_audit_entry_nothing_is_shown(shared: County) -> None:
    with pytest.raises(NotNow):
        goals(shared, replace(shared.premises, store=FullStore(shared.store)))


@pytest.mark.requirement("P2-31-11")
def test_compiled_consents_are_used_again_only_while_nothing_moved(shared: County) -> None:
    first = shared.search("housing", "Goal", HOUSING, "COC")
    again = shared.search("housing", "Goal", HOUSING, "COC")
    consents = shared.records("Consent")
    (made,) = [record for record in consents if record.source_partner == "otp"]
    shared.replace("otp", made.id, {**made.resource, "status": "inactive"})
    after = shared.search("housing", "Goal", HOUSING, "COC")

    assert (first["total"], again["total"], after["total"]) == (2, 2, 0)


def test_a_patient_is_shown_once_the_caller_s_own_view_first(county: County) -> None:
    county.share_plan()
    county.refer()

    (mine,) = matches(county.search("otp", "Patient", OTP))

    assert mine["id"] == county.own_patient_id("otp")
    assert [identifier["system"] for identifier in mine["identifier"]] == [person.OTP_SYSTEM]
    assert MRN[1] not in str(mine)


@pytest.mark.requirement("FH-RED-03")
@pytest.mark.parametrize(
    ("marks", "tags"), [("where_removed", []), ("on_every_record", ["SUBSETTED"]), ("never", [])]
)
def test_an_agency_reads_the_mark_of_a_part_on_every_record_or_on_none(
    shared: County, marks: str, tags: list[str]
) -> None:
    shared.change_partner("housing", subset_marks=marks)

    found = matches(shared.search("housing", "Goal", HOUSING, "COC"))

    assert len(found) == 2
    assert all([tag["code"] for tag in one["meta"].get("tag", ())] == tags for one in found)


@pytest.mark.requirement("P2-31-03")
def test_who_has_answered_still_sees_what_the_others_may_disclose_and_no_more(county: County) -> None:
    kinds = ("Patient", "ServiceRequest", "Task")
    saved = county.consent("peer-support", purpose="COC", classes=kinds)
    county.change_partner("peer-support", delivery=DeskDelivery())
    county.refer(addressee="WALKWITHME")
    county.released()
    (intent,) = county.intents("sending")
    county.settle(intent, "delivered", "AT_DESK")
    task = county.task()
    asked = caller("peer-support", "COC")
    county.run(
        status.update_task(county.premises, asked, task.id, {**task.resource, "status": "accepted"}, None)
    )

    shown = county.run(pull.read(county.premises, asked, "Task", task.id))
    assert orjson.loads(shown.content)["status"] == "accepted"

    county.withdraw(saved)
    with pytest.raises(NothingToShow):
        county.run(pull.read(county.premises, asked, "Task", task.id))
