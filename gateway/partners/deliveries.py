"""How a partner is reached: what `delivery` in `network.yaml` may say, and the TLS settings of both directions.

Names of files are counted from the folder of `network.yaml`, unless they begin with `/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

FHIR_JSON = "fhir+json"
BY_MESSAGE_TYPE = "by-message-type"
"""For a folder's files of HL7 v2: each message by its own type, as on the partner's MLLP port."""
Address = Annotated[str, msgspec.Meta(pattern=r"^[^\s:]+:\d{1,5}$", description="host:port")]
FileName = Annotated[str, msgspec.Meta(min_length=1, description="counted from the folder of network.yaml")]
Fingerprint = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$",
        description="SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` prints it",
    ),
]
HostKey = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^SHA256:[A-Za-z0-9+/]{43}$",
        description="of a server's key, as `ssh-keyscan HOST | ssh-keygen -lf -` prints it",
    ),
]
LoginName = Annotated[str, msgspec.Meta(pattern=r"^[^\s\x00-\x1f\x7f]{1,64}$", description="without spaces")]
OnUnknown = Literal["resend", "ask"]
CARRIED_FORMATS = ("referral", "status")
"""What `formats` may name beside types of messages; a cancellation goes as the referral that it cancels."""
Formats = dict[str, str]
"""Formats for some of what a partner gets, in place of `format`: of `referral` or `status`; or, by a type of its own
`messages`, of the status of what it sent by that.
"""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A struct that refuses keys it does not know, so that a typing slip in the file is found."""


class ListenerTls(Strict, frozen=True):
    """TLS of a port: our certificate, and by which certificate its partner is known.

    `certificate` is PEM with its chain, `key` its private key (empty: in the same file). `authorities` are the
    certificates that may have issued the partner's; `partner_certificates` those it may show, by fingerprint: two
    while it renews.
    """

    certificate: FileName
    authorities: FileName
    partner_certificates: Annotated[tuple[Fingerprint, ...], msgspec.Meta(min_length=1)]
    key: str = ""

    def bound_to(self) -> frozenset[str]:
        """The fingerprints in one spelling: 64 small hex digits."""
        return frozenset(written.replace(":", "").lower() for written in self.partner_certificates)


class PartnerTls(Strict, frozen=True):
    """TLS toward a partner: who may have issued its certificate, and ours where it asks for one.

    `server_name` is the name in its certificate where that is not the host of its address.
    """

    authorities: FileName
    certificate: str = ""
    key: str = ""
    server_name: str = ""


class SmartLogin(Strict, frozen=True):
    """How a partner's FHIR server knows us: SMART Backend Services, as its client `client_id`.

    `key` is the file of our private key (PEM: EC P-384 signs ES384, RSA RS384), `kid` its id there where that is not
    its thumbprint. Without `token_url` the server's own `.well-known/smart-configuration` says where tokens are given.
    """

    client_id: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,255}$")]
    key: FileName
    scope: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$", max_length=2048)]
    kid: Annotated[str, msgspec.Meta(max_length=255)] = ""
    token_url: str = ""


class FhirDelivery(Strict, frozen=True, tag_field="kind", tag="fhir"):
    """Push as a FHIR transaction Bundle to `url` (the partner's FHIR base), with a token where it asks for one."""

    url: str
    smart: SmartLogin | None = None
    on_unknown: OnUnknown = "resend"


class MllpDelivery(Strict, frozen=True, tag_field="kind", tag="mllp"):
    """Push as an HL7 v2 message, written by the mapping `format`, to `address`; without `tls` in the clear.

    `acknowledgement: accept` asks for the accept acknowledgement alone (enhanced mode: MSH-15 `AL`, MSH-16 `NE`).
    """

    address: Address
    format: str
    receiving_application: str = ""
    receiving_facility: str = ""
    tls: PartnerTls | None = None
    acknowledgement: Literal["original", "accept"] = "original"
    formats: Formats = msgspec.field(default_factory=dict)
    on_unknown: OnUnknown = "resend"


class SftpServer(Strict, frozen=True):
    """A partner's SFTP server, our login there, and by which keys the server is known: two while it changes its own.

    `key` is the file of our private key; there is no login by password.
    """

    address: Address
    user: LoginName
    key: FileName
    host_keys: Annotated[tuple[HostKey, ...], msgspec.Meta(min_length=1)]


class FilesDelivery(Strict, frozen=True, tag_field="kind", tag="files"):
    """Put as a file, written by the mapping `format` (or `fhir+json`), into `folder`, which holds a folder `.handoff`.

    With `sftp` the folder is on that server. `encryption: cms` encrypts each file for the holder of `certificate` (an
    RSA certificate, PEM; RFC 5652).
    """

    folder: FileName
    format: str
    encryption: Literal["none", "cms"]
    certificate: str = ""
    sftp: SftpServer | None = None
    formats: Formats = msgspec.field(default_factory=dict)
    on_unknown: OnUnknown = "resend"


class WebhookDelivery(Strict, frozen=True, tag_field="kind", tag="webhook"):
    """POST what the mapping `format` writes (or `fhir+json`) to `url`, signed with the key in the file `key`.

    RFC 9421, HMAC-SHA256.
    """

    url: str
    format: str
    key: FileName
    formats: Formats = msgspec.field(default_factory=dict)
    on_unknown: OnUnknown = "resend"


class DeskDelivery(Strict, frozen=True, tag_field="kind", tag="desk"):
    """What is released waits at `/agency/`, where the partner's workers log in and read it; nothing is sent."""

    on_unknown: OnUnknown = "resend"


class NoDelivery(Strict, frozen=True, tag_field="kind", tag="pull"):
    """Nothing is pushed; the partner pulls from the FHIR API."""


Delivery = FhirDelivery | MllpDelivery | FilesDelivery | WebhookDelivery | DeskDelivery | NoDelivery


def format_of(delivery: Delivery, kind: str = "", message_type: str = "") -> str:
    """In what a partner receives: `fhir+json`, a mapping id, or empty when it only pulls.

    `kind` of an intent, and `message_type` of what it answers where it is a status; without them what goes by default.
    """
    if isinstance(delivery, FhirDelivery | DeskDelivery):
        return FHIR_JSON
    if isinstance(delivery, NoDelivery):
        return ""
    names = (message_type, "status") if kind == "status" else ("referral",) if kind else ()
    return next((delivery.formats[name] for name in names if name in delivery.formats), delivery.format)


def formats_of(delivery: Delivery) -> Mapping[str, str]:
    """All that a partner may receive in, by what for; empty: whatever no other is named for."""
    chosen = {} if isinstance(delivery, FhirDelivery | DeskDelivery | NoDelivery) else delivery.formats
    return {"": format_of(delivery), **chosen}


def mappings_of(delivery: Delivery) -> Mapping[str, str]:
    """The ids of the mappings that write for a partner, by what for, as `formats_of`."""
    return {what: name for what, name in formats_of(delivery).items() if name not in ("", FHIR_JSON)}
