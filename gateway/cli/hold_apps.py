"""The commands `handoff hold …`: legal holds placed, lifted and listed."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from gateway.cli.options import PLAIN, AsJson, Network, Store, finish, folder_of

hold_app = typer.Typer(help="Legal holds: what must not be destroyed.", **PLAIN)

Matter = Annotated[str, typer.Option("--reason", help="For which matter; the audit log keeps it.")]


@hold_app.command("place")
def hold_place(
    code: Annotated[
        str,
        typer.Argument(
            metavar="CODE", help="LITIGATION, COURT_ORDER, INVESTIGATION, BREACH, COMPLAINT or AUDIT."
        ),
    ],
    reason: Matter,
    patient: Annotated[str, typer.Option(metavar="ID", help="Our id of the patient.")] = "",
    partner: Annotated[str, typer.Option(metavar="PARTNER", help="What came from or went to it.")] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="From this day on, say 2026-11-01.")] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="To this day, inclusive.")] = "",
    network: Network = None,
    store: Store = None,
) -> None:
    """Keep what is of a patient, a partner or days from being destroyed, until another account of this machine lifts it.

    Where there is one account alone, place it at the console, where another login lifts it.
    """
    from gateway.cli.operator_commands import act
    from gateway.cli.who import who

    asked = {"reason": code, "patient": patient, "partner": partner, "first_day": since, "last_day": until}
    finish(act(folder_of(network), store, "hold place", json.dumps(asked | {"by": who()}), reason))


@hold_app.command("lift")
def hold_lift(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD", help="Its id, as `handoff hold list` says.")],
    reason: Matter,
    network: Network = None,
    store: Store = None,
) -> None:
    """Lift a hold that another account has placed by a command; one placed at the console is lifted there."""
    from gateway.cli.operator_commands import act
    from gateway.cli.who import who

    finish(act(folder_of(network), store, "hold lift", f"{hold_id} {who()}", reason))


@hold_app.command("list")
def hold_list(network: Network = None, store: Store = None, as_json: AsJson = False) -> None:
    """List the legal holds: all that stand, then those that were lifted, the newest first."""
    from gateway.cli.hold_command import hold_list as body

    finish(body(folder_of(network), store, as_json=as_json))
