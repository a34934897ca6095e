"""`python -m gateway` is the same as `handoff`."""

from gateway.cli import main

main()
