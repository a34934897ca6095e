"""Whether something of a partner's own could go to another now: asked beforehand, so that nobody waits unawares.

Only what the asker itself holds or writes is looked at. What others hold of the patient has no part in the answer, nor
has whether it is certain who she is: by that, who writes down a name would learn that somebody else has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

import consent
from gateway.audit import append
from gateway.clock import new_id
from gateway.disclosure.account import own_record_entry
from gateway.disclosure.asked import kept_question
from gateway.disclosure.gather import gather
from gateway.disclosure.premises import Premises
from gateway.store import Intent, Reading, Record, Transaction, records

HEART_OF: Mapping[str, tuple[str, ...]] = {
    "referral": ("ServiceRequest", "Task"),
    "status": ("Task",),
    "cancel": ("Task",),
}
"""Without these a release for an intent of that kind says nothing and is not made."""


def would_be_held(
    premises: Premises,
    tx: Transaction,
    *,
    patient_id: str | None,
    discloser: str,
    recipient: str,
    purpose: str,
    own: Sequence[Record],
    asked: str = "",
) -> bool:
    """Whether any of `own` (records that come from `discloser` alone) would be held back from `recipient` now.

    True as well for somebody unknown, or of whom there is nothing. That it was asked is in the log, with the question as
    it was sent (`asked`).
    """
    at = premises.clock.now()
    entry = own_record_entry(
        premises,
        kind="query",
        request_id=new_id(),
        at=at,
        patient_id=patient_id,
        partner=discloser,
        purpose=purpose,
        returned=(),
        content_sha256=None,
    )
    append(tx, replace(entry, asked=kept_question(asked, patient_id)))
    if patient_id is None or not own:
        return True
    return _is_held_back(premises, tx, patient_id, discloser, recipient, purpose, own)


def waits_for_consent(premises: Premises, reading: Reading, intent: Intent) -> bool:
    """Whether an intent would wait for a consent if nobody doubted who the patient is: by what its sender could know.

    So that who has sent it reads and is asked the same with a doubt and without (DM-28).
    """
    heart = HEART_OF.get(intent.kind, ())
    keys = [(kind, one, int(version)) for kind, one, version in (name.split("/") for name in intent.focus)]
    found = records.versions(reading, [key for key in keys if key[0] in heart])
    asked = intent.patient_id, intent.source_partner, intent.partner, intent.purpose
    return _is_held_back(premises, reading, *asked, tuple(found.values()))


def _is_held_back(
    premises: Premises,
    reading: Reading,
    patient_id: str,
    discloser: str,
    recipient: str,
    purpose: str,
    own: Sequence[Record],
) -> bool:
    gathered = gather(
        premises,
        reading,
        patient_id=patient_id,
        discloser=discloser,
        recipient=recipient,
        purpose=purpose,
        held_records=own,
        at=premises.clock.now(),
    )
    decision = consent.decide(gathered.request, premises.tables, gathered.compiled)
    by_a_person = any(obligation.code == "HUMAN_RELEASE" for obligation in decision.obligations)
    return by_a_person or any(row.outcome == "withhold" for row in decision.resources)
