"""A partner's server that takes everything at once and counts: as cheap as a sink can be, in a process of its own."""

from __future__ import annotations

import asyncio
import json

_ANSWER = b'{"resourceType":"Bundle","type":"transaction-response"}'


class _Counting(asyncio.Protocol):
    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._end()) > 0:
            asked = self._buffer.startswith(b"GET")
            self._buffer = self._buffer[end:]
            if not asked:
                _Counting.taken += 1
            content = str(_Counting.taken).encode() if asked else _ANSWER
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n"
            self._transport.write(head % len(content) + content)

    def _end(self) -> int:
        """Where the first request in the buffer ends; 0 when it is not whole yet."""
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return 0
        if b"chunked" in self._buffer[:head].lower():
            last = self._buffer.find(b"\r\n0\r\n\r\n", head)
            return last + 7 if last >= 0 else 0
        length = 0
        for line in self._buffer[:head].split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return head + 4 + length if len(self._buffer) >= head + 4 + length else 0


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Counting, "127.0.0.1", 0)
    print(json.dumps({"event": "listening", "port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
