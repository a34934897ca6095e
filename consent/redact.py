"""Redaction: what a decision withholds is removed, never masked, and what is left is still valid FHIR.

`redact` only removes. Resources go whole; elements go by the decision's `removals`; references to anything
removed go with their displays; narrative, notes, attachments and extensions that nobody scanned go;
contained copies go unless they tell no more than their container; names of SUD programs go where the
recipient may not know them (FH-RED-01, -04); alerts that rest on what is withheld go only to who treats the
patient (FH-RED-06). Where a mandatory element would have to go, the whole resource
goes (FH-RED-05).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from consent.labels import PART2, from_program, is_unstructured, label_resource
from consent.model import Decision, DisclosureRequest, Resource, ResourceDecision, SubjectResource
from consent.outline import Outline, outline_of
from consent.plan_classes import classes_of
from consent.redact_names import NO_SOURCES, OWN_BASES, is_own, may_know_sources, sources_for
from consent.redact_places import MAIN_CODES, PEOPLE_AND_PLACES
from consent.redact_rules import Rules, Walk, near_references, target_of
from consent.redact_tree import WHOLE_DOCUMENTS, left_whole, pruned
from consent.redact_whole import all_may_stay, is_plain_for_all
from consent.tables import Tables

ALERTS = frozenset({"DetectedIssue"})
"""Records that other records gave rise to: they tell of those, whatever is removed from them."""

TREATING = frozenset({"medical_personnel", "part2_program", "treating_provider"})
PAYING = frozenset({"health_plan", "payer"})
"""A plan is a covered entity, and treats nobody."""

_Kept = tuple[SubjectResource, ResourceDecision, Outline]
"""One resource that is not withheld, its decision, and what a walk over it found."""


def redact(request: DisclosureRequest, decision: Decision, tables: Tables) -> tuple[Resource, ...]:
    """What may be shown of `request.resources`, in their order; withheld resources are absent.

    Raises ValueError when `decision` does not answer `request` (another number of resources, or another
    order). Removing twice is removing once, but for `removals`, which point into the resources as asked.
    """
    kept = _not_withheld(request, decision, tables)
    if not kept:
        return ()
    rules = _rules(request, decision, kept, tables)
    while True:
        walks: dict[object, Walk] = {}
        results = [_redacted(one, request, rules, walks) for one in kept]
        left = [result for result in results if result is not None]
        if len(left) == len(kept):
            return tuple(left)
        # a resource that could not stay valid is withheld too: references to it go in the next round
        kept = [one for one, result in zip(kept, results, strict=True) if result is not None]
        shown = frozenset([subject.reference for subject, _, _ in kept])
        rules = replace(rules, shown=shown, near=near_references(shown, rules.patient))


def _rules(request: DisclosureRequest, decision: Decision, kept: list[_Kept], tables: Tables) -> Rules:
    knows = may_know_sources(request, decision)
    asked = frozenset([row.reference for row in request.resources])
    shown = frozenset([subject.reference for subject, _, _ in kept])
    withheld = (
        [row.resource for row in request.resources if row.reference not in shown] if asked > shown else ()
    )
    limits = [frozenset(scope.classes) for scope in decision.scopes]
    codes, texts = frozenset(_codes_of(withheld)), frozenset(_texts_of(withheld))
    return Rules(
        patient=request.patient,
        asked=asked,
        shown=shown,
        sources=NO_SOURCES if knows else sources_for(request, decision, tables),
        codes=codes,
        texts=texts,
        classes=frozenset().union(*limits) if limits and all(limits) else frozenset(),
        knows=knows,
        readable=is_own(request) or decision.basis == "PATIENT_ACCESS",
        tables=tables,
        treats=_treats(request, decision, tables),
        near=near_references(shown, request.patient),
        sweeps=not knows or bool(codes) or bool(texts),
    )


def _not_withheld(request: DisclosureRequest, decision: Decision, tables: Tables) -> list[_Kept]:
    asked, rows, outlines = request.resources, decision.resources, decision.outlines
    if [row.reference for row in asked] != [row.reference for row in rows]:
        raise ValueError("the decision answers another question")
    if len(outlines) != len(asked):
        outlines = tuple(outline_of(subject.resource, subject.type, tables) for subject in asked)
    return [one for one in zip(asked, rows, outlines, strict=True) if one[1].outcome != "withhold"]


def _redacted(
    one: _Kept, request: DisclosureRequest, rules: Rules, walks: dict[object, Walk]
) -> Resource | None:
    """The resource without what must go, or None when it could not stay valid.

    Resources that are alike share one of `walks`.
    """
    subject, decided, outline = one
    resource = subject.resource
    if subject.type in ALERTS and not (rules.treats or _rests_on_what_is_shown(resource, rules)):
        return None
    is_outlined = (
        outline.resource is resource and outline.kind == subject.type and "contained" not in resource
    )
    if is_outlined and not decided.removals and is_plain_for_all(outline, rules):
        return left_whole(resource)
    # the text of a document goes whole only where it was asked about as one: one without text has nothing to read
    whole = decided.outcome == "disclose" and subject.type in WHOLE_DOCUMENTS and is_unstructured(resource)
    alike = (subject.type, decided.labels, decided.removals, whole)
    walk = walks.get(alike)
    if walk is None:
        walk = walks[alike] = Walk(
            rules,
            subject.type,
            frozenset(decided.labels),
            frozenset(decided.removals),
            whole_text=whole,
        )
    if "contained" in resource:
        part2 = PART2 in walk.labels or from_program(subject.sources, request.policy.part2_sources)
        inside = frozenset(_contained_that_may_stay(resource, walk.labels, walk.removals, part2, rules))
        walk = walk._replace(inside=inside)
    elif is_outlined and all_may_stay(outline, walk):
        return left_whole(resource)
    return pruned(resource, walk)


def _treats(request: DisclosureRequest, decision: Decision, tables: Tables) -> bool:
    """Whether the recipient treats the patient and asks for that, or it is the own record. FH-RED-06."""
    reached, standing = tables.permit_reaches("TREAT"), frozenset(request.recipient.standing)
    provides = "covered_entity" in standing and standing.isdisjoint(PAYING)
    return decision.basis in OWN_BASES or (
        (provides or not standing.isdisjoint(TREATING))
        and all(purpose.code in reached for purpose in request.purposes)
    )


def _rests_on_what_is_shown(alert: Resource, rules: Rules) -> bool:
    """Whether an alert says what it rests on, and all of that is released: else it would tell of what is not."""
    found = [*_mappings(alert.get("implicated"))]
    for evidence in _mappings(alert.get("evidence")):
        found += _mappings(evidence.get("detail"))
    return bool(found) and all(target_of(one.get("reference")) in rules.shown for one in found)


def _contained_that_may_stay(
    resource: Resource, labels: frozenset[str], removals: frozenset[str], part2: bool, rules: Rules
) -> Iterator[str]:
    """Ids of contained resources that tell no more than their container was decided with.

    A contained resource stays when it is not among the removals, its level and each of its sensitivity labels
    are within what its container was released with, no element has a label of its own, and its class is one
    the deciding consents name (all, where they name none). Notes never stay inside.
    """
    for number, entry in enumerate(_mappings(resource.get("contained"))):
        kind, name = entry.get("resourceType"), entry.get("id")
        if not (isinstance(kind, str) and isinstance(name, str) and name):
            continue
        if kind in ALERTS and not rules.treats:
            continue
        labelling = label_resource(entry, part2, rules.tables)
        rank = rules.tables.labels.rank
        level = max((rank[label] for label in labels if label in rank), default=rank["N"])
        tells_no_more = (
            labelling.sensitive <= labels
            and (PART2 in labels or not labelling.part2)
            and rank[labelling.level] <= level
            and not (labelling.note or labelling.inline)
        )
        allowed = (
            not rules.classes or kind in PEOPLE_AND_PLACES or not rules.classes.isdisjoint(classes_of(entry))
        )
        if (
            tells_no_more
            and allowed
            and f"/contained/{number}" not in removals
            and not _is_copy(entry, f"{kind}/{name}", rules)
        ):
            yield name


def _is_copy(entry: Resource, reference: str, rules: Rules) -> bool:
    """Whether a contained resource repeats a withheld one: its id, an identifier or its main code."""
    withheld = reference in rules.asked and reference not in rules.shown
    return withheld or any(pair in rules.codes for pair in _codes_of([entry]))


def _codes_of(withheld: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """(system, value) of the identifiers and main codes of withheld records: nothing else may repeat them."""
    for resource in withheld:
        named = [(identifier, "value") for identifier in _mappings(resource.get("identifier"))]
        for node, key in [*named, *((coding, "code") for coding in _main_codings(resource))]:
            system, value = node.get("system"), node.get(key)
            if isinstance(value, str) and value:
                yield system if isinstance(system, str) else "", value


def _texts_of(withheld: Sequence[Resource]) -> Iterator[str]:
    """What withheld records are called, folded: titles, and the displays and texts of their main codes."""
    for resource in withheld:
        named = [(concept, "text") for concept in _main_concepts(resource)]
        named += [(resource, "title"), (resource, "description")]
        for node, key in [*named, *((coding, "display") for coding in _main_codings(resource))]:
            text = node.get(key)
            if isinstance(text, str):
                yield text.casefold()


def _main_concepts(resource: Resource) -> Iterator[Mapping[str, object]]:
    for element in MAIN_CODES:
        if element in resource:
            yield from _mappings(resource[element])


def _main_codings(resource: Resource) -> Iterator[Mapping[str, object]]:
    for concept in _main_concepts(resource):
        yield from _mappings(concept.get("coding"))


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    for entry in value if isinstance(value, list | tuple) else (value,):
        if isinstance(entry, Mapping):
            yield entry
