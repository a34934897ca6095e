"""The lines to partners as `network.yaml` sets them up: its MLLP ports, and what delivering needs to reach them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.delivery import LaterAnswers, Reach
from gateway.delivery.ways import Renewable, Ways
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
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
from gateway.partners import (
    FhirDelivery,
    FilesDelivery,
    MllpDelivery,
    NetworkFileRefused,
    Partner,
    WebhookDelivery,
    parse_network,
)
from gateway.partners import MllpListener as MllpPort
from gateway.partners.certificates import listener_context, partner_context, recipient_certificate
from gateway.partners.login_keys import read_login_key
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
            recognise = _bound(listener.partner, listener.tls.bound_to())
        yield MllpListener(chosen, accept, clock, tls=context, recognise=recognise)


def port_watches(
    folder: NetworkFolder, index: int, listener: MllpListener
) -> Iterator[CertificateWatch[ssl.SSLContext] | CertificateWatch[frozenset[str]]]:
    """What keeps our certificate on the network's port number `index` up to date, and by which its partner is known;
    nothing for a port in the clear.
    """
    port = folder.network.content.mllp[index]
    if port.tls is None:
        return
    tls = port.tls
    files = [folder.path / name for name in (tls.certificate, tls.key, tls.authorities) if name]
    yield CertificateWatch(files, lambda: listener_context(folder.path, tls), listener.renew, port.partner)

    async def use(known: frozenset[str]) -> None:
        await listener.recognise_by(_bound(port.partner, known))

    file = folder.path / "network.yaml"
    yield CertificateWatch([file], lambda: _bound_now(file, port), use, port.partner, tls.bound_to())


def partner_watches(folder: NetworkFolder, ways: Ways) -> Iterator[CertificateWatch[object]]:
    """What keeps certificates and keys toward partners up to date, one for each that a file holds."""
    for what, partner, files, make in _read_from_files(folder):
        yield CertificateWatch(files, make, partial(ways.renew, what, partner), partner)


def later_answers(premises: Premises, ways: Ways) -> LaterAnswers:
    """What sends the application acknowledgements that partners ask for (MSH-16), not running yet."""

    def write(partner: str, raw: bytes, receipt: Receipt) -> tuple[str, bytes] | None:
        return acknowledge_later(raw, receipt, _wants(premises.network.partners[partner]))

    return LaterAnswers(premises, ways, write)


def _wants(partner: Partner) -> AckSettings:
    """A partner that is reached by MLLP can be sent what MSH-16 asks for."""
    return AckSettings(partner.immediate_reply, isinstance(partner.delivery, MllpDelivery))


def folder_watches(
    folder: NetworkFolder, premises: Premises
) -> Iterator[FolderWatch | CertificateWatch[SftpDoor]]:
    """One for each folder of the network whose partner is not paused, not running yet; and what keeps the key to its
    server up to date.
    """

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
        if (server := watched.sftp) is None:
            yield FolderWatch(chosen, accept, accept_whole, premises.clock)
            continue
        from gateway.intake.watched_server import WatchedServer  # its library is large, and few need it

        make = partial(sftp_door, folder.path, server)
        place = WatchedServer(chosen, make())
        yield FolderWatch(chosen, accept, accept_whole, premises.clock, place)
        yield CertificateWatch([folder.path / server.key], make, place.renew, watched.partner)


def reach_of(folder: NetworkFolder) -> Reach:
    """What delivering needs beside the network file. Raises NotUnderstood when a certificate cannot be used."""
    found: dict[Renewable, dict[str, Any]] = {
        "tls": {},
        "readers": {},
        "signing": {},
        "sftp": {},
        "logins": {},
    }
    for what, partner, _, make in _read_from_files(folder):
        found[what][partner] = make()
    return Reach(folder=folder.path, **found)


def _read_from_files(
    folder: NetworkFolder,
) -> Iterator[tuple[Renewable, str, list[Path], Callable[[], object]]]:
    """What of a `Reach` is made of files, for which partner, of which files, and how (raises NotUnderstood)."""
    path = folder.path
    for name, partner in folder.network.partners.items():
        delivery = partner.delivery
        if isinstance(delivery, MllpDelivery) and (tls := delivery.tls) is not None:
            files = [path / file for file in (tls.authorities, tls.certificate, tls.key) if file]
            yield "tls", name, files, partial(partner_context, path, tls)
        if isinstance(delivery, FilesDelivery) and delivery.certificate:
            file = delivery.certificate
            yield "readers", name, [path / file], partial(recipient_certificate, path, file)
        if isinstance(delivery, FilesDelivery) and (server := delivery.sftp) is not None:
            yield "sftp", name, [path / server.key], partial(sftp_door, path, server)
        if isinstance(delivery, FhirDelivery) and (login := delivery.smart) is not None:
            yield "logins", name, [path / login.key], partial(read_login_key, path, login)
        if isinstance(delivery, WebhookDelivery):
            yield "signing", name, [path / delivery.key], partial(read_signing_key, path, delivery.key)


def _bound(partner: str, known: frozenset[str]) -> Recognise:
    """Only who shows one of the certificates that are bound to `partner` is that partner."""

    def recognise(peer: Peer) -> str | None:
        return partner if peer.certificate_sha256 in known else None

    return recognise


def _bound_now(file: Path, port: MllpPort) -> frozenset[str]:
    """The fingerprints that the file binds to the port's partner now; whatever else it says waits for the next start.

    Raises NotUnderstood `NETWORK_FILE_REFUSED`, `PORT_CHANGED` when that port is not in it, or in the clear.
    """
    try:
        content = parse_network(file.read_bytes()).content
    except (NetworkFileRefused, OSError) as refused:
        raise NotUnderstood("NETWORK_FILE_REFUSED", str(refused)) from None
    same = [one for one in content.mllp if (one.partner, one.address) == (port.partner, port.address)]
    if len(same) != 1 or same[0].tls is None:
        text = "this port is set up otherwise now; start the gateway again"
        raise NotUnderstood("PORT_CHANGED", text, port.address)
    return same[0].tls.bound_to()
