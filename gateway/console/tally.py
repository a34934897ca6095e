"""Counts of the audit log, so that a page with a million entries behind it counts none of them anew.

Entries never change, so each whole span of them is counted once, in a thread, and kept: codes and numbers, no patient.
The span at the end is counted at each look. After a start the newest spans are counted first; a page that comes before
all of its days are counted says so.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from gateway.store import Reading, audit_rows, audit_window
from gateway.store.model import AuditFilter

SPAN = 2_000
PATIENCE_SECONDS = 0.05
"""So long a page waits for counts that are not made yet."""
Sort = tuple[str, str, str, str, str]
"""Hour (UTC), kind, outcome, partner, purpose."""
Read = Callable[[], AbstractContextManager[Reading]]


@dataclass(frozen=True, slots=True)
class Span:
    """The entries after one number up to another; `sorts` is None while they are not counted."""

    after_seq: int
    upto_seq: int
    sorts: Counter[Sort] | None


@dataclass(frozen=True, slots=True)
class Part:
    """The spans that a window reaches into, the newest first. `since` and `until` are instants."""

    spans: tuple[Span, ...]
    since: str
    until: str

    @property
    def is_whole(self) -> bool:
        """Whether all of it is counted."""
        return all(span.sorts is not None for span in self.spans)

    def sorts(self) -> Iterator[tuple[Sort, int]]:
        """Every sort within the window with its number, as far as it is counted."""
        first, end = self.since[:13], self.until[:13]
        for span in self.spans:
            for sort, number in (span.sorts or {}).items():
                if first <= sort[0] < end:
                    yield sort, number

    def may_hold(self, span: Span, wanted: AuditFilter) -> bool:
        """Whether a span may have an entry that `wanted` asks for."""
        return span.sorts is None or any(_fits(sort, wanted) for sort in span.sorts)


class Tally:
    """The counts of one process."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._whole: dict[int, Counter[Sort]] = {}
        self._counting: asyncio.Task[None] | None = None

    async def reach(self, since: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Count back to an instant; when it takes longer than `seconds`, it goes on behind, one count at a time."""
        if self._counting is None or self._counting.done():
            self._counting = asyncio.ensure_future(asyncio.to_thread(self._count, since))
        await asyncio.wait({self._counting}, timeout=seconds)

    def part(self, reading: Reading, since: str, until: str) -> Part:
        """What is counted of a window, as of a snapshot."""
        last = _last(reading)
        first = audit_window.seq_before(reading, since, last)
        end = min(last, audit_window.seq_before(reading, until, last) + 2 * audit_window.SLACK)
        if end <= first:
            return Part((), since, until)
        numbers = range((end - 1) // SPAN, first // SPAN - 1, -1)
        return Part(tuple(self._span(reading, number, last) for number in numbers), since, until)

    def _span(self, reading: Reading, number: int, last: int) -> Span:
        after, upto = number * SPAN, min((number + 1) * SPAN, last)
        if upto - after < SPAN:
            return Span(after, upto, _counted(reading, after, upto))
        return Span(after, upto, self._whole.get(number))

    def _count(self, since: str) -> None:
        with self._read() as reading:
            last = _last(reading)
            first = audit_window.seq_before(reading, since, last)
            for number in range(last // SPAN - 1, first // SPAN - 1, -1):
                if number not in self._whole:
                    self._whole[number] = _counted(reading, number * SPAN, (number + 1) * SPAN)


def _counted(reading: Reading, after: int, upto: int) -> Counter[Sort]:
    found = audit_window.counted(reading, after, upto)
    return Counter({(one.hour, one.kind, one.outcome, one.partner, one.purpose): one.number for one in found})


def _last(reading: Reading) -> int:
    return (audit_rows.last(reading) or (0, b""))[0]


def _fits(sort: Sort, wanted: AuditFilter) -> bool:
    _, kind, outcome, partner, purpose = sort
    return (
        wanted.kind in (None, kind)
        and wanted.outcome in (None, outcome)
        and wanted.partner in (None, partner)
        and wanted.purpose in (None, purpose)
    )
