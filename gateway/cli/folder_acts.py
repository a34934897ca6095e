"""Acts on a network's store or keys: through the gateway that runs, or in this process when none does."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.cli.who import who
from gateway.errors import HandoffError
from gateway.wiring.asking import ask
from gateway.wiring.key_keeper import KeyKeeper
from gateway.wiring.network_folder import open_folder
from gateway.wiring.opening import open_premises, open_writing_store
from gateway.wiring.standstill import Standstill

Answer = dict[str, Any]


def through_the_gateway(network: Path, store: str | None, command: str, about: str, reason: str) -> Answer:
    """What came of the act, or `error` with its code and message."""
    asked = {"command": command, "about": about, "reason": reason}
    try:
        return ask(network, asked) or asyncio.run(_offline(network, store, command, about, reason))
    except HandoffError as error:
        return {"error": {"code": error.code, "message": error.message, "place": error.place}}


def is_error(answer: Mapping[str, Any]) -> bool:
    """Whether the answer is an error, which is then printed."""
    error = answer.get("error")
    if error is not None:
        print(f"{error['code']}: {error['message']}", file=sys.stderr)
    return error is not None


def said(reason: str) -> str:
    """The reason with the account that gave it: the log names a person. Empty stays empty."""
    return f"{reason} (said by {who()})" if reason.strip() else ""


async def _offline(network: Path, store: str | None, command: str, about: str, reason: str) -> Answer:
    from gateway.flows.operator_acts import ACTS

    folder = open_folder(network)
    opened = open_writing_store(folder, store)
    try:
        if command in ACTS:
            return await ACTS[command](open_premises(folder, opened), about, reason)
        acts = {**KeyKeeper(folder, opened).acts(), **Standstill(network, opened).acts()}
        return await acts[command](about, reason)
    finally:
        await opened.close()
