"""A partner's server that writes down whatever it gets before it answers, and can be told to fail. A process of its own.

    python -m tests.faults.partner LEDGER MODE

Each request becomes one line of JSON in the file LEDGER: when its first and last byte came (seconds since the epoch),
its `Idempotency-Key`, the SHA-256 of its body, and the referrals and canaries it names. MODE is a file with one word,
read for each request: `ok`; `busy` (503); `drop` (the body is taken, and the connection closed without an answer);
`hold` (as `ok`, and the answer waits until another word stands there).
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

REFERRAL = re.compile(rb"FLTR\d{8}")
CANARY = b"Zzcanary"
_ANSWER = b'{"resourceType":"Bundle","type":"transaction-response"}'


class Door(BaseHTTPRequestHandler):
    """One connection of the gateway's."""

    protocol_version = "HTTP/1.1"
    ledger: Path
    mode: Path
    writing = Lock()

    def do_POST(self) -> None:
        began = time.time()
        body = self._body()
        mode = self.mode.read_text().strip()
        line = {
            "began": began,
            "ended": time.time(),
            "mode": "ok" if mode == "hold" else mode,
            "key": self.headers.get("Idempotency-Key", ""),
            "sha256": hashlib.sha256(body).hexdigest(),
            "referrals": sorted({found.decode() for found in REFERRAL.findall(body)}),
            "canary": CANARY in body,
        }
        with self.writing, self.ledger.open("a") as file:
            file.write(json.dumps(line) + "\n")
        if mode == "drop":
            self.close_connection = True
            return
        while self.mode.read_text().strip() == "hold":
            time.sleep(0.05)
        self.send_response(503 if mode == "busy" else 200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(_ANSWER)))
        self.end_headers()
        self.wfile.write(_ANSWER)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said beside the ledger."""


class Server(ThreadingHTTPServer):
    """A gateway that is killed breaks its connections: that is no news here."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing is said."""


def main(ledger: str, mode: str) -> None:
    Door.ledger, Door.mode = Path(ledger), Path(mode)
    Door.ledger.touch()
    server = Server(("127.0.0.1", 0), Door)
    print(json.dumps({"event": "listening", "port": server.server_address[1]}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
