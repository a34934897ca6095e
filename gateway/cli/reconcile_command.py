"""`handoff reconcile`: what arrived on a day, and what became of it, partner by partner; 1 when it does not add up."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from gateway.cli.tables import print_table
from gateway.clock import SystemClock
from gateway.disclosure.reconcile import COLUMNS, Day, day_account
from gateway.store import Reading


def reconcile(network: Path, store: str | None, day: str | None, *, as_json: bool) -> int:
    """Print the account of `day` (YYYY-MM-DD in the network's time zone, today without it); 0, 1 or 2."""
    from gateway.wiring.looking import reading

    with reading(network, store) as (folder, view):
        zone = folder.network.zone
        try:
            wanted = date.fromisoformat(day) if day else SystemClock().now().astimezone(ZoneInfo(zone)).date()
        except ValueError:
            print("--day is a date such as 2026-11-22", file=sys.stderr)
            return 2
        return print_day(view, wanted, zone, as_json=as_json)


def print_day(
    view: Reading, day: date, zone: str, *, as_json: bool = False, out: TextIO | None = None
) -> int:
    """Print the account; 0 when everything adds up, else 1 with what does not."""
    found = day_account(view, day, zone)
    if as_json:
        print(json.dumps({**asdict(found), "adds_up": found.adds_up}, indent=2), file=out)
        return 0 if found.adds_up else 1
    print(f"Messages of {day} ({zone})", file=out)
    print_table(
        ("from", "accepted", "asked for nothing new"),
        [(one.partner, str(one.number), str(one.without_news)) for one in found.accepted],
        out,
    )
    print_table(
        ("to", "in all", *COLUMNS),
        [
            (partner, str(sum(became.values())), *(str(became.get(word, 0)) for word in COLUMNS))
            for partner, became in sorted(found.sent.items())
        ],
        out,
    )
    _print_faults(found, out)
    return 0 if found.adds_up else 1


def _print_faults(found: Day, out: TextIO | None) -> None:
    for intent in found.delivered_unaccounted:
        print(f"intent {intent} counts as delivered and the audit log knows of no handover", file=out)
    for entry in found.handed_over_unreleased:
        print(f"audit entry {entry} says that bytes left and there is no release", file=out)
    if found.adds_up:
        print("every delivery is in the audit log, and every entry of one has its release", file=out)
