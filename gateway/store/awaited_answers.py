"""Referrals that their addressees have not answered yet, and which of them are over their time."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import Reading, Transaction


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer to that intent's referral is awaited; `over_since`: since when too long, ISO 8601 UTC (empty: not)."""

    intent_id: str
    over_since: str


@dataclass(frozen=True, slots=True)
class Over:
    """How many referrals a partner has not answered in time; `oldest`: since when the first of them, ISO 8601 UTC."""

    partner: str
    number: int
    oldest: str


def begin(tx: Transaction, before: str, limit: int) -> int:
    """Watch up to `limit` more intents that were made before the instant, of them the referrals; how many were gone
    through.
    """
    row = tx.row("awaited_answers.watched_upto")
    upto = 0 if row is None else int(row["upto"])
    seen = 0
    for made in tx.rows("awaited_answers.made_after", {"upto": upto, "limit": limit}):
        if made["created_at"] > before:
            break
        seen, upto = seen + 1, made["sequence"]
        if made["kind"] == "referral":
            look_again(tx, made["id"], made["created_at"])
    if seen:
        tx.execute("awaited_answers.set_watched_upto", {"upto": upto})
    return seen


def to_look_at(reading: Reading, now: str, limit: int) -> tuple[Awaited, ...]:
    """Those that are to be looked at now, the longest waiting first."""
    rows = reading.rows("awaited_answers.to_look_at", {"now": now, "limit": limit})
    return tuple(Awaited(*row) for row in rows)


def look_again(tx: Transaction, intent_id: str, at: str, over_since: str = "") -> None:
    """It is looked at next at that instant (ISO 8601 UTC)."""
    params = {"intent_id": intent_id, "look_at": at, "over_since": over_since}
    tx.execute("awaited_answers.keep", params)


def end(tx: Transaction, intent_id: str) -> None:
    """It was answered, or no answer is awaited any more."""
    tx.execute("awaited_answers.drop", {"intent_id": intent_id})


def over(reading: Reading, limit: int) -> tuple[Awaited, ...]:
    """Those that were not answered in time, the longest waiting first."""
    return tuple(Awaited(*row) for row in reading.rows("awaited_answers.over", {"limit": limit}))


def is_over(reading: Reading, intent_id: str) -> bool:
    """Whether the referral of that intent was not answered in time."""
    row = reading.row("awaited_answers.of_intent", {"intent_id": intent_id})
    return row is not None and bool(row["over_since"])


def over_by_partner(reading: Reading) -> tuple[Over, ...]:
    """How many each partner has not answered in time."""
    return tuple(Over(*row) for row in reading.rows("awaited_answers.over_by_partner"))
