"""The tree is that of RFC 6962: known answers, and every proof of every small tree, made and altered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.tree import (
    EMPTY,
    Frontier,
    consistency_path,
    inclusion_path,
    is_consistent,
    node_hash,
    root_by_path,
    root_of,
)

INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""Those of the reference implementation of Certificate Transparency."""


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def over(leaves: Sequence[bytes]) -> Callable[[int, int], bytes]:
    """The nodes, as the definition has them."""

    def subtree(level: int, place: int) -> bytes:
        if level == 0:
            return leaves[place]
        return node_hash(subtree(level - 1, 2 * place), subtree(level - 1, 2 * place + 1))

    return subtree


def test_the_roots_are_those_of_the_reference_of_rfc_6962() -> None:
    leaves, frontier = [leaf(data) for data in INPUTS], Frontier()
    assert frontier.root() == EMPTY == hashlib.sha256(b"").digest()
    for size, root in enumerate(ROOTS, 1):
        frontier.add(leaves[size - 1])
        assert (frontier.root().hex(), root_of(size, over(leaves)).hex()) == (root, root)


def test_the_proofs_are_those_of_the_reference_of_rfc_6962() -> None:
    tree = over([leaf(data) for data in INPUTS])
    assert [one.hex()[:8] for one in inclusion_path(0, 8, tree)] == ["96a296d2", "5f083f0a", "6b47aaf2"]
    assert [one.hex()[:8] for one in inclusion_path(5, 8, tree)] == ["bc1a0643", "ca854ea1", "d37ee418"]
    assert [one.hex()[:8] for one in inclusion_path(2, 3, tree)] == ["fac54203"]
    assert inclusion_path(0, 1, tree) == consistency_path(8, 8, tree) == ()
    assert [one.hex()[:8] for one in consistency_path(1, 8, tree)] == ["96a296d2", "5f083f0a", "6b47aaf2"]
    assert [one.hex()[:8] for one in consistency_path(6, 8, tree)] == ["0ebc5d34", "ca854ea1", "d37ee418"]
    assert [one.hex()[:8] for one in consistency_path(2, 5, tree)] == ["5f083f0a", "bc1a0643"]


SIZE = 40
LEAVES = [leaf(bytes([number])) for number in range(SIZE)]
TREE = over(LEAVES)
ALL_ROOTS = [root_of(size, TREE) for size in range(SIZE + 1)]


def test_every_proof_of_every_small_tree_leads_to_its_root_and_to_no_other() -> None:
    for size in range(1, SIZE + 1):
        for index in range(size):
            path = inclusion_path(index, size, TREE)
            assert root_by_path(LEAVES[index], index, size, path) == ALL_ROOTS[size]
            assert not path or root_by_path(LEAVES[index], index, size, path[:-1]) != ALL_ROOTS[size]
            assert root_by_path(LEAVES[index], index, size, (*path, EMPTY)) != ALL_ROOTS[size]
            assert root_by_path(LEAVES[index], index + 1, size, path) != ALL_ROOTS[size]
        for old in range(1, size + 1):
            path = consistency_path(old, size, TREE)
            assert is_consistent(old, ALL_ROOTS[old], size, ALL_ROOTS[size], path)
            assert not is_consistent(old, ALL_ROOTS[old - 1], size, ALL_ROOTS[size], path)
            assert not is_consistent(old, ALL_ROOTS[old], size, ALL_ROOTS[old - 1], path)
            assert not is_consistent(old, ALL_ROOTS[old], size, ALL_ROOTS[size], (*path, EMPTY))
            assert not path or not is_consistent(old, ALL_ROOTS[old], size, ALL_ROOTS[size], path[:-1])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_outside_the_tree_is_proved_by_nothing(index: int, size: int) -> None:
    assert root_by_path(LEAVES[0], index, size, ()) is None
    assert not is_consistent(0, EMPTY, 3, ALL_ROOTS[3], ())
    assert not is_consistent(4, ALL_ROOTS[4], 3, ALL_ROOTS[3], ())
    assert not is_consistent(3, ALL_ROOTS[3], 4, ALL_ROOTS[4], ())


@given(data=st.data())
def test_a_flipped_bit_anywhere_in_a_proof_breaks_it(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, SIZE))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size - 1))
    bit = 1 << data.draw(st.integers(0, 7))

    def flipped(parts: Sequence[bytes]) -> list[bytes]:
        place, at = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 31))
        part = bytearray(parts[place])
        part[at] ^= bit
        return [*parts[:place], bytes(part), *parts[place + 1 :]]

    first, *path = flipped((LEAVES[index], *inclusion_path(index, size, TREE)))
    assert root_by_path(first, index, size, path) != ALL_ROOTS[size]
    before, after, *rest = flipped((ALL_ROOTS[old], ALL_ROOTS[size], *consistency_path(old, size, TREE)))
    assert not is_consistent(old, before, size, after, rest)
