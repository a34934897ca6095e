"""Matching one provision tree: who, what for, when (bound once per recipient), then which record.

Three answers exist: yes, no and *unknown*. A permit needs yes at its node and at every ancestor; a denial needs the
absence of no. So what cannot be told never permits and always denies (consent-semantics section 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from consent.answers import NO, UNKNOWN, YES, Match
from consent.directives import Actor, Directive, Provision
from consent.directory import Directory, Party
from consent.matching_labels import (
    DeniedLabels,
    LabelLimit,
    denies_labels,
    is_covered,
    label_limit,
    labels_denied,
)
from consent.matching_records import Linked, Test, record_tests
from consent.model import Coding, Identifier
from consent.resource_facts import ResourceFacts
from consent.tables import Tables
from consent.validity import nodes_of

GIVES_ACCESS = frozenset({"disclose", "access", "use"})
"""Actions that a denial takes away from a disclosure: who may not access or use cannot be disclosed to."""

KNOWN_ACTIONS = GIVES_ACCESS | {"collect", "correct"}


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
    """As the question states it."""
    holder_standing: frozenset[str] = frozenset()
    """The same, with what is recorded: whether the discloser was a recipient itself."""


NOBODY = Party(frozenset(), frozenset(), frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Bound:
    """A provision with its limits on time, parties, purpose and action answered; what can do nothing is gone.

    `holds`: read as a permit, all of them and all ancestors' are met. `may_permit`: and nothing the law demands of a
    permit is missing. `clear`: read as a denial, nothing was unknown.
    """

    permits: bool
    holds: bool
    may_permit: bool
    clear: bool
    limit: LabelLimit | None
    denied: DeniedLabels | None
    permit_tests: tuple[Test, ...]
    denial_tests: tuple[Test, ...]
    children: tuple[Bound, ...]
    source: Provision


# --- binding: everything but the record ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Above:
    """What a node inherits: what its ancestors answer, their label limit, and what they already name."""

    permit: Match
    denial: Match
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
    above = _Above(YES if directive.usable else UNKNOWN, YES)
    return _bind(directive.root, directive, asking, above, why), frozenset(why)


def _bind(
    node: Provision, directive: Directive, asking: Asking, above: _Above, why: set[str]
) -> Bound | None:
    common, reason = _common(node, directive, asking, above)
    permit = denial = common
    if common is not NO:
        permit, reason = _worst(common, reason, node, asking, permits=True)
        denial, _ = _worst(common, reason, node, asking, permits=False)
    if reason and node.permits:
        why.add(reason)
    permit, denial = min(permit, above.permit), min(denial, above.denial)
    if denial is NO:
        return None
    here = _Above(
        permit=permit,
        denial=denial,
        permits=node.permits,
        limit=label_limit(node, above.permits, above.limit, asking.tables),
        discloser=above.discloser or any(actor.part == "discloser" for actor in node.actors),
        recipient=above.recipient or any(actor.part == "recipient" for actor in node.actors),
        purpose=above.purpose or bool(node.purposes),
    )
    missing = _missing(here, asking) if node.permits else ""
    if missing:
        why.add(missing)
    children = [_bind(child, directive, asking, here, why) for child in node.children]
    kept = tuple(child for child in children if child is not None and _can_do_something(child))
    return Bound(
        permits=node.permits,
        holds=permit is YES,
        may_permit=node.permits and permit is YES and not missing,
        clear=denial is YES,
        limit=here.limit,
        denied=labels_denied(node, asking.tables),
        permit_tests=record_tests(node, asking.tables, permits=True),
        denial_tests=record_tests(node, asking.tables, permits=False),
        children=kept,
        source=node,
    )


def _can_do_something(node: Bound) -> bool:
    """Whether the node can permit or deny, or has somebody below who can."""
    return node.may_permit or not node.permits or bool(node.children)


def _missing(here: _Above, asking: Asking) -> str:
    """What the law demands of a permit and this one does not state. 42 CFR §2.31(a)(4), (5)."""
    if not asking.needs_parties:
        return ""
    if not here.recipient:
        return "RECIPIENT_NOT_STATED"
    return "" if here.purpose else "PURPOSE_NOT_STATED"


def _common(node: Provision, directive: Directive, asking: Asking, above: _Above) -> tuple[Match, str]:
    """What permits and denials read alike: time, recipient, discloser, clarity; with the first limit not met."""
    if node.period is not None and not node.period.holds(asking.at):
        return NO, "CONSENT_EXPIRED" if node.period.start <= asking.at else "CONSENT_NOT_YET_IN_FORCE"
    worst, reason = _recipients(node.actors, asking), "RECIPIENT_NOT_COVERED"
    if worst is NO:
        return worst, reason
    discloser = _disclosers(node.actors, directive, asking, above.discloser)
    if discloser < worst:
        worst, reason = discloser, "DISCLOSER_NOT_COVERED"
    if node.unclear and worst is YES:
        worst, reason = UNKNOWN, "CONSENT_NOT_UNDERSTOOD"
    return worst, "" if worst is YES else reason


def _worst(
    common: Match, reason: str, node: Provision, asking: Asking, *, permits: bool
) -> tuple[Match, str]:
    """The common answer together with what a permit and a denial read differently: purpose and action."""
    purposes, actions = _purposes(node, asking, permits), _actions(node, asking.action, permits)
    worst = min(common, purposes, actions)
    if worst is common:
        return worst, reason
    return worst, "PURPOSE_NOT_COVERED" if worst is purposes else "ACTION_NOT_COVERED"


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
    """Discloser roles are ORed; with pack `part2` and none named, `Consent.organization` is the discloser.

    An actor whose role nobody knows may be another discloser: what names one always denies.
    """
    group = [actor for actor in actors if actor.part == "discloser"]
    if asking.onward and directive.is_tpo and _has_received(directive, asking):
        return YES
    if group:
        named = max(_names(actor, asking.discloser, asking, []) for actor in group)
    elif named_above or not asking.check_discloser:
        return YES
    else:
        named = max((_is(one, asking.discloser, asking) for one in directive.organizations), default=UNKNOWN)
    return max(named, UNKNOWN) if any(actor.part == "unknown" for actor in actors) else named


def _has_received(directive: Directive, asking: Asking) -> bool:
    """Whether the consent, asked with the discloser as recipient, permits something. 42 CFR §2.33(b)(1)."""
    holder = replace(
        asking,
        recipient=asking.discloser,
        standing=asking.holder_standing,
        onward=False,
        check_discloser=False,
        discloser=NOBODY,
    )
    tree, _ = bind(directive, holder)
    return tree is not None and _permits_something(tree)


def _permits_something(node: Bound) -> bool:
    """Whether a permit holds that no denial below it takes away whatever the record is."""
    if any(not child.permits and child.denied is None and not child.denial_tests for child in node.children):
        return False
    return (node.permits and node.may_permit) or any(map(_permits_something, node.children))


def names_as_discloser(directive: Directive, asking: Asking, party: Party) -> bool:
    """Whether the consent names the party as discloser: as an actor, or where none is, as organization. §2.31(a)(2)."""
    actors = [
        actor for node in nodes_of(directive.root) for actor in node.actors if actor.part == "discloser"
    ]
    if actors:
        return any(_names(actor, party, asking, []) is YES for actor in actors)
    return any(_is(reference, party, asking) is YES for reference in directive.organizations)


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
        return NO if identifier in asking.recipient.identifiers else UNKNOWN
    if bearers & party.certain:
        return YES
    return UNKNOWN if bearers & party.possible else NO


def _is(reference: str, party: Party, asking: Asking) -> Match:
    if reference in party.certain:
        return YES
    if reference in party.possible:
        return UNKNOWN
    known = reference in asking.directory.entries or reference in asking.recipient.own
    return NO if known else UNKNOWN


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
    return min(belongs, max((_joins(actor, asking) for actor in delegatees), default=UNKNOWN))


def _joins(delegatee: Actor, asking: Asking) -> Match:
    """Whether the recipient takes part in the intermediary."""
    joined, party = asking.recipient.joined, asking.recipient
    bearers = asking.directory.by_identifier.get(delegatee.identifier) if delegatee.identifier else None
    if delegatee.reference in joined or (bearers is not None and bearers & joined):
        return YES
    return _names(delegatee, party, asking, [])


def _purposes(node: Provision, asking: Asking, permits: bool) -> Match:
    """A permit has to reach every stated purpose, a denial one of them."""
    if not node.purposes:
        return YES
    reached = [_reaches(node, stated, asking.tables, permits) for stated in asking.purposes]
    return min(reached, default=NO) if permits else max(reached, default=UNKNOWN)


def _reaches(node: Provision, stated: Coding, tables: Tables, permits: bool) -> Match:
    return max(_covers(named, stated, tables, permits) for named in node.purposes)


def _covers(named: Coding, stated: Coding, tables: Tables, permits: bool) -> Match:
    """Whether one purpose covers another; unknown where nobody can tell what one of them means."""
    if named == stated:
        return YES
    usual = stated.system in tables.purpose_systems
    if usual and named.system in tables.purpose_systems:
        covered = tables.permit_reaches(named.code) if permits else tables.deny_reaches(named.code)
        if stated.code in covered:
            return YES
    elif usual and not named.system and named.code in tables.deny_purposes:
        return UNKNOWN if stated.code in tables.deny_reaches(named.code) else NO
    return NO if tables.knows_purpose(named) and tables.knows_purpose(stated) else UNKNOWN


def _actions(node: Provision, action: str, permits: bool) -> Match:
    if not node.actions or action in node.actions:
        return YES
    if permits:
        return NO
    if action in GIVES_ACCESS and GIVES_ACCESS.intersection(node.actions):
        return YES
    return NO if KNOWN_ACTIONS.issuperset(node.actions) else UNKNOWN


# --- one consent, one resource ------------------------------------------------------------------------------------


def says(
    node: Bound,
    facts: ResourceFacts,
    linked: Linked,
    tables: Tables,
    may_permit: bool = True,
    clear: bool = True,
) -> tuple[bool | None, list[LabelLimit | None], str]:
    """What one bound tree says of one resource: whether it denies (True: clearly, False: it cannot be told, None:
    no), else the label limits of its permits, and why a permit that would apply does not reach this record.

    The deepest matching node decides in its branch; among siblings a denial wins.
    """
    reached = YES
    for test in node.denial_tests:
        reached = min(reached, test(facts, linked))
        if reached is NO:
            return None, [], "DATA_NOT_COVERED" if node.permits else ""
    clear = clear and node.clear and reached is YES
    may_permit = may_permit and node.holds
    why = ""
    if may_permit and not all(test(facts, linked) is YES for test in node.permit_tests):
        may_permit, why = False, "DATA_NOT_COVERED"
    allowed: list[LabelLimit | None] = []
    for child in node.children:
        denies, permitted, reason = says(child, facts, linked, tables, may_permit, clear)
        if denies is not None:
            return denies, [], ""
        allowed.extend(permitted)
        why = why or reason
    if node.permits:
        if may_permit and node.may_permit:
            allowed.append(node.limit)
        return None, allowed, why
    if denies_labels(node.denied, facts.labelling, tables) and not is_covered(
        allowed, facts.labelling, tables
    ):
        return clear, [], ""
    return None, allowed, why
