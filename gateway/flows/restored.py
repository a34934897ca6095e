"""What a restored store must take account of: it is as old as its backup, and the world went on.

Told from the audit rows that came after the backup, out of the journal or of what is left of the old store: patients
whose key was destroyed stay destroyed; consents that changed permit nothing until a person has looked; what may have
been sent since is not sent as if it were new. The last of those rows may always be missing (the journal is written a
second behind, or is an older copy), so all that waits counts as that.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

from gateway.audit import append, of_patient
from gateway.clock import instant_text
from gateway.disclosure.consent_standing import CHANGED_SINCE, LOST, could_deny
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound
from gateway.flows import own_silence, passkeys, phones
from gateway.flows.console_accounts import DISABLED
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.flows.desk_workers import SENT_AWAY
from gateway.flows.destruction import KEY_DESTROYED, destroy_again
from gateway.flows.ever_one import WHO_IS_WHO, all_reached, ever_one_with
from gateway.flows.heard_denials import DENIAL_ENDED
from gateway.flows.judged import judged
from gateway.flows.legal_holds import LIFTED, PLACED, hold_again
from gateway.flows.own_contacts import AGREED
from gateway.flows.own_page_doors import PHONE_LOST
from gateway.flows.referral import POSSIBLE_DUPLICATE
from gateway.store import (
    Transaction,
    consents,
    destruction,
    intents,
    patients,
    records,
    same_person,
)
from gateway.store.model import AuditRow

RESTORED, CONFIRMED = "restored", "consents_confirmed"
MAY_BE_SENT = "SENT_AFTER_BACKUP"
MISSING_FROM, MISSING_TO = "missing.from", "missing.to"
"""What the entry of a restore says under `versions`: from when to when (ISO, UTC) entries may be missing before it."""
_LEFT = ("disclose", "handover")
_CONSENT = ("consent", "revoke")
_OF_DOORS = frozenset(
    (own_silence.SILENCED, own_silence.ALLOWED, AGREED, PHONE_LOST, phones.GIVEN_UP, passkeys.GIVEN_UP)
) | {SENT_AWAY, RESTORED, DISABLED}
_MAY_GO = ("due", "retry", "sending")


@dataclass
class Since:
    """What the audit rows after the backup say; patients and partners by our ids."""

    entries: int
    head: bytes
    kinds: Counter[str] = field(default_factory=Counter)
    disclosed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(patient, partner) to how many entries say that something went or may have gone there."""
    consent_changed: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    identity_changed: set[str] = field(default_factory=set)
    """Patients who were found to be another, or were parted again."""
    named_together: dict[str, set[str]] = field(default_factory=dict)
    """Request to the two patients whom a person joined, parted or sorted by it."""
    destroyed: dict[str, str] = field(default_factory=dict)
    """Patient to when."""
    last_at: str = ""
    doors: list[AuditRow] = field(default_factory=list)
    """What was said of messages, links, phones and workers (`restored_doors`), in order."""
    holds: list[AuditRow] = field(default_factory=list)
    """What was said of legal holds, in order."""
    consents: list[AuditRow] = field(default_factory=list)
    """What was said of consents, in order."""

    def add(self, row: AuditRow) -> None:
        """Take account of the next row of the log."""
        self.entries, self.head, self.last_at = row.seq, row.chain_hash, row.at
        self.kinds[row.kind] += 1
        if row.outcome in _OF_DOORS:
            self.doors.append(row)
        if row.outcome in (PLACED, LIFTED):
            self.holds.append(row)
        if row.patient_id is None:
            return
        if row.kind in _CONSENT or row.outcome == DENIAL_ENDED:
            self.consents.append(row)
        if row.kind in _LEFT:
            self.disclosed[row.patient_id, row.partner] += 1
        if row.kind in _CONSENT:
            self.consent_changed.add(row.patient_id)
        if row.kind == "revoke":
            self.withdrawn.add(row.patient_id)
        if row.outcome in WHO_IS_WHO:
            self.identity_changed.add(row.patient_id)
            self.named_together.setdefault(row.request_id, set()).add(row.patient_id)
        if row.outcome == KEY_DESTROYED:
            self.destroyed[row.patient_id] = row.at


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done to the restored store for the sake of `Since`, in numbers."""

    destroyed: int
    consents_set_aside: int
    possible_duplicates: int
    for_a_person: int
    held: int


def take_account(tx: Transaction, since: Since, *, whole: bool, asks: Collection[str], at: str) -> Applied:
    """Bring the restored store up to what is known. Doing it twice changes nothing more.

    `whole`: no row after the backup is known to be missing. `asks`: partners whose unknown outcomes go to a person.
    """
    destroyed = _destroy_again(tx, since, at)
    hold_again(tx, since.holds, whole=whole, at=at)
    _doubt_again(tx, since)
    one_with = who_is_one(tx, since)
    changed = {one for known in since.consent_changed | since.identity_changed for one in one_with(known)}
    aside = sum(set_aside(tx, patient_id) for patient_id in sorted(changed))
    again = asked = held = 0
    for intent_id, patient_id, partner, state in _waiting(tx):
        theirs = one_with(patient_id)
        touched = any((one, partner) in since.disclosed for one in theirs)
        # In doubt it would wait, and be forgotten meanwhile that it may have gone.
        asks_now = partner in asks or (touched and not since.identity_changed.isdisjoint(theirs))
        if state == "held":
            held += 1
        if state in _MAY_GO and not asks_now:
            intents.finish(tx, intent_id, "retry", at, POSSIBLE_DUPLICATE, due_at=at)
            again += 1
        elif state in _MAY_GO or (state == "held" and touched):
            # It was held when the backup was made and something went to that partner since: it may be this.
            intents.finish(tx, intent_id, "unknown", at, MAY_BE_SENT)
            asked += 1
    return Applied(destroyed, aside, again, asked, held)


def set_aside(tx: Transaction, patient_id: str) -> int:
    """Let none of the patient's consents permit anything until a person has looked; how many. What they deny binds."""
    states = [one for one in consents.of_patient(tx, patient_id) if one.standing == "usable"]
    if states:
        patients.raise_epoch(tx, patient_id)
    for state in states:
        reasons = json.dumps([*json.loads(state.reasons), CHANGED_SINCE])
        consents.save(tx, replace(state, standing="unverified", reasons=reasons))
    return len(states)


async def confirm_consents(premises: Premises, patient_id: str, reason: str) -> dict[str, Any]:
    """A person has asked the agencies: the patient's consents that were set aside at a restore stand as they are; those
    that the log says were withdrawn stay withdrawn, whatever the person says.

    Raises NotFound `NO_SUCH_PATIENT`, NotUnderstood `REASON_MISSING`.
    """
    said = why(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        if not patients.exists(tx, patient_id):
            raise NotFound("NO_SUCH_PATIENT", "no patient has that id", patient_id)
        at = instant_text(premises.clock.now())
        number, withdrawn = _judge_again(premises, tx, patient_id)
        append(tx, act_entry(CONFIRMED, at, said, patient_id=patient_id, subject=patient_id))
        woken = intents.wake_patient(tx, patient_id, at) if number else 0
        told = {"patient": patient_id, "outcome": CONFIRMED, "consents": number}
        return {**told, "withdrawn": withdrawn, "woken": woken, "denied by": _standing_in(tx, patient_id)}

    return await carry_out(premises, work)


def told(since: Since) -> Mapping[str, Any]:
    """`since` as a report prints it: ids and numbers only."""
    return {
        "entries after the backup": dict(sorted(since.kinds.items())),
        "went or may have gone": [
            {"patient": patient, "partner": partner, "entries": number}
            for (patient, partner), number in sorted(since.disclosed.items())
        ],
        "consents withdrawn of": sorted(since.withdrawn),
        "consents changed of": sorted(since.consent_changed - since.withdrawn),
        "joined, parted or sorted": sorted(since.identity_changed),
        "keys destroyed of": sorted(since.destroyed),
    }


def _destroy_again(tx: Transaction, since: Since, at: str) -> int:
    """A destruction is for ever: of those in the log after the backup, and of those that the key backup knows."""
    wanted = dict(since.destroyed)
    for scope, when in list(destruction.destroyed_scopes(tx)):
        kind, _, patient_id = scope.partition(":")
        if kind == "patient":
            wanted.setdefault(patient_id, when)
    there = [
        (patient_id, when) for patient_id, when in sorted(wanted.items()) if patients.exists(tx, patient_id)
    ]
    for patient_id, when in there:
        destroy_again(tx, patient_id, when, at)
    return len(there)


def _doubt_again(tx: Transaction, since: Since) -> None:
    """Who was joined or parted after the backup is in doubt again, and so is whom she is joined to in the backup."""
    there = [patient_id for patient_id in sorted(since.identity_changed) if patients.exists(tx, patient_id)]
    for patient_id in {*there, *(same_person.stays(tx, one) for one in there)}:
        if not patients.is_destroyed(tx, patient_id):
            patients.doubt(tx, patient_id)


def who_is_one(tx: Transaction, since: Since) -> Callable[[str], frozenset[str]]:
    """Tells of a patient all ids under which entries about her may stand: of whom she is one with in the backup, or was
    joined to or parted from since. She is among them.
    """
    beside: dict[str, set[str]] = {}
    for both in since.named_together.values():
        for one in both:
            beside.setdefault(one, set()).update(both)

    def others(patient_id: str) -> Iterable[str]:
        now = (same_person.stays(tx, patient_id), *same_person.joined_to(tx, patient_id))
        return (*now, *beside.get(patient_id, ()))

    return cache(partial(all_reached, others))


def _waiting(tx: Transaction) -> list[tuple[str, str, str, str]]:
    return [
        (row["id"], row["patient_id"], row["partner"], row["state"]) for row in tx.rows("restored.waiting")
    ]


def _judge_again(premises: Premises, tx: Transaction, patient_id: str) -> tuple[int, int]:
    """How many stand again, and how many do not because the log, carried on at the restore, says they were withdrawn."""
    ended = _withdrawn(tx, patient_id)
    aside = [one for one in consents.of_patient(tx, patient_id) if CHANGED_SINCE in json.loads(one.reasons)]
    if aside:
        patients.raise_epoch(tx, patient_id)
    standing = 0
    for state in aside:
        record = records.get(tx, "Consent", state.consent_id)
        if record is None or ended is None or record.reference in ended:
            continue
        standing += 1
        found = judged(premises, tx, record.resource, state.recorded_by, patient_id, is_asked=True)
        consents.save(tx, replace(state, standing=found.standing, reasons=json.dumps(found.reasons)))
    return standing, len(aside) - standing


def _standing_in(tx: Transaction, patient_id: str) -> list[str]:
    """Ids of what still denies in the place of consents of hers that are lost (`restored_consents`)."""
    states = [one for one in consents.of_patient(tx, patient_id) if LOST in json.loads(one.reasons)]
    held = [records.get(tx, "Consent", one.consent_id) for one in states]
    return [one.id for one in held if one is not None and could_deny(one.resource)]


def _withdrawn(tx: Transaction, patient_id: str) -> frozenset[str] | None:
    """References of the consents that the log says were withdrawn, also under the id of one with whom she was one; None
    when it cannot be read which.
    """
    ever = all_reached(partial(ever_one_with, tx), patient_id)
    logged = [one for known in sorted(ever) for one in of_patient(tx, known) if one.row.kind == "revoke"]
    if any(one.entry is None for one in logged):
        return None
    return frozenset(one.entry.subject for one in logged if one.entry is not None)
