"""Notices that something has changed: told only of what the recipient may see, decided anew at each sending (SB-01).

The same steps as for a push: the decision and the exact bytes are in the log before anything leaves, the ground is
looked at once more just before the first byte, and what left is accounted for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.audit import AuditEntry, append
from gateway.clock import instant_text, new_id
from gateway.disclosure.account import entry_of, own_record_entry
from gateway.disclosure.answered import older_versions
from gateway.disclosure.content import FHIR_JSON, as_it_leaves, sha256_of
from gateway.disclosure.gate import next_change
from gateway.disclosure.handovers import account_for
from gateway.disclosure.named_versions import keep_named
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking, Question, questions, shown_instead
from gateway.store import Reading, Record, ReleaseRow, Transaction, outbox, patients, records
from gateway.store.partner_pauses import is_paused

_OF_EVERY_VERSION = ("meta", "text", "lastModified")


@dataclass(frozen=True, slots=True)
class Seen:
    """The version of a record that a partner may see, and how; without a question it is the partner's own."""

    record: Record
    resource: Mapping[str, Any]
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class PreparedNotice:
    """Bytes that the log allows to leave, and what must not have moved when they do.

    `valid_until`: the next instant at which one of her consents begins or ends; None: never, or the partner's own.
    """

    release_id: str
    content: bytes
    patient_id: str
    partner: str
    epoch: int
    entry: AuditEntry
    valid_until: datetime | None


def seen_by(
    premises: Premises, reading: Reading, partner: str, purpose: str, record: Record, at: datetime
) -> Seen | None:
    """What of the present `record` `partner` may see for `purpose`, as a read would show it; None: nothing of it."""
    seen = _seen_in(premises, reading, partner, purpose, record, at)
    if seen is not None or record.patient_id is None or record.deleted:
        return seen
    earlier = shown_instead(premises, reading, Asking(partner, purpose, at), record.patient_id, record)
    return None if earlier is None else _seen_in(premises, reading, partner, purpose, earlier, at)


def _seen_in(
    premises: Premises, reading: Reading, partner: str, purpose: str, record: Record, at: datetime
) -> Seen | None:
    """What of `record` in this very version `partner` may see."""
    patient_id = record.patient_id
    if patient_id is None or record.deleted or premises.network.partners[partner].state != "live":
        return None
    if set(record.sources) == {partner}:
        return Seen(record, as_it_leaves(record.resource))
    for question in questions(premises, reading, Asking(partner, purpose, at), patient_id, (record,)):
        for one in question.seen:
            return Seen(record, one.resource, question)
    return None


def is_news(
    premises: Premises,
    reading: Reading,
    partner: str,
    purpose: str,
    record: Record,
    elements: tuple[str, ...],
    at: datetime,
) -> bool:
    """Whether `record` shows `partner` something that the last version it may see before did not.

    Of `elements` alone, if any are given. What changed in a part that is withheld is no news: telling of it would tell
    that there is such a part; nor is a version that comes back after one that may not be seen at all.
    """
    now = _seen_in(premises, reading, partner, purpose, record, at)
    if now is None:
        return False
    for older in older_versions(reading, record):
        earlier = _seen_in(premises, reading, partner, purpose, older, at)
        if earlier is not None:
            return _said(now.resource, elements) != _said(earlier.resource, elements)
    return True


def _said(resource: Mapping[str, Any], elements: tuple[str, ...]) -> dict[str, Any]:
    if elements:
        return {name: resource.get(name) for name in elements}
    return {name: value for name, value in resource.items() if name not in _OF_EVERY_VERSION}


def prepare_notice(
    premises: Premises,
    tx: Transaction,
    *,
    partner: str,
    purpose: str,
    key: tuple[str, str],
    subject: str,
    write: Callable[[datetime], bytes],
    pulled: bool = False,
) -> PreparedNotice | None:
    """The notice on the record `key` (type, id), if `partner` may see it now, with its audit entry; else None.

    `subject` says what the notice is of, for the log. `pulled`: it is the answer to a question, and leaves with it.
    Nothing is logged of what is not sent: nobody asked for it.
    """
    at = premises.clock.now()
    record = records.get(tx, *key)
    seen = None if record is None else seen_by(premises, tx, partner, purpose, record, at)
    if record is None or seen is None or record.patient_id is None:
        return None
    content, release_id = write(at), new_id()
    entry = _entry(premises, partner, purpose, seen, "" if pulled else subject, content, at)
    keep_named(premises, tx)
    seq = append(tx, entry).seq
    row = ReleaseRow(
        id=release_id,
        intent_id=None,
        patient_id=record.patient_id,
        partner=partner,
        audit_seq=seq,
        sha256=sha256_of(content),
        media_type=FHIR_JSON,
        created_at=instant_text(at),
        state=outbox.HANDED_OVER if pulled else outbox.PREPARED,
    )
    outbox.add(tx, row, content)
    epoch = patients.epoch(tx, record.patient_id)
    valid_until = None if seen.question is None else next_change(seen.question.gathered.compiled, at)
    return PreparedNotice(release_id, content, record.patient_id, partner, epoch, entry, valid_until)


def _entry(
    premises: Premises,
    partner: str,
    purpose: str,
    seen: Seen,
    subject: str,
    content: bytes,
    at: datetime,
) -> AuditEntry:
    if seen.question is None:
        return own_record_entry(
            premises,
            kind="query",
            request_id=new_id(),
            at=at,
            patient_id=seen.record.patient_id,
            partner=partner,
            purpose=purpose,
            returned=(seen.record.version_reference,),
            content_sha256=sha256_of(content),
        )
    return entry_of(
        premises,
        seen.question.gathered,
        seen.question.decision,
        kind="disclose",
        request_id=new_id(),
        at=at,
        shown=(seen.resource,),
        content_sha256=sha256_of(content),
        subject=subject,
        unasked=seen.question.beside,
    )


def hand_over(premises: Premises, tx: Transaction, made: PreparedNotice) -> bool:
    """Whether the bytes may leave now; if so that they are leaving is stored with whatever else `tx` stores."""
    at = premises.clock.now()
    if premises.network.partners[made.partner].state != "live" or is_paused(tx, made.partner):
        return False
    if made.valid_until is not None and at >= made.valid_until:
        return False  # it is decided anew, by what is in force now
    if patients.epoch(tx, made.patient_id) != made.epoch:
        return False
    outbox.mark(tx, made.release_id, outbox.HANDED_OVER, instant_text(at))
    return True


def account(premises: Premises, tx: Transaction, made: PreparedNotice, outcome: str, code: str) -> None:
    """Put into the log what came of a notice that was handed over; of one that was not, that it never left."""
    at = premises.clock.now()
    row = outbox.get(tx, made.release_id)
    if row is None or row.state not in outbox.OPEN:
        return
    if row.state == outbox.PREPARED:
        outbox.mark(tx, made.release_id, "failed", instant_text(at))
        return
    account_for(tx, made.release_id, made.entry, outcome, code, at)
    state = {"delivered": "delivered", "unknown": "unknown"}.get(outcome, "failed")
    outbox.mark(tx, made.release_id, state, instant_text(at))
