"""How a Consent stands that is being recorded: by itself, by who recorded it, and by how it came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.clock import read_instant
from gateway.disclosure.consent_standing import (
    CHANGED_SINCE,
    GONE,
    TAKEN_BACK,
    Judgement,
    denies_for_others,
    is_stored_form,
    judge,
)
from gateway.disclosure.premises import Premises
from gateway.flows.own_ids import own_id
from gateway.flows.people import related
from gateway.store import ConsentState, Record, Transaction, consents

_OF_THE_PERMISSION = frozenset({"identifier", "extension", "sourceAttachment", "sourceReference"})


def judged(
    premises: Premises,
    tx: Transaction,
    resource: Mapping[str, Any],
    recorder: str,
    patient_id: str,
    only_denies: str = "",
    *,
    is_asked: bool = False,
    has_bound: bool = True,
) -> Judgement:
    """The standing of a version that partner `recorder` stands for. `only_denies`: the code of why it never permits;
    `has_bound`: of what goes on of a permission that was taken back, whether it bound there.

    Before a person has asked (`is_asked`) nothing permits that a restore has set aside, in a later version neither, or
    that was signed before her taking back of one that is lost: its recorder may not have heard that she took it back
    somewhere else, and is asked to send again what came since the backup.
    """
    form_stored = is_stored_form(tx, resource, recorder, patient_id)
    judgement = judge(premises, resource, recorder, form_stored=form_stored)
    if only_denies:
        judgement = Judgement("unverified", (only_denies,))
    if only_denies == TAKEN_BACK and has_bound:
        return judgement
    for_others = judgement.standing == "unverified" or denies_for_others(premises, resource, recorder)
    if for_others and not related(tx, recorder, patient_id):
        # Neither may it permit, nor may somebody who has nothing to do with her stop her care.
        judgement = Judgement("unrelated", (*judgement.reasons, "RECORDER_NOT_RELATED"))
    known = () if is_asked or only_denies else consents.of_patient(tx, patient_id)
    if any(_keeps_aside(one, resource, recorder) for one in known):
        standing = "unverified" if judgement.standing == "usable" else judgement.standing
        return Judgement(standing, (*judgement.reasons, CHANGED_SINCE))
    return judgement


def rest_of(before: Record, id_key: bytes) -> dict[str, Any]:
    """What goes on of a Consent whose permission was taken back: what it denied, as one of its own; it never permits."""
    rest = {name: said for name, said in before.resource.items() if name not in _OF_THE_PERMISSION}
    rest["id"] = own_id(id_key, before.source_partner, before.id, TAKEN_BACK)
    return {**rest, "verification": [{"verified": False}]}


def _keeps_aside(known: ConsentState, resource: Mapping[str, Any], recorder: str) -> bool:
    codes = json.loads(known.reasons)
    if known.consent_id == resource["id"]:
        return CHANGED_SINCE in codes
    is_same_recorder = known.recorded_by in ("", recorder)
    return GONE in codes and is_same_recorder and not _signed_after(resource, known.recorded_at)


def _signed_after(resource: Mapping[str, Any], at: str) -> bool:
    """Whether it was signed after an instant (ISO 8601 UTC): of a day alone, on a later one."""
    signed = str(resource.get("dateTime", ""))
    if "T" not in signed:
        return len(signed) == len(at[:10]) and signed > at[:10]
    try:
        made = datetime.fromisoformat(signed)
    except ValueError:  # a leap second
        return False
    return made.tzinfo is not None and made > read_instant(at)
