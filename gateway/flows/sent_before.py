"""What a partner has sent itself and writes anew under the id that was given to it here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.disclosure.emergency_note import is_note
from gateway.disclosure.premises import Premises
from gateway.disclosure.recorder_only import is_recorder_only
from gateway.disclosure.seen import is_own
from gateway.errors import NotUnderstood
from gateway.flows.consent_record import ENDED, may_change, take_back, withdrawn
from gateway.flows.in_part import is_in_part
from gateway.flows.signed_here import kept_as_signed
from gateway.flows.submitted_ids import Submitted, resolved
from gateway.security.callers import Caller
from gateway.store import Reading, Record, Transaction, intents, records

Json = Mapping[str, Any]


def under_ids_given(
    premises: Premises, tx: Transaction, caller: Caller, entries: Sequence[Submitted]
) -> tuple[Submitted, ...]:
    """The entries, in which a PUT under our id of a record of the sender's own is a new version of that record. Under
    any other id it stays the sender's own name for something: nobody finds others' records by guessing.

    Raises as `as_its_sender_says`.
    """
    kinds = {number: str(one.resource["resourceType"]) for number, one in enumerate(entries) if one.named}
    theirs = {number: (kind, str(entries[number].resource["id"])) for number, kind in kinds.items()}
    ours = {number: (kind, entries[number].named) for number, kind in kinds.items()}
    held = records.present(tx, list(dict.fromkeys([*ours.values(), *theirs.values()])))
    meant = {
        number: held[name]
        for number, name in ours.items()
        if name in held and theirs[number] not in held and sends(premises, tx, caller.partner, held[name])
    }
    names = {"/".join(theirs[number]): record.reference for number, record in meant.items()}
    found = []
    for number, entry in enumerate(entries):
        resource = resolved(entry.resource, names) if names else entry.resource
        if number in meant:
            resource = {**resource, "id": meant[number].id}
            resource = as_its_sender_says(meant[number], resource)
        found.append(replace(entry, resource=resource))
    return tuple(found)


def sends(premises: Premises, reading: Reading, partner: str, record: Record) -> bool:
    """Whether the record is the partner's own, to be written anew under our id of it; of a Task: whether it refers by
    it, as a resource (one of HL7 v2 is cancelled by HL7 v2), also after its addressee has answered.
    """
    if record.deleted or record.patient_id is None:
        return False
    if record.resource_type != "Consent" and _is_written_here(record):
        return False  # a Consent has rules of its own (`keep_consent`, `signed_here.py`)
    named, key = f"{record.reference}/", premises.keys.index("business-key", partner, record.id)
    sent = [
        one.business_key
        for one in (intents.of_patient(reading, record.patient_id) if record.resource_type == "Task" else ())
        if one.source_partner == partner and any(reference.startswith(named) for reference in one.focus)
    ]
    return key in sent if sent else is_own(record, partner)


def take_back_named(
    premises: Premises,
    tx: Transaction,
    caller: Caller,
    consent: Submitted,
    patient_id: str,
    at: datetime,
    request_id: str,
) -> None:
    """Where a Consent about the patient that its sender puts under the id of another's says that it has ended, that one
    is taken back, as by a PUT of it alone. The sender is answered as for a name of its own, whether there is one or not.
    """
    resource = consent.resource
    held = records.get(tx, "Consent", consent.named) if consent.named else None
    if held is None or held.source_partner == caller.partner or resource.get("status") not in ENDED:
        return
    if held.patient_id == patient_id and may_change(tx, caller, held, resource):
        take_back(premises, tx, caller, held, withdrawn(held), at, request_id)


def as_its_sender_says(before: Record, resource: Json) -> Json:
    """The content that a sender wants for its own record, with where it first came from, which nobody is shown and so
    nobody can say again.

    Raises NotUnderstood `RESOURCE_IN_PART`, NotAllowed `SIGNED_HERE` (`signed_here.py`).
    """
    if resource["resourceType"] == "Consent":
        resource = kept_as_signed(before, resource, ends=resource.get("status") in ENDED)
    if is_in_part(resource) and not is_in_part(before.resource):
        text = "was read in part; read the whole before you change it, or what is left out is lost"
        raise NotUnderstood("RESOURCE_IN_PART", text, f"{resource['resourceType']}.meta.tag")
    source = before.resource.get("meta", {}).get("source")
    return {**resource, "meta": {**resource.get("meta", {}), "source": source}} if source else resource


def _is_written_here(record: Record) -> bool:
    """Whether no system has sent it: what a person signed at a desk or keeps there for its own workers, and the note on
    an emergency, which stay what they were (42 CFR §2.31, §2.51(c)).
    """
    return is_recorder_only(record) or is_note(record.resource)
