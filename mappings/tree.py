"""What every syntax offers the engine: values at an address, repeating groups, and the independent leaf count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Scope = Mapping[Any, Any]
"""Which instance of each repeating group is meant. Each syntax reads its own."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One value at an address: its place, its text (or scalar), the leaves in it, and how it would look altered."""

    place: str
    raw: Any
    leaves: tuple[str, ...]
    alter: Callable[[int, str], Any]
    looked: tuple[str, ...] = ()
    """Leaves by which the value was found (a template id, a type code)."""


class Address(Protocol):
    """A parsed address; `text` is what the author wrote."""

    @property
    def text(self) -> str: ...


class Tree(Protocol):
    """One record of one syntax."""

    def leaves(self) -> Mapping[str, str]:
        """Every leaf by place. Counted without any knowledge of a mapping."""
        ...

    def top(self) -> Scope:
        """The scope of the whole record."""
        ...

    def spots(self, address: Any, scope: Scope, every: bool = False) -> Sequence[Spot]:
        """Values at an address. `every`: in all occurrences of its segment, not only the first (carry and drop)."""
        ...

    def head(self, address: Any, scope: Scope) -> tuple[Any, tuple[str, ...]]:
        """The first plain value at an address and the place of its leaf; ("", ()) when absent."""
        ...

    def scopes(self, each: Any, followers: Sequence[str], scope: Scope) -> Sequence[Scope]:
        """The instances of a repeating group."""
        ...

    def expected(self, address: Any) -> str:
        """The place where a missing value was expected."""
        ...

    def facts(self) -> Mapping[str, str]:
        """Header facts: message type, control id and the like."""
        ...

    def skeleton(self) -> object:
        """What the complement keeps of the order of the record, so that it can be written again."""
        ...
