"""When the store was last restored: what was used up or ended since the backup, the restored store may not know.

So whoever takes links or sessions that count once takes none that was made until then.
"""

from __future__ import annotations

from datetime import datetime

from gateway.clock import read_instant
from gateway.flows.restored import RESTORED
from gateway.store import AuditFilter, Store, audit_rows

_OF_NO_PARTNER = ""


def last_restore(store: Store) -> datetime | None:
    """The instant (UTC) of the newest restore, by the log of the store; None for one that never was.

    It does not change while a gateway runs: a store is not restored under one. Ask once, at the start.
    """
    wanted = AuditFilter(partner=_OF_NO_PARTNER, kind="outcome", outcome=RESTORED)
    with store.read() as reading:
        found = audit_rows.newest(reading, 1, wanted)
    return read_instant(found[0].at) if found else None
