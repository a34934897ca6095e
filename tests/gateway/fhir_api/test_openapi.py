"""The API in words: all of it is described, the examples are right, and the page loads nothing from anywhere."""

from __future__ import annotations

import importlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.routing import Route

from gateway.fhir_api.openapi import read_examples
from gateway.fhir_api.openapi_operations import OPERATIONS as OUR_OPERATIONS
from gateway.fhir_api.openapi_words import TOLD
from gateway.fhir_api.served import SERVED
from gateway.resources import check_resource
from tests.gateway.fhir_api.conftest import BASE, Door

DOOR = Door()
DOCUMENT: dict[str, Any] = DOOR.call("GET", "/openapi.json", token=None).json()
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
EXAMPLES = [name for name, one in read_examples().items() if len(one) > 1 and "resourceType" in one]


def routes() -> list[Route]:
    api = DOOR.app._api.rest  # type: ignore[attr-defined]
    return [route for route in api.routes if isinstance(route, Route)]


def test_every_registered_address_is_described() -> None:
    described = {(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    twice = {
        "/",
        "/fhir/",
        "/fhir/.well-known/smart-configuration",
        "/.well-known/jwks.json",
        "/openapi.json",
        "/docs",
        "/docs/style.css",
    }
    for route in routes():
        for method in route.methods - {"HEAD"}:
            concrete = {route.path.replace("{type}", name) for name in SERVED} | {route.path}
            found = any((method.lower(), path) in described for path in concrete)
            assert found or route.path in twice, (method, route.path)


def test_nothing_is_described_that_is_not_there() -> None:
    known = {(method, route.path) for route in routes() for method in route.methods}
    for method, path in {**TOLD, **OUR_OPERATIONS}:
        general = re.sub(r"^/fhir/(Consent|Task)(?=$|/\{id\})", "/fhir/{type}", path)
        assert {(method, path), (method, general)} & known, (method, path)


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_an_operation_is_told_whole(name: str, operation: dict[str, Any]) -> None:
    assert operation["summary"] and operation["tags"]
    opens = ("metadata", "OperationDefinition")
    assert not operation["summary"].startswith("/"), "described by a sentence of its own"
    assert (
        operation["security"] == [{"backend": []}]
        or "/fhir/" not in name
        or any(one in name for one in opens)
    )
    if "requestBody" in operation:
        for content in operation["requestBody"]["content"].values():
            assert "example" in content or content["schema"]["properties"]
    refused = operation["responses"]["4XX"]
    assert refused.get("$ref") == "#/components/responses/Refused" or name == "POST /oauth/token"


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_right(name: str) -> None:
    example = read_examples()[name]
    kind = example["resourceType"]
    if kind in SERVED or kind in ("Bundle", "Parameters", "OperationOutcome"):
        assert check_resource(example) == ()
    else:
        models = importlib.import_module(f"fhir.resources.R4B.{kind.lower()}")
        getattr(models, kind).model_validate(example)


def test_each_search_tells_its_own_parameters() -> None:
    told = DOCUMENT["paths"]["/fhir/Task"]["get"]["parameters"]
    names = {one["name"] for one in told if "name" in one}
    assert {"patient", "status", "business-status", "authored-on", "_include", "_sort", "_count"} <= names
    assert "identifier" not in " ".join(names), "no identifier stands in an address"
    form = DOCUMENT["paths"]["/fhir/Task/_search"]["post"]["requestBody"]["content"]
    assert "patient.identifier" in form["application/x-www-form-urlencoded"]["schema"]["properties"]


def test_a_token_is_asked_for_as_smart_says() -> None:
    flow = DOCUMENT["components"]["securitySchemes"]["backend"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == f"{BASE}/oauth/token"
    form = DOCUMENT["paths"]["/oauth/token"]["post"]["requestBody"]["content"]
    assert form["application/x-www-form-urlencoded"]["example"]["grant_type"] == "client_credentials"


class Page(HTMLParser):
    """What a page would load, and its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.scripted: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]
        self.scripted += [name for name, _ in attrs if name.startswith("on") or name == "style"]


def test_the_page_has_no_script_and_loads_nothing_from_elsewhere() -> None:
    answer = DOOR.call("GET", "/docs", token=None)
    page = Page()
    page.feed(answer.text)

    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert not {"script", "iframe", "object", "img", "form"} & set(page.tags)
    assert page.scripted == []
    assert all(place.startswith(("/docs/", "/openapi.json", "#")) for place in page.loads), page.loads
    assert DOOR.call("GET", "/docs/style.css", token=None).headers["content-type"].startswith("text/css")


def test_the_page_names_every_operation() -> None:
    text = DOOR.call("GET", "/docs", token=None).text
    for name, operation in OPERATIONS:
        assert f"<code>{name}</code>" in text
        assert operation["summary"].replace("'", "&#39;") in text
