"""A template is compiled once for all frames of a process, and again only when its file says something else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

import gateway
from gateway.pages import __main__ as installing
from gateway.pages.compiled_pages import CompiledPages, compiled_file


def test_a_template_is_compiled_once_until_its_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another start too, where byte code may be written; what stands there and is none of ours is compiled anew."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    compiled: list[str] = []

    class Counting(Environment):
        def _compile(self, source: str, filename: str) -> object:
            compiled.append(filename)
            return super()._compile(source, filename)

    kept, page = CompiledPages(), tmp_path / "page.html"
    beside = compiled_file(str(page))

    def rendered(kept: CompiledPages = kept) -> str:
        pages = Counting(loader=FileSystemLoader(tmp_path), bytecode_cache=kept, autoescape=True)
        return pages.get_template("page.html").render(name="<b>")

    page.write_text("Hello {{ name }}")
    assert (rendered(), rendered(), len(compiled)) == ("Hello &lt;b&gt;", "Hello &lt;b&gt;", 1)
    page.write_text("Bye {{ name }}")
    assert (rendered(), len(compiled)) == ("Bye &lt;b&gt;", 2)
    assert (rendered(CompiledPages()), len(compiled)) == ("Bye &lt;b&gt;", 2)
    beside.write_bytes(beside.read_bytes()[:20])  # as a machine that lost its power may leave it
    assert (rendered(CompiledPages()), len(compiled)) == ("Bye &lt;b&gt;", 3)
    beside.unlink()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert (rendered(CompiledPages()), len(compiled)) == ("Bye &lt;b&gt;", 4)
    assert not beside.exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(Path, "replace", _fails)
    assert (rendered(CompiledPages()), len(compiled)) == ("Bye &lt;b&gt;", 5)
    assert list(beside.parent.iterdir()) == []


def test_an_installation_compiles_the_templates_whatever_the_gateway_may_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(gateway, "__file__", str(tmp_path / "__init__.py"))
    made = [tmp_path / room / "templates" / "page.html" for room in ("agency_desk", "console")]
    for page in made:
        page.parent.mkdir(parents=True)
        page.write_text("Hello {{ name }}")
    installing.main()
    assert all(compiled_file(str(page)).stat().st_mode & 0o444 == 0o444 for page in made)


def _fails(*_: object) -> None:
    raise OSError
