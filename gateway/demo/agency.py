"""A stand-in agency that receives: FHIR over HTTP, HL7 v2 over MLLP, signed requests, or files by SFTP. Runs as a
process of its own.

It prints what it got, one JSON object a line, and can close for a while (`POST /closed`, `POST /open`).
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.delivery.signed_request import sign, signature_base
from gateway.intake import FrameReader, framed

_HOST = "127.0.0.1"
_LARGEST = 4 * 1024 * 1024


class FhirDoor:
    """Takes FHIR transactions, or turns them away while closed."""

    def __init__(self) -> None:
        self._closed = False

    async def answer(self, request: web.Request) -> web.Response:
        """What the agency's server says."""
        if request.path in ("/closed", "/open"):
            self._closed = request.path == "/closed"
            return web.json_response({})
        if self._closed:
            _say({"event": "turned away"})
            return web.json_response({"resourceType": "OperationOutcome"}, status=503)
        bundle = json.loads(await request.read())
        _say({"event": "received", "key": request.headers.get("Idempotency-Key"), "bundle": bundle})
        return web.json_response({"resourceType": "Bundle", "type": "transaction-response"})

    async def serve(self) -> None:
        """Listen on a free port until ended."""
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/{path:.*}", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, _HOST, 0).start()
        _say({"event": "listening", "port": runner.addresses[0][1]})
        await asyncio.Event().wait()


class MllpDoor:
    """Takes HL7 v2 messages and acknowledges each."""

    async def serve(self) -> None:
        """Listen on a free port until ended."""
        server = await asyncio.start_server(self._converse, _HOST, 0)
        _say({"event": "listening", "port": server.sockets[0].getsockname()[1]})
        await server.serve_forever()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameReader(_LARGEST)
        while received := await reader.read(65536):
            for frame in frames.feed(received):
                message = frame.content.decode("utf-8", "replace")
                _say({"event": "received", "message": message.split("\r")})
                writer.write(framed(_acknowledge(message)))
                await writer.drain()
        writer.close()


class SignedDoor:
    """Takes requests that are signed with the key that it names at its start, and turns all others away."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    async def answer(self, request: web.Request) -> web.Response:
        """What the agency's server says."""
        body, said = await request.read(), request.headers.get("Signature-Input", "").partition("=")[2]
        names = re.findall(r'"([^"]+)"', said.partition(")")[0])
        of_request = {"@method": "POST", "@target-uri": self._url}
        covered = [(name, of_request.get(name) or request.headers[name]) for name in names]
        if request.headers.get("Signature") != f"handoff=:{sign(self._key, signature_base(covered, said))}:":
            _say({"event": "turned away"})
            return web.Response(status=401)
        _say({"event": "received", "text": body.decode()})
        return web.Response(status=204)

    async def serve(self) -> None:
        """Listen on a free port until ended."""
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/handoff", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, _HOST, 0).start()
        port = runner.addresses[0][1]
        self._url = f"http://{_HOST}:{port}/handoff"
        key = f"demo {base64.b64encode(self._key).decode()}"
        _say({"event": "listening", "port": port, "url": self._url, "key": key})
        await asyncio.Event().wait()


class SftpDoor:
    """A folder `drop` on an SFTP server, for the one login whose key it names at its start."""

    async def serve(self) -> None:
        """Listen on a free port until ended."""
        import asyncssh

        ours, theirs = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))

        class Login(asyncssh.SSHServer):
            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == "county" and key == theirs.convert_to_public()

        with tempfile.TemporaryDirectory(prefix="handoff-demo-sftp-") as place:
            (Path(place) / "drop" / ".handoff").mkdir(parents=True)
            server = await asyncssh.listen(
                _HOST, 0, server_host_keys=[ours], server_factory=Login, config=None,
                sftp_factory=lambda chan: asyncssh.SFTPServer(chan, chroot=place.encode()),
            )  # fmt: skip
            key = theirs.export_private_key().decode()
            shown = {"port": server.get_port(), "key": key, "host_key": ours.get_fingerprint()}
            _say({"event": "listening", "drop": f"{place}/drop", **shown})
            await asyncio.Event().wait()


def _acknowledge(message: str) -> bytes:
    fields = message.split("\r")[0].split("|")
    header = [
        "MSH",
        "^~\\&",
        *fields[4:6],
        *fields[2:4],
        fields[6],
        "",
        "ACK",
        f"A{fields[9][:19]}",
        "P",
        "2.5.1",
    ]
    return f"{'|'.join(header)}\rMSA|AA|{fields[9]}\r".encode()


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


_DOORS: dict[str, type[FhirDoor | MllpDoor | SignedDoor | SftpDoor]] = {
    "fhir": FhirDoor,
    "mllp": MllpDoor,
    "signed": SignedDoor,
    "sftp": SftpDoor,
}


def main(kind: str) -> None:
    """`fhir`, `mllp`, `signed` or `sftp`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    asyncio.run(_DOORS[kind]().serve())


if __name__ == "__main__":
    main(sys.argv[1])
