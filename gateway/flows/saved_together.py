"""The records of one submission: what is there is looked up at once, what is new is saved a few at a time.

All is as if each had been looked up and saved alone, in the order of the submission.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.flows.kept_labels import save_all_keeping_labels
from gateway.store import Record, Transaction, records

_IN_A_SET = 8
"""What is saved as one set is opened as one: few enough that reading one record of a large submission stays cheap."""
Named = tuple[str, str]
"""Type and id of a record."""


class SavedTogether:
    """`saved` holds, after `save`, what became of each number that was given to `later` or `now`."""

    def __init__(self, tx: Transaction, wanted: Iterable[Named]) -> None:
        self._tx = tx
        self._held = records.present(tx, list(dict.fromkeys(wanted)))
        self._waiting: dict[Named, tuple[int, Record]] = {}
        self.saved: dict[int, Record] = {}

    def before(self, name: Named) -> Record | None:
        """The present version of one of those that were `wanted`, with what came before it in this submission."""
        if name in self._waiting:
            self.save()
        return self._held.get(name)

    def later(self, number: int, record: Record) -> None:
        """Save `record` with others, at the latest by `save`. Its `before` must have been asked for."""
        self._waiting[record.resource_type, record.id] = number, record

    def now(self, number: int, record: Record) -> None:
        """`record` is saved already."""
        self.saved[number] = self._held[record.resource_type, record.id] = record

    def save(self) -> None:
        """Save what waits. Raises NotFound `KEY_GONE`."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        for start in range(0, len(waiting), _IN_A_SET):
            some = waiting[start : start + _IN_A_SET]
            made = save_all_keeping_labels(self._tx, [record for _, record in some])
            for (number, _), record in zip(some, made, strict=True):
                self.now(number, record)
