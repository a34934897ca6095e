"""Whether something held about a person says that a message to her may put her in danger (DM-27)."""

from __future__ import annotations

import consent
from gateway.disclosure.premises import Premises
from gateway.store import Reading, records, same_person

IN_DANGER = "SDV"
"""v3-ActCode: information about domestic violence."""


def may_be_in_danger(premises: Premises, reading: Reading, patient_id: str) -> bool:
    """Whether any record of hers, whoever sent it and whoever may see it, is labelled `SDV`, or would be by its codes.

    Not to be told to anybody: it would say what an agency holds.
    """
    everyone = {patient_id, *same_person.joined_to(reading, patient_id)}
    held = (one for known in everyone for one in records.of_patient(reading, known) if not one.deleted)
    found = (consent.label_resource(one.resource, one.part2, premises.tables) for one in held)
    return any(IN_DANGER in one.codes or any(IN_DANGER in said for _, said in one.inline) for one in found)
