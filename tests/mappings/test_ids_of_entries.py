"""An entry keeps its id when others are put in before it, taken away, or sent in another order: a permission, a denial
or another agency's plan that names it must never come to name something else."""

from __future__ import annotations

import re

import pytest

from mappings import PUBLISHED_TEST_KEY, Translation, translate, translate_all
from mappings.library import Library
from tests.mappings.conftest import FORMATS

SEGMENTS = {"NK1": "RelatedPerson", "DG1": "Condition", "AL1": "AllergyIntolerance", "OBX": "Observation"}


def _made(library: Library, mapping: str, source: str) -> Translation:
    return translate(
        library.mapping(mapping),
        source.encode(),
        partner="p",
        id_key=PUBLISHED_TEST_KEY,
        zone="America/Phoenix",
    )


def _said(translation: Translation, kind: str) -> dict[object, object]:
    """The resources of a type by id, without what refers to others."""
    found = {}
    for one in translation.resources:
        if one["resourceType"] == kind:
            found[one["id"]] = one.get("code") or one.get("name") or one.get("description")
    return found


@pytest.mark.parametrize(
    "mapping_id, name", [("hospital/ref_i12", "i12_new_mother"), ("hospital/adt_a01", "a01_admit")]
)
def test_a_segment_put_in_before_another_changes_no_id(library: Library, mapping_id: str, name: str) -> None:
    source = (FORMATS / mapping_id / f"samples/{name}.hl7").read_bytes().decode()
    before = _made(library, mapping_id, source)
    moved = 0
    for segment, kind in SEGMENTS.items():
        first = re.search(rf"\r({segment}\|[^\r]*)", source)
        if first is None:
            continue
        fields = first[1].split("|")
        place = 2 if segment == "NK1" else 3
        fields[place] = "New^Person" if segment == "NK1" else "X99.9^New^I10C"
        fields[20:21] = [""] if segment == "DG1" else fields[20:21]
        after = _made(library, mapping_id, source.replace(first[0], "\r" + "|".join(fields) + first[0], 1))
        was, now = _said(before, kind), _said(after, kind)
        assert was and was.items() <= now.items()
        assert len(now) == len(was) + 1
        moved += 1
    assert moved > 1


def test_a_goal_put_in_before_another_changes_no_id(library: Library) -> None:
    source = (FORMATS / "ccda/care_plan/samples/care_plan.xml").read_text(encoding="utf-8")
    entries = re.findall(
        r" *<entry>\s*<observation classCode=\"OBS\" moodCode=\"GOL\">.*?</entry>\n", source, re.DOTALL
    )
    assert len(entries) == 2
    was = _said(_made(library, "ccda/care_plan", source), "Goal")
    new = entries[1].replace('"G-2"', '"G-0"')
    now = _said(_made(library, "ccda/care_plan", source.replace(entries[0], new + entries[0])), "Goal")
    assert was.items() <= now.items()
    assert len(now) == 3
    turned = source.replace(entries[0], "").replace(entries[1], entries[1] + entries[0])
    assert _said(_made(library, "ccda/care_plan", turned), "Goal") == was


def test_a_row_put_in_the_middle_of_a_sheet_changes_no_id(library: Library) -> None:
    """A counselor's sheet, sent again with one line more."""
    head, *lines = (
        (FORMATS / "counseling/treatment_plan/samples/plans.csv").read_text(encoding="utf-8").splitlines()
    )
    new = lines[1].replace("TP-1001-2", "TP-1001-3").replace("A place to live", "A place to learn")
    plans = library.mapping("counseling/treatment_plan")
    was, now = (
        [
            record.translation.resources
            for record in translate_all(
                plans, "\n".join([head, *sheet]).encode(), partner="p", id_key=PUBLISHED_TEST_KEY, zone=None
            )
            if record.translation is not None
        ]
        for sheet in (lines, [lines[0], new, *lines[1:]])
    )
    assert [*now[:1], *now[2:]] == was
    assert not {one["id"] for one in now[1] if one["resourceType"] != "Patient"} & {
        one["id"] for record in was for one in record
    }
