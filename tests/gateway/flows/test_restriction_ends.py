"""A program ends a restriction it has agreed to, without the patient, for what comes later (42 CFR 2.26)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.demo import person
from gateway.errors import NotAllowed, NotFound, NotUnderstood
from gateway.flows.operator_acts import ACTS
from gateway.flows.privacy_requests import receive, step
from gateway.store import patients
from tests.gateway.county import MRN, OTP, County

pytestmark = pytest.mark.requirement("P2-26-01")
TOLD_ON, BEFORE = "2026-04-10", "2026-02-01"
WHY = "letter of that day; Kim Officer"
END = ACTS["requests restriction-ended"]


def restriction(county: County, recipient: str = "otp", **limits: Any) -> str:
    """Id of a denial toward one recipient."""
    made: dict[str, Any] = person.consent("hospital", recipient, "TREAT", identifier=MRN)
    provision = made["provision"] | {"type": "deny", **limits}
    made["provision"] = {name: value for name, value in provision.items() if value}
    return str(county.record("hospital", made).resource["id"])


def grant(county: County) -> None:
    """She asked the privacy officer for a restriction, who agreed."""
    asked = county.run(receive(county.premises, "restriction", county.patient_id, "2026-04-01", WHY, "Kim"))
    for state, decision in (("checked", ""), ("decided", "granted")):
        county.run(step(county.premises, asked["request"], state, WHY, "Kim", decision))


def seen(county: County) -> int:
    """How many scores of the hospital's the program is shown."""
    found = county.search("otp", "Observation", OTP).get("entry", ())
    return sum(one["resource"]["resourceType"] == "Observation" for one in found)


def test_it_goes_on_for_earlier_records_and_what_comes_after_is_shown(county: County) -> None:
    county.refer()
    county.submit("otp", person.treatment_plan())
    county.consent("otp")
    restricted = restriction(county)
    assert seen(county) == 0, "the restriction beats the permission"
    with pytest.raises(NotAllowed, match="RESTRICTION_NOT_AGREED"):
        county.run(END(county.premises, f"{restricted} {TOLD_ON}", WHY))
    grant(county)
    epoch = county.look(lambda reading: patients.epoch(reading, county.patient_id))

    done = county.run(END(county.premises, f"{restricted} {TOLD_ON}", WHY))
    (now,) = [one for one in county.records("Consent") if one.id == restricted]
    assert now.resource["status"] == "active" and now.resource["provision"]["dataPeriod"] == {"end": TOLD_ON}
    assert county.look(lambda reading: patients.epoch(reading, county.patient_id)) > epoch
    entry = county.audit("outcome")[-1]
    assert entry.row.seq == done["entry"] and entry.entry is not None
    assert (
        entry.entry.description == f"told on {TOLD_ON}: {WHY}" and "2.26" in entry.entry.reasons[0].citation
    )
    assert seen(county) == 0, "her PHQ-9 was before that day"

    county.run(END(county.premises, f"{restricted} {BEFORE}", WHY))
    assert seen(county) == 1, "told before it was measured"


def test_what_was_held_before_she_was_told_stays_restricted_though_it_is_dated_later(county: County) -> None:
    """45 CFR 164.522(a)(2)(iii): only what is created or received after she was told; an appointment is made before."""
    county.refer()
    county.submit("otp", person.treatment_plan())
    county.consent("otp", classes=("Appointment",))
    visit = {
        "resourceType": "Appointment",
        "identifier": [{"system": "urn:hospital:visits", "value": "V-1"}],
        "status": "booked",
        "start": "2026-04-20T15:00:00Z",
        "end": "2026-04-20T16:00:00Z",
        "participant": [
            {
                "actor": {"type": "Patient", "identifier": {"system": MRN[0], "value": MRN[1]}},
                "status": "accepted",
            }
        ],
    }
    entry = {"resource": visit, "request": {"method": "POST", "url": "Appointment"}}
    county.submit("hospital", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert "entry" in county.search("otp", "Appointment", OTP)
    restricted = restriction(county, **{"class": []})
    assert "entry" not in county.search("otp", "Appointment", OTP)

    grant(county)
    done = county.run(END(county.premises, f"{restricted} 2026-04-11", WHY))

    assert "entry" not in county.search("otp", "Appointment", OTP)
    assert done["until"] == "2026-04-20"


def test_what_may_have_been_paid_in_full_and_what_she_refused_herself_only_she_ends(county: County) -> None:
    county.change_partner("benefits", standing=("health_plan",))
    county.refer()
    grant(county)
    payment = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HPAYMT"}]
    for kept in (
        restriction(county, "benefits", purpose=payment),
        restriction(county, actor=[], purpose=payment),
    ):
        with pytest.raises(NotAllowed, match="MAY_BE_PAID_IN_FULL"):
            county.run(END(county.premises, f"{kept} {TOLD_ON}", WHY))
    her_own = person.consent("hospital", "otp", "TREAT", identifier=MRN)
    her_own["provision"]["type"] = "deny"
    signed = {**her_own, "extension": [{"url": "urn:gateway:consent:recorder", "valueString": "hospital"}]}
    with pytest.raises(NotAllowed, match="RESTRICTION_NOT_AGREED"):
        county.run(END(county.premises, f"{county.record('hospital', signed).resource['id']} {TOLD_ON}", WHY))
    fits = restriction(county)
    for asked, fault in (
        (f"{fits} 2026-04-12", NotUnderstood),
        (f"{fits} soon", NotUnderstood),
        (f"nothing {TOLD_ON}", NotFound),
        (f"{county.consent('otp').resource['id']} {TOLD_ON}", NotFound),
    ):
        with pytest.raises(fault):
            county.run(END(county.premises, asked, WHY))
