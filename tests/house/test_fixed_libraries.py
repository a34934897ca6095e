"""The libraries that the owner and the first issue fixed are what the product stands on, whatever would be quicker."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

_GATEWAY = Path(__file__).parents[2] / "gateway"
_FIXED = {
    "fastapi": "fhir_api",
    "httpx": "delivery",
    "tenacity": "delivery",
    "cryptography": "security",
    "fhir": "resources",
    "pydantic_settings": "settings.py",
}
"""By library: the room, or the file, whose work it does."""


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            names.update(one.name.partition(".")[0] for one in node.names)
    return names


@pytest.mark.parametrize("library", _FIXED)
def test_a_library_that_was_fixed_does_the_work_it_was_chosen_for(library: str) -> None:
    place = _GATEWAY / _FIXED[library]
    files = [place] if place.suffix else sorted(place.rglob("*.py"))
    assert any(library in _imported(file) for file in files), (
        f"{library} is fixed (by the owner, or `Settings by pydantic-settings` in the first issue): "
        f"gateway/{_FIXED[library]} goes on using it; make its import late instead of replacing it"
    )
