"""`handoff doctor`: what is wrong with a gateway, in plain words, and what to do. Ids and numbers only, never content.

Each check stands alone: what one cannot look at is a finding of its own, and the others still run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from cryptography import x509

from gateway.clock import Clock, SystemClock, read_instant
from gateway.errors import HandoffError, NotNow
from gateway.partners import NetworkFileRefused
from gateway.partners.agreements import ending, is_urgent, unfounded
from gateway.security.rotation import retired_keys
from gateway.settings import SettingsRefused, read_settings
from gateway.store import Reading, open_store_for_reading
from gateway.store.sqlite_store import hold
from gateway.wiring.backup_notes import KEY_BACKUP_DAYS
from gateway.wiring.kept_notes import last_backup, last_drill, paused
from gateway.wiring.network_folder import NetworkFolder, open_folder
from gateway.wiring.store_places import DatabasePlace, place_of

BACKUP_HOURS = 26
DRILL_DAYS = 90
CERTIFICATE_DAYS = 30
_LEAST_ROOM = 500_000_000
_MOST_OF_A_CHECK = 5
_OTHERS, _GROUP = 0o007, 0o070


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `is_wrong`: somebody must do something; else it is good to know."""

    about: str
    what: str
    do: str = ""
    is_wrong: bool = True


Check = Callable[["Examined"], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Examined:
    """The gateway that is looked at: its folder, the URL of its store, whether it runs, and the time. `store`: the
    store's file; None where the store is a database.
    """

    folder: NetworkFolder
    url: str
    store: Path | None
    runs: bool
    now: datetime

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reading]:
        """A look into the store."""
        store = open_store_for_reading(self.url, self.folder.keys.cipher)
        try:
            with store.read() as reading:
                yield reading
        finally:
            store.close_readers()

    @property
    def disk(self) -> Path:
        """The folder on whose disk the store, or what is beside the network file, grows."""
        return self.folder.path if self.store is None else self.store.parent


def look_over(
    path: Path, url: str | None, more: Sequence[tuple[str, Check]] = (), clock: Clock | None = None
) -> tuple[list[Finding], list[str]]:
    """Every finding about the network folder `path`, the wrong ones first, and the checks that found none."""
    opened = _opened(path, url, clock or SystemClock())
    if isinstance(opened, Finding):
        return [opened], []
    found: list[Finding] = []
    fine: list[str] = []
    for name, check in (*_CHECKS, *more):
        these = _findings(name, check, opened)
        found += these[:_MOST_OF_A_CHECK]
        if len(these) > _MOST_OF_A_CHECK:
            found.append(Finding(name, f"and {len(these) - _MOST_OF_A_CHECK} more of this kind"))
        if not these:
            fine.append(name)
    return sorted(_each_cause_once(found), key=lambda one: not one.is_wrong), fine


def _each_cause_once(found: Sequence[Finding]) -> Iterator[Finding]:
    """What several checks stumble over for one cause (no store yet) as one finding that names them all."""
    by_cause: dict[tuple[str, str, bool], list[Finding]] = {}
    for one in found:
        by_cause.setdefault((one.what, one.do, one.is_wrong), []).append(one)
    for same in by_cause.values():
        yield replace(same[0], about=", ".join(dict.fromkeys(one.about for one in same)))


def _opened(path: Path, url: str | None, clock: Clock) -> Examined | Finding:
    try:
        read_settings()
        folder = open_folder(path)
        place = place_of(folder, url)
        if isinstance(place, DatabasePlace):
            return Examined(folder, place.url, None, _lives(folder, place.url), clock.now())
    except NetworkFileRefused as error:
        first = error.faults[0]
        return Finding("network", first.text("network.yaml"), "`handoff check` lists all of it")
    except (HandoffError, SettingsRefused) as error:
        return Finding("settings", str(error), "nothing else can be looked at before this is mended")
    store = place.path
    return Examined(folder, f"sqlite:///{store.absolute()}", store, _runs(store), clock.now())


def _lives(folder: NetworkFolder, url: str) -> bool:
    """Whether a gateway was seen on the database a moment ago. Raises as opening it."""
    store = open_store_for_reading(url, folder.keys.cipher)
    try:
        with store.read() as reading:
            return bool(reading.rows("processes.others", {"id": ""}))
    finally:
        store.close_readers()


def _findings(name: str, check: Check, seen: Examined) -> list[Finding]:
    try:
        return list(check(seen))
    except HandoffError as error:
        return [Finding(name, f"cannot be looked at: {error}")]
    except Exception as error:  # noqa: BLE001 - the page must come, whatever is broken
        return [Finding(name, f"cannot be looked at ({type(error).__name__})")]


def _runs(store: Path) -> bool:
    if not store.parent.is_dir():
        return False
    try:
        os.close(hold(store))
    except NotNow:
        return True
    except OSError:
        return False
    return False


def _process(seen: Examined) -> Iterator[Finding]:
    if not seen.runs:
        yield Finding(
            "gateway", "no gateway runs on this store", "start the service; its log says why it ended"
        )
    note = paused(seen.folder.path)
    if seen.store is None:
        with seen.reading() as reading:
            note = (note or {}) if reading.row("processes.standstill") is not None else None
    if note is not None:
        since = str(note.get("restored at", "a restore"))[:16]
        yield Finding(
            "gateway", f"it stands still since {since}: nothing is sent or shown", "`handoff db resume`"
        )


def _key_files(seen: Examined) -> Iterator[Finding]:
    folder = seen.folder.keys_folder
    for path in (folder, *sorted(folder.rglob("*"))):
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = "700" if path.is_dir() else "600"
        if mode & _OTHERS:
            yield Finding("keys", f"`{path.name}` is open to other users", f"chmod {wanted} it")
        elif mode & _GROUP:
            yield Finding("keys", f"`{path.name}` is open to its group", f"chmod {wanted} it", is_wrong=False)
    clients = folder / "clients"
    live = sum(partner.state == "live" for partner in seen.folder.network.partners.values())
    if live and clients.is_dir() and any(clients.iterdir()):
        text = f"private test keys of partners lie in `clients`, and {live} partners are live"
        yield Finding("keys", text, "register the partners' own public keys, then delete `clients`")


def _rotation(seen: Examined) -> Iterator[Finding]:
    overdue = seen.now - timedelta(days=KEY_BACKUP_DAYS + 1)
    for key in retired_keys(seen.folder.keys_folder):
        if key.until < overdue:
            text = f"wrapping key {key.id} should have been destroyed {KEY_BACKUP_DAYS} days after {key.until:%Y-%m-%d}"
            yield Finding("keys", text, "`handoff keys retire` says what holds it")


def _certificates(seen: Examined) -> Iterator[Finding]:
    soon = seen.now + timedelta(days=CERTIFICATE_DAYS)
    for whose, name in sorted(set(certificate_files(msgspec.to_builtins(seen.folder.network.content)))):
        try:
            content = (seen.folder.path / name).read_bytes()
            ends = min(one.not_valid_after_utc for one in x509.load_pem_x509_certificates(content))
        except (OSError, ValueError):
            yield Finding(
                "certificates", f"`{name}` of {whose} cannot be read", "put a PEM certificate there"
            )
            continue
        if ends < seen.now:
            yield Finding(
                "certificates", f"`{name}` of {whose} ended on {ends:%Y-%m-%d}", "ask for a new one now"
            )
        elif ends < soon:
            yield Finding("certificates", f"`{name}` of {whose} ends on {ends:%Y-%m-%d}", "ask for a new one")


def certificate_files(content: Any, whose: str = "the network") -> Iterator[tuple[str, str]]:
    """(whose, file) of every certificate that the network file names, at whatever place."""
    if isinstance(content, dict):
        whose = str(content.get("partner", whose))
        for key, value in content.items():
            if key in ("certificate", "authorities") and isinstance(value, str) and value:
                yield whose, value
            elif key == "partners" and isinstance(value, dict):
                for name, partner in value.items():
                    yield from certificate_files(partner, name)
            else:
                yield from certificate_files(value, whose)
    elif isinstance(content, list | tuple):
        for one in content:
            yield from certificate_files(one, whose)


def _agreements(seen: Examined) -> Iterator[Finding]:
    """Agreements of partners that end within 30 days (within 7: somebody must act), and standings that rest on none."""
    content = seen.folder.network.content
    today = seen.now.astimezone(ZoneInfo(content.zone)).date()
    for one in ending(content, today):
        verb = "ended" if one.ends is not None and one.ends < today else "ends"
        text = f"the {one.kind} agreement with {one.party} {verb} on {one.ends}"
        do = "renew it, and write the new one into `agreements` of network.yaml"
        yield Finding("agreements", text, do, is_wrong=is_urgent(one, today))
    for partner_id, standing in unfounded(content, today):
        text = f"the standing {standing} of {partner_id} rests on an agreement, and none in force is recorded"
        yield Finding("agreements", text, "write it into `agreements` of network.yaml", is_wrong=False)


def _room(seen: Examined) -> Iterator[Finding]:
    size = seen.store.stat().st_size if seen.store is not None and seen.store.is_file() else 0
    wanted = max(2 * size, _LEAST_ROOM)
    free = shutil.disk_usage(seen.disk).free
    if free < wanted:
        text = f"{free // 1_000_000} MB are free beside the store; it should be {wanted // 1_000_000} MB"
        yield Finding("disk", text, "make room; when it is full, messages are refused (AR, 503)")


def _backups(seen: Examined) -> Iterator[Finding]:
    last = last_backup(seen.folder.path)
    if last is None:
        yield Finding("backup", "there is no verified backup", "`handoff db backup DIR`, daily")
    else:
        age = seen.now - read_instant(last["made_at"])
        if age > timedelta(hours=BACKUP_HOURS):
            hours = int(age.total_seconds() // 3600)
            yield Finding(
                "backup", f"the last verified backup is {hours} hours old", "`handoff db backup DIR`, daily"
            )
    drilled = last_drill(seen.folder.path)
    if drilled is not None and drilled.get("faults"):
        yield Finding("backup", "the last restore drill found faults", "`handoff db drill` names them")
    elif drilled is None or _days_since(seen, drilled) > DRILL_DAYS:
        text = f"no restore was tried in the last {DRILL_DAYS} days"
        yield Finding("backup", text, "`handoff db drill`", is_wrong=False)


def _days_since(seen: Examined, drilled: Mapping[str, Any]) -> int:
    with contextlib.suppress(ValueError):
        return (seen.now - read_instant(str(drilled.get("at")))).days
    return DRILL_DAYS + 1


_CHECKS: tuple[tuple[str, Check], ...] = (
    ("gateway", _process),
    ("key files", _key_files),
    ("key rotation", _rotation),
    ("certificates", _certificates),
    ("agreements", _agreements),
    ("disk", _room),
    ("backup", _backups),
)
