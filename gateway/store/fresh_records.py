"""Records that were saved a moment ago and are about to be sent: kept in memory, not to be opened again."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from gateway.store.model import Key, Record

_MOST = 4096


class FreshRecords:
    """A few hundred messages' worth of records, each given out as often as it was kept, since several messages bring the
    same version of a person; the oldest go first. What is not here is in the store. A version never changes, so nothing
    here can be out of date; a destroyed key takes its records along.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept: dict[Key, tuple[Record, int]] = {}
        self._lock = threading.Lock()  # kept in the thread of the commit, taken on the event loop

    def keep(self, saved: Iterable[Record]) -> None:
        """Keep records whose saving is durable."""
        with self._lock:
            kept = self._kept
            for record in saved:
                key = record.resource_type, record.id, record.version
                kept[key] = record, kept[key][1] + 1 if key in kept else 1
            while len(kept) > self._most:
                del kept[next(iter(kept))]

    def take(self, wanted: Sequence[Key]) -> dict[Key, Record]:
        """Those of `wanted` that are here; given out for the last time, they are not kept any longer."""
        with self._lock:
            kept, found = self._kept, {}
            for key in wanted:
                if key in kept:
                    found[key], times = kept[key]
                    if times > 1:
                        kept[key] = found[key], times - 1
                    else:
                        del kept[key]
            return found

    def forget(self, patient_id: str) -> None:
        """Drop whatever is about the patient."""
        with self._lock:
            for key in [key for key, (record, _) in self._kept.items() if record.patient_id == patient_id]:
                del self._kept[key]
