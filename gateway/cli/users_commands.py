"""`handoff users list`, and whether somebody may be given a link to the console."""

from __future__ import annotations

import json
from pathlib import Path

from gateway.cli.tables import print_table
from gateway.clock import SystemClock
from gateway.errors import NotFound
from gateway.flows.console_accounts import Moment, require_account, state_of
from gateway.store import Reading, console_accounts
from gateway.wiring.last_restore import last_restore_in
from gateway.wiring.looking import reading
from gateway.wiring.network_folder import NetworkFolder

_COLUMNS = ("name", "roles", "until", "state", "set_at")


def users_list(network: Path, store: str | None, *, as_json: bool) -> int:
    """Print the accounts; 0. Nobody's patients are on it, so it is no look that the log takes down."""
    with reading(network, store) as (folder, view):
        moment, found = _moment(folder, view), console_accounts.every(view)
    rows = [
        {
            "name": one.name,
            "roles": list(one.roles),
            "until": one.last_day,
            "state": state_of(one, moment) or "enabled",
            "set_at": one.set_at,
        }
        for one in found
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
        return 0
    cells = [
        (one["name"], ", ".join(one["roles"]), one["until"], one["state"], one["set_at"]) for one in rows
    ]
    print_table([name.replace("_", " ") for name in _COLUMNS], [tuple(map(str, row)) for row in cells])
    return 0


def require_link(network: Path, store: str | None, name: str, role: str) -> None:
    """Nothing, when a link may be made; without a store nobody has an account yet. Raises as `require_account`."""
    try:
        with reading(network, store) as (folder, view):
            require_account(view, name, role, _moment(folder, view))
    except NotFound as missing:
        if missing.code != "STORE_MISSING":
            raise


def _moment(folder: NetworkFolder, view: Reading) -> Moment:
    return Moment(SystemClock().now(), folder.network.zone, last_restore_in(view))
