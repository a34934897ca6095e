"""The generated form of the way out writes what the plain form writes, on altered resources of every sample."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from mappings import Mapping_, RenderRefused, translate_all
from mappings.compile_render import Write
from mappings.ids import PUBLISHED_TEST_KEY
from mappings.model import Issue
from mappings.render import rendered
from mappings.rendering import Rendering
from tests import strategies

ALTERED = 5 if strategies.quick_run else strategies.examples(60, 2000)
"""Altered records tried of each sample."""
FACTS = (
    {"at": "20261120120000+0000", "control_id": "1"},
    {
        "at": "20261120120000+0000",
        "control_id": "2",
        "sending_application": "A",
        "sending_facility": "B&C",
        "receiving_application": "D",
        "receiving_facility": "E",
        "notice": "No further disclosure.",
    },
)


class Answer(NamedTuple):
    """What a rendering gave, and whether the generated form gave it."""

    content: bytes
    issues: tuple[Issue, ...]
    generated: bool


def _sites(node: Any) -> Iterator[tuple[Any, Any]]:
    """(object or list, key or index) of everything below a node but types and ids."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in inside:
        if key not in ("resourceType", "id"):
            yield node, key
            yield from _sites(inner)


def _alter(chance: random.Random, resources: list[Any]) -> None:
    """Up to four elements gone, changed, twice, or of another shape."""
    for _ in range(chance.randint(1, 4)):
        node, key = chance.choice(list(_sites(resources)))
        kind, value = chance.randrange(8), node[key]
        if kind < 3 and node is not resources:
            del node[key]
        elif kind == 3 and isinstance(node, list):
            node.append(copy.deepcopy(value))
        elif kind == 4 and node is not resources:
            node[key] = chance.choice(("", [], {}, [value], None))
        elif isinstance(value, str):
            node[key] = value + chance.choice((" &^|~\\", "<b>", "=1+1", "x"))


def _answer(mapping: Mapping_, resources: list[Any], facts: dict[str, str], *, plain: bool) -> Answer:
    run = Rendering(mapping, resources, facts, {})
    if plain:
        run.generated = None
    found = rendered(run, run.write())
    return Answer(found.content, found.issues, run.generated is not None)


def _both(mapping: Mapping_, resources: list[Any], facts: dict[str, str]) -> bool:
    """Whether the generated form wrote the record, after comparing it with the plain form: bytes, issues, refusals."""
    try:
        plain = _answer(mapping, resources, facts, plain=True)
    except (RenderRefused, AttributeError, TypeError) as error:
        # A text where FHIR has an object: only a resource that was never checked has it; both forms stop alike.
        with pytest.raises(type(error)):
            _answer(mapping, resources, facts, plain=False)
        return False
    found = _answer(mapping, resources, facts, plain=False)
    assert (found.content, found.issues) == (plain.content, plain.issues)
    return found.generated


@pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines
def test_the_generated_form_writes_what_the_plain_form_writes(
    sample: tuple[str, str], mapping: Mapping_, written: Write, source: bytes
) -> None:
    assert callable(written)
    chance, quick = random.Random(sample[1]), 0
    records = translate_all(mapping, source, partner="p", id_key=PUBLISHED_TEST_KEY, zone="America/Phoenix")
    made = [list(record.translation.resources) for record in records if record.translation]
    assert _both(mapping, made[0], FACTS[1])
    for number in range(ALTERED):
        resources = copy.deepcopy(chance.choice(made))
        if not chance.randrange(4) and len(resources) > 1:
            resources.pop(chance.randrange(len(resources)))
        if not chance.randrange(8):
            resources.append({**copy.deepcopy(chance.choice(resources)), "id": "another"})
        _alter(chance, resources)
        quick += _both(mapping, resources, FACTS[number % 2])
    assert quick >= ALTERED // 20
