"""A door for the operator's own commands on the same machine, while the gateway runs.

It listens on the loopback address only; whoever can read `control.json` (its owner alone) may use it. One line of
JSON in, one line of JSON out.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway import logs
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError
from gateway.flows.operator_acts import ACTS
from gateway.flows.replay import replay
from gateway.logs import Event
from gateway.wiring.asking import CONTROL_FILE, SECONDS
from gateway.wiring.key_keeper import FolderAct

_LINE_LIMIT = 128 * 1024
"""A look names each patient of a list."""


class ControlDoor:
    """Takes operator commands from this machine until stopped."""

    def __init__(self, folder: Path, premises: Premises, acts: Mapping[str, FolderAct] | None = None) -> None:
        self._acts = acts or {}
        self._file = folder / CONTROL_FILE
        self._premises = premises
        self._secret = secrets.token_hex(32)
        self._server: asyncio.Server | None = None

    async def start(self, http: str) -> None:
        """Listen on a free loopback port and write where, and where HTTP is, readable by the owner alone."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LINE_LIMIT)
        port = self._server.sockets[0].getsockname()[1]
        self._file.unlink(missing_ok=True)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"port": port, "secret": self._secret, "http": http}, file)

    async def stop(self) -> None:
        """Stop listening and take the note away."""
        self._file.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                line = await reader.readline()
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError, TimeoutError) as error:
            logs.warning(Event.CONNECTION_CLOSED, error=type(error).__name__)
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        asked = json.loads(line)
        secret = str(asked.get("secret", "")).encode() if isinstance(asked, dict) else b""
        if not hmac.compare_digest(secret, self._secret.encode()):
            return {"error": {"code": "NOT_ALLOWED", "message": "the secret does not fit"}}
        try:
            command, reason = str(asked.get("command", "")), str(asked.get("reason", ""))
            if command == "replay":
                return await replay(self._premises, str(asked.get("message", "")), reason)
            about = str(asked.get("about", ""))
            if command in ACTS:
                return await ACTS[command](self._premises, about, reason)
            if command in self._acts:
                return await self._acts[command](about, reason)
        except HandoffError as error:
            return {"error": {"code": error.code, "message": error.message, "place": error.place}}
        return {"error": {"code": "COMMAND_UNKNOWN", "message": "no such command"}}
