"""How many pages one session may open: each is decided, kept and logged, and a held key must not fill the log."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

MOST_A_MINUTE = 60
_MINUTE = timedelta(minutes=1)
_SESSIONS = 1000


class Pace:
    """The pages of the last minute, by session; in this process alone."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()

    def allows(self, session: str, now: datetime) -> bool:
        """Whether one more page may be opened now; it counts when it may."""
        seen = self._seen.setdefault(session, deque())
        self._seen.move_to_end(session)
        while len(self._seen) > _SESSIONS:
            self._seen.popitem(last=False)
        while seen and now - seen[0] >= _MINUTE:
            seen.popleft()
        if len(seen) >= MOST_A_MINUTE:
            return False
        seen.append(now)
        return True
