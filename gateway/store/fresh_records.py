"""Records that were saved a moment ago and are about to be sent: kept in memory, not to be opened again."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from gateway.store.model import Key, Record

_MOST = 4096


class FreshRecords:
    """A few hundred messages' worth of records, each given out once; the oldest go first. What is not here is in the
    store. A version never changes, so nothing here can be out of date; a destroyed key takes its records along.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept: dict[Key, Record] = {}
        self._lock = threading.Lock()  # kept in the thread of the commit, taken on the event loop

    def keep(self, saved: Iterable[Record]) -> None:
        """Keep records whose saving is durable."""
        with self._lock:
            for record in saved:
                self._kept[record.resource_type, record.id, record.version] = record
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def take(self, wanted: Sequence[Key]) -> dict[Key, Record]:
        """Those of `wanted` that are here; they are not kept any longer."""
        with self._lock:
            kept = self._kept
            return {key: kept.pop(key) for key in wanted if key in kept}

    def forget(self, patient_id: str) -> None:
        """Drop whatever is about the patient."""
        with self._lock:
            for key in [key for key, record in self._kept.items() if record.patient_id == patient_id]:
                del self._kept[key]
