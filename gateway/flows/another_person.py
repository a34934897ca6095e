"""Who counts as another person, wherever two are asked for: one rule for legal holds and for the review of a month.

A name says where it is from: of a login at a provider its id in brackets, of an account of this machine `account:` and
its name, of a link the name that was typed when it was made.
"""

from __future__ import annotations

import unicodedata

LONGEST_LOGIN = 200
_ACCOUNT = "account:"


def account_name(account: str) -> str:
    """How an account of this machine is named, so that nobody takes it for a name at the console."""
    return f"{_ACCOUNT}{account}"


def login_of(name: str) -> str:
    """By what a person is told from others: of a login at a provider the id in brackets, which never changes, while
    her name may; of anybody else the name.
    """
    _, sign, rest = name.strip().partition(" [")
    return f"[{rest}" if sign and rest.endswith("]") else name.strip()


def is_name_of_link(name: str) -> bool:
    """Whether a link may be made for that name: neither empty nor too long, nor written as a login from elsewhere is."""
    login = login_of(name)
    return 0 < len(login) <= LONGEST_LOGIN and not _place_of(login)


def may_be_one_person(one: str, other: str) -> bool:
    """Two from one place by that place's own word for who they are, however a typed name is written. Of two from
    different places, say an account and a link, nobody knows: they may be one.
    """
    first, second = login_of(one), login_of(other)
    if _place_of(first) != _place_of(second):
        return True
    if _place_of(first):
        return first == second
    return typed(first) == typed(second)


def typed(name: str) -> str:
    """A typed name however it is written: capitals, spaces, and the ways in which Unicode writes one letter (NFKC)."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _place_of(login: str) -> str:
    return next((sign for sign in ("[", _ACCOUNT) if login.startswith(sign)), "")
