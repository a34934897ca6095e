"""Taking a kept message in again: translated, identified and addressed anew, linked to the original."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.files import understood_again
from gateway.flows.messages import ReceivedMessage
from gateway.flows.receive import accept_message
from gateway.store import InboxMessage, inbox

LEFT = "its sender has left the network; set it up in network.yaml again first"
_CLOSED = ("accepted", "closed", "replayed")


async def replay(
    premises: Premises, message_id: str, reason: str, corrected: bytes | None = None
) -> dict[str, Any]:
    """What became of the replayed message: its new id, outcome and faults (codes and places only).

    With `corrected` these bytes are taken in; the original stays as it came. Consent is decided again when its intents
    are sent. Raises NotFound `NO_SUCH_MESSAGE`, NotUnderstood
    `REASON_MISSING` when the message was settled before and no reason is given, `SENDER_LEFT`.
    """
    with premises.store.read() as reading:
        kept = inbox.get(reading, message_id)
        if kept is None:
            raise NotFound("NO_SUCH_MESSAGE", "no message has that id")
        raw = corrected if corrected is not None else inbox.raw(reading, message_id)
    if kept.state in _CLOSED and not reason.strip():
        raise NotUnderstood(
            "REASON_MISSING", "this message was settled before; say why it is taken in again", "--reason"
        )
    require_sender(premises, kept)
    message = as_received(kept, raw, premises.clock.now())
    receipt = await accept_message(
        premises, message, replay_of=message_id, understood=understood_again(premises, message)
    )
    faults = [
        {"code": fault.code, "place": fault.place, "message": fault.message} for fault in receipt.faults
    ]
    return {
        "message": receipt.message_id,
        "outcome": receipt.outcome,
        "replay_of": message_id,
        "faults": faults,
    }


def require_sender(premises: Premises, kept: InboxMessage) -> None:
    """Nothing, while the message's sender is in the network. Raises NotUnderstood `SENDER_LEFT`."""
    if kept.partner not in premises.network.partners:
        raise NotUnderstood("SENDER_LEFT", LEFT, kept.partner)


def as_received(kept: InboxMessage, raw: bytes, at: datetime) -> ReceivedMessage:
    """These bytes as a message of the kind that was kept, arriving at `at`."""
    return ReceivedMessage(
        partner=kept.partner,
        channel=kept.channel,
        format=kept.format,
        control_id=kept.control_id,
        message_type=message_type(raw),
        raw=raw,
        received_at=at,
    )


def message_type(raw: bytes) -> str:
    """MSH-9 as the listener had read it: components parted by `^`, whatever the sender's own signs are."""
    start = raw.find(b"MSH")
    separator, sign = raw[start + 3 : start + 4], raw[start + 4 : start + 5]
    if start < 0 or not separator:
        return ""
    fields = raw[start:].replace(b"\n", b"\r").split(b"\r")[0].split(separator)
    return fields[8].replace(sign, b"^").decode("ascii", "replace") if len(fields) > 8 else ""
