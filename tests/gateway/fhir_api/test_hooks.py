"""`/cds-services`: discovery, and who may call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.fhir_api.conftest import BASE, Door

PATH = "/cds-services/order-sign"
ASKED = b'{"hook":"order-sign"}'


def called(door: Door, token: str | None, path: str = PATH, content: bytes = ASKED) -> Any:
    return door.call("POST", path, token=token, content=content, headers={"Content-Type": "application/json"})


def statement(door: Door, **claims: Any) -> str:
    """What a CDS Hooks client signs for a call: no `sub`, no purpose."""
    return door.assertion(**{"sub": None, "extensions": None, "aud": f"{BASE}{PATH}", **claims})


def test_what_is_offered_can_be_found(door: Door) -> None:
    services = door.call("GET", "/cds-services", token=None).json()["services"]
    assert {one["hook"]: one["id"] for one in services} == {
        "order-sign": "order-sign",
        "encounter-discharge": "encounter-discharge",
        "patient-consent-consult": "patient-consent-consult",
    }
    assert all(one["description"] for one in services)


@pytest.mark.requirement("SM-01")
def test_a_client_calls_by_its_own_statement_or_by_a_token(door: Door) -> None:
    assert called(door, door.token()).json() == {"cards": []}
    assert called(door, statement(door)).json() == {"cards": []}
    (by_token, by_statement) = (asked[1] for asked in door.flows.asked)
    assert by_token.partner == by_statement.partner == "otp"
    assert (by_token.purpose, by_statement.purpose) == ("TREAT", "")


@pytest.mark.requirement("SM-01")
def test_a_statement_counts_once_for_one_service_and_for_minutes(door: Door) -> None:
    once = statement(door)
    assert called(door, once).status_code == 200
    assert called(door, once).status_code == 401
    now = int(door.clock.now().timestamp())
    for claims in (
        {"aud": f"{BASE}/cds-services/patient-consent-consult"},
        {"aud": f"{BASE}/oauth/token"},
        {"exp": now - 61},
        {"exp": now + 3600},
        {"jti": None},
        {"iss": "nobody"},
    ):
        assert called(door, statement(door, **claims)).status_code == 401, claims
    assert called(door, None).status_code == 401
    assert called(door, "x").status_code == 401
    assert len(door.flows.asked) == 1


@pytest.mark.requirement("SM-02")
def test_it_needs_the_scope_of_who_may_refer(door: Door) -> None:
    assert called(door, door.token("system/ServiceRequest.rs")).status_code == 403
    door.client = door.client._replace(scopes=frozenset({"system/Patient.rs"}))
    assert called(door, statement(door)).status_code == 403
    assert door.flows.asked == []


def test_there_are_no_others(door: Door) -> None:
    assert called(door, door.token(), "/cds-services/encounter-start").status_code == 404
    assert called(door, door.token(), content=b"[]").status_code == 400
