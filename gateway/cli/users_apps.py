"""The commands `handoff users …`: who may log in to the console."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from gateway.cli.options import PLAIN, AsJson, Network, Store, finish, folder_of

users_app = typer.Typer(help="People of the console.", **PLAIN)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="As the console names her; `Name [id]` for one of a provider.")
]
Reason = Annotated[str | None, typer.Option(help="Why; the audit log keeps it.")]


@users_app.command("add")
def users_add(
    name: Name,
    role: Annotated[list[str], typer.Option(help="compliance_officer or auditor; may be given twice.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="Her last day, say 2026-12-31.")] = "",
    reason: Reason = None,
    network: Network = None,
    store: Store = None,
) -> None:
    """Set up a person, or what she may from now on. From the first one on nobody gets a link without an account."""
    from gateway.cli.operator_commands import act
    from gateway.cli.who import who

    asked = {"name": name, "roles": role, "until": until, "by": who()}
    finish(act(folder_of(network), store, "users add", json.dumps(asked), reason))


@users_app.command("disable")
def users_disable(name: Name, reason: Reason = None, network: Network = None, store: Store = None) -> None:
    """End a person's sessions and links at once; she is given no new ones."""
    from gateway.cli.operator_commands import act
    from gateway.cli.who import who

    asked = {"name": name, "by": who()}
    finish(act(folder_of(network), store, "users disable", json.dumps(asked), reason))


@users_app.command("list")
def users_list(network: Network = None, store: Store = None, as_json: AsJson = False) -> None:
    """List the people of the console: as what, until when, and whether their account is in force."""
    from gateway.cli.users_commands import users_list as body

    finish(body(folder_of(network), store, as_json=as_json))
