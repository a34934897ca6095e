"""A released care plan as sheet, workbook and page: what is in it, what never is, and that nothing runs."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from gateway.cli.mapping_check import check_folder
from mappings import Library, MappingRoomError, Rendered, RenderRefused, render, translate_all
from mappings.checking import AT, NOTICE
from mappings.syntax import xlsx_rows
from tests.growth import assert_grows_with_length
from tests.mappings.conftest import FORMATS

SHEET, BOOK, PAGE = "community/care_plan_sheet", "community/care_plan_sheet_xlsx", "community/care_plan_page"
SAMPLE = (FORMATS / SHEET / "samples/released_plan.fhir.json").read_bytes()


def _resources() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(SAMPLE, parse_float=Decimal)
    return found


def _render(library: Library, mapping_id: str, resources: list[dict[str, Any]]) -> Rendered:
    mapping = library.mapping(mapping_id)
    return render(mapping, resources, at=AT, control_id=None, zone=None, settings=NOTICE)


def _rows(library: Library, resources: list[dict[str, Any]]) -> list[dict[str, str]]:
    content = _render(library, SHEET, resources).content.decode()
    return list(csv.DictReader(io.StringIO(content, newline="")))


class _Shown(HTMLParser):
    """The texts of table cells, and every tag."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["td"]:
            self.cells[-1] += data.strip("\n")


@pytest.mark.parametrize("mapping_id", [SHEET, BOOK, PAGE])
def test_the_output_is_the_golden_one(mapping_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_folder(mapping_id) == 0
    assert "1 samples  ok" in capsys.readouterr().out


def test_a_changed_golden_output_is_told(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    shutil.copytree(FORMATS / "community", tmp_path / "community")
    golden = tmp_path / "community/care_plan_sheet/samples/released_plan.csv"
    golden.write_bytes(golden.read_bytes().replace(b"Savings", b"Debts"))
    (tmp_path / "community/care_plan_page/samples/released_plan.html").unlink()
    assert check_folder(str(tmp_path / "community")) == 1
    said = capsys.readouterr().out
    assert "released_plan.fhir.json: GOLDEN_DIFFERS" in said
    assert "released_plan.fhir.json: NO_GOLDEN" in said


def test_every_part_has_its_row_with_person_and_notice(library: Library) -> None:
    rows = _rows(library, _resources())
    assert [row["part"] for row in rows] == [
        "plan", "activity", "activity", "goal", "target", "target", "goal", "service", "task",
    ]  # fmt: skip
    assert {row["notice"] for row in rows} == {NOTICE["notice"]}
    assert {row["person"] for row in rows} == {"Delgado-Example, Marisol Ana"}


@pytest.mark.requirement("DM-21")
def test_a_measure_never_stands_beside_another_targets_day(library: Library) -> None:
    first, second = (row for row in _rows(library, _resources()) if row["part"] == "target")
    assert (first["what"], first["progress"], first["due"]) == ("Lease signed", "", "02/01/2027")
    assert (second["what"], second["progress"], second["due"]) == (
        "Savings for the deposit",
        "600.50 USD",
        "",
    )


def test_an_activity_shows_only_its_own_values(library: Library) -> None:
    resources = _resources()
    resources[1]["activity"] = [
        {"detail": {"code": {"text": f"step {n}"}, "status": "scheduled"}} for n in range(12)
    ]
    del resources[1]["activity"][1]["detail"]["code"]
    del resources[1]["activity"][10]["detail"]["status"]
    rows = [(r["what"], r["status"]) for r in _rows(library, resources) if r["part"] == "activity"]
    assert rows == [("" if n == 1 else f"step {n}", "" if n == 10 else "scheduled") for n in range(12)]


def test_workbook_and_page_say_what_the_sheet_says(library: Library) -> None:
    rows = _rows(library, _resources())
    header, cells = xlsx_rows.read_rows(_render(library, BOOK, _resources()).content)
    plain = [{name: cell.removeprefix("'") for name, cell in row.items()} for row in rows]
    assert [dict(zip(header, line, strict=False)) for _, line in cells] == plain
    shown = _Shown(_render(library, PAGE, _resources()).content).cells
    assert {row["what"] for row in plain} <= set(shown)
    assert {row["status"] for row in plain} <= set(shown)


@pytest.mark.parametrize("mapping_id", [SHEET, BOOK, PAGE])
def test_without_plan_goal_service_or_task_there_is_no_sheet(library: Library, mapping_id: str) -> None:
    with pytest.raises(RenderRefused) as refused:
        _render(library, mapping_id, _resources()[:1])
    assert (refused.value.code, refused.value.place) == ("REQUIRED_MISSING", "part")


def test_a_goal_without_its_plan_is_still_told(library: Library) -> None:
    rows = _rows(library, [r for r in _resources() if r["resourceType"] in ("Patient", "Goal")])
    assert [row["part"] for row in rows] == ["goal", "target", "target", "goal"]


def test_an_organization_of_the_release_is_named_where_it_serves(library: Library) -> None:
    resources = _resources()
    for number, kind in ((1, "service"), (2, "task")):
        resources.append(
            {"resourceType": "Organization", "id": f"o{number}", "name": f"Agency of the {kind}"}
        )
    resources[4]["performer"] = [{"reference": "Organization/o1"}]
    resources[5]["owner"] = {"reference": "Organization/o2"}
    rows = {row["part"]: row["who"] for row in _rows(library, resources)}
    assert (rows["service"], rows["task"]) == ("Agency of the service", "Agency of the task")
    resources[4]["performer"] = [{"reference": "Organization/withheld"}]
    assert {row["part"]: row["who"] for row in _rows(library, resources)}["service"] == ""


def test_two_plans_are_two_rows(library: Library) -> None:
    resources = _resources()
    second = {**copy.deepcopy(resources[1]), "id": "cp2", "title": "Plan for work", "activity": []}
    titles = [r["what"] for r in _rows(library, [*resources, second]) if r["part"] == "plan"]
    assert titles == ["Plan for a steady home", "Plan for work"]


def _texts(node: Any, path: str = "") -> Iterator[tuple[Any, Any, str, str]]:
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        here = f"{path}[{key}]" if isinstance(node, list) else f"{path}.{key}"
        if isinstance(value, (dict, list)):
            yield from _texts(value, here)
        elif isinstance(value, str) and key not in ("resourceType", "id"):
            yield node, key, here, value


@pytest.mark.requirement("V2-02")
@pytest.mark.parametrize("mapping_id", [SHEET, PAGE])
def test_what_is_said_to_have_no_place_has_none(library: Library, mapping_id: str) -> None:
    """Every element is altered alone: one that was named as without a place changes nothing, every other one does."""
    base = _render(library, mapping_id, _resources())
    told = {issue.place for issue in base.issues}
    tried = 0
    for number, resource in enumerate(_resources()):
        for position, (_, _, path, value) in enumerate(list(_texts(resource))):
            if path.endswith(".reference") or path == ".name[0].use":
                continue
            resources = _resources()
            node, key, *_ = list(_texts(resources[number]))[position]
            node[key] = value[:3] + "1" + value[4:] if value[:4].isdigit() else value + "x"
            place = f"{resource['resourceType']}{path}"
            try:
                same = _render(library, mapping_id, resources).content == base.content
            except RenderRefused:
                same = False
            concept = any(part in path for part in (".coding[",)) and not path.endswith(".display")
            assert same == (place in told or concept), place
            tried += 1
    assert tried > 30


def test_notes_and_other_resources_are_never_in_a_sheet(library: Library) -> None:
    resources = _resources()
    hidden = "synthetic text that must never leave"
    for resource in resources:
        resource["text"] = {"status": "generated", "div": f"<div>{hidden}</div>"}
        if resource["resourceType"] != "Patient":
            resource["note"] = [{"text": hidden}]
    resources[0]["address"] = [{"text": hidden}]
    resources[1]["activity"][0]["progress"] = [{"text": hidden}]
    resources.append({"resourceType": "Condition", "id": "c", "code": {"text": hidden}})
    for mapping_id in (SHEET, BOOK, PAGE):
        made = _render(library, mapping_id, resources)
        assert hidden.encode() not in made.content
        assert any(issue.place == "Condition" for issue in made.issues)


HOSTILE = (
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    "=cmd|' /C calc'!A0",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_value_holds_is_shown_and_never_runs(library: Library, text: str) -> None:
    resources = _resources()
    resources[0]["name"] = [{"text": text}]
    resources[2]["description"] = {"text": text}
    resources[1]["title"] = text
    page = _Shown(_render(library, PAGE, resources).content)
    assert page.cells.count(text) == 2
    assert not {"script", "img", "b"} & set(page.tags)
    sheet = _render(library, SHEET, resources).content.decode()
    assert not any(cell.startswith("=") for line in csv.reader(io.StringIO(sheet)) for cell in line)


def test_a_page_needs_nothing_from_elsewhere(library: Library) -> None:
    content = _render(library, PAGE, _resources()).content.decode()
    assert content.count(NOTICE["notice"]) == 2
    assert not any(word in content for word in ("http:", "https:", "src=", "href=", "url(", "@import"))


def test_a_format_for_writing_takes_no_records(library: Library) -> None:
    with pytest.raises(MappingRoomError, match="DIRECTION_OUT"):
        translate_all(library.mapping(SHEET), b"part\nplan\n", partner="p", id_key=b"k", zone=None)


@pytest.mark.parametrize("mapping_id", [SHEET, PAGE])
def test_a_large_plan_takes_linear_time(library: Library, mapping_id: str) -> None:
    def rendered(count: int) -> None:
        resources = _resources()
        resources[1]["activity"] = [
            {"detail": {"code": {"text": f"step {n}"}, "status": "scheduled"}} for n in range(count)
        ]
        resources += [{**copy.deepcopy(resources[2]), "id": f"goal-{n}"} for n in range(count)]
        assert f"step {count - 1}".encode() in _render(library, mapping_id, resources).content

    assert_grows_with_length(rendered, 40)
