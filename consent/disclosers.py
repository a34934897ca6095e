"""Whose records a Consent could open, as the engine itself reads it: who may record it is judged by that.

One reading for both: what `matching` would take for a discloser is named here, also below a denial and in children.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from consent.codings import clean_text
from consent.directives import Actor, Directive, Provision, plain_reference, read_directive
from consent.model import Identifier, Resource


@dataclass(frozen=True, slots=True)
class NamedDiscloser:
    """One discloser of a permit: by reference (without its version), by identifier, or by both; else by neither.

    Matching goes by the reference where there is one. Where both are there, they have to mean the same party.
    """

    reference: str | None = None
    identifier: Identifier | None = None


NOBODY = NamedDiscloser()
"""A discloser who is not stated, or only in words."""


def disclosers_of(consent: Resource) -> frozenset[NamedDiscloser]:
    """All disclosers by whom a permit of the Consent, at any depth, could hold; of its `status` nothing is asked.

    A permit counts the discloser actors of its node and of the nodes above it; where there are none, the Consent's
    organizations; where there are none either, `NOBODY`. Empty when nothing in it is a permit. 42 CFR §2.31(a)(2).
    """
    patient = consent.get("patient")
    reference = patient.get("reference") if isinstance(patient, Mapping) else None
    name = plain_reference(reference) if isinstance(reference, str) else ""
    directive = read_directive({**consent, "status": "active"}, name, UTC)
    if directive.root is None:
        return frozenset()
    return frozenset(
        _of_node(directive.root, consent.get("provision"), (), _organizations(consent, directive))
    )


def _of_node(
    node: Provision,
    raw: object,
    above: tuple[NamedDiscloser, ...],
    organizations: tuple[NamedDiscloser, ...],
) -> Iterator[NamedDiscloser]:
    named = (*above, *_actors(node, raw))
    if node.permits:
        yield from named or organizations
    below = raw.get("provision") if isinstance(raw, Mapping) else None
    rows: Sequence[object] = below if isinstance(below, list | tuple) else ()
    for number, child in enumerate(node.children):
        yield from _of_node(child, rows[number] if number < len(rows) else None, named, organizations)


def _actors(node: Provision, raw: object) -> list[NamedDiscloser]:
    """The discloser actors of one node, each with what else its Reference says."""
    rows = raw.get("actor") if isinstance(raw, Mapping) else None
    rows = rows if isinstance(rows, list | tuple) else ()
    holders = [row.get("reference") if isinstance(row, Mapping) else None for row in rows]
    if len(holders) != len(node.actors):  # some row could not be read, so that the node is unclear
        holders = [None] * len(node.actors)
    return [
        _named(actor, holder)
        for actor, holder in zip(node.actors, holders, strict=True)
        if actor.part == "discloser"
    ]


def _named(actor: Actor, holder: object) -> NamedDiscloser:
    return NamedDiscloser(actor.reference, actor.identifier or _identifier(holder))


def _organizations(consent: Resource, directive: Directive) -> tuple[NamedDiscloser, ...]:
    """The Consent's organizations as `matching` takes them: by reference only."""
    rows = consent.get("organization")
    holders = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []
    stated: dict[str, list[NamedDiscloser]] = {}
    for holder in holders:
        reference = clean_text(holder.get("reference"))
        if reference:
            plain = plain_reference(reference)
            stated.setdefault(plain, []).append(NamedDiscloser(plain, _identifier(holder)))
    found = [one for reference in directive.organizations for one in stated.get(reference, ())]
    whole = bool(found) and len(directive.organizations) == len(holders)
    return tuple(found) if whole else (*found, NOBODY)


def _identifier(holder: object) -> Identifier | None:
    identifier = holder.get("identifier") if isinstance(holder, Mapping) else None
    if not isinstance(identifier, Mapping):
        return None
    # An identifier that cannot be read belongs to nobody, and so never agrees with a reference.
    return Identifier(clean_text(identifier.get("system")) or "", clean_text(identifier.get("value")) or "")
