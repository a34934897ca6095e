"""`python -m gateway.pages`: the byte code of all templates, where the gateway may not write into its installation."""

from __future__ import annotations

import sys
from pathlib import Path

import gateway
from gateway.pages.compiled_pages import CompiledPages, templates_of

_ROOMS = ("agency_desk", "console")


def main() -> None:
    """Compile every template of the sets of pages. Raises TemplateSyntaxError, OSError."""
    sys.dont_write_bytecode = False
    for room in _ROOMS:
        templates = templates_of(Path(gateway.__file__).parent / room / "templates", CompiledPages())
        for name in templates.list_templates(extensions=["html"]):
            templates.get_template(name)


if __name__ == "__main__":
    main()
