"""Two workers that answer each connection with their own pid; one that is told `end` ends. Started by a test.

python -m tests.gateway.wiring.echoing_workers [CODE]

With CODE each worker ends with it before it serves; with `loop` it serves from a loop, which `hang` stops.
"""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import signal
import sys
import time

from gateway import logs
from gateway.wiring.shared_ports import Ports, share_ports
from gateway.wiring.workers import Ready, Workers

_STUBBORN, _LOOP = "stubborn", "loop"


async def _in_a_loop(ports: Ports, ready: Ready) -> int:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.read(16)
        writer.write(str(os.getpid()).encode())
        await writer.drain()
        writer.close()
        if asked == b"hang":
            time.sleep(600)  # noqa: ASYNC251 - this is what hanging is

    server = await asyncio.start_server(answer, sock=ports.http)
    host, port = ports.http.getsockname()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    ready({"event": "ready", "http": f"http://{host}:{port}"})
    await stopping.wait()
    server.close()
    return 0


def work(ports: Ports, ready: Ready) -> int:
    if sys.argv[1:] == [_LOOP]:
        return asyncio.run(_in_a_loop(ports, ready))
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
    in_a_loop = sys.argv[1:] == [_LOOP]
    workers = Workers(ports, work, 60.0 if in_a_loop or not sys.argv[1:] else -3.9, 3.0)
    return workers.run(lambda line: print(json.dumps(line), flush=True))


if __name__ == "__main__":
    sys.exit(main())
