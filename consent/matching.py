"""Matching one provision tree: who, what for, when (bound once per recipient), then which record.

Three answers exist: yes, no and *unknown*. A permit needs yes at its node and at every ancestor; a denial needs the
absence of no. So what cannot be told never permits and always denies (consent-semantics section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from consent.directives import Actor, Concept, DataRule, Directive, Provision
from consent.directory import Directory, Party
from consent.instants import Span
from consent.labels import Labelling, normalised
from consent.model import Coding, Identifier
from consent.resource_facts import ResourceFacts
from consent.tables import NOTE_LABELS, Tables

RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
GIVES_ACCESS = frozenset({"disclose", "access", "use"})
"""Actions that a denial takes away from a disclosure: who may not access or use cannot be disclosed to."""

KNOWN_ACTIONS = GIVES_ACCESS | {"collect", "correct"}
NOT_DOMAIN_RESOURCES = frozenset({"Bundle", "Binary", "Parameters"})


class Match(IntEnum):
    """Whether a limit is met."""

    NO = 0
    UNKNOWN = 1
    YES = 2


NO, UNKNOWN, YES = Match.NO, Match.UNKNOWN, Match.YES


@dataclass(frozen=True, slots=True)
class Asking:
    """What is the same for all resources of a question, resolved."""

    recipient: Party
    discloser: Party
    standing: frozenset[str]
    purposes: tuple[Coding, ...]
    action: str
    at: datetime
    directory: Directory
    tables: Tables
    check_discloser: bool
    """Whether `Consent.organization` is the discloser where no actor is (pack `part2`). 42 CFR §2.31(a)(2)."""
    needs_parties: bool
    """Whether a permit has to state a recipient and a purpose (packs `part2`, `hipaa`)."""
    onward: bool = False
    """Whether the discloser may pass on what it received under a TPO consent. 42 CFR §2.33(b)(1)."""
    discloser_standing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LabelLimit:
    """The labels that a permit may release: confidentiality up to `rank` (-1: none), and `labels` (closed)."""

    rank: int
    labels: frozenset[str]
    only_notes: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """A provision whose limits other than on the record are met or unknown; what is not met is gone."""

    permits: bool
    certain: bool
    limit: LabelLimit | None
    denied_labels: frozenset[str] | None
    denied_parents: frozenset[str]
    denied_rank: int
    tests: tuple[Callable[[ResourceFacts, Linked], Match], ...]
    children: tuple[Bound, ...]
    source: Provision


@dataclass(frozen=True, slots=True)
class Linked:
    """References made by the other resources of the question, for `related` data."""

    references: Mapping[str, frozenset[str]]


NOTHING_LINKED = Linked({})


# --- binding: everything but the record ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Above:
    """What a node inherits: how sure its ancestors are, their label limit, and what they already name."""

    status: Match
    permits: bool | None = None
    limit: LabelLimit | None = None
    discloser: bool = False
    recipient: bool = False
    purpose: bool = False


def bind(directive: Directive, asking: Asking) -> tuple[Bound | None, frozenset[str]]:
    """The part of the directive's tree that can still permit or deny, and why permits of it do not count."""
    why: set[str] = set()
    if directive.root is None:
        return None, frozenset()
    above = _Above(YES if directive.usable else UNKNOWN)
    return _bind(directive.root, directive, asking, above, why), frozenset(why)


def _bind(
    node: Provision, directive: Directive, asking: Asking, above: _Above, why: set[str]
) -> Bound | None:
    status, reason = _status(node, directive, asking, above)
    if reason and node.permits:
        why.add(reason)
    status = min(status, above.status)
    if status is NO:
        return None
    here = _Above(
        status=status,
        permits=node.permits,
        limit=_limit(node, above, asking.tables),
        discloser=above.discloser or any(actor.part == "discloser" for actor in node.actors),
        recipient=above.recipient or any(actor.part == "recipient" for actor in node.actors),
        purpose=above.purpose or bool(node.purposes),
    )
    missing = _missing(here, asking) if node.permits else ""
    if missing:
        why.add(missing)
    labels, parents, rank = _denied(node, asking.tables)
    children = [_bind(child, directive, asking, here, why) for child in node.children]
    return Bound(
        permits=node.permits,
        certain=status is YES and not missing,
        limit=here.limit,
        denied_labels=labels,
        denied_parents=parents,
        denied_rank=rank,
        tests=_tests(node, asking.tables),
        children=tuple(child for child in children if child is not None),
        source=node,
    )


def _missing(here: _Above, asking: Asking) -> str:
    """What the law demands of a permit and this one does not state. 42 CFR §2.31(a)(4), (5)."""
    if not asking.needs_parties:
        return ""
    if not here.recipient:
        return "RECIPIENT_NOT_STATED"
    return "" if here.purpose else "PURPOSE_NOT_STATED"


def _status(node: Provision, directive: Directive, asking: Asking, above: _Above) -> tuple[Match, str]:
    """Whether the limits of one node on time, parties, purpose and action are met, and the first that is not."""
    checks = (
        (_period(node.period, asking.at), "CONSENT_EXPIRED"),
        (_recipients(node.actors, asking), "RECIPIENT_NOT_COVERED"),
        (_disclosers(node.actors, directive, asking, above.discloser), "DISCLOSER_NOT_COVERED"),
        (_purposes(node, asking), "PURPOSE_NOT_COVERED"),
        (_actions(node, asking.action), "ACTION_NOT_COVERED"),
        (UNKNOWN if node.unclear else YES, "CONSENT_NOT_UNDERSTOOD"),
    )
    worst, reason = YES, ""
    for found, code in checks:
        if found < worst:
            worst, reason = found, code
    if reason == "CONSENT_EXPIRED" and node.period is not None and asking.at < node.period.start:
        reason = "CONSENT_NOT_YET_IN_FORCE"
    return worst, reason


def _period(period: Span | None, at: datetime) -> Match:
    return YES if period is None or period.holds(at) else NO


def _recipients(actors: tuple[Actor, ...], asking: Asking) -> Match:
    """Recipient roles are ORed; an unknown role anywhere, or only a DELEGATEE, leaves it unknown."""
    if not actors:
        return YES
    if any(actor.part == "unknown" for actor in actors):
        return UNKNOWN
    group = [actor for actor in actors if actor.part == "recipient"]
    delegatees = [actor for actor in actors if actor.part == "delegatee"]
    if not group:
        return UNKNOWN if delegatees else YES
    return max(_names(actor, asking.recipient, asking, delegatees) for actor in group)


def _disclosers(actors: tuple[Actor, ...], directive: Directive, asking: Asking, named_above: bool) -> Match:
    """Discloser roles are ORed; with pack `part2` and none named, `Consent.organization` is the discloser."""
    group = [actor for actor in actors if actor.part == "discloser"]
    if asking.onward and directive.is_tpo:
        return YES
    if group:
        return max(_names(actor, asking.discloser, asking, []) for actor in group)
    if named_above or not asking.check_discloser:
        return YES
    return max(
        (_is(reference, asking.discloser, asking) for reference in directive.organizations), default=UNKNOWN
    )


def _names(actor: Actor, party: Party, asking: Asking, delegatees: list[Actor]) -> Match:
    """Whether the actor designates the party: by reference, by identifier, or by class."""
    if actor.reference is not None:
        return _is(actor.reference, party, asking)
    if actor.identifier is not None:
        return _bears(actor.identifier, party, asking)
    if actor.words is not None:
        return _belongs_to_class(actor.words, asking, delegatees)
    return UNKNOWN


def _bears(identifier: Identifier, party: Party, asking: Asking) -> Match:
    if identifier in party.identifiers:
        return YES
    bearers = asking.directory.by_identifier.get(identifier)
    if bearers is None:
        known = identifier in asking.recipient.identifiers or identifier in asking.discloser.identifiers
        return NO if known else UNKNOWN
    if bearers & party.certain:
        return YES
    return UNKNOWN if bearers & party.possible else NO


def _is(reference: str, party: Party, asking: Asking) -> Match:
    if reference in party.certain:
        return YES
    if reference in party.possible:
        return UNKNOWN
    known = reference in asking.directory.entries or reference in asking.recipient.own
    return NO if known or reference in asking.discloser.own else UNKNOWN


def _belongs_to_class(words: str, asking: Asking, delegatees: list[Actor]) -> Match:
    """A class designation in the regulation's own words; of an intermediary: its participants only. §2.31(a)(4)."""
    designated, _, through = words.partition(" who take part in ")
    reached = asking.tables.classes_named(designated)
    if not reached:
        return UNKNOWN
    belongs = YES if reached & asking.standing else NO
    if not through and not delegatees:
        return belongs
    if reached != {"treating_provider"}:
        return UNKNOWN
    takes_part = max((_names(actor, asking.recipient, asking, []) for actor in delegatees), default=UNKNOWN)
    return min(belongs, takes_part)


def _purposes(node: Provision, asking: Asking) -> Match:
    """A permit has to reach every stated purpose, a denial one of them."""
    if not node.purposes:
        return YES
    reached = [_reaches(node, stated, asking.tables) for stated in asking.purposes]
    return min(reached, default=NO) if node.permits else max(reached, default=UNKNOWN)


def _reaches(node: Provision, stated: Coding, tables: Tables) -> Match:
    best = NO
    for named in node.purposes:
        if named.system in tables.purpose_systems and stated.system in tables.purpose_systems:
            covers = tables.permit_reaches if node.permits else tables.deny_reaches
            found = YES if stated.code in covers(named.code) else NO
        elif named == stated:
            found = YES
        else:
            found = UNKNOWN if not named.system and named.code == stated.code else NO
        best = max(best, found)
    return best


def _actions(node: Provision, action: str) -> Match:
    if not node.actions or action in node.actions:
        return YES
    if node.permits:
        return NO
    if action in GIVES_ACCESS and GIVES_ACCESS.intersection(node.actions):
        return YES
    return NO if KNOWN_ACTIONS.issuperset(node.actions) else UNKNOWN


# --- labels ----------------------------------------------------------------------------------------------------------


def _limit(node: Provision, above: _Above, tables: Tables) -> LabelLimit | None:
    """The labels a permit at this node may release; None where neither it nor what it inherits from names any.

    Labels of a permit child add to its parent's; below a denial the child's own labels stand alone.
    """
    own = _own_limit(node, tables)
    if above.permits is None or (own is not None and not above.permits):
        return own
    if above.limit is None or own is None:
        return above.limit
    return _joined(own, above.limit)


def _own_limit(node: Provision, tables: Tables) -> LabelLimit | None:
    if not node.labels:
        return None
    rank, labels = -1, set[str]()
    for coding in node.labels:
        if coding.code in tables.labels.rank and coding.system in tables.labels.confidentiality_systems:
            rank = max(rank, tables.labels.rank[coding.code])
        elif coding.system in tables.labels.label_systems and coding.system:
            labels |= tables.permit_covers(coding.code)
    return LabelLimit(rank, frozenset(labels), bool(labels) and labels <= NOTE_LABELS)


def _joined(own: LabelLimit, inherited: LabelLimit) -> LabelLimit:
    return LabelLimit(
        max(own.rank, inherited.rank), own.labels | inherited.labels, own.only_notes and inherited.only_notes
    )


def _denied(node: Provision, tables: Tables) -> tuple[frozenset[str] | None, frozenset[str], int]:
    """What a denial's labels match: codes, asserted parents, and levels from a rank; None for codes: anything."""
    if node.permits or not node.labels:
        return None, frozenset(), -1
    table = tables.labels
    codes, parents, rank = set[str](), set[str](), len(table.rank)
    for coding in node.labels:
        meant = normalised(coding.system, coding.code, tables)
        levels = [code for code in meant if code in table.rank]
        others = [code for code in meant if code not in table.rank]
        if not meant or any(code not in table.kinds for code in others):
            return None, frozenset(), -1
        if not others:
            rank = min(rank, *(table.rank[code] for code in levels))
        for code in others:
            codes |= tables.deny_matches(code)
            parents |= tables.ambiguous_for(code)
    return frozenset(codes), frozenset(parents), rank


def is_covered(allowed: list[LabelLimit | None], labelling: Labelling, tables: Tables) -> bool:
    """Whether the permits of one consent together cover the labels of a resource. Consent-semantics 4 and 11."""
    if not allowed:
        return False
    codes, sensitive = labelling.codes, labelling.sensitive
    level = tables.labels.rank[labelling.level] if labelling.level in codes else None
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


def _denies_labels(node: Bound, labelling: Labelling, tables: Tables) -> bool:
    if node.denied_labels is None:
        return True
    if tables.labels.rank[labelling.level] >= node.denied_rank:
        return True
    return not labelling.codes.isdisjoint(node.denied_labels) or not labelling.sensitive.isdisjoint(
        node.denied_parents
    )


# --- records ---------------------------------------------------------------------------------------------------------


def _tests(node: Provision, tables: Tables) -> tuple[Callable[[ResourceFacts, Linked], Match], ...]:
    """The limits of one node on the record itself; all have to be met."""
    tests: list[Callable[[ResourceFacts, Linked], Match]] = []
    if node.classes:
        tests.append(lambda facts, _: max(_class(coding, facts, tables) for coding in node.classes))
    if node.codes:
        tests.append(
            lambda facts, _: max(_code(concept, facts, node.permits, tables) for concept in node.codes)
        )
    if node.data_period is not None:
        period = node.data_period
        tests.append(lambda facts, _: _dated(period, facts.when, node.permits))
    if node.data:
        tests.append(lambda facts, linked: max(_data(rule, facts, linked) for rule in node.data))
    return tuple(tests)


def _class(coding: Coding, facts: ResourceFacts, tables: Tables) -> Match:
    """A class names a resource type, a profile, or a kind of document."""
    if coding.system == RESOURCE_TYPES:
        if coding.code in (facts.type, "Resource"):
            return YES
        return YES if coding.code == "DomainResource" and facts.type not in NOT_DOMAIN_RESOURCES else NO
    if coding.code in facts.profiles or (coding.system, coding.code) in facts.main_codes:
        return YES
    return NO if coding.system in tables.systems else UNKNOWN


def _code(concept: Concept, facts: ResourceFacts, permits: bool, tables: Tables) -> Match:
    """A permit's code has to say what the record is; a denial's may stand anywhere in it. R4 `provision.code`."""
    if concept.words is not None:
        return _in_words(concept.words, facts, tables)
    carried = facts.main_codes if permits else facts.all_codes
    return YES if any((coding.system, coding.code) in carried for coding in concept.codings) else NO


def _in_words(words: str, facts: ResourceFacts, tables: Tables) -> Match:
    """A description in words that the table knows means its keywords; any other names nothing. §2.31(a)(3)."""
    for document in tables.of_kind("content_phrases"):
        rows = document.get("rows")
        for row in rows if isinstance(rows, list) else ():
            if row[0] == " ".join(words.lower().split()):
                return YES if any(word in facts.code_words for word in row[1]) else NO
    return UNKNOWN


def _dated(period: Span, when: Span | None, permits: bool) -> Match:
    if when is None:
        return UNKNOWN
    return YES if (period.surrounds(when) if permits else period.touches(when)) else NO


def _data(rule: DataRule, facts: ResourceFacts, linked: Linked) -> Match:
    """instance, related (and what it references; of an Encounter what references it), dependents, authoredby."""
    named = rule.reference
    if named is None:
        return UNKNOWN
    if rule.meaning == "authoredby":
        return YES if named in facts.authors else (NO if facts.authors else UNKNOWN)
    if named == facts.reference:
        return YES
    if rule.meaning == "instance":
        return NO
    if rule.meaning == "dependents":
        return YES if named in facts.references else NO
    if named.startswith("Encounter/") and named in facts.references:
        return YES
    referenced = linked.references.get(named)
    if referenced is None:
        return UNKNOWN
    return YES if facts.reference in referenced else NO


# --- one consent, one resource ------------------------------------------------------------------------------------


def says(
    node: Bound, facts: ResourceFacts, linked: Linked, tables: Tables, above: bool = True
) -> tuple[Bound | None, list[LabelLimit | None], str]:
    """What one bound tree says of one resource: the node that denies, or the label limits of its permits.

    The deepest matching node decides in its branch; among siblings a denial wins. The text says why a permit that
    would apply does not reach this record.
    """
    status = YES
    for test in node.tests:
        status = min(status, test(facts, linked))
        if status is NO:
            return None, [], "DATA_NOT_COVERED" if node.permits else ""
    certain = above and node.certain and status is YES
    allowed: list[LabelLimit | None] = []
    why = "DATA_NOT_COVERED" if node.permits and status is not YES else ""
    for child in node.children:
        denying, permitted, reason = says(child, facts, linked, tables, certain)
        if denying is not None:
            return denying, [], ""
        allowed.extend(permitted)
        why = why or reason
    if node.permits:
        if certain:
            allowed.append(node.limit)
        return None, allowed, why
    if _denies_labels(node, facts.labelling, tables) and not is_covered(allowed, facts.labelling, tables):
        return node, [], ""
    return None, allowed, why
