"""Who may log in to the console, and as what; as long as nobody stands here, whoever the operator makes a link for."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import Reading, Row, Transaction


@dataclass(frozen=True, slots=True)
class ConsoleAccount:
    """One person. `login` tells her from others, `name` is as it was typed. Instants are ISO 8601 UTC text.

    `last_day` is `YYYY-MM-DD`, inclusive, in the network's zone; empty: no end. Links and sessions made until `ended_at`
    (empty: never disabled) are over, also when she is enabled again.
    """

    login: str
    name: str
    roles: tuple[str, ...]
    last_day: str
    is_enabled: bool
    set_at: str
    ended_at: str = ""


def keep(tx: Transaction, account: ConsoleAccount) -> None:
    """Keep an account as it is now, in the place of what was kept of that login."""
    row = {
        "login": account.login,
        "name": account.name,
        "roles": " ".join(account.roles),
        "last_day": account.last_day,
        "is_enabled": int(account.is_enabled),
        "set_at": account.set_at,
        "ended_at": account.ended_at,
    }
    tx.execute("console_accounts.keep", row)


def get(reading: Reading, login: str) -> ConsoleAccount | None:
    """The account of that login, or None."""
    row = reading.row("console_accounts.get", {"login": login})
    return None if row is None else _of(row)


def every(reading: Reading) -> tuple[ConsoleAccount, ...]:
    """All of them, by login."""
    return tuple(map(_of, reading.rows("console_accounts.every")))


def _of(row: Row) -> ConsoleAccount:
    login, name, roles, last_day, is_enabled, set_at, ended_at = row
    return ConsoleAccount(login, name, tuple(roles.split()), last_day, bool(is_enabled), set_at, ended_at)
