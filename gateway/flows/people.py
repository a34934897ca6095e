"""Which patient a submitted resource is about, told only among those its submitter already knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.identity import IDENTIFIER, identify, numbers_of
from gateway.store import Reading, Transaction, intents, patients, records, same_person

_SAYS_NOTHING = ("Patient", "Consent")


def patient_meant(
    premises: Premises, reading: Reading, partner: str, reference: Mapping[str, Any]
) -> str | None:
    """The network's patient behind a FHIR Reference, or None when `partner` knows nobody by it.

    Understands `Patient/<our id>`, `Patient/<id of a Patient the partner submitted>`, `Patient?identifier=s|v` and a
    logical reference by `identifier`. Somebody only other partners know is nobody here (no probing).
    """
    text = str(reference.get("reference", ""))
    if text.startswith("Patient?identifier="):
        system, _, value = text.removeprefix("Patient?identifier=").partition("|")
        return known_by_number(premises, reading, partner, system, value)
    if text.startswith("Patient/"):
        patient_id = kept_as(reading, partner, text.removeprefix("Patient/"))
        if patients.exists(reading, patient_id) and patients.knows(reading, partner, patient_id):
            return patient_id
        record = records.get(reading, "Patient", patient_id)
        return record.patient_id if record is not None and record.source_partner == partner else None
    for system, value in numbers_of({"identifier": [reference.get("identifier", {})]}):
        return known_by_number(premises, reading, partner, system, value)
    return None


def kept_as(reading: Reading, partner: str, patient_id: str) -> str:
    """The id under which that patient is kept now, for a partner that knew her before she was found to be another; for
    anybody else the id itself, under which there is nothing: nobody learns by asking that two are one.
    """
    found = same_person.joined(reading, patient_id)
    if found is None or not any(known == partner for known, _ in found.hers.links):
        return patient_id
    return same_person.stays(reading, found.joined_to)


def patient_of_consent(
    premises: Premises, tx: Transaction, partner: str, resource: Mapping[str, Any], at: str
) -> str:
    """The patient of a Consent; a new one when the partner names her by an identifier nobody has used before.

    So a consent can be signed before the first referral. Raises NotUnderstood `PATIENT_UNKNOWN`.
    """
    reference = resource.get("patient", {})
    found = patient_meant(premises, tx, partner, reference)
    if found is not None:
        return found
    identifier = reference.get("identifier", {})
    if not (identifier.get("system") and identifier.get("value")):
        raise NotUnderstood("PATIENT_UNKNOWN", "names no patient that you have sent here", "Consent.patient")
    stand_in = {"resourceType": "Patient", "identifier": [dict(identifier)]}
    return identify(tx, partner=partner, patient=stand_in, index=premises.keys.index, at=at).patient_id


def related(reading: Reading, partner: str, patient_id: str) -> bool:
    """Whether `partner` has to do with the patient: source or addressee of an intent, or origin of a record of hers.

    Having named her, or having recorded a Consent, is not enough: anybody can do that with what is on a form. Whoever
    is not related cannot stop her care by a denial or a withdrawal.
    """
    if any(partner in (i.partner, i.source_partner) for i in intents.of_patient(reading, patient_id)):
        return True
    return any(
        partner in record.sources
        for record in records.of_patient(reading, patient_id)
        if record.resource_type not in _SAYS_NOTHING
    )


def known_by_number(
    premises: Premises, reading: Reading, partner: str, system: str, value: str
) -> str | None:
    """The one patient whom `partner` knows by a number (`identity.numbers_of`); None where it knows nobody by it."""
    token = premises.keys.index(IDENTIFIER, system, value)
    found = {patient_id for _, patient_id in patients.find_by_token(reading, partner, token)}
    return next(iter(found)) if len(found) == 1 else None
