"""A partner that speaks FHIR submits a transaction: everything in it is taken in together, or nothing is."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from gateway.clock import instant_text, new_id
from gateway.disclosure.content import media_of
from gateway.disclosure.premises import Premises
from gateway.disclosure.recorder_only import marked
from gateway.disclosure.seen import is_own
from gateway.disclosure.shown_versions import new_version
from gateway.errors import AlreadyReceived, NotAllowed, NotUnderstood
from gateway.flows.answering import Answered, answered_in, patient_answered, record_answer, under_our_names
from gateway.flows.answers import EntryOutcome, TransactionOutcome
from gateway.flows.body_hash import BodyHash, body_hash, named_by_itself
from gateway.flows.checked import checked_entries
from gateway.flows.consent_record import keep_consent
from gateway.flows.heard_denials import hear_denials
from gateway.flows.nothing import nothing_for
from gateway.flows.patient_notices import keep_submitted
from gateway.flows.people import patient_meant
from gateway.flows.saved_together import SavedTogether
from gateway.flows.sent_before import take_back_named, under_ids_given
from gateway.flows.sources import Beside, beside
from gateway.flows.submitted_ids import Submitted, submitted
from gateway.flows.submitted_record import submitted_record
from gateway.flows.submitted_referral import add_referral_intents, told_whom_it_leaves
from gateway.identity import identify
from gateway.partners.logical_references import literal
from gateway.resources import to_json
from gateway.security.callers import Caller
from gateway.store import InboxMessage, Intent, Record, Transaction, inbox, intents, records

CHANNEL = "fhir"
_MOST_ENTRIES = 500
_MOST_AT_ONCE = 65_536
"""Bytes of a transaction that are looked at on the event loop."""
_SUBJECT_OF = ("subject", "patient", "for", "beneficiary", "individual")


@dataclass(frozen=True, slots=True)
class _Work:
    """One transaction on its way into the store."""

    caller: Caller
    entries: tuple[Submitted, ...]
    raw: bytes
    body: BodyHash
    key: str | None
    at: datetime
    request_id: str
    kept_here: frozenset[str]
    """References of what only its recorder is shown."""
    answered: Mapping[int, Answered] = field(default_factory=dict)
    """The entries that answer a referral."""
    repeated: frozenset[int] = frozenset()
    """The entries that repeat what an answered referral asks for."""


async def accept_transaction(
    premises: Premises,
    caller: Caller,
    bundle: Mapping[str, Any],
    raw: bytes,
    idempotency_key: str | None,
    kept_here: Collection[str] = (),
) -> TransactionOutcome:
    """Take in a FHIR transaction about one patient. The same bytes or key again give the same answer.

    `kept_here`: the names (`fullUrl`) of those entries that nobody but who sends them is ever shown.

    Raises NotUnderstood and NotSupported with the place (`Bundle.entry[2].resource.status`), AlreadyReceived
    `IDEMPOTENCY_KEY_REUSED` when the key came before with other bytes.
    """
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") not in ("transaction", "batch"):
        raise NotUnderstood("BUNDLE_TYPE", "must be a `Bundle` of type `transaction`", "Bundle.type")
    read = partial(_read, premises, caller.partner, bundle)
    # hundreds of entries take a while: others are answered meanwhile
    entries, ours = await asyncio.to_thread(read) if len(raw) > _MOST_AT_ONCE else read()
    named = zip(entries, ours, strict=True)
    work = _Work(
        caller=caller,
        entries=ours,
        raw=raw,
        body=body_hash(premises, caller.partner, raw),
        key=idempotency_key,
        at=premises.clock.now(),
        request_id=new_id(),
        kept_here=frozenset(
            _reference(mine.resource) for one, mine in named if one.get("fullUrl") in kept_here
        ),
    )
    try:
        outcome = await premises.store.write(lambda tx: _take_in(premises, tx, work))
    except NotAllowed as error:  # nothing of it was kept: the attempt stands in the log by itself
        await nothing_for(premises, caller, "Bundle", error.code)
        raise
    premises.work_waiting.set()
    return outcome


def take_in_again(
    premises: Premises,
    tx: Transaction,
    caller: Caller,
    resource: Mapping[str, Any],
    raw: bytes,
    at: datetime,
    request_id: str,
) -> Record:
    """A record that is there already, under its id here: what a transaction of this one entry would do.

    The same bytes again are no duplicate: something else may have been sent in between. Raises as `accept_transaction`.
    """
    work = _Work(
        caller=caller,
        entries=(_found_here(premises, Submitted(resource)),),
        raw=raw,
        body=body_hash(premises, caller.partner, raw),
        key=f"update {request_id}",
        at=at,
        request_id=request_id,
        kept_here=frozenset(),
    )
    _take_in(premises, tx, work)
    saved = records.get(tx, *_name(resource))
    assert saved is not None
    return saved


def _read(
    premises: Premises, partner: str, bundle: Mapping[str, Any]
) -> tuple[Sequence[Mapping[str, Any]], tuple[Submitted, ...]]:
    """The entries as they came, checked, and with our ids. Pure; raises as `accept_transaction`."""
    entries = checked_entries(bundle, _MOST_ENTRIES)
    ours = submitted(premises.keys.id_key, partner, entries)
    return entries, tuple(_found_here(premises, one) for one in ours)


def _found_here(premises: Premises, entry: Submitted) -> Submitted:
    """The entry with what we had named to its sender by identifier named as we do; a Consent stays as it was given."""
    if entry.resource["resourceType"] == "Consent":
        return entry
    return with_changes(entry, resource=literal(premises.network, entry.resource))


def _take_in(premises: Premises, tx: Transaction, work: _Work) -> TransactionOutcome:
    known = _known(tx, work)
    if known is not None:
        return known
    work = _as_named_here(premises, tx, work)
    patient_id = _patient_of(premises, tx, work)
    around = beside([entry.resource for entry in work.entries])
    resources = [_about(entry.resource, patient_id) for entry in work.entries]
    together = SavedTogether(tx, map(_name, resources))
    leaving = _leaving(premises, tx, work, resources, around, together)
    before = [
        _save(premises, tx, work, number, resource, patient_id, around, together)
        for number, resource in enumerate(resources)
    ]
    together.save()
    saved = [together.saved[number] for number in range(len(resources))]
    outcomes = [_outcome(premises, work, *both) for both in zip(before, saved, strict=True)]
    news = {now.reference for was, now in zip(before, saved, strict=True) if _is_news(was, now)}
    at = instant_text(work.at)
    message = InboxMessage(
        id=work.request_id,
        partner=work.caller.partner,
        channel=CHANNEL,
        control_id=work.key or work.body.kept,
        body_sha256=work.body.kept,
        format=media_of(work.raw).rpartition("/")[2],
        state="accepted",
        faults=msgspec.json.encode(outcomes).decode(),
        business_key="",
        patient_id=patient_id,
        received_at=at,
    )
    inbox.keep(tx, message, work.raw)
    for intent in leaving:
        intents.add(tx, intent)
    entries, kept = _own(work, before, saved)
    add_referral_intents(premises, tx, message.partner, entries, kept, patient_id, at, news, message.id)
    hear_denials(premises, tx, patient_id, work.at, work.request_id)
    keep_submitted(premises, tx, message.partner, saved, work.at, work.request_id)
    return TransactionOutcome(tuple(outcomes), work.request_id)


def _leaving(
    premises: Premises,
    tx: Transaction,
    work: _Work,
    resources: Sequence[Mapping[str, Any]],
    around: Beside,
    together: SavedTogether,
) -> list[Intent]:
    """What is to tell those whom Tasks among the entries leave for somebody else. Before anything is saved."""
    found: list[Intent] = []
    for number, task in enumerate(resources):
        before = together.before(_name(task)) if task["resourceType"] == "Task" else None
        if before is None or number in work.answered.keys() | work.repeated or work.entries[number].only_new:
            continue
        source, at = work.caller.partner, instant_text(work.at)
        found += told_whom_it_leaves(premises, tx, source, before, task, around, work.request_id, at)
    return found


def _own(
    work: _Work, before: Sequence[Record | None], saved: Sequence[Record]
) -> tuple[list[Submitted], list[Record]]:
    """The entries that are no answer, each with its record; one that was only to be made if it was not there, and was,
    says what is held.
    """
    numbers = [one for one in range(len(saved)) if one not in work.answered.keys() | work.repeated]
    entries = [
        with_changes(work.entries[one], resource=saved[one].resource)
        if work.entries[one].only_new and before[one] is not None
        else work.entries[one]
        for one in numbers
    ]
    return entries, [saved[one] for one in numbers]


def _as_named_here(premises: Premises, tx: Transaction, work: _Work) -> _Work:
    """The same, with what is here already, and what in it answers a referral, named as we have it."""
    work = with_changes(work, entries=under_ids_given(premises, tx, work.caller, work.entries))
    answered = answered_in(premises, tx, work.caller.partner, work.entries)
    if not answered:
        return work
    entries, repeated = under_our_names(tx, work.entries, answered)
    return with_changes(work, entries=entries, answered=answered, repeated=repeated)


def _known(tx: Transaction, work: _Work) -> TransactionOutcome | None:
    """The answer that was given before to the same submission."""
    under = (tx, work.caller.partner, CHANNEL)
    for earlier in inbox.find(*under, work.key) if work.key else named_by_itself(*under, work.body):
        if not work.body.is_of(earlier):
            raise AlreadyReceived(
                "IDEMPOTENCY_KEY_REUSED", "came before with another body", "Idempotency-Key"
            )
        entries = tuple(EntryOutcome(**entry) for entry in json.loads(earlier.faults))
        return TransactionOutcome(entries, earlier.id, duplicate=True)
    return None


def _patient_of(premises: Premises, tx: Transaction, work: _Work) -> str:
    """The one patient the transaction is about: the Patient in it, or one its submitter has sent before."""
    patients = [entry.resource for entry in work.entries if entry.resource["resourceType"] == "Patient"]
    at = instant_text(work.at)
    if work.answered:
        found = {patient_answered(premises, tx, work.caller.partner, work.entries, work.answered)}
    else:
        found = {
            identify(tx, partner=work.caller.partner, patient=p, index=premises.keys.index, at=at).patient_id
            for p in patients
        }
    inside = {f"Patient/{patient['id']}" for patient in patients}
    known: dict[str, str | None] = {}  # most entries name her alike
    for index, entry in enumerate(work.entries):
        of_others = index in work.answered or index in work.repeated
        for name, reference in () if of_others else _subjects(entry.resource):
            if str(reference.get("reference", "")) in inside:
                continue
            named = to_json(reference).decode()
            if named not in known:
                known[named] = patient_meant(premises, tx, work.caller.partner, reference)
            meant = known[named]
            if meant is None:
                place = f"Bundle.entry[{index}].resource.{name}"
                raise NotUnderstood("PATIENT_UNKNOWN", "names no patient that you have sent here", place)
            found.add(meant)
    if len(found) != 1:
        raise NotUnderstood("ONE_PATIENT", "must be about exactly one patient", "Bundle.entry")
    return next(iter(found))


def _name(resource: Mapping[str, Any]) -> tuple[str, str]:
    return resource["resourceType"], resource["id"]


def _reference(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _subjects(resource: Mapping[str, Any]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Where a resource says whom it is about, and the references; of an Appointment her part in it."""
    found = [(name, resource[name]) for name in _SUBJECT_OF if isinstance(resource.get(name), Mapping)]
    parts = resource.get("participant", ()) if resource["resourceType"] == "Appointment" else ()
    actors = ((number, one.get("actor", {})) for number, one in enumerate(parts))
    return [*found, *((f"participant[{number}].actor", one) for number, one in actors if _is_patient(one))]


def _is_patient(reference: Mapping[str, Any]) -> bool:
    named = re.split("[/?]", str(reference.get("reference", "")))[0]
    return "Patient" in (named, reference.get("type"))


def _save(
    premises: Premises,
    tx: Transaction,
    work: _Work,
    number: int,
    resource: Mapping[str, Any],
    patient_id: str,
    around: Beside,
    together: SavedTogether,
) -> Record | None:
    """Have the resource of one entry saved; what was there before it."""
    before = together.before(_name(resource))
    if before is not None and before.patient_id != patient_id:
        message, place = (
            "was sent for another patient; it cannot become this one's",
            f"Bundle.entry[{number}]",
        )
        raise AlreadyReceived("RECORD_OF_ANOTHER_PATIENT", message, f"{place}.request.url")
    if before is not None and (number in work.repeated or work.entries[number].only_new):
        together.now(number, before)
    elif number in work.answered:
        at, place = instant_text(work.at), f"Bundle.entry[{number}].resource"
        answered = work.answered[number]
        together.now(number, record_answer(premises, tx, work.caller, answered, resource, at, place))
    elif resource["resourceType"] == "Consent":
        together.save()  # whether its form is there, and who is related to her, is read of what came before it
        named = work.entries[number]
        take_back_named(premises, tx, work.caller, named, patient_id, work.at, work.request_id)
        kept = keep_consent(premises, tx, work.caller, resource, patient_id, work.at, work.request_id)
        together.now(number, kept.record)
    else:
        partner, at = work.caller.partner, instant_text(work.at)
        made = submitted_record(premises, tx, partner, resource, patient_id, before, around, at)
        if made.reference in work.kept_here:
            made = replace(made, resource=marked(made.resource))
        together.later(number, made)
    return before


def _is_news(before: Record | None, now: Record) -> bool:
    """Whether an entry changed what is held."""
    return before is None or before.version != now.version


def _outcome(premises: Premises, work: _Work, before: Record | None, record: Record) -> EntryOutcome:
    """What became of one entry."""
    tag = ""
    if before is None and is_own(record, work.caller.partner) and record.resource_type != "Task":
        # Of what is there already nothing is told: that others have written to it since would show. A Task is read
        # with words of ours on it.
        tag = new_version(premises, work.caller.partner, record)
    status = "201 Created" if before is None else "200 OK"
    return EntryOutcome(record.reference, record.version, status, record.updated_at, tag)


def _about(resource: Mapping[str, Any], patient_id: str) -> dict[str, Any]:
    """`resource` with a logical or conditional reference to its patient made literal."""
    found = dict(resource)
    for name, reference in _subjects(resource):
        if str(reference.get("reference", "")).startswith("Patient/"):
            continue
        literal = {**reference, "reference": f"Patient/{patient_id}"}
        if name in found:
            found[name] = literal
        else:
            parts = found["participant"]
            found["participant"] = [
                {**one, "actor": literal} if one.get("actor") is reference else one for one in parts
            ]
    return found
