"""The directory that consent decisions resolve actors against: the partners as FHIR Organizations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.partners.network import Network, Partner, reference_of

KIND_SYSTEM = "urn:warm-handoff:partner-kind"


def organization_resource(partner_id: str, partner: Partner) -> dict[str, Any]:
    """The FHIR R4 Organization of a partner, as the directory of a decision holds it."""
    organization = partner.organization
    resource: dict[str, Any] = {
        "resourceType": "Organization",
        "id": partner_id,
        "active": True,
        "type": [{"coding": [{"system": KIND_SYSTEM, "code": partner.kind}]}],
        "name": organization.name,
    }
    if organization.identifiers:
        resource["identifier"] = [{"system": i.system, "value": i.value} for i in organization.identifiers]
    if organization.address:
        resource["address"] = [{"text": organization.address}]
    return resource


def directory_resources(network: Network) -> tuple[Mapping[str, Any], ...]:
    """Every partner's Organization, in the order of the file."""
    return tuple(organization_resource(pid, partner) for pid, partner in network.partners.items())


def recipient_of(network: Network, partner_id: str) -> dict[str, Any]:
    """The `recipient` of a decision question (design contract: references, identifiers, roles, standing)."""
    partner = network.partners[partner_id]
    return {
        "references": [reference_of(partner_id)],
        "identifiers": _identifiers(partner),
        "roles": ["IRCP"],
        "standing": list(partner.standing),
        "members_of": [],
        "category": partner.kind,
    }


def discloser_of(network: Network, partner_id: str) -> dict[str, Any]:
    """The `discloser` of a decision question; of one that has left the network nothing but its reference is known."""
    partner = network.partners.get(partner_id)
    return {
        "references": [reference_of(partner_id)],
        "identifiers": [] if partner is None else _identifiers(partner),
    }


def _identifiers(partner: Partner) -> list[dict[str, str]]:
    return [{"system": i.system, "value": i.value} for i in partner.organization.identifiers]
