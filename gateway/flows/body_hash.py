"""By what the same bytes are known again: a keyed hash, since a row of a sheet can be guessed and tried.

Until 2026-11-22 the plain SHA-256 was kept. Rows of then stay as they are and are still recognised by it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from gateway.disclosure.premises import Premises
from gateway.store import InboxMessage, Reading, inbox

_PARAMETER = "inbox.body"


@dataclass(frozen=True, slots=True)
class BodyHash:
    """The hash of some bytes of one partner as it is kept (64 hex digits), and as it was kept in older rows."""

    kept: str
    plain: str = field(repr=False)

    def is_of(self, earlier: InboxMessage) -> bool:
        """Whether a kept message has these very bytes."""
        return earlier.body_sha256 in (self.kept, self.plain)


def body_hash(premises: Premises, partner: str, raw: bytes) -> BodyHash:
    """The hash of `raw` as bytes of `partner`: HMAC-SHA256 under the index key, over their SHA-256."""
    plain = hashlib.sha256(raw).hexdigest()
    return BodyHash(premises.keys.index(_PARAMETER, partner, plain), plain)


def named_by_itself(reading: Reading, partner: str, channel: str, body: BodyHash) -> tuple[InboxMessage, ...]:
    """What came under no key of the sender's but the hash of its bytes, newest first."""
    found = inbox.find(reading, partner, channel, body.kept)
    return found or inbox.find(reading, partner, channel, body.plain)
