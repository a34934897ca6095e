"""A Consent is recorded, replaced or withdrawn: it binds at commit, wakes what waited, and stops what it allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.audit import AuditEntry, AuditReason, append
from gateway.clock import instant_text, new_id
from gateway.disclosure.consent_standing import Judgement, is_stored_form, judge
from gateway.disclosure.held import WITHDRAWN
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows.answers import Saved
from gateway.flows.checked import checked
from gateway.flows.nothing import nothing_for
from gateway.flows.people import patient_of_consent
from gateway.partners import reference_of
from gateway.security.callers import Caller
from gateway.store import ConsentState, Record, Transaction, consents, intents, patients, records

_NOT_YET_SENT = ("due", "retry")


@dataclass(frozen=True, slots=True)
class ConsentRecorded:
    """A Consent version as it was saved."""

    record: Record
    judgement: Judgement


async def record_consent(
    premises: Premises, caller: Caller, resource: Mapping[str, Any], raw: bytes
) -> Saved:
    """Record a new Consent. It counts from the commit on.

    Raises NotUnderstood with the place of what is wrong.
    """
    checked(resource, "Consent")
    at, request_id, consent_id = premises.clock.now(), new_id(), new_id()

    def work(tx: Transaction) -> ConsentRecorded:
        patient_id = patient_of_consent(premises, tx, caller.partner, resource, instant_text(at))
        return keep_consent(premises, tx, caller, {**resource, "id": consent_id}, patient_id, at, request_id)

    recorded = await premises.store.write(work)
    premises.work_waiting.set()
    return _saved(recorded.record, request_id, created=True)


async def replace_consent(
    premises: Premises, caller: Caller, consent_id: str, resource: Mapping[str, Any], if_match: str | None
) -> Saved:
    """A new version of a Consent: a withdrawal by anybody related to the patient, other changes by its recorder.

    Raises NotFound `NO_SUCH_RECORD` for whoever may not know of it, AlreadyReceived `VERSION_CONFLICT` when
    `if_match` is not the present version.
    """
    checked(resource, "Consent")
    if resource.get("id", consent_id) != consent_id:
        raise NotUnderstood("ID_MISMATCH", "must be the id in the address", "Consent.id")
    at, request_id = premises.clock.now(), new_id()

    def work(tx: Transaction) -> ConsentRecorded:
        before = records.get(tx, "Consent", consent_id)
        if before is None or not _may_change(tx, caller, before, resource):
            raise NotFound("NO_SUCH_RECORD", "nothing can be shown for this request")
        if if_match is not None and if_match != str(before.version):
            raise AlreadyReceived("VERSION_CONFLICT", "is not the present version", "If-Match")
        assert before.patient_id is not None
        content = resource if before.source_partner == caller.partner else _withdrawn(before.resource)
        content = {**content, "id": consent_id, "patient": before.resource["patient"]}
        return keep_consent(
            premises, tx, caller, content, before.patient_id, at, request_id, before.source_partner
        )

    try:
        recorded = await premises.store.write(work)
    except NotFound:
        raise await nothing_for(
            premises, caller, f"Consent/{consent_id}", "CONSENT_NOT_KNOWN_TO_CALLER"
        ) from None
    premises.work_waiting.set()
    return _saved(recorded.record, request_id, created=False)


def keep_consent(
    premises: Premises,
    tx: Transaction,
    caller: Caller,
    resource: Mapping[str, Any],
    patient_id: str,
    at: datetime,
    request_id: str,
    recorder: str | None = None,
) -> ConsentRecorded:
    """Save one Consent version with its standing, raise the patient's epoch, wake or stop her intents, and audit it."""
    recorder = recorder or caller.partner
    form_stored = is_stored_form(tx, resource, recorder, patient_id)
    judgement = judge(premises, resource, recorder, form_stored=form_stored)
    record = records.save(tx, _record(premises, resource, patient_id, recorder, instant_text(at)))
    state = ConsentState(
        consent_id=record.id,
        patient_id=patient_id,
        version=record.version,
        standing=judgement.standing,
        recorded_by=recorder,
        recorded_at=instant_text(at),
        reasons=json.dumps(judgement.reasons),
    )
    consents.save(tx, state)
    patients.raise_epoch(tx, patient_id)
    if resource.get("status") == "active":
        intents.wake_patient(tx, patient_id, instant_text(at))
    else:
        stop_what_waits(tx, patient_id, instant_text(at))
    append(tx, _entry(premises, caller, record, judgement, at, request_id))
    return ConsentRecorded(record, judgement)


def stop_what_waits(tx: Transaction, patient_id: str, at: str) -> None:
    """After a withdrawal: everything not yet handed over is decided again, and ends if nothing else permits it."""
    for intent in intents.of_patient(tx, patient_id):
        if intent.state in _NOT_YET_SENT:
            intents.finish(tx, intent.id, "due", at, WITHDRAWN, due_at=at)


def _may_change(tx: Transaction, caller: Caller, before: Record, resource: Mapping[str, Any]) -> bool:
    if before.source_partner == caller.partner:
        return True
    related = before.patient_id is not None and patients.knows(tx, caller.partner, before.patient_id)
    return related and resource.get("status") in ("inactive", "rejected")


def _withdrawn(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The Consent as it was, withdrawn: another party may end it, but not rewrite it."""
    return {**resource, "status": "inactive"}


def _record(
    premises: Premises, resource: Mapping[str, Any], patient_id: str, recorder: str, at: str
) -> Record:
    return Record(
        resource_type="Consent",
        id=str(resource["id"]),
        version=0,
        patient_id=patient_id,
        source_partner=recorder,
        sources=(recorder,),
        part2=premises.network.partners[recorder].is_part2_program,
        updated_at=at,
        deleted=False,
        resource=resource,
    )


def _entry(
    premises: Premises, caller: Caller, record: Record, judgement: Judgement, at: datetime, request_id: str
) -> AuditEntry:
    active = record.resource.get("status") == "active"
    return AuditEntry(
        request_id=request_id,
        at=instant_text(at),
        kind="consent" if active else "revoke",
        patient_id=record.patient_id,
        partner=caller.partner,
        purpose=caller.purpose,
        outcome=judgement.standing if active else "withdrawn",
        source=(reference_of(caller.partner),),
        consents=(record.version_reference,),
        reasons=tuple(AuditReason(code, "42 CFR 2.31") for code in judgement.reasons),
        versions={"network": premises.network.version},
        subject=record.reference,
    )


def _saved(record: Record, request_id: str, *, created: bool) -> Saved:
    meta = {
        **record.resource.get("meta", {}),
        "versionId": str(record.version),
        "lastUpdated": record.updated_at,
    }
    return Saved({**record.resource, "meta": meta}, record.version, record.updated_at, request_id, created)
