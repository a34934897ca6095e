"""The statements of the store as SQLite is given them: values by place, which takes it a fifth less than by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from operator import itemgetter

from gateway.store.model import Params
from gateway.store.named_queries import named_queries

_PLACEHOLDER = re.compile(r"(?<!:):([a-z_0-9]+)")
Statement = tuple[str, Callable[[Params], tuple[object, ...]]]
"""SQL with placeholders `?1`, `?2` …, and what puts the values by name in their order."""


@cache
def sqlite_statements() -> Mapping[str, Statement]:
    """Full name -> everything the store asks."""
    return {name: _numbered(text) for name, text in named_queries("sqlite").items()}


def _numbered(text: str) -> Statement:
    names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
    return _PLACEHOLDER.sub(lambda found: f"?{names.index(found[1]) + 1}", text), _in_order(names)


def _in_order(names: list[str]) -> Callable[[Params], tuple[object, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda params: tuple([params[name] for name in names])
