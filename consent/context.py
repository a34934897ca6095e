"""Everything about a question but its resources, and the rulings it has given so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from consent.directives import Directive
from consent.labels import Labelling
from consent.matching import Asking, Bound
from consent.matching_records import RESOURCE_TYPES
from consent.model import Decision, Facts, Reason, ResourceDecision
from consent.places import Places
from consent.plan_classes import RECORD_CLASSES, is_safety_plan
from consent.resource_facts import ResourceFacts
from consent.rules.bars import Bar, Basis
from consent.rules.caps import Cap

REMEMBERED_CONTEXTS = 64
REMEMBERED_RULINGS = 512
REMEMBERED_DECISIONS = 64
LONGEST_REMEMBERED = 512
"""No decision about more resources than these is remembered. What is remembered holds no resource."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was found for one resource: its row, the directives that permit it, and whether it is a Part 2 record."""

    row: ResourceDecision
    permitting: tuple[Directive, ...]
    part2: bool
    intermediary: bool = False


@dataclass(frozen=True, slots=True)
class Uses:
    """What of a resource the directives of a context look at, beyond its type, labels and subjects."""

    identity: bool
    codes: bool
    dates: bool
    sources: bool = False
    plans: bool = False
    """Whether a safety plan is told apart from other care plans."""

    @property
    def labels_alone(self) -> bool:
        """Whether they look at nothing beyond that, but at which kind of plan a CarePlan is."""
        return not (self.identity or self.codes or self.dates or self.sources)

    def shape_of(self, facts: ResourceFacts, patient: str) -> tuple[object, ...]:
        """Everything of the facts that a ruling in a context of the patient can depend on.

        Labellings are shared by resources with the same labels, and so known by their id while one is kept.
        """
        own = facts.subjects <= {patient}
        shape: tuple[object, ...] = (facts.type, id(facts.labelling), facts.part2_source, own)
        if self.identity:
            shape += (facts.reference, facts.references, facts.authors)
        if self.codes:
            shape += (facts.main_codes, facts.all_codes, facts.code_words, facts.profiles)
        if self.sources:
            shape += (facts.sources,)
        if self.plans and facts.type == "CarePlan":
            shape += (is_safety_plan(facts.resource),)
        return (*shape, facts.when) if self.dates else shape


def uses_of(directives: Iterable[Directive], recorded: Facts, onward: bool) -> Uses:
    """What the provisions of the directives, the recorded orders, and passing it on ask of a record."""
    nodes = [directive.root for directive in directives if directive.root is not None]
    identity, codes, dates, plans = bool(recorded.agreements), False, False, False
    while nodes:
        node = nodes.pop()
        identity = identity or bool(node.data)
        others = {named.system for named in node.classes} - {RESOURCE_TYPES}
        plans = plans or RECORD_CLASSES in others
        codes = codes or bool(node.codes) or bool(others - {RECORD_CLASSES})
        dates = dates or node.data_period is not None
        nodes.extend(node.children)
    return Uses(identity, codes, dates, onward, plans)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything about a question but its resources."""

    patient: str
    asking: Asking
    recorded: Facts
    bound: tuple[tuple[Directive, Bound], ...]
    refusals: tuple[Reason, ...]
    bar: Bar | None
    lifting: frozenset[str]
    """Consents for proceedings only that name the recipient: they lift a bar that can be lifted."""
    basis: Basis | None
    cap: Cap | None
    remembers: bool
    """Whether a ruling, before the cap, depends on a resource's facts alone: no tree looks at other resources."""
    uses: Uses
    places: Places
    rulings: dict[tuple[object, ...], tuple[Ruling, Labelling]] = field(
        default_factory=dict, compare=False, repr=False
    )
    decisions: dict[tuple[int, ...] | int, tuple[tuple[Ruling, ...], Decision]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def remembered(self, facts: ResourceFacts) -> Ruling | None:
        """The ruling for a resource that differs in nothing that matters here but its reference."""
        known = self.rulings.get(self.uses.shape_of(facts, self.patient))
        return None if known is None else known[0]

    def remember(self, facts: ResourceFacts, ruling: Ruling) -> None:
        """Keep the ruling for resources alike."""
        if len(self.rulings) >= REMEMBERED_RULINGS:
            self.rulings.clear()
        self.rulings[self.uses.shape_of(facts, self.patient)] = ruling, facts.labelling

    def decided(self, rulings: tuple[Ruling, ...]) -> Decision | None:
        """What these very rulings decided before, if they did: all of the decision but its rows."""
        found = self.decisions.get(_key_of(rulings))
        return None if found is None else found[1]

    def keep(self, rulings: tuple[Ruling, ...], decision: Decision) -> None:
        """Remember what remembered rulings decided; they are kept with it, so their ids stay theirs."""
        if len(rulings) > LONGEST_REMEMBERED:
            return
        if len(self.decisions) >= REMEMBERED_DECISIONS:
            self.decisions.clear()
        self.decisions[_key_of(rulings)] = (
            rulings,
            replace(decision, resources=(), outlines=(), sources=[]),
        )


def _key_of(rulings: tuple[Ruling, ...]) -> tuple[int, ...] | int:
    return id(rulings[0]) if len(rulings) == 1 else tuple(map(id, rulings))
