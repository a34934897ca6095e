"""The part of `handoff doctor` that looks at places: who else can read or put things there, and what goes in the clear.

Keys, store and backups may each be placed elsewhere than in the network's folder; they are looked at where they are.
"""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from gateway.audit.journal import FOLDER as JOURNAL
from gateway.partners import MllpDelivery
from gateway.partners.deliveries import FhirDelivery, WebhookDelivery
from gateway.partners.network import Partner
from gateway.settings import SettingsRefused, read_settings
from gateway.wiring.alert_mail import post_of
from gateway.wiring.checkup import Check, Examined, Finding
from gateway.wiring.kept_notes import formers, last_backup

_OTHERS, _OTHERS_WRITE = 0o007, 0o002
_STICKY = stat.S_ISVTX
_BESIDE_A_STORE = ("", "-wal", "-shm", "-journal")


def place_checks() -> tuple[tuple[str, Check], ...]:
    """The checks by name."""
    return (
        ("places", _places),
        ("backup files", _backup_files),
        ("connections", _in_the_clear),
        ("alerts", _alerts),
    )


def _places(seen: Examined) -> Iterator[Finding]:
    """Store and journal are for the gateway's own account alone, and nobody puts anything beside them or the keys.

    (Keys that `network.yaml` names are not looked at: one that is open to others stops the start.)
    """
    if seen.store is not None:
        for suffix in _BESIDE_A_STORE:
            yield from _closed("store", seen.store.with_name(seen.store.name + suffix))
    for path in (seen.folder.path / JOURNAL, seen.folder.path / "witness.log", *formers(seen.folder.path)):
        yield from _closed("journal", path)
    for about, folder in (
        ("network", seen.folder.path),
        ("store", seen.disk),
        ("keys", seen.folder.keys_folder),
        ("keys", seen.folder.keys_folder.absolute().parent),
    ):
        yield from _nobody_puts_there(about, folder)


def _backup_files(seen: Examined) -> Iterator[Finding]:
    """The last verified backup, where its note says that it is: there, and closed."""
    last = last_backup(seen.folder.path)
    if last is None:
        return
    rows, keys = (Path(str(last.get(name, "."))) for name in ("place", "keys"))
    for what, path in (("the last backup", rows), ("the key backup", keys)):
        if not path.exists():
            yield Finding(
                "backup", f"{what} is not where it was made (`{path.name}`)", "`handoff db backup DIR`"
            )
            continue
        yield from _closed("backup", path)
        if path.is_dir():
            for file in sorted(path.iterdir()):
                yield from _closed("backup", file)
        yield from _nobody_puts_there("backup", path.parent)
    if _same_disk_as_store(seen, rows):
        text = "the last backup is on the disk of the store"
        yield Finding("backup", text, "keep a copy on another machine", is_wrong=False)


def _same_disk_as_store(seen: Examined, rows: Path) -> bool:
    if seen.store is None:
        return False  # the database has its own machine, or should; its disk cannot be seen from here
    try:
        return rows.stat().st_dev == seen.store.stat().st_dev
    except OSError:
        return False


def _closed(about: str, path: Path) -> Iterator[Finding]:
    """Whether others than owner and group reach what is there; nothing where nothing is."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    if stat.S_IMODE(status.st_mode) & _OTHERS:
        wanted = "700" if stat.S_ISDIR(status.st_mode) else "600"
        yield Finding(about, f"`{path.name}` is open to other users", f"chmod {wanted} it")


def _nobody_puts_there(about: str, folder: Path) -> Iterator[Finding]:
    """Whoever can write to a folder can put another file in the place of one of ours."""
    mode = folder.stat().st_mode
    if mode & _OTHERS_WRITE and not mode & _STICKY:
        text = f"anybody can put files into `{folder.name or folder}`"
        yield Finding(about, text, "chmod o-w it")
    owner = folder.stat().st_uid
    if owner not in (0, os.getuid()):
        text = f"`{folder.name or folder}` belongs to another account than the one that looks"
        yield Finding(about, text, "run `handoff doctor` as the gateway's account", is_wrong=False)


def _alerts(_seen: Examined) -> Iterator[Finding]:
    """Whether anybody hears of it when something is wrong."""
    settings = read_settings()
    try:
        is_mailed = post_of(settings) is not None
    except SettingsRefused as error:
        yield Finding("alerts", str(error), "the gateway does not start like this")
        return
    if not is_mailed and settings.metrics_token is None:
        text = "nobody is told when something is wrong: no mail, and no monitor may look"
        do = "set HANDOFF_ALERT_… or HANDOFF_METRICS_TOKEN, and have something ask /healthz"
        yield Finding("alerts", text, do, is_wrong=False)


def _in_the_clear(seen: Examined) -> Iterator[Finding]:
    """What goes over a network without encryption. On the loopback address there is none."""
    content, settings = seen.folder.network.content, read_settings()
    for index, listener in enumerate(content.mllp):
        address = (settings.mllp if index == 0 else None) or listener.address
        if listener.tls is None and not _is_here(_host_of(address)):
            text = f"the MLLP port of {listener.partner} ({address}) takes referrals in the clear"
            yield Finding("connections", text, "give it `tls`, or let it listen on 127.0.0.1 behind a tunnel")
    http = settings.http or content.http
    if not _is_here(_host_of(http)):
        behind = content.public_url.startswith("https://")
        text = f"HTTP is served in the clear at {http}"
        do = "let only the TLS proxy in front reach it" if behind else "put TLS in front; set `public_url`"
        yield Finding("connections", text, do, is_wrong=not behind)
    for name, partner in sorted(content.partners.items()):
        if (where := _sent_in_the_clear(partner)) is not None:
            text = f"what goes to {name} goes in the clear ({where})"
            do = "use https, or `tls`, before it is live"
            yield Finding("connections", text, do, is_wrong=partner.state == "live")


def _sent_in_the_clear(partner: Partner) -> str | None:
    """Host of a delivery that is not encrypted and leaves this machine, or what stands for it; else None."""
    delivery = partner.delivery
    if isinstance(delivery, FhirDelivery | WebhookDelivery):
        parts = urlsplit(delivery.url)
        is_plain = parts.scheme != "https" and not _is_here(parts.hostname or "")
        return parts.netloc.rpartition("@")[2] if is_plain else None
    if isinstance(delivery, MllpDelivery):
        return delivery.address if delivery.tls is None and not _is_here(_host_of(delivery.address)) else None
    return None


def _host_of(address: str) -> str:
    return address.rpartition(":")[0].strip("[]")


def _is_here(host: str) -> bool:
    """Whether the address is one of this machine alone. A name is not: it means what somebody else says."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
