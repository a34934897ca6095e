"""One sample of a mapping through all laws and against its golden output."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from mappings.ids import PUBLISHED_TEST_KEY
from mappings.laws import Fault, conservation, leaves_of, no_resurrection, round_trip, traced
from mappings.library import Mapping_
from mappings.model import MappingRoomError, RenderRefused, TranslatedRecord, Translation
from mappings.render import render
from mappings.slices import place_in_file
from mappings.translate import translate_all

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOTICE = {"notice": "Synthetic notice: do not pass this on."}
"""The instant and the facts of the sender with which golden outputs of a mapping for writing are made."""
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def sample_faults(mapping: Mapping_, content: bytes, golden: bytes | None) -> list[Fault]:
    """The laws on one sample, and its golden output."""
    try:
        records = translate_all(mapping, content, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
    except MappingRoomError as error:
        return [(error.code, error.place or "file")]
    faults: list[Fault] = []
    for record in records:
        faults += _record_faults(mapping, record, content, single=len(records) == 1)
    if golden is None:
        faults.append(("NO_GOLDEN", "write the expected resources beside the sample as *.fhir.json"))
    elif json.loads(golden, parse_float=Decimal) != json.loads(golden_bytes(records), parse_float=Decimal):
        faults.append(("GOLDEN_DIFFERS", "the resources are not those of the *.fhir.json beside the sample"))
    return faults


def written_golden(mapping: Mapping_, sample: bytes) -> bytes:
    """What a mapping for writing makes of sample resources. Raises RenderRefused."""
    resources: Sequence[Mapping[str, object]] = json.loads(sample, parse_float=Decimal)
    return render(mapping, resources, at=AT, control_id="1", zone=None, settings=NOTICE).content


def written_faults(mapping: Mapping_, sample: bytes, golden: bytes | None) -> list[Fault]:
    """A mapping for writing only: its output is the golden one, and carries the notice."""
    try:
        made = written_golden(mapping, sample)
    except RenderRefused as refusal:
        return [(refusal.code, refusal.place or "record")]
    if golden is None:
        return [("NO_GOLDEN", f"write the expected output beside the sample as *.{mapping.format}")]
    faults = [] if made == golden else [("GOLDEN_DIFFERS", "the output is not that beside the sample")]
    return faults if NOTICE["notice"].encode() in made else [*faults, ("NOTICE_LOST", "notice")]


def expected_output(mapping: Mapping_, sample: bytes) -> bytes:
    """What stands beside a sample: the resources it gives, or, for a mapping for writing, the bytes it makes.

    Raises TranslationRefused or RenderRefused."""
    if mapping.direction == "out":
        return written_golden(mapping, sample)
    return golden_bytes(translate_all(mapping, sample, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None))


def _record_faults(
    mapping: Mapping_, record: TranslatedRecord, content: bytes, *, single: bool
) -> list[Fault]:
    if record.translation is None:
        assert record.refusal is not None
        return [(record.refusal.code, place_in_file(record.place, record.refusal.place or ""))]
    translation = record.translation
    leaves = len(leaves_of(mapping, content)) if single else translation.accounting.leaves
    lost = (_said_of(translation, code, place) for code, place in conservation(translation, leaves))
    faults = [*lost, *traced(translation)]
    if single:
        faults += round_trip(mapping, content, translation, None)
        faults += no_resurrection(mapping, content, translation, None)
    return faults


def _said_of(translation: Translation, code: str, place: str) -> Fault:
    """Why a value that a row names went nowhere, in the words of its issue."""
    for issue in translation.issues:
        if code == "UNMAPPED" and issue.code != code and place.startswith(issue.place):
            return (issue.code, f"{place}: {issue.message}")
    return (code, place)


def golden_bytes(records: tuple[TranslatedRecord, ...]) -> bytes:
    """The resources of all records as the golden file has them."""
    resources: list[Any] = [
        r for record in records if record.translation for r in record.translation.resources
    ]
    return msgspec.json.format(_ENCODER.encode(resources), indent=1) + b"\n"
