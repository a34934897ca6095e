"""The command line as a whole: exit codes, quick starts, and no text of an exception on any stream."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli import main

SERVER = {"fastapi", "starlette", "uvicorn", "httpx", "aiohttp", "fhir", "tenacity", "prometheus_client"}
HEAVY = (
    "fastapi",
    "httpx",
    "aiohttp",
    "uvicorn",
    "fhir",
    "cryptography",
    "jinja2",
    "lxml",
    "joserfc",
    "rich",
)


def exit_code(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def loaded_by(code: str, *arguments: str) -> set[str]:
    """The top-level modules that a fresh Python has loaded after `code` ran with `arguments`."""
    script = (
        "import atexit, json, sys\n"
        "show = lambda: print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})), file=sys.stderr)\n"
        "atexit.register(show)\n" + code
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False, input=""
    )
    return set(json.loads(done.stderr.strip().splitlines()[-1]))


def bodies() -> list[tuple[str, str]]:
    """Module and name of every function that a command imports when it runs."""
    source = Path(inspect.getfile(main)).read_text(encoding="utf-8")
    inside = [node for command in ast.parse(source).body for node in ast.walk(command) if node is not command]
    imports = [node for node in inside if isinstance(node, ast.ImportFrom)]
    return [
        (str(node.module), alias.name)
        for node in imports
        if str(node.module).startswith("gateway.cli.")
        for alias in node.names
    ]


def test_the_commands_import_their_bodies_when_they_run() -> None:
    assert len(bodies()) > 20


def test_help_is_shown_with_exit_code_0_and_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["--help"]) == 0

    shown = capsys.readouterr().out
    for command in (
        "serve",
        "demo",
        "check",
        "decide",
        "translate",
        "disclosures",
        "why",
        "audit",
        "messages",
    ):
        assert f"  {command} " in shown


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["decide"], ["decide", "--no-such-option", "-"], ["token", "otp"]]
)
def test_wrong_usage_ends_with_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(arguments) == 2
    assert capsys.readouterr().out == ""


def test_a_wrong_setting_ends_with_exit_code_2_and_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDOFF_WORKERS", "many")

    assert exit_code(["serve"]) == 2
    assert "`HANDOFF_WORKERS`" in capsys.readouterr().err


def test_help_loads_nothing_heavy() -> None:
    assert (
        loaded_by("from gateway.cli import main; main()", "--help") & {*HEAVY, "pydantic", "structlog"}
        == set()
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["decide", "-"],
        ["release", "-"],
        ["consent", "validate", "-"],
        ["translate", "hospital/ref_i12", "-"],
        ["mapping", "list"],
        ["check", "--schema"],
    ],
    ids=" ".join,
)
def test_a_command_that_needs_no_server_loads_none(arguments: list[str]) -> None:
    loaded = loaded_by("from gateway.cli import main; main()", *arguments)

    assert "gateway" in loaded
    assert loaded & SERVER == set()
    if arguments[0] != "check":
        assert "pydantic" not in loaded


def test_a_fault_of_ours_is_told_by_place_and_never_by_its_text() -> None:
    code = "import sys\nfrom gateway.cli import main\n"
    code += "def fail(**given): raise KeyError('Zyxwvut Markson')\n"
    code += "sys.modules['gateway.cli.main'].typer.main.get_command = lambda app: fail\nmain(['--help'])\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("INTERNAL: KeyError at `")
    assert "Markson" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["audit", "verify", "{none}"], 2, "PATH_UNUSABLE: `{none}`: no such file or directory"),
        (["network", "init", "{file}"], 2, "PATH_UNUSABLE: `{file}`: file exists"),
        (["render", "hospital/rri_i12", "{deep}"], 1, "TOO_DEEP: "),
        (["render", "hospital/rri_i12", "{file}", "--complement", "{file}"], 1, '"place": "--complement"'),
        (["serve", "--http", "nowhere"], 2, "`HANDOFF_HTTP`: is not in the form of HOST:PORT"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_was_called_wrongly_is_told_in_one_line_and_is_no_fault_of_ours(
    arguments: list[str], code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Design 9: exit code 1 for what is refused, 2 for a wrong call, and it says what is wrong."""
    monkeypatch.setenv("HANDOFF_NETWORK", str(tmp_path))
    places = {name: str(tmp_path / name) for name in ("none", "file", "deep")}
    (tmp_path / "file").write_text("no JSON")
    (tmp_path / "deep").write_text("[" * 100_000 + "]" * 100_000)

    with pytest.raises(SystemExit) as ended:
        main([one.format(**places) for one in arguments])

    assert ended.value.code == code
    said = capsys.readouterr().err
    assert told.format(**places) in said
    assert "INTERNAL" not in said


@pytest.mark.parametrize(("module", "body"), bodies())
def test_every_command_has_a_body(module: str, body: str) -> None:
    function = getattr(importlib.import_module(module), body)

    assert inspect.isfunction(function)


def test_the_installed_command_is_this_one() -> None:
    script = Path(sys.executable).parent / "handoff"
    done = subprocess.run([str(script), "--help"], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "Usage: handoff" in done.stdout


def test_it_runs_as_a_module_where_no_script_is_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "--help"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0
    assert "Usage: handoff" in done.stdout
