"""Taking a kept message in again from a page: what it says now, what would come of it, and who had it done and why.

A corrected message is a message of its own, linked to the original, which stays as it came. That somebody has it done is
in the log before it is done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

import mappings
from gateway.audit import append
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.decided_here import act_entry, why
from gateway.flows.files import understood_again
from gateway.flows.messages import ReceivedMessage
from gateway.flows.replay import LEFT, as_received, replay, require_sender
from gateway.store import InboxMessage, Reading, inbox

REPLAYED, CORRECTED = "message_replayed", "message_corrected"
LARGEST = 256 * 1024
"""Octets of a message that can be corrected on a page."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Something found, by code and place; never a value."""

    severity: str
    code: str
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would come of a message: records by type, what was found, and how its values were accounted for."""

    is_readable: bool
    records: tuple[tuple[str, int], ...]
    found: tuple[Spot, ...]
    accounting: tuple[tuple[str, int], ...]


def kept_message(reading: Reading, message_id: str) -> InboxMessage:
    """The message. Raises NotFound `NO_SUCH_MESSAGE`."""
    kept = inbox.get(reading, message_id)
    if kept is None:
        raise NotFound("NO_SUCH_MESSAGE", "no message has that id")
    return kept


def text_to_correct(reading: Reading, message_id: str) -> str:
    """The message as text with `\\n` between its lines.

    Raises NotFound `NO_SUCH_MESSAGE`, `KEY_GONE`, NotUnderstood `MESSAGE_NOT_TEXT` for what is no UTF-8, or too large.
    """
    raw = inbox.raw(reading, message_id)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(raw) > LARGEST:
        raise NotUnderstood("MESSAGE_NOT_TEXT", "this message is corrected at its sender, not on a page")
    return _one_kind_of_line_end(text)


def as_bytes(reading: Reading, message_id: str, text: str) -> bytes:
    """A corrected text with the line ends of the original. Raises NotUnderstood `MESSAGE_NOT_TEXT`, NotFound."""
    raw = inbox.raw(reading, message_id)
    made = _one_kind_of_line_end(text)
    if not made.strip() or len(made.encode()) > LARGEST:
        raise NotUnderstood("MESSAGE_NOT_TEXT", "a corrected message has text, at most 256 KiB", "corrected")
    end = next((end for end in (b"\r\n", b"\r") if end in raw), b"\n")
    return made.encode().replace(b"\n", end)


def _one_kind_of_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def said_now(premises: Premises, kept: InboxMessage, raw: bytes) -> tuple[mappings.TranslatedRecord, ...]:
    """What these bytes, as a message of that kind, say by the mappings of today; refusals among them."""
    message = as_received(kept, raw, premises.clock.now())
    if kept.partner not in premises.network.partners:
        left = mappings.TranslationRefused("SENDER_LEFT", LEFT, kept.partner)
        return (mappings.TranslatedRecord("", None, left),)
    record = understood_again(premises, message)
    if record is not None:
        return (record,)
    mapping_id = _mapping_of(premises, message)
    if mapping_id is None:
        refusal = mappings.TranslationRefused(
            "MESSAGE_TYPE_UNKNOWN", "this message type is not set up for the sender", "MSH-9"
        )
        return (mappings.TranslatedRecord("", None, refusal),)
    try:
        return mappings.translate_message(
            premises.library.mapping(mapping_id),
            mappings.in_utf8(raw, premises.network.charset_of(kept.partner)),
            partner=kept.partner,
            id_key=premises.keys.id_key,
            zone=premises.network.zone_of(kept.partner),
        )
    except mappings.TranslationRefused as refusal:
        return (mappings.TranslatedRecord("", None, refusal),)


def _mapping_of(premises: Premises, message: ReceivedMessage) -> str | None:
    partner = premises.network.partners.get(message.partner)
    code, _, rest = message.message_type.partition("^")
    known = partner.messages if partner is not None else {}
    return known.get(f"{code}^{rest.partition('^')[0]}") or known.get(code)


def foreseen(premises: Premises, kept: InboxMessage, raw: bytes) -> Foreseen:
    """What taking these bytes in would come to, as far as they tell. Nothing is written."""
    records = said_now(premises, kept, raw)
    good = [one.translation for one in records if one.translation is not None]
    kinds = Counter(str(resource["resourceType"]) for made in good for resource in made.resources)
    accounts = Counter[str]()
    for made in good:
        accounts.update(made.accounting.answer())
    refused = [one.refusal for one in records if one.refusal is not None]
    found = [Spot("E", one.code, one.place or "", one.message) for one in refused]
    found += [Spot(i.severity, i.code, i.place, i.message) for one in good for i in one.issues]
    return Foreseen(not refused, tuple(kinds.most_common()), tuple(found), tuple(accounts.items()))


async def take_in_again(
    premises: Premises, message_id: str, reason: str, by: str, corrected: bytes | None
) -> dict[str, Any]:
    """Person `by` has a message taken in again, corrected or as it came; what came of it as `replay` says it.

    Raises NotFound `NO_SUCH_MESSAGE`, NotUnderstood `REASON_MISSING`, `SENDER_LEFT`.
    """
    said = why(reason)
    with premises.store.read() as reading:
        kept = kept_message(reading, message_id)
    require_sender(premises, kept)
    made = act_entry(
        REPLAYED if corrected is None else CORRECTED,
        instant_text(premises.clock.now()),
        said,
        patient_id=kept.patient_id,
        subject=message_id,
    )
    entry = replace(made, recipient_name=by)
    await premises.store.write(lambda tx: append(tx, entry))
    return await replay(premises, message_id, said, corrected)
