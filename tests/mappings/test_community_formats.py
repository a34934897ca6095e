"""The formats of counseling, employment, legal aid, benefits, peer support and crisis agencies, as their pages say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway.cli.mapping_commands import render, translate
from mappings import PUBLISHED_TEST_KEY, Library, Translation, translate_all
from mappings import translate as translate_one
from tests.mappings.conftest import FORMATS

COMMUNITY = (
    "benefits/status",
    "counseling/treatment_plan",
    "crisis/event",
    "employment/milestones",
    "legal_aid/intake",
    "peer_support/contact",
)
SECRET = "synthetic text that must never leave"


def _page(mapping_id: str) -> tuple[bytes, bytes, tuple[str, str]]:
    """The accepted and the refused example of a format's page, and the code and place that it names."""
    text = (FORMATS / mapping_id / "README.md").read_text("utf-8")
    accepted, refused = re.findall(r"```(?:csv|json)\n(.*?)```", text, re.DOTALL)
    named = re.search(r"^Refused, .*`([A-Z_]+)` at `([^`]+)`$", text, re.MULTILINE)
    assert named is not None
    return accepted.encode(), refused.encode(), (named[1], named[2])


def _sample(mapping_id: str, name: str) -> bytes:
    return (FORMATS / mapping_id / "samples" / name).read_bytes()


def _one(library: Library, mapping_id: str, source: bytes) -> Translation:
    return translate_one(
        library.mapping(mapping_id), source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None
    )


def _of(translation: Translation, kind: str) -> list[dict[str, object]]:
    return [resource for resource in translation.resources if resource["resourceType"] == kind]


@pytest.mark.parametrize("mapping_id", COMMUNITY)
def test_the_examples_of_a_page_are_accepted_and_refused_as_it_says(
    library: Library, mapping_id: str
) -> None:
    accepted, refused, named = _page(mapping_id)
    mapping = library.mapping(mapping_id)
    good = translate_all(mapping, accepted, partner="p", id_key=b"k", zone=None)
    assert [record.refusal for record in good] == [None]
    assert good[0].translation is not None
    assert good[0].translation.issues == ()
    [bad] = translate_all(mapping, refused, partner="p", id_key=b"k", zone=None)
    assert bad.refusal is not None
    assert (bad.refusal.code, bad.refusal.place) == named


@pytest.mark.parametrize("mapping_id", COMMUNITY)
def test_a_refused_record_stops_no_good_one_and_both_are_reported(
    mapping_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accepted, refused, (code, _) = _page(mapping_id)
    path = tmp_path / "sent"
    if accepted.startswith(b"{"):
        path.write_bytes(b"[" + b",".join([accepted, refused, accepted]) + b"]")
    else:
        line = accepted.splitlines()[1]
        path.write_bytes(accepted + refused.splitlines()[1] + b"\n" + line + b"\n")
    assert translate(mapping_id, str(path)) == 1
    answer = json.loads(capsys.readouterr().out)
    assert [record["ok"] for record in answer["records"]] == [True, False, True]
    assert answer["records"][1]["error"]["code"] == code
    assert answer["resources"]


@pytest.mark.parametrize("mapping_id", COMMUNITY)
def test_a_record_without_a_required_value_is_refused_where_it_is_missing(
    library: Library, mapping_id: str
) -> None:
    mapping = library.mapping(mapping_id)
    accepted, _, _ = _page(mapping_id)
    for address in mapping.file.required:
        if mapping.format == "json":
            document = json.loads(accepted)
            node = document
            *way, last = address.text.split(".")
            for step in way:
                node = node[step]
            node[last] = ""
            source, place = json.dumps(document).encode(), address.text
        else:
            header, row = (line.split(b",") for line in accepted.splitlines())
            row[header.index(address.text.encode())] = b" "
            source = b",".join(header) + b"\n" + b",".join(row)
            place = f"row 2 column {address.text}"
        [record] = translate_all(mapping, source, partner="p", id_key=b"k", zone=None)
        assert record.refusal is not None
        assert record.refusal.place == place


@pytest.mark.requirement("DM-05", "DM-24")
def test_a_treatment_plan_line_is_plan_goal_problem_level_and_attendance(library: Library) -> None:
    source = b"\n".join(_sample("counseling/treatment_plan", "plans.csv").splitlines()[:2])
    translation = _one(library, "counseling/treatment_plan", source)
    kinds = sorted(str(resource["resourceType"]) for resource in translation.resources)
    assert kinds == ["CarePlan", "Condition", "Goal", "Observation", "Observation", "Patient"]
    [goal] = _of(translation, "Goal")
    assert goal["target"] == [
        {
            "measure": {"text": "Weekly urine screens without findings"},
            "detailString": "12 of 12",
            "dueDate": "2027-01-04",
        }
    ]
    [plan] = _of(translation, "CarePlan")
    assert plan["partOf"] == [
        {"identifier": {"system": "urn:warm-handoff:counseling:plan", "value": "TP-1001"}}
    ]
    assert SECRET not in json.dumps(translation.resources, default=str)


def test_lines_of_one_plan_share_the_patient_and_nothing_else(library: Library) -> None:
    records = translate_all(
        library.mapping("counseling/treatment_plan"),
        _sample("counseling/treatment_plan", "plans.csv"),
        partner="p",
        id_key=b"k",
        zone=None,
    )
    first, second = (
        {str(r["id"]) for r in record.translation.resources} for record in records[:2] if record.translation
    )
    assert len(first & second) == 1


@pytest.mark.requirement("DM-06", "DM-07", "DM-09")
@pytest.mark.parametrize(
    ("mapping_id", "name"),
    [
        ("counseling/treatment_plan", "few_columns.csv"),
        ("crisis/event", "mobile_team.json"),
        ("legal_aid/intake", "eviction.json"),
        ("peer_support/contact", "visit.json"),
        ("benefits/status", "no_coverage.csv"),
        ("employment/milestones", "no_work_yet.csv"),
    ],
)
def test_what_is_released_again_holds_no_note_and_nobody_else(
    mapping_id: str, name: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert translate(mapping_id, str(FORMATS / mapping_id / "samples" / name)) == 0
    (tmp_path / "r.json").write_bytes(capsysbinary.readouterr().out)
    assert render(mapping_id, str(tmp_path / "r.json"), at="2026-11-22T12:00:00Z") == 0
    written = capsysbinary.readouterr().out.decode()
    assert written.strip()
    for hidden in (SECRET, "900-11-2345", "Rosa Example", "Example Property", "Justice Court", "J. Amari"):
        assert hidden not in written


def test_a_section_of_a_safety_plan_keeps_its_place_when_others_are_missing(
    library: Library, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    sample = FORMATS / "crisis/event/samples/line_call.json"
    assert translate("crisis/event", str(sample)) == 0
    (tmp_path / "r.json").write_bytes(capsysbinary.readouterr().out)
    assert render("crisis/event", str(tmp_path / "r.json"), at="2026-11-22T12:00:00Z") == 0
    assert (
        json.loads(capsysbinary.readouterr().out)["safety_plan"]
        == json.loads(sample.read_bytes())["safety_plan"]
    )


def test_a_safety_plan_is_the_same_plan_in_the_next_crisis(library: Library) -> None:
    document = json.loads(_sample("crisis/event", "mobile_team.json"))
    plans = []
    for event in ("CR-1", "CR-2"):
        document["event_id"] = event
        plans += _of(_one(library, "crisis/event", json.dumps(document).encode()), "CarePlan")
    assert plans[0]["id"] == plans[1]["id"]
    assert plans[0]["encounter"] != plans[1]["encounter"]


def test_an_unknown_reason_does_not_hold_up_the_safety_plan(library: Library) -> None:
    source = _sample("crisis/event", "mobile_team.json").replace(b"ANXIETY", b"NOBODY KNOWS")
    translation = _one(library, "crisis/event", source)
    assert [(issue.code, issue.place) for issue in translation.issues] == [("NO_CONCEPT", "reason")]
    assert len(_of(translation, "CarePlan")) == 1
    assert "NOBODY KNOWS" not in json.dumps(translation.resources, default=str)


def test_no_flag_is_made_of_a_crisis(library: Library) -> None:
    assert "Flag" not in library.mapping("crisis/event").file.types.values()


def test_a_time_without_zone_goes_out_as_a_day_and_is_said(library: Library) -> None:
    source = _sample("peer_support/contact", "visit.json").replace(b"14:00:00-07:00", b"14:00:00")
    translation = _one(library, "peer_support/contact", source)
    assert _of(translation, "Encounter")[0]["period"] == {"start": "2026-11-12"}
    assert [issue.code for issue in translation.issues] == ["ZONE_MISSING"]


def test_only_a_program_that_pays_for_care_is_coverage(library: Library) -> None:
    mapping = library.mapping("benefits/status")
    source = _sample("benefits/status", "applications.csv")
    records = translate_all(mapping, source, partner="p", id_key=b"k", zone=None)
    made = [len(_of(record.translation, "Coverage")) for record in records if record.translation]
    assert made == [1, 0, 0]


@pytest.mark.parametrize(
    ("mapping_id", "sample_file", "old", "column"),
    [
        ("counseling/treatment_plan", "plans.csv", b"ongoing", "intervention_status"),
        ("counseling/treatment_plan", "plans.csv", b",5,2026-11-16", "sessions_attended"),
        ("counseling/treatment_plan", "plans.csv", b",2.1,", "asam_level"),
        ("employment/milestones", "milestones.csv", b",PT,", "employment"),
        ("benefits/status", "applications.csv", b",open,", "coverage"),
    ],
)
def test_a_word_that_a_resource_cannot_do_without_refuses_its_row(
    library: Library, mapping_id: str, sample_file: str, old: bytes, column: str
) -> None:
    source = _sample(mapping_id, sample_file)
    assert old in source
    first = old.strip(b",").partition(b",")[0]
    new = old.replace(first, b"as ever", 1)
    records = translate_all(
        library.mapping(mapping_id), source.replace(old, new), partner="p", id_key=b"k", zone=None
    )
    assert [record.refusal and record.refusal.place for record in records] == [
        f"row 2 column {column}",
        None,
        None,
    ]
