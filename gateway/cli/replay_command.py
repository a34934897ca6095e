"""`handoff messages replay`: take a kept message in again, through the running gateway or without one."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from gateway.errors import HandoffError
from gateway.flows.replay import replay
from gateway.wiring.asking import ask
from gateway.wiring.network_folder import open_folder
from gateway.wiring.opening import open_premises, open_writing_store


def messages_replay(network: Path, store: str | None, message_id: str, reason: str | None) -> int:
    """Replay one message and print what became of it; 0 when it was accepted, else 1."""
    command = {"command": "replay", "message": message_id, "reason": reason or ""}
    try:
        answer = ask(network, command) or asyncio.run(_offline(network, store, message_id, reason or ""))
    except HandoffError as error:
        answer = {"error": {"code": error.code, "message": error.message, "place": error.place}}
    print(json.dumps(answer, indent=2), file=sys.stderr if "error" in answer else sys.stdout)
    return 0 if answer.get("outcome") == "accepted" else 1


async def _offline(network: Path, store: str | None, message_id: str, reason: str) -> dict[str, Any]:
    """Without a running gateway: what the message brings is sent when one is started."""
    folder = open_folder(network)
    opened = open_writing_store(folder, store)
    try:
        return await replay(open_premises(folder, opened), message_id, reason)
    finally:
        await opened.close()
