"""SN, structured numeric: what each form becomes, and what is carried because FHIR would say something else."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings import PUBLISHED_TEST_KEY, Library, render, translate
from mappings.lenses import LensSpec
from mappings.lenses_structured import structured_lens
from mappings.unfit import Unfit
from tests.mappings.conftest import FORMATS

_UNIT = "mg/dL^^UCUM"
_UCUM = {"unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}


def _observation(library: Library, value: str) -> dict[str, Any]:
    source = (FORMATS / "hospital/oru_r01/samples/r01_reports.hl7").read_bytes()
    assert source.count(b"|>^450|10*3/uL^^UCUM|") == 1
    changed = source.replace(b"|>^450|10*3/uL^^UCUM|", f"|{value}|{_UNIT}|".encode())
    mapping = library.mapping("hospital/oru_r01")
    made = translate(mapping, changed, partner="lab", id_key=PUBLISHED_TEST_KEY, zone=None)
    assert made.issues == ()
    assert made.accounting.unmapped == 0
    observations: list[dict[str, Any]] = [
        dict(r) for r in made.resources if r["resourceType"] == "Observation"
    ]
    return next(r for r in observations if r["code"]["coding"][0]["code"] == "11125-2")


@pytest.mark.parametrize(
    ("value", "element", "expected"),
    [
        ("^5.50", "valueQuantity", {"value": Decimal("5.50"), **_UCUM}),
        ("=^5", "valueQuantity", {"value": 5, **_UCUM}),
        ("<^5", "valueQuantity", {"value": 5, "comparator": "<", **_UCUM}),
        (">=^5", "valueQuantity", {"value": 5, "comparator": ">=", **_UCUM}),
        ("^1^-^3", "valueRange", {"low": {"value": 1, **_UCUM}, "high": {"value": 3, **_UCUM}}),
        (
            "^1^:^128",
            "valueRatio",
            {"numerator": {"value": 1, **_UCUM}, "denominator": {"value": 128, **_UCUM}},
        ),
        (
            ">^1^:^64",
            "valueRatio",
            {"numerator": {"value": 1, "comparator": ">", **_UCUM}, "denominator": {"value": 64, **_UCUM}},
        ),
    ],
)
def test_a_structured_number_keeps_its_sign_and_its_digits(
    library: Library, value: str, element: str, expected: dict[str, Any]
) -> None:
    observation = _observation(library, value)
    assert observation[element] == expected
    assert [name for name in observation if name.startswith("value")] == [element]


@pytest.mark.parametrize("value", ["<>^5", "^5^+", "^1^-", "<^1^-^3", "^", "^5~^6", ">"])
def test_what_fhir_cannot_say_is_carried_whole(library: Library, value: str) -> None:
    assert not [name for name in _observation(library, value) if name.startswith("value")]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("quantity", "<>^5"),
        ("quantity", "^1^-^3"),
        ("quantity", "^five"),
        ("quantity", ">"),
        ("range", "^3^-^1"),
        ("range", "<^1^-^3"),
        ("range", "^1^:^3"),
        ("range", "^1^-"),
        ("ratio", "^1^-^3"),
        ("ratio", "^1^:"),
    ],
)
def test_outside_its_domain_the_lens_says_so(kind: str, raw: str) -> None:
    lens = structured_lens(LensSpec("structured", {"as": kind}, None, None))
    with pytest.raises(Unfit):
        lens.forward((raw, ""), None)


def test_a_lens_of_no_known_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        structured_lens(LensSpec("structured", {"as": "titer"}, None, None))


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        ({"unit": "tab", "system": "http://snomed.info/sct", "code": "385055001"}, "tab"),
        ({"unit": "tab"}, "tab"),
        ({"system": "http://unitsofmeasure.org", "code": "mg"}, "mg^^UCUM"),
        ({"unit": "milligram", "system": "http://unitsofmeasure.org", "code": "mg"}, "mg^milligram^UCUM"),
    ],
)
def test_a_unit_is_written_with_ucum_where_it_is_and_as_text_elsewhere(
    library: Library, unit: dict[str, str], written: str
) -> None:
    mapping = library.mapping("hospital/oru_r01_out")
    source = (FORMATS / "hospital/oru_r01_out/samples/reports.hl7").read_bytes()
    made = translate(mapping, source, partner="lab", id_key=PUBLISHED_TEST_KEY, zone=None)
    released = [
        {**r, "valueQuantity": {"value": 5, **unit}} if "valueQuantity" in r else r for r in made.resources
    ]
    content = render(
        mapping, released, at=datetime(2026, 11, 6, tzinfo=UTC), control_id="W", zone=None
    ).content
    fields = next(line for line in content.decode().split("\r") if line.startswith("OBX")).split("|")
    assert (fields[2], fields[5], fields[6]) == ("NM", "5", written)
    read = translate(mapping, content, partner="lab", id_key=PUBLISHED_TEST_KEY, zone=None)
    quantity = next(r["valueQuantity"] for r in read.resources if "valueQuantity" in r)
    said = unit if "UCUM" in written else {"unit": "tab"}
    assert {name: text for name, text in quantity.items() if name != "value"} == said


def test_a_unit_that_has_only_a_name_is_not_lost(library: Library) -> None:
    source = (FORMATS / "hospital/oru_r01/samples/r01_reports.hl7").read_bytes()
    changed = source.replace(b"|>^450|10*3/uL^^UCUM|", b"|^450|^per microliter|")
    made = translate(
        library.mapping("hospital/oru_r01"), changed, partner="lab", id_key=PUBLISHED_TEST_KEY, zone=None
    )
    assert {"value": 450, "unit": "per microliter"} in [r.get("valueQuantity") for r in made.resources]
