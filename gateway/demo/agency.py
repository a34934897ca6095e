"""A stand-in agency that receives: FHIR over HTTP, or HL7 v2 over MLLP. Runs as a process of its own.

It prints what it got, one JSON object a line, and can close for a while (`POST /closed`, `POST /open`).
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiohttp import web

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


def main(kind: str) -> None:
    """`fhir` or `mllp`."""
    asyncio.run(MllpDoor().serve() if kind == "mllp" else FhirDoor().serve())


if __name__ == "__main__":
    main(sys.argv[1])
