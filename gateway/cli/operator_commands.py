"""`handoff lanes …` and `handoff identity …`: what waits for whom, and a person's word where one is needed."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from gateway.cli.tables import print_table
from gateway.cli.who import who
from gateway.errors import HandoffError
from gateway.store import Intent, Reading, consent_requests, intents

WAITING = ("dead", "unknown", "held", "retry", "due", "sending")
LISTED = 200


def lanes_list(
    network: Path, store: str | None, *, state: str | None, partner: str | None, as_json: bool
) -> int:
    """Print what has not reached its recipient, the states that need a person first; 2 for an unknown state."""
    if state is not None and state not in WAITING:
        print(f"a state is one of {', '.join(WAITING)}", file=sys.stderr)
        return 2
    from gateway.cli.looked import looked

    states = (state,) if state else WAITING

    def asked(view: Reading) -> tuple[str, Iterable[str | None]]:
        listed = (intents.in_state(view, one, LISTED, partner) for one in states if as_json)
        return "lanes list", (intent.patient_id for found in listed for intent in found)

    with looked(network, store, asked) as (_, view):
        return print_lanes(view, states, partner, as_json=as_json)


def print_lanes(
    view: Reading,
    states: tuple[str, ...],
    partner: str | None,
    *,
    as_json: bool = False,
    out: TextIO | None = None,
) -> int:
    """Print intents in `states` by id, no content; 0."""
    found = {state: intents.in_state(view, state, LISTED, partner) for state in states}
    rows = [_lane(view, intent) for listed in found.values() for intent in listed]
    for state in (state for state, listed in found.items() if len(listed) == LISTED):
        print(f"only the {LISTED} most urgent `{state}` are listed", file=sys.stderr)
    if as_json:
        print(json.dumps(rows, indent=2), file=out)
        return 0
    heads = ("state", "intent", "to", "kind", "since", "tries", "reason", "owner")
    print_table(heads, [tuple(str(row[head]) for head in heads) for row in rows], out)
    return 0


def _lane(view: Reading, intent: Intent) -> dict[str, object]:
    asked = consent_requests.of_intent(view, intent.id)
    return {
        "state": intent.state,
        "intent": intent.id,
        "to": intent.partner,
        "from": intent.source_partner,
        "kind": intent.kind,
        "since": intent.created_at[:19] + "Z",
        "next": "" if intent.due_at == intents.BY_ITSELF_NEVER else intent.due_at[:19] + "Z",
        "tries": intent.attempts,
        "reason": intent.reason,
        "owner": asked.owner if asked is not None else "",
        "patient": intent.patient_id,
        "message": intent.message_id,
    }


def act(network: Path, store: str | None, command: str, about: str, reason: str | None) -> int:
    """Carry out `command` (of `ACTS`) through the running gateway or without one and print what came of it; 0 or 1."""
    from gateway.wiring.asking import ask

    said = f"{reason} (said by {who()})" if reason and reason.strip() else ""
    asked = {"command": command, "about": about, "reason": said}
    try:
        answer = ask(network, asked) or asyncio.run(_offline(network, store, command, about, said))
    except HandoffError as error:
        answer = {"error": {"code": error.code, "message": error.message, "place": error.place}}
    print(json.dumps(answer, indent=2), file=sys.stderr if "error" in answer else sys.stdout)
    return 1 if "error" in answer else 0


async def _offline(network: Path, store: str | None, command: str, about: str, reason: str) -> dict[str, Any]:
    from gateway.flows.operator_acts import ACTS
    from gateway.wiring.network_folder import open_folder
    from gateway.wiring.opening import open_premises, open_writing_store

    folder = open_folder(network)
    opened = open_writing_store(folder, store)
    try:
        return await ACTS[command](open_premises(folder, opened), about, reason)
    finally:
        await opened.close()
