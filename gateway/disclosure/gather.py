"""Gathering a question: which records, consents and directory entries a decision needs, all from one snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import consent
from gateway.disclosure.premises import Premises
from gateway.partners import discloser_of, recipient_of, reference_of
from gateway.store import Reading, consents, patients, records
from gateway.store.model import Record

PURPOSE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_UNVERIFIED = ({"verified": False},)


@dataclass(frozen=True, slots=True)
class Gathered:
    """One question with what is needed to answer it and to notice that the ground has moved since."""

    request: consent.DisclosureRequest
    compiled: consent.CompiledConsents
    epoch: int
    discloser: str
    recipient: str


def gather(
    premises: Premises,
    reading: Reading,
    *,
    patient_id: str,
    discloser: str,
    recipient: str,
    purpose: str,
    held_records: Iterable[Record],
    at: datetime,
) -> Gathered:
    """The question whether partner `discloser` may disclose `held_records` of the patient to partner `recipient`."""
    epoch = patients.epoch(reading, patient_id)
    version = premises.network.version
    known = premises.compiled.get(patient_id, discloser, version, epoch)
    request = consent.DisclosureRequest(
        at=at,
        patient=f"Patient/{patient_id}",
        discloser=_discloser(premises, discloser),
        recipient=_recipient(premises, recipient),
        purposes=(consent.Coding(PURPOSE_SYSTEM, purpose),),
        resources=subjects_of(reading, patient_id, held_records),
        consents=known[0] if known else consents_of(reading, patient_id),
        directory=premises.directory,
        policy=_policy(premises),
    )
    if known is None:
        known = (request.consents, consent.compile_consents(request, premises.tables))
        premises.compiled.keep(patient_id, discloser, version, epoch, known)
    return Gathered(request, known[1], epoch, discloser, recipient)


def consents_of(reading: Reading, patient_id: str) -> tuple[consent.Resource, ...]:
    """All of the patient's Consents. One that nobody entitled recorded is marked unverified: it can only deny.

    Consent-semantics 11, "Who may record a consent".
    """
    standing = {state.consent_id: state.standing for state in consents.of_patient(reading, patient_id)}
    aliases = _patient_aliases(reading, patient_id)
    found = []
    for record in records.of_patient(reading, patient_id, ("Consent",)):
        resource = _as_consent_of(_as_held(record, aliases, patient_id), record.id, patient_id)
        if standing.get(record.id) == "unverified":
            resource = {**resource, "verification": list(_UNVERIFIED)}
        found.append(resource)
    return tuple(found)


def _as_consent_of(resource: dict[str, Any], consent_id: str, patient_id: str) -> dict[str, Any]:
    """The Consent with its patient under the network's id, also where she signed it as its performer."""
    named, ours = resource.get("patient"), {"reference": f"Patient/{patient_id}"}
    performers = [ours if performer == named else performer for performer in resource.get("performer", ())]
    found = {**resource, "id": consent_id, "patient": ours}
    return {**found, "performer": performers} if performers else found


def subjects_of(
    reading: Reading, patient_id: str, held_records: Iterable[Record]
) -> tuple[consent.SubjectResource, ...]:
    """The records as the decision sees them: the patient under the network's own id, every source named."""
    aliases = _patient_aliases(reading, patient_id)
    return tuple(
        consent.SubjectResource(
            resource=_as_held(record, aliases, patient_id),
            reference=f"{record.resource_type}/{_own_id(record, patient_id)}",
            type=record.resource_type,
            sources=tuple(reference_of(source) for source in record.sources),
        )
        for record in held_records
    )


def own_resource(reading: Reading, patient_id: str, record: Record) -> Mapping[str, Any]:
    """A record going back to the only party it came from, with the patient under the network's own id."""
    return _as_held(record, _patient_aliases(reading, patient_id), patient_id)


def _as_held(record: Record, aliases: frozenset[str], patient_id: str) -> dict[str, Any]:
    """The record's resource with the version it has here."""
    found = _with_patient(record.resource, aliases, patient_id)
    meta = {**found.get("meta", {}), "versionId": str(record.version), "lastUpdated": record.updated_at}
    return {**found, "meta": meta}


def _own_id(record: Record, patient_id: str) -> str:
    return patient_id if record.resource_type == "Patient" else record.id


def _patient_aliases(reading: Reading, patient_id: str) -> frozenset[str]:
    """Ids under which sources know this patient, other than the network's own."""
    return frozenset(records.ids_of_patient(reading, patient_id, "Patient")) - {patient_id}


def _with_patient(resource: Mapping[str, Any], aliases: frozenset[str], patient_id: str) -> dict[str, Any]:
    """`resource` with each reference to one of the sources' ids of the patient turned to the network's id."""
    if not aliases:
        return dict(resource)
    renamed = {f"Patient/{alias}": f"Patient/{patient_id}" for alias in aliases}
    found: dict[str, Any] = _renamed(resource, renamed)
    if found.get("resourceType") == "Patient":
        found["id"] = patient_id
    return found


def _renamed(value: Any, renamed: Mapping[str, str]) -> Any:
    """A copy of a JSON tree with references renamed; what the store hands out is plain dicts and lists."""
    if type(value) is dict:
        found = {}
        for key, child in value.items():
            if key == "reference":
                found[key] = renamed.get(child, child) if type(child) is str else child
            elif type(child) is dict or type(child) is list:
                found[key] = _renamed(child, renamed)
            else:
                found[key] = child
        return found
    if type(value) is list:
        return [_renamed(child, renamed) for child in value]
    return value


def _discloser(premises: Premises, partner_id: str) -> consent.Discloser:
    found = discloser_of(premises.network, partner_id)
    standing = tuple(premises.network.partners[partner_id].standing)
    return consent.Discloser(tuple(found["references"]), _identifiers(found["identifiers"]), standing)


def _recipient(premises: Premises, partner_id: str) -> consent.Recipient:
    found = recipient_of(premises.network, partner_id)
    return consent.Recipient(
        references=tuple(found["references"]),
        identifiers=_identifiers(found["identifiers"]),
        roles=tuple(found["roles"]),
        standing=tuple(found["standing"]),
        members_of=tuple(found["members_of"]),
        category=found["category"],
    )


def _identifiers(found: Iterable[Mapping[str, str]]) -> tuple[consent.Identifier, ...]:
    return tuple(consent.Identifier(i["system"], i["value"]) for i in found)


def _policy(premises: Premises) -> consent.Policy:
    content = premises.network.content
    return consent.Policy(
        packs=content.policy.packs,
        part2_sources=premises.network.part2_sources(),
        zone=content.zone,
        no_consent=content.policy.no_consent,
    )
