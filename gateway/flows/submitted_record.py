"""The record of one submitted resource: who has the last word in it, and all it has ever come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.disclosure.recorder_only import unmarked
from gateway.flows.addressee import naming_owner
from gateway.flows.sources import Beside, asserted_sources, comes_from_program
from gateway.flows.submitted_referral import own_words, owner_of
from gateway.flows.waiting_text import without_our_words
from gateway.store import Reading, Record


def submitted_record(
    premises: Premises,
    reading: Reading,
    partner: str,
    submitted: Mapping[str, Any],
    patient_id: str,
    before: Record | None,
    around: Beside,
    at: str,
) -> Record:
    """The record of one resource. Whatever it has once come from stays its source in all later versions."""
    sent = without_our_words(unmarked(submitted))
    owner = owner_of(premises, reading, partner, sent, around) if "owner" in sent else None
    named = naming_owner(premises.network, sent, owner)
    resource, last_word = own_words(premises, reading, partner, before, named, owner)
    sources = set(asserted_sources(premises.network, partner, resource, around))
    if before is not None and (last_word != partner or before.source_partner == partner):
        sources |= set(before.sources)
    return Record(
        resource_type=str(resource["resourceType"]),
        id=str(resource["id"]),
        version=0,
        patient_id=patient_id,
        source_partner=last_word,
        sources=tuple(sorted(sources)),
        part2=comes_from_program(premises.network, sources, before),
        updated_at=at,
        deleted=False,
        resource=resource,
    )
