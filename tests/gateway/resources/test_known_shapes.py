"""The quick way through shapes that were seen before: it takes nothing that the other check refuses."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.resources import check as checking
from gateway.resources import check_resource, narrative, parse_json
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
    True,
    1,
    {"odd": 1},
    "Patient/1/_history/x y",
    "urn:uuid:0",
    "Goal/g",
    "1999-01-01",
    "2030-01-01",
]
MORE = {"userSelected": 1, "odd": "1", "extension": [{"url": "http://example.org"}]}


def bundle_of_all() -> dict[str, Any]:
    """Some resources in one Bundle, two of them by a `fullUrl`, with references to one another."""
    names = ("Patient", "Task", "Coverage", "ServiceRequest")
    entries = [{"resource": parse_json((VALID / f"{name}.json").read_bytes())} for name in names]
    of_nobody = {
        "resourceType": "Goal",
        "id": "g",
        "lifecycleStatus": "active",
        "description": {
            "coding": [{"system": "http://x", "code": "1", "userSelected": True}],
            "text": "Sleep",
        },
        "identifier": [{"value": "1", "period": {"start": "2026-01-01", "end": "2026-02-01"}}],
    }
    subjects = ({"reference": f"Patient/{entries[0]['resource']['id']}"}, {"reference": "urn:uuid:1"})
    goals = [
        {"fullUrl": f"urn:uuid:{n}", "resource": {**of_nobody, "subject": one}}
        for n, one in enumerate(subjects, 1)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": [*entries, *goals]}


def known(resource: dict[str, Any]) -> bool:
    return is_known_and_right(resource, resource["resourceType"], checking._walks())


def replaced(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The resource with each thing in it, in turn, another value, gone, there twice, or with more in it."""
    for way in [one for one in places(resource) if one != ("resourceType",)]:
        node: Any = resource
        for step in way[:-1]:
            node = node[step]
        stood = node[way[-1]]
        for other in OTHER:
            node[way[-1]] = other
            yield resource
        node[way[-1]] = stood
        if isinstance(node, list):
            node.append(stood)
            yield resource
            node.pop()
            continue
        for key in (key for key in MORE if key not in node):
            node[key] = MORE[key]
            yield resource
            del node[key]
        yield from without(node, way[-1], resource)


def without(node: dict[str, Any], key: str, resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    items = list(node.items())
    del node[key]
    yield resource
    node.clear()
    node.update(items)


@pytest.mark.requirement("FH-CON-01")
@pytest.mark.parametrize("name", ["AllergyIntolerance", "Bundle", "Condition", "Observation", "Task", "all"])
def test_what_the_quick_way_takes_the_other_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = bundle_of_all() if name == "all" else parse_json((VALID / f"{name}.json").read_bytes())
    for _ in range(40):
        assert check_resource(resource) == ()
    assert known(resource)
    taken = [copy.deepcopy(one) for one in replaced(resource) if known(one)]

    monkeypatch.setattr(checking, "is_known_and_right", lambda *_: False)
    assert taken
    assert [one for one in taken if check_resource(one)] == []


def test_a_usual_narrative_is_taken_where_each_of_its_elements_would_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inside = [
        "a",
        "<p>a</p>",
        "<p>a",
        "</p>",
        "<br/>",
        "<p/ >",
        "]]>",
        "<!-- a -->",
        "&lt;",
        "&nbsp;",
        "<script/>",
        "<P/>",
    ]
    names = ["class", "CLASS", "style", "href", "src", "onclick", "a:id", "xmlns", "id='1' id"]
    values = [
        "a",
        "a<b",
        "width: 1px",
        "url(a)",
        "#a",
        "http://a",
        "javascript:a",
        " http://a",
        "expression(a)",
        "%",
    ]
    inside += [f'<a {name}="{value}">b</a>' for name in names for value in values]
    head = f'<div xmlns="{narrative._XHTML[1:-1]}"'
    divs = [f"{head}{more}>{one}{other}</div>{after}" for more, other, after in _AROUND for one in inside]
    divs += [f"{head} {'lang=' * 70}>a</div>", "<div>a</div>", '<div xmlns="http://a">a</div>']
    usual = [narrative._USUAL.fullmatch(div) is not None for div in divs]
    said = [narrative.narrative_fault(div) for div in divs]
    monkeypatch.setattr(narrative, "_USUAL", narrative.re.compile("never"))

    assert usual.count(True) > 50
    assert said == [narrative.narrative_fault(div) for div in divs]


_AROUND = [
    ("", "", ""),
    (' class="a"', "<p>b</p>", ""),
    ("", "</p>", ""),
    ("", "", "<div/>"),
    (" onclick='a'", "", ""),
]
