"""How much is under way and how it adds up: numbers for the metrics page and for reconciling, no patient in any."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store import audit_rows, audit_window
from gateway.store.model import Reading

LISTED = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """Intents toward one partner in one unsettled state; `oldest`: when the first of them was made, ISO 8601 UTC."""

    partner: str
    state: str
    number: int
    oldest: str


@dataclass(frozen=True, slots=True)
class Logged:
    """How many audit entries of one kind and outcome about one partner were added."""

    kind: str
    partner: str
    outcome: str
    number: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """Messages of one sender that were accepted in a window; `without_news`: those that asked for nothing to be sent."""

    partner: str
    number: int
    without_news: int


def waiting(reading: Reading) -> tuple[Waiting, ...]:
    """What is due, tried again, being sent, held, unknown or dead, by partner and state."""
    return tuple(Waiting(*row) for row in reading.rows("workload.waiting"))


def needing_attention(reading: Reading) -> tuple[int, str]:
    """How many messages could not be used and wait to be corrected, and since when; empty without any."""
    return _number_and_oldest(reading, "workload.needing_attention")


def in_doubt(reading: Reading) -> tuple[int, str]:
    """Of how many patients it is not certain who they are, and since when; empty without any."""
    return _number_and_oldest(reading, "workload.in_doubt")


def consent_requests(reading: Reading, now: str) -> tuple[int, int]:
    """How many consents are asked for, and how many of these are overdue."""
    row = reading.row("workload.consent_requests", {"now": now})
    return (0, 0) if row is None else (row["number"], row["overdue"])


def logged_after(reading: Reading, seq: int) -> tuple[tuple[Logged, ...], int]:
    """The audit entries after number `seq`, counted, and the number of the last."""
    rows = reading.rows("workload.logged_after", {"seq": seq})
    found = tuple(Logged(row["kind"], row["partner"], row["outcome"], row["number"]) for row in rows)
    return found, max((row["last"] for row in rows), default=seq)


def accepted(reading: Reading, since: str, until: str) -> tuple[Accepted, ...]:
    """The messages accepted in a window (ISO 8601 UTC, the end not included), by sender."""
    rows = reading.rows("workload.accepted", {"since": since, "until": until})
    return tuple(Accepted(*row) for row in rows)


def intended(reading: Reading, since: str, until: str) -> dict[tuple[str, str], int]:
    """(recipient, state) -> how many intents the messages of a window brought."""
    rows = reading.rows("workload.intended", {"since": since, "until": until})
    return {(row["partner"], row["state"]): row["number"] for row in rows}


def delivered_unaccounted(reading: Reading, since: str, until: str) -> tuple[str, ...]:
    """Ids of intents of that window that count as delivered, without an audit entry that bytes left; LISTED at most."""
    asked = {"since": since, "until": until, "limit": LISTED}
    return tuple(row["id"] for row in reading.rows("workload.delivered_unaccounted", asked))


def handed_over_unreleased(reading: Reading, since: str, until: str) -> tuple[int, ...]:
    """Numbers of audit entries of that window that say bytes left, without a release; LISTED at most."""
    last = (audit_rows.last(reading) or (0, b""))[0]
    after = audit_window.seq_before(reading, since, last)
    upto = audit_window.seq_before(reading, until, last) + 2 * audit_window.SLACK
    asked = {"since": since, "until": until, "after_seq": after, "upto_seq": upto, "limit": LISTED}
    return tuple(row["seq"] for row in reading.rows("workload.handed_over_unreleased", asked))


def _number_and_oldest(reading: Reading, query: str) -> tuple[int, str]:
    row = reading.row(query)
    return (0, "") if row is None else (row["number"], row["oldest"] or "")
