"""Published HL7 v2 messages of visits, merges, orders and appointments: every leaf accounted for, and against the
expected Bundles of another implementation, as a second opinion (differences are argued in the formats' README)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.flows.library import open_library
from mappings import Translation, translate
from mappings.ids import PUBLISHED_TEST_KEY
from mappings.laws import conservation, leaves_of, lineage_misses, traced
from tests import strategies

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not beside the checkout"),
]
STEP = 60 if strategies.quick_run else 15
"""Every how many leaves one is changed for the law of lineage."""
MESSAGES = [
    ("hospital/adt_a01", "hl7v2/ADT-A01-01.hl7"),
    ("hospital/adt_a01", "hl7v2/ADT-A04-01.hl7"),
    ("hospital/adt_a01", "hl7v2/ADT-A08-01.hl7"),
    ("hospital/adt_a01", "hl7v2/ADT-A28-01.hl7"),
    ("hospital/adt_a01", "hl7v2/ADT-A31-01.hl7"),
    ("hospital/adt_a01", "hl7v2/ADT01-23.hl7"),
    ("hospital/adt_a01", "hl7v2/ADT04-23.hl7"),
    ("hospital/adt_a01", "hl7v2/ADT04-251.hl7"),
    ("hospital/adt_a01", "hl7v2-ig-test-conversions/ADT_A01.hl7"),
    ("hospital/adt_a39", "hl7v2/ADT-A40-01.hl7"),
    ("hospital/omg_o19", "hl7v2/OMG-O19-01.hl7"),
    ("hospital/omg_o19", "hl7v2-360x/OMG_O19_referral_request.hl7"),
    ("hospital/siu_s12", "hl7v2/SIU-S12-01.hl7"),
    ("hospital/siu_s12", "hl7v2/SIU-S15-01.hl7"),
]


def _translated(mapping_id: str, name: str) -> tuple[bytes, Translation]:
    source = (SAMPLES / name).read_bytes()
    mapping = open_library().mapping(mapping_id)
    return source, translate(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)


@pytest.mark.requirement("V2-01")
@pytest.mark.parametrize(("mapping_id", "name"), MESSAGES, ids=[name for _, name in MESSAGES])
def test_every_leaf_of_a_published_message_is_accounted_for(mapping_id: str, name: str) -> None:
    source, translation = _translated(mapping_id, name)
    mapping = open_library().mapping(mapping_id)
    assert conservation(translation, len(leaves_of(mapping, source))) == []
    assert translation.issues == ()
    assert traced(translation) == []
    tried, misses = lineage_misses(mapping, source, None, every=STEP)
    assert tried > 0
    assert misses == []


def _expected(name: str, kind: str) -> dict[str, Any]:
    bundle = json.loads((SAMPLES / "hl7v2-expected-fhir" / f"{name}-expected.json").read_text())
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)


def _made(translation: Translation, kind: str) -> dict[str, Any]:
    return dict(next(r for r in translation.resources if r["resourceType"] == kind))


@pytest.mark.parametrize(
    ("mapping_id", "name", "kind", "elements"),
    [
        ("hospital/adt_a01", "ADT04-251", "Patient", ("name", "birthDate", "gender")),
        ("hospital/adt_a01", "ADT04-251", "Encounter", ("status", "class")),
        ("hospital/adt_a01", "ADT04-251", "Practitioner", ("identifier", "name")),
        ("hospital/omg_o19", "OMG-O19-01", "ServiceRequest", ("status", "intent", "code")),
        ("hospital/omg_o19", "OMG-O19-01", "Encounter", ("status", "class")),
    ],
)
def test_the_second_opinion_agrees(mapping_id: str, name: str, kind: str, elements: tuple[str, ...]) -> None:
    _, translation = _translated(mapping_id, f"hl7v2/{name}.hl7")
    ours, theirs = _made(translation, kind), _expected(name, kind)
    assert {e: ours[e] for e in elements} == {e: theirs[e] for e in elements}


def test_only_the_order_itself_becomes_a_request_not_those_of_prior_results() -> None:
    _, translation = _translated("hospital/omg_o19", "hl7v2/OMG-O19-01.hl7")
    kinds = [r["resourceType"] for r in translation.resources]
    assert (kinds.count("ServiceRequest"), kinds.count("Task"), kinds.count("Encounter")) == (1, 1, 1)
