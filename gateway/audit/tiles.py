"""The tree as the store keeps it: tiles of 256 hashes (as C2SP `tlog-tiles` cuts them), so that a proof reads a handful.

A cache of the rows: whatever is made from it is compared with a signed root or with the rows before it is believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from gateway.audit.chain import START, Standing, chain_hash
from gateway.audit.tree import Frontier, Subtree, frontier_of
from gateway.errors import Internal
from gateway.store import audit_rows, audit_tiles
from gateway.store.model import Reading, Transaction

HEIGHT = 8
WIDTH = 1 << HEIGHT
_SIZE = 32
_KEPT = 64
_Pyramid = list[list[bytes]]


class TileMissing(Exception):
    """The cache does not hold a node that it should."""


class StoredTree:
    """A `Subtree`: the nodes over the log of one reading. The right edge, for which there is no full tile, comes from
    rows.

    Raises TileMissing when asked for a node that the cache should have and has not.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._pyramids: dict[tuple[int, int], _Pyramid] = {}

    def __call__(self, level: int, place: int) -> bytes:
        """The hash of the node."""
        above, within = divmod(level, HEIGHT)
        tile, offset = divmod(place, WIDTH >> within)
        nodes = self._pyramid(above, tile)[within]
        if offset >= len(nodes):
            raise TileMissing
        return nodes[offset]

    def _pyramid(self, level: int, place: int) -> _Pyramid:
        """A tile and every complete node over it within its height."""
        found = self._pyramids.get((level, place))
        if found is None:
            if len(self._pyramids) >= _KEPT:
                self._pyramids.clear()
            found = self._pyramids[level, place] = _pyramid_over(self._hashes(level, place))
        return found

    def _hashes(self, level: int, place: int) -> list[bytes]:
        stored = audit_tiles.get(self._reading, level, place)
        if stored is not None:
            return _cut(stored)
        if level:
            raise TileMissing
        return [leaf for _, leaf, _ in _rows(self._reading, place)]


def tree_of_rows(reading: Reading) -> Subtree:
    """The same without the cache: every node from the rows below it. Slow, and in little memory."""

    def subtree(level: int, place: int) -> bytes:
        frontier = Frontier()
        for leaf in _leaves(reading, place << level, (place + 1) << level):
            frontier.add(leaf)
        return frontier.root()

    return subtree


def carry_on(reading: Reading, frontier: Frontier, chain: bytes, size: int) -> bytes:
    """Add the rows after the last one of `frontier` up to number `size`; the chain hash at the end.

    Raises Internal `AUDIT_ALTERED` when one does not follow from the one before, whose chain hash is `chain`.
    """
    for first in range(frontier.size + 1, size + 1, WIDTH * 16):
        for seq, leaf, after in audit_tiles.leaves(reading, first, min(size, first + WIDTH * 16 - 1)):
            chain = chain_hash(chain, leaf)
            if seq != frontier.size + 1 or chain != after:
                raise _altered(frontier.size + 1)
            frontier.add(leaf)
    if frontier.size != size:
        raise _altered(frontier.size + 1)
    return chain


def lacks_tiles(reading: Reading) -> bool:
    """Whether the rows fill more tiles than there are."""
    last = audit_rows.last(reading)
    return last is not None and audit_tiles.count(reading) < last[0] // WIDTH


def grow(tx: Transaction, most: int) -> bool:
    """Add up to `most` tiles of leaves and what stands over them; whether there are more to add.

    Raises Internal `AUDIT_ALTERED` when the rows are not one unbroken chain, TileMissing when the cache has a hole.
    """
    last = audit_rows.last(tx)
    begin, full = audit_tiles.count(tx), 0 if last is None else last[0] // WIDTH
    for place in range(begin, min(full, begin + most)):
        _add_tile(tx, place)
    return begin + most < full


def _add_tile(tx: Transaction, place: int) -> None:
    rows = _rows(tx, place)
    before = audit_rows.get(tx, place * WIDTH) if place else None
    chain = START if before is None else before.chain_hash
    for expected, (seq, leaf, after) in enumerate(rows, place * WIDTH + 1):
        chain = chain_hash(chain, leaf)
        if seq != expected or chain != after:
            raise _altered(expected)
    if len(rows) != WIDTH:
        raise _altered(place * WIDTH + len(rows) + 1)
    level, nodes = 0, [leaf for _, leaf, _ in rows]
    audit_tiles.put(tx, 0, place, b"".join(nodes))
    while len(nodes) == WIDTH:
        tile, offset = divmod(place, WIDTH)
        level += 1
        beside = audit_tiles.get(tx, level, tile) or b""
        if len(beside) < offset * _SIZE:
            raise TileMissing
        nodes = [*_cut(beside[: offset * _SIZE]), _pyramid_over(nodes)[HEIGHT][0]]
        audit_tiles.put(tx, level, tile, b"".join(nodes))
        place = tile


class TileCheck:
    """The tree over the entries of a log, made from their leaves and compared with the tiles as they are stored.
    `first_bad_seq`: the first entry under a tile that differs.

    Begun after `start`, so many full tiles, it takes the nodes over them as they are stored. Raises TileMissing.
    """

    def __init__(self, reading: Reading, start: Standing) -> None:
        self._reading = reading
        self._count = audit_tiles.count(reading)
        self._tree = Frontier(start.size, start.nodes)
        self._nodes: list[list[bytes]] = [[]]
        self._full = [start.size >> HEIGHT]
        for level in range(1, (start.size.bit_length() + HEIGHT - 1) // HEIGHT):
            place, count = divmod(start.size >> HEIGHT * level, WIDTH)
            nodes = _cut(audit_tiles.get(reading, level, place) or b"")[:count]
            if len(nodes) != count:
                raise TileMissing
            self._nodes.append(nodes)
            self._full.append(place)
        self.first_bad_seq: int | None = None

    def add(self, leaf: bytes) -> None:
        """One leaf more."""
        leaves = self._nodes[0]
        leaves.append(leaf)
        if len(leaves) == WIDTH:
            self._add_over(0, self._tree.closing(leaf, HEIGHT))
        self._tree.add(leaf)

    def add_tile(self, leaves: list[bytes], within: Iterable[int]) -> list[bytes]:
        """A full tile of leaves more; the root of the tree after each of so many of them (1 to 256)."""
        pyramid = _pyramid_over(leaves)
        before, over = self._tree.nodes, pyramid[HEIGHT][0]
        tops = [frontier_of(size, lambda level, place: pyramid[level][place]).nodes for size in within]
        self._nodes[0] = leaves
        self._add_over(0, over)
        self._tree.add(over, HEIGHT)
        return [Frontier(0, (*before, *nodes)).root() for nodes in tops]

    def root(self) -> bytes:
        """The root of the tree as it is."""
        return self._tree.root()

    def end(self) -> None:
        """The log ends here: what is stored of tiles that are not full is compared too."""
        for level in range(1, len(self._nodes)):
            self._compare(level)
        if self._count > self._full[0]:
            self._found(self._full[0] * WIDTH)

    def _add_over(self, level: int, root: bytes) -> None:
        """A tile is full, of that root: one node more over it."""
        self._compare(level)
        self._nodes[level] = []
        self._full[level] += 1
        if len(self._nodes) == level + 1:
            self._nodes.append([])
            self._full.append(0)
        over = self._nodes[level + 1]
        over.append(root)
        if len(over) == WIDTH:
            self._add_over(level + 1, _pyramid_over(over)[HEIGHT][0])

    def _compare(self, level: int) -> None:
        """A log that was not sealed lately, or never since there is a tree, has fewer tiles."""
        place, nodes = self._full[level], self._nodes[level]
        kept = self._count * WIDTH if level == 0 else self._count >> HEIGHT * (level - 1)
        nodes = nodes[: max(0, kept - place * WIDTH)]
        if (audit_tiles.get(self._reading, level, place) or b"") != b"".join(nodes):
            self._found(place << HEIGHT * (level + 1))

    def _found(self, before: int) -> None:
        if self.first_bad_seq is None:
            self.first_bad_seq = before + 1


def _rows(reading: Reading, place: int) -> tuple[tuple[int, bytes, bytes], ...]:
    return audit_tiles.leaves(reading, place * WIDTH + 1, (place + 1) * WIDTH)


def _leaves(reading: Reading, start: int, stop: int) -> Iterator[bytes]:
    for first in range(start, stop, WIDTH * 16):
        for _, leaf, _ in audit_tiles.leaves(reading, first + 1, min(stop, first + WIDTH * 16)):
            yield leaf


def _cut(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + _SIZE] for at in range(0, len(hashes), _SIZE)]


def _pyramid_over(nodes: list[bytes]) -> _Pyramid:
    levels = [nodes]
    for _ in range(HEIGHT):
        pairs = zip(nodes[::2], nodes[1::2], strict=False)
        nodes = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        levels.append(nodes)
    return levels


def _altered(seq: int) -> Internal:
    return Internal("AUDIT_ALTERED", f"entry {seq} of the audit log does not follow from the one before")
