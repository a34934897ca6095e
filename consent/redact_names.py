"""Whose names tell on a person: SUD programs and their people and places, and who may read such a name
anyway.

Presence at a place that is publicly known for SUD care only may be neither confirmed nor denied (42 CFR
§2.13(c)), so a recipient that was not permitted SUD data does not learn that such a place is involved
(FH-RED-04).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from consent.model import Decision, DisclosureRequest, Resource
from consent.places import SUD_LABELS, Places, SensitiveSources, places_of
from consent.redact_places import PEOPLE_AND_PLACES
from consent.resource_facts import SIMPLE
from consent.tables import Tables

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
    decision.sources[:] = [(request, tables, sensitive_sources(request, tables, decision.places))]
    return decision.sources[0][2]


def sensitive_sources(
    request: DisclosureRequest, tables: Tables, places: Places | None = None
) -> SensitiveSources:
    """The programs of the policy, whatever belongs to them, and whatever tells by its own name or codes.

    `places`: those of the request's directory, where they are known from a question before.
    """
    if places is None or not places.are_of(request.directory, tables):
        places = Places(request.directory, tables)
    recipient = frozenset(request.recipient.references)
    resources = [row.resource for row in request.resources]
    return places.sources(
        frozenset(request.policy.part2_sources) - recipient,
        tuple(places_of(resources, tables)),
        frozenset(_telling_displays(resources, tables)),
        recipient | {request.patient},
    )


def _telling_displays(resources: Iterable[Resource], tables: Tables) -> Iterator[str]:
    """References to people and places whose display tells (`Sunrise Methadone Clinic`)."""
    waiting: list[object] = list(resources)
    for node in waiting:
        if node.__class__ is dict or isinstance(node, Mapping):
            if "display" in node and "reference" in node:
                reference, display = node["reference"], node["display"]
                if (
                    isinstance(reference, str)
                    and isinstance(display, str)
                    and tables.find_words(display).tier
                ):
                    target = "/".join(reference.split("/")[-2:])
                    if target.split("/")[0] in PEOPLE_AND_PLACES and not target.startswith("Patient/"):
                        yield target
            waiting += [value for value in node.values() if value.__class__ not in SIMPLE]
        elif isinstance(node, list | tuple):
            waiting += [value for value in node if value.__class__ not in SIMPLE]
