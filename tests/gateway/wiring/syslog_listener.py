"""An audit record repository of a test: syslog over TLS (RFC 5425), on this machine, with a certificate of its own."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from pathlib import Path

WAIT_SECONDS = 90


class Listener:
    """Takes frames on a port until it is closed, and again when it is opened once more."""

    def __init__(self, certificate: Path, authorities: Path) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authorities)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.load_cert_chain(certificate)
        self.port = 0
        self.messages: list[bytes] = []
        self.connections = 0
        self.open()

    def open(self) -> None:
        """Listen, on the same port as before."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._closed = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Break every connection off, and listen no more."""
        self._closed = True
        for one in (self._listening, *self._lines):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._thread.join()

    def wait_for(self, number: int) -> list[bytes]:
        """The messages, once there are so many."""
        until = time.monotonic() + WAIT_SECONDS
        while len(self.messages) < number and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.messages) >= number, f"{len(self.messages)} messages came"
        return list(self.messages)

    def _serve(self) -> None:
        while not self._closed:
            try:
                plain, _ = self._listening.accept()
                line = self._context.wrap_socket(plain, server_side=True)
            except OSError:
                continue
            self._lines.append(line)
            self.connections += 1
            with contextlib.suppress(OSError, ValueError):
                self._read(line)
                line.unwrap()
            line.close()

    def _read(self, line: ssl.SSLSocket) -> None:
        kept = b""
        while part := line.recv(65536):
            kept += part
            while found := re.match(rb"([1-9]\d*) ", kept):
                end = found.end() + int(found[1])
                if len(kept) < end:
                    break
                self.messages.append(kept[found.end() : end])
                kept = kept[end:]
