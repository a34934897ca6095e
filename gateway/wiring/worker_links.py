"""Links that workers ask for at the login page, mailed to the address that `network.yaml` has for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from gateway.agency_desk import make_link
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.flows import desk_workers, phones
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_ticks import on_a_tick
from gateway.flows.desk_workers import ISSUER
from gateway.partners import Network
from gateway.store import tokens
from gateway.wiring.link_post import LinkPost

AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class WorkerLinks:
    """How a worker gets a link by mail: never one whose code nobody has told her."""

    premises: Premises
    post: LinkPost
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
            await desk_workers.tell(self.premises, worker, desk_workers.MAILED)
            still = partial(self._may_leave, worker, agreed, made)
            self.post.mail(agreed, login_address(self.premises.network, link), still)

    def _may_leave(self, worker: Worker, address: str, made: datetime) -> bool:
        """Whether she still works there, under that address and with a second thing, and was not sent away since."""
        return (
            (worker, address) in workers_at(self.premises.network, address)
            and self._has_second(worker)
            and not desk_workers.was_sent_away(self.premises, worker, made)
        )

    def _has_second(self, worker: Worker) -> bool:
        """Whether something of hers is asked for beside the link that no restore has made doubtful."""
        whose = phones.of_worker(worker.partner, worker.name)
        with self.premises.store.read() as reading:
            doubtful = phones.is_doubtful(self.premises, reading, whose)
        return not doubtful and phones.has_second(self.premises, whose)

    async def _is_soon(self, worker: Worker) -> bool:
        """Whether one went to her within five minutes."""
        now = self.premises.clock.now()
        who = "mailed-" + self.premises.keys.index("desk-worker", worker.partner, worker.name.casefold())
        slot = f"{who}-{int(now.timestamp() // AGAIN.total_seconds())}"
        until = instant_text(now + 2 * AGAIN)
        return not await self.premises.store.write(lambda tx: tokens.use_jti(tx, ISSUER, slot, until))


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
