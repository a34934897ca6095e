"""A small network in one process, for the rooms that need all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.county import County
from tests.postgres_server import PostgresServer, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL for the tests of this process; started when the first of them asks for it."""
    with running() as server:
        yield server


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """The starting network, with nobody in it yet; nothing listens and nothing sends."""
    made = County(tmp_path)
    yield made
    made.close()
