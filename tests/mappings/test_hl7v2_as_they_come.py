"""HL7 v2 as other senders write it: events beside the usual ones, numbers left out, an end before its beginning."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.resources import check_resource
from mappings import Library, Translation, translate
from mappings.laws import leaves_of
from tests.mappings.conftest import FORMATS

Change = tuple[bytes, bytes]
A03, ORU, REF = ("adt_a01", "a03_discharge"), ("oru_r01", "r01_reports"), ("ref_i12", "i12_new_mother")
MDM, SIU = ("mdm_t02", "t02_note"), ("siu_s12", "s12_booked")


def _made(library: Library, written: tuple[str, str], *changes: Change, left: int = 0) -> Translation:
    """The changed sample: valid resources, and all but `left` of its leaves named by a row."""
    folder, name = written
    source = (FORMATS / "hospital" / folder / "samples" / f"{name}.hl7").read_bytes()
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    mapping = library.mapping(f"hospital/{folder}")
    made = translate(mapping, source, partner="hospital", id_key=b"k" * 32, zone=None)
    assert not [issue for resource in made.resources for issue in check_resource(resource)]
    counts = made.accounting.answer()
    assert (counts["unmapped"], counts["leaves"]) == (left, len(leaves_of(mapping, source)))
    return made


def _of(made: Translation, kind: str) -> list[dict[str, Any]]:
    return [dict(resource) for resource in made.resources if resource["resourceType"] == kind]


@pytest.mark.parametrize(
    ("written", "change", "place", "element"),
    [
        (A03, (b"20261105134000-0700", b"20251105"), "PV1-45", ("Encounter", "period")),
        (ORU, (b"-0700|||||||||1922001234", b"-0700|2026110309||||||||1922001234"), "OBR-8", None),
        (REF, (b"|20260101|20261231|", b"|20260101|20250101|"), "IN1-13", ("Coverage", "period")),
        (REF, (b"NPI|20200101", b"NPI|20200101|2019"), "PRD-9", ("PractitionerRole", "period")),
    ],
)
def test_an_end_before_its_beginning_is_told_and_costs_nothing_else(
    library: Library, written: tuple[str, str], change: Change, place: str, element: tuple[str, str] | None
) -> None:
    kind, name = element or ("DiagnosticReport", "effectivePeriod")
    many = 1 if element else 2
    # an end that a condition of another row looks at is mapped all the same
    made = _made(library, written, change, left=many if place in ("IN1-13", "PRD-9") else 0)
    told = [(issue.code, issue.place.replace("[2]", "")) for issue in made.issues if issue.code != "UNMAPPED"]
    assert told == [("PERIOD_REVERSED", place)] * many
    assert next(one[name].keys() for one in _of(made, kind) if "start" in one.get(name, {})) == {"start"}


def test_a_report_without_the_number_of_who_made_it_goes_by_the_placers(library: Library) -> None:
    filler = b"|F-50%d^MESALAB^2.16.840.1.113883.3.9999.40^ISO|"
    made = _made(library, ORU, (filler % 1 + b"24317", b"||24317"), (filler % 2 + b"26464", b"||26464"))
    reports = _of(made, "DiagnosticReport")
    assert [[one["value"] for one in report["identifier"]] for report in reports] == [["R-3001"], ["R-3002"]]
    assert len({report["id"] for report in reports}) == 2


def test_what_a_referral_says_in_its_senders_own_way_is_named_by_a_row(library: Library) -> None:
    made = _made(
        library,
        REF,
        (b"||14|{score}", b"||14~15|{score}"),
        (b"|H^High^HL70078|", b"|HIGH^^L|"),
        (
            b"DG1|1||F11.20^Opioid dependence, uncomplicated^I10||20261030|F",
            b"DG1|1|||Lost sleep|20261030|X^^L",
        ),
        (b"AL1|1|DA^Drug allergy^HL70127|", b"AL1|2|DA||\rAL1|1|MA^Miscellaneous^HL70127|"),
        (b"||||||F|||20261101\r", b"||||||F|||20261101||||||||||||||||||OBX-29\r"),
    )
    score = _of(made, "Observation")[0]
    assert not [name for name in score if name.startswith("value")]  # one of several would be misread
    assert score["interpretation"] == [{"coding": [{"code": "HIGH"}]}]
    assert [one["code"]["coding"][0]["code"] for one in _of(made, "Condition")] == ["O99.325", "G47.00"]
    assert [one["code"]["coding"][0]["code"] for one in _of(made, "AllergyIntolerance")] == ["7980"]


@pytest.mark.parametrize(
    ("written", "event", "more", "kind", "status"),
    [
        (A03, "A05", (b"20261105134000-0700", b""), "Encounter", "planned"),
        (A03, "A06", (b"\rDG1", b"\rMRG|OLD\rDG1"), "Encounter", "finished"),
        (A03, "A10", (b"20261105134000-0700", b""), "Encounter", "in-progress"),
        (A03, "A21", (b"20261105134000-0700", b""), "Encounter", "onleave"),
        (A03, "A38", (b"20261105134000-0700", b""), "Encounter", "cancelled"),
        (SIU, "S16", None, "Appointment", "cancelled"),
        (SIU, "S17", None, "Appointment", "entered-in-error"),
        (MDM, "T01", None, "DocumentReference", "current"),
        (MDM, "T11", None, "DocumentReference", "entered-in-error"),
    ],
)
def test_events_beside_the_usual_ones_say_how_it_stands(
    library: Library, written: tuple[str, str], event: str, more: Change | None, kind: str, status: str
) -> None:
    known = {A03: b"ADT^A03", SIU: b"SIU^S12", MDM: b"MDM^T02"}[written]
    changes = ((known, known[:4] + event.encode()), *((more,) if more else ()))
    assert [one["status"] for one in _of(_made(library, written, *changes), kind)] == [status]


@pytest.mark.parametrize(("event", "code"), [(b"T06", "appends"), (b"T10", "replaces"), (b"T08", None)])
def test_a_document_names_the_one_that_it_adds_to_or_replaces(
    library: Library, event: bytes, code: str | None
) -> None:
    number = b"|D-7001^SAGUARO^2.16.840.1.113883.3.9999.20^ISO|"
    made = _made(library, MDM, (b"MDM^T02", b"MDM^" + event), (number, number + b"D-7000^SAGUARO"))
    [document] = _of(made, "DocumentReference")
    related = [(one["code"], one["target"]["identifier"]["value"]) for one in document.get("relatesTo", ())]
    assert related == ([(code, "D-7000")] if code else [])
