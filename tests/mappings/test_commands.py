"""What `handoff translate`, `render` and `mapping` print and how they end (design.md section 9)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli.mapping_commands import (
    mapping_check,
    mapping_list,
    mapping_new,
    mapping_profiles,
    mapping_try,
    render,
    translate,
)
from gateway.flows.library import open_library

AT = "2026-11-22T12:00:00Z"


@pytest.fixture
def file(tmp_path: Path, referral: bytes) -> Path:
    """The referral as a file."""
    path = tmp_path / "referral.hl7"
    path.write_bytes(referral)
    return path


def test_translate_prints_the_shapes_of_the_contract(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert translate("hospital/ref_i12", str(file), complement_out=tmp_path / "kept.json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert {"resources", "lineage", "issues", "accounting", "records"} <= answer.keys()
    request = next(r for r in answer["resources"] if r["resourceType"] == "ServiceRequest")
    output = f"ServiceRequest/{request['id']}#code.coding[0].code"
    row = next(row for row in answer["lineage"] if row["output"] == output)
    assert row["inputs"] == ["RF1-3.1"]
    assert row["row"].startswith("hospital/ref_i12:")
    counts = answer["accounting"]
    assert counts["leaves"] == counts["mapped"] + counts["carried"] + counts["dropped"] + counts["unmapped"]
    assert answer["records"] == [{"place": "message 1", "ok": True}]
    assert "NTE-3" in json.loads((tmp_path / "kept.json").read_text())["carried"]


def test_a_refused_file_prints_the_error_and_its_place(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(file.read_bytes().replace(b"PRD|RT", b"PRD|CP"))
    assert translate("hospital/ref_i12", str(file)) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["error"]["code"] == "ADDRESSEE_MISSING"
    assert answer["error"]["place"] == "PRD"
    assert answer["issues"] == []


def test_one_bad_message_of_a_batch_is_named_and_the_others_are_there(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = file.read_bytes()
    file.write_bytes(good + good.replace(b"PRD|RT", b"PRD|CP"))
    assert translate("hospital/ref_i12", str(file)) == 1
    answer = json.loads(capsys.readouterr().out)
    assert [record["ok"] for record in answer["records"]] == [True, False]
    assert answer["records"][1]["error"]["code"] == "ADDRESSEE_MISSING"
    assert answer["resources"]


def test_a_missing_file_or_mapping_is_a_refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert translate("hospital/ref_i12", str(tmp_path / "none")) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "FILE_UNREADABLE"
    assert translate("hospital/none", str(tmp_path)) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "MAPPING_UNKNOWN"


def test_the_same_release_is_the_same_bytes(
    file: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    translate("hospital/ref_i12", str(file))
    (tmp_path / "r.json").write_bytes(capsysbinary.readouterr().out)
    made = []
    for _ in range(2):
        assert render("hospital/rri_i12", str(tmp_path / "r.json"), at=AT, control_id="C-1") == 0
        made.append(capsysbinary.readouterr().out)
    assert made[0] == made[1]
    fields = [line.split(b"|") for line in made[0].split(b"\r") if line]
    assert [line[0] for line in fields] == [b"MSH", b"RF1", b"PRD", b"PRD", b"PID"]
    assert fields[0][6] == b"20261122120000+0000"
    assert (fields[0][8], fields[0][9]) == (b"RRI^I12^RRI_I12", b"C-1")
    assert fields[1][1].startswith(b"P^")
    assert fields[1][6].startswith(b"RB-77120^")


def test_a_rendering_without_its_patient_is_refused(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    translate("hospital/ref_i12", str(file))
    resources = json.loads(capsys.readouterr().out)["resources"]
    kept = [r for r in resources if r["resourceType"] != "Patient"]
    (tmp_path / "r.json").write_text(json.dumps(kept))
    assert render("hospital/rri_i12", str(tmp_path / "r.json"), at=AT, control_id="C-1") == 1
    assert json.loads(capsys.readouterr().err)["error"] == {
        "code": "REQUIRED_MISSING",
        "message": "a required value has no source",
        "place": "PID-3",
    }


def test_a_housing_agency_gets_a_row_without_diagnosis_or_sender(
    file: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    translate("hospital/ref_i12", str(file))
    (tmp_path / "r.json").write_bytes(capsysbinary.readouterr().out)
    assert render("housing/referral_csv", str(tmp_path / "r.json"), at=AT) == 0
    sheet = capsysbinary.readouterr().out.decode()
    assert "RB-77120" in sheet
    assert "new" in sheet.splitlines()[1].split(",")
    for hidden in ("F11", "Opioid", "Okafor", "Sunrise", "SUNRISE", "RIVERBEND", "RB4407821"):
        assert hidden not in sheet


@pytest.mark.slow
def test_every_shipped_mapping_passes_its_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert mapping_check(None) == 0
    assert "fault" not in capsys.readouterr().out
    assert mapping_check("hospital/none") == 1


@pytest.mark.parametrize("named", [None, "hospital/ref_i12"])
def test_the_expected_output_of_what_is_shipped_is_never_rewritten(
    named: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mapping_check(named, write=True) == 2
    assert "needs the folder of a mapping" in capsys.readouterr().err


def test_list_and_try_are_for_people(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mapping_list(True) == 0
    assert {"id", "format", "direction", "version"} <= json.loads(capsys.readouterr().out)[0].keys()
    assert mapping_try("hospital/ref_i12", str(file)) == 0
    said = capsys.readouterr().out
    assert "birthDate" in said
    assert "PID-7" in said
    assert "patient.birthDate = 1996-03-14" in said
    assert "decides" in said, (
        "what a number makes ids of is one line, not one for each value that hangs on it"
    )
    assert mapping_try("hospital/ref_i12", str(file), as_json=True) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert "patient.birthDate = 1996-03-14" in [line["in FHIR"] for line in record["lines"]]
    assert record["accounting"]["unmapped"] == 0 and "as far as consent" in record["received"]


def test_a_draft_of_a_message_that_is_read_already_says_by_what(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert mapping_new("mercy/ref", "hl7v2", file) == 0
    assert f"handoff mapping try hospital/ref_i12 {file}" in capsys.readouterr().out
    own = "mapping: mercy/ref\nversion: 1.0.0\nformat: hl7v2\nbase: hospital/ref_i12\nrows: []\n"
    (tmp_path / "mappings/mercy/ref/mapping.yaml").write_text(own)
    open_library.cache_clear()
    assert mapping_try("mercy/ref", str(file)) == 0, "the base alone is enough"


def test_profiles_says_what_is_met_and_what_is_missing_without_a_value(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mapping_profiles("hospital/ref_i12", str(file)) == 0
    said = capsys.readouterr().out
    assert "us-core-patient" in said
    assert "SDOHCC-TaskForReferralManagement" in said
    assert "active (1)" in said
    assert mapping_profiles("hospital/ref_i12", str(file), as_json=True) == 0
    found = json.loads(capsys.readouterr().out)["profiles"]
    by_profile = {fit["profile"]: fit for fit in found}
    assert by_profile["us-core-servicerequest"]["met"] is True
    assert by_profile["us-core-relatedperson"]["missing"] == ["active"]
    assert set(found[0]) == {"resource", "guide", "profile", "missing", "not_said", "met"}
    file.write_bytes(file.read_bytes().replace(b"PRD|RT", b"PRD|CP"))
    assert mapping_profiles("hospital/ref_i12", str(file)) == 1
    assert "ADDRESSEE_MISSING" in capsys.readouterr().err
