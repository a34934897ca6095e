"""A running gateway: every room put together, started in order and stopped in the reverse one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import httpx

from gateway import logs
from gateway.audit import Counting, Sealer
from gateway.audit.journal import FOLDER as JOURNAL
from gateway.audit.journal import Journal
from gateway.clock import instant_text
from gateway.delivery.http_push import open_transport
from gateway.delivery.notifier import Notifier
from gateway.delivery.recovery import Recovery
from gateway.delivery.sender import Sender
from gateway.delivery.stop_sender import StopSender
from gateway.disclosure.premises import Premises
from gateway.flows.messages import Receipt, ReceivedMessage
from gateway.flows.receive import accept_message
from gateway.intake import FolderWatch
from gateway.logs import Event
from gateway.settings import Settings
from gateway.store import Transaction, intents
from gateway.store.model import SILENCE_SECONDS
from gateway.wiring.alert_mail import AlertMail, mail_of, post_of
from gateway.wiring.allocator import give_back, give_back_after_bursts, keep_to_one_arena
from gateway.wiring.atna_feed import AtnaFeed
from gateway.wiring.atna_lines import repositories_of
from gateway.wiring.bulk_writer import BulkWriter
from gateway.wiring.control import ControlDoor
from gateway.wiring.folder_gauges import FolderGauges
from gateway.wiring.gauges import StoreGauges
from gateway.wiring.house import House
from gateway.wiring.housekeeping import Housekeeping
from gateway.wiring.http_door import HttpDoor
from gateway.wiring.journal_gauges import JournalGauges
from gateway.wiring.key_keeper import KeyKeeper
from gateway.wiring.lines import (
    folder_watches,
    later_answers,
    mllp_listeners,
    partner_watches,
    port_watches,
    reach_of,
)
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.opening import open_premises, open_writing_store
from gateway.wiring.recorded_looks import look_acts
from gateway.wiring.resting_gauges import RestingGauges
from gateway.wiring.retention import Retention
from gateway.wiring.shared_ports import Ports
from gateway.wiring.standstill import Standstill

_OBJECTS_A_ROUND = 50_000
Ready = Callable[[dict[str, object]], None]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where to listen, when it is not to be what `network.yaml` says; `host:port`, port 0 for any free one.

    `ports`: sockets that listen already, where several processes share the ports.
    """

    http: str | None = None
    mllp: str | None = None
    ports: Ports | None = None


async def serve(folder: NetworkFolder, settings: Settings, addresses: Addresses, ready: Ready) -> None:
    """Run until SIGTERM or SIGINT, then finish what is in hand. `ready` is told the real addresses once."""
    keep_to_one_arena()
    post_of(settings)  # a wrong setting stops the start, not the first alert
    mail_of(settings, folder.network)
    repositories_of(settings)
    store = open_writing_store(folder, settings.store or None)
    try:
        premises = open_premises(folder, store)
        Journal(store, folder.path / JOURNAL).begin()
        if not store.is_shared:
            await _recover(premises)
        running = _Running(folder, premises, settings, addresses)
        await running.run(ready)
    finally:
        await store.close()
        logs.info(Event.STOPPED)


async def _recover(premises: Premises) -> None:
    """What was in flight when the last process ended goes again, or to a person."""
    at = instant_text(premises.clock.now())
    network = premises.network
    asks = [partner_id for partner_id in network.partners if network.asks_a_person(partner_id)]

    def work(tx: Transaction) -> None:
        intents.recover_sending(tx, at, asks)

    await premises.store.write(work)


def _settle_memory() -> None:
    """Take what was loaded for good out of the collector's rounds, and let it come round less often.

    A message makes tens of thousands of objects that die young; looking through all modules for each of them would
    cost a tenth of the time.
    """
    gc.collect()
    give_back()
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_ROUND, 20, 50)


async def _at_once() -> None:
    """Nothing to tell: what is stopped hears of it by the gateway's own sign."""


class _Running:
    def __init__(
        self,
        folder: NetworkFolder,
        premises: Premises,
        settings: Settings,
        addresses: Addresses,
    ) -> None:
        self._standstill = Standstill(folder.path, premises.store, premises.clock)
        self._folder, self._premises, self._settings = folder, premises, settings
        self._addresses = addresses
        self._folder_gauges, self._resting_gauges = FolderGauges(), RestingGauges()
        self._journal_gauges = JournalGauges()
        self._stop = asyncio.Event()

    async def run(self, ready: Ready) -> None:
        """Start everything, wait for the sign to stop, stop everything."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._stop.set)
        async with contextlib.AsyncExitStack() as stack:
            if self._premises.store.is_shared:
                await self._start(stack, partial(self._standstill.watch, self._stop), _at_once)
            await self._as_keeper(stack, self._start_keepers)
            transport = await stack.enter_async_context(open_transport())
            sender = Sender(self._premises, transport, reach=reach_of(self._folder))
            self._resting_gauges.resting = sender.not_taking
            send = partial(self._standstill.then, sender.run, self._stop)
            await self._start(stack, send, partial(sender.stop, self._settings.stop_seconds / 2))
            for watch in partner_watches(self._folder, sender.ways):
                await self._start(stack, watch.run, watch.stop)
            await self._as_keeper(stack, partial(self._start_later_answers, sender))
            http = HttpDoor(
                self._folder,
                self._premises,
                self._settings,
                self._addresses.http,
                self._standstill,
                transport,
                sender.resting,
                (self._folder_gauges, self._resting_gauges, self._journal_gauges),
            )
            ports = self._addresses.ports
            http_address = await http.start(ports.http if ports else None)
            stack.push_async_callback(http.stop)
            await self._as_keeper(stack, partial(self._start_notifier, transport, http_address))
            mllp = await self._open_ports(stack)
            await self._as_keeper(stack, partial(self._open_doors_of_the_folder, http_address))
            http.pages.then = _settle_memory
            _settle_memory()
            await self._start(stack, partial(give_back_after_bursts, self._stop), _at_once)
            ready({"event": "ready", "http": f"http://{http_address}", "mllp": mllp})
            logs.info(Event.READY)
            await self._stop.wait()
            logs.info(Event.STOPPING)

    async def _open_ports(self, stack: contextlib.AsyncExitStack) -> list[str]:
        """Open the MLLP ports; their real addresses."""
        ports, opened = self._addresses.ports, []
        for index, listener in enumerate(
            mllp_listeners(
                self._folder, self._settings, self._addresses.mllp, self._accept, self._premises.clock
            )
        ):
            opened.append(await listener.start(ports.mllp[index] if ports else None))
            stack.push_async_callback(listener.stop, self._settings.stop_seconds / 4)
            for watch in port_watches(self._folder, index, listener):
                await self._start(stack, watch.run, watch.stop)
        return opened

    async def _as_keeper(
        self, stack: contextlib.AsyncExitStack, enter: Callable[[contextlib.AsyncExitStack], Awaitable[None]]
    ) -> None:
        """Start, with `enter`, what only one process may do: here, or where several share a store, in one of them."""
        store = self._premises.store
        if not store.is_shared:
            await enter(stack)
            return
        house = House(lambda: store.is_keeper, enter)
        await self._start(stack, house.run, house.stop)

    async def _start_later_answers(self, sender: Sender, stack: contextlib.AsyncExitStack) -> None:
        later = later_answers(self._premises, sender.ways)
        await self._start(stack, partial(self._standstill.then, later.run, self._stop), later.stop)
        stops = StopSender(self._premises, sender.ways)
        await self._start(stack, partial(self._standstill.then, stops.run, self._stop), stops.stop)

    async def _start_notifier(
        self, transport: httpx.AsyncBaseTransport, http: str, stack: contextlib.AsyncExitStack
    ) -> None:
        base = self._folder.network.content.public_url or f"http://{http}"
        mail = mail_of(self._settings, self._folder.network)
        notifier = Notifier(self._premises, transport, lambda: base, mail=mail)
        await self._start(stack, partial(self._standstill.then, notifier.run, self._stop), notifier.stop)

    async def _open_doors_of_the_folder(self, http: str, stack: contextlib.AsyncExitStack) -> None:
        stack.callback(self._folder_gauges.remove_all)
        for watch in folder_watches(self._folder, self._premises):
            if isinstance(watch, FolderWatch):
                self._folder_gauges.add(watch)
            await self._start(stack, watch.run, watch.stop)
        key_keeper = KeyKeeper(self._folder, self._premises.store, self._premises.clock)
        looks = look_acts(self._premises.store, self._premises.clock)
        acts = {**key_keeper.acts(), **self._standstill.acts(), **looks}
        control = ControlDoor(self._folder.path, self._premises, acts)
        await control.start(f"http://{http}")
        stack.push_async_callback(control.stop)

    async def _start_keepers(self, stack: contextlib.AsyncExitStack) -> None:
        """Start what keeps log, journal, tables and keys in order."""
        store, clock = self._premises.store, self._premises.clock
        sealer = Sealer(store, self._folder.keys.signer, self._folder.path / "witness.log", clock)
        await self._start(stack, sealer.run, sealer.stop)
        counting = Counting(store, self._folder.keys.index_hmac, self._folder.network.zone)
        await self._start(stack, counting.run, counting.stop)
        journal = Journal(store, self._folder.path / JOURNAL)
        journal.begin()
        self._journal_gauges.behind_seconds = journal.behind_seconds
        await self._start(stack, journal.run, journal.stop)
        housekeeping = Housekeeping(self._premises, self._settings.held_days)
        await self._start(stack, housekeeping.run, housekeeping.stop)
        key_keeper = KeyKeeper(self._folder, store, clock)
        await self._start(stack, key_keeper.run, key_keeper.stop)
        bulk = BulkWriter(self._premises)
        await self._start(stack, partial(self._standstill.then, bulk.run, self._stop), bulk.stop)
        retention = Retention(store, clock, self._settings.message_days, self._settings.refused_days)
        await self._start(stack, retention.run, retention.stop)
        if (post := post_of(self._settings)) is not None:
            who = self._folder.network.content.operator.name
            own = (self._folder_gauges, self._resting_gauges, self._journal_gauges)
            gauges = (StoreGauges(self._premises), *own)
            mail = AlertMail(gauges, post, self._folder.path, clock, who)
            await self._start(stack, mail.run, mail.stop)
        if (send := mail_of(self._settings, self._folder.network)) is not None:
            from gateway.wiring.link_post import LinkPost  # it mails in the words of the agency's pages

            links = LinkPost(self._premises, send)
            await self._start(stack, partial(self._standstill.then, links.run, self._stop), links.stop)
        for repository in repositories_of(self._settings):
            feed = AtnaFeed(self._premises, repository)
            await self._start(stack, partial(self._standstill.then, feed.run, self._stop), feed.stop)
        if store.is_shared:
            recovery = Recovery(self._premises, first_after_seconds=SILENCE_SECONDS)
            await self._start(stack, recovery.run, recovery.stop)

    async def _start(
        self,
        stack: contextlib.AsyncExitStack,
        run: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
    ) -> None:
        """Run `run` as a task that ends the gateway when it fails; on the way out `stop` it and wait."""
        task = asyncio.ensure_future(run())
        task.add_done_callback(self._ended)

        async def end() -> None:
            await stop()
            await asyncio.gather(task, return_exceptions=True)

        stack.push_async_callback(end)

    def _ended(self, task: asyncio.Future[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # Running on without the sender or the sealer would look healthy and not be.
            logs.fault(Event.TASK_FAILED, error)
            self._stop.set()

    async def _accept(self, message: ReceivedMessage) -> Receipt:
        return await accept_message(self._premises, message)
