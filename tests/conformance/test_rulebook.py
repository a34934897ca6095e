"""No rule is forgotten: each rule of the rulebook that concerns consent is named by a test or by the page of the tests.

Read from `../shared/requirements.md`, sections 1 to 4.2 and 6. Without the rulebook beside the checkout the test skips.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.published import SHARED
from tests.house.test_requirements import marked, rules_of

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS / "consent" / "README.md"
CONCERN_CONSENT = re.compile(r"[1236](\.\d+)?|4\.[12]")
SECTION = re.compile(r"#{2,3} (\d+(?:\.\d+)?)\b")
TEN_RULES = "1"

pytestmark = pytest.mark.conformance


def rulebook() -> Iterator[tuple[str, str]]:
    """(section, line) of each line of the rulebook."""
    file = SHARED / "requirements.md"
    if not file.is_file():
        pytest.skip("the rulebook is not beside this checkout")
    section = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        found = SECTION.match(line)
        section = found.group(1) if found else section
        yield section, line


def asked() -> set[str]:
    """The rules that have to be answered: the first cell of each row; of the ten rules the items they point to."""
    found: set[str] = set()
    for section, line in rulebook():
        if CONCERN_CONSENT.fullmatch(section) and line.startswith("| "):
            cells = line.strip("| ").split(" | ")
            found |= rules_of(cells[-1] if section == TEN_RULES else cells[0])
    return found


def named_by_tests() -> set[str]:
    """The rules that a mark or a row of a decision table names."""
    found = {rule for rule, _ in marked()}
    for table in sorted((TESTS / "consent" / "decision_tables").glob("*.csv")):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found |= set(row["rules"].split())
    return found


def answered_elsewhere() -> dict[str, str]:
    """The rules of the page of the consent tests, each with who answers it."""
    text = (
        PAGE.read_text(encoding="utf-8").partition("## IDs that other rooms answer")[2].partition("\n## ")[0]
    )
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {rule: cells[-1] for cells in rows for rule in rules_of(cells[0])}


def test_the_rulebook_is_read() -> None:
    found = asked()

    assert {"P2-11-01", "P2-61-02", "HI-528-01", "FH-CON-12", "FH-RED-06", "DM-12", "AU-06"} <= found
    assert "V2-01" not in found  # section 4.4 is another room's


def test_every_rule_that_concerns_consent_is_named_by_a_test_or_said_to_be_answered_elsewhere() -> None:
    assert sorted(asked() - named_by_tests() - answered_elsewhere().keys()) == []


def test_what_is_answered_elsewhere_is_a_rule_and_says_by_whom() -> None:
    found = answered_elsewhere()

    assert found
    assert sorted(found.keys() - rules_of("\n".join(line for _, line in rulebook()))) == []
    assert [rule for rule, who in found.items() if not re.search(r"`gateway|open|nothing", who)] == []
