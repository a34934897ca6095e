"""`handoff hold list`: which legal holds stand, and which were lifted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from gateway.cli.looked import looked
from gateway.cli.tables import print_table
from gateway.store import Reading, legal_holds

_COLUMNS = ("id", "reason", "patient_id", "partner", "since", "until", "placed_at", "placed_by", "lifted_at")


def hold_list(network: Path, store: str | None, *, as_json: bool) -> int:
    """Print the holds; 0."""

    def asked(view: Reading) -> tuple[str, Iterable[str | None]]:
        return "hold list", (one.patient_id for one in legal_holds.newest(view))

    with looked(network, store, asked) as (_, view):
        rows = [asdict(one) for one in legal_holds.newest(view)]
    if as_json:
        print(json.dumps(rows, indent=2))
        return 0
    print_table(
        [name.replace("_", " ") for name in _COLUMNS],
        [tuple(str(row[name]) for name in _COLUMNS) for row in rows],
    )
    return 0
