"""`handoff audit received`: who received what of whom between two days, as CSV. It may run beside the gateway."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from gateway.clock import instant_text
from gateway.disclosure.received import HEADS, holders_of, received
from gateway.errors import NotUnderstood
from gateway.partners import Network
from gateway.store.model import Reading

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def audit_received(
    network: Path, store: str | None, since: str, until: str, partner: str, key: str = ""
) -> int:
    """Print all that left between the days, both inclusive; 0. Raises as `write_received`."""
    from gateway.cli.looked import looked, tell_missing

    days = f"--since {day_of(since)} --until {day_of(until)}"
    with looked(network, store, lambda _: (f"audit received {days}", ())) as (folder, view):
        tell_missing(view)
        return write_received(
            view, folder.network, since, until, partner_meant(view, folder.network, partner, key), key=key
        )


def partner_meant(view: Reading, network: Network, partner: str, key: str) -> str:
    """The partner meant: as named, or whose the key is or was. Raises NotUnderstood `KEY_UNKNOWN`, `KEY_OF_SEVERAL`."""
    if not key:
        return partner
    found = holders_of(view, network, key)
    if partner:
        found &= {partner}
    if not found:
        raise NotUnderstood("KEY_UNKNOWN", "no partner has or had that key; name the partner", "--key")
    if len(found) > 1:
        raise NotUnderstood(
            "KEY_OF_SEVERAL", f"it was a key of {', '.join(sorted(found))}; name one", "--partner"
        )
    return found.pop()


def write_received(
    view: Reading,
    network: Network,
    since: str,
    until: str,
    partner: str = "",
    out: TextIO | None = None,
    *,
    key: str = "",
) -> int:
    """Write the lines under their heads, each when it is found; 0. With `key` as `received` does.

    Raises NotUnderstood `DAY_INVALID`, `PARTNER_UNKNOWN`.
    """
    first, last = day_of(since), day_of(until)
    if last < first:
        raise NotUnderstood("DAY_INVALID", "the last day is before the first", "--until")
    if partner and partner not in network.partners:
        raise NotUnderstood("PARTNER_UNKNOWN", "no partner of the network has that id", "--partner")
    writer = csv.writer(out or sys.stdout)
    writer.writerow(HEADS)
    zone = ZoneInfo(network.zone)
    begin, end = start_of(first, zone), start_of(last + timedelta(days=1), zone)
    for line in received(view, begin, end, partner, key):
        # a cell that a spreadsheet would take for a formula is made text
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in line])
    return 0


def day_of(text: str) -> date:
    """The day that a text names. Raises NotUnderstood `DAY_INVALID`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("DAY_INVALID", "give a day, as 2026-11-22", "--since, --until") from None


def start_of(day: date, zone: ZoneInfo) -> str:
    """The instant at which a day begins in a zone, ISO 8601 UTC."""
    return instant_text(datetime.combine(day, time(), zone).astimezone(UTC))
