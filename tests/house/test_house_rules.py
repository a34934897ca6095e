"""Rules of the house that no other tool checks: sizes, names, faces of rooms, purity, unfinished work."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from pathlib import Path

from gateway import logs
from tests.house import checkout

FILE_LINES = 400
FUNCTION_LINES = 40
FACE_LINES = 60
README_LINES = 90
BANNED_WORDS = {
    "utils", "util", "helpers", "helper", "common", "manager", "base", "core", "misc", "processor", "data",
    "info",
}  # fmt: skip
UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "Not" + "ImplementedError")) + r")\b"
)
PARSERS = {"yaml", "lxml", "python_calamine", "orjson", "msgspec"}
OUTSIDE_WORLD = {
    "asyncio", "ctypes", "glob", "http", "importlib", "logging", "multiprocessing", "os", "pathlib", "random",
    "secrets", "select", "shutil", "signal", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "sys",
    "tempfile", "threading", "time",
}  # fmt: skip
REACHING_OUT = {"open", "input", "print", "breakpoint", "__import__"}
CLOCK_AND_ENVIRONMENT = {
    ("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today"),
    ("os", "environ"), ("os", "getenv"), ("uuid", "uuid1"), ("uuid", "uuid4"),
}  # fmt: skip
KNOWS_THEM = {"gateway/clock.py", "gateway/settings.py", "dev"}

PURE_SOURCES = [
    path for path in checkout.sources() if checkout.name(path).startswith(("consent/", "mappings/"))
]

every_source = checkout.each_of(checkout.sources())
every_room = checkout.each_of(checkout.room_folders())


@every_source
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(checkout.text(path).splitlines()) <= FILE_LINES


@every_source
def test_a_function_fits_on_a_screen(path: Path) -> None:
    too_long = {}
    for function in checkout.functions(path):
        docstring = function.body[0] if ast.get_docstring(function) is not None else None
        lines = (function.end_lineno or 0) - function.lineno + 1
        if docstring is not None:
            lines -= (docstring.end_lineno or 0) - docstring.lineno + 1
        if lines > FUNCTION_LINES:
            too_long[f"{function.name} (line {function.lineno})"] = lines

    assert too_long == {}


@every_source
def test_names_say_what_a_thing_is(path: Path) -> None:
    relative = path.relative_to(checkout.ROOT)
    named = {
        "/".join(relative.parts): set().union(*(checkout.words(Path(part).stem) for part in relative.parts))
    }
    for node in checkout.nodes(path):
        if isinstance(node, ast.ClassDef):
            named[node.name] = checkout.words(node.name)

    assert {where: found & BANNED_WORDS for where, found in named.items() if found & BANNED_WORDS} == {}


@every_source
def test_public_things_say_what_comes_back(path: Path) -> None:
    tree = checkout.tree(path)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    silent = [node.name for node in public if ast.get_docstring(node) is None]
    if path.name != "__init__.py" or checkout.text(path).strip():
        silent += [] if ast.get_docstring(tree) else ["the module"]
    if checkout.name(path) == "dev":
        silent = []

    assert silent == []


@every_source
def test_a_silenced_check_names_its_code(path: Path) -> None:
    bare = re.compile(r"#\s*(type:\s*ignore(?!\[)|noqa(?!:\s*[A-Z]+[0-9]+))")

    assert [line for line in checkout.text(path).splitlines() if bare.search(line)] == []


@every_source
def test_only_the_clock_knows_the_time_and_only_settings_the_environment(path: Path) -> None:
    if checkout.name(path) in KNOWS_THEM:
        return
    used = [
        f"{node.value.id}.{node.attr} (line {node.lineno})"
        for node in checkout.nodes(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if (node.value.id, node.attr) in CLOCK_AND_ENVIRONMENT
    ]

    assert used == []


@checkout.each_of(PURE_SOURCES)
def test_a_pure_room_reaches_for_nothing_outside(path: Path) -> None:
    """The import contracts name what is forbidden; here is what is allowed, and what needs no import."""
    room = checkout.name(path).split("/")[0]
    allowed = (
        (set(sys.stdlib_module_names) - OUTSIDE_WORLD) | {room} | (PARSERS if room == "mappings" else set())
    )
    reached = []
    for node in checkout.nodes(path):
        if isinstance(node, ast.Import):
            reached += [alias.name for alias in node.names if alias.name.split(".")[0] not in allowed]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            reached += [str(node.module)] if str(node.module).split(".")[0] not in allowed else []
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REACHING_OUT:
            reached.append(f"{node.func.id} (line {node.lineno})")

    assert reached == []


@every_room
def test_a_room_has_a_short_face_that_tells_the_truth(room: Path) -> None:
    if room.name == "gateway":
        return
    face = room / "__init__.py"
    assert face.is_file(), "a room needs an __init__.py"
    assert len(checkout.text(face).splitlines()) < FACE_LINES
    module = importlib.import_module(checkout.name(room).replace("/", "."))
    shown = getattr(module, "__all__", None)
    assert shown is not None, "a room needs an __all__"

    imported = {
        alias.asname or alias.name
        for node in checkout.tree(face).body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }
    defined = {
        node.name for node in checkout.tree(face).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    public = {name for name in imported | defined if not name.startswith("_")}
    assert sorted(shown) == sorted(set(shown))
    assert [name for name in shown if not hasattr(module, name)] == []
    assert public - set(shown) == set()


@every_room
def test_a_room_has_a_readme_of_one_page(room: Path) -> None:
    page = room / "README.md"

    assert page.is_file()
    assert 0 < len(checkout.text(page).splitlines()) <= README_LINES


@every_source
def test_a_pure_room_is_entered_by_its_face(path: Path) -> None:
    room = checkout.name(path).split("/")[0]
    inside = [
        f"{node.module} (line {node.lineno})"
        for node in checkout.nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module
        if node.module.startswith(("consent.", "mappings.")) and node.module.split(".")[0] != room
    ]

    assert inside == []


def test_nothing_is_left_unfinished() -> None:
    suffixes = {".py", ".md", ".sql", ".toml", ".yaml", ".html", ".css", ".sh", ""}
    found = [
        f"{checkout.name(path)}:{number}"
        for path in checkout.files()
        if path.suffix in suffixes and path.name != "LICENSE"
        for number, line in enumerate(checkout.text(path).splitlines(), start=1)
        if UNFINISHED.search(line)
    ]

    assert found == []


def test_tests_use_fakes_and_no_mocks() -> None:
    tests = [
        path for path in checkout.files() if path.suffix == ".py" and checkout.name(path).startswith("tests/")
    ]
    mocking = re.compile(r"^\s*(from|import)\s+(unittest\.)?mock\b|\bMagicMock\b|\bmocker\b", re.MULTILINE)
    ours = Path(__file__)

    assert [
        checkout.name(path) for path in tests if path != ours and mocking.search(checkout.text(path))
    ] == []


@every_source
def test_a_log_line_has_only_keys_that_are_written(path: Path) -> None:
    """A key outside the allow-list would be dropped at run time; better to hear of it here."""
    calls = [
        node
        for node in checkout.nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "logs"
        if node.func.attr in ("debug", "info", "warning", "error", "fault", "bound")
    ]
    keys = {(word.arg, call.lineno) for call in calls for word in call.keywords if word.arg is not None}

    assert {(key, line) for key, line in keys if key not in logs.SHAPES} == set()
