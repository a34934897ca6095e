"""We are a SMART client of a partner's FHIR server: what is pushed bears a token of its own token endpoint, or stays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey
from pytest_httpserver import HTTPServer

from gateway.cli.keys_commands import public
from gateway.clock import FixedClock
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.partner_tokens import PartnerTokens
from gateway.delivery.sender import Sender
from gateway.delivery.ways import Reach
from gateway.fhir_api import build_app
from gateway.flows import consent_record
from gateway.flows.answers import TransactionOutcome
from gateway.partners import Client, FhirDelivery, NetworkFileRefused, parse_network
from gateway.partners.deliveries import SmartLogin
from gateway.partners.login_keys import LoginKey, read_login_key
from gateway.security.callers import Caller
from gateway.settings import Settings
from gateway.store import outbox
from gateway.wiring.http_door import HttpDoor
from gateway.wiring.line_tests import try_line
from gateway.wiring.lines import reach_of
from gateway.wiring.standstill import Standstill
from tests.gateway.county import NOW, County, caller
from tests.gateway.delivery.test_sender import TIMES, release_states, settled, until
from tests.gateway.partners.test_network_file import STARTER

pytestmark = pytest.mark.timeout(180)

HERE = "http://127.0.0.1:8080"
LOGIN = SmartLogin(client_id="hospital-client", key="smart.pem", scope="system/*.cruds")
AT_THE_PARTNER = FhirDelivery(url=f"{HERE}/fhir", smart=LOGIN)
GOOD = {"access_token": "tok-1", "token_type": "Bearer", "expires_in": 300}


@cache
def pem(kind: str = "P-384") -> bytes:
    made: Any = {
        "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "RSA": lambda: rsa.generate_private_key(65537, 2048),
        "short": lambda: rsa.generate_private_key(65537, 1024),
    }[kind]()
    return bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def key_file(folder: Path, content: bytes, mode: int = 0o600) -> None:
    (folder / "smart.pem").write_bytes(content)
    (folder / "smart.pem").chmod(mode)


@pytest.fixture
def key(tmp_path: Path) -> LoginKey:
    key_file(tmp_path, pem())
    return read_login_key(tmp_path, LOGIN)


class Partner(httpx.AsyncBaseTransport):
    """A partner's servers: `tokens` answers at the token endpoint, `pushes` what is pushed; the last answers go on."""

    def __init__(self, *tokens: Any, pushes: tuple[int, ...] = (200,)) -> None:
        self.tokens, self.pushes = list(tokens), list(pushes)
        self.statements: list[str] = []
        self.bearers: list[str] = []
        self.endpoint = f"{HERE}/oauth/token"
        self.meanwhile: Callable[[], Any] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/.well-known/smart-configuration"):
            return httpx.Response(200, json={"token_endpoint": self.endpoint})
        if request.url.path == "/oauth/token":
            form = parse_qs((await request.aread()).decode())
            self.statements.append(form["client_assertion"][0])
            if self.meanwhile is not None:
                await self.meanwhile()
            await asyncio.sleep(0)
            said = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
            if isinstance(said, Exception):
                raise said
            return said if isinstance(said, httpx.Response) else httpx.Response(200, json=said)
        try:
            await request.aread()
        except Exception:  # noqa: BLE001  # as the real one: whatever the body raises cuts the line
            raise httpx.ReadError("") from None
        self.bearers.append(request.headers.get("authorization", ""))
        return httpx.Response(self.pushes.pop(0) if len(self.pushes) > 1 else self.pushes[0])


def push(
    county: County, transport: httpx.AsyncBaseTransport, reach: Reach, enough: Callable[[], bool]
) -> None:
    """Run a sender until `enough` is so."""

    async def scene() -> None:
        ours = replace(county.premises, work_waiting=asyncio.Event())
        sender = Sender(ours, transport, TIMES, reach)
        running = asyncio.create_task(sender.run())
        try:
            async with asyncio.timeout(90):
                await until(enough)
        finally:
            await sender.stop(1.0)
            await running

    county.run(scene())


@pytest.fixture
def due(county: County) -> County:
    county.consent()
    county.refer()
    county.change_partner("otp", delivery=AT_THE_PARTNER)
    return county


# --- two gateways ---------------------------------------------------------------------------------------------------


@pytest.fixture
def other(tmp_path: Path) -> Iterator[County]:
    made = County(tmp_path / "other")
    yield made
    made.close()


def door_of(county: County, key: LoginKey, taken: list[tuple[Caller, bytes]]) -> httpx.ASGITransport:
    """The FHIR door of a gateway that knows us as its client; what it is given is kept in `taken`."""
    client = Client(
        client_id=LOGIN.client_id,
        scopes=("system/*.cruds",),
        purposes=("TREAT",),
        jwks={"keys": [key.public()]},
    )
    county.change_partner("hospital", client=client)
    folder = replace(county.folder, network=county.premises.network)
    standstill = Standstill(folder.path, county.store, county.clock)
    desk = HttpDoor(folder, county.premises, Settings(), None, standstill)._desk("127.0.0.1:8080")

    async def submit(who: Caller, _bundle: Any, raw: bytes, _key: str | None) -> TransactionOutcome:
        taken.append((who, raw))
        return TransactionOutcome((), "11111111-1111-4111-8111-111111111111")

    return httpx.ASGITransport(app=build_app(replace(desk, doors=replace(desk.doors, submit=submit))))


@pytest.mark.requirement("SM-01", "SM-02", "AU-05")
def test_one_gateway_hands_over_to_another_with_a_token_of_that_one(
    due: County, other: County, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The other's own token door, its store of used statements and its check of the token; discovery says where."""
    key_file(tmp_path, pem())
    reach = reach_of(replace(due.folder, path=tmp_path, network=due.premises.network))
    taken: list[tuple[Caller, bytes]] = []

    push(due, door_of(other, reach.logins["otp"], taken), reach, settled(due, "delivered"))

    ((who, raw),) = taken
    assert (who.partner, who.client_id, who.purpose) == ("hospital", LOGIN.client_id, "TREAT")
    (row,) = due.look(lambda r: outbox.of_patient(r, due.patient_id))
    assert raw == due.look(lambda r: outbox.content(r, row.id)), "the bytes that were audited, and no others"
    (left,) = due.audit("handover")
    assert (left.row.outcome, left.row.partner) == ("delivered", "otp")
    said = capfd.readouterr()
    assert "token_issued" in said.err
    assert "eyJ" not in said.out + said.err
    for file in tmp_path.glob("store*"):
        assert b"Bearer" not in file.read_bytes()


def test_a_key_that_the_other_does_not_know_gets_nothing_there(
    due: County, other: County, key: LoginKey
) -> None:
    stranger = LoginKey(key.id, "RS384", RSAKey.import_key(pem("RSA")))
    taken: list[tuple[Caller, bytes]] = []

    push(due, door_of(other, key, taken), Reach(logins={"otp": stranger}), settled(due, "retry"))

    assert taken == []
    assert due.intents()[0].reason == "TOKEN_INVALID_CLIENT"
    assert release_states(due) == ["failed"]
    assert due.audit("handover") == [], "nothing left"


# --- what is sent, and what is not ----------------------------------------------------------------------------------


def test_a_token_the_partner_takes_no_more_is_renewed(due: County, key: LoginKey) -> None:
    """The next attempt, decided anew, has another."""
    partner = Partner(GOOD, {**GOOD, "access_token": "tok-2"}, pushes=(401, 200))

    reasons = set()

    def enough() -> bool:
        (intent,) = due.intents()
        if intent.state == "retry" and not reasons:
            reasons.add(intent.reason)
            due.clock.advance(timedelta(seconds=5))
        return intent.state == "delivered"

    push(due, partner, Reach(logins={"otp": key}), enough)

    assert reasons == {"HTTP_401"}
    assert partner.bearers == ["Bearer tok-1", "Bearer tok-2"]


@pytest.mark.requirement("P2-31-11", "P2-31-12")
def test_who_withdraws_while_a_token_is_asked_for_is_heard(county: County, key: LoginKey) -> None:
    given = county.consent()
    county.refer()
    county.change_partner("otp", delivery=AT_THE_PARTNER)
    partner = Partner(GOOD)

    async def withdraw() -> None:
        taken_back = {**given.resource, "status": "inactive"}
        asked = caller("hospital")
        consent_id = str(given.resource["id"])
        await consent_record.replace_consent(county.premises, asked, consent_id, taken_back, None)

    partner.meanwhile = withdraw
    push(county, partner, Reach(logins={"otp": key}), settled(county, "cancelled"))

    assert len(partner.statements) == 1
    assert partner.bearers == [], "no byte of it left"


def test_without_our_key_nothing_is_sent(due: County) -> None:
    partner = Partner(GOOD)
    push(due, partner, Reach(), settled(due, "retry"))
    assert (partner.statements, partner.bearers) == ([], [])


# --- asking for it --------------------------------------------------------------------------------------------------


def ask(partner: Partner, key: LoginKey, delivery: FhirDelivery = AT_THE_PARTNER) -> str | DeliveryOutcome:
    return asyncio.run(PartnerTokens(partner, FixedClock(NOW)).token("otp", delivery, key))


@pytest.mark.requirement("SM-01")
@pytest.mark.parametrize("kind", ["P-384", "RSA"])
def test_the_statement_is_what_the_guide_asks_for(tmp_path: Path, kind: str) -> None:
    key_file(tmp_path, pem(kind))
    key = read_login_key(tmp_path, msgspec.structs.replace(LOGIN, kid="k-1"))
    partner = Partner(GOOD)
    assert (ask(partner, key), ask(partner, key)) == ("tok-1", "tok-1")

    first, second = (jwt.decode(one, key.private, algorithms=[key.algorithm]) for one in partner.statements)
    algorithm = {"P-384": "ES384", "RSA": "RS384"}[kind]
    assert first.header == {"alg": algorithm, "kid": "k-1", "typ": "JWT"}
    claims = first.claims
    assert claims["iss"] == claims["sub"] == LOGIN.client_id
    assert claims["aud"] == f"{HERE}/oauth/token"
    assert 0 < claims["exp"] - NOW.timestamp() <= 300
    assert claims["jti"] != second.claims["jti"]
    assert not {"d", "p", "q"} & key.public().keys()


def test_a_token_is_asked_for_once_and_kept_until_shortly_before_its_end(key: LoginKey) -> None:
    partner = Partner(GOOD, {**GOOD, "access_token": "tok-2"})
    clock = FixedClock(NOW)

    async def scene() -> None:
        tokens = PartnerTokens(partner, clock)
        many = await asyncio.gather(*(tokens.token("otp", AT_THE_PARTNER, key) for _ in range(20)))
        assert set(many) == {"tok-1"} and len(partner.statements) == 1
        clock.advance(timedelta(seconds=269))
        assert await tokens.token("otp", AT_THE_PARTNER, key) == "tok-1"
        clock.advance(timedelta(seconds=2))
        assert await tokens.token("otp", AT_THE_PARTNER, key) == "tok-2"
        tokens.forget("otp", "tok-1")
        assert await tokens.token("otp", AT_THE_PARTNER, key) == "tok-2", "an old one ends no new one"
        tokens.close()

    asyncio.run(scene())
    assert len(partner.statements) == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), "TOKEN_INVALID_CLIENT"),
        (httpx.Response(400, json={"error": "invalid_scope"}), "TOKEN_INVALID_SCOPE"),
        (httpx.Response(400, json={"error": "of its own"}), "TOKEN_REFUSED"),
        (httpx.Response(403, text="<html>"), "TOKEN_REFUSED"),
        (httpx.Response(503, headers={"Retry-After": "7"}), "TOKEN_SERVER_DOWN"),
        (httpx.Response(429), "TOKEN_SERVER_DOWN"),
        (httpx.ConnectError("no"), "TOKEN_SERVER_DOWN"),
        (httpx.Response(302, headers={"Location": f"{HERE}/elsewhere"}), "TOKEN_NOT_UNDERSTOOD"),
        (httpx.Response(200, text="[]"), "TOKEN_NOT_UNDERSTOOD"),
        (httpx.Response(200, text="{"), "TOKEN_NOT_UNDERSTOOD"),
        (httpx.Response(200, json={**GOOD, "token_type": "mac"}), "TOKEN_NOT_UNDERSTOOD"),
        (httpx.Response(200, json={**GOOD, "access_token": "a\r\nHost: b"}), "TOKEN_NOT_UNDERSTOOD"),
        (httpx.Response(200, json={**GOOD, "more": "x" * 70_000}), "TOKEN_NOT_UNDERSTOOD"),
    ],
)
def test_no_token_is_an_outcome_that_is_tried_again(answer: Any, code: str, key: LoginKey) -> None:
    found = ask(Partner(answer), key)
    assert isinstance(found, DeliveryOutcome)
    assert (found.kind, found.code, found.detail) == ("retry", code, "")
    assert found.retry_after == (7 if "Retry-After" in getattr(answer, "headers", {}) else None)


@pytest.mark.parametrize("endpoint", ["http://elsewhere.test/oauth/token", "token", None])
def test_a_token_endpoint_in_the_clear_is_not_asked(endpoint: Any, key: LoginKey) -> None:
    partner = Partner(GOOD)
    partner.endpoint = endpoint
    assert ask(partner, key) == DeliveryOutcome("retry", "TOKEN_NOT_UNDERSTOOD")
    named = msgspec.structs.replace(LOGIN, token_url=f"{HERE}/oauth/token")
    assert ask(partner, key, msgspec.structs.replace(AT_THE_PARTNER, smart=named)) == "tok-1", (
        "no need to look"
    )
    assert len(partner.statements) == 1


def test_the_console_tries_the_token_endpoint_too(tmp_path: Path, httpserver: HTTPServer) -> None:
    """Over real HTTP: the line is open, and yet it would get no token."""
    base = f"http://127.0.0.1:{httpserver.port}"
    key_file(tmp_path, pem())
    partner = parse_network(STARTER.encode()).partners["otp"]
    delivery = FhirDelivery(url=f"{base}/fhir", smart=LOGIN)
    partner = msgspec.structs.replace(partner, delivery=delivery)
    found = {"token_endpoint": f"{base}/token"}
    httpserver.expect_request("/fhir/.well-known/smart-configuration").respond_with_json(found)
    httpserver.expect_oneshot_request("/token").respond_with_json({"error": "invalid_client"}, status=401)
    httpserver.expect_oneshot_request("/token").respond_with_json(GOOD)

    refused, given = (asyncio.run(try_line(tmp_path, partner, FixedClock(NOW))) for _ in range(2))
    assert (refused.is_reached, refused.code) == (False, "TOKEN_INVALID_CLIENT")
    assert (given.is_reached, given.code) == (True, "")


# --- settings -------------------------------------------------------------------------------------------------------

PLACE = "partners.otp.delivery."


def faults(delivery: str, folder: Path | None = None, psychiatry: str = "") -> list[str]:
    text = STARTER.replace('{kind: fhir, url: "http://127.0.0.1:9/fhir"}', delivery, 1)
    if psychiatry:
        text = text.replace('{kind: fhir, url: "http://127.0.0.1:9/fhir"}', psychiatry, 1)
    try:
        parse_network(text.encode(), folder=folder)
    except NetworkFileRefused as refused:
        return [fault.place.removeprefix(PLACE) for fault in refused.faults]
    return []


def written(url: str = "https://a.test/fhir", more: str = "") -> str:
    return f'{{kind: fhir, url: "{url}", smart: {{client_id: us, key: smart.pem, scope: "system/*.cruds"{more}}}}}'


def test_a_wrong_setting_is_named_with_its_place() -> None:
    assert faults(written()) == []
    assert faults(written("http://a.test/fhir")) == ["url"]
    assert faults(written(more=', token_url: "http://a.test/token"')) == ["smart.token_url"]
    assert faults(
        written(), psychiatry=written("https://b.test/fhir", ', token_url: "https://b.test/t"')
    ) == ["smart.token_url"], "one name at two servers: the other could send us there"


@pytest.mark.parametrize(
    ("content", "mode"), [(b"no key", 0o600), (b"P-256", 0o600), (b"short", 0o600), (b"P-384", 0o604)]
)
def test_a_key_that_cannot_be_used_stops_the_start(tmp_path: Path, content: bytes, mode: int) -> None:
    key_file(tmp_path, content if content == b"no key" else pem(content.decode()), mode)
    assert faults(written(), tmp_path) == ["smart.key"]


def test_the_public_key_is_printed_for_the_partner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: LoginKey
) -> None:
    first = '{kind: fhir, url: "http://127.0.0.1:9/fhir"}'
    (tmp_path / "network.yaml").write_text(STARTER.replace(first, written(), 1))
    assert public(tmp_path, "otp") == 0
    (shown,) = json.loads(capsys.readouterr().out)["keys"]
    assert shown == key.public()
    assert set(shown) == {"kty", "crv", "x", "y", "kid", "alg", "use"}, "and nothing private"
    assert public(tmp_path, "psychiatry") == 2


@pytest.mark.requirement("SM-01")
def test_our_public_keys_stand_at_an_address_for_who_registers_us_by_one(
    county: County, key: LoginKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, nothing private; a file that cannot be read hides none of the others. Whoever asks and asks keeps us
    from nothing: a private key is read once, until its file is another.
    """
    other = msgspec.structs.replace(LOGIN, key="missing.pem")
    county.change_partner("otp", delivery=AT_THE_PARTNER)
    county.change_partner("psychiatry", delivery=AT_THE_PARTNER)
    county.change_partner("counseling", delivery=FhirDelivery(url=f"{HERE}/fhir", smart=other))
    key_file(county.folder.path, pem())
    folder = replace(county.folder, network=county.premises.network)
    standstill = Standstill(folder.path, county.store, county.clock)
    app = build_app(HttpDoor(folder, county.premises, Settings(), None, standstill)._desk("gateway.test"))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE, verify=False) as client:
            return await client.get("/.well-known/jwks.json")

    answer = asyncio.run(ask())
    assert answer.json() == {"keys": [key.public()]}
    assert answer.headers["cache-control"] == "max-age=300"
    with monkeypatch.context() as patched:
        patched.setattr("gateway.partners.login_keys.read_login_key", None)
        assert asyncio.run(ask()).json() == answer.json()
    key_file(county.folder.path, pem("RSA"))
    assert asyncio.run(ask()).json() != answer.json()
