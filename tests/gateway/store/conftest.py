"""A store with one patient, and writing to it in one line: once on SQLite, once on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.store import Transaction
from tests.gateway.store.samples import URL_FILE, opened, with_patient
from tests.postgres_server import PostgresServer

Write = Callable[[Callable[[Transaction], Any]], Any]
KINDS = ("sqlite", "postgresql")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An empty folder for the store of a test; with PostgreSQL it says which database."""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        (tmp_path / URL_FILE).write_text(server.url(server.emptied()))
    return tmp_path


@pytest.fixture
def store(place: Path) -> Iterator[Any]:
    """An open store that knows patient p1."""
    made = opened(place)
    asyncio.run(made.write(with_patient("p1")))
    yield made
    asyncio.run(made.close())


@pytest.fixture
def write(store: Any) -> Write:
    """`write(work)`: what the work returned, committed."""
    return lambda work: asyncio.run(store.write(work))
