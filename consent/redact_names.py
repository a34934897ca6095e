"""Whose names tell on a person: SUD programs and their people and places, and who may read such a name
anyway.

Presence at a place that is publicly known for SUD care only may be neither confirmed nor denied (42 CFR
§2.13(c)), so a recipient that was not permitted SUD data does not learn that such a place is involved
(FH-RED-04).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from consent.labels import label_resource
from consent.model import Decision, DisclosureRequest, Resource
from consent.redact_places import PEOPLE_AND_PLACES
from consent.tables import Tables

SUD_LABELS = frozenset({"42CFRPart2", "BH", "ETH", "ETHUD", "OPIOIDUD", "SPI", "SUD"})
HEALTH_STANDING = frozenset(
    {
        "business_associate",
        "covered_entity",
        "health_plan",
        "medical_personnel",
        "part2_program",
        "payer",
        "qso",
        "representative",
        "treating_provider",
    }
)
OWN_BASES = frozenset({"INSIDE_PROGRAM", "PATIENT_ACCESS"})
BELONGS_TO = ("managingOrganization", "organization", "owner", "partOf", "providedBy")
NAMING = (
    "address",
    "alias",
    "comment",
    "contact",
    "description",
    "endpoint",
    "identifier",
    "name",
    "photo",
    "specialty",
)
NAMES_OF_A_SOURCE = (*NAMING, "position", "program", "qualification", "telecom", "type", "category", "code")
SHORTEST_NAME = 6


@dataclass(frozen=True, slots=True)
class SensitiveSources:
    """References of people and places that tell on a person, and the names and numbers by which they are
    known.
    """

    references: frozenset[str]
    names: frozenset[str]


NO_SOURCES = SensitiveSources(frozenset(), frozenset())


def is_own(request: DisclosureRequest) -> bool:
    """Whether the recipient is the discloser itself or part of it."""
    recipient = {*request.recipient.references, *request.recipient.members_of}
    return not recipient.isdisjoint(request.discloser.references)


def may_know_sources(request: DisclosureRequest, decision: Decision) -> bool:
    """Whether the recipient may read the names of SUD programs.

    So for the patient and the program itself; for a health organisation that gets a Part 2 or SUD record in
    this very release; and for anybody whose deciding consent names SUD data.
    """
    recipient, discloser = request.recipient, request.discloser
    own = {*recipient.references, *recipient.members_of} & set(discloser.references)
    if (
        own
        or decision.basis in OWN_BASES
        or "patient" in recipient.standing
        or request.patient in recipient.references
    ):
        return True
    if any(not SUD_LABELS.isdisjoint(scope.labels) for scope in decision.scopes):
        return True
    return not HEALTH_STANDING.isdisjoint(recipient.standing) and any(
        row.outcome != "withhold" and not SUD_LABELS.isdisjoint(row.labels) for row in decision.resources
    )


def sources_for(request: DisclosureRequest, decision: Decision, tables: Tables) -> SensitiveSources:
    """`sensitive_sources`, found once for a decision: kept with it for the next step, for this very request."""
    for asked, by, found in decision.sources:
        if asked is request and by is tables:
            return found
    decision.sources[:] = [(request, tables, sensitive_sources(request, tables))]
    return decision.sources[0][2]


def sensitive_sources(request: DisclosureRequest, tables: Tables) -> SensitiveSources:
    """The programs of the policy, whatever belongs to them, and whatever tells by its own name or codes."""
    known = list(_people_and_places(request))
    found = set(request.policy.part2_sources) - set(request.recipient.references)
    found |= {reference for reference, entry in known if _tells(entry, tables)}
    found |= set(_telling_displays((row.resource for row in request.resources), tables))
    before = -1
    while len(found) != before:
        before = len(found)
        for reference, entry in known:
            if any(target in found for target in _targets(entry, BELONGS_TO)):
                found.add(reference)
                found.update(_targets(entry, ("practitioner",)))
    found -= {request.patient, *request.recipient.references}
    names = {name for reference, entry in known if reference in found for name in _names(entry)}
    return SensitiveSources(frozenset(found), frozenset(names))


def _people_and_places(request: DisclosureRequest) -> Iterator[tuple[str, Resource]]:
    """Directory entries, and people and places among the resources and contained in them, with their
    references.
    """
    for entry in (*request.directory, *(row.resource for row in request.resources)):
        kind = entry.get("resourceType")
        if kind in PEOPLE_AND_PLACES and isinstance(entry.get("id"), str):
            yield f"{kind}/{entry['id']}", entry
        for inner in _listed(entry.get("contained")):
            if isinstance(inner, Mapping) and inner.get("resourceType") in PEOPLE_AND_PLACES:
                yield f"#{inner.get('id', '')}", inner


def _tells(entry: Resource, tables: Tables) -> bool:
    """Whether a person or place tells by its names, codes or labels that it is about SUD."""
    if entry.get("resourceType") in ("Patient", "Person", "RelatedPerson"):
        return False
    labelling = label_resource(entry, False, tables)
    if not SUD_LABELS.isdisjoint(labelling.codes):
        return True
    return any(not SUD_LABELS.isdisjoint(tables.find_words(name).specific) for name in _names(entry))


def _telling_displays(resources: Iterable[Resource], tables: Tables) -> Iterator[str]:
    """References to people and places whose display tells (`Sunrise Methadone Clinic`)."""
    waiting: list[object] = list(resources)
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict | Mapping):
            reference, display = node.get("reference"), node.get("display")
            if isinstance(reference, str) and isinstance(display, str) and tables.find_words(display).tier:
                target = "/".join(reference.split("/")[-2:])
                if target.split("/")[0] in PEOPLE_AND_PLACES and not target.startswith("Patient/"):
                    yield target
            waiting += [value for value in node.values() if not isinstance(value, str)]
        elif isinstance(node, list | tuple):
            waiting.extend(node)


def _targets(entry: Resource, elements: Iterable[str]) -> Iterator[str]:
    for element in elements:
        for value in _listed(entry.get(element)):
            if isinstance(value, Mapping) and isinstance(value.get("reference"), str):
                yield "/".join(value["reference"].split("/")[-2:])


def _names(entry: Resource) -> Iterator[str]:
    """Names, aliases, numbers, street lines and identifiers of one entry, folded; too short ones tell
    nothing.
    """
    for element in ("name", "alias", "telecom", "address", "identifier"):
        for text in _texts(entry.get(element)):
            folded = " ".join(text.casefold().split())
            if len(folded) >= SHORTEST_NAME:
                yield folded


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        line = value.get("line")
        for text in (value.get("text"), value.get("value"), *_listed(line)):
            if isinstance(text, str):
                yield text
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _texts(entry)


def _listed(value: object) -> tuple[object, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)
