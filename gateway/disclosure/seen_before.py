"""What was decided and shown of exact versions of records, until one of her consents begins or ends.

A partner asks again and again, and most of the time nothing has changed. Everything that decision, redaction and
presentation depend on is in the key, or is told by the compiled consents, which are one object for one epoch of the
patient, one discloser and one version of the network. A version of a record never changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import consent
from gateway.audit import AuditEntry
from gateway.disclosure.gathered import Gathered

Shown = tuple[Mapping[str, Any], ...]
_Key = tuple[object, ...]
MOST_RESOURCES = 2048
"""Of all that is kept together: about ten megabytes."""


@dataclass(slots=True)
class Before:
    """What was decided and shown, and what was made of the whole of it: its notice, and its entry in the log but for the
    time, the request and the bytes.
    """

    compiled: consent.CompiledConsents = field(repr=False)
    decision: consent.Decision = field(repr=False)
    shown: Shown = field(repr=False)
    notice: consent.Notice | None = field(default=None, repr=False)
    entry: AuditEntry | None = field(default=None, repr=False)


class SeenBefore:
    """Answers by question; the oldest go first. What showed nothing is not kept, and is decided anew each time."""

    def __init__(self, most: int = MOST_RESOURCES) -> None:
        self._most = most
        self._size = 0
        self._kept: dict[_Key, Before] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, gathered: Gathered, at: datetime) -> Before | None:
        """What was decided and shown, where this very question was answered since anything began or ended."""
        found = self._kept.get(_key_of(gathered, at))
        return found if found is not None and found.compiled is gathered.compiled else None

    def keep(
        self, gathered: Gathered, at: datetime, decision: consent.Decision, shown: Shown
    ) -> Before | None:
        """Keep what may be seen, without the records of which it was made. None where that is nothing, or too much."""
        if not 0 < len(shown) <= self._most // 8:
            return None
        key = _key_of(gathered, at)
        self._drop(key)
        while self._kept and self._size + len(shown) > self._most:
            self._drop(next(iter(self._kept)))
        made = Before(gathered.compiled, replace(decision, outlines=(), sources=[]), shown)
        self._kept[key] = made
        self._size += len(shown)
        return made

    def forget(self, patient_id: str) -> None:
        """Drop whatever is about the patient."""
        for key in [key for key in self._kept if key[0] == patient_id]:
            self._drop(key)

    def _drop(self, key: _Key) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size -= len(gone.shown)


def _key_of(gathered: Gathered, at: datetime) -> _Key:
    """Who asks what of whom for what, between which two instants at which something begins or ends, and the versions."""
    return (
        gathered.patient_id,
        gathered.discloser,
        gathered.recipient,
        gathered.purpose,
        bisect_right(gathered.compiled.boundaries, at),
        gathered.vetoed,
        tuple([(one.resource_type, one.id, one.version, one.updated_at) for one in gathered.read]),
    )
