"""SMART negatives beside those of the token itself: where keys come from, and what a token tells of itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gateway.security.tokens import issue_token
from tests.gateway.fhir_api.conftest import BASE, Door

INTROSPECT = "/oauth/introspect"


def asked(door: Door, token: str, **more: Any) -> Any:
    return door.call("POST", INTROSPECT, data={"token": token}, **more)


@pytest.mark.requirement("SM-01", "SM-03")
def test_a_token_tells_what_it_is_good_for(door: Door) -> None:
    token = door.token("system/CarePlan.rs system/Goal.r", "COC")
    answer = asked(door, token)
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["active"] is True and told["client_id"] == "otp-client"
    assert told["scope"] == "system/CarePlan.rs system/Goal.r"
    assert told["exp"] == int(door.clock.now().timestamp()) + 300
    assert told["extensions"]["ihe_iua"]["purpose_of_use"][0]["code"] == "COC"


@pytest.mark.requirement("SM-01")
def test_of_another_client_s_token_nothing_is_told(door: Door) -> None:
    others = issue_token("hospital", "hospital-client", "TREAT", ["system/*.rs"], door.key, door.clock.now())
    signed, _, signature = door.token().rpartition(".")
    for token in ("", "x", "a.b.c", others, f"{signed}.{signature[::-1]}"):
        assert asked(door, token).json() == {"active": False}
    old = door.token()
    door.clock.advance(timedelta(seconds=300))
    assert asked(door, old).json() == {"active": False}


@pytest.mark.requirement("SM-01")
def test_who_asks_must_have_a_token_and_ask_by_form(door: Door) -> None:
    unproven = door.call("POST", INTROSPECT, token=None, data={"token": door.token()})
    assert unproven.status_code == 401
    assert door.call("POST", INTROSPECT, content=b"{}").status_code == 415
    assert door.call("GET", f"{INTROSPECT}?token=x").status_code == 405
    told = door.call("GET", "/.well-known/smart-configuration").json()
    assert told["introspection_endpoint"] == f"{BASE}{INTROSPECT}"


@pytest.mark.requirement("SM-01")
def test_a_client_may_publish_its_keys(door: Door) -> None:
    wanted: list[tuple[str, str]] = []
    published = door.client.jwks
    door.client = door.client._replace(jwks={}, jwks_url="https://otp.test/jwks.json")

    async def keys_at(url: str, key_id: str) -> Mapping[str, object]:
        wanted.append((url, key_id))
        return published

    assert door.ask_token(door.assertion()).status_code == 401, (
        "without anybody who fetches them there are none"
    )
    object.__setattr__(door.desk, "keys_at", keys_at)
    assert door.ask_token(door.assertion()).status_code == 200
    assert wanted == [("https://otp.test/jwks.json", "k1")]


@pytest.mark.requirement("SM-01")
@pytest.mark.parametrize("trick", ["jwk", "jku", "x5u"])
def test_a_statement_does_not_say_by_which_key_it_is_to_be_checked(door: Door, trick: str) -> None:
    """A stranger's key, brought along in the header or at an address of the stranger's own."""
    own = ECKey.generate_key("P-384", {"kid": "k1"})
    brought: dict[str, Any] = {
        "jwk": own.as_dict(private=False),
        "jku": "https://elsewhere.test/jwks.json",
        "x5u": "https://elsewhere.test/certificate.pem",
    }
    claims = json.loads(base64.urlsafe_b64decode(door.assertion().split(".")[1] + "=="))
    header = {"alg": "ES384", "kid": "k1", trick: brought[trick]}
    statement = jwt.encode(header, claims, own, algorithms=["ES384"])
    answer = door.ask_token(statement)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.requirement("SM-01")
def test_the_same_statement_is_used_once_however_it_is_written(door: Door) -> None:
    statement = door.assertion(jti="once")
    assert door.ask_token(statement).status_code == 200
    assert door.ask_token(statement).status_code == 401
    assert door.ask_token(door.assertion(jti="once")).status_code == 401, "another statement with the same id"
    assert door.ask_token(door.assertion(jti="twice")).status_code == 200
