"""A message that comes after one made later: what the later one said stands (messages overtake each other on their way).

By what the sender itself says of the time: EVN-2, when the event was recorded, or MSH-7, when the message was made (HL7
v2.5.1 3.4.1.2, 2.14.9.7). Arrival says nothing of it. A time that is missing, too coarse or in the future counts as now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import mappings
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.flows.messages import Fault, ReceivedMessage
from gateway.store import Reading, Record, message_times, records

_TIME = re.compile(r"(\d{12})(\d{2})?(\.\d{1,6})?\d*([+-]\d{4})?", re.ASCII)
_OLDER = Fault(
    "NEWER_IS_KEPT",
    "a message made after this one was taken before it; what that one said stands",
    "MSH-7",
    erl="MSH^1^7",
    severity="W",
)


class Timed(Protocol):
    """What a message says, with when it was made; empty where that does not count."""

    @property
    def said_at(self) -> str: ...

    @property
    def overtakable(self) -> Sequence[Mapping[str, Any]]:
        """The resources that a newer message may have said something else of."""
        ...


def said_at(premises: Premises, message: ReceivedMessage, translation: mappings.Translation) -> str:
    """When a message of HL7 v2 was made, as it says itself, as ISO 8601 UTC text."""
    zone, latest = ZoneInfo(premises.network.zone_of(message.partner)), message.received_at
    for written in (_recorded(message.raw), translation.message.get("sent_at", "")):
        found = _instant(written, zone)
        if found is not None:
            return instant_text(min(found, latest))
    return instant_text(latest)


def newer_kept(reading: Reading, one: Timed) -> dict[str, Record]:
    """The records, by reference, of which a newer message has said something before."""
    found = {}
    for resource in one.overtakable if one.said_at else ():
        key = str(resource["resourceType"]), str(resource["id"])
        if message_times.latest(reading, *key) > one.said_at:
            held = records.get(reading, *key)
            if held is not None:
                found[held.reference] = held
    return found


def late_warnings(reading: Reading, said: Iterable[Timed]) -> tuple[Fault, ...]:
    """What the sender is told of a message part of which came too late: that it did, once."""
    return (_OLDER,) if any(newer_kept(reading, one) for one in said) else ()


def _recorded(raw: bytes) -> str:
    """EVN-2; empty in a message without it."""
    if b"EVN" not in raw:
        return ""
    start = raw.find(b"MSH")
    separator = raw[start + 3 : start + 4]
    for line in raw.replace(b"\n", b"\r").split(b"\r"):
        if line[:3] == b"EVN" and line[3:4] == separator:
            fields = line.split(separator)
            return fields[2].decode("ascii", "replace") if len(fields) > 2 else ""
    return ""


def _instant(written: str, zone: ZoneInfo) -> datetime | None:
    """An HL7 v2 time to the minute or better; None for a coarser one, and for one without a zone in the hour that
    comes twice: it does not say which of two came first.
    """
    found = _TIME.match(written)
    if found is None or (found[4] or "+0000")[3] > "5":
        return None
    day, time = found[1][:8], f"{found[1][8:]}{found[2] or '00'}"
    try:
        read = datetime.fromisoformat(f"{day}T{time}{(found[3] or '.0').ljust(7, '0')}{found[4] or ''}")
    except ValueError:
        return None
    if read.tzinfo is not None:
        return read.astimezone(UTC)
    there = read.replace(tzinfo=zone)
    if there.utcoffset() != there.replace(fold=1).utcoffset():
        return None  # an hour that comes twice in autumn, or is none in spring
    return there.astimezone(UTC)
