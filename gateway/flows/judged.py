"""How a Consent stands that is being recorded: by itself, by who recorded it, and by how it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.disclosure.consent_standing import (
    TAKEN_BACK,
    Judgement,
    denies_for_others,
    is_stored_form,
    judge,
)
from gateway.disclosure.premises import Premises
from gateway.flows.people import related
from gateway.store import Transaction


def judged(
    premises: Premises,
    tx: Transaction,
    resource: Mapping[str, Any],
    recorder: str,
    patient_id: str,
    only_denies: str = "",
) -> Judgement:
    """The standing of a version that partner `recorder` stands for. `only_denies`: the code of why it never permits."""
    form_stored = is_stored_form(tx, resource, recorder, patient_id)
    judgement = judge(premises, resource, recorder, form_stored=form_stored)
    if only_denies:
        judgement = Judgement("unverified", (only_denies,))
    if only_denies == TAKEN_BACK:
        return judgement  # what it denies has bound before
    for_others = judgement.standing == "unverified" or denies_for_others(premises, resource, recorder)
    if for_others and not related(tx, recorder, patient_id):
        # Neither may it permit, nor may somebody who has nothing to do with her stop her care.
        return Judgement("unrelated", (*judgement.reasons, "RECORDER_NOT_RELATED"))
    return judgement
