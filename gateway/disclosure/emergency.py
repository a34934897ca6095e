"""Emergency access (42 CFR §2.51): the gate's one way past a patient's denials, for medical personnel alone.

Everything happens in one transaction: who asks is checked, the records are decided by `consent.decide_emergency`, the
bytes are written, and audit entries, release, use and notes to the disclosers are committed together, or nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec.structs import replace as with_fields

import consent
from gateway.audit import AuditEntry, AuditReason, EmergencyFacts, append
from gateway.clock import instant_text, new_id, read_instant
from gateway.disclosure.account import entry_of, own_record_entry
from gateway.disclosure.content import (
    FHIR_JSON,
    collection_bundle,
    in_media,
    notice_of,
    notice_outcomes,
    sha256_of,
)
from gateway.disclosure.emergency_note import note_to, request_not_to_redisclose
from gateway.disclosure.gather import gather, request_of
from gateway.disclosure.gathered import Gathered
from gateway.disclosure.named_versions import keep_named
from gateway.disclosure.premises import Premises
from gateway.disclosure.redacted import shown_resources
from gateway.partners import reference_of
from gateway.store import Reading, Record, ReleaseRow, Transaction, emergency_uses, outbox, patients, records
from gateway.store.emergency_uses import EmergencyUse

TYPES = consent.EMERGENCY_TYPES | {"CarePlan"}
"""What is looked at; of CarePlans the engine lets safety plans through alone."""
NOTHING = "NOTHING_TO_SHOW"
REQUEST_REUSED, TOO_MANY, PRACTISES = "REQUEST_ID_REUSED", "EMERGENCY_TOO_MANY", "PARTNER_PRACTISES"
MOST_AN_HOUR = 20
_REVIEW_WITHIN = timedelta(hours=24)
_RULE = "42 CFR 2.51"
_NPI = frozenset({"http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"})
_NO_SUCH, _IN_DOUBT, _NO_RECORD = "PATIENT_UNKNOWN", "IDENTITY_PENDING", "NO_RECORD"


@dataclass(frozen=True, slots=True)
class Clinician:
    """A person of the asking facility, by an identifier of hers or his (`system|value`) and by name."""

    identifier: str
    name: str

    @property
    def as_compared(self) -> str:
        """The identifier however it is written; of a National Provider Identifier its digits."""
        system, _, value = self.identifier.partition("|")
        plain = consent.as_compared(value)
        if system.casefold().rstrip("/") in _NPI:
            return f"npi|{''.join(one for one in plain if one.isdecimal())}"
        return f"{consent.as_compared(system)}|{plain}"


@dataclass(frozen=True, slots=True)
class EmergencyAsked:
    """What the asking system states; `key` is the same when the same use is asked for again."""

    key: str
    clinician: Clinician
    facility: str
    nature: str
    consent_unobtainable: bool
    second_factor: bool
    disclosed_by: str = ""
    second_person: Clinician | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What is released, and the id by which log and support find it."""

    content: bytes
    request_id: str


@dataclass(frozen=True, slots=True)
class Barred:
    """Why nothing is released. `code` is of who asks and what was stated, or `NOTHING` for every other cause."""

    code: str
    request_id: str


@dataclass(frozen=True, slots=True)
class _Use:
    """One use while it is decided."""

    asked: EmergencyAsked
    partner: str
    purpose: str
    at: datetime
    request_id: str
    request: consent.EmergencyRequest
    earlier: EmergencyUse | None
    tokens: tuple[str, str, str]
    """Of request, facts and clinician."""
    media: str = FHIR_JSON
    base: str = ""

    @property
    def facts(self) -> EmergencyFacts:
        """What §2.51(c) wants written down."""
        second = self.asked.second_person
        return EmergencyFacts(
            recipient=self.asked.clinician.name,
            recipient_identifier=self.asked.clinician.identifier,
            facility=self.asked.facility,
            discloser=self.request.discloser_name,
            nature=self.asked.nature,
            opened_at=instant_text(self.request.opened),
            second_person="" if second is None else f"{second.name} ({second.identifier})",
        )


_Decided = tuple[Gathered, consent.Decision, tuple[Mapping[str, Any], ...]]
FindPatient = Callable[[Reading], str | None]


async def open_emergency(
    premises: Premises,
    *,
    partner: str,
    purpose: str,
    asked: EmergencyAsked,
    find: FindPatient,
    types: Collection[str],
    media: str = FHIR_JSON,
    base: str = "",
) -> Opened | Barred:
    """The emergency data set of the patient that `find` finds, as far as `types` goes, as `media`, its entries named by
    addresses under `base`; audited before this returns.

    Whatever the audit log does not take is not released: the store's error is raised here.
    """

    def use_of(tx: Transaction) -> _Use:
        return replace(_use(premises, partner, purpose, asked, tx), media=media, base=base)

    work = partial(_work, premises, use_of, find, TYPES & frozenset(types))
    return await premises.store.write(work)


def _work(
    premises: Premises,
    use_of: Callable[[Transaction], _Use],
    find: FindPatient,
    types: Collection[str],
    tx: Transaction,
) -> Opened | Barred:
    use = use_of(tx)
    barred = _bar(premises, tx, use)
    if barred is not None:
        return _refused(premises, tx, use, None, barred, barred.code)
    patient_id = find(tx)
    if patient_id is None:
        return _refused(premises, tx, use, None, AuditReason(_NO_SUCH, _RULE), NOTHING)
    if not patients.certain(tx, patient_id):
        return _refused(premises, tx, use, patient_id, AuditReason(_IN_DOUBT, _RULE), NOTHING)
    if use.earlier is not None and use.earlier.patient_id != patient_id:
        return _refused(premises, tx, use, None, AuditReason(REQUEST_REUSED, _RULE), REQUEST_REUSED)
    held = records.of_patient(tx, patient_id, tuple(types))
    decided = _decided(premises, tx, use, patient_id, held)
    if not any(shown for _, _, shown in decided):
        for entry in _entries(premises, use, decided, None):
            append(tx, entry)
        if not decided:
            _refused(premises, tx, use, patient_id, AuditReason(_NO_RECORD, _RULE), NOTHING)
        return Barred(NOTHING, use.request_id)
    return _released(premises, tx, use, patient_id, decided)


def _use(premises: Premises, partner: str, purpose: str, asked: EmergencyAsked, tx: Transaction) -> _Use:
    at = premises.clock.now()
    clinician = _token(premises, "clinician", partner, asked.clinician.as_compared)
    request = _token(premises, "request", partner, asked.key)
    facts = _token(
        premises, "facts", partner, "\x1f".join((clinician, asked.facility, asked.nature, purpose))
    )
    earlier = emergency_uses.of_request(tx, partner, request)
    opened = at if earlier is None else read_instant(earlier.opened_at)
    before = list(emergency_uses.opened_by(tx, clinician, instant_text(at - timedelta(hours=24))))
    if earlier is not None and earlier.opened_at in before:
        before.remove(earlier.opened_at)  # this use itself
    question = request_of(
        premises.network,
        premises.directory,
        at=at,
        patient_id="",
        discloser=partner,
        recipient=partner,
        purpose=purpose,
        resources=(),
        consents=(),
    )
    stated = consent.EmergencyRequest(
        question=question,
        clinician=asked.clinician.identifier and asked.clinician.name,
        facility=asked.facility,
        discloser_name=asked.disclosed_by or premises.network.content.operator.on_call.name,
        nature=asked.nature,
        consent_unobtainable=asked.consent_unobtainable,
        second_factor=asked.second_factor,
        opened=opened,
        earlier_uses=tuple(map(read_instant, before)),
        second_person=_second(asked),
    )
    tokens = (request, facts, clinician)
    return _Use(asked, partner, purpose, at, new_id(), stated, earlier, tokens)


def _second(asked: EmergencyAsked) -> str:
    """Who approved; nobody approves her or his own use, whatever the name."""
    second = asked.second_person
    if second is None or second.as_compared == asked.clinician.as_compared:
        return ""
    return second.name


def _token(premises: Premises, kind: str, partner: str, value: str) -> str:
    return premises.keys.index(f"emergency.{kind}", partner, value)


def _bar(premises: Premises, tx: Transaction, use: _Use) -> AuditReason | None:
    """What bars the use before anybody is looked for: nothing of it tells of a patient."""
    reason = consent.emergency_refusal(use.request)
    if reason is not None:
        return AuditReason(reason.code, reason.citation)
    if premises.network.partners[use.partner].state != "live":
        return AuditReason(PRACTISES, _RULE)
    if use.earlier is not None:
        return None if use.earlier.facts_token == use.tokens[1] else AuditReason(REQUEST_REUSED, _RULE)
    hour = instant_text(use.at - timedelta(hours=1))
    if emergency_uses.number_of_partner(tx, use.partner, hour) >= MOST_AN_HOUR:
        return AuditReason(TOO_MANY, _RULE)
    return None


def _refused(
    premises: Premises, tx: Transaction, use: _Use, patient_id: str | None, reason: AuditReason, told: str
) -> Barred:
    entry = own_record_entry(
        premises,
        kind="refuse",
        request_id=use.request_id,
        at=use.at,
        patient_id=patient_id,
        partner=use.partner,
        purpose=use.purpose,
        returned=(),
        content_sha256=None,
    )
    append(tx, with_fields(entry, reasons=(reason,), emergency=use.facts))
    return Barred(told, use.request_id)


def _decided(
    premises: Premises, tx: Transaction, use: _Use, patient_id: str, held: Sequence[Record]
) -> tuple[_Decided, ...]:
    """Each discloser's records, decided. The asker's own it has.

    Of several Patients one, of whoever shows something else of her: that she is known elsewhere is nobody's emergency,
    and a Patient alone would tell that there are records which are withheld.
    """
    groups: dict[str, list[Record]] = {}
    for record in held:
        if record.resource_type != "Patient" and set(record.sources) != {use.partner}:
            groups.setdefault(record.source_partner, []).append(record)
    found = {
        name: _decided_of(premises, tx, use, patient_id, name, theirs)
        for name, theirs in sorted(groups.items())
    }
    described = [
        one
        for one in held
        if one.resource_type == "Patient" and one.source_partner in found and found[one.source_partner][2]
    ]
    for patient in sorted(described, key=lambda one: one.updated_at)[-1:]:
        name = patient.source_partner
        found[name] = _decided_of(premises, tx, use, patient_id, name, [*groups[name], patient])
    return tuple(found.values())


def _decided_of(
    premises: Premises, tx: Transaction, use: _Use, patient_id: str, discloser: str, theirs: list[Record]
) -> _Decided:
    """The records of one discloser, decided."""
    gathered = gather(
        premises,
        tx,
        patient_id=patient_id,
        discloser=discloser,
        recipient=use.partner,
        purpose=use.purpose,
        held_records=theirs,
        at=use.at,
    )
    decision = consent.decide_emergency(replace(use.request, question=gathered.request), premises.tables)
    return gathered, decision, shown_resources(premises, gathered, decision)


def _released(
    premises: Premises, tx: Transaction, use: _Use, patient_id: str, decided: Sequence[_Decided]
) -> Opened:
    shown = sorted(
        (resource for _, _, theirs in decided for resource in theirs),
        key=lambda one: (one["resourceType"], one["id"]),
    )
    told = notice_outcomes(notice_of(premises, decision) for _, decision, theirs in decided if theirs)
    notices = (request_not_to_redisclose(), *told)
    content = in_media(collection_bundle(shown, notices, use.at, use.base), use.media)
    keep_named(premises, tx)
    entries = _entries(premises, use, decided, sha256_of(content))
    first = min([append(tx, entry).seq for entry in entries])
    outbox.add(tx, _release_row(use, patient_id, first, sha256_of(content)), content)
    due = instant_text(use.at + _REVIEW_WITHIN)
    if use.earlier is None:
        request, facts, clinician = use.tokens
        opened = EmergencyUse(
            use.request_id,
            use.partner,
            request,
            facts,
            clinician,
            patient_id,
            instant_text(use.request.opened),
            first,
            due,
        )
        emergency_uses.add(tx, opened)
    disclosers = {gathered.discloser: theirs for gathered, _, theirs in decided if theirs}
    notes = [
        note_to(premises, patient_id, discloser, use.partner, use.facts, theirs, use.at, use.request_id)
        for discloser, theirs in disclosers.items()
    ]
    records.save_all(tx, notes)
    patients.raise_epoch(tx, patient_id)
    return Opened(content, use.request_id)


def _release_row(use: _Use, patient_id: str, audit_seq: int, digest: str) -> ReleaseRow:
    return ReleaseRow(
        id=new_id(),
        intent_id=None,
        patient_id=patient_id,
        partner=use.partner,
        audit_seq=audit_seq,
        sha256=digest,
        media_type=use.media,
        created_at=instant_text(use.at),
        state=outbox.HANDED_OVER,
    )


def _entries(
    premises: Premises, use: _Use, decided: Iterable[_Decided], digest: str | None
) -> list[AuditEntry]:
    """One for each discloser, those that disclose first. Consent decided nothing of it: no decision to make again."""
    entries = []
    for gathered, decision, shown in decided:
        entry = entry_of(
            premises,
            gathered,
            decision,
            kind="disclose" if shown else "refuse",
            request_id=use.request_id,
            at=use.at,
            shown=shown,
            content_sha256=digest if shown else None,
        )
        named = ", ".join(dict.fromkeys((use.asked.clinician.name, use.asked.facility, entry.recipient_name)))
        source = (reference_of(gathered.discloser),)
        entries.append(
            with_fields(entry, source=source, decision_sha256="", recipient_name=named, emergency=use.facts)
        )
    return sorted(entries, key=lambda entry: entry.kind)
