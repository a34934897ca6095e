"""The checker against fhir.resources: it is never laxer than the models it was generated from."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from gateway.resources import check_resource, supported_types

VALID = sorted((Path(__file__).parent / "valid").glob("*.json"))
PUBLISHED = Path(__file__).parents[4] / "shared" / "samples"


def library_takes(resource: dict[str, Any]) -> bool:
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(copy.deepcopy(resource))
    except Exception:  # noqa: BLE001  the library raises many kinds
        return False
    return True


def resources_in(node: Any) -> Iterator[dict[str, Any]]:
    """The resources in a file, also where test cases are wrapped around them."""
    if isinstance(node, dict) and node.get("resourceType") in supported_types():
        yield node
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from resources_in(child)


def places(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in items:
        yield (*way, step)
        yield from places(child, (*way, step))


def mutations(resource: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The resource with one thing wrong, or at least other, at each place in turn."""
    for way in places(resource):
        if way == ("resourceType",):
            continue
        for label, value in (
            ("gone", ...),
            ("text", "x y"),
            ("number", 7),
            ("object", {"odd": 1}),
            ("list", [1]),
            ("null", None),
            ("true", True),
            ("empty", {}),
        ):
            other = copy.deepcopy(resource)
            node: Any = other
            for step in way[:-1]:
                node = node[step]
            if value is ...:
                del node[way[-1]]
            else:
                node[way[-1]] = value
            yield f"{label} at {'.'.join(map(str, way))}", other


@pytest.mark.slow
@pytest.mark.requirement("FH-CON-01")
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_whatever_the_library_refuses_is_refused(path: Path) -> None:
    resource = json.loads(path.read_bytes())
    assert library_takes(resource)
    laxer = [
        label
        for label, other in mutations(resource)
        if not check_resource(other) and not library_takes(other)
    ]

    assert laxer == []


@pytest.mark.conformance
@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published samples are not beside this checkout")
@pytest.mark.parametrize("folder", ["fhir-r4-core", "us-core", "consent", "labels/consents"])
def test_published_resources_are_taken_as_the_library_takes_them(folder: str) -> None:
    seen = 0
    for path in sorted((PUBLISHED / folder).rglob("*.json")):
        for resource in resources_in(json.loads(path.read_bytes())):
            issues = check_resource(resource)
            if any(issue.code == "not-supported" for issue in issues):
                continue
            seen += 1

            assert (not issues) == library_takes(resource), (path.name, issues)
    assert seen
