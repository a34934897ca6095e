"""Documents that cannot rot: what the code has, some README names; what a README shows, the code has."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

from gateway.cli.main import app
from gateway.settings import Settings, read_settings
from tests.house import checkout

CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|INTERNAL")
ERROR_CLASSES = {
    "NotUnderstood",
    "NotSupported",
    "AlreadyReceived",
    "NotAllowed",
    "NotFound",
    "NotNow",
    "Internal",
}
ERROR_CLASSES |= {
    "HandoffError",
    "QuestionError",
    "MappingFileError",
    "TranslationRefused",
    "Fault",
    "Reason",
}


def codes(path: Path) -> Iterator[str]:
    """The stable codes that a source file gives to errors and faults."""
    for node in checkout.nodes(path):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = [word.value for word in node.keywords if word.arg == "code"]
        if called in ERROR_CLASSES:
            given += node.args[:1]
        for value in given:
            if (
                isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and CODE.fullmatch(value.value)
            ):
                yield value.value


@cache
def _names(page: str) -> frozenset[str]:
    return frozenset(re.findall(r"_?[A-Z][A-Z0-9_]*", page))


def stands_in(page: str, code: str) -> bool:
    """True when `page` names `code`, in full or, after a full one of its family, as `_REST_OF_IT`."""
    named = _names(page)
    parts = code.split("_")
    return code in named or any("_" + "_".join(parts[start:]) in named for start in range(1, len(parts)))


@checkout.each_of(checkout.room_folders())
def test_every_error_code_stands_in_the_readme_of_its_room(room: Path) -> None:
    own = [path for path in checkout.sources() if room in path.parents]
    if room.name == "gateway":
        own = [path for path in own if path.parent == room]
    page = room / "README.md"
    written = checkout.text(page) if page.is_file() else ""
    used = {code for path in own for code in codes(path)}

    assert " ".join(sorted(code for code in used if not stands_in(written, code))) == ""


def test_every_setting_stands_in_the_runbook_with_its_default_place() -> None:
    runbook = checkout.text(checkout.ROOT / "deploy" / "runbook.md")

    assert [name for name in Settings.model_fields if f"`HANDOFF_{name.upper()}`" not in runbook] == []


def test_every_setting_is_used() -> None:
    others = [path for path in checkout.sources() if checkout.name(path) != "gateway/settings.py"]
    read = {node.attr for path in others for node in checkout.nodes(path) if isinstance(node, ast.Attribute)}

    assert set(Settings.model_fields) - read == set()


def commands(group: object, prefix: str = "handoff") -> Iterator[str]:
    """Every command by its full name, say `handoff mapping check`."""
    for name, command in sorted(getattr(group, "commands", {}).items()):
        if getattr(command, "commands", None):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


ALL_COMMANDS = tuple(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_every_command_stands_in_a_readme(command: str) -> None:
    assert command in checkout.documents()


@checkout.each_of(path for path in checkout.files() if path.match("mappings/formats/*/*/mapping.yaml"))
def test_every_format_stands_in_a_readme(path: Path) -> None:
    assert "/".join(path.parent.parts[-2:]) in checkout.documents()


def shown_commands() -> Iterator[tuple[str, str]]:
    """Lines of fenced blocks of our documents that begin with one of our two commands."""
    for path in checkout.files():
        if path.suffix != ".md":
            continue
        for block in re.findall(
            r"^```(?:sh|console|bash|shell)\n(.*?)^```", checkout.text(path), re.DOTALL | re.MULTILINE
        ):
            for line in block.splitlines():
                line = line.removeprefix("$ ").removeprefix("./dev run -- ").split("#")[0].strip()
                if line.startswith(("handoff ", "./dev ")):
                    yield checkout.name(path), line


@cache
def help_of_dev() -> str:
    """What `./dev --help` prints."""
    command = [sys.executable, str(checkout.ROOT / "dev"), "--help"]
    return subprocess.run(command, capture_output=True, text=True).stdout


@pytest.mark.parametrize(("page", "line"), sorted(set(shown_commands())))
def test_a_shown_command_exists_with_its_options(page: str, line: str) -> None:
    words = line.split()
    if words[0] == "./dev":
        assert f"./dev {words[1]}" in help_of_dev()
        return
    name = next((known for known in ALL_COMMANDS if f"{line} ".startswith(f"{known} ")), None)
    assert name is not None or words[1:] in (["--help"], []), f"{page}: {line}"
    command: object = typer.main.get_command(app)
    for word in (name or "handoff").split()[1:]:
        command = getattr(command, "commands")[word]  # noqa: B009 - typer's groups have no public type
    options = {option for parameter in getattr(command, "params", []) for option in parameter.opts} | {
        "--help"
    }
    assert {word.split("=")[0] for word in words if word.startswith("--")} - options == set()


def test_the_sample_settings_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = checkout.text(checkout.ROOT / "deploy" / "settings.env.sample").splitlines()
    sample = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    for name, value in sample.items():
        monkeypatch.setenv(name, value)

    assert str(read_settings().network) == sample["HANDOFF_NETWORK"]


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{checkout.name(path)}: {target}"
        for path in checkout.files()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", checkout.text(path))
        if not (path.parent / target).exists()
    ]

    assert broken == []
