"""The HTTP door: the FHIR API and the console on one port, served by uvicorn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache, partial

import httpx
import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector
from starlette.types import ASGIApp

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError
from gateway.fhir_api import Desk, Doors, Gauges, build_app
from gateway.fhir_api.client_rates import ClientRates
from gateway.fhir_api.doors import SubscriptionDoors
from gateway.flows import (
    cds_hooks,
    consent_record,
    emergency,
    own_update,
    papers,
    pull,
    submissions,
    subscriptions,
    worklist,
)
from gateway.partners import Network
from gateway.partners.login_keys import published_keys
from gateway.security.client_keys import ClientKeys
from gateway.security.tokens import RegisteredClient, TokenChecker
from gateway.settings import Settings, read_secret
from gateway.store import tokens
from gateway.wiring.alert_mail import mail_of
from gateway.wiring.certificate_gauges import CertificateGauges
from gateway.wiring.console_login import require_provider
from gateway.wiring.gauges import StoreGauges
from gateway.wiring.late_pages import LatePages
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.operation_doors import operation_doors
from gateway.wiring.standstill import Standstill


class HttpDoor:
    """One listening socket and the server on it."""

    def __init__(
        self,
        folder: NetworkFolder,
        premises: Premises,
        settings: Settings,
        address: str | None,
        standstill: Standstill,
        transport: httpx.AsyncBaseTransport | None = None,
        resting: Callable[[], frozenset[str]] = frozenset,
        gauges: Iterable[Collector] = (),
    ) -> None:
        self._resting, self._own_gauges = resting, tuple(gauges)
        self._keys = None if transport is None else ClientKeys(transport, premises.clock)
        self._folder, self._premises, self._settings = folder, premises, settings
        self._standstill = standstill
        self._rates = ClientRates(settings.http_client_rate)
        self._address = address or folder.network.content.http
        self.pages = LatePages(self._pages)
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, listening: socket.socket | None = None) -> str:
        """Listen and serve, on `listening` where it is given; the real `host:port`. The `pages` are still to be read in.
        Raises OSError when the port cannot be had, SettingsRefused for a login at a provider that is set up by half.
        """
        host, _, port = self._address.rpartition(":")
        listening = listening or socket.create_server((host, int(port)), backlog=512)
        address = f"{host}:{listening.getsockname()[1]}"
        require_provider(self._settings, self._folder.network.content.public_url)
        config = uvicorn.Config(
            self.application(address),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=False,  # whose connection it is decides whose word on certificates counts
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # ours decide
        self._task = asyncio.create_task(self._server._serve(sockets=[listening]))
        while not self._server.started:  # noqa: ASYNC110  # uvicorn offers nothing to wait on
            await asyncio.sleep(0.01)
        return address

    def application(self, address: str) -> ASGIApp:
        """What is served here, under the address `host:port`."""
        return build_app(self._desk(address), mounts=self.pages.mounts)

    async def stop(self) -> None:
        """Finish the requests in hand and close."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await asyncio.gather(self._task, return_exceptions=True)

    def _pages(self) -> Mapping[str, ASGIApp]:
        from gateway.wiring.page_doors import page_mounts

        mails = mail_of(self._settings, self._folder.network) is not None
        return page_mounts(self._folder, self._premises, self._standstill, self._resting, mails)

    def _desk(self, address: str) -> Desk:
        premises, network = self._premises, self._folder.network
        return Desk(
            doors=self._doors(),
            clock=premises.clock,
            tokens=TokenChecker((self._folder.token_key,), self._client, lambda: network.version),
            token_key=self._folder.token_key,
            client_by_id=self._client,
            use_once=self._use_once,
            base_url=lambda: network.content.public_url or f"http://{address}",
            body_limit_bytes=self._settings.http_body_bytes,
            started_at=premises.clock.now(),
            on_call=network.content.operator.on_call.phone,
            gauges=self._gauges(),
            rates=self._rates,
            own_keys=partial(published_keys, self._folder.path, network),
            keys_at=None if self._keys is None else self._keys.at,
            tls_proxies=frozenset(filter(None, self._settings.tls_proxies.replace(" ", "").split(","))),
        )

    def _gauges(self) -> Gauges | None:
        """The numbers of the store for a monitor, when there is a token for it."""
        if self._settings.metrics_token is None:
            return None
        registry = CollectorRegistry()
        registry.register(StoreGauges(self._premises))
        registry.register(CertificateGauges(self._folder))
        for gauges in self._own_gauges:
            registry.register(gauges)
        return Gauges(read_secret(self._settings.metrics_token), registry)

    def _doors(self) -> Doors:
        premises = self._premises
        return Doors(
            search=self._standstill.guard(partial(worklist.search, premises)),
            read=self._standstill.guard(partial(pull.read, premises)),
            paper=self._standstill.guard(partial(papers.read_paper, premises)),
            read_version=self._standstill.guard(partial(pull.read_version, premises)),
            history=self._standstill.guard(partial(pull.history, premises)),
            everything=self._standstill.guard(partial(pull.everything, premises)),
            shared_plan=self._standstill.guard(partial(pull.shared_plan, premises)),
            create_consent=partial(consent_record.record_consent, premises),
            replace_consent=partial(consent_record.replace_consent, premises),
            update_task=partial(own_update.update_task, premises),
            update_own=partial(own_update.update_own, premises),
            submit=partial(submissions.accept_transaction, premises),
            emergency=self._standstill.guard(partial(emergency.emergency_access, premises)),
            hook=self._standstill.guard(partial(cds_hooks.answer_hook, premises)),
            subscriptions=SubscriptionDoors(
                create=partial(subscriptions.create_subscription, premises),
                replace=partial(subscriptions.replace_subscription, premises),
                read=partial(subscriptions.read_subscription, premises),
                search=partial(subscriptions.search_subscriptions, premises),
                remove=partial(subscriptions.remove_subscription, premises),
                status=partial(subscriptions.subscription_status, premises),
                events=self._standstill.guard(partial(subscriptions.subscription_events, premises)),
            ),
            operations=operation_doors(premises, self._standstill),
            ready=self._ready,
        )

    async def _ready(self) -> bool:
        """Whether the store takes a durable write and gives it back to a reader."""
        try:
            await self._premises.store.write(lambda _tx: None)
            with self._premises.store.read():
                return True
        except HandoffError:
            return False

    def _client(self, client_id: str) -> RegisteredClient | None:
        return _registered(self._folder.network, client_id)

    async def _use_once(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        until = instant_text(expires_at)
        return await self._premises.store.write(lambda tx: tokens.use_jti(tx, issuer, jti, until))


@lru_cache(maxsize=1024)
def _registered(network: Network, client_id: str) -> RegisteredClient | None:
    """What a network, which never changes, says of a client."""
    found = network.client(client_id)
    if found is None:
        return None
    partner, client = found
    if network.partners[partner].state == "paused":
        return None  # its tokens end with it
    jwks: Mapping[str, object] = client.jwks
    scopes, purposes = frozenset(client.scopes), frozenset(client.purposes)
    certificates = client.bound_to() if client.certificates else frozenset()
    return RegisteredClient(partner, jwks, scopes, purposes, client.jwks_url, certificates)
