"""What a sender of HL7 v2 is told at once of a referral that comes to closed doors: whom to call, who is there instead.

It is said of the addressee that the sender itself named and of the clock, and of nothing else: neither consent, nor who
the person is, nor whether anything leaves changes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gateway.flows.messages import Fault
from gateway.flows.referral import CANCEL_EVENT, Referral
from gateway.flows.waiting_text import when_closed_text
from gateway.partners import Network
from gateway.partners.opening_hours import stands

_ACCEPTED = "0"


def closed_doors(network: Network, said: Iterable[object], at: datetime) -> tuple[Fault, ...]:
    """One remark for each addressee that is closed at that instant and says whom to call then."""
    addressees = [
        (one.partner, route.addressee)
        for one in said
        if isinstance(one, Referral) and one.event != CANCEL_EVENT
        for route in one.addressees[:1]
    ]
    return tuple(
        Fault("ADDRESSEE_CLOSED", text, "PRD-7", _ACCEPTED, severity="I")
        for sender, addressee in dict.fromkeys(addressees)
        if _is_closed(network, addressee, at) and (text := when_closed_text(network, sender, addressee))
    )


def _is_closed(network: Network, addressee: str, at: datetime) -> bool:
    hours = network.partners[addressee].hours
    return hours is not None and not stands(hours, network.zone_of(addressee), at).is_open
