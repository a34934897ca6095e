"""A hospital says that two of its numbers are one person (HL7 v2 ADT^A40, MRG): what follows, and what does not.

A number that nobody had yet is hers from now on. Where records are held under both, the gateway joins nobody: who ended
comes into doubt, so that nothing of it leaves, and a person who looks at it finds the other among the candidates
(`handoff identity show`) and says whether they are one (`same_person.join`) or not (`tell_apart`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.audit import append
from gateway.disclosure.premises import Premises
from gateway.flows.decided_here import BY_SENDER, act_entry
from gateway.identity import IDENTIFIER, Identified, numbers_of
from gateway.store import Transaction, patients, same_person

SAID = "identity_merge_said"
_KEY = "identity.merge-said"
Resource = Mapping[str, Any]


def ended_patients(resources: Sequence[Resource]) -> tuple[tuple[Resource, ...], tuple[Resource, ...]]:
    """What stays of a message, and the Patients that it says have ended (not active, replaced by another).

    What ended is not kept as a record: it holds no more than its number, and would stand in the place of the description
    that is held. The one that stays names none that is not there.
    """
    ended = tuple(one for one in resources if one["resourceType"] == "Patient" and _is_replaced(one))
    if not ended:
        return tuple(resources), ()
    kept = (one for one in resources if one not in ended)
    return tuple(_without_link(one) if one["resourceType"] == "Patient" else one for one in kept), ended


def heed_merge(
    premises: Premises, tx: Transaction, partner: str, ended: Sequence[Resource], who: Identified, at: str
) -> None:
    """Bring what is known of the ended numbers in line with what their sender says; the same again changes nothing."""
    index = premises.keys.index
    for patient in ended:
        for system, value in numbers_of(patient):
            token = index(IDENTIFIER, system, value)
            known = {found for _, found in patients.find_by_token(tx, partner, token)}
            if not known and who.certain:
                patients.link(tx, partner, token, who.patient_id)
            for other in sorted(known - {who.patient_id}):
                _ask_a_person(premises, tx, partner, token, other, who.patient_id, at)


def _ask_a_person(
    premises: Premises, tx: Transaction, partner: str, token: str, ended: str, stays: str, at: str
) -> None:
    if same_person.are_told_apart(tx, ended, stays):
        return
    key = premises.keys.index(_KEY, partner, token)
    if key in patients.match_keys_of(tx, ended) & patients.match_keys_of(tx, stays):
        return  # said before; what a person has found since stands
    for one in (ended, stays):
        patients.add_match_key(tx, one, key)
    patients.doubt(tx, ended)
    text = f"its sender says that its number is now that of {stays}"
    append(tx, act_entry(SAID, at, text, patient_id=ended, subject=stays, partner=partner, by=BY_SENDER))


def _is_replaced(patient: Resource) -> bool:
    return patient.get("active") is False and any(
        one.get("type") == "replaced-by" for one in patient.get("link", ())
    )


def _without_link(patient: Resource) -> Resource:
    return {name: value for name, value in patient.items() if name != "link"}
