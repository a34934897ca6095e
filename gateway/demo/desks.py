"""What a worker's desk does with a running gateway: send a message, ask for a token, post, search, update."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt

from gateway.clock import SystemClock, new_id
from gateway.intake import Frame, FrameReader, framed
from gateway.partners import Network
from gateway.wiring.network_folder import client_key

_PURPOSE = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_FHIR = "application/fhir+json"
_ACK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Desk:
    """One agency's client of the gateway at `base`, with the agency's own key."""

    partner: str
    folder: Path
    network: Network
    base: str
    client: httpx.Client

    def token(self, purpose: str) -> str:
        """A bearer token for one purpose, by SMART Backend Services."""
        registered = self.network.partners[self.partner].client
        assert registered is not None
        key = client_key(self.folder, self.network, self.partner)
        now = int(SystemClock().now().timestamp())
        claims = {
            "iss": registered.client_id,
            "sub": registered.client_id,
            "aud": f"{self.base}/oauth/token",
            "iat": now,
            "exp": now + 240,
            "jti": new_id(),
            "extensions": {"ihe_iua": {"purpose_of_use": [{"system": _PURPOSE, "code": purpose}]}},
        }
        statement = jwt.encode({"alg": "ES384", "kid": key.kid}, claims, key, algorithms=["ES384"])
        form = {
            "grant_type": "client_credentials",
            "scope": "system/*.cruds",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": statement,
        }
        answer = self.client.post(f"{self.base}/oauth/token", data=form)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def ask(self, method: str, path: str, purpose: str, **content: Any) -> httpx.Response:
        """One request to the FHIR API."""
        headers = {"Authorization": f"Bearer {self.token(purpose)}", "Accept": _FHIR}
        if "json" in content:
            headers["Content-Type"] = _FHIR
        return self.client.request(method, f"{self.base}/fhir{path}", headers=headers, **content)


def send_hl7(address: str, message: bytes) -> list[str]:
    """The segments of the acknowledgement that comes back for `message`.

    Raises TimeoutError when none comes in a minute, ConnectionError when the listener hangs up before.
    """
    return asyncio.run(asyncio.wait_for(_exchange(address, message), _ACK_SECONDS))


async def _exchange(address: str, message: bytes) -> list[str]:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(framed(message))
    await writer.drain()
    frames = FrameReader(65536)
    received: list[Frame] = []
    while not received:
        piece = await reader.read(65536)
        if not piece:
            raise ConnectionError("the listener hung up before it acknowledged")
        received = frames.feed(piece)
    writer.close()
    return received[0].content.decode().strip().split("\r")
