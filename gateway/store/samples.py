"""Sealed rows from all over a store, to try whether they open; and what a key backup holds, by numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from gateway.store import inbox, records
from gateway.store.model import Reading, Row
from gateway.store.sqlite_view import connect_reader

Look = Callable[[], bytes]


def sealed_samples(reading: Reading, number: int) -> Iterator[tuple[str, Look]]:
    """(scope, what opens it) of up to `number` rows each of record sets, releases and messages, evenly spread and the
    newest among them.
    """
    for row in _spread(reading, "sets", number):
        scope = "network" if row[1] is None else f"patient:{row[1]}"
        yield scope, partial(reading.cipher.open, reading, scope, records.set_name(row[0]), row[2])
    for row in _spread(reading, "releases", number):
        scope = f"patient:{row[2]}"
        yield scope, partial(reading.cipher.open, reading, scope, f"release/{row[1]}", row[3])
    for row in _spread(reading, "messages", number):
        yield f"message:{row[1]}", partial(inbox.raw, reading, row[1])


def wrapped_keys(keys: Path) -> tuple[dict[str, int], int]:
    """How many wrapped keys a key backup holds by wrapping key, and how many scopes it says were destroyed."""
    with closing(connect_reader(keys)) as connection:
        found = connection.execute(
            "SELECT kek_id, count(*) FROM data_key GROUP BY kek_id ORDER BY kek_id"
        ).fetchall()
        (destroyed,) = connection.execute("SELECT count(*) FROM destroyed_scope").fetchone()
    return {row[0]: int(row[1]) for row in found}, int(destroyed)


def _spread(reading: Reading, kind: str, number: int) -> Iterator[Row]:
    last = reading.row(f"samples.last_of_{kind}")
    top = 0 if last is None else int(last["number"] or 0)
    step = max(1, top // max(1, number))
    for at in range(top, 0, -step):
        row = reading.row(f"samples.{kind}", {"at": at})
        if row is not None:
            yield row
