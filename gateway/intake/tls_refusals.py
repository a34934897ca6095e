"""A peer that is turned away: said in the log by a code and nothing else, and not as often as it comes."""

from __future__ import annotations

import ssl
from collections import OrderedDict
from datetime import datetime, timedelta

from gateway import logs
from gateway.clock import Clock
from gateway.logs import Event
from gateway.partners.certificates import tls_trouble

_TOLD_A_MINUTE = 5
_MINUTE = timedelta(minutes=1)
_PEERS = 1024


class _Minute:
    """What was told of one peer since `began`, and how much was not told since the last line."""

    __slots__ = ("began", "told", "untold")

    def __init__(self, began: datetime) -> None:
        self.began, self.told, self.untold = began, 0, 0


class Refusals:
    """Writes refusals into the log: of one peer and reason at most five a minute; the next line says by `count` for how
    many it stands. Whoever knocks all day must not fill the disk that messages are kept on.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minutes: OrderedDict[tuple[str, str], _Minute] = OrderedDict()

    def tell(self, peer: str, reason: str, **facts: object) -> None:
        """Say that `peer` (an address; empty where it is not known) was turned away for `reason`."""
        now, key = self._clock.now(), (peer, reason)
        minute = self._minutes.get(key) or _Minute(now)
        self._minutes[key] = minute
        self._minutes.move_to_end(key)
        if len(self._minutes) > _PEERS:
            self._minutes.popitem(last=False)
        if not timedelta() <= now - minute.began < _MINUTE:
            minute.began, minute.told = now, 0
        minute.untold += 1
        if minute.told < _TOLD_A_MINUTE:
            logs.warning(Event.CONNECTION_REFUSED, **facts, reason=reason, count=minute.untold)
            minute.told, minute.untold = minute.told + 1, 0


def name_refusals(context: ssl.SSLContext, partner: str, refusals: Refusals) -> None:
    """Have failed handshakes of `context` written to the log: the loop's own servers drop them in silence.

    While TLS is agreed nobody knows the address here, so all peers of the port count as one.
    """

    class Handshake(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as trouble:
                refusals.tell("", tls_trouble(trouble), partner=partner)
                raise

    context.sslobject_class = Handshake
