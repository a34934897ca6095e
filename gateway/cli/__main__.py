"""`python -m gateway.cli`: the same as the command `handoff`, where no script is installed."""

from __future__ import annotations

from gateway.cli import main

main()
