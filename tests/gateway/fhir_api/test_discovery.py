"""What the API says about itself, and how it is watched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Gauge

from gateway.fhir_api.served import SERVED


def test_the_capability_statement_is_valid_and_names_exactly_what_is_served(door: Any) -> None:
    models = pytest.importorskip("fhir.resources.R4B.capabilitystatement")
    statement = door.call("GET", "/fhir/metadata", token=None).json()

    models.CapabilityStatement.model_validate(statement)
    told = {item["type"]: item for item in statement["rest"][0]["resource"]}
    assert set(told) == {*SERVED, "AuditEvent", "Group", "Subscription"}
    for name, served in SERVED.items():
        assert tuple(item["code"] for item in told[name]["interaction"]) == served.interactions


def test_each_declared_interaction_has_a_route(door: Any) -> None:
    for name, served in SERVED.items():
        tries = {
            "read": lambda name=name: door.call("GET", f"/fhir/{name}/x"),
            "vread": lambda name=name: door.call("GET", f"/fhir/{name}/x/_history/1"),
            "history-instance": lambda name=name: door.call("GET", f"/fhir/{name}/x/_history"),
            "search-type": lambda name=name: door.call("GET", f"/fhir/{name}?{SERVED[name].by_patient}=p1"),
            "create": lambda name=name: door.post_resource("POST", f"/fhir/{name}", {"resourceType": name}),
            "update": lambda name=name: door.post_resource(
                "PUT", f"/fhir/{name}/x", {"resourceType": name, "id": "x"}
            ),
        }
        for interaction, ask in tries.items():
            refused = ask().status_code == 405

            assert refused != (interaction in served.interactions), (name, interaction)


def test_only_what_is_kept_whole_is_said_to_be(door: Any) -> None:
    statement = door.call("GET", "/fhir/metadata", token=None).json()
    assert statement["instantiates"] == ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"]
    group = next(one for one in statement["rest"][0]["resource"] if one["type"] == "Group")
    assert [one["definition"].rpartition("/")[2] for one in group["operation"]] == ["group-export"]
    assert all(guide in statement["description"] for guide in ("US Core", "SDOH", "SMART", "PCF", "Backport"))


@pytest.mark.requirement("SM-01")
@pytest.mark.parametrize("base", ["", "/fhir"])
def test_the_smart_configuration_tells_how_to_get_a_token(door: Any, base: str) -> None:
    told = door.call("GET", f"{base}/.well-known/smart-configuration", token=None).json()

    assert told["token_endpoint"] == "https://gateway.test/oauth/token"
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert set(told["token_endpoint_auth_signing_alg_values_supported"]) == {"RS384", "ES384"}
    assert "system/CarePlan.crus" in told["scopes_supported"]
    assert told["grant_types_supported"] == ["client_credentials"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert {"client-confidential-asymmetric", "permission-v1", "permission-v2"} <= set(told["capabilities"])
    assert all(value.startswith("https://") for name, value in told.items() if name.endswith("_endpoint"))


@pytest.mark.parametrize("accept", ["text/html", "application/fhir+xml"])
def test_the_smart_configuration_is_json_whatever_is_asked_for(door: Any, accept: str) -> None:
    answer = door.call("GET", "/.well-known/smart-configuration", token=None, headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/json"


def test_older_clients_find_the_token_endpoint_in_the_capability_statement(door: Any) -> None:
    (rest,) = door.call("GET", "/fhir/metadata", token=None).json()["rest"]
    ((found,),) = (one["extension"] for one in rest["security"]["extension"])
    assert found == {"url": "token", "valueUri": "https://gateway.test/oauth/token"}


def test_health_and_readiness_are_two_things(door: Any) -> None:
    assert door.call("GET", "/healthz", token=None).status_code == 200
    assert door.call("GET", "/readyz", token=None).status_code == 200


def test_an_unknown_address_has_an_id_and_an_outcome_too(door: Any) -> None:
    answer = door.call("GET", "/nowhere", token=None)

    assert answer.status_code == 404
    assert answer.headers["x-request-id"]
    assert answer.json()["resourceType"] == "OperationOutcome" and "/docs" in answer.text


@pytest.mark.requirement("P2-13-02")
def test_metrics_count_doors_and_name_no_address(door: Any) -> None:
    door.call("GET", "/fhir/CarePlan/CANARY")
    told = door.call("GET", "/metrics", token=None).text

    assert 'handoff_http_requests_total{door="instance",method="GET",status="404"} 1.0' in told
    assert "CANARY" not in told


@pytest.mark.requirement("P2-13-02")
def test_depths_are_shown_to_who_has_the_token_alone(door: Any) -> None:
    """From how much is held for it, an agency could tell what consent withholds."""
    from gateway.fhir_api import Gauges, build_app

    registry = CollectorRegistry()
    Gauge("handoff_intents", "what waits", registry=registry).set(7)
    door.app = build_app(replace(door.desk, gauges=Gauges(b"scraper", registry)))

    told = {
        token: door.call("GET", "/metrics", token=token).text for token in ("scraper", "another", "", None)
    }

    assert "handoff_intents 7.0" in told.pop("scraper")
    for text in told.values():
        assert "handoff_http_requests" in text
        assert "handoff_intents" not in text


def test_further_apps_keep_their_place_and_get_the_request_id(door: Any) -> None:
    from gateway.fhir_api import build_app

    async def page(scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["state"]["request_id"].encode()})

    door.app = build_app(door.desk, mounts={"/console": page})
    answer = door.call("GET", "/console/x", token=None)

    assert answer.text == answer.headers["x-request-id"]
