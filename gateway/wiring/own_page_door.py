"""The pages at `/me/` as a mounted application, bound to the store and the flows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from starlette.types import ASGIApp

from gateway.agency_desk.own_page_desk import OwnPage
from gateway.agency_desk.own_pages import PATH, build_own_page
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.flows import own_contacts, own_meetings, own_page, own_page_doors, phones
from gateway.flows.own_page_ends import ISSUER
from gateway.store import tokens
from gateway.wiring.desk_flows import DeskFlows
from gateway.wiring.last_restore import last_restore
from gateway.wiring.own_page_links import own_page_key
from gateway.wiring.passkey_flows import passkeys_at
from gateway.wiring.standstill import Standstill


def own_page_mounts(premises: Premises, standstill: Standstill | None = None) -> Mapping[str, ASGIApp]:
    """What is mounted beside the FHIR API, by path. While `standstill` lasts nothing is shown and nothing withdrawn."""
    flows = DeskFlows(premises, standstill)
    restored_at = last_restore(premises.store)

    async def use_once(one: str, until: datetime) -> bool:
        return await premises.store.write(lambda tx: tokens.use_jti(tx, ISSUER, one, instant_text(until)))

    def was_used(one: str) -> bool:
        with premises.store.read() as reading:
            return tokens.was_used(reading, ISSUER, one)

    def has_to_go(patient_id: str, since: datetime) -> bool:
        # what was used or ended after the backup is not known to be: nothing from before a restore is good
        is_old = restored_at is not None and since <= restored_at
        return is_old or own_page_doors.has_to_go(premises, patient_id, since)

    own = OwnPage(
        network=premises.network,
        clock=premises.clock,
        key=own_page_key(premises),
        secure=premises.network.content.public_url.startswith("https://"),
        use_once=use_once,
        was_used=was_used,
        has_to_go=has_to_go,
        making=partial(own_page_doors.making, premises),
        tell=partial(own_page_doors.tell, premises),
        permissions=flows.bound(own_page.permissions),
        told_whom=flows.bound(own_page.told_whom),
        withdrawn=flows.bound(own_page.withdrawn),
        ask=flows.bound(own_page.ask),
        phone_of=partial(phones.phone_of, premises),
        next_phone=partial(phones.next_phone, premises),
        phone_set_up=partial(phones.phone_set_up, premises),
        passkeys=passkeys_at(premises, flows),
        calendar=flows.bound(own_meetings.calendar),
        stop_messages=flows.bound(own_contacts.stop_messages),
    )
    return {PATH: build_own_page(own)}
