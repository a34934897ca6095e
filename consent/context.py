"""Everything about a question but its resources, and the rulings it has given so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from consent.directives import Directive
from consent.matching import Asking, Bound
from consent.model import Decision, Facts, Reason, ResourceDecision
from consent.resource_facts import ResourceFacts
from consent.rules.bars import Bar
from consent.rules.caps import Cap

REMEMBERED_CONTEXTS = 512
REMEMBERED_ANSWERS = 20_000


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

    def shape_of(self, facts: ResourceFacts) -> tuple[object, ...]:
        """Everything of the facts that a ruling in this context can depend on."""
        labelling = facts.labelling
        shape: tuple[object, ...] = (
            facts.type, labelling.codes, labelling.level, labelling.sensitive, labelling.inline, labelling.part2,
            labelling.note, labelling.unstructured, facts.part2_source, facts.subjects,
        )  # fmt: skip
        if self.identity:
            shape += (facts.reference, facts.references, facts.authors)
        if self.codes:
            shape += (facts.main_codes, facts.all_codes, facts.code_words, facts.profiles)
        return (*shape, facts.when) if self.dates else shape


def uses_of(directives: Iterable[Directive], recorded: Facts) -> Uses:
    """What the provisions of the directives, and the recorded orders, ask of a record."""
    nodes = [directive.root for directive in directives if directive.root is not None]
    identity, codes, dates = bool(recorded.agreements), False, False
    while nodes:
        node = nodes.pop()
        identity = identity or bool(node.data)
        codes = codes or bool(node.codes or node.classes)
        dates = dates or node.data_period is not None
        nodes.extend(node.children)
    return Uses(identity, codes, dates)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything about a question but its resources."""

    asking: Asking
    recorded: Facts
    bound: tuple[tuple[Directive, Bound], ...]
    refusals: tuple[Reason, ...]
    bar: Bar | None
    lifting: frozenset[str]
    """Consents for proceedings only that name the recipient: they lift a bar that can be lifted."""
    basis: tuple[str, str] | None
    cap: Cap | None
    remembers: bool
    """Whether a ruling depends on a resource's facts alone: no cap cuts it, no tree looks at other resources."""
    uses: Uses
    answers: dict[tuple[object, ...], Ruling] = field(default_factory=dict, compare=False, repr=False)
    shapes: dict[tuple[object, ...], Ruling] = field(default_factory=dict, compare=False, repr=False)
    decisions: dict[tuple[int, ...], tuple[tuple[Ruling, ...], Decision]] = field(
        default_factory=dict, compare=False, repr=False
    )

    rests: dict[tuple[object, ...], tuple[tuple[Ruling, ...], Decision]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def remembered(self, facts: ResourceFacts) -> Ruling | None:
        """The ruling for these facts, or for another resource that differs in nothing that matters here."""
        found = self.answers.get(facts.key)
        if found is None:
            alike = self.shapes.get(self.uses.shape_of(facts))
            if alike is not None:
                found = replace(alike, row=replace(alike.row, reference=facts.reference))
                self._keep_answer(facts, found)
        return found

    def remember(self, facts: ResourceFacts, ruling: Ruling) -> None:
        """Keep the ruling for resources with the same facts."""
        self._keep_answer(facts, ruling)
        if len(self.shapes) >= REMEMBERED_ANSWERS:
            self.shapes.clear()
        self.shapes[self.uses.shape_of(facts)] = ruling

    def _keep_answer(self, facts: ResourceFacts, ruling: Ruling) -> None:
        if len(self.answers) >= REMEMBERED_ANSWERS:
            self.answers.clear()
            self.decisions.clear()
        self.answers[facts.key] = ruling

    def same_rest(self, rulings: tuple[Ruling, ...]) -> Decision | None:
        """An earlier decision that differs from this one in its rows' references at most."""
        found = self.rests.get(_rest_key(rulings))
        return None if found is None else found[1]

    def decided(self, rulings: tuple[Ruling, ...]) -> Decision | None:
        """The decision these very rulings made before, if they did."""
        found = self.decisions.get(tuple(map(id, rulings)))
        return (
            None
            if found is None or any(a is not b for a, b in zip(found[0], rulings, strict=True))
            else found[1]
        )

    def keep(self, rulings: tuple[Ruling, ...], decision: Decision) -> None:
        """Remember the decision of remembered rulings; they are kept with it, so their ids stay theirs."""
        if len(self.decisions) >= REMEMBERED_CONTEXTS:
            self.decisions.clear()
            self.rests.clear()
        self.decisions[tuple(map(id, rulings))] = (rulings, decision)
        self.rests[_rest_key(rulings)] = (rulings, decision)


def _rest_key(rulings: tuple[Ruling, ...]) -> tuple[object, ...]:
    """What everything in a decision but its rows depends on; the ids are of objects that the rulings keep."""
    return tuple(
        (one.row.outcome, id(one.row.reasons), id(one.permitting), one.part2, one.intermediary)
        for one in rulings
    )
