"""Taking a message in again from its page: as it came or corrected, with a preview of what would come of it."""

from __future__ import annotations

import asyncio

from gateway import audit
from gateway.console.doing import Deed, Doing, Done
from gateway.console.look import patients_of
from gateway.flows.corrections import (
    LARGEST,
    as_bytes,
    foreseen,
    kept_message,
    take_in_again,
    text_to_correct,
)
from gateway.flows.side_by_side import side_by_side
from gateway.store import Reading, inbox, intents

_FORM = LARGEST * 3 + 4096
"""Octets: a form writes what is no letter or digit as three."""


def _about(reading: Reading, message_id: str) -> frozenset[str]:
    """Whom a message is about, as far as is known."""
    kept = kept_message(reading, message_id)
    brought = (intent.patient_id for intent in intents.of_message(reading, message_id))
    said = (one.row.patient_id for one in audit.find_by_request(reading, message_id))
    return patients_of((kept.patient_id, *brought, *said))


async def _correct(doing: Doing) -> Done:
    """The message as text that can be changed, with the reason that the log keeps."""
    message_id = doing.path["id"]
    reason = doing.reason
    with doing.office.read() as reading:
        text = text_to_correct(reading, message_id)
        about = _about(reading, message_id)
    return Done(
        template="message_correct.html",
        facts={"message_id": message_id, "text": text, "reason": reason},
        patients=about,
        subject=f"messages/{message_id}/content",
        reason=reason,
    )


def _preview(doing: Doing) -> Done:
    """What would come of it; nothing is done yet."""
    message_id = doing.path["id"]
    with doing.office.read() as reading:
        kept = kept_message(reading, message_id)
        about = _about(reading, message_id)
        raw = _corrected(doing, reading)
        found = foreseen(
            doing.office.premises, kept, raw if raw is not None else inbox.raw(reading, message_id)
        )
    facts = {
        "message_id": message_id,
        "is_corrected": raw is not None,
        "found": found,
        "reason": doing.reason,
        "fields": doing.fields,
    }
    subject = f"messages/{message_id}/preview"
    return Done(template="message_preview.html", facts=facts, patients=about, subject=subject)


async def _again(doing: Doing) -> Done:
    """Take it in; she finds the new message."""
    message_id = doing.path["id"]
    with doing.office.read() as reading:
        raw = _corrected(doing, reading)
    told = await take_in_again(doing.office.premises, message_id, doing.reason, doing.visitor.name, raw)
    return Done(location=f"messages/{told['message']}")


def _corrected(doing: Doing, reading: Reading) -> bytes | None:
    """The bytes of the corrected text; None where it is to be taken in as it came. Raises NotFound."""
    text = doing.form.get("corrected", "")
    kept_message(reading, doing.path["id"])
    return as_bytes(reading, doing.path["id"], text) if text else None


def _beside(doing: Doing) -> Done:
    """The message beside the FHIR made of it, each value with where it came from and where it went."""
    message_id = doing.path["id"]
    with doing.office.read() as reading:
        kept = kept_message(reading, message_id)
        about = _about(reading, message_id)
        raw = inbox.raw(reading, message_id)
    records = side_by_side(doing.office.premises, kept, raw)
    return Done(
        template="message_beside.html",
        facts={"message_id": message_id, "records": records},
        patients=about,
        subject=f"messages/{message_id}/beside",
        reason=doing.reason,
    )


async def _show_beside(doing: Doing) -> Done:
    return await asyncio.to_thread(_beside, doing)


DEEDS = (
    Deed("messages/{id}/beside", "content", _show_beside),
    Deed("messages/{id}/correct", "content", _correct),
    Deed("messages/{id}/again", "messages", _again, _preview, _FORM),
)
