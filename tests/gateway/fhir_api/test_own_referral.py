"""A sender's own referral and records by the addresses it was given: whole or relative, by PUT or in a transaction."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.demo import person
from gateway.demo.records import referral, transaction
from gateway.disclosure import gate
from gateway.disclosure.release import Release
from tests.gateway.county import MRN, County, resources_of
from tests.gateway.disclosure.twins import Api

US, ADDRESSEE = "hospital TREAT", "otp TREAT"
BASE = "http://gateway.test/fhir"


def asked(her: str, base: str = "") -> dict[str, Any]:
    """A referral of somebody who is known, by her address here."""
    found = referral(2, "hospital", "otp", "methadone treatment", "7", priority="routine")
    made = transaction(person.person(*MRN), *found)
    made["entry"] = made["entry"][1:]
    for entry, name in zip(made["entry"], ("subject", "for"), strict=True):
        entry["resource"][name] = {"reference": f"{base}{her}"}
    made["entry"][1]["resource"]["owner"] = {"reference": f"{base}Organization/otp"}
    return made


def task_of(api: Api, answer: dict[str, Any]) -> dict[str, Any]:
    name = answer["entry"][-1]["response"]["location"]
    found: dict[str, Any] = api.ask(US, "GET", f"/fhir/{name}").json()
    return found


@pytest.fixture
def her(county: County) -> str:
    """Her address, as the hospital was given it."""
    made = Api(county).ask(US, "POST", "/fhir/Patient", person.person(*MRN))
    assert made.headers["location"].startswith(f"{BASE}/Patient/")
    return f"Patient/{made.json()['id']}"


@pytest.mark.requirement("SD-02")
def test_a_sender_takes_its_referral_back_where_it_reads_it(county: County, her: str) -> None:
    """And what we say of the way that it has gone does not become its own word."""
    api = Api(county)
    county.consent()
    made = api.ask(US, "POST", "/fhir", asked(her, f"{BASE}/"))
    assert made.status_code == 200, made.text
    task = task_of(api, made.json())
    assert task["for"] == {"reference": her} and task["owner"] == {"reference": "Organization/otp"}
    assert task["statusReason"]["text"].startswith("Waiting.")
    county.deliver()
    county.answer("otp", "accepted")

    stale = api.ask(US, "PUT", f"/fhir/Task/{task['id']}", {**task, "status": "cancelled"}, If_Match='W/"0"')
    ended = api.ask(US, "PUT", f"/fhir/Task/{task['id']}", {**task, "status": "cancelled"})

    assert (stale.status_code, ended.status_code) == (412, 200), ended.text
    assert ended.headers["etag"] == api.ask(US, "GET", f"/fhir/Task/{task['id']}").headers["etag"]
    assert county.task().resource["status"] == "cancelled" and "statusReason" not in county.task().resource
    assert county.intents()[-1].kind == "cancel", "whoever has it is told"
    assert api.ask("psychiatry TREAT", "PUT", f"/fhir/Task/{task['id']}", task).status_code == 404


@pytest.mark.requirement("FH-RED-01")
def test_an_own_record_is_the_same_one_in_a_transaction_and_another_s_is_not(
    county: County, her: str
) -> None:
    api = Api(county)
    finding = {"resourceType": "Condition", "code": {"text": "cough"}, "subject": {"reference": her}}
    kept = api.ask(US, "POST", "/fhir/Condition", finding).json()

    def put(who: str, text: str) -> str:
        changed = {**finding, "id": kept["id"], "code": {"text": text}}
        if who != US:
            changed["subject"] = {"reference": "Patient?identifier=urn:own|1"}
            api.ask(who, "POST", "/fhir/Patient", person.person("urn:own", "1"))
        address = f"Condition/{kept['id']}"
        entry = {
            "fullUrl": f"{BASE}/{address}",
            "resource": changed,
            "request": {"method": "PUT", "url": address},
        }
        made = api.ask(
            who, "POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        )
        assert made.status_code == 200, made.text
        return str(made.json()["entry"][0]["response"]["location"]).split("/")[1]

    assert put(US, "no cough") == kept["id"]
    assert put(ADDRESSEE, "planted") != kept["id"]
    assert api.ask(US, "GET", f"/fhir/Condition/{kept['id']}").json()["code"] == {"text": "no cough"}


@pytest.mark.requirement("SD-01", "P2-13-01")
def test_a_task_by_itself_takes_along_what_it_asks_for_also_where_it_goes_elsewhere(
    county: County, her: str
) -> None:
    """A request that was made before, and a PUT of the Task alone: both waited for ever, as for a permission."""
    api = Api(county)
    for agency in ("otp", "psychiatry"):
        county.consent(agency)
    wish, task = (dict(entry["resource"]) for entry in asked(her)["entry"])
    wish = api.ask(US, "POST", "/fhir/ServiceRequest", wish).json()
    theirs = {
        **wish,
        "requester": {"reference": "Organization/hospital"},
        "subject": {"reference": "Patient/p1"},
    }
    county.submit("psychiatry", transaction({**person.person(*MRN), "id": "p1"}, theirs))
    (hidden,) = [one for one in county.records("ServiceRequest") if one.source_partner == "psychiatry"]
    alone = transaction(task)
    for unknown in ("nothing", hidden.id):
        alone["entry"][0]["resource"]["focus"] = {"reference": f"ServiceRequest/{unknown}"}
        refused = api.ask(US, "POST", "/fhir", alone)
        (issue,) = refused.json()["issue"]
        assert (refused.status_code, issue["expression"]) == (422, ["Task.focus"])
    alone["entry"][0]["resource"]["focus"] = {"reference": f"ServiceRequest/{wish['id']}"}
    assert api.ask(US, "POST", "/fhir", alone).status_code == 200
    assert gone(county) == ["referral to otp: requested, request, person"]

    path = f"/fhir/Task/{county.task().id}"
    moved = {**api.ask(US, "GET", path).json(), "owner": {"reference": "Organization/psychiatry"}}
    nobody = api.ask(US, "PUT", path, {name: said for name, said in moved.items() if name != "owner"})
    assert (nobody.status_code, nobody.json()["issue"][0]["expression"]) == (422, ["Task.owner"])
    assert api.ask(US, "PUT", path, moved).status_code == 200
    assert gone(county) == [
        "cancel to otp: cancelled, request, person",
        "referral to psychiatry: requested, request, person",
    ]


def gone(county: County) -> list[str]:
    """What leaves and arrives now."""
    found = []
    while going := county.claim():
        for intent in going:
            made = county.run(gate.release(county.premises, intent))
            assert isinstance(made, Release), made
            county.settle(intent, "delivered", "HTTP_200")
            told = resources_of(made.content)
            (task,), wished = told["Task"], [f"ServiceRequest/{one['id']}" for one in told["ServiceRequest"]]
            request = "request" if [task["focus"]["reference"]] == wished else "nothing"
            person = (
                "person" if task["for"]["reference"] == f"Patient/{told['Patient'][0]['id']}" else "nobody"
            )
            found.append(f"{intent.kind} to {intent.partner}: {task['status']}, {request}, {person}")
    return sorted(found)
