"""The command `handoff`. Bodies are imported when they run, so that `--help` and `decide` start at once."""

from __future__ import annotations

from gateway.cli.main import main

__all__ = ["main"]
