"""What a Consent may do here: permit, or only deny (consent-semantics 11, "Who may record a consent")."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

import consent
from gateway.disclosure.premises import Premises
from gateway.partners import Network, partner_of
from gateway.store import ConsentState, Reading, Record, consents, records

Standing = Literal["usable", "unverified", "deficient", "unrelated"]
TOLD = "TOLD_BY_MESSAGE"
"""Why a Consent that a message or a document told of can only deny."""
TAKEN_BACK = "PERMISSION_TAKEN_BACK"
"""Why a Consent can only deny that goes on with what another denied, whose permission was taken back."""
LOST = "LOST_IN_RESTORE"
"""Why a Consent denies everything that stands in for one of which a restored store knows nothing but that it was."""
CHANGED_SINCE = "CHANGED_AFTER_BACKUP"
"""Why a Consent only denies that a restore has set aside: no version of it permits before a person has asked."""
IN_TEST = "RECORDED_IN_TEST"
"""Says of a Consent that its recorder was in `test`: once that is live, it permits nothing (`of_practice`)."""
GONE = "TAKEN_BACK_AND_LOST"
"""Says of a Consent that it was taken back, and is lost with the store: it stands here so that it never comes again."""
PERMITS_ALONE, DENIES = "permits and denies nothing", "denies"
"""What the log says of a Consent that could deny nothing (none has to stand in for it where it is lost), and of one that
permits nothing at its root (so that its end is no end of a yes). Of one that permits and keeps something back: nothing.
"""
_NO_FORM = "SIGNED_FORM_MISSING"
_DIGESTS = {20: hashlib.sha1, 32: hashlib.sha256}
_SIGNED_BEFORE = "urn:gateway:consent:recorder"
"""Extension of our own form, once it is signed: who recorded the signature (`consent.signed_consent`)."""
_VOID = ("entered-in-error", "superseded")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The standing of one Consent version, and the codes of what is missing."""

    standing: Standing
    reasons: tuple[str, ...]


def judge(
    premises: Premises, resource: Mapping[str, Any], recorded_by: str, *, form_stored: bool = False
) -> Judgement:
    """May this Consent, recorded by partner `recorded_by`, permit anything?

    Only when its recorder is the discloser it names or may record for that discloser (`may_open`), the signed form's
    bytes or hash are with it (or stored before: `form_stored`), and no element of 42 CFR §2.31(a) is missing. Whatever
    it denies binds in any case. What a partner in `test` records permits, if at all, until that goes live
    (`of_practice`).
    """
    network = premises.network
    if not disclosers_named(network, resource) <= may_open(network, recorded_by):
        return Judgement("unverified", ("RECORDER_NOT_ENTITLED",))
    if (missing_form := _missing_form(resource, form_stored)) is not None:
        return Judgement("unverified", (missing_form,))
    usable = Judgement("usable", (IN_TEST,) if _practises(network, recorded_by) else ())
    if "part2" not in network.content.policy.packs:
        return usable
    report = consent.validate_consent(resource, network.zone)
    missing = tuple(element.code for element in report.elements if not element.present)
    return Judgement("deficient", missing) if missing and report.permits else usable


def of_practice(network: Network, state: ConsentState) -> bool:
    """Whether the Consent was made up: its recorder was in `test` then, and is so no more. Whoever is live sends what is
    true again, and it is judged anew.
    """
    return IN_TEST in json.loads(state.reasons) and not _practises(network, state.recorded_by)


def was_practice(network: Network, reading: Reading, record: Record) -> bool:
    """The same of a Consent as it is held."""
    states = consents.of_patient(reading, str(record.patient_id))
    return any(one.consent_id == record.id and of_practice(network, one) for one in states)


def _practises(network: Network, recorder: str) -> bool:
    partner = network.partners.get(recorder)
    return partner is not None and partner.state == "test"


def may_record(network: Network, recorder: str) -> frozenset[str]:
    """Partner ids of the disclosers for which `recorder` may record a Consent; itself among them."""
    partner = network.partners.get(recorder)
    return frozenset((recorder, *partner.may_record_consent_for)) if partner is not None else frozenset()


def may_open(network: Network, recorder: str) -> frozenset[str]:
    """Partner ids of the disclosers whose records a Consent of `recorder` may open: those for which it may record; of a
    recorder in `test`, whose consents are made up, those in `test` alone. What it denies binds as ever.
    """
    named = may_record(network, recorder)
    if not _practises(network, recorder):
        return named
    return frozenset(
        one for one in named if (other := network.partners.get(one)) is not None and other.state == "test"
    )


def disclosers_named(network: Network, resource: Mapping[str, Any]) -> frozenset[str]:
    """Partner ids of the disclosers by whom a permit of the Consent could hold, as the engine reads it.

    One that is no partner of this network, is not stated, or is named as two different parties is an empty text,
    which no recorder may record for. Empty when nothing in it is a permit.
    """
    return frozenset(
        partner for named in consent.disclosers_of(resource) for partner in _partners_named(network, named)
    )


def permits_at_root(resource: Mapping[str, Any]) -> bool:
    """Whether a Consent permits at its root while in force, as the engine reads it; nothing else can be taken back.

    A root that says nothing of the kind denies, and so does one with a modifier: where treatment needs no consent, the
    end of a denial would open records. What says that it is not verified permits nothing.
    """
    verifications = resource.get("verification", ())
    return _root_permits(resource) and all(one.get("verified") is not False for one in verifications)


def first_day_of(resource: Mapping[str, Any], zone: ZoneInfo) -> date | None:
    """The day on which a `dataPeriod` begins to find a record; None where it says none."""
    return consent.first_day(resource, zone)


def is_signed_here(resource: Mapping[str, Any]) -> bool:
    """Whether a Consent was made of our own form, which says who recorded the signature."""
    return any(one.get("url") == _SIGNED_BEFORE for one in resource.get("extension", ()))


def could_deny(resource: Mapping[str, Any]) -> bool:
    """Whether a Consent in force could deny anything: all do but those that permit through and through."""
    if resource.get("status") != "active":
        return False
    return not (_root_permits(resource) and _only_permits(resource["provision"]))


def _root_permits(resource: Mapping[str, Any]) -> bool:
    provision = resource.get("provision")
    says_so = isinstance(provision, Mapping) and provision.get("type") == "permit"
    return says_so and consent.validate_consent({**resource, "status": "active"}).permits


def in_the_log(resource: Mapping[str, Any]) -> str:
    """What the log says of a Consent's kind beside its reference, by which a restore tells what is lost."""
    if resource.get("status") != "active":
        return ""
    return (DENIES if not _root_permits(resource) else "") if could_deny(resource) else PERMITS_ALONE


def denies_for_others(premises: Premises, resource: Mapping[str, Any], recorder: str) -> bool:
    """Whether a Consent could deny disclosures of somebody for whom `recorder` may not record: then it binds only from
    a recorder who has to do with her, whatever form is with it.
    """
    if not could_deny(resource):
        return False
    network, provision = premises.network, resource.get("provision")
    as_permit = {**(provision if isinstance(provision, Mapping) else {}), "type": "permit"}
    asked = {**resource, "provision": as_permit}
    if "part2" not in network.content.policy.packs:
        asked.pop("organization", None)  # without that pack it limits nothing (`matching`)
    named, own = disclosers_named(network, asked), may_record(network, recorder)
    return not named or not named <= own


def _only_permits(provision: Mapping[str, Any]) -> bool:
    return provision.get("type") == "permit" and all(map(_only_permits, provision.get("provision", ())))


def is_stored_form(reading: Reading, resource: Mapping[str, Any], recorder: str, patient_id: str) -> bool:
    """Whether `sourceReference` leads to a form that this recorder sent before, about this patient, with its bytes."""
    reference = resource.get("sourceReference", {}).get("reference", "")
    kind, _, form_id = str(reference).partition("/")
    form = records.get(reading, kind, form_id) if kind == "DocumentReference" else None
    if form is None or form.deleted or form.patient_id != patient_id or set(form.sources) != {recorder}:
        return False
    if form.resource.get("status") in _VOID:
        return False
    attachments = [content.get("attachment", {}) for content in form.resource.get("content", ())]
    return bool(attachments) and all(_fault_of(attachment) is None for attachment in attachments)


def _partners_named(network: Network, named: consent.NamedDiscloser) -> frozenset[str]:
    """The partners a discloser's name means; an empty text where it means none, or two parties."""
    partner = partner_of(named.reference) if named.reference is not None else ""
    by_reference = {partner} if partner in network.partners else set()
    by_identifier = {
        partner_id
        for partner_id, candidate in network.partners.items()
        if named.identifier is not None
        for known in candidate.organization.identifiers
        if (known.system, known.value) == (named.identifier.system, named.identifier.value)
    }
    if named.reference is None:
        return frozenset(by_identifier or {""})
    if named.identifier is not None and by_identifier != by_reference:
        return frozenset({"", *by_reference, *by_identifier})
    return frozenset(by_reference or {""})


def _missing_form(resource: Mapping[str, Any], form_stored: bool) -> str | None:
    """Why the signed form is not with the Consent: `SIGNED_FORM_MISSING`, `SIGNED_FORM_ALTERED`; None when it is."""
    if "sourceAttachment" in resource:
        return _fault_of(resource["sourceAttachment"])
    return None if form_stored else _NO_FORM


def _fault_of(attachment: Mapping[str, Any]) -> str | None:
    """What is wrong with an attachment as a signed form. Its hash is base64 of SHA-1 (FHIR R4) or of SHA-256."""
    data, digest = attachment.get("data"), attachment.get("hash")
    if not data and not digest:
        return _NO_FORM
    try:
        content = base64.b64decode("".join(str(data or "").split()), validate=True)
        stated = base64.b64decode(str(digest or ""), validate=True)
    except (binascii.Error, ValueError):
        return "SIGNED_FORM_ALTERED"
    if not digest:
        return None if content else _NO_FORM
    made_by = _DIGESTS.get(len(stated))
    if made_by is None or (data and made_by(content).digest() != stated):
        return "SIGNED_FORM_ALTERED"
    return None
