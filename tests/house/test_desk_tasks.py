"""The table role, task, test of `gateway/agency_desk/TASKS.md`: a page without a test that goes there fails here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from gateway.agency_desk.pages import SCREENS
from tests.house import checkout

ROOM = checkout.ROOT / "gateway" / "agency_desk"
ROLES = {"anybody", "agency worker", "counselor", "case manager", "crisis worker", "dispatcher", "client"}
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| `([^`]+)` \| ?(\w*) ?\| `([^`]+)::(\w+)` \|$", re.MULTILINE)
SITES = {"pages.py": "/agency", "signing_pages.py": "/sign", "own_pages.py": "/me"}


@dataclass(frozen=True)
class Task:
    """One row. `page`: the address with its site; `file`: where the test stands."""

    role: str
    page: str
    right: str
    file: Path
    test: str


@cache
def tasks() -> tuple[Task, ...]:
    found = []
    for role, _, page, right, where, test in ROW.findall((ROOM / "TASKS.md").read_text()):
        folder, _, name = where.rpartition("/")
        at = checkout.ROOT / "tests" / (folder or "gateway/agency_desk") / f"test_{name}.py"
        found.append(Task(role, page, right, at, f"test_{test}"))
    return tuple(found)


def routes() -> Iterator[tuple[str, str]]:
    """Every address of the three sets of pages, and the right that opens it."""
    yield from ((f"/agency{one.path}", one.right) for one in SCREENS)
    for file, site in SITES.items():
        for node in checkout.nodes(ROOM / file):
            is_route = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Route"
            if is_route and isinstance(node.args[0], ast.Constant):
                yield site + str(node.args[0].value), ""


def test_every_row_of_the_table_is_read() -> None:
    rows = [line for line in (ROOM / "TASKS.md").read_text().splitlines() if line.startswith("| ")]
    assert len(rows) - 1 == len(tasks()) and {one.role for one in tasks()} == ROLES


def test_every_page_and_form_stands_in_the_table_under_its_right() -> None:
    table = {(one.page, one.right) for one in tasks()}
    assert set(routes()) - table == set(), "say who does what there, and name a test that goes there"
    assert table - set(routes()) == set(), "there is no such page any more, or another right opens it"


@pytest.mark.parametrize("task", tasks(), ids=lambda one: one.page)
def test_the_test_of_a_task_is_there_and_goes_to_its_page(task: Task) -> None:
    named = {one.name for one in checkout.functions(task.file)}
    assert task.test in named, f"{task.file.name} has no `{task.test}`"
    last = [part for part in task.page.split("/") if part and not part.startswith("{")][-1]
    assert f"/{last}" in checkout.text(task.file), f"nothing in {task.file.name} goes to `{task.page}`"
