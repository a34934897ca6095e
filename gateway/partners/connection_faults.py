"""What is wrong with how partners are reached or reach us: each fault with its path in the file, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway.errors import NotUnderstood
from gateway.partners.certificates import listener_context, partner_context, recipient_certificate
from gateway.partners.deliveries import (
    CARRIED_FORMATS,
    Delivery,
    FhirDelivery,
    FilesDelivery,
    MllpDelivery,
    NoDelivery,
    SftpServer,
    WebhookDelivery,
    format_of,
    formats_of,
)
from gateway.partners.folder_faults import misplaced_folders, shared_folders
from gateway.partners.login_keys import read_login_key
from gateway.partners.network import Client, NetworkFile, Partner
from gateway.partners.opening_hours import hours_faults
from gateway.partners.sftp_doors import sftp_door
from gateway.partners.signing_keys import read_signing_key

Place = tuple[str | int, ...]
Fault = tuple[Place, str]
PUBLISHED = re.compile(r"(?:https://|http://(?:127\.0\.0\.1|\[::1\])(?=[:/]))[a-z0-9.\-:\[\]]*/[!\"$-~]*")
"""An address under https, or in the clear on this machine alone; in plain ASCII, with a path and without a fragment."""
_MAIL = re.compile(r"mailto:[A-Za-z0-9._%+-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,253}[a-z0-9])?")
_PLAIN = re.compile(r"https?://[a-z0-9.\-:\[\]]+/[!\"$-~]*")  # with its path; no capitals in the host; no `#`

_REMOTE = re.compile(r"[^~\x00-\x1f\x7f][^\x00-\x1f\x7f]*")


def connection_faults(content: NetworkFile) -> Iterator[Fault]:
    """What the file alone shows to be wrong."""
    for name, partner in content.partners.items():
        for day, text in hours_faults(partner.hours) if partner.hours is not None else ():
            yield ("partners", name, "hours", *day), text
        if partner.fallback is not None and partner.fallback not in content.partners.keys() - {name}:
            yield ("partners", name, "fallback"), "names no other partner of this file"
        for place, text in _delivery_faults(partner.delivery):
            yield ("partners", name, "delivery", *place), text
        for place, text in _format_faults(partner):
            yield ("partners", name, "delivery", *place), text
        for place, text in _client_faults(partner.client) if partner.client is not None else ():
            yield ("partners", name, "client", *place), text
    yield from shared_folders(content)
    yield from _shared_logins(content)
    for index, watched in enumerate(content.folders):
        if watched.partner not in content.partners:
            yield ("folders", index, "partner"), "names no partner of this file"
        for place, text in _server_faults(watched.folder, watched.sftp):
            yield ("folders", index, *place), text
        for ending, mapping in watched.formats.items():
            if not mapping:
                yield (
                    ("folders", index, "formats", ending),
                    "must name a mapping id, or `by-message-type` for HL7 v2",
                )
    known_by: dict[str, str] = {}
    for index, listener in enumerate(content.mllp):
        if listener.partner not in content.partners:
            yield ("mllp", index, "partner"), "names no partner of this file"
        for fingerprint in listener.tls.bound_to() if listener.tls else ():
            if known_by.setdefault(fingerprint, listener.partner) != listener.partner:
                text = "holds a certificate that another partner has too; who is speaking must be certain"
                yield ("mllp", index, "tls", "partner_certificates"), text


def named_file_faults(folder: Path, content: NetworkFile) -> Iterator[Fault]:
    """What is wrong with the files and folders that the file names, counted from `folder`."""
    yield from misplaced_folders(folder, content)
    for index, listener in enumerate(content.mllp):
        if (served := listener.tls) is not None:
            yield from _tried(("mllp", index, "tls"), lambda tls=served: listener_context(folder, tls))  # type: ignore[misc]
    for index, watched in enumerate(content.folders):
        if (asked := watched.sftp) is not None:
            yield from _tried(("folders", index, "sftp"), lambda server=asked: sftp_door(folder, server))  # type: ignore[misc]
    for name, partner in content.partners.items():
        delivery, where = partner.delivery, ("partners", name, "delivery")
        if isinstance(delivery, MllpDelivery) and (reached := delivery.tls) is not None:
            yield from _tried((*where, "tls"), lambda tls=reached: partner_context(folder, tls))  # type: ignore[misc]
        if isinstance(delivery, FhirDelivery) and (login := delivery.smart) is not None:
            yield from _tried((*where, "smart"), lambda login=login: read_login_key(folder, login))  # type: ignore[misc]
        if isinstance(delivery, WebhookDelivery):
            yield from _tried(where, lambda name=delivery.key: read_signing_key(folder, name))  # type: ignore[misc]
        if isinstance(delivery, FilesDelivery) and (file := delivery.certificate):
            yield from _tried(where, lambda name=file: recipient_certificate(folder, name))  # type: ignore[misc]
        if isinstance(delivery, FilesDelivery) and (server := delivery.sftp) is not None:
            yield from _tried((*where, "sftp"), lambda server=server: sftp_door(folder, server))  # type: ignore[misc]


def _tried(where: Place, use: Callable[[], object]) -> Iterator[Fault]:
    """The fault found when the named files are used; none when they can be."""
    try:
        use()
    except NotUnderstood as refused:
        yield (*where, *([refused.place] if refused.place else [])), refused.message


def _client_faults(client: Client) -> Iterator[Fault]:
    for endpoint in client.subscription_endpoints:
        if not (_PLAIN.fullmatch(endpoint) or _MAIL.fullmatch(endpoint)):
            text = (
                "must be addresses with `https://` and a path, in plain ASCII, without a fragment, "
                "or `mailto:` and one e-mail address"
            )
            yield ("subscription_endpoints",), text
    if bool(client.jwks) == bool(client.jwks_url):
        yield ("jwks",), "needs the public keys here, or `jwks_url`, and not both"
    if client.jwks_url and not PUBLISHED.fullmatch(client.jwks_url):
        yield ("jwks_url",), "must be an address with `https://` and a path, in plain ASCII"


def _delivery_faults(delivery: Delivery) -> Iterator[Fault]:
    if isinstance(delivery, FhirDelivery | WebhookDelivery) and not delivery.url.startswith(
        ("http://", "https://")
    ):
        yield ("url",), "must begin with `https://` or `http://`"
    if isinstance(delivery, FhirDelivery) and (login := delivery.smart) is not None:
        for place, address in ((("url",), delivery.url), (("smart", "token_url"), login.token_url)):
            if address and not PUBLISHED.fullmatch(address):
                yield (
                    place,
                    "must be an address with `https://` and a path, in plain ASCII: a token goes there",
                )
    if isinstance(delivery, WebhookDelivery) and not _PLAIN.fullmatch(delivery.url):
        yield ("url",), "must be written in plain ASCII without a fragment: it is signed as it stands"
    if not isinstance(delivery, NoDelivery) and not format_of(delivery):
        yield ("format",), "must name a mapping id"
    if (
        isinstance(delivery, MllpDelivery)
        and delivery.tls
        and delivery.tls.key
        and not delivery.tls.certificate
    ):
        yield ("tls", "key"), "names a key without its `certificate`"
    if isinstance(delivery, FilesDelivery) and (delivery.encryption == "cms") != bool(delivery.certificate):
        yield (
            ("certificate",),
            "names whom files are encrypted for: needed with `encryption: cms`, and only then",
        )
    if isinstance(delivery, FilesDelivery):
        yield from _server_faults(delivery.folder, delivery.sftp)


def _shared_logins(content: NetworkFile) -> Iterator[Fault]:
    """One name of ours at two servers: the one could send us to the other's token endpoint and be shown its token."""
    found: dict[str, list[str]] = {}
    logins = {
        name: partner.delivery.smart
        for name, partner in content.partners.items()
        if isinstance(partner.delivery, FhirDelivery) and partner.delivery.smart is not None
    }
    for name, login in logins.items():
        found.setdefault(login.client_id, []).append(name)
    for name, login in logins.items():
        if not login.token_url and len(found[login.client_id]) > 1:
            text = "is needed here: another partner knows us by the same `client_id`"
            yield ("partners", name, "delivery", "smart", "token_url"), text


def _format_faults(partner: Partner) -> Iterator[Fault]:
    """Faults of `formats`: a name that stands for nothing would leave all in `format`, and nobody would see it."""
    for what, named in formats_of(partner.delivery).items():
        if what and what not in (*CARRIED_FORMATS, *partner.messages):
            text = "must be `referral`, `status`, or a message type of this partner's `messages`, as written there"
            yield ("formats", what), text
        elif what and not named:
            yield ("formats", what), "must name a mapping id"


def _server_faults(folder: str, server: SftpServer | None) -> Iterator[Fault]:
    if server is None:
        return
    if not _REMOTE.fullmatch(folder) or ".." in folder.split("/"):
        yield ("folder",), "must name a folder of the server, without `..`, `~` or control characters"
    if not 0 < int(server.address.rpartition(":")[2]) < 65536:
        yield ("sftp", "address"), "must end in a port from 1 to 65535"
