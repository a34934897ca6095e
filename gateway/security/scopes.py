"""SMART scopes: version 2 (`system/CarePlan.rs`), version 1 accepted and rewritten. SMART App Launch 2.2.

A scope is never consent; what a caller gets is scope ∩ role ∩ consent. One with a search limit
(`system/Observation.rs?category=…`) is of reading and searching alone, and opens only what asks for it by name
(`limited`): where the limit would not be kept, it counts for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

_LETTERS = "cruds"  # create, read, update, delete, search: a scope names them in this order
_SCOPE = re.compile(r"system/(\*|[A-Z][A-Za-z]{1,63})\.(c?r?u?d?s?|read|write|\*)")
_LIMITED = re.compile(r"system/([A-Z][A-Za-z]{1,63})\.(r?s?)\?([!#-\[\]-~]{1,512})")
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True, slots=True)
class Scopes:
    """What may be done to which resource type; `*` stands for every type. `limited`: type, letters, and the search that
    limits them, as it was sent.
    """

    letters_by_type: Mapping[str, frozenset[str]]
    limited: tuple[tuple[str, str, str], ...] = ()

    def permits(self, resource_type: str, letter: str, *, limited: bool = False) -> bool:
        """Whether `letter` (one of c, r, u, d, s) is granted for the type; `limited`: or for some of it, and whoever
        asks so shows nothing else of it.
        """
        return letter in self._letters(resource_type) or (
            limited and any(name == resource_type and letter in theirs for name, theirs, _ in self.limited)
        )

    def within(self, registered: Scopes) -> Scopes:
        """What of these scopes `registered` covers as well."""
        types = {*self.letters_by_type, *registered.letters_by_type}
        both = {name: self._letters(name) & registered._letters(name) for name in types}
        everywhere = both.get("*", frozenset())
        plain = {
            name: letters
            for name, letters in both.items()
            if letters and (name == "*" or not letters <= everywhere)
        }
        return Scopes(plain, tuple(sorted({*self._limits_in(registered), *registered._limits_in(self)})))

    def _limits_in(self, other: Scopes) -> Iterable[tuple[str, str, str]]:
        """What of the limited ones `other` covers as well: by the same limit, or by none."""
        for name, theirs, search in self.limited:
            alike = [letters for kind, letters, limit in other.limited if (kind, limit) == (name, search)]
            covered = other._letters(name).union(*alike)
            both = "".join(one for one in theirs if one in covered)
            if both:
                yield name, both, search

    def texts(self) -> frozenset[str]:
        """The scopes in version 2 form."""
        plain = {
            f"system/{name}." + "".join(letter for letter in _LETTERS if letter in letters)
            for name, letters in self.letters_by_type.items()
            if letters
        }
        return frozenset(
            plain | {f"system/{name}.{letters}?{search}" for name, letters, search in self.limited}
        )

    def _letters(self, resource_type: str) -> frozenset[str]:
        nothing: frozenset[str] = frozenset()
        return self.letters_by_type.get(resource_type, nothing) | self.letters_by_type.get("*", nothing)


@lru_cache(maxsize=512)
def granted(scopes: frozenset[str]) -> Scopes:
    """As `read_scopes`, of the scopes of a token: read once, however many entries ask."""
    return read_scopes(scopes)


def read_scopes(text: str | Iterable[str]) -> Scopes:
    """The scopes that `text` (separated by spaces) or the texts name; others grant nothing."""
    found: dict[str, frozenset[str]] = {}
    limited = set()
    for scope in text.split() if isinstance(text, str) else text:
        match = _SCOPE.fullmatch(scope)
        if match is not None:
            name, letters = match.groups()
            found[name] = found.get(name, frozenset()) | frozenset(_VERSION_1.get(letters, letters))
        elif "?" in scope and (part := _LIMITED.fullmatch(scope)) is not None and part[2]:
            limited.add((part[1], part[2], part[3]))
    return Scopes(found, tuple(sorted(limited)))
