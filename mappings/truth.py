"""Whether some conditions together always hold: proves, when a mapping is loaded, that a field is always named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from mappings.rows import Condition

_OTHER = "\0other"
_MOST_CASES = 4096


def _atoms(when: Condition) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(kind, address, values) of every simple condition."""
    if when.address is not None:
        yield when.kind, when.address.text, when.values
    for part in when.parts:
        yield from _atoms(part)


def _holds(when: Condition, case: dict[tuple[str, str], object]) -> bool:
    if when.kind == "present" and when.address is not None:
        return bool(case["present", when.address.text])
    if when.kind == "in" and when.address is not None:
        return case["in", when.address.text] in when.values
    answers = [_holds(part, case) for part in when.parts]
    if when.kind == "not":
        return not answers[0]
    return all(answers) if when.kind == "and" else any(answers)


def always(alternatives: Sequence[Sequence[Condition]], given: str) -> bool:
    """Whether, given a value at the address `given`, at least one alternative (all of its conditions) always holds."""
    choices: dict[tuple[str, str], set[object]] = {}
    for conditions in alternatives:
        for when in conditions:
            for kind, address, values in _atoms(when):
                if kind == "present":
                    choices[kind, address] = {True} if address == given else {True, False}
                else:
                    choices.setdefault((kind, address), {_OTHER}).update(values)
    count = 1
    for options in choices.values():
        count *= len(options)
    if count > _MOST_CASES:
        return False
    names = list(choices)
    for values_of_case in product(*choices.values()):
        case = dict(zip(names, values_of_case, strict=True))
        if not any(all(_holds(when, case) for when in conditions) for conditions in alternatives):
            return False
    return True
