"""`handoff accounting PATIENT`: the account of disclosures that a patient may ask for."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from gateway.audit import LoggedEntry
from gateway.cli.tables import print_table
from gateway.clock import SystemClock, instant_text
from gateway.disclosure.accounting import (
    ACCOUNT_HEADS,
    AccountLine,
    account_cells,
    account_of,
    accounted_for,
)
from gateway.disclosure.audit_events import disclosure_event
from gateway.disclosure.log_about import log_about
from gateway.partners import Network
from gateway.store import Reading, patients, same_person

FORMATS = ("table", "csv", "json", "fhir")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def accounting(network: Path, store: str | None, patient: str, law: str, ways: Sequence[str]) -> int:
    """Print the account; 1 when nobody has that id, 2 for more than one way of writing, or one nobody knows.

    Raises NotUnderstood `LAW_UNKNOWN`.
    """
    written_as = ways[0] if ways else "table"
    if len(ways) > 1 or written_as not in FORMATS:
        print(f"--as is one of {', '.join(FORMATS)}; one way at a time", file=sys.stderr)
        return 2
    from gateway.cli.looked import known, looked, tell_missing

    with looked(network, store, lambda view: ("accounting", known(view, patient))) as (folder, view):
        tell_missing(view)
        if written_as == "fhir":
            return print_events(view, folder.network, patient, law, SystemClock().now())
        return print_account(view, patient, law, written_as, SystemClock().now())


def print_events(
    view: Reading, network: Network, patient: str, law: str, now: datetime, out: TextIO | None = None
) -> int:
    """Print the disclosures of one patient's account as a Bundle of FHIR AuditEvents; 1 when nobody has that id."""
    logged = _told_about(view, patient)
    if logged is None:
        return 1
    told = accounted_for((one.entry for one in logged if one.entry is not None), law, now)
    wanted = {id(entry) for entry in told}
    events = [disclosure_event(one, network) for one in logged if one.entry and id(one.entry) in wanted]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "timestamp": instant_text(now)}
    if events:  # FHIR JSON knows no empty array
        bundle["entry"] = [{"resource": event} for event in events]
    print(json.dumps(bundle), file=out)
    return 0


def _told_about(view: Reading, patient: str) -> tuple[LoggedEntry, ...] | None:
    """The log about one patient, None when nobody has that id; what the account leaves out is said on standard error."""
    if not patients.exists(view, patient):
        print("no patient has that id", file=sys.stderr)
        return None
    logged = log_about(view, patient)
    if (now_is := same_person.stays(view, patient)) != patient:
        print(f"was found to be {now_is}: ask for the account of that patient too", file=sys.stderr)
    if gone := sum(one.entry is None for one in logged):
        print(f"{gone} entries can no longer be told: their key was destroyed", file=sys.stderr)
    return logged


def print_account(
    view: Reading, patient: str, law: str, written_as: str, now: datetime, out: TextIO | None = None
) -> int:
    """Print the account of one patient; 1 when nobody has that id. Entries whose facts were destroyed are counted."""
    logged = _told_about(view, patient)
    if logged is None:
        return 1
    lines = account_of((one.entry for one in logged if one.entry is not None), law, now)
    if written_as == "json":
        print(json.dumps([asdict(line) for line in lines], indent=2), file=out)
    elif written_as == "csv":
        print(_csv(lines), end="", file=out)
    else:
        print_table(ACCOUNT_HEADS, [account_cells(line) for line in lines], out)
    return 0


def _csv(lines: tuple[AccountLine, ...]) -> str:
    """RFC 4180. What a spreadsheet would take for a formula is made text."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(ACCOUNT_HEADS)
    for line in lines:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in account_cells(line)])
    return written.getvalue()
