"""Links that workers ask for at the login page, mailed to the address that `network.yaml` has for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from gateway.agency_desk import make_link
from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.flows import desk_workers, phones
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_ticks import on_a_tick
from gateway.flows.desk_workers import ISSUER
from gateway.flows.link_letters import Letter, keep
from gateway.partners import Network
from gateway.store import Reading, tokens

AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class WorkerLinks:
    """How a worker gets a link by mail: never one whose code nobody has told her."""

    premises: Premises
    key: bytes = field(repr=False)

    async def asked(self, address: str) -> None:
        """Mail a link to whoever has that address and a second thing of her own; for anybody else nothing, in the same
        time. At most one in five minutes.
        """
        await on_a_tick(self._asked(address))

    async def _asked(self, address: str) -> None:
        for worker, agreed in workers_at(self.premises.network, address):
            if not self._has_second(worker):
                continue
            if await self._is_soon(worker):
                continue
            made = self.premises.clock.now()
            link, _ = make_link(self.key, worker.partner, worker.name, made)
            to = login_address(self.premises.network, link)
            letter = Letter(worker, None, agreed, to, instant_text(made))
            await desk_workers.tell(
                self.premises, worker, desk_workers.MAILED, also=partial(keep, self.premises, letter=letter)
            )

    def _has_second(self, worker: Worker) -> bool:
        with self.premises.store.read() as reading:
            return _has_second(self.premises, reading, worker)

    async def _is_soon(self, worker: Worker) -> bool:
        """Whether one went to her within five minutes."""
        now = self.premises.clock.now()
        who = "mailed-" + self.premises.keys.index("desk-worker", worker.partner, worker.name.casefold())
        slot = f"{who}-{int(now.timestamp() // AGAIN.total_seconds())}"
        until = instant_text(now + 2 * AGAIN)
        return not await self.premises.store.write(lambda tx: tokens.use_jti(tx, ISSUER, slot, until))


def against_mail(premises: Premises, reading: Reading, letter: Letter) -> str:
    """What speaks against a mail to a worker: she works there no more under that address, has no second thing of her
    own, or was sent away since.
    """
    worker, made_at = letter.worker, read_instant(letter.made_at)
    if (worker, letter.address) not in workers_at(premises.network, letter.address):
        return "another address"
    if not _has_second(premises, reading, worker):
        return "no second thing of her own"
    return "sent away" if desk_workers.is_sent_away(premises, reading, worker, made_at) else ""


def _has_second(premises: Premises, reading: Reading, worker: Worker) -> bool:
    """Whether something of hers is asked for beside the link that no restore has made doubtful."""
    whose = phones.of_worker(worker.partner, worker.name)
    return not phones.is_doubtful(premises, reading, whose) and phones.has_second_in(premises, reading, whose)


def workers_at(network: Network, address: str) -> Iterator[tuple[Worker, str]]:
    """Workers of that address at desks that are open, with the address as it is written in `network.yaml`."""
    said = address.strip().casefold()
    for partner_id, partner in network.partners.items():
        if partner.state == "live" and partner.has_desk:
            for name, agreed in partner.workers.items():
                if agreed.casefold() == said:
                    yield Worker(partner_id, name), agreed


def login_address(network: Network, link: str) -> str:
    """Where a link to the desk leads."""
    base = network.content.public_url or f"http://{network.content.http}"
    return f"{base}/agency/login?link={link}"
