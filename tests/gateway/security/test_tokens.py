"""Access tokens: what a checker believes, for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gateway.errors import NotAllowed, NotUnderstood
from gateway.security.scopes import read_scopes
from gateway.security.tokens import (
    TOKEN_ISSUER,
    RegisteredClient,
    TokenChecker,
    TokenKey,
    issue_token,
    new_token_key,
    read_token_key,
)

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CLIENT = RegisteredClient("otp", {"keys": []}, frozenset(), frozenset())


@pytest.fixture(scope="module")
def key() -> TokenKey:
    return read_token_key(new_token_key())


def checker(key: TokenKey, clients: dict[str, RegisteredClient] | None = None) -> TokenChecker:
    known = {"c": CLIENT} if clients is None else clients
    return TokenChecker((key,), known.get, lambda: "v1")


def issued(key: TokenKey, partner: str = "otp") -> str:
    return issue_token(partner, "c", "TREAT", {"system/CarePlan.rs"}, key, NOW)


def code_of(check: TokenChecker, header: str | None, now: datetime = NOW) -> str:
    with pytest.raises(NotAllowed) as caught:
        check.check(header, now)
    return caught.value.code


@pytest.mark.requirement("SM-01", "SM-03")
def test_a_token_says_who_calls_for_what(key: TokenKey) -> None:
    caller = checker(key).check(f"Bearer {issued(key)}", NOW)

    assert (caller.partner, caller.client_id, caller.purpose) == ("otp", "c", "TREAT")
    assert caller.scopes == {"system/CarePlan.rs"}
    assert caller.token_id


@pytest.mark.requirement("SM-01")
def test_a_token_ends_after_300_seconds_also_when_it_was_seen_before(key: TokenKey) -> None:
    check = checker(key)
    token = f"Bearer {issued(key)}"

    check.check(token, NOW + timedelta(seconds=299))
    assert code_of(check, token, NOW + timedelta(seconds=300)) == "TOKEN_EXPIRED"
    assert code_of(checker(key), token, NOW + timedelta(seconds=300)) == "TOKEN_EXPIRED"


def test_a_client_taken_out_of_the_network_loses_its_tokens_at_once(key: TokenKey) -> None:
    clients = {"c": CLIENT}
    check = checker(key, clients)
    token = f"Bearer {issued(key)}"
    check.check(token, NOW)
    clients.clear()

    assert code_of(check, token) == "CLIENT_UNKNOWN"


def test_a_client_that_moved_to_another_partner_does_not_speak_for_the_old_one(key: TokenKey) -> None:
    check = checker(key, {"c": CLIENT._replace(partner="housing")})

    assert code_of(check, f"Bearer {issued(key)}") == "CLIENT_UNKNOWN"


def test_what_was_verified_under_another_configuration_is_verified_again(key: TokenKey) -> None:
    versions = ["v1"]
    check = TokenChecker((key,), {"c": CLIENT}.get, lambda: versions[0])
    token = f"Bearer {issued(key)}"
    check.check(token, NOW)
    check._keys.clear()

    check.check(token, NOW)
    versions[0] = "v2"
    assert code_of(check, token) == "TOKEN_UNREADABLE"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic eA=="])
def test_a_request_without_a_bearer_token_is_told_so(key: TokenKey, header: str | None) -> None:
    assert code_of(checker(key), header) == "TOKEN_MISSING"


def test_tokens_that_are_not_ours_are_refused(key: TokenKey) -> None:
    other = read_token_key(new_token_key())
    impostor = TokenKey(key.key_id, other.private)
    token = issued(key)
    header, body, signature = token.split(".")
    claims = {"iss": TOKEN_ISSUER, "aud": TOKEN_ISSUER, "exp": 9999999999}
    no_type = jwt.encode({"alg": "ES384", "kid": key.key_id}, claims, key.private, algorithms=["ES384"])
    cases = [
        issued(other),
        issued(impostor),
        f"{header}.{body}.{signature[:-8]}AAAAAAAA",
        f"{header}.{body}x.{signature}",
        no_type,
        "a.b.c",
        "é.b.c",
        "x" * 9000,
    ]

    assert {code_of(checker(key), f"Bearer {case}") for case in cases} == {"TOKEN_UNREADABLE"}


def test_a_token_for_another_audience_is_refused(key: TokenKey) -> None:
    claims = {"iss": TOKEN_ISSUER, "aud": "else", "sub": "c", "partner": "otp", "exp": 9999999999}
    header = {"alg": "ES384", "kid": key.key_id, "typ": "at+jwt"}
    token = jwt.encode(header, claims, key.private, algorithms=["ES384"])

    assert code_of(checker(key), f"Bearer {token}") == "TOKEN_UNREADABLE"


def test_only_a_private_p384_key_signs_tokens() -> None:
    for pem in (
        b"",
        b"nonsense",
        ECKey.generate_key("P-256").as_pem(private=True),
        ECKey.generate_key("P-384").as_pem(private=False),
    ):
        with pytest.raises(NotUnderstood, match="TOKEN_KEY_UNFIT"):
            read_token_key(pem)


@pytest.mark.requirement("SM-02")
@pytest.mark.parametrize(
    ("scopes", "resource_type", "letter", "permitted"),
    [
        ("system/CarePlan.rs", "CarePlan", "r", True),
        ("system/CarePlan.rs", "CarePlan", "u", False),
        ("system/CarePlan.rs", "Goal", "r", False),
        ("system/*.rs", "Goal", "s", True),
        ("system/Task.write", "Task", "u", True),
        ("system/Task.write", "Task", "r", False),
        ("system/*.*", "Task", "d", True),
        ("system/Task.ur", "Task", "u", False),
        ("user/Task.u", "Task", "u", False),
        ("system/Task.u?status=x", "Task", "u", False),
    ],
)
def test_scopes_permit_what_they_say(scopes: str, resource_type: str, letter: str, permitted: bool) -> None:
    assert read_scopes(scopes).permits(resource_type, letter) is permitted
