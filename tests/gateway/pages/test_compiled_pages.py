"""A template is compiled once for all frames of a process, and again only when its file says something else."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from gateway.pages.compiled_pages import CompiledPages


def test_a_template_is_compiled_once_until_its_file_changes(tmp_path: Path) -> None:
    compiled: list[str] = []

    class Counting(Environment):
        def _compile(self, source: str, filename: str) -> object:
            compiled.append(filename)
            return super()._compile(source, filename)

    kept, page = CompiledPages(), tmp_path / "page.html"

    def rendered() -> str:
        pages = Counting(loader=FileSystemLoader(tmp_path), bytecode_cache=kept, autoescape=True)
        return pages.get_template("page.html").render(name="<b>")

    page.write_text("Hello {{ name }}")
    assert (rendered(), rendered(), len(compiled)) == ("Hello &lt;b&gt;", "Hello &lt;b&gt;", 1)
    page.write_text("Bye {{ name }}")
    assert (rendered(), len(compiled)) == ("Bye &lt;b&gt;", 2)
