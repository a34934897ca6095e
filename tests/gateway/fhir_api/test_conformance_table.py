"""The table of what the guides demand names tests that exist, and says of the rest that it is missing, and why."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "gateway" / "fhir_api" / "CONFORMANCE.md"


def rows() -> list[tuple[str, str, str]]:
    """Demand, page and what shows it, of every row."""
    found = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| demand"):
            demand, page, shown = (cell.strip() for cell in line.strip("|").split("|"))
            found.append((demand, page, shown))
    return found


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("demand", "page", "shown"), rows())
def test_each_demand_has_its_test_or_is_missing_for_a_reason(demand: str, page: str, shown: str) -> None:
    assert demand and page
    if shown.startswith("missing: "):
        assert len(shown) > len("missing: not")
        return
    file, _, name = shown.partition("::")
    assert name.startswith("test_") and name in names_in(file)


def test_the_table_is_about_every_guide_that_concerns_us() -> None:
    text = TABLE.read_text(encoding="utf-8")
    for guide in (
        "SMART App Launch",
        "US Core",
        "SDOH Clinical Care",
        "Subscriptions R5 Backport",
        "Bulk Data",
        "Privacy Consent on FHIR",
    ):
        assert f"## {guide}" in text
    assert len(rows()) >= 60
