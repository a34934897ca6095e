"""What is planned with a person and what was written to her, shown to herself: through the gate, as to anybody.

She is the recipient (42 CFR 2.23, 45 CFR 164.524). Of an appointment its time, whose it is, and where to join it; of a
message its words, where she is its addressee. Why it is, and what for, stays with whoever made it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from gateway.clock import instant_text
from gateway.disclosure.content import collection_bundle
from gateway.disclosure.gather import HERSELF
from gateway.disclosure.premises import Premises
from gateway.disclosure.show import show
from gateway.errors import NotUnderstood
from gateway.flows.own_contacts import Contacts, contacts_in
from gateway.flows.own_page import kept_under
from gateway.store import Reading, Record, records

PURPOSE = "PATRQT"
MOST, LONGEST_WORDS = 50, 500
_PLANNED = ("proposed", "pending", "booked", "arrived", "checked-in")
_OVER, _OLD = timedelta(hours=2), timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Meeting:
    """An appointment of hers: begin (ISO 8601 with its offset), whose it is by id, and an https address to join by, if
    any: the `url` of a Location within it (R4 has no element of its own for it).
    """

    start: str
    partner: str
    is_certain: bool
    join: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """Something written to her: when (ISO 8601), by which partner, and the words."""

    sent: str
    partner: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is to come, the next first; what was written, the newest first; how she is reached, as a desk has it."""

    meetings: tuple[Meeting, ...]
    messages: tuple[Message, ...]
    contacts: tuple[tuple[str, Contacts], ...]


async def calendar(premises: Premises, patient_id: str) -> Calendar:
    """Her appointments, messages and contacts. Raises NotFound `NOTHING_TO_SHOW`, NotNow `CONSENT_KEEPS_CHANGING`."""
    now = premises.clock.now()
    sources: dict[str, str] = {}

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        her = kept_under(reading, patient_id)
        held = records.of_patient(reading, her, ("Appointment", "Communication", "Patient"))
        own = {her, *(one.id for one in held if one.resource_type == "Patient")}
        found = [one for one in held if not one.deleted and _is_hers(premises, one, own, now)]
        described = {f"Patient/{her}": one.source_partner for one in found if one.resource_type == "Patient"}
        sources.update({one.reference: one.source_partner for one in found} | described)
        return her, found

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        return collection_bundle(resources, notices, at)

    shown = await show(
        premises, partner=HERSELF, purpose=PURPOSE, select=select, write=write, kind="read", each_alone=True
    )
    kinds: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for one in shown.resources:
        name = f"{one['resourceType']}/{one['id']}"
        kinds.setdefault(one["resourceType"], []).append((sources.get(name, ""), one))
    meetings = sorted((_meeting(*one) for one in kinds.get("Appointment", ())), key=_begins)
    messages = [_message(*one) for one in kinds.get("Communication", ())]
    newest = sorted((one for one in messages if one.words), key=lambda one: one.sent, reverse=True)
    described = ((partner, contacts_in(one)) for partner, one in kinds.get("Patient", ()))
    contacts = tuple((who, one) for who, one in described if one.phone or one.mail or one.no_messages)
    return Calendar(tuple(meetings[:MOST]), tuple(newest[:MOST]), contacts)


def contact_words(said: Contacts) -> str:
    """How she asks to be reached, as the privacy officer reads it. Raises NotUnderstood `ADDRESS_INVALID`."""
    told = [part for part in (said.phone, said.mail) if part]
    if not told and not said.no_messages:
        raise NotUnderstood("ADDRESS_INVALID", "say phone or e-mail", "contacts")
    better = f"; better: {said.preferred}" if told else ""
    return f"phone: {said.phone or '-'}; e-mail: {said.mail or '-'}{better}" + (
        "; no messages" if said.no_messages else ""
    )


def _is_hers(premises: Premises, record: Record, own: set[str], now: datetime) -> bool:
    """Whether she is asked to be there, or addressed; of her descriptions, that of the desk that gives links."""
    resource = record.resource
    if record.resource_type == "Patient":
        partner = premises.network.partners.get(record.source_partner)
        return partner is not None and "own_pages" in partner.desk
    if record.resource_type == "Appointment":
        named = [one.get("actor", {}) for one in resource.get("participant", ())]
        start = _instant(resource.get("start", ""))
        is_planned = resource.get("status") in _PLANNED and start is not None and start > now - _OVER
        return is_planned and any(_names(one, own) for one in named)
    sent = _instant(resource.get("sent", ""))
    is_sent = resource.get("status") == "completed" and sent is not None and now - _OLD < sent <= now
    return is_sent and any(_names(one, own) for one in resource.get("recipient", ()))


def _names(reference: Mapping[str, Any], own: set[str]) -> bool:
    kind, _, name = str(reference.get("reference", "")).partition("/")
    return kind == "Patient" and name in own


def _meeting(partner: str, resource: Mapping[str, Any]) -> Meeting:
    places = [one for one in resource.get("contained", ()) if one.get("resourceType") == "Location"]
    lines = [one for place in places for one in place.get("telecom", ()) if one.get("system") == "url"]
    address = str(lines[0].get("value", "")) if lines else ""
    parts = urlsplit(address) if address.isascii() and address.isprintable() else urlsplit("")
    is_safe = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    status = resource.get("status")
    return Meeting(str(resource["start"]), partner, status == "booked", address if is_safe else "")


def _begins(one: Meeting) -> str:
    start = _instant(one.start)
    return "" if start is None else instant_text(start)


def _message(partner: str, resource: Mapping[str, Any]) -> Message:
    said = [str(one.get("contentString", "")) for one in resource.get("payload", ())]
    words = " ".join(" ".join(said).split())
    return Message(str(resource.get("sent", "")), partner, words[:LONGEST_WORDS])


def _instant(text: str) -> datetime | None:
    """The instant of a FHIR `instant`; None for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if at.tzinfo is None else at.astimezone(UTC)
