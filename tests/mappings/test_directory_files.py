"""A directory as CSV tables: the same resources as its JSON, keys through several tables, several links to one."""

from __future__ import annotations

import csv
import json
import random
from typing import Any

import pytest

from mappings import Library, TranslatedRecord, TranslationRefused, pack_files, translate_all
from mappings.syntax.csv_rows import write_rows
from tests.growth import assert_grows_with_length
from tests.mappings.conftest import FORMATS

CSV, JSON = "directory/hsds_csv", "directory/hsds"
SAMPLE = FORMATS / CSV / "samples/pantry"
Files = dict[str, list[dict[str, str]]]


def _files() -> Files:
    found: Files = {}
    for path in SAMPLE.glob("*.csv"):
        with path.open(newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


def _zip(files: Files) -> bytes:
    return pack_files({f"{name}.csv": write_rows(list(rows[0]), rows) for name, rows in files.items()})


def _run(library: Library, files: Files) -> tuple[TranslatedRecord, ...]:
    return translate_all(library.mapping(CSV), _zip(files), partner="p", id_key=b"k", zone=None)


def _of(record: TranslatedRecord, kind: str) -> list[dict[str, Any]]:
    assert record.translation is not None, record.refusal
    return [resource for resource in record.translation.resources if resource["resourceType"] == kind]


def test_tables_and_json_of_one_directory_give_the_same_resources(library: Library) -> None:
    document = json.loads((FORMATS / JSON / "samples/pantry.json").read_bytes())
    document["phones"] = document["phones"][:2]  # the table knows a telephone by its service
    source = json.dumps(document).encode()
    [by_json] = translate_all(library.mapping(JSON), source, partner="p", id_key=b"k", zone=None)
    [by_csv] = _run(library, _files())
    for kind in ("HealthcareService", "Organization", "Location"):
        assert _of(by_csv, kind) == _of(by_json, kind)


def _two_places(files: Files) -> None:
    files["locations"].append({**files["locations"][0], "id": "3a19-2", "name": "Example Annex"})
    files["service_at_location"].append(
        {**files["service_at_location"][0], "id": "sl-2", "location_id": "3a19-2"}
    )
    files["phones"].append({**files["phones"][2], "id": "ph-10", "location_id": "3a19-2", "number": "annex"})
    files["addresses"].append(
        {**files["addresses"][0], "id": "ad-3", "location_id": "3a19-2", "address_1": "2 Example Street"}
    )


def test_each_place_has_its_own_telephone_and_address(library: Library) -> None:
    files = _files()
    _two_places(files)
    [record] = _run(library, files)
    center, annex = _of(record, "Location")
    assert [t["value"] for t in center["telecom"]] == ["+1 602 555 0119"]
    assert [t["value"] for t in annex["telecom"]] == ["annex"]
    assert (center["address"]["line"][0], annex["address"]["line"][0]) == (
        "1 Example Street",
        "2 Example Street",
    )
    assert len(_of(record, "HealthcareService")[0]["location"]) == 2


def test_a_telephone_of_service_and_place_is_both_and_counts_once(library: Library) -> None:
    files = _files()
    files["phones"][2]["service_id"] = "ac14-0001"
    [record] = _run(library, files)
    number = "+1 602 555 0119"
    assert number in [t["value"] for t in _of(record, "HealthcareService")[0]["telecom"]]
    assert number in [t["value"] for t in _of(record, "Location")[0]["telecom"]]
    assert record.translation is not None
    accounting = record.translation.accounting
    assert accounting.mapped + accounting.carried == accounting.leaves


def test_a_place_nobody_uses_is_passed_over_and_a_lost_area_is_told(library: Library) -> None:
    files = _files()
    files["locations"].append({**files["locations"][0], "id": "3a19-9"})
    files["service_areas"].append({**files["service_areas"][0], "id": "sa-9", "service_id": "ac14-9"})
    good, lost = _run(library, files)
    assert good.translation is not None
    assert lost.refusal is not None
    assert (lost.refusal.code, lost.refusal.place) == (
        "NO_OWNER",
        "service_areas.csv row 3 column service_id",
    )


def test_an_organization_that_is_given_twice_is_no_guess(library: Library) -> None:
    files = _files()
    files["organizations"].append({**files["organizations"][0], "name": "Another"})
    [record] = _run(library, files)
    assert record.refusal is not None
    assert record.refusal.place == "organizations.csv row 3 column id"


def test_many_rows_of_one_service_take_linear_time(library: Library) -> None:
    def translated(count: int) -> None:
        files = _files()
        files["languages"] = [{**files["languages"][0], "id": str(n), "name": f"L{n}"} for n in range(count)]
        source = _zip(files)
        [record] = translate_all(library.mapping(CSV), source, partner="p", id_key=b"k", zone=None)
        assert record.refusal is None

    assert_grows_with_length(translated, 50)


@pytest.mark.parametrize("mapping_id", [CSV, "housing/hmis_fy2026"])
def test_broken_sets_are_refused_with_a_place_or_accounted_for(library: Library, mapping_id: str) -> None:
    """Cells blanked, swapped, doubled and cut at random: a located refusal or every leaf in one class."""
    chance = random.Random(7)
    folder = next((FORMATS / mapping_id / "samples").glob("*/"))
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    translated = refused = 0
    for _ in range(60):
        broken = dict(files)
        name = chance.choice(sorted(files))
        content = bytearray(broken[name])
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(content))
            content[place : place + chance.randint(0, 3)] = chance.choice(
                [b"", b",", b'"', b"\r\n", b"\xff", b"=1", b"0", bytes([chance.randrange(256)])]
            )
        broken[name] = bytes(content)
        if not chance.randrange(10):
            del broken[name]
        try:
            records = translate_all(
                library.mapping(mapping_id), pack_files(broken), partner="p", id_key=b"k", zone=None
            )
        except TranslationRefused as refusal:
            assert refusal.code
            refused += 1
            continue
        for record in records:
            if record.translation is None:
                assert record.refusal is not None
                assert record.refusal.place
                refused += 1
                continue
            found = record.translation.accounting
            assert found.mapped + found.carried + found.dropped + found.unmapped == found.leaves
            translated += 1
    assert translated > 5
    assert refused > 5


def _older() -> Files:
    found: Files = {}
    for path in (FORMATS / CSV / "samples/pantry_v1").glob("*.csv"):
        with path.open(newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


def test_directories_of_earlier_versions_are_read_by_their_own_names(library: Library) -> None:
    """HSDS 1.1, and the same as 2.0 names its terms: `FILE_UNKNOWN` for a name, and a service lost its place."""
    [first] = _run(library, _older())
    [place], [service] = _of(first, "Location"), _of(first, "HealthcareService")
    [now] = _of(_run(library, _files())[0], "Location")
    assert place["address"] == now["address"]
    assert service["location"] == [{"reference": f"Location/{place['id']}"}]
    assert [one["daysOfWeek"] for one in service["availableTime"]] == [["tue"], ["sun"]]
    second = _older()
    del second["services_taxonomy"], second["taxonomy"]
    second["service_attributes"] = [{"id": "a-1", "service_id": "ac14-0001", "taxonomy_term_id": "tx-1"}]
    second["taxonomy_terms"] = [{"id": "tx-1", "term": "Food pantries"}]
    [by_terms] = _run(library, second)
    assert _of(by_terms, "HealthcareService")[0]["type"] == service["type"] == [{"text": "Food pantries"}]


def test_a_fault_is_named_by_the_file_as_it_was_sent(library: Library) -> None:
    files = _older()
    files["services_at_location"][0]["service_id"] = "nobody"
    refused = [one.refusal for one in _run(library, files) if one.refusal is not None]
    assert [(one.code, str(one.place).partition(" ")[0]) for one in refused] == [
        ("NO_OWNER", "services_at_location.csv")
    ]
