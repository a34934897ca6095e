"""`handoff requests list` and `notice`: who has to see to which consent, until when; ids only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from gateway.cli.tables import print_table
from gateway.clock import Clock, SystemClock
from gateway.flows.held_requests import ToSeeTo, to_see_to
from gateway.flows.patient_notices import without_notice
from gateway.flows.stop_notices import notice_text, waiting
from gateway.partners import Network
from gateway.store import Reading

LISTED = 500


def requests_list(
    network: Path, store: str | None, *, owner: str | None, only_due: bool, as_json: bool
) -> int:
    """Print the open consent requests and the consents that end soon; 0."""
    from gateway.cli.looked import take_down
    from gateway.settings import read_settings
    from gateway.wiring.looking import reading

    days = read_settings().held_days
    with reading(network, store) as (folder, view):  # looked for once: that takes its time
        found = _found(folder.network, view, owner, days, SystemClock())
        take_down(folder, store, "requests list", (one.patient for one in found))
        return _print(found, only_due=only_due, as_json=as_json)


def requests_notice(network: Path, store: str | None, consent: str, partner: str) -> int:
    """Print what to tell a recipient whose consent was withdrawn; 0. Raises NotFound `NOBODY_TO_TELL`."""
    from gateway.cli.looked import looked

    def asked(view: Reading) -> tuple[str, Iterable[str]]:
        return f"requests notice {consent}", (waiting(view, consent, partner).patient,)

    with looked(network, store, asked) as (folder, view):
        print(notice_text(folder.network, waiting(view, consent, partner)))
    return 0


def requests_patient_notices(network: Path, store: str | None, program: str, *, as_json: bool) -> int:
    """Print to whom a program has not given the notice that is in force, the first 500; 0. Raises NotFound
    `NO_SUCH_PARTNER`.
    """
    from gateway.cli.looked import take_down
    from gateway.wiring.looking import reading

    with reading(network, store) as (folder, view):
        found = without_notice(view, folder.network, LISTED, program)
        take_down(folder, store, "requests patient-notices", (one.patient_id for one in found))
    if len(found) == LISTED:
        print(f"only the first {LISTED} are listed; the console lists all", file=sys.stderr)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return 0
    heads = ("program", "patient", "in force", "given", "on")
    last = ((one, one.last) for one in found)
    cells = [
        (one.partner, one.patient_id, one.version, *((had.version, had.given_on) if had else ("never", "")))
        for one, had in last
    ]
    print_table(heads, cells)
    return 0


def print_requests(
    network: Network,
    view: Reading,
    *,
    owner: str | None = None,
    only_due: bool = False,
    held_days: int = 0,
    as_json: bool = False,
    clock: Clock | None = None,
    out: TextIO | None = None,
) -> int:
    """Print them from an opened store; 0."""
    found = _found(network, view, owner, held_days, clock or SystemClock())
    return _print(found, only_due=only_due, as_json=as_json, out=out)


def _found(
    network: Network, view: Reading, owner: str | None, held_days: int, clock: Clock
) -> tuple[ToSeeTo, ...]:
    return to_see_to(view, network, clock.now(), held_days=held_days, limit=LISTED, owner=owner)


def _print(found: tuple[ToSeeTo, ...], *, only_due: bool, as_json: bool, out: TextIO | None = None) -> int:
    if sum(one.kind == "consent" for one in found) == LISTED:
        print(f"only the {LISTED} most urgent requests are listed", file=sys.stderr)
    listed = [one for one in found if one.is_due or not only_due]
    if as_json:
        print(json.dumps([asdict(one) for one in listed], indent=2), file=out)
        return 0
    heads = ("kind", "about", "owner", "ask", "ends", "patient", "from", "to")
    rows = [
        (
            one.kind,
            one.about,
            one.owner,
            "now" if one.is_due else one.due[:10],
            one.ends,
            one.patient,
            one.source,
            one.to,
        )
        for one in listed
    ]
    print_table(heads, rows, out)
    return 0
