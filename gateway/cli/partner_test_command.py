"""`handoff partner test`: how one partner is set up, and what would become of a sample of what it sends."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from gateway.cli.network_commands import check_quietly
from gateway.cli.partner_commands import missing
from gateway.cli.partner_practice import Practised, practise
from gateway.cli.tables import print_table
from gateway.clock import SystemClock
from gateway.errors import HandoffError
from gateway.partners import Network, format_of
from gateway.wiring.line_tests import try_line

_HEADS = ("to", "what", "purpose", "without a consent", "with one", "as", "bytes")


def test(folder: Path, partner_id: str, path: str | None, *, tries_line: bool, as_json: bool) -> int:
    """Print it; 0 when the sample was taken and would go with a consent (or none was given) and the line opened.

    1 when not, or when the network has faults; what only go-live needs is told and is no fault. 2: no such file.
    """
    network = check_quietly(folder)
    if network is None:
        return 1
    if partner_id not in network.partners:
        print(f"`{partner_id}` is no partner of this network", file=sys.stderr)
        return 1
    told: dict[str, object] = {"partner": partner_id, **_set_up(network, partner_id)}
    told["missing"] = list(missing(folder, network.content, partner_id))
    tried = None
    try:
        if path is not None:
            content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
            tried = practise(folder, network, partner_id, Path(path).name, content)
    except OSError:
        print("the file cannot be read", file=sys.stderr)
        return 2
    except HandoffError as refused:
        print(f"{refused.code}: {refused.message} ({refused.place})", file=sys.stderr)
        return 1
    reached = True
    if tries_line:
        found = asyncio.run(try_line(folder, network.partners[partner_id], SystemClock()))
        reached = found.is_reached
        told["line"] = found.code or "reached"
    _print(told, tried, as_json=as_json)
    return 0 if reached and (tried is None or _is_fine(tried)) else 1


def _set_up(network: Network, partner_id: str) -> dict[str, object]:
    """How it is reached, how it reaches us, and its routes."""
    partner, content = network.partners[partner_id], network.content
    doors = [f"MLLP at {one.address}" for one in content.mllp if one.partner == partner_id]
    doors += [f"files in {one.folder}" for one in content.folders if one.partner == partner_id]
    doors += ["the FHIR API"] if partner.client is not None else []
    doors += ["pages at /agency/"] if partner.has_desk else []
    return {
        "state": partner.state,
        "sends by": doors,
        "messages": dict(partner.messages),
        "receives": format_of(partner.delivery) or "what it asks for",
        "routes from it": [
            f"{one.addressee} ({one.purpose})" for one in content.routes if one.source == partner_id
        ],
        "routes to it": [
            f"{one.source} ({one.purpose})" for one in content.routes if one.addressee == partner_id
        ],
    }


def _is_fine(tried: Practised) -> bool:
    """Whether all of it was taken, and all that it asks for would go with a consent."""
    taken = all(outcome == "accepted" for _, outcome in tried.taken)
    return bool(tried.taken) and taken and all(one.with_consent == "released" for one in tried.outcomes)


def _print(told: dict[str, object], tried: Practised | None, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**told, **({"sample": asdict(tried)} if tried is not None else {})}, indent=2))
        return
    for name, what in told.items():
        lines = what if isinstance(what, list) else [what]
        print(f"{name}: {'; '.join(map(str, lines)) or 'nothing'}")
    if tried is None:
        return
    for place, outcome in tried.taken:
        print(f"{place or 'file'}: {outcome}")
    for fault in tried.faults:
        print(f"{fault.severity} {fault.code} at {fault.place or 'no place'}: {fault.message}")
    if not tried.outcomes:
        print(
            "Nothing would go to anybody: it is kept for those who ask for it, each under its own decision."
        )
        return
    rows = [
        (
            one.recipient,
            one.kind,
            one.purpose,
            one.without,
            one.with_consent,
            one.media_type,
            str(one.size or ""),
        )
        for one in tried.outcomes
    ]
    print_table(_HEADS, rows)
