"""`handoff demo`: the story of one person, on this machine."""

from __future__ import annotations

import sys

from gateway.demo import STORIES, run_demo


def demo(*, once: bool, story: int) -> int:
    """Play one of the demonstration's stories; 0 when every promise was kept, 1 when not, 2 for a story there is not."""
    if story not in STORIES:
        print(f"there are the stories {', '.join(map(str, STORIES))}", file=sys.stderr)
        return 2
    return run_demo(once=once, story=story)
