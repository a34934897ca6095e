"""Consents that were recorded after the backup and are lost with the store: the log tells of each, but not what it says.

One of them may deny what needs no consent, or what another permits. Until a person has looked, something stands in for
it that denies everything; where there is nobody in the store for whom it could, the gateway stays still until somebody
says that she has asked. One that was taken back has ended here too: its recorder may not know, and sends it again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import replace as changed

from msgspec.structs import replace

from gateway.audit import AuditEntry, AuditReason, append, get
from gateway.disclosure.consent_standing import (
    CHANGED_SINCE,
    DENIES,
    GONE,
    LOST,
    PERMITS_ALONE,
    TAKEN_BACK,
    could_deny,
    permits_at_root,
)
from gateway.flows.heard_denials import DENIAL_ENDED
from gateway.flows.judged import rest_of
from gateway.flows.own_ids import own_id
from gateway.flows.restored import Since, who_is_one
from gateway.store import ConsentState, Reading, Record, Transaction, consents, patients, records
from gateway.store.model import AuditRow

NOTHING_DENIES = "consents not here, nothing denied"
_STANDINGS = ("usable", "unverified", "deficient", "unrelated")


@dataclass(frozen=True, slots=True)
class Missing:
    """A consent of which the log tells and that is not in the store. `consent` is empty where its entry cannot be read;
    `stands_in`: the id of what denies in its place, empty where nothing does: its patient is not in the store either, or
    it did not bind.
    """

    patient: str
    consent: str
    recorded_by: str
    at: str
    stands_in: str


def stand_in(tx: Transaction, since: Since, id_key: bytes, at: str) -> tuple[Missing, ...]:
    """Have a denial of everything stand in for each of them, and have those end that were taken back. Doing it twice
    changes nothing more.
    """
    one_with, found = who_is_one(tx, since), []
    last, ended, gone = _last_words(tx, since.consents)
    for row, reference, before in gone:
        there = [one for one in sorted(one_with(str(row.patient_id))) if patients.exists(tx, one)]
        for one in there:
            consent_id = reference.removeprefix("Consent/") or own_id(id_key, one, str(row.seq), GONE)
            held, state = records.get(tx, "Consent", consent_id), consents.get(tx, consent_id)
            if held is None and not patients.is_destroyed(tx, one):
                _remember_ended(tx, row, consent_id, before, one)
            elif (
                held is not None
                and state is not None
                and held.patient_id == one
                and held.resource["status"] == "active"
            ):
                _end_again(tx, held, state, row, id_key, at)
        if not there and row.patient_id not in since.destroyed:  # who sends it again has it in force
            found.append(Missing(str(row.patient_id), reference, row.partner, row.at, ""))
    for (patient_id, reference), (row, entry) in last.items():
        if entry is not None and (entry.description == PERMITS_ALONE or _is_there(tx, reference, entry)):
            continue
        binds = row.outcome != "unrelated"
        there = [one for one in sorted(one_with(patient_id)) if binds and patients.exists(tx, one)]
        for one in there:
            # of this very word: what is sent again later, and lost again, has not ended with what stood in for it
            denial = own_id(id_key, one, reference, str(row.seq), LOST)
            if entry is not None and LOST in {reason.code for reason in entry.reasons}:
                denial = reference.removeprefix("Consent/")  # it stood in before, and nobody has ended it
            known = f"Consent/{denial}" in ended or any(told.stands_in == denial for told in found)
            if known or patients.is_destroyed(tx, one):
                continue
            _deny(tx, denial, one, row, entry, at)
            found.append(Missing(one, reference, row.partner, row.at, denial))
        if not there and patient_id not in since.destroyed:
            found.append(Missing(patient_id, reference, row.partner, row.at, ""))
    return tuple(found)


def told_of_missing(missing: Iterable[Missing]) -> Mapping[str, object]:
    """The same as a report prints it: ids and times only."""
    told = [
        (
            one.stands_in,
            {"patient": one.patient, "consent": one.consent, "recorded by": one.recorded_by, "at": one.at},
        )
        for one in missing
    ]
    return {
        "consents not here, denied instead": [{**one, "denied by": by} for by, one in told if by],
        NOTHING_DENIES: [one for by, one in told if not by],
    }


def recorders(reading: Reading) -> Mapping[str, int]:
    """Who is to be asked for withdrawals and denials: the recorders of all consents, and of how many."""
    found = Counter(
        one.recorded_by for standing in _STANDINGS for one in consents.of_standing(reading, standing)
    )
    return dict(sorted(found.items()))


Word = tuple[AuditRow, AuditEntry | None]


def _last_words(
    tx: Transaction, rows: Iterable[AuditRow]
) -> tuple[dict[tuple[str, str], Word], frozenset[str], tuple[tuple[AuditRow, str, AuditEntry | None], ...]]:
    """What the log says last of each consent in force, by patient and reference (empty: unreadable); the references of
    those denials that a person has ended; and each word that one was taken back, with the reference and what was said of
    it before, since the backup.
    """
    last: dict[tuple[str, str], Word] = {}
    ended, gone, said = set(), [], dict[str, AuditEntry]()
    for row in rows:
        logged = get(tx, row.seq)
        entry = None if logged is None else logged.entry
        reference = "" if entry is None else entry.subject
        key = str(row.patient_id), reference
        codes = {reason.code for reason in entry.reasons} if entry is not None else set()
        if row.kind == "revoke" and codes.isdisjoint((LOST, TAKEN_BACK)):  # those permitted nothing
            gone.append((row, reference, said.get(reference)))
        if row.outcome == DENIAL_ENDED or row.kind == "revoke":
            if reference:  # where it is unknown which one it was, no other is taken for ended
                ended.add(reference)
                last.pop(key, None)
        elif reference or row.outcome != "unrelated" or key not in last:
            last[key] = (row, entry)  # of what nobody can read, one that never bound stands for none that did
            if entry is not None:
                said[reference] = entry
    return last, frozenset(ended), tuple(gone)


def _end_again(
    tx: Transaction, held: Record, state: ConsentState, row: AuditRow, id_key: bytes, at: str
) -> None:
    """A Consent that was taken back since is in force no more, and never again. What it denied goes on, also where its
    recorder had ended all of it: that is the recorder's or a person's to say once more.
    """
    patients.raise_epoch(tx, str(held.patient_id))
    codes = dict.fromkeys((*json.loads(state.reasons), CHANGED_SINCE))
    state = changed(state, reasons=json.dumps(list(codes)))
    if not permits_at_root(held.resource):
        consents.save(tx, state)
        return
    content = {**held.resource, "status": "inactive"}
    saved = records.save(tx, replace(held, version=0, resource=content, updated_at=row.at))
    consents.save(tx, changed(state, version=saved.version))
    rest = rest_of(held, id_key)
    if could_deny(held.resource) and consents.get(tx, rest["id"]) is None:
        kept = records.save(tx, replace(held, id=rest["id"], version=0, resource=rest, updated_at=at))
        standing = "unrelated" if state.standing == "unrelated" else "unverified"
        said = (kept.id, state.patient_id, kept.version, standing, state.recorded_by, at)
        consents.save(tx, ConsentState(*said, json.dumps([TAKEN_BACK])))
        goes_on = f"goes on of {held.reference}, taken back by entry {row.seq}"
        append(tx, replace(_entry(kept, row, TAKEN_BACK, goes_on, at), outcome=standing))


def _remember_ended(
    tx: Transaction, row: AuditRow, consent_id: str, before: AuditEntry | None, patient_id: str
) -> None:
    """Of one that was taken back and is lost it is remembered that it ended; and, unless the log says otherwise, that it
    kept something back: the end of a yes opens nothing of that (`consent.versions_in_force`).
    """
    recorder = "" if before is None else before.partner
    made = _record(consent_id, patient_id, recorder, row.at)
    content = {**made.resource, "status": "inactive"}
    if before is None or before.description not in (PERMITS_ALONE, DENIES):
        content["provision"] = {"type": "permit", "provision": [{"type": "deny"}]}
    saved = records.save(tx, replace(made, resource=content))
    patients.raise_epoch(tx, patient_id)
    codes = json.dumps([GONE])
    state = ConsentState(consent_id, patient_id, saved.version, "unverified", recorder, row.at, codes)
    consents.save(tx, state)


def _is_there(tx: Transaction, reference: str, entry: AuditEntry) -> bool:
    """Whether the store has the version of which the entry tells."""
    held = records.get(tx, "Consent", reference.removeprefix("Consent/"))
    return held is not None and held.version_reference in entry.consents


def _deny(
    tx: Transaction, denial: str, patient_id: str, row: AuditRow, entry: AuditEntry | None, at: str
) -> None:
    if records.get(tx, "Consent", denial) is not None:
        return
    codes = {reason.code for reason in entry.reasons} if entry is not None else {TAKEN_BACK}
    # Who took another's permission back has not recorded what went on of it: nobody's to end, then, but a person's.
    recorder = "" if TAKEN_BACK in codes else row.partner
    saved = records.save(tx, _record(denial, patient_id, recorder, at))
    state = ConsentState(saved.id, patient_id, saved.version, "unverified", recorder, at, json.dumps([LOST]))
    patients.raise_epoch(tx, patient_id)
    consents.save(tx, state)
    what = entry.subject if entry is not None else "a consent whose entry cannot be read"
    said = f"stands in for {what} of entry {row.seq}, which is lost; it denies until a person has looked"
    append(tx, _entry(saved, row, LOST, said, at))


def _record(denial: str, patient_id: str, recorder: str, at: str) -> Record:
    resource = {
        "resourceType": "Consent",
        "id": denial,
        "status": "active",
        "scope": {"coding": [{"system": _SCOPES, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{patient_id}"},
        "dateTime": at,
        "policyRule": {"coding": [{"system": _ACTS, "code": "OPTOUT"}]},
        "verification": [{"verified": False}],
        "provision": {"type": "deny"},
    }
    return Record(
        resource_type="Consent",
        id=denial,
        version=0,
        patient_id=patient_id,
        source_partner=recorder,
        sources=(recorder,),
        part2=True,
        updated_at=at,
        deleted=False,
        resource=resource,
    )


_SCOPES = "http://terminology.hl7.org/CodeSystem/consentscope"
_ACTS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def _entry(saved: Record, row: AuditRow, code: str, said: str, at: str) -> AuditEntry:
    return AuditEntry(
        request_id=row.request_id,
        at=at,
        kind="consent",
        patient_id=saved.patient_id,
        partner="",
        purpose="",
        outcome="unverified",
        consents=(saved.version_reference,),
        reasons=(AuditReason(code, "42 CFR 2.31"),),
        subject=saved.reference,
        description=said,
    )
