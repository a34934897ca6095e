"""Codes of an authenticator app (RFC 6238) as a second factor. A phone's secret is derived, never stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Phones:
    """Which phone is asked for: its id by whose it is (empty: none), the id of one that is set up at a login (by its
    session's id), and that it works.
    """

    asked: Callable[[Sequence[str]], str]
    next: Callable[[Sequence[str], str], str]
    set_up: Callable[[Sequence[str], str], Awaitable[None]]


STEP_SECONDS = 30
_AROUND = (0, -1, 1)
"""One step before and after, for a clock that is a little off (RFC 6238, section 5.2)."""

_KEPT = timedelta(minutes=5)
_SECRET_BYTES = 20


def phone_secret(key: bytes, about: Sequence[str], phone: str) -> str:
    """The secret of somebody's phone of that id, in base 32; another phone gets another one."""
    said = "\n".join((*about, phone)).encode()
    made = hmac.new(key, b"phone\n" + said, hashlib.sha256).digest()
    return base64.b32encode(made[:_SECRET_BYTES]).decode()


async def is_phone_code(
    secret: str, code: str, now: datetime, use_once: Callable[[str, datetime], Awaitable[bool]]
) -> bool:
    """Whether the phone shows that code now; each code counts once."""
    import pyotp

    said = "".join(code.split())
    shown = pyotp.TOTP(secret, interval=STEP_SECONDS)
    phone = hashlib.sha256(b"phone step\n" + secret.encode()).hexdigest()[:32]
    step = int(now.timestamp()) // STEP_SECONDS
    for offset in _AROUND:
        right = shown.generate_otp(step + offset)
        if hmac.compare_digest(right.encode(), said.encode()):
            return await use_once(f"step{step + offset}-{phone}", now + _KEPT)
    return False


def phone_address(secret: str, label: str, issuer: str) -> str:
    """What an authenticator app reads from the picture (`otpauth:`); `label` names nobody."""
    import pyotp

    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=label, issuer_name=issuer)


def picture_of(text: str) -> str:
    """A QR code as an SVG to stand in a page."""
    import segno

    made: str = segno.make(text, error="m").svg_inline(scale=5, dark="#000", light="#fff")
    return made
