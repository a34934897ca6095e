"""One referral, from the hospital's frame to the provider's server, and what must not happen on the way."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from gateway.demo import person

pytestmark = pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines


def resources_of(bundle: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The Bundle's resources by type."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in bundle["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    return found


@pytest.mark.requirement("FH-CON-06", "P2-13-02")
def test_without_a_consent_nothing_is_sent_and_the_answer_is_the_same(gateway, sink):
    with_consent_later = gateway.refer("ED-1", "R-1")
    time.sleep(1.0)

    assert with_consent_later[1] == "MSA|AA|ED-1"
    assert sink.received == []


@pytest.mark.requirement("FH-CON-06", "P2-31-04")
def test_a_consent_releases_what_waited(gateway, sink):
    gateway.refer()
    gateway.consent()

    bundle = sink.wait(1)[0]

    found = resources_of(bundle)
    assert bundle["type"] == "transaction"
    assert {"Patient", "ServiceRequest", "Task", "Condition", "Observation"} <= set(found)
    codes = {c["code"]["coding"][0]["code"] for c in found["Condition"]}
    assert codes == {"F11.20", "F53.0", "Z59.811"}


@pytest.mark.requirement("FH-LBL-03", "FH-RED-01")
def test_what_she_did_not_permit_is_in_no_byte(gateway, sink):
    gateway.refer(addressee="MESAPSY")
    gateway.consent("psychiatry", without=("SUD",))

    bundle = sink.wait(1)[0]

    text = json.dumps(bundle)
    assert "F53.0" in text
    assert "F11.20" not in text
    assert "pioid" not in text


@pytest.mark.requirement("V2-02")
def test_free_text_of_the_message_does_not_leave(gateway, sink):
    gateway.refer()
    gateway.consent()

    assert "nights without sleep" not in json.dumps(sink.wait(1)[0])


def test_the_same_referral_twice_reaches_the_provider_once(gateway, sink):
    gateway.consent()
    first, second = gateway.refer(), gateway.refer()
    gateway.refer("ED-2", "R-2")

    sink.wait(2)
    time.sleep(0.5)

    assert first == second
    assert len(sink.received) == 2
    assert len(set(sink.keys)) == 2


def test_a_provider_that_is_down_gets_it_when_it_is_back(gateway, sink):
    sink.status = 503
    gateway.consent()
    gateway.refer()
    time.sleep(1.0)
    sink.status = 200

    assert sink.wait(1, seconds=20)


@pytest.mark.requirement("P2-31-11", "P2-31-12")
def test_a_withdrawal_stops_what_has_not_left(gateway, sink):
    sink.status = 503
    consent_id = gateway.consent()
    gateway.refer()
    time.sleep(1.0)
    hospital = gateway.desk("hospital")
    present = hospital.ask("GET", f"/Consent/{consent_id}", "TREAT").json()

    withdrawn = hospital.ask("PUT", f"/Consent/{consent_id}", "TREAT", json={**present, "status": "inactive"})
    sink.status = 200
    time.sleep(5.0)

    assert withdrawn.status_code == 200
    told = [entry["resource"] for bundle in sink.received for entry in bundle["entry"]]
    assert {one["resourceType"] for one in told} <= {"Communication"}, "only the notice to stop"
    assert person.NAME[0] not in json.dumps(told) and "F11.20" not in json.dumps(told)


def test_an_acknowledged_message_survives_a_power_cut(start, sink):
    sink.status = 503
    gateway = start()
    gateway.consent()
    answer = gateway.refer()
    gateway.kill()
    sink.status = 200

    start()

    assert answer[1].startswith("MSA|AA|")
    assert sink.wait(1)


@pytest.mark.requirement("P2-32-01", "P2-32-03", "FH-LBL-06")
def test_a_program_s_record_carries_the_notice_and_labels(gateway, sink):
    otp, housing = gateway.desk("otp"), gateway.desk("housing")
    otp.ask("POST", "", "TREAT", json=person.treatment_plan())
    housing.ask("POST", "", "COC", json=person.housing_client())
    made = person.consent(
        "otp", "housing", "COC", identifier=(person.OTP_SYSTEM, "OTP-3391"), classes=("CarePlan", "Goal")
    )
    otp.ask("POST", "/Consent", "TREAT", json=made)

    number = {"patient.identifier": f"{person.HOUSING_SYSTEM}|DH-204"}
    goals = housing.ask("POST", "/Goal/_search", "COC", data=number).json()

    texts = json.dumps([e["resource"] for e in goals["entry"] if e["search"]["mode"] == "outcome"])
    assert "This record which has been disclosed to you is protected by Federal confidentiality" in texts
    labels = {
        label["code"] for e in goals["entry"] for label in e["resource"].get("meta", {}).get("security", ())
    }
    assert {"42CFRPart2", "NORDSCLCD", "RedisclosureProhibitionMark"} <= labels
    assert {label["code"] for label in goals["meta"]["security"]} <= {"N", "R", "V"}


@pytest.mark.requirement("AU-06", "HI-312-02")
def test_the_audit_log_verifies_and_names_the_refusal(gateway, sink):
    gateway.refer()
    time.sleep(1.0)
    gateway.consent()
    sink.wait(1)

    verified = handoff(gateway, "audit", "verify")
    listed = json.loads(handoff(gateway, "disclosures", "--json").stdout)

    assert verified.returncode == 0, verified.stderr
    kinds = [entry["kind"] for entry in listed]
    assert "refuse" in kinds
    assert "disclose" in kinds


def test_a_replayed_message_is_linked_to_its_original(gateway, sink):
    refused = gateway.refer(addressee="NOBODY")
    listed = json.loads(handoff(gateway, "messages", "list", "--state", "needs_attention", "--json").stdout)

    replayed = handoff(gateway, "messages", "replay", listed[0]["id"])

    assert refused[1].startswith("MSA|AE|ED-1")
    assert any(segment.startswith("ERR|") and "PRD" in segment for segment in refused)
    assert json.loads(replayed.stdout)["replay_of"] == listed[0]["id"]


def handoff(gateway, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command of the CLI on the test's network, while the gateway runs."""
    command = [sys.executable, "-m", "gateway", *arguments, "--network", str(gateway.folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
