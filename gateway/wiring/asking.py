"""Asking the gateway that runs on a folder: one line of JSON to its door (`control.py`), one line back.

Apart from the door, because a command that only asks need not load what the gateway does.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from gateway.errors import NotNow

CONTROL_FILE = "control.json"
SECONDS = 30.0


def ask(folder: Path, command: dict[str, str]) -> dict[str, Any] | None:
    """The answer of the gateway that runs on `folder`, or None when none runs.

    Raises NotNow `CONTROL_SILENT` when it does not answer.
    """
    try:
        note = json.loads((folder / CONTROL_FILE).read_bytes())
    except OSError:
        return None
    try:
        with socket.create_connection(("127.0.0.1", note["port"]), timeout=SECONDS) as line:
            line.sendall(json.dumps({**command, "secret": note["secret"]}).encode() + b"\n")
            with line.makefile("rb") as answer:
                found = json.loads(answer.readline())
    except ConnectionRefusedError:
        return None  # the note was left by a gateway that was killed
    except (OSError, ValueError) as error:
        raise NotNow("CONTROL_SILENT", "the running gateway does not answer") from error
    return found if isinstance(found, dict) else None


def running_at(folder: Path) -> str | None:
    """Where the gateway that runs on `folder` serves HTTP, by its own note; None without one."""
    try:
        return str(json.loads((folder / CONTROL_FILE).read_bytes())["http"])
    except (OSError, ValueError, KeyError):
        return None
