"""What a developer copies from `/docs` is answered well: each example of a body, sent as it stands.

Only names that differ in each network are put in: ids of ours, the systems of numbers, the day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from gateway.demo import person
from tests.gateway.county import OTP, County
from tests.gateway.disclosure.twins import Api

ENDPOINT = "https://agency.example.org/notices"
ASKERS = {
    "/cds-services/{id}": "hospital TREAT",
    "/fhir/Group/{id}/$export": "hospital TREAT",
    "/fhir/Patient/$emergency-access": "hospital BTG",
}
FIXED = ("Consent", "Subscription", "Task")
_ORDER = ("post", "patch", "put")
IDS = {"/cds-services/{id}": "order-sign", "/fhir/Group/{id}/$export": "known"}
ACCEPT = {"resourceType": "Parameters", "parameter": [{"name": "step", "valueCode": "accept"}]}


@pytest.fixture
def api(county: County) -> Api:
    """A referral has come to the program, which has her as its client and may be told at once."""
    client = county.premises.network.partners["otp"].client
    assert client is not None
    county.change_partner("otp", client=msgspec.structs.replace(client, subscription_endpoints=(ENDPOINT,)))
    county.refer()
    county.consent()
    county.deliver()
    county.submit("otp", person.treatment_plan())
    return Api(county)


def bodies(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """Method, address, media type and example; what is made before what asks for it or changes it."""
    found = [
        (method, path, media, content["example"])
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        for media, content in told.get("requestBody", {"content": {}})["content"].items()
        if "example" in content and path != "/oauth/token"  # its statement is signed anew each time
    ]
    return iter(sorted(found, key=lambda one: (_ORDER.index(one[0]), "emergency" in one[1])))


def test_each_example_of_a_body_is_taken(api: Api, county: County) -> None:
    document = api.ask("otp TREAT", "GET", "/openapi.json").json()
    (task,) = [one for one in county.records("Task") if "hospital" in one.sources]
    order = county.records("ServiceRequest")[0].id
    ids = {"Task": task.id, "ServiceRequest": order, "Patient": county.own_patient_id("otp")}
    put_in = {"5d2c-example": ids["Patient"], "31aa-task": task.id, "31aa-request": order}
    put_in |= {"urn:example:mrn": person.MRN_SYSTEM, "urn:example:housing-client": OTP[0]}
    put_in |= {"2026-11-20T10:00:00-07:00": "2026-04-11T07:00:00-07:00", "2026-11-20": "2026-04-10"}
    assert api.ask("otp TREAT", "POST", f"/fhir/ServiceRequest/{order}/$handoff", ACCEPT).status_code == 200
    made: dict[str, str] = {}
    asked = 0
    for method, path, media, example in bodies(document):
        kind = path.removeprefix("/fhir").partition("/")[2].partition("/")[0]
        text = urlencode(example) if media.endswith("urlencoded") else json.dumps(example)
        own = made.get(kind, "none") if method != "post" else ""
        for name, ours in {**put_in, "9d3e-example": own}.items():
            text = text.replace(name, ours)
        at = path.replace("{type}", "ServiceRequest")
        at = at.replace(
            "{id}", IDS.get(path) or (ids.get(kind) if kind in FIXED else own) or ids.get(kind, "none")
        )
        headers = {
            "Content-Type": media,
            "Prefer": "respond-async" if "export" in path else "return=representation",
        }
        answer = api.send(ASKERS.get(path, "otp TREAT"), method.upper(), at, text.encode(), headers)
        assert answer.status_code < 300, (method, path, media, answer.text)
        if method == "post" and kind in ("Consent", "Subscription") and path.count("/") == 2:
            ids[kind] = answer.json()["id"]
            put_in |= {example.get("id", "f3d0-subscription"): ids[kind]}
        elif method == "post" and path.count("/") == 2 and path.startswith("/fhir/"):
            made[kind] = answer.headers["location"].partition("/_history/")[0].rpartition("/")[2]
        asked += 1
    assert asked > 80
