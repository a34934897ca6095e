"""The ways out: one release to one partner, by whatever its `delivery` says. Every way answers with an outcome."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

import httpx
from cryptography import x509

from gateway.clock import instant_text
from gateway.delivery.file_drop import BeforeHandover, FileDrop, Parcel
from gateway.delivery.http_push import HttpTimeouts, post, push_bundle
from gateway.delivery.mllp_push import MllpConnections, MllpEndpoint, MllpTimeouts, send_frame
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.partner_tokens import PartnerTokens
from gateway.delivery.sealed_file import FILE_END, sealed_for
from gateway.delivery.signed_request import signed_headers
from gateway.disclosure.premises import Premises
from gateway.partners import DeskDelivery, FhirDelivery, FilesDelivery, MllpDelivery, WebhookDelivery
from gateway.partners.login_keys import LoginKey
from gateway.partners.sftp_doors import SftpDoor
from gateway.partners.signing_keys import SigningKey
from gateway.store import intents

if TYPE_CHECKING:
    from gateway.delivery.sftp_drop import SftpDrop

PRACTICE = "PRACTICE"
_FILE_ENDS = {
    "application/fhir+json": ".json",
    "application/json": ".json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/zip": ".zip",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/xml": ".xml",
    "x-application/hl7-v2+er7": ".hl7",
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Deadlines of one attempt."""

    http: HttpTimeouts = field(default_factory=HttpTimeouts)
    mllp: MllpTimeouts = field(default_factory=MllpTimeouts)
    files: float = 30.0
    """Of each step of putting a file into a folder."""
    sftp_connect: float = 30.0
    sftp: float = 300.0
    """Of each step of putting a file onto a server, whose line may be slow."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What the ways need beside the network file: where its file names count from, and by partner its TLS, whom its
    files are encrypted for, with which key its requests are signed, its SFTP server, and with which key we ask for
    its token.
    """

    folder: Path = Path()
    tls: Mapping[str, ssl.SSLContext] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    readers: Mapping[str, x509.Certificate] = field(default_factory=lambda: MappingProxyType({}))
    signing: Mapping[str, SigningKey] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    sftp: Mapping[str, SftpDoor] = field(default_factory=lambda: MappingProxyType({}))
    logins: Mapping[str, LoginKey] = field(default_factory=lambda: MappingProxyType({}))


Renewable = Literal["tls", "readers", "signing", "sftp", "logins"]
"""What of `Reach` is made of files that may change while the gateway runs."""


class Sent(Protocol):
    """What goes a way: a release, or a notice that is about nobody."""

    @property
    def content(self) -> bytes: ...

    @property
    def media_type(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def control_id(self) -> str: ...


class Ways:
    """All ways out of one process."""

    def __init__(
        self, premises: Premises, transport: httpx.AsyncBaseTransport, timeouts: Timeouts, reach: Reach
    ) -> None:
        self._premises = premises
        self._transport = transport
        self.timeouts = timeouts
        self._reach = reach
        self.connections = MllpConnections()
        self._files = FileDrop()
        self._tokens = PartnerTokens(transport, premises.clock)
        self._servers: SftpDrop | None = None

    def close(self) -> None:
        """Close what is not in use."""
        self.connections.close()
        self._tokens.close()
        if self._servers is not None:
            self._servers.close()

    async def renew(self, what: Renewable, partner_id: str, made: object) -> None:
        """Reach the partner from now on by what was `made` of its files anew; what is under way ends as it began."""
        known = getattr(self._reach, what)
        before = known.get(partner_id)
        renewed: dict[str, Any] = {what: {**known, partner_id: made}}
        self._reach = replace(self._reach, **renewed)
        if isinstance(before, ssl.SSLContext):
            self.connections.retire(before)

    async def hand_over(self, partner_id: str, made: Sent, last_look: BeforeHandover) -> DeliveryOutcome:
        """What came of handing `made` over. Nothing leaves unless `last_look`, asked just before, says so."""
        partner = self._premises.network.partners[partner_id]
        delivery = partner.delivery
        if partner.state == "test":
            return DeliveryOutcome("delivered", PRACTICE)
        if isinstance(delivery, FhirDelivery):
            return await self._bundle(partner_id, delivery, made, last_look)
        if isinstance(delivery, MllpDelivery):
            endpoint = self.endpoint(partner_id, delivery)
            return await send_frame(
                self.connections, endpoint, made.content, made.control_id, self.timeouts.mllp, last_look
            )
        if isinstance(delivery, FilesDelivery):
            return await self._file(partner_id, delivery, made, last_look)
        if isinstance(delivery, WebhookDelivery):
            return await self._webhook(partner_id, delivery, made, last_look)
        if isinstance(delivery, DeskDelivery):
            return await _to_the_desk(last_look)
        return DeliveryOutcome("refused", "NO_DELIVERY")

    async def _bundle(
        self, partner_id: str, delivery: FhirDelivery, made: Sent, last_look: BeforeHandover
    ) -> DeliveryOutcome:
        """The token comes first, so that however long it takes, the last look is still just before the first byte."""
        headers, token = {}, ""
        if delivery.smart is not None:
            got = await self._tokens.token(partner_id, delivery, self._reach.logins[partner_id])
            if isinstance(got, DeliveryOutcome):
                return got
            headers, token = {"Authorization": f"Bearer {got}"}, got
        outcome = await push_bundle(
            self._transport,
            delivery.url,
            made.content,
            made.key,
            self.timeouts.http,
            last_look,
            clock=self._premises.clock,
            headers=headers,
        )
        if outcome.code == "HTTP_401":
            self._tokens.forget(partner_id, token)
        return outcome

    async def _webhook(
        self, partner_id: str, delivery: WebhookDelivery, made: Sent, last_look: BeforeHandover
    ) -> DeliveryOutcome:
        key, clock = self._reach.signing[partner_id], self._premises.clock
        headers = signed_headers(
            key, delivery.url, made.content, made.media_type, made.key, secrets.token_hex(16), clock.now()
        )
        return await post(
            self._transport, delivery.url, made.content, headers, self.timeouts.http, last_look, clock
        )

    async def _file(
        self, partner_id: str, delivery: FilesDelivery, made: Sent, last_look: BeforeHandover
    ) -> DeliveryOutcome:
        reader = self._reach.readers[partner_id] if delivery.encryption == "cms" else None
        now = self._premises.clock.now()
        if reader is not None and now > reader.not_valid_after_utc:
            return DeliveryOutcome("retry", "CERTIFICATE_EXPIRED")
        intent_id, _, digest = made.key.partition(".")
        end = _FILE_ENDS.get(made.media_type.partition(";")[0], ".bin") + (FILE_END if reader else "")
        parcel = Parcel(
            folder=Path(delivery.folder) if delivery.sftp else self._reach.folder / delivery.folder,
            name=f"{intent_id}-{digest}{end}",
            delivery=intent_id,
            content=made.content,
            media_type=made.media_type,
            network=self._premises.network.content.network,
            written_at=instant_text(now),
            encryption=delivery.encryption,
            sealed_by=partial(sealed_for, reader) if reader is not None else bytes,
        )
        if delivery.sftp is None:
            return await self._files.drop(parcel, self.timeouts.files, last_look)
        if self._servers is None:
            from gateway.delivery.sftp_drop import SftpDrop  # its library is large, and few need it

            self._servers = SftpDrop(self.timeouts.sftp_connect, self.timeouts.sftp)
        return await self._servers.drop(self._reach.sftp[partner_id], parcel, last_look)

    def endpoint(self, partner_id: str, delivery: MllpDelivery) -> MllpEndpoint:
        """Where the partner listens. Raises KeyError rather than go without the TLS that is asked for."""
        host, _, port = delivery.address.rpartition(":")
        if delivery.tls is None:
            return MllpEndpoint(host, int(port))
        return MllpEndpoint(host, int(port), self._reach.tls[partner_id], delivery.tls.server_name or None)


async def _to_the_desk(last_look: BeforeHandover) -> DeliveryOutcome:
    """Nothing leaves: from now on the partner's workers find it at their page, where consent is decided again."""
    if not await last_look():
        return DeliveryOutcome("aborted", "CHECK_SAID_NO")
    return DeliveryOutcome("delivered", intents.AT_DESK)
