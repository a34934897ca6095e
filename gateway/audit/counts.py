"""Counts of the log for pages, so that none counts a million entries: entries never change, so each whole span of
them is counted once, and kept in the store behind the log. No verification looks at them, and pages do without them; by
them lists pass over entries, so that a keyed hash stands before each: who can write to the store alone hides none.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec

from gateway.errors import NotNow
from gateway.store import audit_counts, audit_rows, audit_window
from gateway.store.model import Reading, Store, Transaction

SPAN = 2_000
_SPANS_AT_ONCE = 10
Sort = tuple[str, str, str, str]
"""Kind, outcome, partner, purpose."""
_Between = tuple[int, int]
Index = Callable[[str, str, str], str]
"""A keyed hash of a parameter, a system and a value (`Keys.index_hmac`), 64 characters."""
_MARK = 64


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entries of each sort a span has on each day, and between which numbers those of a kind, of a kind and
    outcome, and of a kind and partner stand.
    """

    days: Mapping[date, Mapping[Sort, int]]
    between: Mapping[tuple[str, ...], _Between]


class _Written(msgspec.Struct, array_like=True):
    """The same in a form that JSON can have: words of a sort or of a mark joined by tabs."""

    days: dict[date, dict[str, int]]
    between: dict[str, _Between]


_DECODER = msgspec.json.Decoder(_Written)


class _Words(dict[str, tuple[str, ...]]):
    """Joined words -> the words. The same few stand in every span: made once, which spares the collector too."""

    def __missing__(self, joined: str) -> tuple[str, ...]:
        found = self[joined] = tuple(joined.split(_TAB))
        return found


_TAB = "\t"


def count_span(reading: Reading, zone: str, after: int, upto: int) -> Counts:
    """The entries after one number up to another, counted; days are those of a time zone (IANA name).

    Raises ValueError where somebody put into the log what no entry of ours says.
    """
    days: dict[date, Counter[Sort]] = {}
    between: dict[tuple[str, ...], _Between] = {}
    known: dict[str, date] = {}
    with audit_rows.readable_texts():
        counted = audit_window.counted(reading, after, upto)
    for one in counted:
        day = known.get(one.hour)
        if day is None:
            at = datetime.strptime(one.hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
            day = known[one.hour] = at.astimezone(ZoneInfo(zone)).date()
        days.setdefault(day, Counter())[one.kind, one.outcome, one.partner, one.purpose] += one.number
        for mark in ((one.kind,), ("outcome", one.kind, one.outcome), ("partner", one.kind, one.partner)):
            low, high = between.get(mark, (one.lowest, one.highest))
            between[mark] = (min(low, one.lowest), max(high, one.highest))
    return Counts(days, between)


def kept_counts(reading: Reading, index: Index, zone: str, first: int, last: int) -> dict[int, Counts]:
    """The counts that the store has of whole spans, by the span's number, from one to another, both inclusive."""
    try:
        with audit_rows.readable_texts():
            found = audit_counts.between(reading, zone, first * SPAN, (last + 1) * SPAN, SPAN)
    except audit_rows.NoText:
        return {}
    words = _Words()
    ours = ((after, text[_MARK:]) for after, text in found if _is_ours(index, zone, after, text))
    return {after // SPAN: counts for after, text in ours if (counts := _read(text, words)) is not None}


def _is_ours(index: Index, zone: str, after: int, text: object) -> bool:
    return isinstance(text, str) and hmac.compare_digest(
        text.encode(), _marked(index, zone, after, text[_MARK:]).encode()
    )


def _marked(index: Index, zone: str, after: int, text: str) -> str:
    """The text of a span behind its keyed hash."""
    return index("audit.counts", f"{zone} {after} {SPAN}", text) + text


def _read(text: str, words: _Words) -> Counts | None:
    """None where the text has not the form of ours: it is counted anew."""
    try:
        found = _DECODER.decode(text)
    except (msgspec.MsgspecError, ValueError):
        return None
    days = {day: {words[sort]: number for sort, number in sorts.items()} for day, sorts in found.days.items()}
    between = {words[mark]: numbers for mark, numbers in found.between.items()}
    return Counts(days, between)  # type: ignore[arg-type]  # a sort has four words, and of another nothing is shown


def _text(counts: Counts) -> str:
    days = {
        day: {_TAB.join(sort): number for sort, number in sorts.items()} for day, sorts in counts.days.items()
    }
    between = {_TAB.join(mark): numbers for mark, numbers in counts.between.items()}
    return msgspec.json.encode(_Written(days, between)).decode()


class Counting:
    """Keeps the counts of each whole span of one store's log, some seconds after its last entry; of an older log all."""

    def __init__(self, store: Store, index: Index, zone: str) -> None:
        self._store = store
        self._index = index
        self._zone = zone
        self._stopping = asyncio.Event()

    async def run(self, every_seconds: float = 5.0) -> None:
        """Count until `stop`. A busy store is tried again the next time."""
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), every_seconds)
            with contextlib.suppress(NotNow):
                while not self._stopping.is_set() and await self.count_on():
                    pass

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    async def count_on(self) -> bool:
        """Count some spans beside the event loop, and keep them; whether there were any. Raises NotNow `STORE_BUSY`."""
        counted = await asyncio.to_thread(self._counted)

        def keep(tx: Transaction) -> None:
            for after, text in counted.items():
                audit_counts.put(tx, self._zone, after, after + SPAN, text)

        if counted:
            await self._store.write(keep)
        return bool(counted)

    def _counted(self) -> dict[int, str]:
        """Where somebody put into the log what cannot be counted, verification says so; here nothing more is kept."""
        found: dict[int, str] = {}
        with self._store.read() as reading, contextlib.suppress(ValueError, OverflowError):
            begin = audit_counts.counted_to(reading, self._zone, SPAN)
            end = min(audit_rows.last_number(reading), begin + _SPANS_AT_ONCE * SPAN)
            for after in range(begin, end - SPAN + 1, SPAN):
                counts = count_span(reading, self._zone, after, after + SPAN)
                found[after] = _marked(self._index, self._zone, after, _text(counts))
        return found
