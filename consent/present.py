"""Presentation of what redaction left: labels for the recipient, a narrative of our own, aliases for
sensitive sources.

Nothing that was removed comes back here. Labels go inside the resources; the outside of a Bundle carries
only confidentiality, which is the sender's step (DS4P, FH-LBL-06). Aliases are keyed by recipient: two
recipients cannot compare them (HMAC-SHA256, FH-RED-04).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from consent.labels import LONGEST_REMEMBERED, PART2, REMEMBERED_LABELLINGS, normalised
from consent.model import Decision, DisclosureRequest, Resource
from consent.redact_names import OWN_BASES, may_know_sources, sources_for
from consent.redact_rules import target_of
from consent.tables import Tables

LABELS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
LOCAL = "urn:gateway:label"
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
WHERE_REMOVED, ON_EVERY_RECORD, NEVER = "where_removed", "on_every_record", "never"
SUBSET_MARKS = frozenset({WHERE_REMOVED, ON_EVERY_RECORD, NEVER})
"""Which records of a recipient bear `SUBSETTED`. On every one tells no more than on none (FH-RED-03)."""

PART2_MARKS = frozenset({PART2, "CPLYCD", "NORDSCLCD", "RedisclosureProhibitionMark"})

WITHOUT_NARRATIVE = frozenset({"Binary", "Bundle", "Parameters"})
ALIAS_WORDS: Mapping[str, str] = {
    "CareTeam": "Team",
    "Device": "Device",
    "Endpoint": "Endpoint",
    "HealthcareService": "Service",
    "Location": "Place",
    "Organization": "Organization",
    "Practitioner": "Worker",
    "PractitionerRole": "Worker",
}
NAMED_BY_TEXT = frozenset({"CareTeam", "Endpoint", "HealthcareService", "Location", "Organization"})
STATE_ELEMENTS = ("status", "lifecycleStatus", "intent")
USUAL_STATES = frozenset(
    {"active", "completed", "current", "draft", "final", "order", "plan", "proposal", "proposed", "requested"}
)
PLAIN_CODE = re.compile(r"[a-z][a-z-]{0,39}")


def present(
    resources: Sequence[Resource],
    decision: Decision,
    *,
    request: DisclosureRequest,
    alias_key: bytes,
    tables: Tables,
    subset_marks: str = WHERE_REMOVED,
) -> tuple[Resource, ...]:
    """`resources` (what `redact` returned) as the recipient gets them: labelled, with narrative, sources
    aliased.

    `subset_marks` is one of `SUBSET_MARKS`. Where something was removed shows only to a covered entity that may know
    sources, and to the patient; for others the mark is on every record or on none.

    Raises ValueError for an empty `alias_key` (an alias without a key could be looked up by anybody) and for marks that
    nobody knows.
    """
    if not alias_key:
        raise ValueError("the alias key is empty")
    if subset_marks not in SUBSET_MARKS:
        raise ValueError("the marks of subsets are none that we know")
    knows = may_know_sources(request, decision)
    hidden = frozenset() if knows else sources_for(request, decision, tables).references
    recipient = request.recipient.references[0] if request.recipient.references else ""
    aliases = {name: alias_of(name, recipient, alias_key) for name in hidden if not name.startswith("#")}
    sees_cuts = knows and ("covered_entity" in request.recipient.standing or decision.basis in OWN_BASES)
    marks, every = sees_cuts and subset_marks == WHERE_REMOVED, subset_marks == ON_EVERY_RECORD
    showing = _Showing(
        knows, marks, every, hidden, aliases, _decided(decision), _without_id(decision), tables
    )
    return tuple([_presented(resource, showing) for resource in resources])


_Decided = tuple[tuple[str, ...], bool]
"""The labels a resource was decided with, and whether something of it went."""


@dataclass(frozen=True, slots=True)
class _Showing:
    """What holds for every resource of one release. `without_id`: what holds for one that has no row."""

    knows: bool
    marks: bool
    """Whether a record with something removed says so: to covered entities, and of the own record (FH-RED-03)."""
    every: bool
    """Whether each record says so, whatever was removed."""
    hidden: frozenset[str]
    aliases: Mapping[str, str]
    decided: Mapping[str, _Decided]
    without_id: _Decided
    tables: Tables
    security: dict[tuple[str, ...], list[dict[str, str]]] = field(default_factory=dict)
    """By labels: the codings of resources that arrived with none."""


def _decided(decision: Decision) -> dict[str, _Decided]:
    """By reference; rows of one reference together."""
    found: dict[str, _Decided] = {}
    for row in decision.resources:
        labels, is_partial = row.labels, row.outcome == "redact"
        if row.reference in found:
            others, was_partial = found[row.reference]
            labels, is_partial = tuple(sorted({*others, *labels})), was_partial or is_partial
        found[row.reference] = labels, is_partial
    return found


def _without_id(decision: Decision) -> _Decided:
    """The labels of all released resources that have no id: only ever more than those of one of them."""
    rows = [row for row in decision.resources if row.reference[:1] == "#" and row.outcome != "withhold"]
    return tuple(sorted({label for row in rows for label in row.labels})), False


def alias_of(reference: str, recipient: str, alias_key: bytes) -> str:
    """A reference of the same type with an id in UUID form (version 8, RFC 9562) that only the key can
    explain.
    """
    kind = reference.split("/")[0]
    digest = hmac.new(alias_key, f"{recipient}|{reference}".encode(), hashlib.sha256).hexdigest()
    return f"{kind}/{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _presented(resource: Resource, showing: _Showing) -> Resource:
    own, aliases = f"{resource.get('resourceType')}/{resource.get('id')}", showing.aliases
    labels, is_partial = showing.decided.get(own, showing.without_id)
    body: Any = _aliased(resource, aliases) if aliases else resource
    kind = str(body.get("resourceType", ""))
    meta = _meta(body.get("meta"), labels, showing)
    if showing.every or (is_partial and showing.marks):
        meta["tag"] = [SUBSETTED]
    # what stands first here stands first in what is shown, whatever order the record has
    shown: dict[str, Any] = {"resourceType": kind, "id": None, "meta": meta, "text": None, **body}
    shown["resourceType"], shown["meta"] = kind, meta
    if "id" not in body:
        del shown["id"]
    elif own in aliases:
        shown["id"] = aliases[own].split("/")[1]
        shown.update(_alias_name(kind, aliases[own]))
    if kind not in WITHOUT_NARRATIVE:
        shown["text"] = _narrative(kind, body)
    else:
        del shown["text"]
    if "contained" in body:
        shown["contained"] = [_named_inside(entry, showing.hidden) for entry in _listed(body["contained"])]
    return shown


def _aliased(node: object, aliases: Mapping[str, str]) -> object:
    """A copy of `node` in which each reference to a hidden source is its alias, with a display that tells
    nothing.
    """
    if isinstance(node, str):
        return node
    if isinstance(node, (dict, Mapping)):  # `dict` first: the abstract class alone costs five times as much
        alias = aliases.get(target_of(node["reference"])) if "reference" in node else None
        if alias is not None:
            return {"reference": alias, "display": _alias_words(alias)}
        return {key: _aliased(value, aliases) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_aliased(value, aliases) for value in node]
    return node


def _alias_words(alias: str) -> str:
    kind, name = alias.split("/")
    return f"{ALIAS_WORDS.get(kind, 'Partner')} {name[:4].upper()}"


def _alias_name(kind: str, alias: str) -> dict[str, object]:
    if kind in NAMED_BY_TEXT:
        return {"name": _alias_words(alias)}
    return {"name": [{"text": _alias_words(alias)}]} if kind == "Practitioner" else {}


def _named_inside(entry: object, hidden: frozenset[str]) -> object:
    """A contained source that lost its name gets a neutral one: an Organization needs some name (FHIR
    org-1).
    """
    if not isinstance(entry, Mapping) or f"#{entry.get('id')}" not in hidden:
        return entry
    kind = str(entry.get("resourceType"))
    return {**entry, "name": ALIAS_WORDS.get(kind, "Partner")} if kind in NAMED_BY_TEXT else entry


def _meta(meta: object, decided: tuple[str, ...], showing: _Showing) -> dict[str, object]:
    """`meta` with the labels of the decision: exactly one confidentiality, the Part 2 set, and what may be
    told.
    """
    left: dict[str, object] = (
        dict(meta) if isinstance(meta, dict) else {**meta} if isinstance(meta, Mapping) else {}
    )
    arrived = left.get("security")
    if arrived is not None:
        left["security"] = list(_security(arrived, decided, showing))
        return left
    known = showing.security.get(decided)
    if known is None:
        known = showing.security[decided] = [
            {"system": system, "code": code} for system, code in _known_codings(decided, showing)
        ]
    left["security"] = known.copy()
    return left


def _known_codings(decided: tuple[str, ...], showing: _Showing) -> tuple[tuple[str, str], ...]:
    """System and code of the labels of a resource that arrived with none; remembered with the tables."""
    remembered, key = showing.tables.seen_securities, (decided, showing.knows)
    known = remembered.get(key)
    if known is None:
        known = tuple((coding["system"], coding["code"]) for coding in _security((), decided, showing))
        if len(remembered) >= REMEMBERED_LABELLINGS:
            remembered.clear()
        if sum(map(len, decided)) <= LONGEST_REMEMBERED:
            remembered[key] = known
    return known


def _security(arrived: object, decided: tuple[str, ...], showing: _Showing) -> Iterator[dict[str, str]]:
    tables, knows = showing.tables, showing.knows
    table = tables.labels
    wanted, others = set(decided), list[dict[str, str]]()
    if PART2 in wanted:
        wanted |= PART2_MARKS
    for coding in _listed(arrived):
        if isinstance(coding, Mapping):
            known = normalised(str(coding.get("system", "")), coding.get("code"), tables)
            if all(code in table.rank or code in table.kinds for code in known):
                wanted.update(known)
            else:
                others.append({key: str(coding[key]) for key in ("system", "code") if key in coding})
    levels = [code for code in wanted if code in table.rank]
    yield {"system": CONFIDENTIALITY, "code": max(levels, key=table.rank.__getitem__, default="N")}
    for code in sorted(wanted - table.rank.keys()):
        kind = table.kinds.get(code)
        if kind is not None and (knows or kind != "sensitivity"):
            yield {"system": LOCAL if code == "SUDCOUNSELNOTE" else LABELS, "code": code}
    yield from others


def _narrative(kind: str, body: Mapping[str, object]) -> dict[str, str]:
    """A narrative that says the kind of record and its state, nothing else. US Core asks CarePlan for one."""
    states = [_plain(body[element]) if element in body else "" for element in STATE_ELEMENTS]
    return {"status": "generated", "div": _narrative_text(kind, *states)}


def _plain(code: object) -> str:
    """The state as it may be read, or empty."""
    if not isinstance(code, str):
        return ""
    return code if code in USUAL_STATES or PLAIN_CODE.fullmatch(code) else ""


@lru_cache(maxsize=512)
def _narrative_text(kind: str, *states: str) -> str:
    words = (
        " ".join(word.lower() for word in re.findall(r"[A-Z][a-z]*", kind)) if kind.isalpha() else "record"
    )
    told = [f"{element}: {state}" for element, state in zip(STATE_ELEMENTS, states, strict=True) if state]
    text = "; ".join([words, *told])
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)
