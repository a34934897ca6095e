"""When the store was last restored: what was used up or ended since the backup, the restored store may not know.

So whoever takes links or sessions that count once takes none that was made until then; and the log may lack entries.
"""

from __future__ import annotations

from datetime import datetime

from gateway.audit import newest
from gateway.clock import read_instant
from gateway.flows.restored import MISSING_FROM, MISSING_TO, RESTORED
from gateway.store import AuditFilter, Reading, Store, audit_rows

_MOST = 10
_OF_NO_PARTNER = ""
_WANTED = AuditFilter(partner=_OF_NO_PARTNER, kind="outcome", outcome=RESTORED)


def last_restore(store: Store) -> datetime | None:
    """The instant (UTC) of the newest restore, by the log of the store; None for one that never was.

    It does not change while a gateway runs: a store is not restored under one. Ask once, at the start.
    """
    with store.read() as reading:
        return last_restore_in(reading)


def last_restore_in(reading: Reading) -> datetime | None:
    """The same as of that reading."""
    found = audit_rows.newest(reading, 1, _WANTED)
    return read_instant(found[0].at) if found else None


def spans_missing(store: Store) -> tuple[tuple[str, str], ...]:
    """From when to when (ISO, UTC) entries may be missing, by the newest ten restores, the newest first. Ask once."""
    if last_restore(store) is None:
        return ()
    with store.read() as reading:
        return spans_told(reading)


def spans_told(reading: Reading) -> tuple[tuple[str, str], ...]:
    """The same as of that reading."""
    told = [one.entry.versions for one in newest(reading, _MOST, _WANTED) if one.entry is not None]
    return tuple((one[MISSING_FROM], one[MISSING_TO]) for one in told if MISSING_FROM in one)
