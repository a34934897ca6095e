"""A hospital's or agency's script exports what it may see, from a real gateway."""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

import pytest

from gateway.demo import person

pytestmark = pytest.mark.unmeasured  # the same lines are reached without a server

OTP = (person.OTP_SYSTEM, "OTP-3391")


@pytest.mark.requirement("BK-01")
def test_an_export_is_written_fetched_and_taken_away(gateway):
    assert gateway.desk("otp").ask("POST", "", "TREAT", json=person.treatment_plan()).status_code == 200
    housing = gateway.desk("housing")
    assert housing.ask("POST", "", "COC", json=person.housing_client()).status_code == 200
    made = person.consent("otp", "housing", "COC", identifier=OTP, classes=("Goal",))
    assert gateway.desk("otp").ask("POST", "/Consent", "TREAT", json=made).status_code == 201

    begun = housing.client.get(
        f"{housing.base}/fhir/Patient/$export?_type=Goal",
        headers={"Authorization": f"Bearer {housing.token('COC')}", "Prefer": "respond-async"},
    )
    assert begun.status_code == 202, begun.text
    status = urlsplit(begun.headers["Content-Location"]).path.removeprefix("/fhir")
    until = time.monotonic() + 90
    while (answer := housing.ask("GET", status, "COC")).status_code == 202:
        assert time.monotonic() < until
        time.sleep(0.05)
    (file,) = answer.json()["output"]
    lines = housing.ask("GET", urlsplit(file["url"]).path.removeprefix("/fhir"), "COC")
    assert [json.loads(line)["resourceType"] for line in lines.text.splitlines()] == ["Goal", "Goal"]
    assert housing.ask("DELETE", status, "COC").status_code == 202
    assert housing.ask("GET", status, "COC").status_code == 404
