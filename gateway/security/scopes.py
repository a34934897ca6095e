"""SMART scopes: version 2 (`system/CarePlan.rs`), version 1 accepted and rewritten. SMART App Launch 2.2.

A scope is never consent; what a caller gets is scope ∩ role ∩ consent. Scopes with a search limit
(`system/Observation.rs?category=…`) are not granted yet: dropping the limit would widen them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LETTERS = "cruds"  # create, read, update, delete, search: a scope names them in this order
_SCOPE = re.compile(r"system/(\*|[A-Z][A-Za-z]{1,63})\.(c?r?u?d?s?|read|write|\*)")
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True, slots=True)
class Scopes:
    """What may be done to which resource type; `*` stands for every type."""

    letters_by_type: Mapping[str, frozenset[str]]

    def permits(self, resource_type: str, letter: str) -> bool:
        """Whether `letter` (one of c, r, u, d, s) is granted for the type."""
        return letter in self._letters(resource_type)

    def within(self, registered: Scopes) -> Scopes:
        """What of these scopes `registered` covers as well."""
        types = {*self.letters_by_type, *registered.letters_by_type}
        both = {name: self._letters(name) & registered._letters(name) for name in types}
        everywhere = both.get("*", frozenset())
        return Scopes(
            {
                name: letters
                for name, letters in both.items()
                if letters and (name == "*" or not letters <= everywhere)
            }
        )

    def texts(self) -> frozenset[str]:
        """The scopes in version 2 form."""
        return frozenset(
            f"system/{name}." + "".join(letter for letter in _LETTERS if letter in letters)
            for name, letters in self.letters_by_type.items()
            if letters
        )

    def _letters(self, resource_type: str) -> frozenset[str]:
        nothing: frozenset[str] = frozenset()
        return self.letters_by_type.get(resource_type, nothing) | self.letters_by_type.get("*", nothing)


def read_scopes(text: str | Iterable[str]) -> Scopes:
    """The scopes that `text` (separated by spaces) or the texts name; others grant nothing."""
    found: dict[str, frozenset[str]] = {}
    for scope in text.split() if isinstance(text, str) else text:
        match = _SCOPE.fullmatch(scope)
        if match is not None:
            name, letters = match.groups()
            found[name] = found.get(name, frozenset()) | frozenset(_VERSION_1.get(letters, letters))
    return Scopes(found)
