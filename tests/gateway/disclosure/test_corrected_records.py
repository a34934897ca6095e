"""A denial that names a diagnosis reaches what its sender put in its place, and nothing else; a permit does not."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from gateway.audit import of_patient
from gateway.demo import person
from gateway.disclosure.replay_decision import replay_decisions
from gateway.store import patients
from tests.gateway.county import County
from tests.gateway.flows.test_kept_messages import hospital as hospital  # a fixture
from tests.gateway.flows.test_withdrawn_entries import F10, F11, F32, NUMBER, dg1
from tests.gateway.flows.test_withdrawn_entries import visit as one_visit

pytestmark = pytest.mark.requirement("FH-CON-02")
HER = (NUMBER, "M-1")
Z59, O99 = "Z59.811^Housing instability^I10C", "O99.3^Mental disorder in pregnancy^I10C"


def visit(county: County, minute: str, *segments: str, **more: str) -> None:
    county.clock.advance(timedelta(minutes=1))
    one_visit(county, minute, *segments, **more)


def her(county: County) -> str:
    token = county.premises.keys.index("Patient.identifier", *HER)
    return county.look(lambda reading: patients.find_by_token(reading, "hospital", token))[0][1]


def diagnoses(county: County) -> list[tuple[str, str]]:
    """What the program is shown: code and id of each."""
    found = county.search("otp", "Condition", None, patient=her(county)).get("entry", ())
    held = [one["resource"] for one in found if one["resource"]["resourceType"] == "Condition"]
    return [(one["code"]["coding"][0]["code"], one["id"]) for one in held]


def shown(county: County) -> dict[str, str]:
    return dict(diagnoses(county))


def named(county: County, kind: str, *ids: str) -> None:
    """She says so of these diagnoses, toward the program."""
    made: dict[str, Any] = person.consent("hospital", "otp", "TREAT", identifier=HER)
    data = [{"meaning": "instance", "reference": {"reference": f"Condition/{one}"}} for one in ids]
    made["provision"] = made["provision"] | {"type": kind, "data": data}
    county.record("hospital", made)


@pytest.fixture
def permitted(hospital: County) -> County:
    """A first list of her visit, and a permission for all of it."""
    visit(hospital, "0601", dg1(F11), dg1(F32), event="A01")
    hospital.consent("otp", identifier=HER)
    return hospital


def test_one_that_was_corrected_stays_denied_and_others_stay_shown(permitted: County) -> None:
    before = shown(permitted)
    named(permitted, "deny", before["F11.20"])
    assert shown(permitted).keys() == {"F32.1"}
    visit(permitted, "0605", dg1(F10), dg1(F32), stay="V-1")
    assert shown(permitted) == {"F32.1": before["F32.1"]}, (
        "what was there before is not what it was corrected to"
    )
    visit(permitted, "0606", dg1(Z59), stay="V-2", event="A01")
    visit(permitted, "0607", dg1(F10), dg1(F32), dg1(O99))
    assert shown(permitted).keys() == {"F32.1", "Z59.811", "O99.3"}, (
        "another visit; and what came later beside it"
    )
    visit(permitted, "0608", dg1("F19.20^Other^I10C"), dg1(F32), dg1(O99))
    assert shown(permitted).keys() == {"F32.1", "Z59.811", "O99.3"}, "corrected once more"

    entries = [one.entry for one in permitted.look(partial(of_patient, patient_id=her(permitted)))]
    asked = {one.request_id for one in entries if one is not None and one.decision_sha256}
    again = [one for each in asked for one in permitted.look(partial(replay_decisions, request_id=each))]
    assert [one.verdict for one in again] == ["same"] * 5


def test_what_comes_next_in_the_visit_may_be_the_corrected_one(permitted: County) -> None:
    """Systems that send each click: taken out, then put in."""
    named(permitted, "deny", shown(permitted)["F11.20"])
    visit(permitted, "0605", dg1(F32))
    visit(permitted, "0606", dg1(F32))
    visit(permitted, "0607", dg1(F10), dg1(F32))
    visit(permitted, "0608", dg1(F10), dg1(F32), dg1(Z59))
    assert shown(permitted).keys() == {"F32.1", "Z59.811"}


def test_a_permission_for_one_diagnosis_is_none_for_the_corrected_one(hospital: County) -> None:
    visit(hospital, "0601", dg1(F11), dg1(F32), event="A01")
    seen = hospital.consent("otp", identifier=HER)
    ids = shown(hospital)
    hospital.withdraw(seen)
    named(hospital, "permit", ids["F11.20"])
    assert shown(hospital).keys() == {"F11.20"}
    visit(hospital, "0605", dg1(F10), dg1(F32))
    assert "F10.20" not in shown(hospital)


def test_diagnoses_with_numbers_are_told_apart_by_these(hospital: County) -> None:
    visit(hospital, "0601", dg1(F11, number="D-1"), dg1(F32, number="D-2"), event="A01")
    hospital.consent("otp", identifier=HER)
    named(hospital, "deny", shown(hospital)["F11.20"])
    visit(hospital, "0605", dg1(F10, number="D-1"), dg1(F32, number="D-2"))
    assert shown(hospital).keys() == {"F32.1"}, "the same diagnosis with another code"
    visit(hospital, "0606", dg1(Z59, number="D-3"), dg1(F32, number="D-2"))
    assert shown(hospital).keys() == {"F32.1", "Z59.811"}, "another one, by its sender's own word"


def test_of_two_of_one_code_nobody_knows_which_went(permitted: County) -> None:
    first = shown(permitted)
    visit(permitted, "0602", dg1(F11), dg1(F11), dg1(F32))
    (second,) = {one for _, one in diagnoses(permitted)} - set(first.values())
    named(permitted, "deny", second)
    assert shown(permitted).keys() == {"F11.20", "F32.1"}
    visit(permitted, "0603", dg1(F11).replace("|W|", "|F|"), dg1(F32))
    assert shown(permitted).keys() == {"F32.1"}, "what stood second may stand first now"
