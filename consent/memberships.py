"""Whom a permit reaches that names an organization: its own people and parts, never the members of an exchange.

A consent that names an intermediary has to name its participants too, or limit them to those with a treating provider
relationship (42 CFR §2.31(a)(4)(ii), P2-31-05). So a membership counts as hierarchy for a permit only where it can be
told that the organization is no intermediary: a person other than a Part 2 program, covered entity or business
associate (§2.11). A denial that names it reaches all of its members.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from consent.directives import Directive, plain_reference
from consent.directory import Directory
from consent.model import DisclosureRequest, Resource

OF_PEOPLE = frozenset({"CareTeam", "Group", "PractitionerRole"})
"""No organizations: what belongs to them is named by them."""

KIND_SYSTEMS = frozenset(
    {
        "http://terminology.hl7.org/CodeSystem/organization-type",
        "urn:gateway:partner-kind",
        "urn:warm-handoff:partner-kind",
    }
)
PROVIDERS_AND_PLANS = frozenset(
    {
        "clinical", "counseling", "health_plan", "hospital", "ins", "laboratory", "otp", "pay", "payer", "primary_care",
        "prov", "psychiatry",
    }
)  # fmt: skip
"""Kinds of organizations that are programs or covered entities. Case management is not: it may be an intermediary."""

NO_INTERMEDIARY = frozenset({"business_associate", "covered_entity", "part2_program"})


def exchanges_in(directives: Iterable[Directive], directory: Directory) -> frozenset[str]:
    """References of everybody through whom a consent of the patient designates participants (role DELEGATEE)."""
    found: set[str] = set()
    waiting = [directive.root for directive in directives if directive.root is not None]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        for actor in node.actors:
            if actor.part == "delegatee" and actor.reference is not None:
                found.add(actor.reference)
            elif actor.part == "delegatee" and actor.identifier is not None:
                found |= directory.by_identifier.get(actor.identifier, frozenset())
    return frozenset(found)


def is_hierarchy(group: str, request: DisclosureRequest, directory: Directory) -> bool:
    """Whether it can be told that `group` (reference), in which the recipient is a member, is no intermediary."""
    name = plain_reference(group)
    if name.split("/")[0] in OF_PEOPLE or name in map(plain_reference, request.policy.part2_sources):
        return True
    discloser = request.discloser
    if name in map(plain_reference, discloser.references) and not NO_INTERMEDIARY.isdisjoint(
        discloser.standing
    ):
        return True
    kinds = kinds_of(name, directory)
    return bool(kinds) and kinds <= PROVIDERS_AND_PLANS


def kinds_of(reference: str, directory: Directory) -> frozenset[str]:
    """What the directory says that an organization is."""
    return frozenset(_kinds(directory.entries.get(reference, {})))


def _kinds(organization: Resource) -> Iterable[str]:
    rows = organization.get("type")
    for concept in rows if isinstance(rows, list | tuple) else ():
        codings = concept.get("coding") if isinstance(concept, Mapping) else None
        for coding in codings if isinstance(codings, list | tuple) else ():
            if isinstance(coding, Mapping) and coding.get("system") in KIND_SYSTEMS:
                code = coding.get("code")
                yield code if isinstance(code, str) else ""
