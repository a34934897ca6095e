"""The tutorial's files are written and its commands run, in its order; what it shows is what is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.flows.library import open_library
from tests.mappings.conftest import FORMATS

PAGE = FORMATS.parent / "TUTORIAL.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _blocks() -> list[tuple[str, str, str]]:
    found = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(found) > 10
    return [(kind, name, text) for kind, name, text in found]


def _squeezed(text: str) -> str:
    return re.sub(r" +", " ", text)


def _run(commands: str) -> str:
    """What the commands print; each ends as the page says (`# exits 1`)."""
    said = ""
    for line in commands.splitlines():
        command, _, remark = line.partition("#")
        words = shlex.split(command)
        assert words[0] == "handoff"
        open_library.cache_clear()
        result = CliRunner().invoke(app, words[1:])
        assert result.exit_code == (1 if "exits 1" in remark else 0), result.output
        said += result.output
    return said


def test_the_commands_of_the_tutorial_do_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = ""
    for kind, name, text in _blocks():
        if kind == "sh":
            said = _run(text)
            rejected = Path("rejected.csv")
            said += rejected.read_text("utf-8") if rejected.exists() else ""
        elif kind == "text":
            for line in text.splitlines():
                assert _squeezed(line) in _squeezed(said), line
        else:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, "utf-8")
    open_library.cache_clear()


def test_the_draft_marks_every_guess_and_lists_every_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sample = next(text for _, name, text in _blocks() if name == "intake.csv")
    Path("intake.csv").write_text(sample)
    _run("handoff mapping new river_food/intake --format csv --sample intake.csv")
    draft = Path("mappings/river_food/intake/mapping.yaml").read_text()
    rows = [line for line in draft.splitlines() if line.startswith("  - {from:")]
    assert len(rows) == len(sample.splitlines()[0].split(","))
    assert all(line.endswith("# guess") or "FILL IN" in line for line in rows)
    assert 'patient: {type: Patient, key: ["Client No"]}' in draft
    said = _run("handoff mapping check mappings/river_food/intake   # exits 1")
    assert f"{draft.count('# guess')} rows still marked # guess" in said
    open_library.cache_clear()


@pytest.mark.parametrize("name", ["../x/y", "a/b/c", "a/..", "a b/c"])
def test_a_mapping_is_drafted_only_where_it_belongs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.csv").write_text("a\n1\n")
    assert "ID_WRONG" in _run(f"handoff mapping new '{name}' --format csv --sample s.csv   # exits 1")
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


@pytest.mark.parametrize("name", ["pantry", "river/pantry"])
def test_a_name_of_one_or_two_parts_is_drafted_and_checked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.csv").write_text("Case No,Client No\n1,2\n")
    _run(f"handoff mapping new {name} --format csv --sample s.csv")
    said = _run(f"handoff mapping check mappings/{name} --write-expected   # exits 1")
    assert re.search(rf"^{name} +1 samples +\d+ faults; 3 rows still marked # guess", said, re.MULTILINE)
    assert "samples/s.fhir.json" in said
    open_library.cache_clear()


def test_resources_that_are_not_r4_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("mappings/a/goal")
    (folder / "samples").mkdir(parents=True)
    (folder / "samples/one.csv").write_text("no,what\n1,A home\n")
    (folder / "mapping.yaml").write_text(
        "mapping: a/goal\nversion: 1.0.0\nformat: csv\nrecord: {key: [no]}\nresources: {goal: Goal}\n"
        "rows:\n  - {from: no, to: goal.identifier, lens: identifier}\n"
        "  - {from: what, to: goal.description, lens: words}\n"
    )
    said = _run(f"handoff mapping check {folder} --write-expected   # exits 1")
    assert "one.csv: NOT_R4 at Goal.subject (required)" in said
    open_library.cache_clear()


def test_what_is_listed_says_what_it_is() -> None:
    said = _run("handoff mapping list")
    assert re.search(r"^legal_aid/intake +json +both +\S+ +a legal aid case", said, re.MULTILINE)
