"""Which partner a FHIR Reference means: itself, or by way of the role, organization or service that it points at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own
from gateway.flows.directory import DIRECTORY_TYPES, in_directory
from gateway.flows.own_ids import own_id
from gateway.flows.sources import Beside
from gateway.partners import Network, Route, partner_of
from gateway.store import Reading, records

Json = Mapping[str, Any]
Look = Callable[[str], Json | None]
"""The resource behind a reference, or None."""

_BELONGS_TO = {"PractitionerRole": "organization", "HealthcareService": "providedBy"}


def partner_meant(network: Network, reference: Json, look: Look) -> str | None:
    """The partner that a FHIR Reference names: as `Organization/<partner>`, by an identifier of its organisation or a
    code by which senders name it, also by those of the role, organization or service that it points at; or None, also
    where several are named.
    """
    found = set(_named(network, reference, look))
    return found.pop() if len(found) == 1 else None


def looking_in(premises: Premises, reading: Reading, sender: str, around: Beside, inside: Json) -> Look:
    """Looks where the sender may point: into the resource itself, what came with it, the directory, and what it has sent
    before, under its own id or ours. Nothing of others is looked at.
    """

    def look(text: str) -> Json | None:
        if text.startswith("#"):
            return next((one for one in inside.get("contained", ()) if one.get("id") == text[1:]), None)
        if text in around.by_reference:
            return around.by_reference[text]
        kind, _, name = text.partition("/")
        if kind not in DIRECTORY_TYPES:
            return None
        for known in in_directory(premises, kind, name):
            return known
        for resource_id in (name, own_id(premises.keys.id_key, sender, kind, name)):
            held = records.get(reading, kind, resource_id)
            if held is not None and is_own(held, sender):
                return held.resource
        return None

    return look


def looking_in_directory(premises: Premises) -> Look:
    """Looks into the directory alone."""

    def look(text: str) -> Json | None:
        kind, _, name = text.partition("/")
        return next(iter(in_directory(premises, kind, name)), None)

    return look


def naming_owner(network: Network, task: Json, partner: str | None) -> Json:
    """A Task that says whom it asks by the identifier of that partner too: a role is known to its sender alone, and it
    has to be seen whose the referral is (P2-13-01), here and by whom it goes to.
    """
    owner = task.get("owner")
    return {**task, "owner": _identified(network, owner, partner)} if owner and partner else task


def naming_addressee(network: Network, resources: Iterable[Json], routes: Sequence[Route]) -> list[Json]:
    """The resources of a referral along these routes, whose Task and request name the addressee, the first of them, so
    wherever they name the Task's owner.
    """
    every, partner = list(resources), routes[0].addressee
    owners = [one["owner"] for one in every if one["resourceType"] == "Task" and "owner" in one]
    found = []
    for one in every:
        if one["resourceType"] == "Task":
            one = naming_owner(network, one, partner)
        elif one["resourceType"] == "ServiceRequest" and "performer" in one:
            asked = [_identified(network, p, partner) if p in owners else p for p in one["performer"]]
            one = {**one, "performer": asked}
        found.append(one)
    return found


def _identified(network: Network, reference: Json, partner: str) -> Json:
    """The reference, with an identifier of the partner's organisation where it is not named by either."""
    known = network.partners[partner].organization.identifiers
    if not known or "identifier" in reference or partner_of(str(reference.get("reference", ""))) == partner:
        return reference
    return {**reference, "identifier": {"system": known[0].system, "value": known[0].value}}


def _named(network: Network, reference: Json, look: Look) -> Iterator[str]:
    yield from _by_identifier(network, reference.get("identifier"))
    text = str(reference.get("reference", "")).partition("/_history/")[0]
    for _ in range(3):  # a role of an organization, a service that it provides: no longer ways
        partner = partner_of(text)
        if partner in network.partners:
            yield partner
            return
        target = look(text) if text else None
        if target is None:
            return
        identifiers = target.get("identifier", ())
        for one in identifiers if isinstance(identifiers, list | tuple) else ():
            yield from _by_identifier(network, one)
        belongs_to = target.get(_BELONGS_TO.get(str(target.get("resourceType")), ""), {})
        yield from _by_identifier(network, belongs_to.get("identifier"))
        text = str(belongs_to.get("reference", "")).partition("/_history/")[0]


def _by_identifier(network: Network, identifier: object) -> Iterator[str]:
    """Whose identifier, or else whose addressee code, that is."""
    if not isinstance(identifier, Mapping) or not identifier.get("value"):
        return
    system, value = str(identifier.get("system", "")), str(identifier["value"])
    found = [
        partner_id
        for partner_id, candidate in network.partners.items()
        for known in candidate.organization.identifiers
        if (known.system, known.value) == (system, value)
    ]
    yield from found or filter(None, [network.addressee(value, system)])
