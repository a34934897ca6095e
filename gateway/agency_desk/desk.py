"""What the pages of the desk ask of the rest of the gateway. Wiring binds the store and the flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.agency_desk.case_desk import CaseDesk
from gateway.agency_desk.consent_desk import ConsentDesk
from gateway.agency_desk.crisis_desk import CrisisDesk
from gateway.agency_desk.own_files import OwnFiles
from gateway.agency_desk.own_links_desk import OwnLinks
from gateway.agency_desk.passkeys import Passkeys
from gateway.agency_desk.second_factor import Phones
from gateway.clock import Clock
from gateway.flows.agency_desk import AtDesk, Worker
from gateway.flows.desk_public_safety import RIGHT as REFER_IN
from gateway.flows.desk_sheets import sheets_of
from gateway.flows.to_do import ToDo
from gateway.partners import DeskDelivery, Network, Partner
from gateway.partners.services import Service

SHEET = "sheet"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages ask of the rest of the gateway.

    `key` signs links and sessions (32 bytes or more); `secure`: whether the pages are reached over https. `use_once`
    keeps an id durably and says whether it was new.
    """

    network: Network
    clock: Clock
    key: bytes = field(repr=False)
    secure: bool
    use_once: Callable[[str, datetime], Awaitable[bool]]
    was_used: Callable[[str], bool]
    waiting: Callable[[Worker, int], Awaitable[tuple[AtDesk, ...]]]
    opened: Callable[[Worker, str], Awaitable[AtDesk]]
    files: OwnFiles
    answered: Callable[[Worker, str, str, str, str], Awaitable[None]]
    stops: Callable[[str], Awaitable[tuple[tuple[str, str], ...]]]
    """What a partner is told to stop using, and has not said to have read: id of the consent, text."""
    stop_read: Callable[[str, str, str], Awaitable[None]]
    """A worker of the partner has read it: partner, id of the consent, worker."""
    tell: Callable[[Worker, str, str], Awaitable[None]]
    """For the log: who came, could not or left, and why not."""
    to_do: Callable[[Worker], Awaitable[ToDo]]
    consents: ConsentDesk
    phones: Phones
    passkeys: Passkeys
    crisis: CrisisDesk
    cases: CaseDesk
    services: Callable[[], tuple[Service, ...]]
    """The services of the region, as the directory beside `network.yaml` names them."""
    own_links: OwnLinks
    mail_me: Callable[[str], Awaitable[None]] | None
    """Mails a link to the worker of that address, if there is one; None where the gateway has no mail server."""
    has_to_go: Callable[[Worker, datetime], bool]
    """Whether whatever the worker was given by that instant has ended."""

    def name_of(self, partner: str) -> str:
        """The organization's name; the id of one that is no longer known."""
        found = self.network.partners.get(partner)
        return partner if found is None else found.organization.name

    def serves(self, worker: Worker) -> bool:
        """Whether the worker's organization has a desk here, and takes part."""
        return self._takes_part(worker) is not None

    def may(self, worker: Worker, right: str) -> bool:
        """Whether the worker's organization may do that here: `answer` where its referrals come to the desk, `sheet`
        where its sheets can be read, else what
        `desk` of `network.yaml` names; an empty `right` is anybody's but law enforcement's, which may refer in and see
        nothing (DM-12).
        """
        partner = self._takes_part(worker)
        if partner is None:
            return False
        if partner.kind == "law_enforcement":
            return right == REFER_IN and right in partner.desk
        if not right:
            return True
        if right == SHEET:
            return bool(sheets_of(self.network, worker.partner))
        return isinstance(partner.delivery, DeskDelivery) if right == "answer" else right in partner.desk

    def _takes_part(self, worker: Worker) -> Partner | None:
        partner = self.network.partners.get(worker.partner)
        return partner if partner is not None and partner.state == "live" and partner.has_desk else None
