"""The flows behind passkeys, bound to one set of premises."""

from __future__ import annotations

from functools import partial

from gateway.agency_desk.passkeys import Passkeys
from gateway.disclosure.premises import Premises
from gateway.flows import passkeys
from gateway.security.passkeys import place_of
from gateway.wiring.desk_flows import DeskFlows


def passkeys_at(premises: Premises, flows: DeskFlows) -> Passkeys:
    """Whose passkeys are asked for, where `public_url` is an address at which browsers offer them."""
    return Passkeys(
        place=place_of(premises.network.content.public_url),
        known=partial(passkeys.passkeys_of, premises),
        set_up=flows.bound(passkeys.passkey_set_up),
        used=partial(passkeys.passkey_used, premises),
        since=partial(passkeys.since, premises),
        removed=flows.bound(passkeys.passkey_removed),
    )
