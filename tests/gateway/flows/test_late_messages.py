"""Messages of HL7 v2 that overtake each other on their way: what was made last stands, in whatever order they come."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.disclosure import gate
from gateway.disclosure.release import Release
from gateway.flows.late_messages import _instant
from gateway.flows.messages import Receipt
from gateway.store import inbox, message_times, patients, records
from tests import strategies
from tests.gateway.county import MRN, County
from tests.gateway.flows.test_kept_messages import hospital as hospital  # a fixture

STREETS = {"0601": "1 First St", "0603": "3 Third St", "0605": "5 Fifth St"}


def person_said(
    county: County,
    evn: str,
    msh: str = "20260411073000-0700",
    *,
    number: str = "M-1",
    street: str = "",
    event: str = "A08",
    end: str = "",
) -> Receipt:
    """An ADT about a person of that number, whose name is made of it."""
    control_id = f"ADT-{len(county.look(inbox.list_messages))}-{number}"
    visit = f"PV1|1|I|||||||||||||||||V-{number}^^^RIVERBEND" + ("|" * 26 + end if end else "")
    raw = (
        f"MSH|^~\\&|EHR|RIVERBEND|HANDOFF|COUNTY|{msh}||ADT^{event}^ADT_A01|{control_id}|P|2.5.1\r"
        f"EVN|{event}|{evn}\r"
        f"PID|1||{number}^^^RIVERBEND&2.16.840.1.113883.19.5&ISO^MR||Late{number}^Ann||19900101|F|||"
        f"{street or STREETS.get(evn[8:12], '9 Ninth St')}^^Phoenix^AZ\r{visit}\r"
    ).encode()
    return county.send(raw, control_id, f"ADT^{event}^ADT_A01")


def at(minute: str) -> str:
    return f"20260411{minute}00-0700"


def held(county: County, number: str) -> dict[str, Any]:
    """Street and visit as they are held now."""
    (her,) = {
        one
        for _, one in county.look(
            lambda reading: patients.find_by_token(
                reading,
                "hospital",
                county.premises.keys.index("Patient.identifier", "urn:oid:2.16.840.1.113883.19.5", number),
            )
        )
    }
    found = county.look(lambda reading: list(records.of_patient(reading, her, ("Patient", "Encounter"))))
    by_type = {one.resource_type: one.resource for one in found}
    visit = by_type["Encounter"]
    return {"street": by_type["Patient"]["address"][0]["line"], "status": visit["status"]}


@pytest.mark.requirement("V2-01")
def test_in_every_order_the_last_word_stands(hospital: County) -> None:
    said = [
        {"evn": at("0601"), "event": "A01"},
        {"evn": at("0603")},
        {"evn": at("0605")},
        {"evn": at("0607"), "event": "A03", "street": STREETS["0605"], "end": at("0607")},
    ]
    for place, order in enumerate(permutations(said)):
        number = f"P{place}"
        for one in order:
            assert person_said(hospital, number=number, **one).outcome == "accepted"  # type: ignore[arg-type]

        assert held(hospital, number) == {"street": [STREETS["0605"]], "status": "finished"}, order


SAID = {
    "0701": ("I12", "F53.0^Postpartum depression"),
    "0702": ("I13", "F32.9^Depression"),
    "0703": ("I13", "F33.1^Recurrent depression"),
    "0704": ("I14", "F34.1^Dysthymia"),
    "0705": ("I13", "F41.1^Anxiety"),
}
ORDERS = [("0701 0702 0703", "F33.1"), ("0701 0702 0704", ""), ("0702 0704 0705", "")]
if strategies.long_run:
    ORDERS += [("0701 0702 0703 0705", "F41.1"), (" ".join(SAID), "")]


@pytest.mark.requirement("V2-01")
@pytest.mark.parametrize(("minutes", "stands"), ORDERS)
def test_in_every_order_of_a_referral_s_messages_the_same_is_sent(
    hospital: County, minutes: str, stands: str
) -> None:
    """`reliability.md` section 3, "out of order": what was said last; nothing once the referral was cancelled."""
    for place, order in enumerate(permutations(minutes.split())):
        mrn, name = f"8800{place}", "Person" + "".join(chr(97 + int(digit)) for digit in f"{place:03}")
        for minute in order:
            event, diagnosis = SAID[minute]
            change = {
                "20260301093000-0700": at(minute),
                "F53.0^Postpartum depression": diagnosis,
                "770011": mrn,
                "Testperson": name,
            }
            receipt = hospital.refer(f"ED-{place}-{minute}", f"R-{place}", event=event, change=change)
            assert receipt.outcome == "accepted", receipt.faults
        hospital.consent(identifier=(MRN[0], mrn))

        sent = [hospital.run(gate.release(hospital.premises, one)) for one in hospital.claim()]

        codes = [
            code
            for one in sent
            for _, code in SAID.values()
            if isinstance(one, Release) and code.split("^")[0].encode() in one.content
        ]
        assert [code.split("^")[0] for code in codes] == ([stands] if stands else []), order
        assert len(sent) == bool(stands)


@pytest.mark.requirement("V2-01", "P2-13-01")
@pytest.mark.parametrize("minutes", ["0701 0702", "0702 0701"])
def test_whom_the_newest_message_names_is_asked_and_nobody_else(hospital: County, minutes: str) -> None:
    """In either order: an older message that came late brought the referral back to whom it was taken from, and took
    from the other the right to answer.
    """
    asked = {"0701": ("I12", "SUNRISE"), "0702": ("I13", "NEWPATH")}
    for minute in minutes.split():
        event, addressee = asked[minute]
        change = {"20260301093000-0700": at(minute)}
        assert (
            hospital.refer(f"ED-{minute}", "R-1", addressee, event=event, change=change).outcome == "accepted"
        )

    assert [one.partner for one in hospital.intents("due")] == ["counseling"]


def test_its_sender_is_told_and_nothing_is_written(hospital: County) -> None:
    person_said(hospital, at("0605"))
    receipt = person_said(hospital, at("0603"))

    (warning,) = receipt.faults
    assert (receipt.outcome, warning.code, warning.severity) == ("accepted", "NEWER_IS_KEPT", "W")
    kept = hospital.look(lambda reading: inbox.get(reading, receipt.message_id))
    assert kept is not None and kept.state == "accepted" and "NEWER_IS_KEPT" in kept.faults
    assert held(hospital, "M-1")["street"] == ["5 Fifth St"]
    assert person_said(hospital, at("0605"), street="6 Sixth St").faults == (), (
        "of one moment, the one that comes last"
    )
    assert held(hospital, "M-1")["street"] == ["6 Sixth St"]


def test_what_says_the_same_as_before_is_the_newest_word_all_the_same(hospital: County) -> None:
    """Else what lies between the two would pass for news."""
    for minute, street in (("0601", "1 First St"), ("0605", "1 First St"), ("0603", "3 Third St")):
        person_said(hospital, at(minute), street=street)

    assert held(hospital, "M-1")["street"] == ["1 First St"]


@pytest.mark.parametrize("evn", ["", "20260411", "20261341090100", "tomorrow"])
def test_without_a_time_of_the_event_that_of_the_message_counts(hospital: County, evn: str) -> None:
    person_said(hospital, evn, at("0605"), street="5 Fifth St")
    person_said(hospital, evn, at("0603"), street="3 Third St")
    assert held(hospital, "M-1")["street"] == ["5 Fifth St"]


def test_a_clock_ahead_or_no_clock_stops_nothing(hospital: County) -> None:
    person_said(hospital, "20990101000000-0700", street="1 First St")
    hospital.clock.advance(timedelta(seconds=1))
    person_said(hospital, "", "", street="2 Second St")
    assert held(hospital, "M-1")["street"] == ["2 Second St"]
    person_said(hospital, at("0605"))
    assert held(hospital, "M-1")["street"] == ["2 Second St"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("202604110901", "2026-04-11T16:01:00+00:00"),
        ("20260411090102", "2026-04-11T16:01:02+00:00"),
        ("20260411090102.1234-0500^S", "2026-04-11T14:01:02.123400+00:00"),
        ("20260411090102.1234567Z", "2026-04-11T16:01:02.123456+00:00"),
        ("2026041109", None),
        ("20260411250000", None),
    ],
)
def test_a_time_is_read_to_the_minute_or_not_at_all(written: str, expected: str | None) -> None:
    found = _instant(written, ZoneInfo("America/Phoenix"))
    assert (found and found.isoformat()) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("20261101015000", None),
        ("20261101011000", None),
        ("20260308023000", None),
        ("20261101015000-0400", "2026-11-01T05:50:00+00:00"),
        ("20261101005900", "2026-11-01T04:59:00+00:00"),
        ("20261101020000", "2026-11-01T07:00:00+00:00"),
    ],
)
def test_a_time_in_the_hour_that_comes_twice_says_nothing_without_its_zone(
    written: str, expected: str | None
) -> None:
    found = _instant(written, ZoneInfo("America/New_York"))
    assert (found and found.isoformat()) == expected


def test_a_late_referral_goes_with_who_she_is_now(hospital: County) -> None:
    """Its request is news; her address in it is not."""
    hospital.refer()
    (before,) = hospital.records("Patient")
    assert hospital.look(lambda reading: message_times.latest(reading, "Patient", before.id))
    hospital.write(lambda tx: message_times.keep(tx, [("Patient", before.id)], "2026-04-11T14:59:59.000000Z"))
    late = hospital.refer("ED-2", "R-2", change={"Maribel": "Marisol"})

    assert [fault.code for fault in late.faults] == ["NEWER_IS_KEPT"]
    (now,) = hospital.records("Patient")
    assert now == before
    first, second = hospital.intents()
    assert f"Patient/{before.id}/{before.version}" in second.focus and first.focus != second.focus


def test_with_her_key_the_times_go(hospital: County) -> None:
    hospital.refer()
    (her,) = hospital.records("Patient")
    about = hospital.patient_id
    hospital.write(lambda tx: patients.destroy_patient_key(tx, about, "2026-04-11T15:00:00.000000Z"))
    assert hospital.look(lambda reading: message_times.latest(reading, "Patient", her.id)) == ""
