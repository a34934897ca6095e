"""Stop notices that the gateway itself sends after a withdrawal (P2-31-12): what is to go to whom, written its own way.

A notice says nothing of the person and names no program: the recipient's own request numbers and their days, and whom to
call. Which bytes go is logged before the first of them leaves, that they were given when the partner took them. One that
is sent again bears the same number, so that who has taken it knows it. What a partner did not take stays in the list of
people.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import msgspec
import orjson

from gateway.audit import AuditEntry, append, of_patient
from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound
from gateway.flows.decided_here import BY_RULE, act_entry
from gateway.flows.stop_notices import RULE, TOLD, ToTell, notice_text, to_tell, waiting
from gateway.partners import DeskDelivery, FhirDelivery, FilesDelivery, MllpDelivery, Partner, WebhookDelivery
from gateway.partners.deliveries import FHIR_JSON
from gateway.store import Reading, Transaction, withdrawals
from gateway.store.partner_pauses import is_paused

SENDING, NOT_TAKEN = "stop_notice_sending", "stop_notice_not_taken"
TRIED_FOR = timedelta(days=7)
_TEXT, _JSON, _HL7 = "text/plain; charset=utf-8", "application/fhir+json", "x-application/hl7-v2+er7"
_IDENTIFIER = "urn:ietf:rfc:3986"
_ESCAPES: Mapping[int, str] = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\r": " ", "\n": " "}
)


@dataclass(frozen=True, slots=True)
class Notice:
    """The bytes for one recipient. `key`: the same for the same content, and only then; so is `control_id`."""

    content: bytes = field(repr=False)
    media_type: str
    number: UUID
    sha256: str

    @property
    def key(self) -> str:
        return f"{self.number}.{self.sha256[:16]}"

    @property
    def control_id(self) -> str:
        return self.number.hex[:20]


def sends_notices(partner: Partner) -> bool:
    """Whether the gateway can tell this partner by itself; not one that only asks, nor one that takes no part now."""
    sent = isinstance(partner.delivery, FhirDelivery | MllpDelivery | FilesDelivery | WebhookDelivery)
    return sent and partner.state == "live"


def may_be_told(premises: Premises, partner: str) -> bool:
    """Whether the gateway may tell this partner now: not while a person has stopped what is sent to it."""
    known = premises.network.partners.get(partner)
    if known is None or not sends_notices(known):
        return False
    with premises.store.read() as reading:
        return not is_paused(reading, partner)


def last_withdrawal(reading: Reading) -> int:
    """A number that grows with each withdrawal that is logged."""
    return withdrawals.newest(reading)


def to_send(premises: Premises) -> tuple[ToTell, ...]:
    """Whom the gateway has to tell of withdrawals of the last week, the newest first."""
    since = instant_text(premises.clock.now() - TRIED_FOR)
    partners = premises.network.partners
    with premises.store.read() as reading:
        return tuple(
            one
            for one in to_tell(reading, since=since)
            if one.partner in partners
            and sends_notices(partners[one.partner])
            and not is_paused(reading, one.partner)
        )


async def at_the_desk(premises: Premises, partner: str) -> tuple[tuple[str, str], ...]:
    """What a partner that reads at its own page has to be told of, and has not said to have read: our id of the consent
    and the text of the notice.
    """
    found = await asyncio.to_thread(_at_the_desk, premises, partner)
    return tuple((one.consent, notice_text(premises.network, one)) for one in found)


async def read_at_desk(premises: Premises, partner: str, consent_id: str, worker: str) -> None:
    """A worker of the partner has read the notice. Raises NotFound `NOBODY_TO_TELL` for any other's."""
    waiting_there = await asyncio.to_thread(_at_the_desk, premises, partner)
    found = [one for one in waiting_there if one.consent == consent_id]
    if not found:
        raise NotFound("NOBODY_TO_TELL", "no such notice waits here", consent_id)
    await _log(premises, found[0], TOLD, f"read at the page of the partner by {worker}")


async def begun(premises: Premises, about: ToTell) -> ToTell | None:
    """What is to be told now, logged as leaving; None when it was told meanwhile, or was not taken before, or a person
    has stopped what is sent to the partner: then it is found again once that is over.
    """

    def work(tx: Transaction) -> ToTell | None:
        now = _still(tx, about)
        said = _said(tx, about)
        if now is None or NOT_TAKEN in said or is_paused(tx, about.partner):
            return None
        sha256 = written(premises, now).sha256
        if sha256 not in said.get(SENDING, ()):
            entry = _entry(premises, about, SENDING, f"{len(now.items)} items received under it")
            append(tx, msgspec.structs.replace(entry, bytes_sha256=sha256))
        return now

    return await premises.store.write(work)


async def given(premises: Premises, about: ToTell, code: str) -> None:
    """The partner took it."""
    await _log(premises, about, TOLD, f"sent by the gateway: {code}")


async def not_taken(premises: Premises, about: ToTell, code: str) -> None:
    """The partner did not take it, or it may have: it is not sent again, and a person has to tell them."""
    await _log(premises, about, NOT_TAKEN, f"sent by the gateway and not taken: {code}")


def written(premises: Premises, about: ToTell) -> Notice:
    """The notice in the form that its recipient receives in."""
    delivery = premises.network.partners[about.partner].delivery
    text = notice_text(premises.network, about)
    number = UUID(premises.keys.index("stop_notice", about.consent, f"{about.partner} {text}")[:32])
    if isinstance(delivery, MllpDelivery):
        media_type, content = _HL7, _hl7(premises, delivery, about, text, number.hex[:20])
    elif isinstance(delivery, FhirDelivery) or getattr(delivery, "format", "") == FHIR_JSON:
        media_type, content = _JSON, _communication(about, text, number)
    else:
        media_type, content = _TEXT, (text + "\n").encode()
    return Notice(content, media_type, number, hashlib.sha256(content).hexdigest())


def _at_the_desk(premises: Premises, partner: str) -> tuple[ToTell, ...]:
    if not isinstance(premises.network.partners[partner].delivery, DeskDelivery):
        return ()
    with premises.store.read() as reading:
        return tuple(one for one in to_tell(reading) if one.partner == partner)


def _communication(about: ToTell, text: str, number: UUID) -> bytes:
    """A transaction Bundle of one Communication, made once however often it comes (FHIR R4 http, conditional create)."""
    made = {
        "resourceType": "Communication",
        "identifier": [{"system": _IDENTIFIER, "value": number.urn}],
        "status": "completed",
        "recipient": [{"display": about.recipient}],
        "payload": [{"contentString": text}],
    }
    request = {
        "method": "POST",
        "url": "Communication",
        "ifNoneExist": f"identifier={_IDENTIFIER}|{number.urn}",
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"fullUrl": number.urn, "resource": made, "request": request}],
    }
    return orjson.dumps(bundle)


def _hl7(premises: Premises, delivery: MllpDelivery, about: ToTell, text: str, control_id: str) -> bytes:
    """NMD^N02, a message from application to application about no patient (HL7 v2.5.1 ch. 14.3.3): NCK, then notes.

    Its times are those of the withdrawal: sent again, it is the same message to the byte.
    """
    at = read_instant(about.withdrawn_at).strftime("%Y%m%d%H%M%S+0000")
    asks = ["AL", "NE"] if delivery.acknowledgement == "accept" else ["", ""]
    header = [
        "MSH",
        "^~\\&",
        "WARM-HANDOFF",
        premises.network.content.network.translate(_ESCAPES),
        delivery.receiving_application.translate(_ESCAPES),
        delivery.receiving_facility.translate(_ESCAPES),
        at,
        "",
        "NMD^N02^NMD_N02",
        control_id,
        "P",
        "2.5.1",
        "",
        "",
        *asks,
        "",
        "UNICODE UTF-8",
    ]
    notes = [line.strip().translate(_ESCAPES) for line in text.splitlines() if line.strip()]
    lines = ["|".join(header), f"NCK|{at}", *(f"NTE|{n}||{note}" for n, note in enumerate(notes, 1))]
    return "".join(f"{line}\r" for line in lines).encode()


def _still(reading: Reading, about: ToTell) -> ToTell | None:
    try:
        return waiting(reading, about.consent, about.partner, about.patient)
    except NotFound:
        return None


def _said(reading: Reading, about: ToTell) -> Mapping[str, set[str | None]]:
    """What was logged of this notice before, and of which bytes."""
    subject = f"Consent/{about.consent}"
    found: dict[str, set[str | None]] = {}
    for one in of_patient(reading, about.patient):
        if one.entry is not None and (one.entry.subject, one.entry.partner) == (subject, about.partner):
            found.setdefault(one.entry.outcome, set()).add(one.entry.bytes_sha256)
    return found


async def _log(premises: Premises, about: ToTell, outcome: str, said: str) -> None:
    def work(tx: Transaction) -> None:
        if _still(tx, about) is not None and outcome not in _said(tx, about):
            append(tx, _entry(premises, about, outcome, said))

    await premises.store.write(work)


def _entry(premises: Premises, about: ToTell, outcome: str, said: str) -> AuditEntry:
    return act_entry(
        outcome,
        instant_text(premises.clock.now()),
        said,
        patient_id=about.patient,
        subject=f"Consent/{about.consent}",
        partner=about.partner,
        by=BY_RULE,
        rule=RULE,
    )
