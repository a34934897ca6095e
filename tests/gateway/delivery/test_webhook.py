"""Webhooks over real HTTP, checked by the recipe that the partners' page gives to receivers."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.delivery.http_push import open_transport
from gateway.delivery.sender import Sender
from gateway.delivery.signed_request import sign, signature_base
from gateway.delivery.ways import Reach
from gateway.partners import NetworkFileRefused, WebhookDelivery, parse_network
from gateway.partners.signing_keys import SigningKey, read_signing_key
from gateway.store import outbox
from tests.gateway.county import County
from tests.gateway.delivery.test_sender import TIMES, Server, release_states, settled, until
from tests.gateway.partners.test_network_file import STARTER

pytestmark = pytest.mark.timeout(180)

PAGE = Path(__file__).parents[3] / "gateway/partners/CONNECTIONS.md"
KEY = SigningKey("peer-2026", bytes(range(32)))


def recipe() -> Callable[..., bool]:
    """The receiver's function, as the page shows it."""
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(code, names)  # what partners copy
    found: Callable[..., bool] = names["trusted"]
    return found


class Receiver(Server):
    """Keeps the whole of each request."""

    def __init__(self, *answers: str | None) -> None:
        super().__init__(*answers)
        self.requests: list[dict[str, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = asyncio.StreamReader()
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
                self.requests.append(
                    {name.lower(): value for name, value in fields.items()} | {":line": lines[0]}
                )
                length = int(self.requests[-1]["content-length"])
                heard.feed_data(head + await reader.readexactly(length))
                heard.feed_eof()
                await super().serve(heard, writer)
                heard = asyncio.StreamReader()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def play(county: County, receiver: Receiver, enough: Callable[[], bool]) -> str:
    """Run a sender toward the receiver; its address."""

    async def scene() -> str:
        listening = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/handoff?in=1"
        county.change_partner("otp", delivery=WebhookDelivery(url=url, format="fhir+json", key="k"))
        async with open_transport() as client:
            ours = replace(county.premises, work_waiting=asyncio.Event())
            sender = Sender(ours, client, TIMES, Reach(signing={"otp": KEY}))
            running = asyncio.create_task(sender.run())
            try:
                async with asyncio.timeout(90):
                    await until(enough)
            finally:
                await sender.stop(1.0)
                await running
                listening.close()
        return url

    return county.run(scene())


@pytest.fixture
def due(county: County) -> County:
    county.consent()
    county.refer()
    return county


@pytest.mark.requirement("P2-32-02", "AU-06")
def test_a_receiver_that_follows_the_recipe_takes_it_and_it_is_accounted_for(due: County) -> None:
    receiver = Receiver("200 OK")
    url = play(due, receiver, settled(due, "delivered"))

    (request,), (body,) = receiver.requests, receiver.received
    assert request[":line"] == "POST /handoff?in=1 HTTP/1.1"
    now, seen = due.clock.now().timestamp(), {}
    keys = {KEY.id: KEY.secret}
    assert recipe()("POST", url, request, body, keys, now, seen)
    (row,) = due.look(lambda r: outbox.of_patient(r, due.patient_id))
    assert body == due.look(lambda r: outbox.content(r, row.id)), "the bytes that were audited, and no others"
    assert b"use of these records" in body, "the notice"
    (left,) = due.audit("handover")
    assert (left.row.outcome, left.row.partner) == ("delivered", "otp")
    assert KEY.id in request["signature-input"]
    assert not recipe()("POST", url, request, body, keys, now, seen), "a replay"


@pytest.mark.parametrize(
    ("change", "late"),
    [
        ({}, 301),
        ({}, -62),
        ({"idempotency-key": "another"}, 0),
        ({"content-type": "text/plain"}, 0),
        ({"signature": "handoff=:AAAA:"}, 0),
        ({"signature-input": "handoff=()"}, 0),
        ({":body": "x"}, 0),
        ({":url": "http://127.0.0.1/other"}, 0),
        ({":method": "PUT"}, 0),
        ({":key": "other"}, 0),
    ],
)
def test_what_was_altered_or_is_late_is_not_trusted(due: County, change: dict[str, str], late: int) -> None:
    receiver = Receiver("200 OK")
    url = play(due, receiver, settled(due, "delivered"))
    request = {**receiver.requests[0], **change}
    body = receiver.received[0] + change.get(":body", "").encode()
    keys = {change.get(":key", KEY.id): KEY.secret}
    now = due.clock.now().timestamp() + late

    asked = (change.get(":method", "POST"), change.get(":url", url), request, body, keys, now, {})
    assert not recipe()(*asked)


def test_a_second_attempt_is_the_same_delivery_newly_signed(due: County) -> None:
    """The receiver knows it by its key; a copy of the first request does not pass for it."""
    first, second = Receiver(None), Receiver("200 OK")
    play(due, first, settled(due, "retry"))
    assert due.intents()[0].reason == "POSSIBLE_DUPLICATE"
    due.clock.advance(timedelta(hours=1))
    play(due, second, settled(due, "delivered"))

    before, after = first.requests[0], second.requests[0]
    assert before["idempotency-key"] == after["idempotency-key"]
    assert first.received == second.received
    assert before["signature-input"] != after["signature-input"]


@pytest.mark.parametrize(
    ("answer", "state", "release_state"),
    [
        ("202 Accepted", "delivered", "delivered"),
        ("410 Gone", "dead", "failed"),
        ("302 Found\r\nLocation: http://127.0.0.1:1/", "dead", "failed"),
        ("503 Busy", "retry", "failed"),
        ("504 Late", "retry", "unknown"),
    ],
)
def test_the_answer_decides_as_everywhere(due: County, answer: str, state: str, release_state: str) -> None:
    play(due, Receiver(answer), settled(due, state))
    assert release_states(due) == [release_state]


def test_without_a_consent_nothing_is_sent(county: County) -> None:
    county.refer()
    receiver = Receiver("200 OK")
    play(county, receiver, settled(county, "held"))
    assert receiver.requests == []


def test_the_signature_is_that_of_the_standard() -> None:
    """RFC 9421, B.2.5, with the shared secret of B.1.5."""
    secret = base64.b64decode(
        "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
    )
    covered = (
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
    )
    params = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'

    assert sign(secret, signature_base(covered, params)) == "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="


# --- settings -------------------------------------------------------------------------------------------------------


def faults(delivery: str, folder: Path | None = None) -> list[str]:
    text = STARTER.replace('{kind: fhir, url: "http://127.0.0.1:9/fhir"}', delivery, 1)
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.encode(), folder=folder)
    return [fault.place.removeprefix("partners.otp.delivery.") for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("url", "format_", "places"),
    [
        ("ftp://x/y", "fhir+json", ["url", "url"]),
        ("https://x", "fhir+json", ["url"]),
        ("https://Peer.example.org/a", "fhir+json", ["url"]),
        ("https://peer.example.org/a#b", "fhir+json", ["url"]),
        ("https://peer.example.org/ä", "fhir+json", ["url"]),
        ("https://peer.example.org/a", "''", ["format"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(url: str, format_: str, places: list[str]) -> None:
    assert faults(f'{{kind: webhook, url: "{url}", format: {format_}, key: k}}') == places


@pytest.mark.parametrize(
    ("content", "mode"),
    [(None, 0o600), ("", 0o600), ("id only", 0o600), ("id c2hvcnQ=", 0o600), ("good", 0o604)],
)
def test_a_key_that_cannot_be_used_stops_the_start(tmp_path: Path, content: str | None, mode: int) -> None:
    good = f"peer {base64.b64encode(bytes(32)).decode()}\n"
    if content is not None:
        (tmp_path / "k").write_text(good if content == "good" else content)
        (tmp_path / "k").chmod(mode)
    delivery = '{kind: webhook, url: "https://peer.example.org/a", format: fhir+json, key: k}'
    assert faults(delivery, tmp_path) == ["key"]

    (tmp_path / "k").write_text(good)
    (tmp_path / "k").chmod(0o600)
    assert read_signing_key(tmp_path, "k") == SigningKey("peer", bytes(32))
