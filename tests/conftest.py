"""Options that every test of the project may read."""

from __future__ import annotations

import pytest

from tests import strategies


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", default=False, help="run the property tests at full length (hours)"
    )


def pytest_configure(config: pytest.Config) -> None:
    strategies.long_run = bool(config.getoption("--long"))
