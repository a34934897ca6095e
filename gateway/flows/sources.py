"""Whose record is it? The submitter, and every partner that the record itself names as its origin.

A partner cannot make another agency's words its own by sending them on: a record that names a Part 2 program as its
author stays that program's record, for all later versions (consent semantics 11, "Source"; 42 CFR §2.12(d)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gateway.partners import Network, partner_of
from gateway.store import Record

_ORIGIN = (
    "asserter",
    "author",
    "authenticator",
    "contributor",
    "custodian",
    "informationSource",
    "managingOrganization",
    "organization",
    "performer",
    "recorder",
    "requester",
    "resultsInterpreter",
    "sender",
    "serviceProvider",
    "source",
)
_ORIGIN_OF_REQUEST = ("author", "requester", "recorder")
_REQUESTS = frozenset(
    [
        "Appointment",
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "Task",
    ]
)
"""What these ask somebody to do names the addressee as performer or owner; that makes it nobody's source."""

_DIRECTORY = frozenset(
    ["Endpoint", "HealthcareService", "Location", "Organization", "Practitioner", "PractitionerRole"]
)
"""These say who somebody is; naming an organisation in them says nothing of where a patient's data came from."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What came in the same submission: resources by reference, and which agents its Provenance gives to which."""

    by_reference: Mapping[str, Mapping[str, Any]]
    agents: Mapping[str, tuple[Mapping[str, Any], ...]]


NOTHING_BESIDE = Beside({}, {})


def beside(resources: Sequence[Mapping[str, Any]]) -> Beside:
    """The resources of one submission, ready to be asked by `asserted_sources`."""
    by_reference = {f"{r.get('resourceType')}/{r['id']}": r for r in resources if r.get("id")}
    agents: dict[str, tuple[Mapping[str, Any], ...]] = {}
    for resource in resources:
        if resource.get("resourceType") != "Provenance":
            continue
        named = tuple(_agents(resource))
        for target in _references(resource.get("target")):
            reference = _unversioned(str(target.get("reference", "")))
            agents[reference] = (*agents.get(reference, ()), *named)
    return Beside(by_reference, agents)


def asserted_sources(
    network: Network, submitter: str, resource: Mapping[str, Any], around: Beside = NOTHING_BESIDE
) -> tuple[str, ...]:
    """Ids of the partners a record comes from, sorted: the submitter, and each that the record names as its origin.

    Origins are `meta.source`, the author, performer, recorder, asserter, requester, custodian or organisation, and the
    agents of a Provenance; named as `Organization/<partner>` or by an identifier of the partner's organisation. Who is
    asked to do something (performer or owner of a request) is not its origin.
    """
    found = {submitter}
    source = resource.get("meta", {}).get("source")
    if source:
        found |= _partners_of_uri(network, str(source))
    for reference in _origins(resource, around):
        found |= _partners_of(network, reference, resource, around)
    return tuple(sorted(found))


def comes_from_program(network: Network, sources: Iterable[str], before: Record | None) -> bool:
    """Whether a record of these sources is a Part 2 record (P2-12-01).

    Of a source that has left the network nobody says any more what it is: what the version `before` was stands, and
    without one it counts as a program.
    """
    has_program, has_left = _kinds(network, tuple(sources))
    return has_program or (has_left and (before is None or before.part2))


@lru_cache(maxsize=1024)
def _kinds(network: Network, sources: tuple[str, ...]) -> tuple[bool, bool]:
    """Whether a program is among the sources, and whether one that has left the network is."""
    known = [network.partners.get(source) for source in sources]
    return any(partner is not None and partner.is_part2_program for partner in known), None in known


def _origins(resource: Mapping[str, Any], around: Beside) -> Iterator[Mapping[str, Any]]:
    resource_type = str(resource.get("resourceType"))
    if resource_type == "Provenance":
        yield from _agents(resource)
    elif resource_type not in _DIRECTORY:
        for name in _ORIGIN_OF_REQUEST if resource_type in _REQUESTS else _ORIGIN:
            if name in resource:  # of fifteen names a record has one or two
                yield from _references(resource[name])
    yield from around.agents.get(f"{resource_type}/{resource.get('id')}", ())


def _agents(provenance: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for agent in provenance.get("agent", ()):
        for name in ("who", "onBehalfOf"):
            yield from _references(agent.get(name))


def _references(value: Any) -> Iterator[Mapping[str, Any]]:
    """The References in an element: itself, each of a list, or the one that each entry names as its actor."""
    if isinstance(value, Mapping):
        yield value
        for name in ("actor", "onBehalfOf"):
            if isinstance(value.get(name), Mapping):
                yield value[name]
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _references(entry)


def _partners_of(
    network: Network, reference: Mapping[str, Any], inside: Mapping[str, Any], around: Beside
) -> set[str]:
    """The partners that a Reference means, also by way of an organisation contained or sent beside it."""
    found = _partners_of_identifier(network, reference.get("identifier"))
    text = _unversioned(str(reference.get("reference") or ""))
    if not text:
        return found
    found |= _partners_of_uri(network, text)
    target = _target(text, inside, around) or {}
    organization = target.get("organization") if target.get("resourceType") == "PractitionerRole" else None
    if isinstance(organization, Mapping):
        named = _unversioned(str(organization.get("reference") or ""))
        found |= _partners_of_identifier(network, organization.get("identifier"))
        found |= _partners_of_uri(network, named)
        target = _target(named, inside, around) or {}
    for identifier in target.get("identifier", ()) if target.get("resourceType") == "Organization" else ():
        found |= _partners_of_identifier(network, identifier)
    return found


def _target(text: str, inside: Mapping[str, Any], around: Beside) -> Mapping[str, Any] | None:
    if not text.startswith("#"):
        return around.by_reference.get(text)
    contained: Sequence[Mapping[str, Any]] = inside.get("contained", ())
    return next((held for held in contained if held.get("id") == text[1:]), None)


def _partners_of_uri(network: Network, uri: str) -> set[str]:
    """The partner that `Organization/<partner>`, an address ending so, or an identifier written as one names."""
    plain = _unversioned(uri.partition("#")[0])
    partner = partner_of("/".join(plain.rsplit("/", 2)[-2:]))
    found = {partner} if partner in network.partners else set()
    return found | _by_written_identifier(network).get(plain, set())


def _partners_of_identifier(network: Network, identifier: Any) -> set[str]:
    """The partners with that identifier. Without its system the value alone counts: more sources, never fewer."""
    if not isinstance(identifier, Mapping) or not identifier.get("value"):
        return set()
    known = _by_identifier(network)
    return set(known.get((str(identifier.get("system", "")), str(identifier["value"])), ()))


def _unversioned(reference: str) -> str:
    return reference.partition("/_history/")[0]


@lru_cache(maxsize=8)
def _by_identifier(network: Network) -> Mapping[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for partner_id, partner in network.partners.items():
        for known in partner.organization.identifiers:
            for system in (known.system, ""):
                found.setdefault((system, known.value), set()).add(partner_id)
    return found


@lru_cache(maxsize=8)
def _by_written_identifier(network: Network) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for (system, value), partners in _by_identifier(network).items():
        for written in (f"{system}|{value}", f"{system}/{value}", value if ":" in value else ""):
            if system and written:
                found.setdefault(written, set()).update(partners)
    return found
