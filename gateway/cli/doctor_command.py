"""`handoff doctor`: one page that says what is wrong."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from pathlib import Path

from gateway.wiring.checkup import Finding, look_over
from gateway.wiring.checkup_database import database_checks
from gateway.wiring.checkup_places import place_checks
from gateway.wiring.checkup_store import store_checks

_WIDTH = 110


def doctor(network: Path, store: str | None, *, as_json: bool) -> int:
    """Print every finding, what somebody must do first; 0 when nothing is wrong, else 1."""
    found, fine = look_over(network, store, (*place_checks(), *database_checks(), *store_checks()))
    wrong = sum(one.is_wrong for one in found)
    if as_json:
        print(json.dumps({"findings": [asdict(one) for one in found], "fine": fine}, indent=2))
        return 1 if wrong else 0
    for one in found:
        print("\n".join(_lines(one)))
    if fine:
        print(f"fine   {', '.join(fine)}")
    print(f"{wrong} wrong." if wrong else "Nothing is wrong.")
    return 1 if wrong else 0


def _lines(found: Finding) -> list[str]:
    head = "WRONG  " if found.is_wrong else "note   "
    text = f"{found.about}: {found.what}" + (f". {found.do[:1].upper()}{found.do[1:]}" if found.do else "")
    return textwrap.wrap(text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
