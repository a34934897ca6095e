"""A person stops what is sent to a partner for a while, and lets it go on: nothing is lost, all of it waits.

What the partner itself sends or asks for is taken and answered as before; to end that too, `network.yaml` says `paused`.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from gateway.audit import append
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotFound
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.store import Transaction, partner_pauses
from gateway.store.partner_pauses import PartnerPause

PAUSED, RESUMED, TESTED = "partner_paused", "partner_resumed", "partner_line_tested"


async def pause(premises: Premises, partner: str, reason: str, by: str) -> dict[str, Any]:
    """Send nothing to the partner from now on.

    Raises NotFound `NO_SUCH_PARTNER`, AlreadyReceived `PARTNER_PAUSED`, NotUnderstood `REASON_MISSING`.
    """
    said = why(reason)
    _must_be_known(premises, partner)

    def work(tx: Transaction) -> dict[str, Any]:
        if partner_pauses.is_paused(tx, partner):
            raise AlreadyReceived("PARTNER_PAUSED", "nothing is sent to this partner already", partner)
        at = instant_text(premises.clock.now())
        seq = _logged(premises, tx, PAUSED, partner, said, by)
        partner_pauses.begin(tx, PartnerPause(partner, at, seq))
        return {"partner": partner, "outcome": PAUSED, "entry": seq}

    return await carry_out(premises, work)


async def go_on(premises: Premises, partner: str, reason: str, by: str) -> dict[str, Any]:
    """Send to the partner again; consent is decided anew for all that waits.

    Raises NotFound `NO_SUCH_PARTNER`, AlreadyReceived `PARTNER_NOT_PAUSED`, NotUnderstood `REASON_MISSING`.
    """
    said = why(reason)
    _must_be_known(premises, partner)

    def work(tx: Transaction) -> dict[str, Any]:
        if not partner_pauses.end(tx, partner):
            raise AlreadyReceived("PARTNER_NOT_PAUSED", "nobody has paused this partner here", partner)
        return {
            "partner": partner,
            "outcome": RESUMED,
            "entry": _logged(premises, tx, RESUMED, partner, said, by),
        }

    return await carry_out(premises, work)


async def record_line_test(premises: Premises, partner: str, reason: str, by: str) -> None:
    """Say in the log that somebody has the line to a partner tried. Raises NotFound, NotUnderstood as `pause`."""
    said = why(reason)
    _must_be_known(premises, partner)
    await premises.store.write(lambda tx: _logged(premises, tx, TESTED, partner, said, by))


def _must_be_known(premises: Premises, partner: str) -> None:
    if partner not in premises.network.partners:
        raise NotFound("NO_SUCH_PARTNER", "no partner of the network has that id", partner)


def _logged(premises: Premises, tx: Transaction, outcome: str, partner: str, said: str, by: str) -> int:
    entry = act_entry(outcome, instant_text(premises.clock.now()), said, partner=partner, subject=partner)
    return append(tx, replace(entry, recipient_name=by)).seq
