"""The files of the checkout, as the house tests see them."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("consent", "mappings", "gateway")
NOT_OURS = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
NOT_OURS |= {".import_linter_cache", "build", "dist", "htmlcov", "mutants", "demo-network"}


@cache
def files() -> tuple[Path, ...]:
    """Every file that is or would be committed. Without git, every file outside the caches."""
    try:
        command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
        found = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not NOT_OURS & set(path.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in found if path.is_file()))


def name(path: Path) -> str:
    """The path from the root of the checkout."""
    return path.relative_to(ROOT).as_posix()


def is_generated(path: Path) -> bool:
    return "generated" in path.relative_to(ROOT).parts


@cache
def sources() -> tuple[Path, ...]:
    """The Python files of the three rooms and `dev`, without generated ones."""
    ours = [path for path in files() if path.suffix == ".py" and name(path).split("/")[0] in ROOMS]
    return tuple(path for path in [*ours, ROOT / "dev"] if not is_generated(path))


@cache
def text(path: Path) -> str:
    """The file's text; empty for a file that is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=name(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of the file's tree: a dozen tests go through all of them, and walking costs more than looking."""
    return tuple(ast.walk(tree(path)))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def each_of(paths: Iterable[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """A test of one path becomes one test of all of them, that says of which it does not hold.

    As a case each, the files of the checkout would be a third of all tests, and every quick run would leave most out.
    """
    paths = tuple(paths)

    def of(rule: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            broken = []
            for path in paths:
                try:
                    rule(path)
                except AssertionError as fault:
                    broken.append(f"{name(path)}: {fault}")
            assert paths, "no file to look at"
            assert not broken, "\n".join(broken)

        test.__name__, test.__doc__, test.__module__ = rule.__name__, rule.__doc__, rule.__module__
        return test

    return of


def words(identifier: str) -> set[str]:
    """The words of `snake_case` and `CamelCase` names, lower case."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", identifier)
    return {word.lower() for word in re.split(r"[_\W]+", spaced) if word}


@cache
def room_folders() -> tuple[Path, ...]:
    """The folders that are rooms: the two pure ones, the gateway, and each package directly inside it."""
    inside = {path.parent for path in sources() if path.parent.parent == ROOT / "gateway"}
    return (ROOT / "consent", ROOT / "mappings", ROOT / "gateway", *sorted(inside))


@cache
def documents() -> str:
    """The text of all documents: every README and the runbook."""
    return "\n".join(text(path) for path in files() if path.name in ("README.md", "runbook.md"))
