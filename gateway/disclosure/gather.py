"""Gathering a question: which records, consents and directory entries a decision needs, all from one snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import consent
from gateway.disclosure.consent_standing import may_open, of_practice
from gateway.disclosure.corrected_records import names_entries, with_corrected
from gateway.disclosure.gathered import Gathered, once
from gateway.disclosure.premises import Compiled, Premises
from gateway.disclosure.recorder_only import marked_ones
from gateway.partners import Network, discloser_of, recipient_of, reference_of
from gateway.store import Reading, consents, patients, records, same_person
from gateway.store.model import ConsentState, Record

PURPOSE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
HERSELF = "#herself"
"""The recipient where the person reads what is held of her (42 CFR 2.23); no partner can have that name."""
_UNVERIFIED = ({"verified": False},)


def gather(
    premises: Premises,
    reading: Reading,
    *,
    patient_id: str,
    discloser: str,
    recipient: str,
    purpose: str,
    held_records: Sequence[Record],
    at: datetime,
) -> Gathered:
    """The question whether partner `discloser` may disclose `held_records` of the patient to partner `recipient`."""
    network, epoch = premises.network, patients.epoch(reading, patient_id)
    known = premises.compiled.get(patient_id, discloser, network.version, epoch)
    if known is None:
        known = _compiled(premises, reading, patient_id, discloser, recipient, purpose, at, epoch)

    def ask() -> consent.DisclosureRequest:
        renamed = aliases_of(patient_id, known.patients, known.joined)
        return request_of(
            network,
            known.directory,
            at=at,
            patient_id=patient_id,
            discloser=discloser,
            recipient=recipient,
            purpose=purpose,
            resources=subjects_of(patient_id, held_records, renamed),
            consents=known.consents,
        )

    vetoed, by = never_shown(network, discloser, held_records), known.decided_by
    parties = (patient_id, discloser, recipient, purpose)
    return Gathered(once(ask), *parties, known.compiled, epoch, vetoed, held_records, by)


def _compiled(
    premises: Premises,
    reading: Reading,
    patient_id: str,
    discloser: str,
    recipient: str,
    purpose: str,
    at: datetime,
    epoch: int,
) -> Compiled:
    """Her Consents as a question to `discloser` takes them, whoever asks for whatever."""
    own = records.of_patient(reading, patient_id, ("Patient",))
    joined = same_person.joined_to(reading, patient_id)
    renamed = aliases_of(patient_id, own, joined)
    request = request_of(
        premises.network,
        premises.directory + patients_of(patient_id, own, joined),
        at=at,
        patient_id=patient_id,
        discloser=discloser,
        recipient=recipient,
        purpose=purpose,
        resources=(),  # of her own Patients those of the directory speak, whichever versions are asked about
        consents=consents_of(premises.network, reading, patient_id, discloser, renamed),
    )
    compiled = consent.compile_consents(request, premises.tables)
    about = (*(record.version_reference for record in own), *(f"Patient/{one}" for one in joined))
    made = Compiled(request.consents, compiled, request.directory, own, joined, about)
    if is_durable(reading) and not names_entries(request.consents):
        premises.compiled.keep(patient_id, discloser, premises.network.version, epoch, made)
    return made


def never_shown(network: Network, discloser: str, held_records: Sequence[Record]) -> frozenset[str]:
    """References of records that nobody is shown, whatever is decided: those that carry the label of their recorder
    only, and those that come, among others, from a partner no longer in the network: nobody speaks for it.
    """
    return marked_ones(held_records) | frozenset(
        record.reference
        for record in held_records
        if not network.partners.keys() >= {discloser, *record.sources}
    )


def is_durable(reading: Reading) -> bool:
    """Not what a transaction reads: if its group is rolled back, other consents will have the same epoch."""
    return not hasattr(reading, "execute")


def request_of(
    network: Network,
    directory: tuple[consent.Resource, ...],
    *,
    at: datetime,
    patient_id: str,
    discloser: str,
    recipient: str,
    purpose: str,
    resources: tuple[consent.SubjectResource, ...],
    consents: tuple[consent.Resource, ...],
) -> consent.DisclosureRequest:
    """The question as a network asks it: who its partners are, and by which policy it decides."""
    return consent.DisclosureRequest(
        at=at,
        patient=f"Patient/{patient_id}",
        discloser=_discloser(network, discloser),
        recipient=_recipient(network, recipient) if recipient != HERSELF else _herself(patient_id),
        purposes=_purposes(purpose),
        resources=resources,
        consents=consents,
        directory=directory,
        policy=_policy(network),
    )


def consents_of(
    network: Network, reading: Reading, patient_id: str, discloser: str, renamed: Mapping[str, str]
) -> tuple[consent.Resource, ...]:
    """All of the patient's Consents, as a question to `discloser` takes them.

    One whose present version was not judged usable, or whose recorder may not record for this discloser, is marked
    unverified: it can only deny. Consent-semantics 11, "Who may record a consent".
    """
    held = records.of_patient(reading, patient_id, ("Consent",))
    states = consents.of_patient(reading, patient_id)
    asked = consents_as_asked(network, patient_id, discloser, held, states, renamed)
    return with_corrected(reading, patient_id, asked)


def consents_as_asked(
    network: Network,
    patient_id: str,
    discloser: str,
    held: Iterable[Record],
    judged: Iterable[ConsentState],
    renamed: Mapping[str, str],
) -> tuple[consent.Resource, ...]:
    """These Consents of the patient, with their states, as a question to `discloser` takes them."""
    states = {state.consent_id: state for state in judged}
    found = []
    for record in held:
        state = states.get(record.id)
        if state is not None and state.version == record.version and state.standing == "unrelated":
            continue
        resource = _as_consent_of(_as_held(record, renamed, patient_id), record.id, patient_id)
        if not _may_permit(network, state, record, discloser):
            resource = {**resource, "verification": list(_UNVERIFIED)}
        found.append(resource)
    return tuple(found)


def _may_permit(network: Network, state: ConsentState | None, record: Record, discloser: str) -> bool:
    return (
        state is not None
        and state.version == record.version
        and state.standing == "usable"
        and discloser in may_open(network, state.recorded_by)
        and not of_practice(network, state)
    )


def _as_consent_of(resource: dict[str, Any], consent_id: str, patient_id: str) -> dict[str, Any]:
    """The Consent with its patient under the network's id, also where she signed it as its performer."""
    named, ours = resource.get("patient"), {"reference": f"Patient/{patient_id}"}
    performers = [ours if performer == named else performer for performer in resource.get("performer", ())]
    found = {**resource, "id": consent_id, "patient": ours}
    return {**found, "performer": performers} if performers else found


def subjects_of(
    patient_id: str, held_records: Iterable[Record], renamed: Mapping[str, str]
) -> tuple[consent.SubjectResource, ...]:
    """The records as the decision sees them: the patient under the network's own id, every source named."""
    return tuple(
        consent.SubjectResource(
            _as_held(record, renamed, patient_id),
            asked_as(record, patient_id),
            record.resource_type,
            _references(record.sources),
        )
        for record in held_records
    )


def patients_of(
    patient_id: str, own: Sequence[Record], joined: Iterable[str]
) -> tuple[consent.Resource, ...]:
    """The patient's own Patients, for the directory of a question: age and identity hold whatever is asked about."""
    renamed = aliases_of(patient_id, own, joined)
    return tuple(_as_held(record, renamed, patient_id) for record in own)


def own_resource(reading: Reading, patient_id: str, record: Record) -> Mapping[str, Any]:
    """A record going back to the only party it came from, with the patient under the network's own id."""
    own = records.of_patient(reading, patient_id, ("Patient",))
    return _as_held(
        record, aliases_of(patient_id, own, same_person.joined_to(reading, patient_id)), patient_id
    )


def _as_held(record: Record, renamed: Mapping[str, str], patient_id: str) -> dict[str, Any]:
    """The record's resource with the version it has here, and the patient's references as in `renamed`.

    What is the same as in the record is shared with it.
    """
    resource = dict(record.resource)
    found = dict(_with_references(resource, renamed)) if renamed else resource
    if renamed and record.resource_type == "Patient":
        found["id"] = patient_id
    versioned = {"versionId": str(record.version), "lastUpdated": record.updated_at}
    found["meta"] = {**found["meta"], **versioned} if "meta" in found else versioned
    return found


def asked_as(record: Record, patient_id: str) -> str:
    """The reference under which a question has the record: she goes by the network's own id."""
    return f"{record.resource_type}/{patient_id if record.resource_type == 'Patient' else record.id}"


def aliases_of(patient_id: str, own: Iterable[Record], joined: Iterable[str]) -> dict[str, str]:
    """References by which her sources name the patient, other than the network's own, with the network's own; `joined`:
    the network's ids of who was found to be her.
    """
    others = {*(record.id for record in own), *joined} - {patient_id}
    return {f"Patient/{one}": f"Patient/{patient_id}" for one in others}


def _with_references(value: dict[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """A JSON object with references renamed, copied only where something changes; plain dicts and lists only."""
    found = value
    new: Any
    for key, child in value.items():
        kind = type(child)
        if kind is str:
            if key != "reference" or child not in renamed:
                continue
            new = renamed[child]
        elif kind is dict:
            target = child.get("reference") if len(child) == 1 else None
            if type(target) is str:  # most objects are nothing but a reference
                new = {"reference": renamed[target]} if target in renamed else child
            else:
                new = _with_references(child, renamed)
        elif kind is list:
            new = _each_with_references(child, renamed)
        else:
            continue
        if new is not child:
            found = dict(value) if found is value else found
            found[key] = new
    return found


def _each_with_references(entries: list[Any], renamed: Mapping[str, str]) -> list[Any]:
    found = entries
    for number, entry in enumerate(entries):
        if type(entry) is dict:
            new: Any = _with_references(entry, renamed)
        elif type(entry) is list:
            new = _each_with_references(entry, renamed)
        else:
            continue
        if new is not entry:
            found = list(entries) if found is entries else found
            found[number] = new
    return found


# What a network says of a partner never changes: the same objects each time, by which `consent` knows them again.


@lru_cache(maxsize=256)
def _discloser(network: Network, partner_id: str) -> consent.Discloser:
    found = discloser_of(network, partner_id)
    return consent.Discloser(tuple(found["references"]), _identifiers(found["identifiers"]))


@lru_cache(maxsize=256)
def _recipient(network: Network, partner_id: str) -> consent.Recipient:
    found = recipient_of(network, partner_id)
    return consent.Recipient(
        references=tuple(found["references"]),
        identifiers=_identifiers(found["identifiers"]),
        roles=tuple(found["roles"]),
        standing=tuple(found["standing"]),
        members_of=tuple(found["members_of"]),
        category=found["category"],
        asked_with=tuple(found["asked_with"]),
    )


@lru_cache(maxsize=256)
def _herself(patient_id: str) -> consent.Recipient:
    return consent.Recipient(
        references=(f"Patient/{patient_id}",),
        identifiers=(),
        roles=("IRCP",),
        standing=("patient",),
        members_of=(),
    )


def _identifiers(found: Iterable[Mapping[str, str]]) -> tuple[consent.Identifier, ...]:
    return tuple(consent.Identifier(i["system"], i["value"]) for i in found)


@lru_cache(maxsize=256)
def _purposes(purpose: str) -> tuple[consent.Coding, ...]:
    return (consent.Coding(PURPOSE_SYSTEM, purpose),)


@lru_cache(maxsize=256)
def _references(sources: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(reference_of(source) for source in sources)


@lru_cache(maxsize=8)
def _policy(network: Network) -> consent.Policy:
    content = network.content
    return consent.Policy(
        packs=content.policy.packs,
        part2_sources=network.part2_sources(),
        zone=content.zone,
        no_consent=content.policy.no_consent,
    )
