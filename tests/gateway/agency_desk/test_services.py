"""Services of the region: taken in by command, found by need, place, language and hours, and who is reached."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.services_command import import_services
from gateway.partners import read_network
from gateway.partners.services import FILE, Wanted, found, read_services
from gateway.wiring.network_folder import make_network_folder
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.county import County

SAMPLES = Path("mappings/formats/directory")
MONDAY, TUESDAY = "mon", "tue"


def service(name: str, **more: Any) -> dict[str, Any]:
    """One service of an own synthetic directory."""
    return {"id": name, "name": name, "status": "active", **more}


DIRECTORY = [
    service(
        "Night Shelter",
        description="A bed for tonight",
        organization={"id": "o-1", "name": "Desert Housing"},
        phones=[{"id": "p-1", "number": "+1 602 555 0130", "type": "voice"}],
        schedules=[
            {"id": "s-1", "freq": "WEEKLY", "byday": "MO,SA", "opens_at": "18:00", "closes_at": "23:00"}
        ],
        languages=[{"id": "l-1", "code": "es", "name": "Spanish"}],
        service_areas=[{"id": "a-1", "name": "Maricopa County"}],
    ),
    service(
        "Rides",
        description="A ride to a visit <script>",
        organization={"id": "o-2", "name": "County Rides"},
        phones=[{"id": "p-2", "number": "+1 602 555 0140", "type": "voice"}],
        service_areas=[{"id": "a-2", "name": "Pinal County"}],
    ),
    service("Closed Kitchen", status="inactive", description="food"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network folder that has taken the directory in."""
    made = tmp_path_factory.mktemp("services") / "own"
    make_network_folder(made, "http://127.0.0.1:9/fhir")
    source = made.parent / "services.json"
    source.write_text(json.dumps(DIRECTORY))
    assert import_services(made, source) == 0
    return made


def names(folder: Path, **wanted: str) -> list[str]:
    """What is found."""
    return [one.name for one in found(read_services(folder, read_network(folder)), Wanted(**wanted))]


@pytest.mark.parametrize(
    ("wanted", "names_found"),
    [
        ({"need": "bed"}, ["Night Shelter"]),
        ({"need": "BED tonight"}, ["Night Shelter"]),
        ({"need": "bed ride"}, []),
        ({"need": "food"}, []),
        ({"place": "pinal"}, ["Rides"]),
        ({"language": "spanish"}, ["Night Shelter"]),
        ({"language": "es"}, ["Night Shelter"]),
        ({"language": "French"}, []),
        ({"day": "sat"}, ["Night Shelter"]),
        ({"day": "sat", "at": "18:00"}, ["Night Shelter"]),
        ({"day": "sat", "at": "23:00"}, []),
        ({"day": "sat", "at": "17:59"}, []),
        ({"day": "sun"}, []),
        ({}, ["Night Shelter", "Rides"]),
    ],
)
def test_all_that_is_asked_for_has_to_fit(
    folder: Path, wanted: dict[str, str], names_found: list[str]
) -> None:
    assert names(folder, **wanted) == names_found


def test_tables_and_json_are_the_same_directory(folder: Path, tmp_path: Path, capsys: Any) -> None:
    for source in (SAMPLES / "hsds/samples/pantry.json", SAMPLES / "hsds_csv/samples/pantry"):
        other = tmp_path / source.stem / "own"
        shutil.copytree(folder, other)
        assert import_services(other, source) == 0
        assert capsys.readouterr().out.startswith("1 services, 0 of them of partners; 1 are not reached")
        (one,) = read_services(other, read_network(other))
        assert one.places == ("1 Example Street, Room 2, Phoenix, Maricopa, 85004",)
        assert one.phones[0] == "+1 602 555 0110" and one.languages == ("Spanish",)
        shutil.rmtree(tmp_path / source.stem)


def test_what_cannot_be_read_is_told_and_replaces_nothing(folder: Path, tmp_path: Path, capsys: Any) -> None:
    before = (folder / FILE).read_bytes()
    wrong = tmp_path / "wrong.json"
    page = {"total_pages": 2, "contents": [{"id": "x", "name": "Pantry", "status": "active"}]}
    for content in ("{", "[]", json.dumps([{"id": "x", "name": ""}]), json.dumps(page)):
        wrong.write_text(content)
        assert import_services(folder, wrong) == 1
        assert capsys.readouterr().err
    assert import_services(folder, tmp_path / "none.json") == 1
    assert import_services(tmp_path / "no-network", wrong) == 1
    assert (folder / FILE).read_bytes() == before
    part = tmp_path / "part" / "own"
    shutil.copytree(folder, part)
    wrong.write_text(json.dumps([{"id": "x", "name": ""}, *DIRECTORY]))
    assert import_services(part, wrong) == 0
    assert "REQUIRED_MISSING" in capsys.readouterr().err and names(part, need="bed") == ["Night Shelter"]


def test_a_damaged_directory_is_none(tmp_path: Path, folder: Path) -> None:
    for content in (b"{", b"[1]", b'[{"resourceType": "HealthcareService"}]'):
        (tmp_path / FILE).write_bytes(content)
        assert read_services(tmp_path, read_network(folder)) == ()


def test_a_worker_finds_services_and_sees_which_are_not_reached(desk: County, folder: Path) -> None:
    browser = Browser(desk)
    browser.log_in()
    assert "no list of services" in browser.get("/agency/services").text
    shutil.copy(folder / FILE, desk.folder.path / FILE)
    page = browser.get("/agency/services").text
    assert "Night Shelter" not in page, "nothing was asked for"
    page = browser.get("/agency/services?need=bed&place=maricopa&language=Spanish&day=mon").text
    assert "Night Shelter" in page and "In this network" in page and "Not in this network" not in page
    page = browser.get("/agency/services?need=ride").text
    assert (
        "Not in this network: nothing can be sent there. Call." in page and 'href="tel:+16025550140"' in page
    )
    assert "<script>" not in page
    assert "Night Shelter" not in browser.get("/agency/services?day=now").text, "it is Saturday morning"
    assert "Nothing in the list fits" in browser.page.text
    desk.change_partner("housing", state="paused")
    again = Browser(desk)
    again.log_in()
    assert "Not in this network" in again.get("/agency/services?need=bed").text


def test_law_enforcement_and_strangers_have_no_part_in_it(desk: County) -> None:
    assert Browser(desk).get("/agency/services").status_code == 401
    desk.change_partner("crisis", kind="law_enforcement", desk=("refer_in",))
    officer = Browser(desk)
    path, code = officer.link("Lee", "crisis")
    officer.post(path, {"code": code})
    assert officer.get("/agency/services").status_code == 404
