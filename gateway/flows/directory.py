"""The directory: the partners, whom they list by name and NPI, and the services taken in (HSDS). It names no patient.

Which agencies there are, and what they offer, is public to a partner (42 CFR 2.13(c) protects that a person is a patient
of one), and so is who works there, where the agency itself lists her. An organisation or practitioner that came with
somebody's records is hers: only the gate shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.partners import Network
from gateway.partners.directory import listed_practitioners, organization_resource

DIRECTORY_TYPES = ("HealthcareService", "Location", "Organization", "Practitioner", "PractitionerRole")
Resource = Mapping[str, Any]


def directory_of_types(premises: Premises, types: Collection[str]) -> tuple[Resource, ...]:
    """All of these types that stand in the directory."""
    if not any(name in DIRECTORY_TYPES for name in types):
        return ()
    everything = (*_partners(premises.network), *premises.services())
    return tuple(one for one in everything if one["resourceType"] in types)


def in_directory(premises: Premises, resource_type: str, resource_id: str) -> tuple[Resource, ...]:
    """The one of that id, if it stands in the directory."""
    if resource_type not in DIRECTORY_TYPES:
        return ()
    found = directory_of_types(premises, (resource_type,))
    return tuple(one for one in found if one["id"] == resource_id)[:1]


@lru_cache(maxsize=8)
def _partners(network: Network) -> tuple[Resource, ...]:
    """The Organizations of those that take part, and whom they list; not of who still practises. Who works for several
    is one Practitioner with a role at each.
    """
    found: dict[tuple[str, str], Resource] = {}
    for name, one in network.partners.items():
        if one.state != "test":
            for resource in (organization_resource(name, one), *listed_practitioners(name, one)):
                found.setdefault((resource["resourceType"], resource["id"]), resource)
    return tuple(found.values())
