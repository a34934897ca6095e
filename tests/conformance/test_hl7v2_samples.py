"""The published HL7 v2 messages beside the checkout: read, and the referrals translated with nothing unaccounted."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.flows.library import open_library
from mappings import TranslationRefused, translate
from mappings.ids import PUBLISHED_TEST_KEY
from mappings.laws import conservation, leaves_of, lineage_misses, traced
from mappings.syntax.hl7v2 import leaves, read_messages, split

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"
pytestmark = [
    pytest.mark.unmeasured,  # measuring it would double its time; other tests reach the same lines
    pytest.mark.conformance,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not beside the checkout"),
]


def _messages() -> list[Path]:
    return sorted(
        path for folder in ("hl7v2", "hl7v2-360x", "hl7v2-lfh") for path in (SAMPLES / folder).glob("*.hl7")
    )


@pytest.mark.parametrize("path", _messages(), ids=lambda path: path.name)
def test_every_published_message_is_split(path: Path) -> None:
    for lines in read_messages(path.read_bytes()):
        segments = split(lines)
        assert segments[0][0] == "MSH"
        assert all(len(fields[0]) == 3 for fields in segments)
        assert leaves(segments)


@pytest.mark.requirement("V2-01")
@pytest.mark.parametrize("name", ["REF-I12-01", "REF-I14-01"])
def test_published_referrals_are_translated_and_every_leaf_accounted_for(name: str) -> None:
    mapping = open_library().mapping("hospital/ref_i12")
    source = (SAMPLES / "hl7v2" / f"{name}.hl7").read_bytes()
    translation = translate(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
    assert conservation(translation, len(leaves_of(mapping, source))) == []
    assert translation.issues == ()
    assert traced(translation) == []
    kinds = {str(r["resourceType"]) for r in translation.resources}
    assert {
        "Patient",
        "ServiceRequest",
        "Task",
        "PractitionerRole",
        "Condition",
        "Observation",
        "Coverage",
    } <= kinds
    task = next(r for r in translation.resources if r["resourceType"] == "Task")
    assert task["status"] == ("cancelled" if "I14" in name else "requested")
    tried, misses = lineage_misses(mapping, source, None)
    assert tried > 500
    assert misses == []


@pytest.mark.parametrize(
    "path", [path for path in _messages() if not path.name.startswith("REF-")], ids=lambda path: path.name
)
def test_a_message_of_another_kind_is_refused_by_type(path: Path) -> None:
    mapping = open_library().mapping("hospital/ref_i12")
    with pytest.raises(TranslationRefused) as caught:
        translate(mapping, path.read_bytes(), partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
    assert caught.value.code in ("MESSAGE_TYPE_UNKNOWN", "SEVERAL_RECORDS")
