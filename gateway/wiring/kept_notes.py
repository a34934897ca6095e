"""Small notes that stand in a network's folder between commands: the last backup, the last drill, a standstill."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.clock import instant_text

PAUSED_FILE = "paused.json"
MAY_BE_MISSING = "entries may be missing from"
"""Under what the note of a standstill says since when (ISO, UTC) nobody knows what was recorded."""
LAST_BACKUP = "last-backup.json"
LAST_DRILL = "last-drill.json"
FORMER, UNFINISHED = "before-restore-", ".part"
"""How the folder begins and ends, in which a restore puts the former log's journal and witness until it is through."""
FORMER_STAMP = "%Y%m%dT%H%M%S%f"
"""What stands between: when the restore was, in UTC."""


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


def formers(folder: Path) -> tuple[Path, ...]:
    """The folders in which finished restores have put former logs aside, the newest first."""
    found = (one for one in folder.glob(f"{FORMER}*") if one.is_dir() and one.suffix != UNFINISHED)
    return tuple(sorted(found, reverse=True))


def put_aside_at(former: Path) -> str:
    """When the restore was that made the folder `former`, as the log writes it; empty for a folder of another name."""
    try:
        at = datetime.strptime(former.name.removeprefix(FORMER), FORMER_STAMP).replace(tzinfo=UTC)
    except ValueError:
        return ""
    return instant_text(at)


def _note(path: Path) -> Mapping[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
