"""A store with one patient, and writing to it in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.store import SqliteStore, Transaction
from tests.gateway.store.samples import opened, with_patient

Write = Callable[[Callable[[Transaction], Any]], Any]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An open store that knows patient p1."""
    made = opened(tmp_path)
    asyncio.run(made.write(with_patient("p1")))
    yield made
    asyncio.run(made.close())


@pytest.fixture
def write(store: SqliteStore) -> Write:
    """`write(work)`: what the work returned, committed."""
    return lambda work: asyncio.run(store.write(work))
