"""The stored nodes of the tree over the audit log: a cache of what the log's rows say. `gateway.audit` gives it
meaning.
"""

from __future__ import annotations

from gateway.store.audit_rows import NoText, readable_texts
from gateway.store.model import Reading, Transaction


def get(reading: Reading, level: int, place: int) -> bytes | None:
    """The hashes of one tile, one after the other; None without it."""
    try:
        with readable_texts():
            row = reading.row("audit_tiles.get", {"level": level, "place": place})
    except NoText:
        return b""
    if row is None:
        return None
    found = row["hashes"]
    return found if isinstance(found, bytes) else b""  # whatever somebody put there


def put(tx: Transaction, level: int, place: int, hashes: bytes) -> None:
    """Keep a tile; one of that name is replaced."""
    tx.execute("audit_tiles.put", {"level": level, "place": place, "hashes": hashes})


def count(reading: Reading) -> int:
    """How many tiles of leaves there are."""
    row = reading.row("audit_tiles.count")
    return 0 if row is None else int(row["number"] or 0)


def kept(reading: Reading) -> int:
    """How many tiles of leaves are there to be read, whatever they are named."""
    row = reading.row("audit_tiles.kept")
    return 0 if row is None else int(row["number"])


def forget(tx: Transaction) -> None:
    """Take every tile away; they are made anew from the log."""
    tx.execute("audit_tiles.forget")


def leaves(reading: Reading, from_seq: int, upto_seq: int) -> tuple[tuple[int, bytes, bytes], ...]:
    """Number, leaf hash and chain hash of the rows between two numbers, both inclusive, in order."""
    asked = {"from_seq": from_seq, "upto_seq": upto_seq}
    return tuple(
        (row["seq"], row["leaf_hash"], row["chain_hash"]) for row in reading.rows("audit_tiles.leaves", asked)
    )
