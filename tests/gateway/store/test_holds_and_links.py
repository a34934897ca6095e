"""Legal holds, mails that wait and times of messages, in both kinds of store: what a hold reaches, who has a mail, what
was said under a number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.audit import append
from gateway.store import (
    console_accounts,
    inbox,
    legal_holds,
    mailed_links,
    message_times,
    patient_notices,
    patients,
    records,
    same_person,
)
from gateway.store.console_accounts import ConsoleAccount
from gateway.store.legal_holds import LegalHold
from gateway.store.patient_notices import PatientNotice
from tests.gateway.store.samples import entry, message, record, with_patient

AT, LATER = "2026-04-11T15:00:00.000000Z", "2026-04-12T15:00:00.000000Z"
HOLD = LegalHold("h1", "LITIGATION", "p1", "", "", "", AT, "[ada]")


def test_a_hold_stands_until_it_is_lifted_once_and_reaches_what_all_of_it_fits(
    write: Any, store: Any
) -> None:
    came = message(1, patient_id="p1", received_at=AT)
    write(lambda tx: inbox.keep(tx, came, b"x"))
    all_of = replace(
        HOLD, id="h2", patient_id="", partner=came.partner, since=AT, until=LATER, placed_at=LATER
    )
    for one in (HOLD, all_of, replace(HOLD, placed_by="[bea]")):  # the third is there already
        write(lambda tx, one=one: legal_holds.add(tx, one))
    with store.read() as reading:
        assert legal_holds.standing(reading) == (HOLD, all_of)
        assert [one.id for one in legal_holds.newest(reading)] == ["h2", "h1"]
        assert legal_holds.get(reading, "h3") is None
        reached = {
            name: legal_holds.reaches(reading, replace(all_of, **changed), "p1")
            for name, changed in {
                "all of it": {},
                "another partner": {"partner": "nobody"},
                "before": {"since": "2026-04-10", "until": AT},
                "after": {"since": LATER, "until": ""},
                "any partner": {"partner": ""},
                "nothing but her": {"partner": "", "since": "", "until": ""},
            }.items()
        }
        assert not legal_holds.reaches(reading, all_of, "p2")
    assert {name for name, found in reached.items() if found} == {
        "all of it",
        "any partner",
        "nothing but her",
    }
    assert write(lambda tx: legal_holds.lift(tx, "h1", LATER))
    assert not write(lambda tx: legal_holds.lift(tx, "h1", AT))
    with store.read() as reading:
        assert legal_holds.standing(reading) == (all_of,)
        assert legal_holds.newest(reading) == (all_of, replace(HOLD, lifted_at=LATER))


def test_a_mail_is_handed_over_once_and_waits_again_only_from_there(write: Any, store: Any) -> None:
    for name, patient_id, due_at in (("m1", None, LATER), ("m2", "p1", AT)):
        write(lambda tx, n=name, p=patient_id, d=due_at: mailed_links.add(tx, n, p, n.encode(), d, LATER))
    with store.read() as reading:
        found = mailed_links.next_due(reading, AT)
        assert found is not None
        assert (found.id, found.content, found.may_have_left, found.attempts) == ("m2", b"m2", False, 0)
    assert write(lambda tx: mailed_links.hand_over(tx, "m2", LATER))
    assert not write(lambda tx: mailed_links.hand_over(tx, "m2", LATER)), "somebody else has it"
    with store.read() as reading:
        assert mailed_links.next_due(reading, AT) is None
    write(lambda tx: mailed_links.again(tx, "m2", AT))
    write(lambda tx: mailed_links.again(tx, "m1", AT))  # it was never handed over: nothing changes
    with store.read() as reading:
        found = mailed_links.next_due(reading, AT)
        assert found is not None and (found.id, found.may_have_left, found.attempts) == ("m2", False, 1)
    write(lambda tx: mailed_links.drop(tx, "m2"))
    with store.read() as reading:
        assert mailed_links.next_due(reading, AT) is None
        left = mailed_links.next_due(reading, LATER)
        assert left is not None and left.id == "m1"


def test_what_was_said_under_a_number_is_found_by_it_with_its_newest_time(write: Any, store: Any) -> None:
    diagnosis = {"resourceType": "Condition", "id": "r1"}
    named = [("Condition", "r1")]
    write(lambda tx: records.save(tx, record(diagnosis)))

    def under(number: str) -> dict[tuple[str, str], str]:
        with store.read() as reading:
            return message_times.under(reading, "p1", "Condition", number)

    write(lambda tx: message_times.keep(tx, named, AT))
    assert under("visit") == {}, "kept by a program that asked for no number"
    write(lambda tx: message_times.keep(tx, named, AT, "visit"))
    assert under("visit") == {named[0]: AT}
    write(lambda tx: message_times.keep(tx, named, LATER, "visit"))
    write(lambda tx: message_times.keep(tx, named, AT, "another visit"))
    assert (under("visit"), under("another visit")) == ({named[0]: LATER}, {})


def test_an_account_of_the_console_is_kept_as_it_was_said_last(write: Any, store: Any) -> None:
    kim = ConsoleAccount("kim", "Kim", ("compliance_officer", "auditor"), "", is_enabled=True, set_at=AT)
    gone = replace(kim, roles=("auditor",), last_day="2026-12-31", is_enabled=False, ended_at=LATER)
    for one in (kim, replace(kim, login="[id]"), gone):
        write(lambda tx, one=one: console_accounts.keep(tx, one))
    with store.read() as reading:
        assert console_accounts.every(reading) == (replace(kim, login="[id]"), gone)
        assert console_accounts.get(reading, "kim") == gone and console_accounts.get(reading, "lee") is None


@pytest.mark.requirement("P2-22-01")
def test_a_notice_counts_for_its_version_and_for_whom_she_was_found_to_be(write: Any, store: Any) -> None:
    """Who has the version in force, of one program; nobody whom the program does not know is listed."""
    paper = PatientNotice("p1", "otp", "2026-02", "2026-03-01", "WRITTEN", AT)

    def begin(tx: Any) -> None:
        for patient_id, partner in (("p1", "otp"), ("p2", "otp"), ("p3", "housing"), ("p4", "otp")):
            if patient_id != "p1":
                with_patient(patient_id)(tx)
            patients.link(tx, partner, f"{partner}-{patient_id}", patient_id)
        patient_notices.keep(tx, replace(paper, way="FACE"))
        patient_notices.keep(tx, paper)
        patient_notices.keep(tx, replace(paper, patient_id="p2", version="2024-04"))
        seq = append(tx, entry()).seq
        asked = {"patient_id": "p3", "joined_to": "p4", "joined_seq": seq, "sealed": b"x"}
        tx.execute("same_person.join", asked)
        patient_notices.keep(tx, replace(paper, patient_id="p3"))

    write(begin)
    with store.read() as reading:
        assert patient_notices.of_patient(reading, "p1", "otp") == (paper,)
        assert [one.patient_id for one in patient_notices.of_patient(reading, "p4", "otp")] == ["p3"]
        assert patient_notices.without(reading, "otp", "2026-02", 9) == ("p2",)
        assert patient_notices.without(reading, "otp", "", 9) == ()
        assert patient_notices.without(reading, "otp", "2027-01", 2) == ("p1", "p2")
        assert patient_notices.without(reading, "otp", "2027-01", 2, after="p2") == ("p4",)
    assert write(lambda tx: patient_notices.drop(tx, "p1", "otp", "2026-02"))
    assert not write(lambda tx: patient_notices.drop(tx, "p1", "otp", "2026-02"))
    write(lambda tx: same_person.part(tx, "p3", 9))
    with store.read() as reading:
        assert patient_notices.without(reading, "otp", "2026-02", 9) == ("p1", "p2", "p4")


@pytest.mark.requirement("P2-22-01")
def test_a_notice_given_by_mistake_is_taken_back_from_whom_she_was_found_to_be_too(
    write: Any, store: Any
) -> None:
    def begin(tx: Any) -> None:
        for patient_id in ("p3", "p4"):
            with_patient(patient_id)(tx)
        asked = {"patient_id": "p3", "joined_to": "p4", "joined_seq": append(tx, entry()).seq, "sealed": b"x"}
        tx.execute("same_person.join", asked)
        patient_notices.keep(tx, PatientNotice("p3", "otp", "2026-02", "2026-03-01", "WRITTEN", AT))

    write(begin)
    assert write(lambda tx: patient_notices.drop(tx, "p4", "otp", "2026-02"))
    with store.read() as reading:
        assert patient_notices.of_patient(reading, "p4", "otp") == ()
