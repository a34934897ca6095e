"""HL7 v2 bytes that arrived, by whatever door, as the message that the flow is handed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from gateway.flows.messages import ReceivedMessage
from gateway.intake.header_check import refusals
from gateway.intake.hl7_header import Hl7Header, text_of

_SEGMENT = re.compile(rb"[^\r\n]+[\r\n]*")
_ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def message_of(
    content: bytes,
    header: Hl7Header | None,
    *,
    partner: str,
    channel: str,
    formats: Mapping[str, str],
    processing_ids: frozenset[str],
    at: datetime,
    application_acks: bool = False,
) -> ReceivedMessage:
    """One message with what its header alone tells; `formats` gives the mapping id for a type (`REF^I12`).

    `application_acks`: whether its sender can be sent an answer of its own.
    """
    ruled_out = refusals(header, processing_ids)
    message_type = kind = ""
    if header and not ruled_out:
        message_type = text_of(header.field(9).replace(header.component_sign, b"^"))
        kind = "^".join(text_of(part) for part in header.kind)
    return ReceivedMessage(
        partner=partner,
        channel=channel,
        format=formats.get(kind, ""),
        control_id=text_of(header.control_id) if header else "",
        message_type=message_type,
        raw=content,
        received_at=at,
        refusals=ruled_out,
        asks_later=application_acks and header is not None and header.field(16) not in (b"", b"NE"),
    )


def batch_messages(content: bytes) -> tuple[bytes, ...]:
    """The messages of a batch or plain file of HL7 v2 (2.5.1 ch. 2.10.3), bytes as they stand.

    All of the content where it has none. The envelope (FHS, BHS, BTS, FTS) carries nothing of a message. What stands
    before the first MSH goes with it, so that nothing is passed over in silence.
    """
    found: list[bytearray] = []
    before = bytearray()
    for segment in _SEGMENT.findall(content.removeprefix(_BYTE_ORDER_MARK)):
        if segment.startswith(_ENVELOPE):
            continue
        if segment.startswith(b"MSH"):
            found.append(bytearray())
        (found[-1] if found else before).extend(segment)
    if not found or before.strip():
        return (content,)
    return tuple(bytes(message) for message in found)
