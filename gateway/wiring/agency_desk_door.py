"""The pages at `/agency/` as a mounted application, bound to the store and the flows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from starlette.types import ASGIApp

from gateway.agency_desk import Desk, build_desk
from gateway.agency_desk.own_links_desk import OwnLinks
from gateway.agency_desk.signing_pages import build_signing
from gateway.agency_desk.sites import SIGNING_PATH
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.flows import agency_desk, desk_workers, own_contacts, stop_sending
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_workers import ISSUER
from gateway.store import tokens
from gateway.wiring.case_flows import case_desk
from gateway.wiring.crisis_flows import crisis_desk
from gateway.wiring.desk_flows import DeskFlows
from gateway.wiring.last_restore import last_restore
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.own_file_flows import own_files
from gateway.wiring.own_page_links import own_page_mailed
from gateway.wiring.passkey_flows import passkeys_at
from gateway.wiring.service_list import ServiceList
from gateway.wiring.standstill import Standstill
from gateway.wiring.worker_links import WorkerLinks

LINK_PURPOSE = "agency-desk-link"


def desk_mounts(
    folder: NetworkFolder,
    premises: Premises,
    standstill: Standstill | None = None,
    mails: bool = False,
) -> Mapping[str, ASGIApp]:
    """What is mounted beside the FHIR API, by path. While `standstill` lasts nothing is shown. Only where the
    gateway `mails` are links sent so.

    What was used or ended after a backup is not known after a restore: nothing from before it is good any more.
    """
    flows = DeskFlows(premises, standstill)
    restored_at = last_restore(premises.store)

    def has_to_go(worker: Worker, since: datetime) -> bool:
        is_old = restored_at is not None and since <= restored_at
        return is_old or desk_workers.was_sent_away(premises, worker, since)

    key = folder.keys.derived(LINK_PURPOSE)
    desk = Desk(
        network=premises.network,
        clock=premises.clock,
        key=key,
        secure=premises.network.content.public_url.startswith("https://"),
        use_once=partial(_use_once, premises),
        was_used=partial(_was_used, premises),
        waiting=flows.bound(agency_desk.waiting),
        opened=flows.bound(agency_desk.opened),
        files=own_files(flows),
        stops=flows.bound(stop_sending.at_the_desk),
        stop_read=flows.bound(stop_sending.read_at_desk),
        tell=partial(desk_workers.tell, premises),
        has_to_go=has_to_go,
        services=ServiceList(folder.path, premises.network).now,
        own_links=_own_links(flows, mails),
        mail_me=WorkerLinks(premises, key).asked if mails else None,
        answered=flows.bound(agency_desk.answered),
        to_do=flows.to_do(),
        consents=flows.consent_desk(),
        phones=flows.phones(),
        passkeys=passkeys_at(premises, flows),
        crisis=crisis_desk(flows, premises),
        cases=case_desk(flows, premises),
    )
    return {"/agency": build_desk(desk), SIGNING_PATH: build_signing(desk)}


async def _use_once(premises: Premises, one: str, until: datetime) -> bool:
    return await premises.store.write(lambda tx: tokens.use_jti(tx, ISSUER, one, instant_text(until)))


def _was_used(premises: Premises, one: str) -> bool:
    with premises.store.read() as reading:
        return tokens.was_used(reading, ISSUER, one)


def _own_links(flows: DeskFlows, mails: bool) -> OwnLinks:
    """How clients are reached; where there is a mail server, links to them."""
    return OwnLinks(
        contacts=flows.bound(own_contacts.contacts_of),
        agreed=flows.bound(own_contacts.contacts_agreed),
        mail_link=flows.bound(own_page_mailed) if mails else None,
    )
