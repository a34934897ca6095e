"""The part of `handoff doctor` that looks at a PostgreSQL server: what it keeps, how it is reached, who serves it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from gateway.wiring.checkup import Check, Examined, Finding

_CHECKED = ("verify-full", "verify-ca")
_DURABLE = {
    "fsync": "a power cut loses or spoils what was acknowledged",
    "pages": "a power cut can spoil pages (`full_page_writes`)",
}


def database_checks() -> tuple[tuple[str, Check], ...]:
    """The checks by name; of a SQLite store there is nothing to say."""
    return ("database", _server), ("gateways", _gateways)


def _server(seen: Examined) -> Iterator[Finding]:
    if seen.store is not None:
        return
    with seen.reading() as reading:
        row = reading.row("processes.server")
    if row is None:
        return
    for name, what in _DURABLE.items():
        if row[name] != "on":
            yield Finding("database", f"the server runs with `{name}` off: {what}", "put it on")
    if row["autovacuum"] != "on":
        text = "the server runs without autovacuum: it grows, and gets slower from day to day"
        yield Finding("database", text, "put it on")
    if row["address"] and not ipaddress.ip_address(row["address"]).is_loopback:
        if not row["encrypted"]:
            yield Finding(
                "database",
                "its connection goes over the network in the clear",
                "add `sslmode=verify-full` to the URL",
            )
        elif _sslmode(seen.url) not in _CHECKED:
            text = "the store's URL does not have the server's certificate checked: anybody in between could be it"
            yield Finding("database", text, "add `sslmode=verify-full` to the URL", is_wrong=False)


def _sslmode(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("sslmode", [""])[-1]


def _gateways(seen: Examined) -> Iterator[Finding]:
    """Gateways that live, but none of which seals the log and keeps house."""
    if seen.store is not None:
        return
    with seen.reading() as reading:
        row = reading.row("processes.keeper", {"id": ""})
    if row is not None and row["number"] and not row["kept"]:
        text = f"none of {row['number']} gateways keeps house: the log is not sealed, no key is looked after"
        yield Finding("gateways", text, "look again in 20 s; then restart one, and read its log")
