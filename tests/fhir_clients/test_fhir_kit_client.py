"""`fhir-kit-client` (JavaScript) does an agency's day, where Node and the package are at hand; nothing is fetched here.

`FHIR_KIT_CLIENT` names a folder in which `npm install fhir-kit-client` has been run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.demo import person
from tests.fhir_clients.conftest import OTP, County
from tests.fhir_clients.test_fhirpy import subscription

NODE, FOLDER = shutil.which("node") or "", os.environ.get("FHIR_KIT_CLIENT", "")
DAY = Path(__file__).with_name("agencys_day.mjs")
pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.slow,
    pytest.mark.skipif(not NODE, reason="Node is not installed"),
    pytest.mark.skipif(
        not FOLDER or not (Path(FOLDER) / "node_modules" / "fhir-kit-client").is_dir(),
        reason="FHIR_KIT_CLIENT names no folder with `npm install fhir-kit-client` done in it",
    ),
]


def test_it_does_an_agencys_day(county: County) -> None:
    given = {
        "folder": FOLDER,
        "base": county.base,
        "statement": county.statement("otp"),
        "transaction": person.treatment_plan(),
        "number": "|".join(OTP),
        "task": county.referral()["Task"],
        "consent": {
            **person.consent("otp", "legal-aid", "COC", identifier=OTP, classes=("Goal",)),
            "dateTime": "2026-06-01T10:00:00-07:00",
        },
        "subscription": {"resourceType": "Subscription", **subscription(county)},
    }
    done = subprocess.run(
        [NODE, str(DAY)], input=json.dumps(given), capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert found["tokenUrl"] == f"{county.gateway.base}/oauth/token"
    assert (found["fhirVersion"], found["family"], found["byNumber"]) == ("4.0.1", person.NAME[0], 1)
    assert len(set(found["goals"])) == len(found["goals"]) == 2
    assert (found["goalStatus"], found["history"], found["version"]) == ("active", "history", True)
    assert {"Patient", "CarePlan", "Goal"} <= set(found["everything"])
    assert found["changed"] == ["found a place", "en"]
    assert found["steps"] == ["accepted", "in-progress", "completed"]
    assert (found["same"], found["consent"], found["subscription"]) == (True, "inactive", "requested")
    assert found["unknown"] == [404, "OperationOutcome"]
