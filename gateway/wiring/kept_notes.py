"""Small notes that stand in a network's folder between commands: the last backup, the last drill, a standstill."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAUSED_FILE = "paused.json"
LAST_BACKUP = "last-backup.json"
LAST_DRILL = "last-drill.json"
FORMER, UNFINISHED = "before-restore-", ".part"
"""How the folder begins and ends, in which a restore puts the former log's journal and witness until it is through."""


def paused(folder: Path) -> Mapping[str, Any] | None:
    """What the note of a restore says, when nobody has ended its standstill; a damaged note counts as one."""
    if not (folder / PAUSED_FILE).exists():
        return None
    return _note(folder / PAUSED_FILE) or {}


def last_backup(folder: Path) -> Mapping[str, Any] | None:
    """The last verified backup: `place`, `keys`, `made_at`, `sha256`, `wrapped_by` (ids of keys); None without one."""
    return _note(folder / LAST_BACKUP)


def last_drill(folder: Path) -> Mapping[str, Any] | None:
    """What the last drill found, with `at`; None without one."""
    return _note(folder / LAST_DRILL)


def _note(path: Path) -> Mapping[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
