"""The ways out: one release to one partner, by whatever its `delivery` says. Every way answers with an outcome."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import httpx

from gateway.delivery.http_push import HttpTimeouts, push_bundle
from gateway.delivery.mllp_push import MllpConnections, MllpEndpoint, MllpTimeouts, send_frame
from gateway.delivery.outcome import DeliveryOutcome
from gateway.disclosure.gate import LastLook
from gateway.disclosure.premises import Premises
from gateway.disclosure.release import Release
from gateway.partners import FhirDelivery, MllpDelivery

PRACTICE = "PRACTICE"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Deadlines of one attempt."""

    http: HttpTimeouts = field(default_factory=HttpTimeouts)
    mllp: MllpTimeouts = field(default_factory=MllpTimeouts)


@dataclass(frozen=True, slots=True)
class Reach:
    """What the ways need beside the network file: where its file names count from, and each partner's TLS."""

    folder: Path = Path()
    tls: Mapping[str, ssl.SSLContext] = field(default_factory=lambda: MappingProxyType({}), repr=False)


class Ways:
    """All ways out of one process."""

    def __init__(
        self, premises: Premises, transport: httpx.AsyncBaseTransport, timeouts: Timeouts, reach: Reach
    ) -> None:
        self._premises = premises
        self._transport = transport
        self._timeouts = timeouts
        self._reach = reach
        self._connections = MllpConnections()

    def close(self) -> None:
        """Close what is not in use."""
        self._connections.close()

    async def hand_over(self, partner_id: str, made: Release, last_look: LastLook) -> DeliveryOutcome:
        """What came of handing `made` over. Nothing leaves unless `last_look`, asked just before, says so."""
        partner = self._premises.network.partners[partner_id]
        delivery = partner.delivery
        if partner.state == "test":
            return DeliveryOutcome("delivered", PRACTICE)
        if isinstance(delivery, FhirDelivery):
            return await push_bundle(
                self._transport,
                delivery.url,
                made.content,
                made.key,
                self._timeouts.http,
                last_look,
                clock=self._premises.clock,
            )
        if isinstance(delivery, MllpDelivery):
            endpoint = self._endpoint(partner_id, delivery)
            return await send_frame(
                self._connections, endpoint, made.content, made.control_id, self._timeouts.mllp, last_look
            )
        return DeliveryOutcome("refused", "NO_DELIVERY")

    def _endpoint(self, partner_id: str, delivery: MllpDelivery) -> MllpEndpoint:
        """Where the partner listens. Raises KeyError rather than go without the TLS that is asked for."""
        host, _, port = delivery.address.rpartition(":")
        if delivery.tls is None:
            return MllpEndpoint(host, int(port))
        return MllpEndpoint(host, int(port), self._reach.tls[partner_id], delivery.tls.server_name or None)
