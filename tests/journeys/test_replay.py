"""What was decided in a running gateway is made again later, from the command line, and is the same."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from gateway.demo import person

pytestmark = pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines

NUMBER = {"patient.identifier": f"{person.HOUSING_SYSTEM}|DH-204"}
OTP = (person.OTP_SYSTEM, "OTP-3391")


def handoff(gateway, *arguments):
    """The command on the gateway's network: exit code and standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *arguments, "--network", str(gateway.folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.requirement("AU-05")
def test_after_a_withdrawal_and_another_network_file_every_decision_replays_the_same(start):
    gateway = start()
    gateway.desk("otp").ask("POST", "", "TREAT", json=person.treatment_plan())
    gateway.desk("housing").ask("POST", "", "COC", json=person.housing_client())
    before = gateway.desk("housing").ask("POST", "/Goal/_search", "COC", data=NUMBER)
    permitted = person.consent("otp", "housing", "COC", identifier=OTP, classes=("Goal",))
    consent_id = gateway.desk("otp").ask("POST", "/Consent", "TREAT", json=permitted).json()["id"]
    seen = gateway.desk("housing").ask("POST", "/Goal/_search", "COC", data=NUMBER)
    ended = {**permitted, "id": consent_id, "status": "inactive"}
    withdrawn = gateway.desk("otp").ask("PUT", f"/Consent/{consent_id}", "TREAT", json=ended)
    assert withdrawn.status_code == 200, withdrawn.text
    after = gateway.desk("housing").ask("POST", "/Goal/_search", "COC", data=NUMBER)
    assert [answer.json()["total"] for answer in (before, seen, after)] == [0, 2, 0]

    file = gateway.folder / "network.yaml"
    gateway.kill()
    told = file.read_text(encoding="utf-8")
    assert "America/Phoenix" in told
    file.write_text(told.replace("America/Phoenix", "America/Chicago"), encoding="utf-8")
    start()

    code, listed = handoff(gateway, "disclosures", "--json")
    assert code == 0
    decided = {entry["request_id"] for entry in json.loads(listed) if entry["decision_sha256"]}
    assert decided == {answer.headers["X-Request-Id"] for answer in (before, seen, after)}
    for request_id in sorted(decided):
        code, told = handoff(gateway, "why", request_id, "--replay")
        assert (code, "says the same, byte for byte" in told) == (0, True), told
