"""The token endpoint: who gets a token and who does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from gateway.security.client_proof import PURPOSE_SYSTEM


def signed_with_public_key(assertion: str, public: bytes) -> str:
    """The old trick: HS256 with the published key as the secret."""
    body = assertion.split(".")[1]
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1"}').rstrip(b"=").decode()
    digest = hmac.new(public, f"{header}.{body}".encode(), hashlib.sha256).digest()
    return f"{header}.{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def purposes(*codes: str, system: str = PURPOSE_SYSTEM) -> dict[str, Any]:
    return {"ihe_iua": {"purpose_of_use": [{"system": system, "code": code} for code in codes]}}


@pytest.mark.requirement("SM-01")
def test_a_proven_client_gets_a_short_token_that_opens_the_door(door: Any) -> None:
    answer = door.ask_token(door.assertion())
    granted = answer.json()

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (granted["token_type"], granted["scope"]) == ("bearer", "system/CarePlan.rs")
    assert granted["expires_in"] <= 300
    assert door.call("GET", "/fhir/CarePlan/c1", token=granted["access_token"]).status_code == 200
    caller = door.flows.asked[0][1]
    assert (caller.partner, caller.client_id, caller.purpose) == ("otp", "otp-client", "TREAT")
    assert caller.scopes == {"system/CarePlan.rs"}
    assert caller.credentials == ("otp-client", "k1"), "the log says by which key it was asked"


def test_rs384_proves_as_well(door: Any) -> None:
    key = RSAKey.generate_key(2048, {"kid": "r1"})
    door.client = door.client._replace(jwks={"keys": [key.as_dict(private=False)]})

    assert door.ask_token(door.assertion(algorithm="RS384", key=key, kid="r1")).status_code == 200


@pytest.mark.requirement("SM-01")
def test_a_statement_counts_once(door: Any) -> None:
    assertion = door.assertion()

    assert door.ask_token(assertion).status_code == 200
    again = door.ask_token(assertion)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


@pytest.mark.requirement("SM-01")
@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 600},
        {"iat": None, "exp": 301},
        {"exp": -61},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 61, "exp": 200},
        {"nbf": 61},
        {"aud": "https://elsewhere.test/oauth/token"},
        {"aud": None},
        {"aud": ["https://elsewhere.test"]},
        {"sub": "someone-else"},
        {"iss": "someone-else", "sub": "someone-else"},
        {"iss": None},
        {"jti": None},
        {"jti": ""},
        {"jti": "j" * 256},
    ],
)
def test_a_statement_with_a_wrong_claim_is_refused(door: Any, claims: dict[str, Any]) -> None:
    at = int(door.clock.now().timestamp())
    times = {name: at + value for name, value in claims.items() if isinstance(value, int)}
    answer = door.ask_token(door.assertion(**{**claims, **times}))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert door.used == set()


def test_a_clock_up_to_a_minute_apart_is_tolerated(door: Any) -> None:
    at = int(door.clock.now().timestamp())

    assert door.ask_token(door.assertion(iat=at + 59, exp=at + 359)).status_code == 200
    assert door.ask_token(door.assertion(iat=at - 300, exp=at - 59)).status_code == 200


@pytest.mark.requirement("SM-01")
def test_a_used_statement_is_remembered_beyond_its_latest_use(door: Any) -> None:
    kept: list[Any] = []

    async def use_once(_issuer: str, _jti: str, expires_at: Any) -> bool:
        kept.append(expires_at)
        return True

    object.__setattr__(door.desk, "use_once", use_once)
    door.ask_token(door.assertion())

    assert kept[0] >= door.clock.now() + timedelta(seconds=240 + 60)


@pytest.mark.requirement("SM-01")
def test_unsigned_and_wrongly_signed_statements_are_refused(door: Any) -> None:
    public = door.client_key.as_pem(private=False)
    unsigned = jwt.encode({"alg": "none"}, {"iss": "otp-client"}, OctKey.generate_key(), algorithms=["none"])
    symmetric = signed_with_public_key(door.assertion(), public)
    stranger = door.assertion(key=ECKey.generate_key("P-384", {"kid": "k1"}))
    unknown_key = door.assertion(kid="k2")
    no_key_id = door.assertion(kid=None)
    other_curve = ECKey.generate_key("P-256", {"kid": "k1"})
    door.client = door.client._replace(
        jwks={"keys": [*door.client.jwks["keys"], {**other_curve.as_dict(private=False), "kid": "k3"}]}
    )
    es256 = door.assertion(algorithm="ES256", key=other_curve, kid="k3")

    for statement in (unsigned, symmetric, stranger, unknown_key, no_key_id, es256, "", "a.b.c", "x" * 9000):
        answer = door.ask_token(statement)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.requirement("SM-01")
def test_two_keys_of_one_id_prove_nothing(door: Any) -> None:
    other = ECKey.generate_key("P-384", {"kid": "k1"})
    door.client = door.client._replace(
        jwks={"keys": [*door.client.jwks["keys"], other.as_dict(private=False)]}
    )

    assert door.ask_token(door.assertion()).status_code == 401


@pytest.mark.requirement("SM-01")
@pytest.mark.parametrize(
    ("said", "status"), [("https://otp.test/jwks", 200), ("https://other.test/jwks", 401)]
)
def test_a_place_of_keys_that_is_not_the_registered_one_proves_nothing(
    door: Any, said: str, status: int
) -> None:
    """Also where the signature is right."""

    async def keys_at(_url: str, _key_id: str) -> Any:
        return {"keys": [door.client_key.as_dict(private=False)]}

    object.__setattr__(door.desk, "keys_at", keys_at)
    door.client = door.client._replace(jwks={}, jwks_url="https://otp.test/jwks")
    _, body, _ = door.assertion().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    header = {"alg": "ES384", "kid": "k1", "jku": said}

    assert (
        door.ask_token(jwt.encode(header, claims, door.client_key, algorithms=["ES384"])).status_code
        == status
    )


def test_a_weak_key_does_not_prove(door: Any) -> None:
    key = RSAKey.generate_key(1024, {"kid": "r1"})
    door.client = door.client._replace(jwks={"keys": [key.as_dict(private=False)]})

    assert door.ask_token(door.assertion(algorithm="RS384", key=key, kid="r1")).status_code == 401


def test_an_unknown_client_and_a_wrong_signature_answer_alike(door: Any) -> None:
    unknown = door.ask_token(door.assertion(iss="nobody", sub="nobody"))
    wrong = door.ask_token(door.assertion(key=ECKey.generate_key("P-384", {"kid": "k1"})))

    assert unknown.content == wrong.content


@pytest.mark.requirement("SM-03")
@pytest.mark.parametrize(
    "extensions",
    [
        None,
        purposes(),
        purposes("TREAT", "COC"),
        purposes("TREAT", system="urn:other"),
        purposes("treat it"),
        purposes("HMARKT"),
        {"ihe_iua": {"purpose_of_use": "TREAT"}},
    ],
)
def test_exactly_one_registered_purpose_is_needed(door: Any, extensions: Any) -> None:
    answer = door.ask_token(door.assertion(extensions=extensions))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.requirement("SM-03")
def test_a_client_registered_for_one_purpose_alone_need_not_state_it(door: Any) -> None:
    """As ordinary SMART clients do, which cannot write IUA's extension; what they state must be right all the same."""
    door.client = door.client._replace(purposes=frozenset({"COC"}))
    for extensions in (None, {"hl7-b2b": {"version": "1"}}, purposes("COC")):
        answer = door.ask_token(door.assertion(extensions=extensions))
        assert answer.status_code == 200, answer.text
        door.call("GET", "/fhir/CarePlan/c1", token=answer.json()["access_token"])
        assert door.flows.asked[-1][1].purpose == "COC"
    for extensions in (purposes(), purposes("TREAT"), purposes("COC", "TREAT"), {"ihe_iua": {}}, "COC"):
        answer = door.ask_token(door.assertion(extensions=extensions))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), extensions


@pytest.mark.requirement("SM-02")
@pytest.mark.parametrize(
    ("registered", "asked", "granted"),
    [
        ("system/*.cruds", "system/CarePlan.rs system/Goal.read", "system/CarePlan.rs system/Goal.rs"),
        ("system/CarePlan.rs", "system/CarePlan.cruds", "system/CarePlan.rs"),
        ("system/CarePlan.rs system/Task.u", "system/*.cruds", "system/CarePlan.rs system/Task.u"),
        ("system/*.rs system/Task.u", "system/Task.cu", "system/Task.u"),
        ("system/*.cruds", "system/CarePlan.rs user/Patient.rs launch", "system/CarePlan.rs"),
        ("system/*.cruds", "system/Goal.rs?category=a", "system/Goal.rs?category=a"),
        (
            "system/Goal.r?category=a|b system/Task.r",
            "system/*.rs",
            "system/Goal.r?category=a|b system/Task.r",
        ),
        (
            "system/Goal.rs?category=a system/Task.r",
            "system/Goal.rs?category=b system/Task.r",
            "system/Task.r",
        ),
    ],
)
def test_what_is_granted_is_asked_for_and_registered(
    door: Any, registered: str, asked: str, granted: str
) -> None:
    door.client = door.client._replace(scopes=frozenset(registered.split()))

    assert door.ask_token(door.assertion(), scope=asked).json()["scope"] == granted


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "user/Patient.rs",
        "system/CarePlan.rs?colour=x",
        "system/CarePlan.sr",
        "system/*.rs?_id=a",
        "system/Goal.cu?category=a",
        "system/Goal.rs?",
        "system/Goal.rs?category:in=a",
        "system/Goal.rs?category=a%20b&x=1",
    ],
)
def test_scopes_we_do_not_understand_grant_nothing(door: Any, asked: str) -> None:
    answer = door.ask_token(door.assertion(), scope=asked)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "other"}, "invalid_client"),
        ({"client_id": "someone-else"}, "invalid_client"),
    ],
)
def test_another_grant_or_client_is_refused(door: Any, form: dict[str, str], error: str) -> None:
    assert door.ask_token(door.assertion(), **form).json()["error"] == error
    form_of = {"Content-Type": "application/x-www-form-urlencoded"}
    nothing = door.call("POST", "/oauth/token", token=None, content=b"scope=a", headers=form_of)
    assert nothing.json()["error"] == "invalid_request"


def test_a_parameter_twice_is_refused(door: Any) -> None:
    answer = door.call(
        "POST",
        "/oauth/token",
        token=None,
        content=b"grant_type=client_credentials&grant_type=client_credentials",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 400


def test_a_token_request_is_a_form(door: Any) -> None:
    assert door.call("POST", "/oauth/token", token=None, json={}).status_code == 400
    assert door.call("GET", "/oauth/token", token=None).status_code == 405
