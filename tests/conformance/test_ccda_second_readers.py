"""What two independent readers find in the documents we write. Neither is a dependency of ours: with both
(`pip install ccda-to-fhir==0.3 python-fhir-converter==0.3.0` into another environment, and its `site-packages` on
PYTHONPATH) this runs, else it is skipped. The results of 2026-11-23, and what the readers find in the sources, stand in
`disagreements.md`.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.flows.library import open_library
from mappings import PUBLISHED_TEST_KEY, render, translate

OURS = Path(__file__).parents[2] / "mappings" / "formats"
SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "ccda"
DOCUMENTS = [
    ("ccda/care_plan", OURS / "ccda/care_plan/samples/care_plan.xml", "CCD"),
    ("ccda/ccd", OURS / "ccda/ccd/samples/summary.xml", "CCD"),
    ("ccda/discharge_summary", OURS / "ccda/discharge_summary/samples/discharge.xml", "DischargeSummary"),
    (
        "ccda/history_and_physical",
        OURS / "ccda/history_and_physical/samples/history.xml",
        "HistoryandPhysical",
    ),
    ("ccda/progress_note", OURS / "ccda/progress_note/samples/weekly_visit.xml", "ProgressNote"),
    ("ccda/transfer_summary", OURS / "ccda/transfer_summary/samples/transfer.xml", "TransferSummary"),
    ("psychiatry/ccda_referral", OURS / "psychiatry/ccda_referral/samples/referral.xml", "ReferralNote"),
    ("psychiatry/ccda_referral", SAMPLES / "Referral_Note.xml", "ReferralNote"),
    ("ccda/care_plan", SAMPLES / "Care_Plan.xml", "CCD"),
    ("ccda/ccd", SAMPLES / "CCD_1.xml", "CCD"),
]
SAID = {
    "AllergyIntolerance": ("code", "onsetDateTime"),
    "Condition": ("code", "onsetDateTime"),
    "Encounter": ("type",),
    "Goal": ("description", "lifecycleStatus"),
    "Observation": (
        "code",
        "valueQuantity",
        "valueInteger",
        "valueCodeableConcept",
        "effectiveDateTime",
        "effectivePeriod",
    ),
    "Patient": ("name", "gender", "birthDate", "telecom", "address"),
}
"""What a reader must not find otherwise than we said it."""
FOUND_BY_FIRST = frozenset(SAID) - {"Condition"}
"""Of these the first reader finds all; of conditions not those of a health concern or a discharge diagnosis."""
MADE_UP = {("Observation", "85353-1"), ("Observation", "85354-9")}
"""The panel around vital signs, which the readers make an Observation of its own."""
pytestmark = [pytest.mark.conformance, pytest.mark.unmeasured]
Resources = Sequence[Mapping[str, Any]]


def _first(document: str, template: str) -> Resources:
    made = importlib.import_module("ccda_to_fhir").convert_document(document)
    return [entry["resource"] for entry in made["bundle"]["entry"]]


def _second(document: str, template: str) -> Resources:
    renderer = importlib.import_module("fhir_converter.renderers").CcdaRenderer()
    return [
        entry["resource"] for entry in json.loads(renderer.render_fhir_string(template, document))["entry"]
    ]


def _values(value: Any) -> Iterator[str]:
    """What an element says: its codes, its number with the unit, its day, or the words of a name or an address."""
    if isinstance(value, list):
        for one in value:
            yield from _values(one)
    elif isinstance(value, dict) and "coding" in value:
        yield from (str(one["code"]) for one in value["coding"] if "code" in one)
    elif isinstance(value, dict) and "unit" not in value and "code" not in value:
        for name in ("family", "given", "city", "postalCode", "value", "start"):
            yield from _values(value.get(name, []))
    elif isinstance(value, dict):
        yield f"{float(value['value']):g} {value.get('code', value.get('unit', ''))}"
    else:
        text = str(value).removeprefix("tel:")
        yield (
            f"{float(text):g}" if isinstance(value, int | float) else text[:10] if text[4:5] == "-" else text
        )


def _said(resources: Resources) -> set[tuple[str, str]]:
    return {
        (str(one["resourceType"]), text)
        for one in resources
        for element in SAID.get(str(one["resourceType"]), ())
        for text in _values(one.get(element, []))
    }


@pytest.mark.parametrize(("reader", "package"), [(_first, "ccda_to_fhir"), (_second, "fhir_converter")])
@pytest.mark.parametrize(
    ("mapping_id", "path", "template"), DOCUMENTS, ids=lambda one: getattr(one, "stem", None)
)
def test_another_reader_finds_what_we_wrote_and_nothing_else(
    mapping_id: str, path: Path, template: str, reader: Callable[[str, str], Resources], package: str
) -> None:
    pytest.importorskip(package, reason="not installed: see the top of this file")
    if not path.is_file():
        pytest.skip("the published samples are not beside the checkout")
    mapping = open_library().mapping(mapping_id)
    made = translate(
        mapping, path.read_bytes(), partner="p", id_key=PUBLISHED_TEST_KEY, zone="America/Phoenix"
    )
    settings = {"sending_application": "WARM-HANDOFF", "sending_facility": "county", "notice": "A notice."}
    at = datetime(2026, 11, 23, 20, tzinfo=UTC)
    written = render(
        mapping, made.resources, at=at, control_id="C-1", zone="America/Phoenix", settings=settings
    )

    ours, theirs = _said(made.resources), _said(reader(written.content.decode(), template))

    assert theirs - ours <= MADE_UP
    found = FOUND_BY_FIRST if reader is _first else {"Patient"}
    assert not {one for one in ours - theirs if one[0] in found}
