"""The directory that consent decisions resolve actors against: the partners as FHIR Organizations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.partners.network import Network, Partner, reference_of

NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"
_TAXONOMY = "http://nucc.org/provider-taxonomy"
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


def listed_practitioners(partner_id: str, partner: Partner) -> Iterator[dict[str, Any]]:
    """A Practitioner and a PractitionerRole (FHIR R4, US Core) for each whom a partner lists."""
    for one in partner.organization.practitioners:
        name = f"npi-{one.npi}"
        yield {
            "resourceType": "Practitioner",
            "id": name,
            "active": True,
            "identifier": [{"system": NPI_SYSTEM, "value": one.npi}],
            "name": [{"family": one.family, "given": [one.given]}],
        }
        role: dict[str, Any] = {
            "resourceType": "PractitionerRole",
            "id": f"{partner_id}-{one.npi}",
            "active": True,
            "practitioner": {"reference": f"Practitioner/{name}", "display": f"{one.given} {one.family}"},
            "organization": {"reference": reference_of(partner_id), "display": partner.organization.name},
            "telecom": [{"system": "phone", "value": one.phone, "use": "work"}],
        }
        if one.specialty:
            role["specialty"] = [{"coding": [{"system": _TAXONOMY, "code": one.specialty}]}]
        yield role


def directory_resources(network: Network) -> tuple[Mapping[str, Any], ...]:
    """Every partner's Organization and whom it lists, in the order of the file: who is found there tells whom she works
    for, so that a program's worker is kept back where the program is (FH-RED-04).
    """
    return tuple(
        resource
        for pid, partner in network.partners.items()
        for resource in (organization_resource(pid, partner), *listed_practitioners(pid, partner))
    )


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
        "asked_with": [
            reference_of(route.with_addressee)
            for route in network.content.routes
            if route.addressee == partner_id and route.with_addressee is not None
        ],
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
