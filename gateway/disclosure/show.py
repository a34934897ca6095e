"""Answering a caller: the same gate for what is pulled as for what is pushed.

Unknown, without consent and withheld give the same answer, and each question leaves an audit entry.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

import consent
from gateway.audit import AuditEntry, AuditReason, append, find_by_request
from gateway.clock import instant_text, new_id
from gateway.disclosure.account import OVERTAKEN, entry_of, own_record_entry
from gateway.disclosure.co_sources import gather_with_vetoes
from gateway.disclosure.content import FHIR_JSON, notice_outcomes, sha256_of
from gateway.disclosure.gate import shown_resources, without_source
from gateway.disclosure.gather import Gathered
from gateway.disclosure.named_versions import keep_named
from gateway.disclosure.premises import Premises
from gateway.errors import NotNow
from gateway.store import Reading, Record, ReleaseRow, Transaction, outbox, patients, records

_TRIES = 5
_ITS_RECORDER_ONLY = "Consent"
Select = Callable[[Reading], tuple[str | None, Sequence[Record]]]
Choose = Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]
"""What of all that a caller may see it has asked for, in order."""
Write = Callable[[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]], datetime], bytes]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a caller gets: the bytes, the resources in them (in order), and the id by which support finds the reasons."""

    content: bytes
    resources: tuple[Mapping[str, Any], ...]
    request_id: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A question to one discloser, its decision, what is shown of it, and the names of what nobody asked for."""

    gathered: Gathered
    decision: consent.Decision
    shown: tuple[Mapping[str, Any], ...]
    unasked: frozenset[str]

    @property
    def kind(self) -> str:
        """The kind of audit entry: what was permitted and not asked for is no refusal."""
        if self.shown:
            return "disclose"
        return "query" if self.unasked else "refuse"


@dataclass(frozen=True, slots=True)
class _Answer:
    patient_id: str | None
    epoch: int
    decided: tuple[Decided, ...]
    own: tuple[str, ...]
    resources: tuple[Mapping[str, Any], ...]
    content: bytes
    at: datetime


async def show(
    premises: Premises,
    *,
    partner: str,
    purpose: str,
    select: Select,
    write: Write,
    kind: str = "query",
    choose: Choose | None = None,
) -> Shown:
    """What `partner` may see of the records that `select` finds, written by `write(resources, notices, at)`.

    `choose` takes what was asked for out of what may be seen; the rest is not released and the log says so.

    The audit entries and the exact bytes are committed before this returns. Raises NotNow
    `CONSENT_KEEPS_CHANGING`.
    """
    for _ in range(_TRIES):
        answer = _answer(premises, partner, purpose, select, write, choose or in_order)
        request_id = new_id()
        kept = await premises.store.write(
            partial(_commit, premises, partner, purpose, kind, answer, request_id)
        )
        if kept and _unmoved(premises, answer):
            return Shown(answer.content, answer.resources, request_id)
        if kept:
            await premises.store.write(partial(_overtaken, premises, partner, purpose, answer, request_id))
    raise NotNow("CONSENT_KEEPS_CHANGING", "the patient's consents change faster than they can be decided")


def _overtaken(
    premises: Premises, partner: str, purpose: str, answer: _Answer, request_id: str, tx: Transaction
) -> None:
    """What was committed to be shown was not: her consents moved before a byte of it left. The log says so."""
    entry = own_record_entry(
        premises,
        kind="refuse",
        request_id=request_id,
        at=premises.clock.now(),
        patient_id=answer.patient_id,
        partner=partner,
        purpose=purpose,
        returned=(),
        content_sha256=None,
    )
    reasons = (AuditReason(OVERTAKEN, "consent moved before anything was shown; decided again"),)
    append(tx, replace(entry, reasons=reasons))
    at = instant_text(premises.clock.now())
    for logged in find_by_request(tx, request_id):
        for release in outbox.of_audit(tx, logged.row.seq):
            outbox.mark(tx, release.id, "failed", at)


def in_order(resources: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """All of it, by type and id."""
    return sorted(resources, key=lambda resource: (resource["resourceType"], resource["id"]))


def _answer(
    premises: Premises, partner: str, purpose: str, select: Select, write: Write, choose: Choose
) -> _Answer:
    at = premises.clock.now()
    with premises.store.read() as reading:
        patient_id, found = select(reading)
        epoch = patients.epoch(reading, patient_id) if patient_id else 0
        own = [record for record in found if patient_id and set(record.sources) == {partner}]
        decided = _decided(premises, reading, partner, purpose, patient_id, found, at)
        seen = frozenset(_name(resource) for _, _, shown in decided for resource in shown)
        own += _last_own_versions(reading, found, partner, seen)
    resources = [*map(_own_words, own), *(resource for _, _, shown in decided for resource in shown)]
    chosen = tuple(choose(resources))
    asked = frozenset(map(_name, chosen))
    groups = tuple(Decided(g, d, *_parted(shown, asked)) for g, d, shown in decided)
    notices = notice_outcomes(premises, (group.decision for group in groups if group.shown))
    content = write(chosen, notices, at)
    returned = tuple(record.version_reference for record in own if record.reference in asked)
    return _Answer(patient_id, epoch, groups, returned, chosen, content, at)


def _decided(
    premises: Premises,
    reading: Reading,
    partner: str,
    purpose: str,
    patient_id: str | None,
    found: Sequence[Record],
    at: datetime,
) -> list[tuple[Gathered, consent.Decision, tuple[Mapping[str, Any], ...]]]:
    """Each discloser's question, its decision, and what may be shown of it."""
    if patient_id is None or not _may_be_decided(premises, reading, partner, patient_id):
        return []
    answers = []
    for discloser, theirs in _by_discloser(found, partner).items():
        gathered = gather_with_vetoes(
            premises,
            reading,
            patient_id=patient_id,
            discloser=discloser,
            recipient=partner,
            purpose=purpose,
            held_records=theirs,
            at=at,
        )
        decision = consent.decide(gathered.request, premises.tables, gathered.compiled)
        answers.append((gathered, decision, shown_resources(premises, gathered, decision)))
    return answers


def _name(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _parted(
    shown: Sequence[Mapping[str, Any]], asked: frozenset[str]
) -> tuple[tuple[Mapping[str, Any], ...], frozenset[str]]:
    """What was asked for, and the names of the rest."""
    return (
        tuple(resource for resource in shown if _name(resource) in asked),
        frozenset(map(_name, shown)) - asked,
    )


def _may_be_decided(premises: Premises, reading: Reading, partner: str, patient_id: str) -> bool:
    """Not while it is uncertain who she is; and a partner that still practises is shown nothing of others."""
    if premises.network.partners[partner].state == "test":
        return False
    return patients.certain(reading, patient_id)


def _own_words(record: Record) -> Mapping[str, Any]:
    """A record as its only source wrote it, under its own ids, with the version it has here."""
    meta = {
        **record.resource.get("meta", {}),
        "versionId": str(record.version),
        "lastUpdated": record.updated_at,
    }
    return without_source({**record.resource, "meta": meta})


def _last_own_versions(
    reading: Reading, found: Sequence[Record], partner: str, shown: Collection[str]
) -> list[Record]:
    """For what `partner` began and others have added to without her permission to tell it: its own last version.

    So an answer of another party does not show in a record that suddenly cannot be found.
    """
    kept = []
    for record in found:
        if partner not in record.sources or set(record.sources) == {partner} or record.reference in shown:
            continue
        versions = records.history(reading, record.resource_type, record.id)
        kept += [version for version in versions if set(version.sources) == {partner}][:1]
    return kept


def _by_discloser(found: Sequence[Record], partner: str) -> dict[str, list[Record]]:
    """Records of others, by the party that would disclose them; never a Consent, which only its recorder sees.

    A Consent names other parties and carries the signed form, of which no part can be redacted.
    """
    groups: dict[str, list[Record]] = {}
    for record in found:
        if record.patient_id is None or record.resource_type == _ITS_RECORDER_ONLY:
            continue
        if set(record.sources) != {partner}:
            groups.setdefault(record.source_partner, []).append(record)
    return dict(sorted(groups.items()))


def _unmoved(premises: Premises, answer: _Answer) -> bool:
    if answer.patient_id is None:
        return True
    with premises.store.read() as reading:
        return patients.epoch(reading, answer.patient_id) == answer.epoch


def _commit(
    premises: Premises,
    partner: str,
    purpose: str,
    kind: str,
    answer: _Answer,
    request_id: str,
    tx: Transaction,
) -> bool:
    if answer.patient_id is not None and patients.epoch(tx, answer.patient_id) != answer.epoch:
        return False
    digest = sha256_of(answer.content)
    keep_named(premises, tx)
    first: int | None = None
    for entry in _entries(premises, partner, purpose, kind, answer, request_id, digest):
        seq = append(tx, entry).seq
        first = first or seq
    if answer.resources and answer.patient_id is not None and first is not None:
        row = ReleaseRow(
            id=new_id(),
            intent_id=None,
            patient_id=answer.patient_id,
            partner=partner,
            audit_seq=first,
            sha256=digest,
            media_type=FHIR_JSON,
            created_at=instant_text(answer.at),
            state="handed_over",
        )
        outbox.add(tx, row, answer.content)
    return True


def _entries(
    premises: Premises,
    partner: str,
    purpose: str,
    kind: str,
    answer: _Answer,
    request_id: str,
    digest: str,
) -> list[AuditEntry]:
    """One entry for each discloser, one for the caller's own records; at least one, also when nothing was found."""
    entries = [
        entry_of(
            premises,
            one.gathered,
            one.decision,
            kind=one.kind,
            request_id=request_id,
            at=answer.at,
            shown=one.shown,
            unasked=one.unasked,
            content_sha256=digest if one.shown else None,
        )
        for one in answer.decided
    ]
    if answer.own or not entries:
        entries.append(
            own_record_entry(
                premises,
                kind=kind,
                request_id=request_id,
                at=answer.at,
                patient_id=answer.patient_id,
                partner=partner,
                purpose=purpose,
                returned=answer.own,
                content_sha256=digest if answer.own else None,
            )
        )
    return entries
