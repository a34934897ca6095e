"""The `Authorization` by which a subscriber knows that a notice comes from us (FHIR R4 `Subscription.channel.header`).

It is the subscriber's secret: sealed as it is kept, sent with its notices, and never shown, to the subscriber neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.errors import NotSupported
from gateway.flows.subscription_topics import MAILTO
from gateway.store import Reading, Transaction
from gateway.store.subscriptions import Subscription

_AUTHORIZATION = re.compile(
    r"authorization:[ \t]*([\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?)", re.IGNORECASE
)
_SCOPE = "network"


def authorization_asked(channel: Mapping[str, Any]) -> str:
    """What is to stand in `Authorization`; empty where nothing is asked for.

    Raises NotSupported `SUBSCRIPTION_HEADER` for another header, or several.
    """
    asked = channel.get("header")
    if asked is None:
        return ""
    one = asked[0] if isinstance(asked, list) and len(asked) == 1 else None
    match = _AUTHORIZATION.fullmatch(one) if isinstance(one, str) else None
    if match is None or str(channel.get("endpoint", "")).startswith(MAILTO):
        text = "must be one `Authorization: ...`, of a rest-hook"
        raise NotSupported("SUBSCRIPTION_HEADER", text, "Subscription.channel.header")
    return match[1]


def sealed(tx: Transaction, subscription_id: str, authorization: str) -> bytes:
    """As it is kept; nothing for nothing."""
    if not authorization:
        return b""
    return tx.cipher.seal(tx, _SCOPE, _row(subscription_id), authorization.encode())


def opened(reading: Reading, made: Subscription) -> str:
    """What is to stand in `Authorization` of its notices; empty for nothing."""
    if not made.header:
        return ""
    return reading.cipher.open(reading, _SCOPE, _row(made.id), made.header).decode()


def _row(subscription_id: str) -> str:
    return f"subscription/{subscription_id}/header"
