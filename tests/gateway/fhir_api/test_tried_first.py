"""What a developer tries on the first day and an ordinary server takes: done, or refused so that it is understood."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.demo import person
from gateway.demo.records import transaction
from tests.gateway.county import MRN, County, matches
from tests.gateway.disclosure.twins import Api

US, OTHERS = "otp TREAT", "housing COC"
BASE = "http://gateway.test/fhir"


@pytest.fixture
def api(county: County) -> Api:
    county.submit("otp", person.treatment_plan())
    return Api(county)


def goal(county: County, text: str, **elements: Any) -> dict[str, Any]:
    her = {"reference": f"Patient/{county.own_patient_id('otp')}"}
    said = {"lifecycleStatus": "active", "description": {"text": text}, "subject": her}
    return {"resourceType": "Goal", **said, **elements}


def test_what_is_no_record_is_not_answered_as_one(api: Api) -> None:
    """And a method that is not served says which are (RFC 9110, 15.5.6)."""
    tried = (
        ("GET", "Goal/_history", 405, ""),
        ("GET", "Goal/_search", 405, "POST"),
        ("GET", "_history", 404, None),
        ("GET", "Patient/$everything", 404, None),
        ("POST", "Organization", 405, "GET, HEAD"),
        ("PUT", "Organization/otp", 405, "GET, HEAD"),
        ("POST", "Task", 405, "GET, HEAD"),
        ("PUT", "AuditEvent/1", 405, "GET, HEAD"),
        ("PATCH", "Subscription/1", 405, "GET, HEAD, PUT, DELETE"),
    )
    for method, path, status, allowed in tried:
        body = {"resourceType": path.partition("/")[0]} if method != "GET" else None
        answer = api.ask(US, method, f"/fhir/{path}", body)
        (issue,) = answer.json()["issue"]
        assert (answer.status_code, answer.headers.get("allow")) == (status, allowed), path
        assert issue["details"]["coding"][0]["code"] in ("METHOD_NOT_SERVED", "NO_SUCH_ADDRESS"), path
    declared = api.ask(US, "GET", "/fhir/metadata").json()["rest"][0]
    ways = {way["code"] for one in declared["resource"] for way in one.get("interaction", ())}
    assert not ways & {"history-type"} and "history-system" not in str(declared["interaction"])


def test_a_record_is_searched_by_its_id_and_her_by_her_whole_address(api: Api, county: County) -> None:
    her = county.own_patient_id("otp")
    first, second = matches(api.ask(US, "GET", f"/fhir/Goal?patient={BASE}/Patient/{her}").json())

    def found(who: str, query: str) -> list[str]:
        return [one["id"] for one in matches(api.ask(who, "GET", f"/fhir/{query}").json())]

    assert found(US, f"Goal?_id={second['id']}") == [second["id"]]
    assert found(US, f"Goal?_id={second['id']}&lifecycle-status=completed") == []
    plan = f"CarePlan?patient={her}&goal="
    assert found(US, f"{plan}{BASE}/Goal/{first['id']}") == found(US, f"{plan}Goal/{first['id']}") != []
    unknown = first["id"][:-4] + "0000"
    told = [api.ask(OTHERS, "GET", f"/fhir/Goal?_id={one}").json() for one in (first["id"], unknown)]
    assert [one.get("entry") for one in told] == [None, None], "what is withheld is as what is not there"


@pytest.mark.requirement("SM-02")
def test_one_wrong_entry_of_a_batch_leaves_the_others(api: Api, county: County) -> None:
    """Of a transaction none is taken; nor of a batch that refers somebody."""

    def sent(kind: str, *resources: dict[str, Any]) -> Any:
        made = transaction(*resources)
        for entry in made["entry"]:
            entry["request"] = {"method": "POST", "url": entry["resource"]["resourceType"]}
        return api.ask(US, "POST", "/fhir", {**made, "type": kind})

    wrong = goal(county, "b", lifecycleStatus="purple")
    stranger = goal(county, "c", subject={"reference": "Patient/nobody"})
    refused = sent("transaction", goal(county, "a"), wrong, stranger)
    answer = sent("batch", goal(county, "a"), wrong, stranger)
    again = sent("batch", goal(county, "a"), wrong, stranger)

    assert (refused.status_code, answer.status_code) == (422, 200)
    assert answer.json()["type"] == "batch-response"
    told = [one["response"] for one in answer.json()["entry"]]
    assert [one["status"] for one in told] == ["201 Created"] + ["422 Unprocessable Entity"] * 2
    issues = [one["outcome"]["issue"][0] for one in told[1:]]
    assert [one["expression"] for one in issues] == [
        ["Bundle.entry[1].resource.Goal.lifecycleStatus"],
        ["Bundle.entry[2].resource.subject"],
    ]
    assert api.ask(US, "GET", f"/fhir/{told[0]['location'].partition('/_h')[0]}").status_code == 200
    assert again.json()["entry"][0]["response"]["location"] == told[0]["location"], "it is there once"
    task = {"resourceType": "Task", "status": "requested", "intent": "order"}
    assert sent("batch", goal(county, "d"), wrong, task).status_code == 422


@pytest.mark.requirement("P2-12-01")
def test_entries_that_name_one_another_stay_together(county: County) -> None:
    """By itself a weight would be the hospital's own word: that it is a program's stands in its Provenance, or in the
    Organization beside it.
    """
    api, (number, *_) = Api(county), county.premises.network.partners["otp"].organization.identifiers
    county.refer()
    her = {"identifier": {"system": MRN[0], "value": MRN[1]}}
    weight = {"resourceType": "Observation", "status": "final", "code": {"text": "weight"}, "subject": her}
    wrong = {**weight, "id": "w2", "status": "purple"}
    program = {
        "resourceType": "Organization",
        "id": "g9",
        "identifier": [{"system": number.system, "value": number.value}],
    }
    origin = {"target": [{"reference": "Observation/w1"}], "recorded": "2026-04-01T00:00:00Z"}
    agent = {"agent": [{"who": {"reference": "Organization/otp"}}]}
    weight = {**weight, "id": "w1"}
    for entries in (
        (weight, {"resourceType": "Provenance", "id": "v1", **origin, **agent}),
        (program, {**weight, "performer": [{"reference": "https://ehr.example/Organization/g9/_history/1"}]}),
    ):
        made = transaction(*entries, wrong)
        for entry in made["entry"]:
            entry["request"] = {
                "method": "PUT",
                "url": f"{entry['resource']['resourceType']}/{entry['resource']['id']}",
            }
        assert api.ask("hospital TREAT", "POST", "/fhir", {**made, "type": "batch"}).status_code == 422
        assert "weight" not in str([one.resource["code"] for one in county.records("Observation")])


def test_of_several_patients_of_ours_the_one_that_is_named_is_read_and_changed(county: County) -> None:
    """A hospital that speaks HL7 v2 and FHIR has two: what it changed in the one seemed lost in the other."""
    api = Api(county)
    county.refer()
    made = api.ask("hospital TREAT", "POST", "/fhir/Patient", person.person(*MRN)).json()
    changed = {**made, "gender": "female", "birthDate": made["birthDate"], "language": "es"}
    put = api.ask("hospital TREAT", "PUT", f"/fhir/Patient/{made['id']}", changed)
    read = api.ask("hospital TREAT", "GET", f"/fhir/Patient/{made['id']}").json()

    assert (put.status_code, read["id"], read["language"]) == (200, made["id"], "es"), put.text
