"""The chain: pure hashing, and finding where it was altered. No store, no keys, no clock.

Every entry has a leaf hash over its stored envelope and a chain hash over the chain hash before it and its
leaf. Whoever knows the chain hash after n entries (a signed head, a witness) knows the n entries. The
prefixes 0x00 and 0x01 keep leaves and chain apart, as in RFC 6962 section 2.1; over the same leaves stands the
Merkle tree (`tree.py`), by which one entry is proved without the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from struct import Struct
from typing import Any, Protocol

import msgspec

from gateway.audit.tree import Frontier
from gateway.store.model import AuditRow

START = bytes(32)
_ABSENT = b"\xff\xff\xff\xff"
_LEAF = Struct(">Bq").pack


class InBoth(msgspec.Struct, frozen=True, gc=False):
    """What the facts of an entry and its columns both say; the rest of the facts is not looked at."""

    at: str
    kind: str
    patient_id: str | None
    partner: str
    purpose: str
    outcome: str
    request_id: str


in_both = attrgetter(*InBoth.__struct_fields__)
"""What a row, or whatever else has these, says of them, in order."""
_FACTS = msgspec.json.Decoder(InBoth)


@dataclass(frozen=True, slots=True)
class Head:
    """Somebody vouches: after `size` entries the chain stood at `chain_hash`, and the tree over them had `root`
    (None: from before there was one).
    """

    size: int
    chain_hash: bytes
    root: bytes | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the log stands after `size` entries: the chain hash, the roots that the tree over them consists of, and how
    many of them a head vouches for.
    """

    size: int = 0
    chain_hash: bytes = START
    nodes: tuple[bytes, ...] = ()
    signed_to: int = 0


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verification found. `first_bad_seq` and `reason` say where and what when not `ok`.

    `root` is the chain hash after the last good entry (hex), `signed_to` the number of entries that a head
    vouches for, `shredded` the number of entries whose facts were destroyed with their key, `behind` how many
    entries more than an export holds its witness knows of: it was made before them, or cut. `tree` is the root of the
    tree (hex). `part_of`: of a file of proofs, the size of the signed log that its entries were proved to be in,
    `grew_from` that of the older one that it was proved to have grown out of.
    """

    ok: bool
    entries: int
    first_bad_seq: int | None
    reason: str | None
    root: str
    signed_to: int = 0
    shredded: int = 0
    behind: int = 0
    tree: str = ""
    part_of: int = 0
    grew_from: int = 0


def facts_hash(salt: bytes, facts: bytes) -> bytes:
    """The salted hash of an entry's facts: it proves them when both are shown and tells nothing otherwise."""
    return hashlib.sha256(b"\x02" + salt + facts).digest()


def says_what_they_say(row: AuditRow, salt: bytes, facts: bytes) -> bool:
    """Whether these are the facts of a row's hash, and say what it says itself."""
    if facts_hash(salt, facts) != row.facts_hash:
        return False
    try:
        return in_both(_FACTS.decode(facts)) == in_both(row)
    except msgspec.MsgspecError:
        return False


def sealed_hash(row: AuditRow) -> bytes:
    """What the chain covers of the sealed bytes of a row."""
    return hashlib.sha256(row.sealed).digest()


def leaf_of(row: AuditRow) -> bytes:
    """The leaf hash of a stored row."""
    return leaf_hash(row, sealed_hash(row))


def leaf_hash(row: AuditRow, sealed_sha256: bytes) -> bytes:
    """The hash over everything a row says before its own hashes; of its sealed bytes the hash alone is needed."""
    at, request_id = row.at.encode(), row.request_id.encode()
    parts = (
        b"\x00",
        row.seq.to_bytes(8, "big", signed=True),
        len(at).to_bytes(4, "big"),
        at,
        _fields(row.kind),
        _with_length(row.patient_id),  # of patients there are too many to remember
        _fields(row.partner, row.purpose, row.outcome),
        len(request_id).to_bytes(4, "big"),
        request_id,
        sealed_sha256,
        row.facts_hash,
    )
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hashes(
    seqs: Sequence[int],
    said: Sequence[Sequence[Any]],
    sealed_sha256: Sequence[bytes],
    facts_hashes: Sequence[bytes],
) -> list[bytes]:
    """`leaf_hash` of many rows, given by columns; `said` are those that the facts say too, in their order."""
    ats, kinds, patient_ids, partners, purposes, outcomes, request_ids = said
    others = map(_fields, partners, purposes, outcomes)
    at, asked = ([one.encode() for one in column] for column in (ats, request_ids))
    parts = zip(
        [_LEAF(0, seq) for seq in seqs],
        [len(one).to_bytes(4, "big") for one in at],
        at,
        map(_fields, kinds),
        map(_with_length, patient_ids),
        others,
        [len(one).to_bytes(4, "big") for one in asked],
        asked,
        sealed_sha256,
        facts_hashes,
        strict=True,
    )
    return [hashlib.sha256(b"".join(one)).digest() for one in parts]


def what_they_say(facts: Iterable[bytes]) -> list[tuple[str | None, ...]]:
    """Of each of these facts what the columns say too, in order. Raises msgspec.MsgspecError."""
    return list(map(in_both, map(_FACTS.decode, facts)))


def _with_length(text: str | None) -> bytes:
    if text is None:
        return _ABSENT
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded


@lru_cache(maxsize=4096)
def _fields(*texts: str) -> bytes:
    """The same of texts that come together again and again."""
    return b"".join(map(_with_length, texts))


def chain_hash(before: bytes, leaf: bytes) -> bytes:
    """The chain after one entry more."""
    return hashlib.sha256(b"\x01" + before + leaf).digest()


Inspect = Callable[[AuditRow, bytes], str | None]
"""Given a row and the chain hash before it: a reason code when its facts do not fit, else None."""


class Heads(Protocol):
    """Heads, the smallest first, each read when it is needed."""

    def upto(self, size: int) -> Sequence[Head]:
        """Every head over at most `size` entries that was not asked for yet."""
        ...

    def are_left(self) -> bool:
        """Whether there are heads over more entries."""
        ...


class Tree(Protocol):
    """The tree over the entries that were followed so far."""

    def add(self, leaf: bytes) -> None:
        """One leaf more."""
        ...

    def root(self) -> bytes:
        """The root of the tree as it is."""
        ...


def follow(
    rows: Iterable[tuple[AuditRow, bytes]],
    heads: Heads | None = None,
    inspect: Inspect | None = None,
    start: Standing = Standing(),
    tree: Tree | None = None,
) -> VerifyReport:
    """Recompute chain and tree over `rows`, each with the hash of its sealed bytes, which should be entries 1, 2, 3 … in
    order (those after `start`, over which `tree` stands, where it is given), and compare every head.

    Reasons: `ENTRY_MISSING`, `ENTRY_OUT_OF_ORDER`, `ENTRY_ALTERED`, `CHAIN_BROKEN`, `HISTORY_REWRITTEN` (the
    chain fits itself, but not a head: the change lies after the last head that fits), `TAIL_CUT`, and those
    of `inspect`.
    """
    tree = Frontier(start.size, start.nodes) if tree is None else tree
    at, count, signed_to = start.chain_hash, start.size, start.signed_to
    for row, sealed_sha256 in rows:
        reason = _fault(row, sealed_sha256, count + 1, at)
        if reason is None and inspect is not None:
            reason = inspect(row, at)
        if reason is not None:
            return VerifyReport(False, count, count + 1, reason, at.hex(), signed_to)
        before, at, count = at, row.chain_hash, count + 1
        tree.add(row.leaf_hash)
        vouched = () if heads is None else heads.upto(count)
        if not vouched:
            continue
        if not all(_fits(head, count, at, tree) for head in vouched):
            return VerifyReport(False, count, signed_to + 1, "HISTORY_REWRITTEN", before.hex(), signed_to)
        signed_to = count
    if heads is not None and heads.are_left():
        return VerifyReport(False, count, count + 1, "TAIL_CUT", at.hex(), signed_to)
    return VerifyReport(True, count, None, None, at.hex(), signed_to, tree=tree.root().hex())


def _fits(head: Head, size: int, chain: bytes, tree: Tree) -> bool:
    same = (head.size, head.chain_hash) == (size, chain)
    return same and (head.root is None or head.root == tree.root())


def _fault(row: AuditRow, sealed_sha256: bytes, expected: int, before: bytes) -> str | None:
    if row.seq > expected:
        return "ENTRY_MISSING"
    if row.seq < expected:
        return "ENTRY_OUT_OF_ORDER"
    if leaf_hash(row, sealed_sha256) != row.leaf_hash:
        return "ENTRY_ALTERED"
    if chain_hash(before, row.leaf_hash) != row.chain_hash:
        return "CHAIN_BROKEN"
    return None
