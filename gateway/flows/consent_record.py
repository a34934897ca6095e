"""A Consent is recorded, replaced or withdrawn: it binds at commit, wakes what waited, and stops what it allowed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from gateway.audit import AuditEntry, AuditReason, append
from gateway.clock import instant_text, new_id
from gateway.disclosure.consent_standing import (
    TAKEN_BACK,
    TOLD,
    Judgement,
    could_deny,
    in_the_log,
    permits_at_root,
    was_practice,
)
from gateway.disclosure.content import media_of
from gateway.disclosure.expiry_events import REVIEWED, days_of_review
from gateway.disclosure.held import decide_again
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking
from gateway.disclosure.shown_versions import present_state
from gateway.errors import AlreadyReceived, NotAllowed, NotFound, NotNow, NotUnderstood
from gateway.flows import pull
from gateway.flows.answers import EntryOutcome, Saved, SearchCriteria
from gateway.flows.body_hash import BodyHash, body_hash, named_by_itself
from gateway.flows.checked import checked
from gateway.flows.condition_met import met_by
from gateway.flows.decided_here import BY_RECORDER, act_entry
from gateway.flows.judged import judged, rest_of
from gateway.flows.nothing import nothing_for
from gateway.flows.people import patient_of_consent, related
from gateway.flows.questions import log_question
from gateway.flows.signed_here import kept_as_signed
from gateway.partners import reference_of
from gateway.resources import to_json
from gateway.resources.xml_reading import read_fhir
from gateway.security.callers import Caller
from gateway.store import ConsentState, InboxMessage, Record, Transaction, consents, inbox, patients, records

_CHANNEL = "fhir"
ENDED = ("inactive", "rejected", "entered-in-error")


@dataclass(frozen=True, slots=True)
class ConsentRecorded:
    """A Consent version as it was saved."""

    record: Record
    judgement: Judgement


async def record_consent(
    premises: Premises,
    caller: Caller,
    resource: Mapping[str, Any],
    raw: bytes,
    unless: SearchCriteria | None = None,
) -> Saved:
    """Record a new Consent. It counts from the commit on. The same content of the same recorder again is the same one,
    and where a search of the caller's for `unless` finds one, that is given back and none made.

    Raises NotUnderstood with the place of what is wrong, AlreadyReceived `CONSENT_ENDED` when this very Consent was
    recorded before and has ended since, `CONDITION_SEVERAL` when several meet `unless`.
    """
    checked(resource, "Consent")
    at, request_id, consent_id = premises.clock.now(), new_id(), new_id()
    body = body_hash(premises, caller.partner, to_json(resource))

    def work(tx: Transaction) -> Saved | list[str]:
        if unless is not None and (there := _there_already(premises, tx, caller, unless, request_id)):
            return there
        known = _recorded_before(premises, tx, caller, body)
        if known is not None:
            return known
        patient_id = patient_of_consent(premises, tx, caller.partner, resource, instant_text(at))
        kept = keep_consent(premises, tx, caller, {**resource, "id": consent_id}, patient_id, at, request_id)
        inbox.keep(tx, _received(caller, kept.record, body, request_id, raw), raw)
        return _saved(premises, tx, caller, kept.record, request_id, created=True)

    try:
        saved = await premises.store.write(work)
    except NotNow:
        raise  # nothing came of it, and nothing is told by it
    except Exception:  # it tells that nothing meets the condition, and the entry of that went with it
        if unless is not None:
            await premises.store.write(partial(_asked, premises, caller, unless, request_id))
        raise
    if isinstance(saved, list):
        if len(saved) > 1:  # only now, because the log has to keep that it was asked
            raise AlreadyReceived("CONDITION_SEVERAL", "is met by several resources", "http.If-None-Exist")
        pulled = await pull.read(premises, caller, "Consent", saved[0])
        shown = read_fhir(pulled.content)
        return Saved(shown, pulled.version, pulled.last_modified, pulled.request_id)
    premises.work_waiting.set()
    return saved


def _there_already(
    premises: Premises, tx: Transaction, caller: Caller, unless: SearchCriteria, request_id: str
) -> list[str]:
    """The ids of those that meet the condition. That it was asked is in the log, and of which of several the caller
    learns; one alone is shown to it, and logged as that.
    """
    found = [str(one["id"]) for one in met_by(premises, tx, caller, "Consent", unless)]
    told = [f"Consent/{one}" for one in found] if len(found) > 1 else []
    _asked(premises, caller, unless, request_id, tx, told)
    return found


def _asked(
    premises: Premises,
    caller: Caller,
    unless: SearchCriteria,
    request_id: str,
    tx: Transaction,
    told: Iterable[str] = (),
) -> None:
    patient_id = pull.patient_asked(premises, tx, caller, unless)
    log_question(premises, tx, caller, unless.asked, request_id=request_id, patient_id=patient_id, told=told)


async def replace_consent(
    premises: Premises, caller: Caller, consent_id: str, resource: Mapping[str, Any], if_match: str | None
) -> Saved:
    """A new version of a Consent: a withdrawal of what it permits by anybody related to the patient, other changes, and
    the end of a denial, by its recorder.

    Who did not record it gets back what it sent, and no version: the Consent itself is not theirs to see. Raises
    NotFound `NO_SUCH_RECORD` for whoever may not know of it, NotAllowed `SIGNED_HERE` (`signed_here.py`),
    AlreadyReceived `VERSION_CONFLICT` when `if_match` is not the recorder's present version, `CONSENT_ENDED` when it
    would be in force again.
    """
    checked(resource, "Consent")
    if resource.get("id", consent_id) != consent_id:
        raise NotUnderstood("ID_MISMATCH", "must be the id in the address", "Consent.id")
    at, request_id = premises.clock.now(), new_id()

    def work(tx: Transaction) -> Saved:
        before = records.get(tx, "Consent", consent_id)
        if before is None or before.patient_id is None or not may_change(tx, caller, before, resource):
            raise NotFound("NO_SUCH_RECORD", "nothing can be shown for this request")
        recorder, patient_id = before.source_partner, before.patient_id
        if recorder != caller.partner:
            take_back(premises, tx, caller, before, withdrawn(before), at, request_id)
            return _told(resource, consent_id, request_id)
        ends = before.resource.get("status") == "active" != resource.get("status")
        if if_match is not None and not ends and if_match != _version(premises, tx, caller, before):
            # What she takes back is taken back, whatever version of it her agency has seen.
            raise AlreadyReceived("VERSION_CONFLICT", "is not the present version", "If-Match")
        wanted = kept_as_signed(before, resource, ends=_has_ended(resource))
        content = {**_with_source(before, wanted), "id": consent_id, "patient": before.resource["patient"]}
        kept = keep_consent(premises, tx, caller, content, patient_id, at, request_id)
        return _saved(premises, tx, caller, kept.record, request_id, created=False)

    try:
        saved = await premises.store.write(work)
    except (NotFound, NotAllowed) as error:
        code = "CONSENT_NOT_KNOWN_TO_CALLER" if isinstance(error, NotFound) else error.code
        nothing = await nothing_for(premises, caller, f"Consent/{consent_id}", code)
        raise (nothing if isinstance(error, NotFound) else error) from None
    premises.work_waiting.set()
    return saved


def keep_consent(
    premises: Premises,
    tx: Transaction,
    caller: Caller,
    resource: Mapping[str, Any],
    patient_id: str,
    at: datetime,
    request_id: str,
    recorder: str | None = None,
    *,
    logs_review: bool = True,
    only_denies: str = "",
    has_bound: bool = True,
) -> ConsentRecorded:
    """Save one Consent version with its standing, raise the patient's epoch, wake or stop her intents, and audit it.

    Other days of review are an entry of their own (without `logs_review` the caller writes it). `only_denies`: the code
    of why it never permits (`TOLD`, `TAKEN_BACK`, of which `has_bound`); what it may change was looked at before
    (`told_consents.py`).

    Raises AlreadyReceived `RECORD_OF_ANOTHER_PATIENT` when it was another patient's before, `CONSENT_ENDED` when it
    had ended.
    """
    recorder = recorder or caller.partner
    before = records.get(tx, "Consent", str(resource["id"]))
    if before is not None and not only_denies:
        _refuse_change(before, resource, patient_id)
    judgement = judged(premises, tx, resource, recorder, patient_id, only_denies, has_bound=has_bound)
    was_part2 = before is not None and before.part2
    record = records.save(tx, _record(premises, resource, patient_id, recorder, instant_text(at), was_part2))
    state = ConsentState(
        consent_id=record.id,
        patient_id=patient_id,
        version=record.version,
        standing=judgement.standing,
        recorded_by=recorder,
        recorded_at=instant_text(at),
        reasons=json.dumps(judgement.reasons),
    )
    patients.raise_epoch(tx, patient_id)
    consents.save(tx, state)
    decide_again(tx, patient_id, {} if before is None else before.resource, resource, instant_text(at))
    append(tx, _entry(premises, caller, record, judgement, at, request_id))
    if before is not None and logs_review and days_of_review(before.resource) != days_of_review(resource):
        append(tx, _review_entry(caller, record, at, request_id))
    return ConsentRecorded(record, judgement)


def take_back(
    premises: Premises,
    tx: Transaction,
    caller: Caller,
    before: Record,
    ended: Mapping[str, Any],
    at: datetime,
    request_id: str,
) -> ConsentRecorded:
    """What a Consent permits is taken back: `ended` is it from now on. What it denies beside that goes on as one of its
    own, which never permits: who takes a permission back has not said that more may be seen. What does not bind yet, as
    its recorder has nothing to do with her, waits on until it has.
    """
    patient_id, recorder = str(before.patient_id), before.source_partner
    state = consents.get(tx, before.id)
    kept = keep_consent(premises, tx, caller, ended, patient_id, at, request_id, recorder)
    if could_deny(before.resource):
        about = (patient_id, at, request_id, recorder)
        rest = rest_of(before, premises.keys.id_key)
        bound = state is None or state.standing != "unrelated"
        keep_consent(premises, tx, caller, rest, *about, only_denies=TAKEN_BACK, has_bound=bound)
    return kept


def _review_entry(caller: Caller, record: Record, at: datetime, request_id: str) -> AuditEntry:
    """Who sent other days of review: nobody at the gateway has looked."""
    said = "; ".join(days_of_review(record.resource)) or "no day of review any more"
    return act_entry(
        REVIEWED,
        instant_text(at),
        f"set by {reference_of(caller.partner)}: {said}",
        patient_id=record.patient_id,
        subject=record.reference,
        partner=caller.partner,
        purpose=caller.purpose,
        request_id=request_id,
        by=BY_RECORDER,
        rule="42 CFR 2.31(a)(7)",
    )


def _refuse_change(before: Record, resource: Mapping[str, Any], patient_id: str) -> None:
    """What no new version of a Consent may do: become another patient's, or be in force after it has ended."""
    if before.patient_id != patient_id:
        raise AlreadyReceived("RECORD_OF_ANOTHER_PATIENT", "belongs to another patient", "Consent.patient")
    if _has_ended(before.resource) and not _has_ended(resource):
        raise _ended()


def _has_ended(resource: Mapping[str, Any]) -> bool:
    return resource.get("status") in ENDED


def _ended() -> AlreadyReceived:
    return AlreadyReceived("CONSENT_ENDED", "has ended; a new permission is a new consent", "Consent.status")


def _recorded_before(premises: Premises, tx: Transaction, caller: Caller, body: BodyHash) -> Saved | None:
    """The answer given when the same content came before."""
    for earlier in named_by_itself(tx, caller.partner, _CHANNEL, body):
        (outcome,) = json.loads(earlier.faults)
        consent_id = str(outcome["reference"]).removeprefix("Consent/")
        present = records.get(tx, "Consent", consent_id)
        first = records.version(tx, "Consent", consent_id, outcome["version"])
        if present is None or first is None or _has_ended(present.resource):
            raise _ended()
        if was_practice(premises.network, tx, present):  # and who sends it is live now: it is judged anew
            her, at = str(present.patient_id), premises.clock.now()
            first = keep_consent(premises, tx, caller, first.resource, her, at, new_id()).record
        return _saved(premises, tx, caller, first, earlier.id, created=True)
    return None


def _received(caller: Caller, record: Record, body: BodyHash, request_id: str, raw: bytes) -> InboxMessage:
    outcome = EntryOutcome(record.reference, record.version, "201 Created", record.updated_at)
    return InboxMessage(
        id=request_id,
        partner=caller.partner,
        channel=_CHANNEL,
        control_id=body.kept,
        body_sha256=body.kept,
        format=media_of(raw).rpartition("/")[2],
        state="accepted",
        faults=json.dumps([asdict(outcome)]),
        business_key="",
        patient_id=record.patient_id,
        received_at=record.updated_at,
    )


def may_change(tx: Transaction, caller: Caller, before: Record, resource: Mapping[str, Any]) -> bool:
    """Whether the caller may make that of a Consent: its recorder anything, who has to do with her its end."""
    if before.source_partner == caller.partner:
        return True
    has_part = before.patient_id is not None and related(tx, caller.partner, before.patient_id)
    takes_back = resource.get("status") in ("inactive", "rejected") and permits_at_root(before.resource)
    return has_part and takes_back  # the end of a denial opens records: that is its recorder's to say


def _with_source(before: Record, resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Consent with where it first came from, which nobody is shown and so nobody can say again."""
    source = before.resource.get("meta", {}).get("source")
    return {**resource, "meta": {**resource.get("meta", {}), "source": source}} if source else resource


def withdrawn(before: Record) -> Mapping[str, Any]:
    """The Consent as it was, withdrawn: another party may end it, but not rewrite it."""
    return before.resource if _has_ended(before.resource) else {**before.resource, "status": "inactive"}


def _record(
    premises: Premises, resource: Mapping[str, Any], patient_id: str, recorder: str, at: str, was_part2: bool
) -> Record:
    # a recorder may have left the network: its consents can be taken back still, and are what they were
    partner = premises.network.partners.get(recorder)
    return Record(
        resource_type="Consent",
        id=str(resource["id"]),
        version=0,
        patient_id=patient_id,
        source_partner=recorder,
        sources=(recorder,),
        part2=was_part2 if partner is None else partner.is_part2_program,
        updated_at=at,
        deleted=False,
        resource=resource,
    )


def _entry(
    premises: Premises, caller: Caller, record: Record, judgement: Judgement, at: datetime, request_id: str
) -> AuditEntry:
    # what is told and not in force is no withdrawal: nothing was ever given by it
    active = record.resource.get("status") == "active" or TOLD in judgement.reasons
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
        description=in_the_log(record.resource),
    )


def _saved(
    premises: Premises, tx: Transaction, caller: Caller, record: Record, request_id: str, *, created: bool
) -> Saved:
    shown = _shown(premises, tx, caller, record)
    return Saved(shown, shown["meta"]["versionId"], shown["meta"]["lastUpdated"], request_id, created)


def _version(premises: Premises, tx: Transaction, caller: Caller, record: Record) -> str:
    return str(_shown(premises, tx, caller, record)["meta"]["versionId"])


def _shown(premises: Premises, tx: Transaction, caller: Caller, record: Record) -> Mapping[str, Any]:
    """A Consent as its recorder reads it."""
    asking = Asking(caller.partner, caller.purpose, premises.clock.now())
    shown = present_state(premises, tx, asking, str(record.patient_id), record)
    assert shown is not None
    return shown


def _told(resource: Mapping[str, Any], consent_id: str, request_id: str) -> Saved:
    """The answer to somebody else's withdrawal: its own words."""
    sent = {name: value for name, value in resource.items() if name != "meta"}
    return Saved({**sent, "id": consent_id}, "", "", request_id)
