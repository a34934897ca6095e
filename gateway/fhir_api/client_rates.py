"""How fast one client may ask: so that one that runs wild does not take the gateway from the others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from gateway.errors import NotNow

BURST_SECONDS = 5
"""A client that has been quiet may ask at once what it might have asked in so many seconds."""


@dataclass(slots=True)
class _Allowance:
    left: float
    at: datetime


class ClientRates:
    """An allowance for each client that grows by `per_second` and is used up by one for each request.

    Registered clients only: their number is that of `network.yaml`, so nothing here grows without bound. Each process
    counts for itself.
    """

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second * BURST_SECONDS)
        self._clients: dict[str, _Allowance] = {}

    def take(self, client_id: str, now: datetime) -> None:
        """Nothing, while the client's allowance lasts. Raises NotNow `CLIENT_TOO_FAST`, with when to ask again."""
        kept = self._clients.setdefault(client_id, _Allowance(self._most, now))
        gone = max(0.0, (now - kept.at).total_seconds())  # a clock that was set back takes nothing away
        kept.left = min(self._most, kept.left + gone * self._per_second)
        kept.at = now
        if kept.left < 1:
            wait = max(1, math.ceil((1 - kept.left) / self._per_second))
            raise NotNow("CLIENT_TOO_FAST", "this client asks too often", retry_after_seconds=wait)
        kept.left -= 1
