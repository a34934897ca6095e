"""What its sender says no more of a visit, a referral or a document is withdrawn, and nothing else is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from gateway.flows.files import ArrivedFile, accept_file
from gateway.flows.messages import Receipt
from gateway.store import inbox, patients, records
from tests.gateway.county import County
from tests.gateway.flows.test_kept_messages import hospital as hospital  # a fixture
from tests.mappings.conftest import FORMATS

F11 = "F11.20^Opioid dependence^I10C"
F10 = "F10.20^Alcohol dependence^I10C"
F32 = "F32.1^Depression^I10C"
NUMBER = "urn:oid:2.16.840.1.113883.19.5"


def visit(
    county: County, minute: str, *segments: str, number: str = "M-1", stay: str = "V-1", event: str = "A08"
) -> Receipt:
    """An ADT of that minute about a visit, with these segments behind it."""
    control_id = f"ADT-{len(county.look(inbox.list_messages))}"
    body = "".join(f"{one}\r" for one in segments)
    raw = (
        f"MSH|^~\\&|EHR|RIVERBEND|HANDOFF|COUNTY|20260411{minute}00-0700||ADT^{event}^ADT_A01|{control_id}|P|2.5.1\r"
        f"EVN|{event}|20260411{minute}00-0700\rPID|1||{number}^^^RIVERBEND&2.16.840.1.113883.19.5&ISO^MR||"
        f"Visitor{number}^Ann||19900101|F\rPV1|1|I|||||||||||||||||{stay}^^^RIVERBEND\r{body}"
    ).encode()
    receipt = county.send(raw, control_id, f"ADT^{event}^ADT_A01")
    assert receipt.outcome == "accepted", receipt.faults
    return receipt


def dg1(code: str, *, number: str = "", action: str = "") -> str:
    return f"DG1|1||{code}||20260411|W" + "|" * 14 + number + f"|{action}"


def al1(code: str) -> str:
    return f"AL1|1|DA|{code}"


def held(county: County, number: str = "M-1") -> dict[str, Any]:
    """Diagnoses and allergies by code, and what is said of whether they hold: `""` where they do."""
    index = county.premises.keys.index("Patient.identifier", NUMBER, number)
    ((_, her),) = county.look(lambda reading: patients.find_by_token(reading, "hospital", index))
    found = county.look(lambda reading: records.of_patient(reading, her, ("Condition", "AllergyIntolerance")))
    said = {}
    for one in found:
        coding = one.resource.get("verificationStatus", {}).get("coding", [{}])[0]
        error = coding.get("code") == "entered-in-error"
        assert not (error and "clinicalStatus" in one.resource), "con-5, ait-2"
        said[one.resource["code"]["coding"][0]["code"]] = "withdrawn" if error else ""
    return said


@pytest.mark.requirement("V2-01")
def test_a_corrected_diagnosis_takes_the_place_of_the_wrong_one(hospital: County) -> None:
    visit(hospital, "0601", dg1(F11), dg1(F32), al1("P1^Penicillin"), event="A01")
    visit(hospital, "0602", dg1(F10), stay="V-2", event="A01")
    visit(hospital, "0605", dg1(F10), dg1(F32))
    assert held(hospital) == {"F11.20": "withdrawn", "F10.20": "", "F32.1": "", "P1": ""}

    visit(hospital, "0606")
    visit(hospital, "0607", "DG1|1|||words alone")
    assert held(hospital) == {"F11.20": "withdrawn", "F10.20": "", "F32.1": "", "P1": ""}, (
        "no list, no withdrawal"
    )
    visit(hospital, "0608", 'DG1|1||""', al1('""'), event="A03")
    assert held(hospital)["F32.1"] == held(hospital)["P1"] == "withdrawn", "the list of nothing"
    visit(hospital, "0609", dg1(F32), event="A03")
    assert held(hospital)["F32.1"] == "", "said again"


def test_another_visit_another_person_and_another_sender_keep_theirs(hospital: County) -> None:
    visit(hospital, "0601", dg1(F11), al1("P1^Penicillin"), event="A01")
    visit(hospital, "0605", dg1(F32), al1("L1^Latex"), stay="V-2", event="A01")
    visit(hospital, "0606", dg1(F32), number="M-2", event="A01")
    assert held(hospital) == {"F11.20": "", "F32.1": "", "P1": "", "L1": ""}


def test_a_visit_without_a_number_is_not_told_from_another_and_withdraws_nothing(hospital: County) -> None:
    visit(hospital, "0601", dg1(F11), al1("P1^Penicillin"), stay="", event="A01")
    visit(hospital, "0605", dg1(F32), al1("L1^Latex"), stay='""', event="A01")
    assert held(hospital) == {"F11.20": "", "F32.1": "", "P1": "", "L1": ""}


def test_an_action_code_changes_its_own_diagnosis_alone(hospital: County) -> None:
    visit(hospital, "0601", dg1(F11, number="D-1"), dg1(F32, number="D-2"), event="A01")
    visit(hospital, "0605", dg1(F10, number="D-1", action="U"))
    assert held(hospital) == {"F10.20": "", "F32.1": ""}, "one entry with another code"
    visit(hospital, "0606", dg1(F10, number="D-1", action="D"))
    assert held(hospital) == {"F10.20": "withdrawn", "F32.1": ""}


def test_what_was_told_in_part_goes_with_a_later_whole_list(hospital: County) -> None:
    """An entry beside one in words alone, and one with an action code, stayed whatever a later list said."""
    visit(hospital, "0601", dg1(F11), "DG1|2|||words alone", event="A01")
    visit(hospital, "0603", dg1(F10, number="D-1", action="A"))
    assert held(hospital) == {"F11.20": "", "F10.20": ""}
    visit(hospital, "0602", dg1(F32))
    assert held(hospital) == {"F11.20": "withdrawn", "F10.20": "", "F32.1": ""}, "said since, and in part"
    visit(hospital, "0604", dg1(F32))
    assert held(hospital) == {"F11.20": "withdrawn", "F10.20": "withdrawn", "F32.1": ""}


def test_a_message_that_was_overtaken_neither_brings_back_nor_withdraws(hospital: County) -> None:
    visit(hospital, "0601", dg1(F11), event="A01")
    visit(hospital, "0605", dg1(F10))
    visit(hospital, "0603", dg1(F11), dg1(F32))
    assert held(hospital) == {"F11.20": "withdrawn", "F10.20": ""}


def test_a_later_version_of_a_document_takes_its_place_and_an_older_one_says_nothing(county: County) -> None:
    first = (FORMATS / "ccda/care_plan/samples/care_plan.xml").read_text(encoding="utf-8")
    goal = re.search(
        r" *<entry>\s*<observation classCode=\"OBS\" moodCode=\"GOL\">.*?</entry>\n", first, re.DOTALL
    )
    assert goal is not None
    time = re.search(r'<effectiveTime value="(\d{8})', first)
    assert time is not None
    later = str(int(time[1]) + 1)
    second = first.replace(goal[0], "").replace(time[0], time[0].replace(time[1], later), 1)

    def goals(document: str) -> list[str]:
        county.clock.advance(timedelta(seconds=1))
        file = ArrivedFile("psychiatry", "files", "ccda/care_plan", document.encode(), county.clock.now())
        (taken,) = county.run(accept_file(county.premises, file)).records
        assert taken.receipt.outcome == "accepted", taken.receipt.faults
        kept = county.look(lambda reading: inbox.get(reading, taken.receipt.message_id))
        assert kept is not None
        her = str(kept.patient_id)
        found = county.look(lambda reading: records.of_patient(reading, her, ("Goal",)))
        return sorted(one.resource["lifecycleStatus"] for one in found)

    before = goals(first)
    assert len(before) == 2
    assert "entered-in-error" not in before
    assert "entered-in-error" in goals(second)
    again = goals(first.replace("<title>", "<title> ", 1))
    assert "entered-in-error" in again, "an older version that comes late"
