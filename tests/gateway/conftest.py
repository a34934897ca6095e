"""A small network in one process, for the rooms that need all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.county import County


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """The starting network, with nobody in it yet; nothing listens and nothing sends."""
    made = County(tmp_path)
    yield made
    made.close()
