"""The Merkle tree over the leaf hashes of the entries (RFC 6962 section 2.1): its root, proofs, and their verification.

Pure. A node is named by its level (0: a leaf) and its place there, counted from 0; `Subtree` says its hash. Only
complete subtrees are ever asked for: they never change when the log grows.

Nodes have the prefix of the chain (0x01). No proof can take the one for the other: it begins at an entry, whose hash
has the prefix 0x00 and is computed from what the entry says, and a chain leads back to 32 zero bytes, which are
nobody's hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()
Subtree = Callable[[int, int], bytes]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the complete subtrees that a tree consists of, the largest first: what it takes to add a leaf."""

    __slots__ = ("_nodes", "size")

    def __init__(self, size: int = 0, nodes: Iterable[bytes] = ()) -> None:
        self.size = size
        self._nodes = list(nodes)

    def add(self, leaf: bytes, height: int = 0) -> None:
        """One leaf more, or the root of a complete subtree of that height; none so far is of less."""
        size, nodes = self.size >> height, self._nodes
        self.size += 1 << height
        while size & 1:
            leaf = hashlib.sha256(b"\x01" + nodes.pop() + leaf).digest()
            size >>= 1
        nodes.append(leaf)

    def closing(self, leaf: bytes, height: int) -> bytes:
        """The root of the complete subtree of that height that `leaf`, not added yet, is the last of."""
        for node in self._nodes[: -height - 1 : -1]:
            leaf = node_hash(node, leaf)
        return leaf

    @property
    def nodes(self) -> tuple[bytes, ...]:
        """Those roots."""
        return tuple(self._nodes)

    def root(self) -> bytes:
        """The root of the tree as it is."""
        return _joined(self._nodes) if self._nodes else EMPTY


def frontier_of(size: int, subtree: Subtree) -> Frontier:
    """The frontier of the tree of the first `size` leaves."""
    return Frontier(size, _parts(0, size, subtree))


def root_of(size: int, subtree: Subtree) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return frontier_of(size, subtree).root()


def inclusion_path(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """PATH(index, D[size]) of RFC 6962 section 2.1.1: what it takes to come from a leaf to the root, lowest first."""
    start, stop, path = 0, size, []
    while stop - start > 1:
        middle = start + _left(stop - start)
        if index < middle:
            path.append(_joined(_parts(middle, stop, subtree)))
            stop = middle
        else:
            path.append(_joined(_parts(start, middle, subtree)))
            start = middle
    return tuple(reversed(path))


def consistency_path(old: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """PROOF(old, D[size]) of RFC 6962 section 2.1.2: that the tree of `old` leaves is a beginning of that of `size`."""
    start, stop, path = 0, size, []
    while old != stop:
        middle = start + _left(stop - start)
        if old <= middle:
            path.append(_joined(_parts(middle, stop, subtree)))
            stop = middle
        else:
            path.append(_joined(_parts(start, middle, subtree)))
            start = middle
    whole = () if start == 0 else (_joined(_parts(start, stop, subtree)),)
    return (*whole, *reversed(path))


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root to which an inclusion proof leads (RFC 9162 section 2.1.3.2); None when its length does not fit."""
    if not 0 <= index < size:
        return None
    place, last, found = index, size - 1, leaf
    for node in path:
        if not last:
            return None
        if place & 1 or place == last:
            found = node_hash(node, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, node)
        place, last = place >> 1, last >> 1
    return None if last else found


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a consistency proof leads to both roots (RFC 9162 section 2.1.4.2)."""
    if not 0 < old < size:
        return old == size and old_root == root and not path
    nodes = list(path) if old & (old - 1) else [old_root, *path]
    if not nodes:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = nodes[0]
    for node in nodes[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, node)
        place, last = place >> 1, last >> 1
    return not last and before == old_root and after == root


def _left(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _parts(start: int, stop: int, subtree: Subtree) -> list[bytes]:
    """The roots of the complete subtrees of the leaves from `start` up to `stop`, the largest first."""
    found = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        found.append(subtree(level, start >> level))
        start += 1 << level
    return found


def _joined(nodes: Sequence[bytes]) -> bytes:
    """One root over complete subtrees of falling size."""
    found = nodes[-1]
    for node in reversed(nodes[:-1]):
        found = node_hash(node, found)
    return found
