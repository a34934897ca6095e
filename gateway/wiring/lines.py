"""The lines to partners as `network.yaml` sets them up: its MLLP ports, and what delivering needs to reach them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

from gateway.clock import Clock
from gateway.delivery import LaterAnswers, Reach
from gateway.delivery.ways import Ways
from gateway.disclosure.premises import Premises
from gateway.flows.files import CHANNEL, ArrivedFile, TakenFile, accept_file
from gateway.flows.messages import Receipt, ReceivedMessage
from gateway.flows.receive import accept_message
from gateway.intake import (
    Accept,
    AckSettings,
    FolderWatch,
    ListenerSettings,
    MllpListener,
    Peer,
    Recognise,
    WatchSettings,
    acknowledge_later,
)
from gateway.intake.certificate_watch import CertificateWatch
from gateway.intake.watched_place import Place
from gateway.partners import FilesDelivery, MllpDelivery, Partner, WebhookDelivery
from gateway.partners.certificates import listener_context, partner_context, recipient_certificate
from gateway.partners.deliveries import ListenerTls
from gateway.partners.sftp_doors import SftpDoor, sftp_door
from gateway.partners.signing_keys import read_signing_key
from gateway.settings import Settings
from gateway.wiring.network_folder import NetworkFolder

_SERVER_PAUSE_SECONDS = 300.0
"""At most so long a server that cannot be used is left alone: too many tries shut a login out."""


def mllp_listeners(
    folder: NetworkFolder, settings: Settings, first: str | None, accept: Accept, clock: Clock
) -> Iterator[MllpListener]:
    """One for each MLLP port of the network, not started yet; `first` (`host:port`) replaces the first one's address.

    Raises NotUnderstood when a certificate cannot be used.
    """
    for index, listener in enumerate(folder.network.content.mllp):
        address = first if index == 0 and first else listener.address
        host, _, port = address.rpartition(":")
        partner = folder.network.partners[listener.partner]
        chosen = ListenerSettings(
            partner=listener.partner,
            host=host,
            port=int(port),
            channel=f"mllp-{listener.partner}",
            formats=dict(partner.messages),
            wants=_wants(partner),
            frame_bytes=settings.mllp_frame_bytes,
            idle_seconds=settings.mllp_idle_seconds,
        )
        context, recognise = None, None
        if listener.tls is not None:
            context = listener_context(folder.path, listener.tls)
            recognise = _bound(listener.partner, listener.tls)
        yield MllpListener(chosen, accept, clock, tls=context, recognise=recognise)


def certificate_watch(folder: NetworkFolder, index: int, listener: MllpListener) -> CertificateWatch | None:
    """What keeps our certificate on the network's port number `index` up to date; None for a port in the clear."""
    port = folder.network.content.mllp[index]
    if port.tls is None:
        return None
    tls = port.tls
    files = [folder.path / name for name in (tls.certificate, tls.key, tls.authorities) if name]
    return CertificateWatch(files, lambda: listener_context(folder.path, tls), listener.renew, port.partner)


def later_answers(premises: Premises, ways: Ways) -> LaterAnswers:
    """What sends the application acknowledgements that partners ask for (MSH-16), not running yet."""

    def write(partner: str, raw: bytes, receipt: Receipt) -> tuple[str, bytes] | None:
        return acknowledge_later(raw, receipt, _wants(premises.network.partners[partner]))

    return LaterAnswers(premises, ways, write)


def _wants(partner: Partner) -> AckSettings:
    """A partner that is reached by MLLP can be sent what MSH-16 asks for."""
    return AckSettings(partner.immediate_reply, isinstance(partner.delivery, MllpDelivery))


def folder_watches(folder: NetworkFolder, premises: Premises) -> Iterator[FolderWatch]:
    """One for each folder of the network whose partner is not paused, not running yet."""

    async def accept(message: ReceivedMessage) -> Receipt:
        return await accept_message(premises, message)

    async def accept_whole(file: ArrivedFile) -> TakenFile:
        return await accept_file(premises, file)

    for watched in folder.network.content.folders:
        partner = folder.network.partners[watched.partner]
        if partner.state == "paused":
            continue
        chosen = WatchSettings(
            partner=watched.partner,
            folder=folder.path / watched.folder if watched.sftp is None else Path(watched.folder),
            channel=f"{CHANNEL}-{watched.partner}",
            formats=watched.formats,
            messages=partner.messages,
            poll_seconds=watched.poll_seconds,
            most_bytes=watched.most_bytes,
            with_manifest=watched.manifests == "required",
            longest_pause_seconds=0.0 if watched.sftp is None else _SERVER_PAUSE_SECONDS,
        )
        place = None if watched.sftp is None else _server(chosen, sftp_door(folder.path, watched.sftp))
        yield FolderWatch(chosen, accept, accept_whole, premises.clock, place)


def _server(chosen: WatchSettings, door: SftpDoor) -> Place:
    from gateway.intake.watched_server import WatchedServer  # its library is large, and few need it

    return WatchedServer(chosen, door)


def reach_of(folder: NetworkFolder) -> Reach:
    """What delivering needs beside the network file. Raises NotUnderstood when a certificate cannot be used."""
    deliveries = {name: partner.delivery for name, partner in folder.network.partners.items()}
    readers = {
        name: recipient_certificate(folder.path, delivery.certificate)
        for name, delivery in deliveries.items()
        if isinstance(delivery, FilesDelivery) and delivery.certificate
    }
    signing = {
        name: read_signing_key(folder.path, delivery.key)
        for name, delivery in deliveries.items()
        if isinstance(delivery, WebhookDelivery)
    }
    doors = {
        name: sftp_door(folder.path, delivery.sftp)
        for name, delivery in deliveries.items()
        if isinstance(delivery, FilesDelivery) and delivery.sftp is not None
    }
    return Reach(
        folder=folder.path, tls=_partner_contexts(folder), readers=readers, signing=signing, sftp=doors
    )


def _bound(partner: str, tls: ListenerTls) -> Recognise:
    """Only who shows one of the certificates that are bound to `partner` is that partner."""
    known = tls.bound_to()

    def recognise(peer: Peer) -> str | None:
        return partner if peer.certificate_sha256 in known else None

    return recognise


def _partner_contexts(folder: NetworkFolder) -> dict[str, ssl.SSLContext]:
    deliveries = {name: partner.delivery for name, partner in folder.network.partners.items()}
    return {
        name: partner_context(folder.path, delivery.tls)
        for name, delivery in deliveries.items()
        if isinstance(delivery, MllpDelivery) and delivery.tls is not None
    }
