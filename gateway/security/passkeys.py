"""Passkeys (W3C Web Authentication, level 2): what a browser is asked, and whether its answer is one.

The cryptography is that of the `webauthn` library. An answer counts for the place it was asked at, for the very
challenge it was asked with, and only when its holder was verified by the device (PIN, finger, face).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.errors import NotAllowed

LONGEST_ID, LONGEST_KEY = 256, 600
_TIMEOUT_MS = 120_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where passkeys are good: the origin of our pages."""

    origin: str

    @property
    def host(self) -> str:
        """The relying party's id: the host without its port."""
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A public key by the id that its device gave it, and how often that device has said to have used it (0: it does not
    count).
    """

    id: bytes
    public_key: bytes = field(repr=False)
    count: int = 0


def place_of(public_url: str) -> Place | None:
    """Where passkeys are good when pages are reached at that address; None where browsers offer none: without an
    address, without https, and by number.
    """
    found = urlsplit(public_url)
    host = found.hostname or ""
    is_safe = found.scheme == "https" or (found.scheme == "http" and host == "localhost")
    is_name = bool(host) and ":" not in host and not host.replace(".", "").isdigit()
    return Place(f"{found.scheme}://{found.netloc}") if is_safe and is_name else None


def creation_options(
    place: Place, challenge: bytes, who: tuple[bytes, str], network: str, known: Sequence[Passkey] = ()
) -> str:
    """What a browser is told to make a passkey, as JSON. `who`: an id that says nothing, and a name for the device;
    `known`: a device that has one of these makes no other.
    """
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        UserVerificationRequirement,
    )

    user_id, name = who
    return options_to_json(
        generate_registration_options(
            rp_id=place.host,
            rp_name=network,
            user_id=user_id,
            user_name=name,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.id) for one in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
    )


def request_options(place: Place, challenge: bytes, known: Sequence[Passkey]) -> str:
    """What a browser is told to show one of the known passkeys, as JSON."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    return options_to_json(
        generate_authentication_options(
            rp_id=place.host,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one.id) for one in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def made(place: Place, challenge: bytes, answer: str) -> Passkey:
    """The passkey that a browser has made. Raises NotAllowed `PASSKEY_WRONG`."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise _wrong() from None
    if len(found.credential_id) > LONGEST_ID or len(found.credential_public_key) > LONGEST_KEY:
        raise _wrong()
    return Passkey(found.credential_id, found.credential_public_key, found.sign_count)


def shown(place: Place, challenge: bytes, answer: str, known: Sequence[Passkey]) -> Passkey:
    """The one of the known passkeys that was shown, with its new count: the caller judges whether it went up.

    Raises NotAllowed `PASSKEY_WRONG`.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        said = base64url_to_bytes(json.loads(answer)["rawId"])
        (one,) = (each for each in known if each.id == said)
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=one.public_key,
            credential_current_sign_count=0,  # whether it went up the store decides, and the log has it where not
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise _wrong() from None
    return Passkey(one.id, one.public_key, found.new_sign_count)


def _wrong() -> NotAllowed:
    return NotAllowed("PASSKEY_WRONG", "the device has not shown a passkey that is known here")
