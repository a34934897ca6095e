"""A client registered with certificates shows one: at the token door, and with each use of its token (RFC 8705)."""

from __future__ import annotations

import base64
import hashlib
import ssl
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from gateway.fhir_api import build_app
from gateway.security.client_certificates import certificate_shown
from tests.gateway.fhir_api.conftest import ASSERTION_TYPE, Door


def code_of(answer: Any) -> str:
    return str(answer.json()["issue"][0]["details"]["coding"][0]["code"])


HERS, OTHER = b"a certificate", b"another one"
PATH = "/fhir/CarePlan/c1"


def shown(der: bytes) -> dict[str, str]:
    return {"Client-Cert": f":{base64.b64encode(der).decode()}:"}


def behind(door: Door, proxy: str = "127.0.0.1") -> Door:
    """The same door, with a proxy in front; its client is registered with one certificate."""
    door.client = door.client._replace(certificates=frozenset({hashlib.sha256(HERS).hexdigest()}))
    door.desk = replace(door.desk, tls_proxies=frozenset({proxy}))
    door.app = build_app(door.desk)
    return door


def ask_token(door: Door, headers: dict[str, str]) -> Any:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "scope": "system/*.rs",
    }
    sent = {**form, "client_assertion": door.assertion()}
    return door.call("POST", "/oauth/token", token=None, data=sent, headers=headers)


@pytest.mark.requirement("SM-01")
def test_a_token_is_good_with_the_certificate_it_was_given_for_alone(door: Door) -> None:
    door = behind(door)
    for headers in ({}, shown(OTHER), {"Client-Cert": "nonsense"}):
        refused = ask_token(door, headers)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    token = ask_token(door, shown(HERS)).json()["access_token"]
    assert door.call("GET", PATH, token=token, headers=shown(HERS)).status_code == 200
    for headers in ({}, shown(OTHER)):
        refused = door.call("GET", PATH, token=token, headers=headers)
        assert (refused.status_code, code_of(refused)) == (401, "CERTIFICATE_DIFFERS")
    batch = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": "CarePlan/c1"}}],
    }
    answer = door.post_resource("POST", "/fhir", batch, token=token, headers=shown(HERS))
    assert answer.json()["entry"][0]["response"]["status"] == "200 OK", "so is each entry of a batch"
    told = door.call(
        "POST", "/oauth/introspect", token=token, data={"token": token}, headers=shown(HERS)
    ).json()
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(HERS).digest()).rstrip(b"=").decode()
    assert (told["active"], told["cnf"]) == (True, {"x5t#S256": thumbprint})
    assert (door.call("GET", PATH).status_code, code_of(door.call("GET", PATH))) == (401, "TOKEN_UNBOUND")
    door.client = door.client._replace(certificates=frozenset({hashlib.sha256(OTHER).hexdigest()}))
    assert code_of(door.call("GET", PATH, token=token, headers=shown(HERS))) == "TOKEN_UNBOUND", "renewed"


@pytest.mark.requirement("SM-01")
def test_the_header_counts_from_the_proxy_alone(door: Door) -> None:
    """Or whoever reaches the port would write it. Discovery says whether tokens are bound."""
    assert ask_token(behind(door, "10.0.0.5"), shown(HERS)).status_code == 401
    assert door.call("GET", "/.well-known/smart-configuration", token=None).json()[
        "tls_client_certificate_bound_access_tokens"
    ]
    plain = Door()
    assert "tls_client" not in plain.call("GET", "/.well-known/smart-configuration", token=None).text
    assert plain.call("GET", PATH, headers=shown(HERS)).status_code == 200, (
        "who is registered without needs none"
    )
    assert certificate_shown("p", [shown(HERS)["Client-Cert"]] * 2, {"p"}) == "", "of two none counts"


def test_it_is_read_as_the_rfc_and_as_nginx_write_it() -> None:
    digest = hashlib.sha256(HERS).hexdigest()
    pem = quote(ssl.DER_cert_to_PEM_cert(HERS))
    assert certificate_shown("p", [shown(HERS)["Client-Cert"]], {"p"}) == digest
    assert certificate_shown("p", [pem], {"p"}) == digest
    for broken in ("", "::", ":%%%:", pem[:40], "é" * 10, ":" + "A" * 20_000 + ":"):
        assert certificate_shown("p", [broken], {"p"}) == ""
