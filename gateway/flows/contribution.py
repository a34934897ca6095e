"""What an agency's own record says of one person: kept as the agency's, and sent on where it refers her."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mappings
from gateway.disclosure.document_words import labelled_as_document
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived
from gateway.flows.kept_labels import save_all_keeping_labels
from gateway.flows.late_messages import newer_kept
from gateway.flows.merged_numbers import ended_patients, heed_merge
from gateway.flows.saved_together import SavedTogether
from gateway.flows.sources import beside
from gateway.flows.submitted_ids import Submitted
from gateway.flows.submitted_record import submitted_record
from gateway.flows.submitted_referral import add_referral_intents
from gateway.flows.told_consents import without_consents
from gateway.flows.withdrawn_entries import Listed, keep_lists, listed, told_whole
from gateway.identity import Identified
from gateway.store import Transaction


@dataclass(frozen=True, slots=True)
class Contribution:
    """One record of an agency, understood; its ids are ours. `business_key` is a keyed hash.

    `ended`: Patients that it says are another one now. `said_at`: when it was made, where its sender's format says that.
    `whole`: the types of which it tells the list (`withdrawn_entries`); `in_part`: those of whose list it tells a part.
    """

    partner: str
    business_key: str
    resources: Sequence[Mapping[str, Any]]
    ended: Sequence[Mapping[str, Any]] = ()
    said_at: str = ""
    whole: frozenset[str] = frozenset()
    in_part: frozenset[str] = frozenset()

    @property
    def overtakable(self) -> Sequence[Mapping[str, Any]]:
        """All of it: whatever a newer record says stands."""
        return self.resources


def contribution(
    premises: Premises, partner: str, translation: mappings.Translation, said_at: str = ""
) -> Contribution:
    """What a partner's record says of one person and asks of nobody by itself."""
    key = premises.keys.index("business-key", partner, translation.business_key)
    resources, ended = ended_patients(labelled_as_document(premises, translation.resources))
    whole = told_whole(translation.message)
    in_part = frozenset(translation.message.get("listed", "").split()) - whole
    return Contribution(partner, key, resources, ended, said_at, whole, in_part)


def record_contribution(
    premises: Premises, tx: Transaction, made: Contribution, who: Identified, message_id: str, at: str
) -> None:
    """Save the record's resources, and the intents of the referrals in it; heed what it says of who is who, and what it
    says no more. Of what a newer record has said before nothing changes. Its Consents have a door of their own
    (`keep_told_consents`).

    Raises AlreadyReceived `RECORD_OF_ANOTHER_PATIENT`, NotUnderstood as `add_referral_intents` does.
    """
    heed_merge(premises, tx, made.partner, made.ended, who, at)
    late, lists = newer_kept(tx, made), _lists(tx, made, who.patient_id, at)
    resources = [
        resource
        for resource in without_consents(made.resources)
        if f"{resource['resourceType']}/{resource['id']}" not in late
        and resource["resourceType"] not in lists.overtaken
    ]
    around = beside(made.resources)
    names = [(str(resource["resourceType"]), str(resource["id"])) for resource in resources]
    together, versions = SavedTogether(tx, names), []
    for number, resource in enumerate(resources):
        before = together.before(names[number])
        if before is not None and before.patient_id != who.patient_id:
            message = "was sent for another patient; it cannot become this one's"
            raise AlreadyReceived("RECORD_OF_ANOTHER_PATIENT", message, "Patient.identifier")
        versions.append(0 if before is None else before.version)
        kept = submitted_record(premises, tx, made.partner, resource, who.patient_id, before, around, at)
        together.later(number, kept)
    together.save()
    saved = [together.saved[number] for number in range(len(resources))]
    news = {now.reference for was, now in zip(versions, saved, strict=True) if was != now.version}
    save_all_keeping_labels(tx, lists.withdrawn)
    keep_lists(tx, (*names, *lists.names), made.whole, made.in_part, made.said_at, made.business_key)
    entries = [Submitted(resource) for resource in resources]
    add_referral_intents(premises, tx, made.partner, entries, saved, who.patient_id, at, news, message_id)


def _lists(tx: Transaction, made: Contribution, patient_id: str, at: str) -> Listed:
    return listed(
        tx, made.partner, made.business_key, made.whole, made.resources, patient_id, made.said_at, at
    )
