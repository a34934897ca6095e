"""People of the console: once one of them has an account, nobody gets in by a link without one (design 10).

A login at a provider is let in by the provider's roles; an account for its id (`Name [id]`, as the console names her)
limits it as any other, so that somebody can be shut out here too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace as with_changes

from gateway.audit import LOOK, LoggedEntry, append, is_look, newest
from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotAllowed, NotFound, NotUnderstood
from gateway.flows.another_person import LONGEST_LOGIN, account_name, is_name_of_link, login_of, typed
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.store import AuditFilter, Reading, Transaction, console_accounts
from gateway.store.console_accounts import ConsoleAccount

ROLES = ("compliance_officer", "auditor")
ADDED, DISABLED = "user_added", "user_disabled"
_USER = "user"
"""What the entry of a disabled account says under `versions`: the name as it is kept."""

_NOBODY = "nobody of that name has an account; `handoff users list` names all"
_NOBODY_COMES = (
    "nobody has come by that login lately; write `Name [id]` as the console names her at the top, or, for somebody who "
    "has not come yet, `handoff users add` first"
)
_LOOKS_BACK = 5000
"""So many of the newest looks tell who comes to the console."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When somebody would come: in which zone days are, and when the store was last restored (None: never)."""

    now: datetime
    zone: str
    restored_at: datetime | None


async def add(premises: Premises, about: str, reason: str) -> dict[str, Any]:
    """Set up somebody, or what she may from now on; one who was disabled needs a new link. `about`: JSON of `name`,
    `roles`, `until` (`YYYY-MM-DD`, inclusive, or empty) and `by`, an account of this machine.

    Raises NotUnderstood `NAME_UNFIT`, `ROLE_UNKNOWN`, `DAY_INVALID`, `REASON_MISSING`.
    """
    said, told = why(reason), json.loads(about)
    name = _fit(str(told["name"]))
    roles = tuple(one for one in ROLES if one in told["roles"])
    if not roles or not set(told["roles"]) <= set(ROLES):
        raise NotUnderstood("ROLE_UNKNOWN", f"a role is one of {', '.join(ROLES)}", "--role")
    now = premises.clock.now()
    until = _last_day(str(told["until"]), now.astimezone(ZoneInfo(premises.network.zone)).date())
    made = ConsoleAccount(_login(name), name, roles, until, is_enabled=True, set_at=instant_text(now))

    def work(tx: Transaction) -> dict[str, Any]:
        before = console_accounts.get(tx, made.login)
        kept = made if before is None else replace(made, ended_at=before.ended_at)
        console_accounts.keep(tx, kept)
        return _logged(tx, kept, ADDED, str(told["by"]), said)

    return await carry_out(premises, work)


async def disable(premises: Premises, about: str, reason: str) -> dict[str, Any]:
    """End what somebody has at once: her sessions at the next page, her links, and that she is given new ones. `about`:
    JSON of `name` and `by`. Somebody of a provider who has come needs no account to be disabled. What comes back says
    under `goes_on` by which other logins of that name somebody still gets in.

    Raises NotFound `NO_SUCH_USER`, AlreadyReceived `USER_DISABLED`, NotUnderstood `NAME_UNFIT`, `REASON_MISSING`.
    """
    said, told = why(reason), json.loads(about)
    name, now = _fit(str(told["name"])), instant_text(premises.clock.now())
    login = _login(name)

    def work(tx: Transaction) -> dict[str, Any]:
        before, known = console_accounts.get(tx, login), _known(tx)
        if before is None and not (_is_of_provider(login) and login in known):
            raise NotFound("NO_SUCH_USER", _NOBODY_COMES if _is_of_provider(login) else _NOBODY)
        if before is not None and not before.is_enabled:
            raise AlreadyReceived("USER_DISABLED", "she was disabled before")
        found = before or ConsoleAccount(login, name, (), "", is_enabled=False, set_at=now)
        kept = replace(found, is_enabled=False, set_at=now, ended_at=now)
        console_accounts.keep(tx, kept)
        others = [known[one] for one in sorted(known.keys() - {login}) if _shown(known[one]) == _shown(name)]
        return {**_logged(tx, kept, DISABLED, str(told["by"]), said), "goes_on": others}

    return await carry_out(premises, work)


def disable_again(tx: Transaction, logged: LoggedEntry | None) -> None:
    """Shut out again whom an entry of `DISABLED` shut out after the backup that a store was restored from: a provider
    would still let her in.
    """
    if logged is None or logged.entry is None:
        return
    entry = logged.entry
    name = entry.versions.get(_USER) or entry.description.partition("; ")[0]
    before = console_accounts.get(tx, _login(name))
    found = before or ConsoleAccount(_login(name), name, (), "", is_enabled=False, set_at=entry.at)
    console_accounts.keep(tx, replace(found, is_enabled=False, set_at=entry.at, ended_at=entry.at))


def _known(reading: Reading) -> dict[str, str]:
    """Logins by which somebody gets in, with the name of each: who has looked lately by a provider, and whose account
    stands.
    """
    accounts = console_accounts.every(reading)
    looked = newest(reading, _LOOKS_BACK, AuditFilter(kind=LOOK))
    names = [one.entry.recipient_name for one in looked if one.entry is not None and is_look(one)]
    found = {login: name for name in reversed(names) if _is_of_provider(login := _login(name))}
    shut_out = {one.login for one in accounts if not one.is_enabled}
    found |= {one.login: one.name for one in accounts}
    return {login: name for login, name in found.items() if login not in shut_out}


def _shown(name: str) -> str:
    """What people call her, without the id of a provider."""
    return typed(name.strip().partition(" [")[0])


def require_account(
    reading: Reading, name: str, role: str, moment: Moment, made_at: datetime | None = None
) -> None:
    """Nothing, when somebody of that name may be at the console in that role now. `made_at`: of her link or session.

    Raises NotAllowed `NO_ACCOUNT`, `ROLE_NOT_OF_ACCOUNT`, or by a code of `state_of`.
    """
    login = _login(name)
    account = console_accounts.get(reading, login)
    if account is None:
        if not _is_of_provider(login) and any(map(_is_of_link, console_accounts.every(reading))):
            raise NotAllowed("NO_ACCOUNT", "nobody of that name has an account: `handoff users add`")
        return
    if code := state_of(account, moment):
        raise NotAllowed(code, "her account is not in force: `handoff users list` says why")
    if role not in account.roles:
        raise NotAllowed("ROLE_NOT_OF_ACCOUNT", "her account has another role: `handoff users list`")
    # A link and a session name whole seconds.
    if made_at is not None and account.ended_at and made_at <= read_instant(account.ended_at):
        raise NotAllowed("ACCOUNT_DISABLED", "it was made before her account was disabled; have a link made")


def state_of(account: ConsoleAccount, moment: Moment) -> str:
    """Why an account is not in force: `ACCOUNT_DISABLED`, `ACCOUNT_ENDED` (its last day is over), or
    `ACCOUNT_BEFORE_RESTORE`: that it was disabled since may have been forgotten. Empty for one that is.
    """
    today = moment.now.astimezone(ZoneInfo(moment.zone)).date().isoformat()
    if not account.is_enabled:
        return "ACCOUNT_DISABLED"
    if account.last_day and account.last_day < today:
        return "ACCOUNT_ENDED"
    if moment.restored_at is not None and read_instant(account.set_at) <= moment.restored_at:
        return "ACCOUNT_BEFORE_RESTORE"
    return ""


def _login(name: str) -> str:
    """A typed name however it is written; a provider's id as it is."""
    login = login_of(name)
    return login if _is_of_provider(login) else typed(login)


def _is_of_provider(login: str) -> bool:
    return login.startswith("[")


def _is_of_link(account: ConsoleAccount) -> bool:
    return not _is_of_provider(account.login)


def _fit(name: str) -> str:
    """Raises NotUnderstood `NAME_UNFIT`."""
    is_provided = _is_of_provider(login_of(name))
    said = name.strip() if is_provided else " ".join(name.split())
    is_fit = is_name_of_link(said) or (is_provided and len(said) <= LONGEST_LOGIN)
    if not is_fit or not said.isprintable():
        raise NotUnderstood(
            "NAME_UNFIT", "say her name, shortly, as the console names her at the top", "NAME"
        )
    return said


def _last_day(day: str, today: date) -> str:
    """Raises NotUnderstood `DAY_INVALID`."""
    try:
        last = date.fromisoformat(day) if day else today
    except ValueError:
        raise NotUnderstood("DAY_INVALID", "give a day as 2026-11-22", "--until") from None
    if last < today:
        raise NotUnderstood("DAY_INVALID", "the last day is today or later", "--until")
    return last.isoformat() if day else ""


def _logged(tx: Transaction, account: ConsoleAccount, outcome: str, by: str, reason: str) -> dict[str, Any]:
    said = (
        account.name,
        _terms(account.roles, account.last_day) if account.is_enabled else "",
        reason,
    )
    entry = act_entry(outcome, account.set_at, "; ".join(filter(None, said)), subject="console-account")
    kept = with_changes(entry, recipient_name=account_name(by), versions={_USER: account.name})
    seq = append(tx, kept).seq
    return {"user": account.name, "outcome": outcome, "entry": seq}


def _terms(roles: Sequence[str], last_day: str) -> str:
    return ", ".join((*roles, f"until {last_day}")) if last_day else ", ".join(roles)
