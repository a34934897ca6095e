"""Certificates: contexts for TLS from the files that `network.yaml` names, and what is wrong with a connection."""

from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.errors import NotUnderstood
from gateway.partners.deliveries import ListenerTls, PartnerTls
from gateway.settings import SettingsRefused, read_secret

_CODES_OF = {
    9: "CERTIFICATE_NOT_YET_VALID",
    10: "CERTIFICATE_EXPIRED",
    62: "CERTIFICATE_NAME",
    64: "CERTIFICATE_NAME",
}
"""By OpenSSL's number of what is wrong (x509_vfy.h); every other one is `CERTIFICATE_UNTRUSTED`."""

_RSA_BITS = 2048


def listener_context(folder: Path, tls: ListenerTls) -> ssl.SSLContext:
    """TLS 1.2 or later for a port whose peer must show a certificate that one of `authorities` issued.

    Raises NotUnderstood with the setting as its place.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load_own(context, folder, tls)
    _load_authorities(context, folder, tls)
    context.verify_mode = ssl.CERT_REQUIRED
    # A resumed session shows no certificate again, and would outlive its end.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


def partner_context(folder: Path, tls: PartnerTls) -> ssl.SSLContext:
    """TLS 1.2 or later toward a partner, whose certificate one of `authorities`, and nobody else, has issued.

    Raises NotUnderstood with the setting as its place.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.certificate:
        _load_own(context, folder, tls)
    _load_authorities(context, folder, tls)
    return context


def recipient_certificate(folder: Path, file: str) -> x509.Certificate:
    """The certificate for whose holder files are encrypted: RSA of 2048 bits or more, as CMS key transport needs it.

    Raises NotUnderstood.
    """
    try:
        found = x509.load_pem_x509_certificate((folder / file).read_bytes())
    except (OSError, ValueError):
        raise NotUnderstood(
            "FILE_UNUSABLE", f"`{file}` is no readable PEM certificate", "certificate"
        ) from None
    key = found.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _RSA_BITS:
        text = f"`{file}` is no certificate of an RSA key of {_RSA_BITS} bits or more"
        raise NotUnderstood("FILE_UNUSABLE", text, "certificate")
    return found


def tls_trouble(trouble: ssl.SSLError) -> str:
    """Why a connection could not be secured, as a code."""
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return _CODES_OF.get(trouble.verify_code, "CERTIFICATE_UNTRUSTED")
    if trouble.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return "CERTIFICATE_ABSENT"
    return "OUR_CERTIFICATE_REFUSED" if refuses_ours(trouble) else "TLS_FAILED"


def refuses_ours(trouble: BaseException | None) -> bool:
    """Whether the peer ended the connection because of the certificate that we showed, or did not show.

    With TLS 1.3 that is heard only after our side is done (RFC 8446, 4.4.2.4 and 6.2).
    """
    reason = trouble.reason or "" if isinstance(trouble, ssl.SSLError) else ""
    return "ALERT" in reason and (
        "CERTIFICATE" in reason or "UNKNOWN_CA" in reason or "ACCESS_DENIED" in reason
    )


def _load_own(context: ssl.SSLContext, folder: Path, tls: ListenerTls | PartnerTls) -> None:
    key = tls.key or tls.certificate
    try:
        read_secret(folder / key)  # readable by its owner's group at most
    except SettingsRefused as refused:
        raise NotUnderstood("FILE_UNUSABLE", str(refused), "key" if tls.key else "certificate") from None
    try:
        context.load_cert_chain(folder / tls.certificate, folder / key, password="")
    except OSError:
        text = f"`{tls.certificate}` and its key are no PEM certificate with its unencrypted private key"
        raise NotUnderstood("FILE_UNUSABLE", text, "certificate") from None


def _load_authorities(context: ssl.SSLContext, folder: Path, tls: ListenerTls | PartnerTls) -> None:
    try:
        context.load_verify_locations(folder / tls.authorities)
    except OSError:
        text = f"`{tls.authorities}` is no readable file of PEM certificates"
        raise NotUnderstood("FILE_UNUSABLE", text, "authorities") from None
