"""What a Consent may do here: permit, or only deny (consent-semantics 11, "Who may record a consent")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import consent
from gateway.disclosure.premises import Premises
from gateway.partners import Network, partner_of

Standing = Literal["usable", "unverified", "deficient"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The standing of one Consent version, and the codes of what is missing."""

    standing: Standing
    reasons: tuple[str, ...]


def judge(premises: Premises, resource: Mapping[str, Any], recorded_by: str) -> Judgement:
    """May this Consent, recorded by partner `recorded_by`, permit anything?

    Only when its recorder is the discloser it names or may record for that discloser, the signed form's bytes or
    hash are with it, and no element of 42 CFR §2.31(a) is missing. Whatever it denies binds in any case.
    """
    network = premises.network
    disclosers = disclosers_named(network, resource)
    may_record = {recorded_by, *network.partners[recorded_by].may_record_consent_for}
    if not disclosers or not disclosers <= may_record:
        return Judgement("unverified", ("RECORDER_NOT_ENTITLED",))
    if not _has_signed_form(resource):
        return Judgement("unverified", ("SIGNED_FORM_MISSING",))
    if "part2" not in network.content.policy.packs:
        return Judgement("usable", ())
    report = consent.validate_consent(resource, network.zone)
    missing = tuple(element.code for element in report.elements if not element.present)
    return Judgement("deficient", missing) if missing and report.permits else Judgement("usable", ())


def disclosers_named(network: Network, resource: Mapping[str, Any]) -> frozenset[str]:
    """Partner ids of the disclosers a Consent names: actors with role PROV or CST at its root, else its organization.

    One that is no partner of this network is named by an empty text, which no recorder may record for.
    """
    actors = [
        actor.get("reference", {})
        for actor in resource.get("provision", {}).get("actor", ())
        if any(c.get("code") in ("PROV", "CST") for c in actor.get("role", {}).get("coding", ()))
    ]
    named = actors or list(resource.get("organization", ()))
    return frozenset(_partner_named(network, reference) for reference in named)


def _partner_named(network: Network, reference: Mapping[str, Any]) -> str:
    partner = partner_of(str(reference.get("reference", "")))
    if partner in network.partners:
        return partner
    identifier = reference.get("identifier", {})
    system, value = identifier.get("system"), identifier.get("value")
    for partner_id, candidate in network.partners.items():
        if any(i.system == system and i.value == value for i in candidate.organization.identifiers):
            return partner_id
    return ""


def _has_signed_form(resource: Mapping[str, Any]) -> bool:
    attachment = resource.get("sourceAttachment", {})
    return bool(attachment.get("data") or attachment.get("hash") or resource.get("sourceReference"))
