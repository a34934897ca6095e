"""What a serving gateway does not load."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from gateway.cli.leaving_out import leaving_out, without_collecting

_SERVING = """
import sys
from gateway.cli.leaving_out import leaving_out
with leaving_out("greenlet", "pygments", "rich", "watchfiles"):
    import gateway.cli.serve_command
late = ("aiohttp", "jinja2", "lxml.html", "gateway.agency_desk", "gateway.console", "gateway.pages", "psycopg")
never = ("greenlet", "pygments", "rich", "watchfiles")
print(*sorted(name for name in ("httpx", "structlog", *late, *never) if name in sys.modules))
"""


def test_a_gateway_that_serves_has_no_colours_in_memory_and_opens_its_doors_before_it_reads_pages() -> None:
    said = subprocess.run([sys.executable, "-c", _SERVING], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["httpx", "structlog"]


def test_what_was_left_out_is_found_again_and_what_is_loaded_stays() -> None:
    kept = sys.modules.pop("colorsys", None)
    with leaving_out("colorsys", "json"):
        with pytest.raises(ImportError):
            __import__("colorsys")
        assert __import__("json") is sys.modules["json"]
    assert __import__("colorsys") is sys.modules["colorsys"]
    sys.modules["colorsys"] = kept or sys.modules["colorsys"]


def test_what_is_read_in_is_looked_through_neither_then_nor_later() -> None:
    try:
        with without_collecting():
            assert not gc.isenabled()
            before = gc.get_freeze_count()
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
