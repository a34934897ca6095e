"""A community agency pulls the care plan, and learns nothing from what is not shown."""

from __future__ import annotations

import json

import pytest

from gateway.demo import person

pytestmark = pytest.mark.unmeasured  # others reach the same lines; measured, a gateway starts at half speed

OTP = (person.OTP_SYSTEM, "OTP-3391")
NUMBER = {"patient.identifier": f"{person.HOUSING_SYSTEM}|DH-204"}


@pytest.fixture
def plan_shared(gateway):
    """The treatment program and the housing agency both know her; the program has shared her plan."""
    assert gateway.desk("otp").ask("POST", "", "TREAT", json=person.treatment_plan()).status_code == 200
    assert gateway.desk("housing").ask("POST", "", "COC", json=person.housing_client()).status_code == 200
    return gateway


def permit_housing(gateway, *classes: str) -> None:
    """She lets the housing agency see these classes of the program's records."""
    made = person.consent("otp", "housing", "COC", identifier=OTP, classes=classes)
    assert gateway.desk("otp").ask("POST", "/Consent", "TREAT", json=made).status_code == 201


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_unknown_no_consent_and_withheld_answer_alike(plan_shared):
    housing = plan_shared.desk("housing")
    unknown = housing.ask("POST", "/CarePlan/_search", "COC", data={"patient.identifier": "urn:x|nobody"})
    no_consent = housing.ask("POST", "/CarePlan/_search", "COC", data=NUMBER)
    permit_housing(plan_shared, "Goal")
    withheld = housing.ask("POST", "/CarePlan/_search", "COC", data=NUMBER)

    bodies = []
    for answer in (unknown, no_consent, withheld):
        body = answer.json()
        body.pop("timestamp")
        body.get("meta", {}).pop("lastUpdated", None)
        text = json.dumps(body)
        bodies.append(text.replace(answer.headers["X-Request-Id"], "ID"))
    assert {answer.status_code for answer in (unknown, no_consent, withheld)} == {200}
    assert len(set(bodies)) == 1


@pytest.mark.requirement("DM-01", "FH-RED-04", "P2-31-04")
def test_housing_sees_goals_but_neither_diagnosis_nor_program(plan_shared):
    permit_housing(plan_shared, "CarePlan", "Goal")
    housing = plan_shared.desk("housing")

    plan = housing.ask("POST", "/CarePlan/_search", "COC", data=NUMBER)
    goals = housing.ask("POST", "/Goal/_search", "COC", data=NUMBER)

    shown = [
        e["resource"] for b in (plan, goals) for e in b.json()["entry"] if e["search"]["mode"] == "match"
    ]
    assert [r["resourceType"] for r in shown] == ["CarePlan", "Goal", "Goal"]
    text = json.dumps([plan.json(), goals.json()]).lower()
    for word in ("f11.20", "opioid", "methadone", "sunrise"):
        assert word not in text


@pytest.mark.requirement("P2-13-02")
def test_a_read_of_what_is_withheld_is_the_read_of_nothing(plan_shared):
    own = plan_shared.desk("otp").ask(
        "POST", "/CarePlan/_search", "TREAT", data={"patient.identifier": "|".join(OTP)}
    )
    plan_id = own.json()["entry"][0]["resource"]["id"]
    housing = plan_shared.desk("housing")

    withheld = housing.ask("GET", f"/CarePlan/{plan_id}", "COC")
    unknown = housing.ask("GET", "/CarePlan/00000000-0000-8000-8000-000000000000", "COC")

    assert withheld.status_code == unknown.status_code == 404
    assert withheld.text.replace(withheld.headers["X-Request-Id"], "ID") == unknown.text.replace(
        unknown.headers["X-Request-Id"], "ID"
    )


@pytest.mark.requirement("P2-31-07")
def test_another_purpose_than_she_permitted_shows_nothing(plan_shared):
    permit_housing(plan_shared, "CarePlan", "Goal")

    answer = plan_shared.desk("housing").ask("POST", "/CarePlan/_search", "HOPERAT", data=NUMBER)

    assert answer.json()["total"] == 0


@pytest.mark.requirement("FH-CON-10")
def test_a_consent_recorded_by_somebody_not_entitled_permits_nothing(plan_shared):
    made = person.consent("otp", "housing", "COC", identifier=(person.HOUSING_SYSTEM, "DH-204"))
    housing = plan_shared.desk("housing")

    recorded = housing.ask("POST", "/Consent", "COC", json=made)
    answer = housing.ask("POST", "/CarePlan/_search", "COC", data=NUMBER)

    assert recorded.status_code == 201
    assert answer.json()["total"] == 0


def test_the_owner_sees_its_own_record_whole(plan_shared):
    answer = plan_shared.desk("otp").ask(
        "POST", "/CarePlan/_search", "TREAT", data={"patient.identifier": "|".join(OTP)}
    )

    assert "Daily methadone dosing at Sunrise" in answer.text
