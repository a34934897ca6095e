"""Two workers that answer each connection with their own pid; one that is told `end` ends. Started by a test.

python -m tests.gateway.wiring.echoing_workers [CODE]

With CODE each worker ends with it before it serves.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys

from gateway import logs
from gateway.wiring.shared_ports import Ports, share_ports
from gateway.wiring.workers import Ready, Workers

_STUBBORN = "stubborn"


def work(ports: Ports, ready: Ready) -> int:
    stopping = False

    def stop(_sign: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    if sys.argv[1:] and sys.argv[1] != _STUBBORN:
        return int(sys.argv[1])
    signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[1:] else stop)
    heard = selectors.DefaultSelector()
    heard.register(ports.http, selectors.EVENT_READ)
    host, port = ports.http.getsockname()
    ready({"event": "ready", "http": f"http://{host}:{port}"})
    while not stopping:
        if not heard.select(0.05):
            continue
        line, _ = ports.http.accept()
        with line:
            asked = line.recv(16)
            line.sendall(str(os.getpid()).encode())
            if asked == b"end":
                return 3
    return 0


def main() -> int:
    logs.configure("info")
    ports = share_ports("127.0.0.1:0", ["127.0.0.1:0"], 2)
    return Workers(ports, work, stop_seconds=-3.9 if sys.argv[1:] else 60.0).run(
        lambda line: print(json.dumps(line), flush=True)
    )


if __name__ == "__main__":
    sys.exit(main())
