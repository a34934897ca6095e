"""A record that its sender has made is changed by it under the id that it was given: PUT and PATCH, its own alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from gateway.audit import EmergencyFacts
from gateway.clock import instant_text
from gateway.demo import person
from gateway.disclosure.desk_forms import Line, Wanted
from gateway.disclosure.emergency_note import note_to
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_taking import new_ids, preview
from gateway.store import audit_rows, records
from tests.gateway.county import NOW, County
from tests.gateway.disclosure.hidden_county import hidden_ids, hide, known_to_housing
from tests.gateway.disclosure.twins import Api, said
from tests.gateway.signing import sign

US, OTHERS = "otp TREAT", "housing COC"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
MERGE = {"Content-Type": "application/json-patch+json"}


@pytest.fixture
def api(county: County) -> Api:
    county.submit("otp", person.treatment_plan())
    return Api(county)


def condition(county: County, status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": status}]},
        "code": {"text": "unstable housing"},
        "subject": {"reference": f"Patient/{county.own_patient_id('otp')}"},
    }


def put(api: Api, who: str, resource: dict[str, Any], **headers: str) -> httpx.Response:
    return api.ask(who, "PUT", f"/fhir/{resource['resourceType']}/{resource['id']}", resource, **headers)


@pytest.mark.requirement("FH-RED-01")
def test_what_was_made_is_changed_against_its_version_and_patched(api: Api, county: County) -> None:
    made = api.ask(US, "POST", "/fhir/Condition", condition(county))
    first = made.json()
    path = f"/fhir/Condition/{first['id']}"
    ended = {**condition(county, "resolved"), "id": first["id"]}
    stale = put(api, US, ended, If_Match='W/"0"')
    assert (stale.status_code, stale.json()["issue"][0]["location"]) == (412, ["http.If-Match"])
    answer = put(api, US, ended, If_Match=made.headers["etag"])
    assert answer.status_code == 200 and answer.headers["etag"] != made.headers["etag"]
    assert answer.json()["clinicalStatus"] == ended["clinicalStatus"]
    assert answer.headers["etag"] == api.ask(US, "GET", path).headers["etag"], "it is what a read tells"
    back = put(api, US, {**condition(county), "id": first["id"]})
    assert back.json()["clinicalStatus"] == first["clinicalStatus"], (
        "the same bytes as before are no duplicate"
    )
    assert len(api.ask(US, "GET", f"{path}/_history").json()["entry"]) == 3
    steps = b'[{"op": "replace", "path": "/code/text", "value": "no home"}]'
    patched = api.send(US, "PATCH", path, steps, MERGE)
    assert (patched.status_code, patched.json()["code"]) == (200, {"text": "no home"})
    now = api.ask(US, "GET", path)
    assert (now.json(), now.headers["etag"]) == (patched.json(), patched.headers["etag"])
    part = api.ask(US, "GET", f"{path}?_elements=subject").json()
    refused = put(api, US, part)
    assert (refused.status_code, refused.json()["issue"][0]["expression"]) == (422, ["Condition.meta.tag"])


def test_a_patient_is_made_and_changed_by_herself(api: Api) -> None:
    her = {"resourceType": "Patient", **person.person("urn:x:mrn", "88")}
    made = api.ask(US, "POST", "/fhir/Patient", her, If_None_Exist="identifier=urn:x:mrn|88")
    assert made.status_code == 201
    moved = {**her, "id": made.json()["id"], "address": [{"city": "Mesa"}]}
    assert put(api, US, moved).json()["address"] == [{"city": "Mesa"}]
    other = {**condition_of_nobody(), "id": made.json()["id"]}
    assert put(api, US, other).status_code == 404


def condition_of_nobody() -> dict[str, Any]:
    return {"resourceType": "Condition", "subject": {"reference": "Patient/nobody"}}


@pytest.mark.requirement("FH-RED-02", "P2-13-02")
def test_what_others_sent_is_as_if_it_were_not_there_or_not_ours(county: County) -> None:
    known_to_housing(county)
    hide(county)
    api = Api(county)
    her = {"reference": f"Patient/{county.own_patient_id('housing')}"}
    goal = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "x"}, "subject": her}
    before = county.records("Goal", "Condition")
    for kind in ("Goal", "Condition"):
        sent = goal if kind == "Goal" else {"resourceType": "Condition", "subject": her}
        for hidden in hidden_ids(county)[kind]:
            for steps in (None, b'[{"op": "add", "path": "/language", "value": "en"}]'):
                told = []
                for one in (hidden, "00000000-0000-8000-8000-000000000000"):
                    at = f"/fhir/{kind}/{one}"
                    answer = (
                        api.send(OTHERS, "PATCH", at, steps, MERGE)
                        if steps
                        else put(api, OTHERS, {**sent, "id": one})
                    )
                    told.append(said(answer))
                assert told[0] == told[1] and told[0][0] == 404
    assert county.records("Goal", "Condition") == before
    (plan,) = [one for one in county.records("CarePlan") if "otp" in one.sources]
    county.consent("psychiatry", discloser="otp", identifier=(person.OTP_SYSTEM, "OTP-3391"))
    shown = api.ask("psychiatry TREAT", "GET", f"/fhir/{plan.reference}").json()
    refused = put(api, "psychiatry TREAT", shown)
    assert (refused.status_code, refused.json()["issue"][0]["details"]["coding"][0]["code"]) == (
        403,
        "RECORD_OF_OTHERS",
    )


@pytest.mark.requirement("P2-31-10", "P2-51-02", "AU-03")
def test_what_was_signed_at_a_desk_and_an_emergency_s_note_are_changed_by_no_client(county: County) -> None:
    """Her draft, the paper she signed and the note of §2.51(c) are the agency's own, and no system has sent them."""
    county.change_partner("otp", desk=("consents",))
    county.submit("otp", person.treatment_plan())
    ana = Worker("otp", "Ana Ruiz")
    lines, purposes = (Line("otp", "housing", ("contact",)),), ("TREAT",)
    chosen = Wanted(county.patient_id, "Maribel Testperson", lines, purposes, date(2026, 12, 31))
    read = preview(county.premises, ana, chosen, new_ids(1))
    county.run(sign(county.premises, ana, chosen, read.ids, read.seal, "Maribel Testperson"))
    facts = EmergencyFacts("Dr. Test", "1", "Mercy", "Ana Ruiz", "overdose", instant_text(NOW))
    note = note_to(county.premises, county.patient_id, "otp", "hospital", facts, (), NOW, "r")
    county.write(lambda tx: records.save(tx, note))
    held = county.records("DocumentReference", "Communication")
    assert len(held) == 3
    api = Api(county)
    for one in held:
        shown = api.ask(US, "GET", f"/fhir/{one.reference}").json()
        refused = put(api, US, {**shown, "status": "entered-in-error"})
        assert (refused.status_code, refused.json()["issue"][0]["details"]["coding"][0]["code"]) == (
            403,
            "RECORD_OF_OTHERS",
        )
    assert county.records("DocumentReference", "Communication") == held

    (signed,) = county.records("Consent")
    shown = api.ask(US, "GET", f"/fhir/{signed.reference}").json()
    whole = {name: value for name, value in shown["provision"].items() if name != "class"}
    steps = b'[{"op": "remove", "path": "/provision/class"}]'
    for answer in (
        put(api, US, {**shown, "provision": whole}),
        put(api, US, {**shown, "status": "draft"}),
        api.send(US, "PATCH", f"/fhir/{signed.reference}", steps, MERGE),
    ):
        assert (answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]) == (
            403,
            "SIGNED_HERE",
        )
    entry = {
        "resource": {**shown, "provision": whole},
        "request": {"method": "PUT", "url": signed.reference},
    }
    within = api.ask(US, "POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert within.status_code == 403 and "SIGNED_HERE" in within.text
    assert county.records("Consent") == (signed,), "her paper says what she signed"
    refusals = [
        row for row in county.look(lambda reading: list(audit_rows.scan(reading))) if row.kind == "refuse"
    ]
    assert len(refusals) == len(held) + 4, "each attempt is in the log"
    entry["resource"] = {**shown, "provision": whole, "status": "inactive"}
    ending = api.ask(US, "POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert ending.status_code == 200, ending.text
    (ended,) = county.records("Consent")
    assert ended.resource == {**signed.resource, "status": "inactive"}, "and is taken back as it was"
