"""Matching labels: what a permit may release, what a denial names, and whether one consent covers a resource."""

from __future__ import annotations

from dataclasses import dataclass

from consent.directives import Provision
from consent.labels import UNREADABLE_LABEL, Labelling, normalised
from consent.model import Coding
from consent.tables import NOTE_LABELS, Tables


@dataclass(frozen=True, slots=True)
class LabelLimit:
    """The labels that a permit may release: confidentiality up to `rank` (-1: none), and `labels` (closed)."""

    rank: int
    labels: frozenset[str]
    only_notes: bool


@dataclass(frozen=True, slots=True)
class DeniedLabels:
    """What a denial matches: `labels` (closed), asserted `parents` of them, and confidentiality from `rank` up."""

    labels: frozenset[str]
    parents: frozenset[str]
    rank: int


def label_limit(
    node: Provision, above_permits: bool | None, inherited: LabelLimit | None, tables: Tables
) -> LabelLimit | None:
    """The labels a permit at this node may release; None where neither it nor what it inherits from names any.

    Labels of a permit child add to its parent's; below a denial the child's own labels stand alone, as do note labels
    below a permit without any: that one never reaches notes.
    """
    own = _own_limit(node, tables)
    if above_permits is None or (own is not None and not above_permits):
        return own
    if inherited is None:
        return own if own is not None and own.labels & NOTE_LABELS else None
    if own is None:
        return inherited
    return _joined(own, inherited)


def _own_limit(node: Provision, tables: Tables) -> LabelLimit | None:
    if not node.labels:
        return None
    rank, labels = -1, set[str]()
    for coding in node.labels:
        if coding.code in tables.labels.rank and coding.system in tables.labels.confidentiality_systems:
            rank = max(rank, tables.labels.rank[coding.code])
        elif coding.system in tables.labels.label_systems and coding.system:
            labels |= tables.permit_covers(coding.code)
    return LabelLimit(rank, frozenset(labels), rank < 0 and bool(labels) and labels <= NOTE_LABELS)


def _joined(own: LabelLimit, inherited: LabelLimit) -> LabelLimit:
    return LabelLimit(
        max(own.rank, inherited.rank), own.labels | inherited.labels, own.only_notes and inherited.only_notes
    )


def labels_denied(node: Provision, tables: Tables) -> DeniedLabels | None:
    """What a denial's labels match; None: anything, as it names none or one that nobody knows."""
    if node.permits or not node.labels:
        return None
    table = tables.labels
    codes, parents, rank = set[str](), set[str](), len(table.rank)
    for coding in node.labels:
        meant = normalised(coding.system, coding.code, tables)
        levels = [code for code in meant if code in table.rank]
        others = [code for code in meant if code not in table.rank]
        if not meant or any(code not in table.kinds for code in others) or _is_no_level(coding, meant):
            return None
        if not others:
            rank = min(rank, *(table.rank[code] for code in levels))
        for code in others:
            codes |= tables.deny_matches(code)
            parents |= tables.ambiguous_for(code)
    return DeniedLabels(frozenset(codes), frozenset(parents), rank)


def _is_no_level(coding: Coding, meant: tuple[str, ...]) -> bool:
    """Whether it is a confidentiality that nobody knows: it may be any."""
    return UNREADABLE_LABEL in meant and coding.code != UNREADABLE_LABEL


def is_covered(allowed: list[LabelLimit | None], labelling: Labelling, tables: Tables) -> bool:
    """Whether the permits of one consent together cover the labels of a resource. Consent-semantics 4, 5 and 11.

    A note has to be named by its label, with any packs: no level and no permit without labels reaches it. That the
    consent then covers nothing else is an element of §2.31(b) (`NOTES_COMBINED`). A label that the tables do not know
    may be any: below restricted, no level reaches it (FH-LBL-05).
    """
    if not allowed:
        return False
    codes, sensitive = labelling.codes, labelling.sensitive
    if labelling.note and not any(
        limit is not None and not sensitive.isdisjoint(limit.labels & NOTE_LABELS) for limit in allowed
    ):
        return False
    rank = tables.labels.rank
    level = rank[labelling.level] if labelling.level in codes else None
    if level is not None and sensitive and not sensitive <= tables.labels.kinds.keys():
        level = max(level, rank["R"])
    reached: frozenset[str] = frozenset()
    for limit in allowed:
        if limit is None:
            return True
        if level is not None and limit.rank >= level:
            return True
        if limit.only_notes and labelling.note and not sensitive.isdisjoint(limit.labels & NOTE_LABELS):
            return True
        reached |= limit.labels
    return bool(sensitive) and sensitive <= reached


def denies_labels(denied: DeniedLabels | None, labelling: Labelling, tables: Tables) -> bool:
    """Whether a denial's labels match those of a resource; a denial without labels matches any."""
    if denied is None or tables.labels.rank[labelling.level] >= denied.rank:
        return True
    return not labelling.codes.isdisjoint(denied.labels) or not labelling.sensitive.isdisjoint(denied.parents)
