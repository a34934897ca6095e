"""What is written down at once of an emergency disclosure: a note in the patient's record for who disclosed (§2.51(c)).

It is a Communication of the discloser's own, so that the discloser, and nobody else without consent, finds it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.audit import EmergencyFacts
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.partners import reference_of
from gateway.store import Record

CATEGORY = {"system": "urn:warm-handoff:communication", "code": "emergency-access"}
_NO_FURTHER_USE = (
    "Released for a medical emergency only, and to the person named in the request. Do not use or disclose it beyond "
    "what the emergency needs. Name, facility and reason are recorded, and every use is reviewed. Other information may "
    "exist."
)


def request_not_to_redisclose() -> Mapping[str, Any]:
    """What goes with every emergency release (42 CFR §2.26); it tells nothing about the person."""
    issue = {"severity": "information", "code": "informational", "details": {"text": _NO_FURTHER_USE}}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def note_to(
    premises: Premises,
    patient_id: str,
    discloser: str,
    recipient: str,
    facts: EmergencyFacts,
    shown: Sequence[Mapping[str, Any]],
    at: datetime,
    request_id: str,
) -> Record:
    """The note for `discloser` on what left of its records in this use, as a record of its own of the patient."""
    key = f"emergency|{request_id}|{discloser}".encode()
    digest = hmac.new(premises.keys.id_key, key, hashlib.sha256).hexdigest()
    partner = premises.network.partners[discloser]
    resource = {
        "resourceType": "Communication",
        "id": f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-9{digest[17:20]}-{digest[20:32]}",
        "status": "completed",
        "category": [{"coding": [CATEGORY]}],
        "priority": "urgent",
        "subject": {"reference": f"Patient/{patient_id}"},
        "sent": instant_text(at),
        "recipient": [{"reference": reference_of(discloser)}],
        "payload": [{"contentString": _text(premises, recipient, facts, shown, at, request_id)}],
    }
    return Record(
        resource_type="Communication",
        id=str(resource["id"]),
        version=0,
        patient_id=patient_id,
        source_partner=discloser,
        sources=(discloser,),
        part2=partner.is_part2_program,
        updated_at=instant_text(at),
        deleted=False,
        resource=resource,
    )


def is_note(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is such a note, or says of itself that it is one."""
    return any(
        CATEGORY in one.get("coding", ()) for one in resource.get("category", ()) if isinstance(one, Mapping)
    )


def _text(
    premises: Premises,
    recipient: str,
    facts: EmergencyFacts,
    shown: Sequence[Mapping[str, Any]],
    at: datetime,
    request_id: str,
) -> str:
    organization = premises.network.partners[recipient].organization
    counts = Counter(str(resource["resourceType"]) for resource in shown)
    what = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
    second = f" Approved by {facts.second_person}." if facts.second_person else ""
    return (
        "Records of yours were disclosed in a medical emergency (42 CFR 2.51). "
        f"To: {facts.recipient} ({facts.recipient_identifier}), {facts.facility}, {organization.name}. "
        f"Disclosed by: {facts.discloser}. At: {instant_text(at)}. Nature of the emergency: {facts.nature}. "
        f"What: {what}.{second} The use is reviewed within 24 hours. Reference {request_id}."
    )
