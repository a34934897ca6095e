"""The quick way through shapes that were seen before: it takes nothing that the other check refuses."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.resources import check as checking
from gateway.resources import check_resource, parse_json
from gateway.resources.known_shapes import is_known_and_right
from tests.gateway.resources.test_against_the_library import places

VALID = Path(__file__).parent / "valid"
OTHER = [
    "2026-02-30",
    "Patient/1",
    "Medication/1",
    "a  b",
    "",
    ("a",),
    ["system", "code"],
    float("nan"),
    1 << 40,
]


def known(resource: dict[str, Any]) -> bool:
    return is_known_and_right(resource, resource["resourceType"], checking._walks())


def replaced(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The resource with each text and number in it replaced, in turn, by each other value."""
    for way in places(resource):
        node: Any = resource
        for step in way[:-1]:
            node = node[step]
        stood = node[way[-1]]
        if isinstance(stood, dict | list) or way == ("resourceType",):
            continue
        for other in OTHER:
            node[way[-1]] = other
            yield resource
        node[way[-1]] = stood


@pytest.mark.requirement("FH-CON-01")
@pytest.mark.parametrize("name", ["Task", "Bundle", "Observation"])
def test_what_the_quick_way_takes_the_other_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = parse_json((VALID / f"{name}.json").read_bytes())
    for _ in range(40):
        assert check_resource(resource) == ()
    assert known(resource)
    taken = [copy.deepcopy(one) for one in replaced(resource) if known(one)]

    monkeypatch.setattr(checking, "is_known_and_right", lambda *_: False)
    assert taken
    assert [one for one in taken if check_resource(one)] == []
