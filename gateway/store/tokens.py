"""Ids of client assertions that were used. Each counts once, until it expires (RFC 7523, `jti`)."""

from __future__ import annotations

from gateway.store.model import Reading, Transaction


def use_jti(tx: Transaction, issuer: str, jti: str, expires_at: str) -> bool:
    """True the first time, False when `issuer` used that id before."""
    return bool(tx.execute("tokens.use", {"issuer": issuer, "jti": jti, "expires_at": expires_at}))


def was_used(reading: Reading, issuer: str, jti: str) -> bool:
    """Whether `issuer` used that id before, as far as it is still kept."""
    return reading.row("tokens.was_used", {"issuer": issuer, "jti": jti}) is not None


def remember(tx: Transaction, issuer: str, jti: str, expires_at: str) -> None:
    """Keep an id until that instant, whether or not it was kept before."""
    tx.execute("tokens.remember", {"issuer": issuer, "jti": jti, "expires_at": expires_at})


def remembered_until(reading: Reading, issuer: str, jti: str) -> str | None:
    """Until when an id is kept; None for one that is not."""
    row = reading.row("tokens.remembered_until", {"issuer": issuer, "jti": jti})
    return None if row is None else str(row["expires_at"])


def that_begin(reading: Reading, issuer: str, start: str) -> tuple[str, ...]:
    """What follows `start` in each kept id that begins so; in ASCII, in order."""
    where = {"issuer": issuer, "start": start, "stop": start + "\x7f"}
    return tuple(str(row["jti"]).removeprefix(start) for row in reading.rows("tokens.that_begin", where))


def forget_expired(tx: Transaction, before: str) -> int:
    """Drop what expired before that instant; how many. Leave room for a clock that steps back."""
    return tx.execute("tokens.forget_expired", {"before": before})
