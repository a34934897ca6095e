"""`handoff demo`: the story of one person, on this machine."""

from __future__ import annotations

from gateway.demo import run_demo


def demo(*, once: bool) -> int:
    """Play the demonstration; 0 when every promise was kept."""
    return run_demo(once=once)
