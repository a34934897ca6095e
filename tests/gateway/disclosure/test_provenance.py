"""Of which versions what left was made: told inside, of what was released alone."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest

from gateway.audit import every
from gateway.cli.audit_commands import write_events
from gateway.disclosure.provenance import provenances
from tests.gateway.county import HOUSING, OTP, County, matches


def made(county: County) -> list[dict[str, Any]]:
    model = import_module("fhir.resources.R4B.provenance").Provenance
    network = county.premises.network
    found = county.look(lambda reading: [p for one in every(reading) for p in provenances(one, network)])
    for one in found:
        model.model_validate(one)
    assert len({one["id"] for one in found}) == len(found)
    return found


@pytest.mark.requirement("PR-01")
def test_what_was_released_is_traced_to_the_versions_that_were_read(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("CarePlan", "Goal"))
    shown = matches(county.search("housing", "CarePlan", HOUSING, "COC"))
    shown += matches(county.search("housing", "Goal", HOUSING, "COC"))

    found = made(county)

    versions = {record.reference: record.version_reference for record in county.records("CarePlan", "Goal")}
    told = {one["target"][0]["reference"]: one for one in found}
    assert set(told) == {f"{one['resourceType']}/{one['id']}" for one in shown}
    for reference, one in told.items():
        assert one["entity"] == [{"role": "source", "what": {"reference": versions[reference]}}]
        assert one["agent"][0]["who"]["type"] == "Device"
    activities = {told[r]["target"][0]["reference"].split("/")[0]: told[r]["activity"] for r in told}
    assert activities["CarePlan"]["coding"][0]["code"] == "transform", (
        "the diagnosis it addresses was removed"
    )


@pytest.mark.requirement("PR-01")
def test_a_message_that_is_sent_is_traced_as_well(county: County) -> None:
    county.consent(classes=("ServiceRequest", "Task", "Patient"))
    county.refer()
    sent = county.deliver()
    targets = {one["target"][0]["reference"].split("/")[0] for one in made(county)}
    assert targets == {"ServiceRequest", "Task", "Patient"}
    assert b"Provenance" not in sent.content and b"_history" not in sent.content


@pytest.mark.requirement("PR-01")
def test_what_was_withheld_is_named_nowhere_and_none_of_it_leaves(
    county: County, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    answers = [county.search("housing", kind, HOUSING, "COC") for kind in ("CarePlan", "Goal")]
    assert "Provenance" not in json.dumps(answers)
    assert {one["target"][0]["reference"].split("/")[0] for one in made(county)} == {"Goal"}

    network = county.premises.network
    county.look(lambda reading: write_events(reading, network))
    lines = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert [one for one in lines if one["resourceType"] == "Provenance"] == made(county)
