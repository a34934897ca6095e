"""Writes the Python that checks a node of one class with just these properties (`known_shapes`).

What there is to do comes from where every other check has it: the generated classes (formats, codes, what repeats) and
the walk (children, targets, choices). Of a property that it has no words for, it writes nothing for the whole shape.
The parts of the node are checked in the same function where they have the properties that the node at hand has; others
by the check that is known for them.
"""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, get_args, get_origin

from gateway.resources.invariants import plan_for
from gateway.resources.known_shapes import (
    SHAPES,
    Check,
    Doubt,
    check_reference,
    check_resource_within,
    look_at_coding,
    resource_types,
    right_codings,
)
from gateway.resources.narrative import narrative_fault
from gateway.resources.rules import BY_PROPERTIES, IN_ORDER, OF_CONCEPTS, Rule, bundle_rule
from gateway.resources.steps import CHILD, DATE, Walk
from gateway.resources.writing_values import Names, alone, filled, of_value, remembered, text, types_of

_ALWAYS = (Doubt, check_reference, check_resource_within, look_at_coding, narrative_fault)
_AS_WELL: Mapping[str, tuple[dict[str, None], ...]] = {
    "CodeableConcept": (dict.fromkeys(("coding",)), dict.fromkeys(("coding", "text"))),
    "Reference": (dict.fromkeys(("reference",)), dict.fromkeys(("reference", "display"))),
}
"""Properties that parts of a class may be expected with, besides those that are at hand."""
_DEEPEST, _MOST_VALUES = 8, 500
"""As many parts within parts, and values, are checked in one function; what is beyond them, elsewhere."""

_Node = Mapping[str, Any]
_Lines = list[str] | None


def check_for(kind: str, node: _Node) -> Check | None:
    """What checks nodes of the class with the properties of this one, in which nothing is wrong; None where it takes
    more than can be written.
    """
    if "contained" in node or not node:
        return None
    writing = _Writing()
    variables = writing.variables(node)
    lines = writing.properties(kind, node, variables, "node", _Place("allowed", 0, known=True))
    if lines is None:
        return None
    head = [f"{', '.join(variables.values())}, = node.values()", "types = search.types"]
    source = "\n".join(("def check(node, search, allowed=frozenset()):", *_indented([*head, *lines])))
    exec(compile(source, f"<{kind}>", "exec"), writing.names)  # noqa: S102  # of names of our own classes
    return writing.names["check"]  # type: ignore[no-any-return]


class _Place:
    """Where a node stands: what names the targets of a reference there, how deep in the written function, and whether
    parts may be left to checks of known shapes (else only to the check that counts how deep it goes).
    """

    __slots__ = ("depth", "known", "targets")

    def __init__(self, targets: str, depth: int, *, known: bool) -> None:
        self.targets, self.depth, self.known = targets, depth, known


class _Writing:
    """The lines of one function, and what they name."""

    def __init__(self) -> None:
        self.names: Names = {one.__name__: one for one in _ALWAYS}
        self.names["right_codings"] = right_codings
        self.made = 0

    def variables(self, node: Iterable[str]) -> dict[str, str]:
        """A variable for the value of each property."""
        found = {key: f"v{number}" for number, key in enumerate(node, self.made)}
        self.made += len(found)
        return found

    def properties(
        self, kind: str, node: _Node, variables: Mapping[str, str], name: str, place: _Place
    ) -> _Lines:
        """The lines that check the values of a node, whose properties are known and whose values have variables."""
        plan, types = plan_for((kind, *node), _walks()[kind]), types_of(kind)
        if plan.faults or not all(key in types for key in node):
            return None
        lines: list[str] = []
        for key, value in variables.items():
            written = self._of_property(kind, key, node[key], value, place)
            if written is None:
                return None
            lines += written
        return [*lines, *self._rules(plan.rules, variables, name)]

    def _rules(self, rules: Sequence[Rule], variables: Mapping[str, str], name: str) -> list[str]:
        lines: list[str] = []
        for rule in rules:
            called = f"rule{len(self.names)}"
            quick = _quickly(rule, variables, f"{called}({name})", called)
            if quick is None:
                continue
            self.names[called] = rule
            if rule in OF_CONCEPTS:
                _, self.names[f"{called}_system"], self.names[f"{called}_codes"] = OF_CONCEPTS[rule]
            lines += quick or [f"if any({called}({name})): raise Doubt"]
        return lines

    def _of_property(self, kind: str, key: str, sample: Any, value: str, place: _Place) -> _Lines:
        step = _walks()[kind].steps.get(key, (0, ""))[0]
        wanted = types_of(kind)[key]
        if key == "resourceType":
            return []
        if step == CHILD:
            return self._of_children(kind, key, sample, value, place)
        if kind == "Reference" and key == "reference":
            targets = place.targets
            unknown = f"types.get({value}) not in {targets}" if targets else f"{value} not in types"
            return [f"if {unknown}: check_reference({value}, search, {targets or 'frozenset()'})"]
        if kind == "Reference" and key == "type":
            lines = remembered("Uri", value, self.names)
            wrong = f"{place.targets} and {value} not in {place.targets}"
            return [*lines, f"if {wrong}: raise Doubt"] if place.targets else lines
        if (kind, key) == ("Narrative", "div"):
            return [*text(value), f"if narrative_fault({value}) is not None: raise Doubt"]
        if get_origin(wanted) is list:
            inner = of_value(alone(get_args(wanted)[0]), "one", self.names)
            return inner and [*filled(value), f"for one in {value}:", *_indented(inner)]
        return of_value(wanted, value, self.names) if step in (0, DATE) or wanted is decimal.Decimal else None

    def _of_children(self, kind: str, key: str, sample: Any, value: str, place: _Place) -> _Lines:
        of = _walks()[kind].steps[key][1]
        if of == "AnyResource":
            within = (kind, key) == ("BundleEntry", "resource")
            return [f"check_resource_within({value}, search)"] if within else None
        targets = _walks()[kind].targets.get(key, frozenset()) if of == "Reference" else frozenset()
        named = f"targets{len(self.names)}" if targets else ""
        if targets:
            self.names[named] = targets
        known = place.known and not _cut(kind, key) and not _leads_back(of, kind)
        inner = _Place(named, place.depth + 1, known=known)
        if get_origin(types_of(kind)[key]) is not list:
            return self._of_child(of, (sample,) if sample else (), value, inner)
        (one,) = self.variables((key,)).values()
        return [
            *filled(value),
            f"for {one} in {value}:",
            *_indented(self._of_child(of, sample or (), one, inner)),
        ]

    def _of_child(self, of: str, samples: Iterable[_Node], value: str, place: _Place) -> list[str]:
        """The lines that check one part: here where it has the properties of a sample, else elsewhere."""
        self.names[f"shapes_{of}"], self.names[f"whole_{of}"] = SHAPES[of], SHAPES[of].check_whole
        given = f"({value}, search{f', {place.targets}' if place.targets else ''})"
        elsewhere = f"shapes_{of}[(*{value},)]{given}" if place.known else f"whole_{of}{given}"
        if of == "Coding":
            return _coding(value, self.variables("d")["d"], elsewhere)
        lines: list[str] = []
        for sample in _by_length((*samples, *_AS_WELL.get(of, ()))) if place.depth <= _DEEPEST else ():
            variables = self.variables(sample)
            written = (
                self.properties(of, sample, variables, value, place) if self.made < _MOST_VALUES else None
            )
            if written is None:
                continue
            read = "; ".join(f"{variable} = {value}[{key!r}]" for key, variable in variables.items())
            lines += [f"{'elif' if lines else 'if'} len({value}) == {len(sample)}:"]
            lines += _indented(["try:", f"    {read}", "except KeyError:", f"    {elsewhere}"])
            lines += _indented(["else:", *_indented(written)] if written else [])
        return [*lines, "else:", f"    {elsewhere}"] if lines else [elsewhere]


def _by_length(samples: Iterable[_Node]) -> Iterable[_Node]:
    """Of those with as many properties, the first: the number of them tells which is meant."""
    found: dict[int, _Node] = {}
    for sample in samples:
        found.setdefault(len(sample), sample)
    return found.values()


def _coding(value: str, display: str, elsewhere: str) -> list[str]:
    """A system and a code that were right together before, with or without words."""
    return [
        "try:",
        f"    if len({value}) == 3:",
        f"        {display} = {value}['display']",
        *_indented(_indented(text(display))),
        f"    elif len({value}) != 2: raise KeyError",
        f"    if ({value}['system'], {value}['code']) not in right_codings:",
        f"        look_at_coding({value}['system'], {value}['code'])",
        "except KeyError:",
        f"    {elsewhere}",
    ]


def _quickly(rule: Rule, variables: Mapping[str, str], asked: str, called: str) -> _Lines:
    """The lines that find most nodes right by a rule; none where only the rule can say, None where nothing is to ask."""
    if rule in BY_PROPERTIES:
        return None
    if rule in IN_ORDER:
        earlier, later = (variables.get(key) for key in IN_ORDER[rule])
        if earlier is None or later is None:
            return None
        # what is in order as text is so as far as both say
        return [f"if {earlier} > {later} and any({asked}): raise Doubt"]
    if rule in OF_CONCEPTS:
        concept = variables.get(OF_CONCEPTS[rule][0])
        if concept is None:
            return None
        return [
            f"for one in {concept}['coding']:",
            f"    if one.get('code') in {called}_codes and one.get('system') == {called}_system: break",
            "else: raise Doubt",
        ]
    if rule is bundle_rule and not variables.keys() & {"total"} and "type" in variables:
        doubtful = f"search.url_twice or {variables['type']} in ('batch', 'transaction')"
        return [f"if ({doubtful}) and any({asked}): raise Doubt"]
    return []


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


@cache
def _walks() -> Mapping[str, Walk]:
    from gateway.resources.generated.walks import WALKS

    return WALKS


@cache
def _leads_back(kind: str, owner: str) -> bool:
    """Whether something in a class may hold the class it stands in, at any depth: such a node may be of any depth."""
    seen, waiting = set[str](), [kind]
    while waiting:
        one = waiting.pop()
        if one == owner:
            return True
        if one not in seen and one != "AnyResource":
            seen.add(one)
            waiting += [
                of
                for name, (step, of) in _walks()[one].steps.items()
                if step == CHILD and not _cut(one, name)
            ]
    return False


def _cut(kind: str, name: str) -> bool:
    """Whether what stands here is never left to a check of a known shape, so that no way leads back through it."""
    return (name in ("extension", "modifierExtension") and kind not in resource_types()) or name == "assigner"
