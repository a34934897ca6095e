"""Counts of the audit log, so that a page with a million entries behind it counts none of them anew.

Of whole spans the store keeps the counts; each process reads them once: codes and numbers, no patient. What the store
does not have yet is counted in a thread, the newest spans first, and a page that comes before all of its days are
counted says so. The span at the end is counted at each look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

from gateway.audit.counts import SPAN, Counts, Index, Sort, count_span, kept_counts
from gateway.store import Reading, audit_rows, audit_window
from gateway.store.model import AuditFilter

PATIENCE_SECONDS = 0.05
"""So long a page waits for counts that are not made yet."""
Read = Callable[[], AbstractContextManager[Reading]]


@dataclass(frozen=True, slots=True)
class Span:
    """The entries after one number up to another; `counts` is None while they are not counted."""

    after_seq: int
    upto_seq: int
    counts: Counts | None


@dataclass(frozen=True, slots=True)
class Part:
    """The spans that a window reaches into, the newest first. `since` and `until` are instants."""

    spans: tuple[Span, ...]
    since: str
    until: str
    first: date
    last: date

    @property
    def is_whole(self) -> bool:
        """Whether all of it is counted."""
        return all(span.counts is not None for span in self.spans)

    def days(self) -> Iterator[tuple[date, Mapping[Sort, int]]]:
        """The counts of each day of the window, as far as they are made; a day may come more than once."""
        for span in self.spans:
            for day, sorts in span.counts.days.items() if span.counts is not None else ():
                if self.first <= day <= self.last:
                    yield day, sorts

    @staticmethod
    def between(span: Span, wanted: AuditFilter) -> tuple[int, int]:
        """The lowest and the highest number that an entry of a span can have that `wanted` asks for; none: (1, 0)."""
        low, high = span.after_seq + 1, span.upto_seq
        if span.counts is None or wanted.kind is None:
            return low, high
        marks: list[tuple[str, ...]] = [(wanted.kind,)]
        if wanted.outcome is not None:
            marks.append(("outcome", wanted.kind, wanted.outcome))
        if wanted.partner is not None:
            marks.append(("partner", wanted.kind, wanted.partner))
        found = [span.counts.between.get(mark, (1, 0)) for mark in marks]
        return max(low, *(lowest for lowest, _ in found)), min(high, *(highest for _, highest in found))


class Tally:
    """The counts of one process. Days are those of the time zone `zone` (IANA name)."""

    def __init__(self, read: Read, index: Index, zone: str) -> None:
        self._read = read
        self._index = index
        self._zone = zone
        self._whole: dict[int, Counts] = {}
        self._counting: asyncio.Task[None] | None = None

    async def reach(self, since: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Count back to an instant; when it takes longer than `seconds`, it goes on behind, one count at a time."""
        if self._counting is None or self._counting.done():
            self._counting = asyncio.ensure_future(asyncio.to_thread(self._count, since))
        await asyncio.wait({self._counting}, timeout=seconds)

    def part(self, reading: Reading, since: str, until: str, first: date, last: date) -> Part:
        """What is counted of a window, as of a snapshot."""
        newest = _last(reading)
        after = audit_window.seq_before(reading, since, newest)
        end = min(newest, audit_window.seq_before(reading, until, newest) + 2 * audit_window.SLACK)
        numbers = range((end - 1) // SPAN, after // SPAN - 1, -1) if end > after else ()
        return Part(
            tuple(self._span(reading, number, newest) for number in numbers), since, until, first, last
        )

    def _span(self, reading: Reading, number: int, newest: int) -> Span:
        after, upto = number * SPAN, min((number + 1) * SPAN, newest)
        if upto - after < SPAN:
            return Span(after, upto, count_span(reading, self._zone, after, upto))
        return Span(after, upto, self._whole.get(number))

    def _count(self, since: str) -> None:
        with self._read() as reading:
            newest = _last(reading)
            first = audit_window.seq_before(reading, since, newest)
            lacking = [
                number
                for number in range(newest // SPAN - 1, first // SPAN - 1, -1)
                if number not in self._whole
            ]
            if lacking:
                self._whole |= kept_counts(reading, self._index, self._zone, lacking[-1], lacking[0])
            for number in lacking:
                if number not in self._whole:
                    counts = count_span(reading, self._zone, number * SPAN, (number + 1) * SPAN)
                    self._whole[number] = counts


def _last(reading: Reading) -> int:
    return (audit_rows.last(reading) or (0, b""))[0]
