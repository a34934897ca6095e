"""Finding entries of the audit log for a page: by columns through the counts, by sealed facts by opening some.

Whatever is asked, no more than so many spans are looked into and so many entries opened; where more may follow, the
page says so and links to where it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gateway import audit
from gateway.audit import AuditEntry, LoggedEntry
from gateway.audit.log import opened
from gateway.console.tally import Part
from gateway.store import AuditFilter, Reading, audit_window

OPENED = 400
_UNCOUNTED_SPANS = 10
_AT_ONCE = 200
_PAST_THE_END = 2**62


@dataclass(frozen=True, slots=True)
class Found:
    """Entries, newest first. `before`: where the list goes on (0: nowhere); `examined`: how many were opened for it."""

    entries: tuple[LoggedEntry, ...]
    before: int
    examined: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sealed part of an entry must say; empty texts mean anything. `is_question`: that it is one."""

    basis: str = ""
    program: str = ""
    reason: str = ""
    is_question: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether anything is."""
        return bool(self.basis or self.program or self.reason or self.is_question)

    def fit(self, logged: LoggedEntry) -> bool:
        """Whether an entry says it; one whose facts were destroyed does not."""
        entry = logged.entry
        if not self.is_asked or entry is None:
            return not self.is_asked
        return (
            self.basis in ("", entry.basis)
            and (not self.program or self.program in programs_of(entry))
            and (not self.reason or self.reason in reasons_of(entry))
            and (not self.is_question or bool(entry.asked))
        )


def is_look(kind: str, partner: str) -> bool:
    """Whether an entry says that somebody looked in this console: by no partner."""
    return kind == "read" and not partner


def programs_of(entry: AuditEntry) -> tuple[str, ...]:
    """The partners whose records an entry is about."""
    return tuple(source.removeprefix("Organization/") for source in entry.source)


def reasons_of(entry: AuditEntry) -> frozenset[str]:
    """The codes of every reason in an entry: of the whole and of each record."""
    whole = {reason.code for reason in entry.reasons}
    return frozenset(whole | {reason.code for row in entry.resources for reason in row.reasons})


def find(
    reading: Reading,
    part: Part,
    wanted: AuditFilter,
    facts: Facts,
    limit: int,
    uncounted: int = _UNCOUNTED_SPANS,
) -> Found:
    """Up to `limit` entries that `wanted` and `facts` ask for, within a part of the log; of spans that are not counted
    yet at most `uncounted` are looked into.
    """
    kept: list[LoggedEntry] = []
    examined = 0
    most = max(OPENED, limit + 1)
    for logged in _candidates(reading, part, wanted, limit, uncounted):
        if isinstance(logged, int):
            return Found(tuple(kept), logged, examined)
        examined += 1
        if facts.fit(logged):
            kept.append(logged)
        if len(kept) > limit:
            return Found(tuple(kept[:limit]), kept[limit - 1].row.seq, examined)
        if examined >= most:
            return Found(tuple(kept), logged.row.seq, examined)
    return Found(tuple(kept), 0, examined)


def newest_of(reading: Reading, part: Part, wanted: AuditFilter) -> LoggedEntry | None:
    """The newest entry that `wanted` asks for, or None."""
    found = find(reading, part, wanted, Facts(), 1, uncounted=1).entries
    return found[0] if found else None


def facets(entries: tuple[LoggedEntry, ...]) -> Mapping[str, tuple[tuple[str, int], ...]]:
    """Of entries that were opened: how many have which basis, program and reason, the most frequent first."""
    counts: dict[str, dict[str, int]] = {"basis": {}, "program": {}, "reason": {}}
    for entry in (logged.entry for logged in entries if logged.entry is not None):
        for name, values in (
            ("basis", (entry.basis,) if entry.basis else ()),
            ("program", programs_of(entry)),
            ("reason", sorted(reasons_of(entry))),
        ):
            for value in values:
                counts[name][value] = counts[name].get(value, 0) + 1
    return {
        name: tuple(sorted(found.items(), key=lambda one: (-one[1], one[0])))
        for name, found in counts.items()
    }


def _candidates(
    reading: Reading, part: Part, wanted: AuditFilter, limit: int, uncounted: int
) -> Iterator[LoggedEntry | int]:
    """The entries to look at, newest first; when every kind is asked for, not the looks of this console, which have a
    screen of their own. A number at the end: it goes on before it, in spans not counted yet.
    """
    if wanted.patient_id is not None:
        yield from _of_patient(reading, replace(wanted, since=part.since, until=part.until), limit)
        return
    inside = replace(wanted, since=part.since, until=part.until)
    before = wanted.before_seq or _PAST_THE_END
    for span in part.spans:
        lowest, highest = part.between(span, wanted)
        if lowest > highest or lowest >= before:
            continue
        uncounted -= span.counts is None
        if uncounted < 0:
            yield span.upto_seq + 1
            return
        upto = min(before, highest + 1)
        size = min(_AT_ONCE, limit + 1)
        while rows := audit_window.newest_between(
            reading, lowest - 1, upto, inside, size, looks=wanted.kind is not None
        ):
            yield from opened(reading, rows)
            upto = rows[-1].seq


def _of_patient(reading: Reading, wanted: AuditFilter, limit: int) -> Iterator[LoggedEntry]:
    size = min(_AT_ONCE, limit + 1)
    while rows := audit.newest(reading, size, wanted):
        yield from (
            one for one in rows if wanted.kind is not None or not is_look(one.row.kind, one.row.partner)
        )
        wanted = replace(wanted, before_seq=rows[-1].row.seq)
