"""The question goes to the flow as it was sent, for the log (AU-03); never into an answer."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.requirement("AU-03")
def test_a_search_carries_address_and_form_as_they_were_sent(door: Any) -> None:
    form = {"patient.identifier": "urn:mrn|770011", "status": "active"}
    answer = door.call("POST", "/fhir/Goal/_search?_count=5", data=form)

    asked = door.flows.asked[-1][3].asked
    assert asked == "Goal?_count=5&patient.identifier=urn%3Amrn%7C770011&status=active"
    assert answer.status_code == 200 and "770011" not in answer.text


@pytest.mark.requirement("AU-03")
def test_everything_about_a_patient_is_a_question_too(door: Any) -> None:
    door.call("GET", "/fhir/Patient/p1/$everything?_type=CarePlan")
    assert door.flows.asked[-1][-1].asked == "Patient/p1/$everything?_type=CarePlan"
