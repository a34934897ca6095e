"""Answering a caller: the same gate for what is pulled as for what is pushed.

Unknown, without consent and withheld give the same answer, and each question leaves an audit entry.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

import consent
from gateway.audit import AuditEntry, AuditReason, append, find_by_request
from gateway.clock import instant_text, new_id, new_row_id
from gateway.disclosure.account import OVERTAKEN, entry_of, own_record_entry
from gateway.disclosure.asked import kept_question
from gateway.disclosure.content import FHIR_JSON, in_media_apart, notice_of, notice_outcomes, sha256_of
from gateway.disclosure.gathered import Gathered
from gateway.disclosure.named_versions import keep_named
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking, Question, Seen, is_own, own_words, present_questions, questions
from gateway.disclosure.seen_before import Before
from gateway.disclosure.shown_versions import Dress, dated, tagged, undressed
from gateway.errors import NotNow
from gateway.store import Reading, Record, ReleaseRow, Transaction, outbox, patients

_TRIES = 5
DIRECTORY = "DIRECTORY"
"""The basis of an answer from the directory of services: no person is in it."""
Select = Callable[[Reading], tuple[str | None, Sequence[Record]]]
Choose = Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]
"""What of all that a caller may see it has asked for, in order."""
Write = Callable[[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]], datetime], bytes]
Also = Callable[[Transaction, str, bool], None]
"""What is committed with the answer: given its request id, and whether anything is shown."""


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
    before: Before | None = None
    """What is remembered of it, where all that may be seen of it is shown."""

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
    from_directory: bool
    media: str = FHIR_JSON


async def show(
    premises: Premises,
    *,
    partner: str,
    purpose: str,
    select: Select,
    write: Write,
    kind: str = "query",
    media: str = FHIR_JSON,
    choose: Choose | None = None,
    dress: Dress = undressed,
    each_alone: bool = False,
    also: Also | None = None,
    asked: str = "",
    credentials: tuple[str, ...] = (),
    directory: Sequence[Mapping[str, Any]] = (),
) -> Shown:
    """What `partner` may see of the records that `select` finds, written by `write(resources, notices, at)`.

    `choose` takes what was asked for out of what may be seen; the rest is not released and the log says so. `dress`
    adds words of the gateway's own, `also` is committed with the answer. `each_alone`: each record is decided by itself
    (several versions of one). `asked`: the question as it was sent, `credentials`: by which it was, for the log.
    `directory`: what is nobody's and open to every partner; `choose` may take of it too.

    The audit entries and the exact bytes are committed before this returns. Raises NotNow
    `CONSENT_KEEPS_CHANGING`.
    """
    for _ in range(_TRIES):
        answer = _answer(
            premises, partner, purpose, select, write, choose or in_order, dress, each_alone, directory
        )
        if media != FHIR_JSON:  # what leaves, as the log has it
            written = await in_media_apart(answer.content, media)
            answer = dataclasses.replace(answer, content=written, media=media)
        request_id = new_id()
        kept = await premises.store.write(
            partial(_commit, premises, partner, purpose, kind, answer, request_id, also, asked, credentials)
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
    premises: Premises,
    partner: str,
    purpose: str,
    select: Select,
    write: Write,
    choose: Choose,
    dress: Dress,
    each_alone: bool,
    directory: Sequence[Mapping[str, Any]],
) -> _Answer:
    asking = Asking(partner, purpose, premises.clock.now())
    with premises.store.read() as reading:
        patient_id, found = select(reading)
        epoch = patients.epoch(reading, patient_id) if patient_id else 0
        if each_alone:
            asked = questions(premises, reading, asking, patient_id, found, each_alone=True)
        else:
            asked, found = present_questions(premises, reading, asking, patient_id, found)
        own = [record for record in found if patient_id and is_own(record, partner)]
        seen = [Seen(own_words(record), record) for record in own]
        seen += [one for question in asked for one in question.seen]
        if each_alone:  # in the order in which they were found, whoever discloses them
            place = {record.version_reference: number for number, record in enumerate(found)}
            seen.sort(key=lambda one: place.get(one.record.version_reference, len(place)))
        resources = [dated(premises, reading, asking, patient_id or "", one) for one in seen]
        picked = choose([*resources, *directory])
        chosen = tuple(tagged(premises, partner, dress(reading, one)) for one in picked)
    wanted = frozenset(map(_name, chosen))
    groups = tuple(_decided(question, wanted) for question in asked)
    notices = notice_outcomes(_notice(premises, group) for group in groups if group.shown)
    content = write(chosen, notices, asking.at)
    returned = tuple(record.version_reference for record in own if record.reference in wanted)
    known = {id(one) for one in directory}
    public = any(id(one) in known for one in picked)
    return _Answer(patient_id, epoch, groups, returned, chosen, content, asking.at, public)


def _decided(question: Question, wanted: frozenset[str]) -> Decided:
    """The question with what was asked for of what may be seen, and the names of the rest."""
    resources = [one.resource for one in question.seen]
    shown = tuple(resource for resource in resources if _name(resource) in wanted)
    unasked = (frozenset(map(_name, resources)) | question.beside) - wanted
    whole = len(shown) == len(resources) and not unasked
    return Decided(question.gathered, question.decision, shown, unasked, question.before if whole else None)


def _notice(premises: Premises, one: Decided) -> consent.Notice:
    """The notice for it, made once."""
    if one.before is None:
        return notice_of(premises, one.decision)
    if one.before.notice is None:
        one.before.notice = notice_of(premises, one.decision)
    return one.before.notice


def _name(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


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
    also: Also | None,
    asked: str,
    credentials: tuple[str, ...],
    tx: Transaction,
) -> bool:
    if answer.patient_id is not None and patients.epoch(tx, answer.patient_id) != answer.epoch:
        return False
    digest = sha256_of(answer.content)
    keep_named(premises, tx)
    first: int | None = None
    told = kept_question(asked, answer.patient_id)  # once for the patient, however many disclose about her
    for entry in _entries(premises, partner, purpose, kind, answer, request_id, digest):
        if credentials or (told and first is None):
            entry = replace(entry, asked="" if first else told, credentials=credentials)
        seq = append(tx, entry).seq
        first = first or seq
    if answer.resources and answer.patient_id is not None and first is not None:
        row = ReleaseRow(
            id=new_row_id(),
            intent_id=None,
            patient_id=answer.patient_id,
            partner=partner,
            audit_seq=first,
            sha256=digest,
            media_type=answer.media,
            created_at=instant_text(answer.at),
            state="handed_over",
        )
        outbox.add(tx, row, answer.content)
    if also is not None:
        also(tx, request_id, bool(answer.resources))
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
    entries = [_entry(premises, one, answer.at, request_id, digest) for one in answer.decided]
    if answer.own or not entries:
        entry = own_record_entry(
            premises,
            kind=kind,
            request_id=request_id,
            at=answer.at,
            patient_id=answer.patient_id,
            partner=partner,
            purpose=purpose,
            returned=answer.own,
            content_sha256=digest if answer.own or answer.from_directory else None,
        )
        if answer.from_directory and not answer.own:
            entry = replace(entry, outcome="disclose", basis=DIRECTORY)
        entries.append(entry)
    return entries


def _entry(premises: Premises, one: Decided, at: datetime, request_id: str, digest: str) -> AuditEntry:
    """The entry of one discloser. Of what is shown again as a whole all but this request was written before."""
    before = one.before
    known = before.entry if before is not None else None
    if known is not None and known.versions["mappings"] == premises.library.version:
        return replace(known, request_id=request_id, at=instant_text(at), bytes_sha256=digest)
    entry = entry_of(
        premises,
        one.gathered,
        one.decision,
        kind=one.kind,
        request_id=request_id,
        at=at,
        shown=one.shown,
        unasked=one.unasked,
        content_sha256=digest if one.shown else None,
    )
    if before is not None and one.shown:
        before.entry = entry
    return entry
