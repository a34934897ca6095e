"""Requirement marks name rules of the rulebook. `./dev test --requirements` lists the rules shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.conftest import REQUIREMENT
from tests.house import checkout

RULEBOOK = checkout.ROOT.parent / "shared" / "requirements.md"


@cache
def marked() -> frozenset[tuple[str, str]]:
    """Every marked requirement id with its place."""
    return frozenset(_marks())


def _marks() -> Iterator[tuple[str, str]]:
    for path in checkout.files():
        if path.suffix != ".py" or not checkout.name(path).startswith("tests/"):
            continue
        for node in checkout.nodes(path):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "requirement"
            ):
                for value in node.args:
                    if isinstance(value, ast.Constant):
                        yield str(value.value), f"{checkout.name(path)}:{node.lineno}"


def rules_of(text: str) -> set[str]:
    """The ids a rulebook names, with ranges like `P2-32-01..04` spread out."""
    found = {match.group() for match in REQUIREMENT.finditer(text)}
    for match in re.finditer(r"\b([A-Z0-9]+(?:-[A-Z0-9]+)*)-(\d\d)\.\.(\d\d)\b", text):
        found |= {
            f"{match.group(1)}-{number:02}" for number in range(int(match.group(2)), int(match.group(3)) + 1)
        }
    return found


@pytest.mark.slow
def test_some_rules_are_shown() -> None:
    assert len({rule for rule, _ in marked()}) > 20


@pytest.mark.conformance
def test_every_marked_rule_stands_in_the_rulebook() -> None:
    if not RULEBOOK.is_file():
        pytest.skip("the rulebook is not beside this checkout")
    known = rules_of(RULEBOOK.read_text(encoding="utf-8"))

    assert sorted((place, rule) for rule, place in marked() if rule not in known) == []
