"""Every published HL7 v2 message of a type we ship: every leaf accounted for, or refused for a reason named here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.flows.library import open_library
from mappings import Mapping_, Translation, TranslationRefused, translate
from mappings.ids import PUBLISHED_TEST_KEY
from mappings.laws import conservation, leaves_of, lineage_misses, traced
from mappings.syntax.hl7v2 import head_fields, read_messages
from tests import strategies

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"
pytestmark = [
    pytest.mark.unmeasured,  # measuring it would double its time; other tests reach the same lines
    pytest.mark.conformance,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not beside the checkout"),
]
CHANGES = 6 if strategies.quick_run else 25
"""How many leaves of a message are changed for the law of lineage."""

ZONE = "America/New_York"
"""Of times for which a message says none."""

REFUSED = {
    "LAB-ORM-1": ("NO_CONCEPT", "ORC-5"),
    "ORM_O01_2a802520": ("NO_CONCEPT", "ORC-1"),
    "MDM_T02_26ba69ac": ("REQUIRED_MISSING", "PID-5"),
    "PPR_PC1_5dc216f6": ("NOT_A_CODE", "PRB[2]-3"),
}
"""Why: see `disagreements.md`."""

LEFT_OVER = {"ORM_O01": "IN1-15[2]"}
"""The message's IN1 is one field off: its tenth field stands where the ninth should."""


class Published(NamedTuple):
    """One published message and the mapping that takes it."""

    path: Path
    mapping_id: str


@cache
def _takers() -> dict[str, str]:
    """Message kind -> the mapping that reads it; one that also writes is for what we send ourselves."""
    library, found = open_library(), dict[str, str]()
    mappings = [library.mapping(mapping_id) for mapping_id in library.ids()]
    for mapping in sorted(mappings, key=lambda one: one.direction == "in"):
        found |= dict.fromkeys(mapping.file.accepts, mapping.id)
    return found


def _messages() -> list[Published]:
    found = []
    for path in sorted(SAMPLES.glob("hl7v2*/*.hl7")):
        [first, *_] = read_messages(path.read_bytes())
        kind = "^".join(head_fields(first[0])[9].split("^")[:2])
        if kind in _takers():
            found.append(Published(path, _takers()[kind]))
    return found


def _translated(message: Published) -> tuple[Mapping_, bytes, Translation]:
    source, mapping = message.path.read_bytes(), open_library().mapping(message.mapping_id)
    return mapping, source, translate(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=ZONE)


def _name(message: Published) -> str:
    return f"{message.path.parent.name}/{message.path.stem}"


WHOLE = [message for message in _messages() if message.path.stem not in {*REFUSED, *LEFT_OVER}]


@pytest.mark.requirement("V2-01")
@pytest.mark.parametrize("message", WHOLE, ids=_name)
def test_every_leaf_of_a_published_message_is_accounted_for(message: Published) -> None:
    mapping, source, translation = _translated(message)
    leaves = len(leaves_of(mapping, source))
    assert conservation(translation, leaves) == []
    assert translation.issues == ()
    assert traced(translation) == []
    tried, misses = lineage_misses(mapping, source, ZONE, every=max(1, leaves // CHANGES))
    assert tried > 0
    assert misses == []


@pytest.mark.requirement("V2-01")
@pytest.mark.parametrize("message", [m for m in _messages() if m.path.stem in LEFT_OVER], ids=_name)
def test_what_stands_where_it_should_not_is_said_and_kept(message: Published) -> None:
    mapping, source, translation = _translated(message)
    place = LEFT_OVER[message.path.stem]
    assert [(issue.code, issue.place) for issue in translation.issues] == [("ONE_VALUE_ONLY", place)]
    faults = conservation(translation, len(leaves_of(mapping, source)))
    assert faults
    assert all(code == "UNMAPPED" and at.startswith(place) for code, at in faults)


@pytest.mark.requirement("V2-01")
@pytest.mark.parametrize("message", [m for m in _messages() if m.path.stem in REFUSED], ids=_name)
def test_a_published_message_without_what_is_needed_is_refused_at_its_place(message: Published) -> None:
    with pytest.raises(TranslationRefused) as caught:
        _translated(message)
    assert (caught.value.code, caught.value.place) == REFUSED[message.path.stem]


def test_messages_of_every_type_that_was_published_are_among_them() -> None:
    kinds = {message.mapping_id for message in _messages()}
    assert kinds >= {
        f"hospital/{name}"
        for name in (
            "adt_a01",
            "adt_a39",
            "mdm_t02",
            "omg_o19",
            "orm_o01",
            "oru_r01",
            "ppr_pc1",
            "ref_i12",
            "siu_s12",
        )
    }
    assert len(_messages()) >= 29


def test_only_the_order_itself_becomes_a_request_not_those_of_prior_results() -> None:
    [message] = [m for m in _messages() if m.path.stem == "OMG-O19-01"]
    kinds = [r["resourceType"] for r in _translated(message)[2].resources]
    assert (kinds.count("ServiceRequest"), kinds.count("Task"), kinds.count("Encounter")) == (1, 1, 0)
