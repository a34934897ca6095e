"""The notice of a program to its patients (42 CFR 2.22): who was given which version when and how, and who was not."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.demo import person
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.destruction import destroy_patient
from gateway.flows.patient_notices import TOPIC, programs, without_notice
from gateway.store import patient_notices
from tests.gateway.county import OTP, County

pytestmark = pytest.mark.requirement("P2-22-01")
V1 = "2026-02"


def notice(**changes: Any) -> dict[str, Any]:
    """A Bundle of a Communication of the program's system: the notice was given."""
    medium = {"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", "code": "WRITTEN"}
    said = {
        "resourceType": "Communication",
        "identifier": [{"system": "urn:otp:notices", "value": "N-1"}],
        "status": "completed",
        "topic": {"coding": [{"system": TOPIC[0], "code": TOPIC[1]}]},
        "instantiatesUri": [f"urn:handoff:patient-notice:{V1}"],
        "medium": [{"coding": [medium]}],
        "subject": {"identifier": {"system": OTP[0], "value": OTP[1]}},
        "sent": "2026-04-11T01:00:00Z",
        **changes,
    }
    entry = {"resource": said, "request": {"method": "POST", "url": "Communication"}}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}


def due(county: County, partner: str = "otp") -> list[tuple[str, str]]:
    """Whom the program has not given what is in force, with the version she has."""
    network = county.premises.network
    found = county.look(lambda reading: without_notice(reading, network, 9, partner))
    return [(one.patient_id, one.last.version if one.last else "") for one in found]


def test_a_programs_system_says_that_it_was_given_and_another_version_makes_it_due_again(
    county: County,
) -> None:
    county.submit("otp", person.treatment_plan())
    county.submit("housing", person.housing_client(), purpose="COC")
    her = county.patient_id
    assert due(county) == [(her, "")], "nobody names a version: any would do"
    assert "housing" not in dict(programs(county.premises.network)), "no program owes none"
    with pytest.raises(NotFound):
        due(county, "housing")

    county.change_partner("otp", patient_notice=V1)
    county.submit("otp", notice())
    (kept,) = county.look(lambda reading: patient_notices.of_patient(reading, her, "otp"))
    assert (kept.version, kept.given_on, kept.way) == (V1, "2026-04-10", "WRITTEN"), "the day it was here"
    assert due(county) == []
    (entry,) = county.audit("outcome")
    assert entry.entry is not None and entry.row.outcome == "patient_notice_given"
    assert entry.entry.description == f"version {V1}, given on 2026-04-10, WRITTEN"
    county.submit("otp", notice(note=[{"text": "signed for"}]))
    assert len(county.audit("outcome")) == 1, "nothing new about the notice"

    county.change_partner("otp", patient_notice="2027-01")
    assert due(county) == [(her, V1)]
    county.change_partner("otp", patient_notice=V1)
    county.submit("otp", notice(status="entered-in-error"))
    assert due(county) == [(her, "")]
    assert county.audit("outcome")[-1].row.outcome == "patient_notice_taken_back"

    county.submit("otp", notice(note=[{"text": "after all"}]))
    county.run(destroy_patient(county.premises, her, "she asked for it"))
    assert county.look(lambda reading: patient_notices.of_patient(reading, her, "otp")) == (), (
        "whose patient she was"
    )


@pytest.mark.parametrize(
    ("wrong", "code", "place"),
    [
        ({"instantiatesUri": []}, "NOTICE_INCOMPLETE", "Communication.instantiatesUri"),
        ({"medium": []}, "NOTICE_INCOMPLETE", "Communication.medium"),
        ({"sent": "2026-04-12"}, "DAY_INVALID", "Communication.sent"),
        ({"sent": "2026-04"}, "DAY_INVALID", "Communication.sent"),
        ({"sent": "0001-01-01T00:00:00Z"}, "DAY_INVALID", "Communication.sent"),
    ],
)
def test_what_lacks_version_day_or_way_is_refused_and_not_taken_for_given(
    county: County, wrong: dict[str, Any], code: str, place: str
) -> None:
    county.submit("otp", person.treatment_plan())
    said = {name: value for name, value in {**notice()["entry"][0]["resource"], **wrong}.items() if value}
    bundle = notice()
    bundle["entry"][0]["resource"] = said

    with pytest.raises(NotUnderstood) as refused:
        county.submit("otp", bundle)
    assert (refused.value.code, refused.value.place) == (code, place)
    assert due(county) == [(county.patient_id, "")] and county.audit("outcome") == []
