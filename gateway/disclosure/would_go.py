"""What of one patient's records would go to a partner now, record by record and why: asked, and nothing released.

The same questions as a caller's (`seen.questions`), the same redaction, and the entry that the log would have. Nothing
is written here: that somebody asked through a page is recorded by that page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.audit import AuditEntry
from gateway.disclosure.account import entry_of
from gateway.disclosure.premises import Premises
from gateway.disclosure.release_parts import Part, part_between
from gateway.disclosure.seen import Asking, Question, is_own, questions
from gateway.store import Reading, patients, records

MOST = 400
"""So many records are asked about at most."""


@dataclass(frozen=True, slots=True)
class FromOne:
    """What one discloser's records would come to. `entry` is what the log would say; `parts` has, by reference, what
    would be left of each record that would go: where each value stands and what becomes of it, no value.
    """

    discloser: str
    entry: AuditEntry
    parts: Mapping[str, Part]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The whole answer. `own` are the recipient's own records, which go back to it whole; `barred` is a code that says
    why nothing goes whatever is consented (empty: nothing bars it); `is_cut`: more is held than was asked about.
    """

    asked: tuple[FromOne, ...]
    own: tuple[str, ...]
    barred: str
    is_cut: bool

    @property
    def going(self) -> int:
        """How many records of others would go, in full or in part."""
        return sum(row.outcome != "withhold" for one in self.asked for row in one.entry.resources)

    @property
    def considered(self) -> int:
        """How many records of others were asked about."""
        return sum(len(one.entry.resources) for one in self.asked)


def would_go(
    premises: Premises, reading: Reading, *, patient_id: str, recipient: str, purpose: str, at: datetime
) -> Outlook:
    """What partner `recipient` would get of the patient for `purpose` at `at`. Raises NotFound `KEY_GONE`."""
    held = records.of_patient(reading, patient_id)
    found = held[:MOST]
    fresh = premises.remembering_nothing()
    asked = questions(fresh, reading, Asking(recipient, purpose, at), patient_id, found)
    return Outlook(
        asked=tuple(_from_one(premises, question, at) for question in asked),
        own=tuple(record.reference for record in found if is_own(record, recipient)),
        barred=_barred(premises, reading, patient_id, recipient),
        is_cut=len(held) > MOST,
    )


def _barred(premises: Premises, reading: Reading, patient_id: str, recipient: str) -> str:
    if not patients.certain(reading, patient_id):
        return "IDENTITY_PENDING"
    state = premises.network.partners[recipient].state
    return {"test": "PARTNER_PRACTISES", "paused": "PARTNER_PAUSED"}.get(state, "")


def _from_one(premises: Premises, question: Question, at: datetime) -> FromOne:
    left = {f"{one.resource['resourceType']}/{one.resource['id']}": one.resource for one in question.seen}
    entry = entry_of(
        premises,
        question.gathered,
        question.decision,
        kind="disclose" if left else "refuse",
        request_id="",
        at=at,
        shown=left.values(),
    )
    before = {subject.reference: subject.resource for subject in question.gathered.request.resources}
    parts = {
        reference: part_between(reference, before[reference], after) for reference, after in left.items()
    }
    return FromOne(question.gathered.discloser, entry, parts)
