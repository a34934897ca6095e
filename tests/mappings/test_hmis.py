"""The HUD HMIS CSV set: keys across files, labels, what is refused alone, and a referral written as files."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.mapping_commands import render as render_command
from gateway.cli.mapping_commands import translate as translate_command
from mappings import (
    Library,
    MappingFileError,
    TranslatedRecord,
    TranslationRefused,
    pack_files,
    read_library,
    records_apart,
    render,
    translate_all,
    unpack_files,
)
from mappings.syntax.csv_rows import write_rows
from tests.growth import assert_grows_with_length
from tests.mappings.conftest import FORMATS

HMIS = "housing/hmis_fy2026"
SAMPLE = FORMATS / HMIS / "samples/one_person"
Files = dict[str, list[dict[str, str]]]


def _files() -> Files:
    found: Files = {}
    for path in SAMPLE.glob("*.csv"):
        with path.open(newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


def _zip(files: Files) -> bytes:
    return pack_files(
        {f"{name}.csv": write_rows(list(rows[0]), rows) for name, rows in files.items() if rows}
    )


def _run(library: Library, files: Files) -> tuple[TranslatedRecord, ...]:
    return translate_all(library.mapping(HMIS), _zip(files), partner="p", id_key=b"k", zone=None)


def _second(files: Files) -> None:
    """Another person in the same project."""
    for name, changes in {
        "Client": {"PersonalID": "C-2", "LastName": "Quill-Example"},
        "Enrollment": {"EnrollmentID": "E-2", "PersonalID": "C-2"},
        "Event": {"EventID": "EV-9", "EnrollmentID": "E-2", "PersonalID": "C-2"},
    }.items():
        files[name].append({**files[name][0], **changes})


def _only(record: TranslatedRecord, kind: str) -> list[dict[str, Any]]:
    assert record.translation is not None, record.refusal
    return [resource for resource in record.translation.resources if resource["resourceType"] == kind]


def _labels(resource: dict[str, Any]) -> set[str]:
    return {label["code"] for label in resource.get("meta", {}).get("security", ())}


def _refused(record: TranslatedRecord) -> tuple[str, str | None]:
    assert record.refusal is not None
    return record.refusal.code, record.refusal.place


@pytest.mark.requirement("DM-01")
def test_an_enrollment_is_one_record_with_all_that_its_keys_lead_to(library: Library) -> None:
    files = _files()
    _second(files)
    first, second = _run(library, files)
    assert (first.place, second.place) == ("Enrollment.csv row 2", "Enrollment.csv row 3")
    assert [len(_only(first, kind)) for kind in ("Patient", "Procedure", "ServiceRequest", "Task")] == [
        1,
        2,
        2,
        2,
    ]
    assert [len(_only(second, kind)) for kind in ("Patient", "Procedure", "ServiceRequest", "Task")] == [
        1,
        0,
        1,
        1,
    ]
    assert _only(second, "Patient")[0]["name"][0]["family"] == "Quill-Example"
    assert _only(first, "Organization")[0]["id"] == _only(second, "Organization")[0]["id"]
    assert _only(second, "EpisodeOfCare")[0]["status"] == "active"


def test_each_record_is_a_set_of_its_own_that_holds_nobody_else(library: Library) -> None:
    files = _files()
    _second(files)
    files["Client"][1]["FirstName"] = '=Jo, "the\nkid'
    files["Disabilities"] = [{"PersonalID": files["Client"][0]["PersonalID"], "DisabilityResponse": "1"}]
    files["Unknown"] = [{"PersonalID": "canary"}]
    files["Event"].append({**files["Event"][0], "EventID": "EV-10", "EnrollmentID": "E-none"})

    parts = list(records_apart(library.mapping(HMIS), _zip(files), partner="p", id_key=b"k", zone=None))
    (first, second), strays = parts[:2], parts[2:]

    names = [files["Client"][number]["LastName"].encode() for number in (0, 1)]
    for (record, own), name, other in ((first, *names), (second, *reversed(names))):
        assert name in own and other not in own and b"Disabilities" not in own and b"canary" not in own
        (alone,) = translate_all(library.mapping(HMIS), own, partner="p", id_key=b"k", zone=None)
        assert alone.translation is not None and record.translation is not None
        assert alone.translation.resources == record.translation.resources
    assert [_refused(one)[0] for one, _ in strays] == ["NO_OWNER", "FILE_UNKNOWN"]
    assert [list(unpack_files(own)) for _, own in strays] == [["Event"], []]


def test_a_number_of_a_pick_list_becomes_our_code_and_stays_beside_it(library: Library) -> None:
    [record] = _run(library, _files())
    referral = _only(record, "ServiceRequest")[0]
    assert [(one["system"], one["code"]) for one in referral["code"]["coding"]] == [
        ("urn:warm-handoff:hmis:referral", "rapid-rehousing"),
        ("urn:warm-handoff:hmis-fy2026:event", "13"),
    ]
    assert _only(record, "Task")[0]["status"] == "completed"


@pytest.mark.requirement("DM-27")
@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("Organization", "VictimServiceProvider", "1"),
        ("Organization", "VictimServiceProvider", "99"),
        ("Organization", "VictimServiceProvider", "what"),
        ("Project", "TargetPopulation", "1"),
        ("HMISParticipation", "HMISParticipationType", "2"),
    ],
)
def test_what_a_victim_service_provider_holds_is_labelled_everywhere(
    library: Library, name: str, column: str, value: str
) -> None:
    files = _files()
    files[name][0][column] = value
    [record] = _run(library, files)
    assert record.translation is not None
    assert {"SDV" in _labels(resource) for resource in record.translation.resources} == {True}


def test_another_provider_leaves_no_such_label(library: Library) -> None:
    [record] = _run(library, _files())
    assert record.translation is not None
    assert not any("SDV" in _labels(resource) for resource in record.translation.resources)


@pytest.mark.parametrize("missing", ["column", "row", "file"])
def test_without_the_flag_nothing_is_taken_for_harmless(library: Library, missing: str) -> None:
    files = _files()
    if missing == "column":
        del files["Organization"][0]["VictimServiceProvider"]
    elif missing == "row":
        files["Project"][0]["OrganizationID"] = "O-other"
    else:
        del files["Organization"]
    [record] = _run(library, files)
    code, place = _refused(record)
    assert code == "REQUIRED_MISSING"
    assert place is not None
    assert place.startswith("Project.csv row 2 column Org" if missing == "row" else "Organization.csv")


@pytest.mark.parametrize(
    ("name", "column", "value", "label"),
    [
        ("Enrollment", "LivingSituation", "205", "SUD"),
        ("Enrollment", "LivingSituation", "204", "MH"),
        ("Exit", "Destination", "426", "HIV"),
        ("Services", "RecordType", "143", "HIV"),
        ("Services", "RecordType", "161", "MH"),
    ],
)
def test_a_place_or_service_that_tells_of_a_condition_is_labelled(
    library: Library, name: str, column: str, value: str, label: str
) -> None:
    files = _files()
    files[name][0][column] = value
    [record] = _run(library, files)
    assert record.translation is not None
    told = [r for r in record.translation.resources if f'"{value}"' in json.dumps(r, default=str)]
    assert [_labels(resource) for resource in told] == [{label}]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (("Services", 0, "PersonalID", "C-2"), ("KEYS_DIFFER", "Services.csv row 2 column PersonalID")),
        (("Exit", 0, "PersonalID", "C-2"), ("KEYS_DIFFER", "Exit.csv row 2 column PersonalID")),
        (("Enrollment", 0, "PersonalID", "C-3"), ("KEYS_DIFFER", "Exit.csv row 2 column PersonalID")),
        (
            ("Client", 0, "PersonalID", "C-9"),
            ("REQUIRED_MISSING", "Enrollment.csv row 2 column PersonalID"),
        ),
        (("Enrollment", 0, "EnrollmentID", ""), ("KEY_MISSING", "Enrollment.csv row 2 column EnrollmentID")),
        (("Event", 1, "ReferralResult", "7"), ("NO_CONCEPT", "Event.csv row 3 column ReferralResult")),
    ],
)
def test_a_wrong_key_or_word_refuses_its_record_alone(
    library: Library, change: tuple[str, int, str, str], refused: tuple[str, str]
) -> None:
    files = _files()
    _second(files)
    name, number, column, value = change
    files[name][number][column] = value
    records = _run(library, files)
    assert _refused(records[0]) == refused
    assert records[1].translation is not None


def test_a_key_that_comes_twice_is_no_guess(library: Library) -> None:
    files = _files()
    files["Client"].append(dict(files["Client"][0]))
    assert _refused(_run(library, files)[0]) == ("SEVERAL_GIVEN", "Client.csv row 3 column PersonalID")


def test_rows_and_files_that_belong_to_nothing_are_told(library: Library) -> None:
    files = _files()
    files["Client"].append({**files["Client"][0], "PersonalID": "C-7"})
    files["Services"].append({**files["Services"][0], "EnrollmentID": "E-7"})
    files["Project"].append({**files["Project"][0], "ProjectID": "P-7"})
    files["Funder"] = [{"FunderID": "F-1"}]
    files["Pets"] = [{"PetID": "1"}]
    good, *others = _run(library, files)
    assert good.translation is not None
    assert [_refused(record) for record in others] == [
        ("NO_OWNER", "Client.csv row 3 column PersonalID"),
        ("NO_OWNER", "Services.csv row 5 column EnrollmentID"),
        ("FILE_UNKNOWN", "Pets.csv"),
    ]


def test_what_was_deleted_becomes_nothing_and_is_kept(library: Library) -> None:
    [record] = _run(library, _files())
    assert record.translation is not None
    assert "S-2" not in json.dumps(record.translation.resources, default=str)
    carried = record.translation.complement["carried"]
    assert isinstance(carried, dict)
    assert carried["Services.csv row 3 column ServicesID"] == "S-2"
    files = _files()
    files["Enrollment"][0]["DateDeleted"] = "2026-11-19 00:00:00"
    assert _only(_run(library, files)[0], "EpisodeOfCare")[0]["status"] == "entered-in-error"


@pytest.mark.parametrize("quality", ["2", "8", "99", ""])
def test_a_birth_date_of_doubtful_quality_stays(library: Library, quality: str) -> None:
    files = _files()
    files["Client"][0]["DOBDataQuality"] = quality
    [record] = _run(library, files)
    assert "birthDate" not in _only(record, "Patient")[0]
    assert record.translation is not None
    assert record.translation.accounting.unmapped == 0


def test_a_code_name_is_a_nickname(library: Library) -> None:
    files = _files()
    files["Client"][0]["NameDataQuality"] = "2"
    [name] = _only(_run(library, files)[0], "Patient")[0]["name"]
    assert name["use"] == "nickname"


def test_nothing_of_a_person_is_in_a_referral_but_what_it_needs(library: Library) -> None:
    [record] = _run(library, _files())
    assert record.translation is not None
    text = json.dumps(record.translation.resources, default=str)
    for hidden in ("900112345", "HH-9", "Synthetic Park", "u7", "DisablingCondition"):
        assert hidden not in text


@pytest.mark.parametrize(
    ("source", "code", "place"),
    [
        (b"EnrollmentID\nE-1\n", "NOT_ZIP", None),
        (b"PK\x03\x04 torn", "NOT_ZIP", None),
        (pack_files({}), "FILE_MISSING", "Enrollment.csv"),
        (pack_files({"Enrollment.csv": b"EntryDate\n2026-01-01\n"}), "COLUMN_MISSING",
         "Enrollment.csv row 1 column EnrollmentID"),
        (pack_files({"Enrollment.csv": b"EnrollmentID\n\xff\n"}), "CHARSET_WRONG", "Enrollment.csv row 2"),
        (pack_files({"Enrollment.csv": b'EnrollmentID\n"E-1\n'}), "CSV_WRONG", "Enrollment.csv row 2"),
        (pack_files({"a/Enrollment.csv": b"EnrollmentID\n", "b/Enrollment.csv": b"x\n"}), "FILE_TWICE",
         "Enrollment.csv"),
    ],
)  # fmt: skip
def test_a_set_that_cannot_be_read_is_refused_with_its_place(
    library: Library, source: bytes, code: str, place: str | None
) -> None:
    with pytest.raises(TranslationRefused) as refused:
        translate_all(library.mapping(HMIS), source, partner="p", id_key=b"k", zone=None)
    assert (refused.value.code, refused.value.place) == (code, place)


def test_another_year_is_another_mapping(library: Library) -> None:
    files = _files()
    files["Export"][0]["CSVVersion"] = "2028 v1.0"
    with pytest.raises(TranslationRefused) as refused:
        _run(library, files)
    assert (refused.value.code, refused.value.place) == ("FILE_VERSION", "Export.csv row 2 column CSVVersion")


@pytest.mark.parametrize("many", [True, False])
def test_a_zip_that_would_fill_the_memory_is_refused_before_it_is_read(library: Library, many: bool) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for number in range(501 if many else 1):
            package.writestr(f"Enrollment{number}.csv", b"")
    source = out.getvalue()
    if not many:  # the directory of the zip claims 300 MB
        entry = source.index(b"PK\x01\x02")
        source = source[: entry + 24] + (300_000_000).to_bytes(4, "little") + source[entry + 28 :]
    with pytest.raises(TranslationRefused) as refused:
        translate_all(library.mapping(HMIS), source, partner="p", id_key=b"k", zone=None)
    assert refused.value.code == "SET_TOO_LARGE"


def test_folder_and_zip_are_the_same_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert translate_command(HMIS, str(SAMPLE)) == 0
    folder = capsys.readouterr().out
    (tmp_path / "set.zip").write_bytes(_zip(_files()))
    assert translate_command(HMIS, str(tmp_path / "set.zip")) == 0
    one, other = json.loads(folder), json.loads(capsys.readouterr().out)
    assert one["resources"] == other["resources"]
    assert one["records"] == [{"place": "Enrollment.csv row 2", "ok": True}]


def test_without_a_folder_the_set_is_a_zip(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert translate_command(HMIS, str(SAMPLE)) == 0
    (tmp_path / "r.json").write_bytes(capsysbinary.readouterr().out)
    assert render_command(HMIS, str(tmp_path / "r.json"), at="2026-11-22T12:00:00Z") == 0
    assert {"Client", "Enrollment", "Event"} <= set(unpack_files(capsysbinary.readouterr().out))


@pytest.mark.requirement("DM-01")
def test_a_hospitals_referral_goes_out_as_client_and_event_without_its_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = FORMATS / "hospital/ref_i12/samples/i12_new_mother.hl7"
    assert translate_command("hospital/ref_i12", str(sample)) == 0
    (tmp_path / "r.json").write_text(capsys.readouterr().out)
    assert (
        render_command(HMIS, str(tmp_path / "r.json"), at="2026-11-22T12:00:00Z", out=tmp_path / "set") == 0
    )
    assert {path.name for path in (tmp_path / "set").iterdir()} == {"Client.csv", "Event.csv", "Export.csv"}
    with (tmp_path / "set/Client.csv").open(newline="") as file:
        [client] = csv.DictReader(file)
    with (tmp_path / "set/Event.csv").open(newline="") as file:
        [event] = csv.DictReader(file)
    assert (client["FirstName"], client["LastName"]) == ("Marisol", "Delgado-Example")
    assert event["PersonalID"] == client["PersonalID"]
    written = "".join(path.read_text() for path in (tmp_path / "set").iterdir())
    for hidden in ("RB4407821", "RB-77120", "Okafor", "Sunrise", "F11", "Example Health Plan"):
        assert hidden not in written


def test_the_notice_goes_with_the_files(library: Library) -> None:
    [record] = _run(library, _files())
    assert record.translation is not None
    made = render(
        library.mapping(HMIS),
        record.translation.resources,
        at=datetime(2026, 11, 22, tzinfo=UTC),
        control_id="7",
        zone=None,
        settings={"notice": "Do not pass this on."},
    )
    assert b"Do not pass this on." in unpack_files(made.content)["Notice"]
    assert b"Do not pass this on." in made.content


def test_many_enrollments_take_linear_time(library: Library) -> None:
    def translated(count: int) -> None:
        files = {name: rows[:1] for name, rows in _files().items()}
        for name in ("Client", "Enrollment"):
            files[name] = [
                {**files[name][0], "PersonalID": f"C-{n}", "EnrollmentID": f"E-{n}"} for n in range(count)
            ]
        for name in ("Services", "Event", "Exit", "Assessment"):
            del files[name]
        for row in files["Client"]:
            del row["EnrollmentID"]
        source = _zip(files)
        assert len(translate_all(library.mapping(HMIS), source, partner="p", id_key=b"k", zone=None)) == count

    assert_grows_with_length(translated, 25)


RULES = "files: {A: {}, B: {by: id}}"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (RULES, "required: [A.id]", "FILES_WRONG"),
        (RULES, "files: {A: {}, B: {}}", "FILES_WRONG"),
        (RULES, "files: {A: {}, B: {owner: C, by: id}}", "FILES_WRONG"),
        (RULES, "files: {A: {}, B: yes}", "FILES_WRONG"),
        (RULES, "files: {A: {}, B: {buy: id}}", "KEY_UNKNOWN"),
        ("format: csv_set", "format: csv", "FILES_WRONG"),
        ("from: B.x", "from: B.", "ADDRESS_WRONG"),
    ],
)
def test_a_wrong_rule_about_files_is_located(old: str, new: str, code: str) -> None:
    text = (
        "mapping: a/set\nversion: 1.0.0\nformat: csv_set\nrecord: {key: [A.id]}\n" + RULES + "\n"
        "resources: {patient: Patient}\nrows:\n"
        "  - {from: A.id, to: patient.identifier, lens: identifier}\n  - {from: B.x, carry: why}\n"
    )
    path = "formats/a/set/mapping.yaml"
    assert read_library({path: text.encode()}).mapping("a/set").format == "csv_set"
    assert old in text
    with pytest.raises(MappingFileError) as wrong:
        read_library({path: text.replace(old, new).encode()})
    assert wrong.value.code == code
    assert wrong.value.place is not None
    assert wrong.value.place.startswith(path)
