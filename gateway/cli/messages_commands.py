"""`handoff messages list | show | raw | replay`: what arrived and what became of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import msgspec

from gateway.cli.tables import print_table
from gateway.store import InboxMessage, Reading, inbox, intents

LISTED = 200


def messages_list(
    network: Path, store: str | None, *, state: str | None, partner: str | None, as_json: bool
) -> int:
    """Print the newest messages by id, no content; exit code 0."""
    from gateway.cli.looked import looked

    def listed(view: Reading) -> tuple[InboxMessage, ...]:
        return inbox.list_messages(view, state, partner, LISTED)

    def asked(view: Reading) -> tuple[str, Iterable[str | None]]:
        return "messages list", (
            one.patient_id for one in listed(view) if as_json
        )  # a table names no patient

    with looked(network, store, asked) as (_, view):
        return print_messages(listed(view), as_json=as_json)


def messages_show(network: Path, store: str | None, message_id: str, *, as_json: bool) -> int:
    """Print one message: state, faults, intents; exit code 1 when there is none of that id."""
    from gateway.cli.looked import looked

    with looked(network, store, lambda view: _asked(view, "messages show", message_id)) as (_, view):
        return print_message(view, message_id, as_json=as_json)


def messages_raw(network: Path, store: str | None, message_id: str) -> int:
    """Write the bytes as they came to standard output. Raises NotFound `NO_SUCH_MESSAGE`, `KEY_GONE`."""
    from gateway.cli.looked import looked

    with looked(network, store, lambda view: _asked(view, "messages show --raw", message_id)) as (_, view):
        sys.stdout.buffer.write(inbox.raw(view, message_id))
        sys.stdout.buffer.flush()
    return 0


def _asked(view: Reading, command: str, message_id: str) -> tuple[str, Iterable[str | None]]:
    message = inbox.get(view, message_id)
    if message is None:
        return command, ()
    brought = (intent.patient_id for intent in intents.of_message(view, message_id))
    return f"{command} {message_id}", (message.patient_id, *brought)


def print_messages(messages: tuple[InboxMessage, ...], *, as_json: bool, out: TextIO | None = None) -> int:
    """Print messages as a table or JSON; 0."""
    if as_json:
        _print_json([_as_dict(message) for message in messages], out)
        return 0
    rows = [
        (m.id, m.received_at[:19] + "Z", m.partner, m.channel, m.control_id, m.state, _codes(m))
        for m in messages
    ]
    print_table(("message", "received", "partner", "channel", "control id", "state", "faults"), rows, out)
    return 0


def print_message(view: Reading, message_id: str, *, as_json: bool, out: TextIO | None = None) -> int:
    """Print one message with its intents; 1 when there is none of that id."""
    message = inbox.get(view, message_id)
    if message is None:
        print("no message has that id", file=sys.stderr)
        return 1
    brought = intents.of_message(view, message_id)
    if as_json:
        _print_json({**_as_dict(message), "intents": [asdict(intent) for intent in brought]}, out)
        return 0
    for name, value in _as_dict(message).items():
        if name != "faults" and value is not None:
            print(f"{name:13} {value}", file=out)
    for fault in json.loads(message.faults):
        print("fault         " + " ".join(str(value) for value in fault.values() if value), file=out)
    for intent in brought:
        print(
            f"intent        {intent.id} to {intent.partner}: {intent.state} {intent.reason}".rstrip(),
            file=out,
        )
    return 0


def _codes(message: InboxMessage) -> str:
    return " ".join(str(fault.get("code", "")) for fault in json.loads(message.faults))


def _as_dict(message: InboxMessage) -> dict[str, object]:
    return {**asdict(message), "faults": json.loads(message.faults)}


def _print_json(content: object, out: TextIO | None) -> None:
    print(msgspec.json.format(msgspec.json.encode(content), indent=2).decode(), file=out)
