"""What the invariant pass does in one class of elements. The instances are generated."""

from __future__ import annotations

from dataclasses import dataclass, field

# What to do with one property.
CHILD = 1  # visit a complex element, or each of a list
DATE = 2  # the day must exist
DECIMAL = 3  # must be a JSON number (msgspec would take text)
COMPANION = 4  # the extensions of a primitive
LIST = 5  # a repeating primitive: nulls only beside extensions
LIST_COMPANION = 6  # the extensions of a repeating primitive
BASE64 = 7  # characters in fours (the alphabet is a matter of shape)


@dataclass(frozen=True, slots=True)
class Walk:
    """`steps`: JSON name to (what to do, class of a child) · `needed`: required primitives · `targets`: what
    a reference may point at · `choices`: (`value`, its JSON names, whether one of them is required)."""

    steps: dict[str, tuple[int, str]] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    targets: dict[str, frozenset[str]] = field(default_factory=dict)
    choices: tuple[tuple[str, frozenset[str], bool], ...] = ()
