"""The tree, its proofs and their checks, against published vectors and a slow reading of the RFC's text."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.kernels.ledger.proofs import (
    Nodes,
    ProofFails,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    root_at,
)
from evenhand.kernels.ledger.tiles import entry_bundle, nodes_from_tiles, tile, tile_path, tile_paths
from evenhand.kernels.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    grow,
    grow_in_chunks,
    leaf_hash,
    levels_above,
    node_hash,
)

# The reference data of the certificate-transparency project (merkletree tests, Apache-2.0), which also stand
# in transparency-dev/merkle: eight inputs, the roots of their first 1..8, and proofs over them.
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
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def slow_root(leaves: list[bytes]) -> bytes:
    """Read RFC 6962 section 2.1 aloud: MTH(D[n])."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = half(len(leaves))
    return sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def slow_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Read RFC 6962 section 2.1.1 aloud: PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = half(len(leaves))
    if m < k:
        return [*slow_path(m, leaves[:k]), slow_root(leaves[k:])]
    return [*slow_path(m - k, leaves[k:]), slow_root(leaves[:k])]


def slow_subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """Read RFC 6962 section 2.1.2 aloud: SUBPROOF(m, D[n], b)."""
    if m == len(leaves):
        return [] if whole else [slow_root(leaves)]
    k = half(len(leaves))
    if m <= k:
        return [*slow_subproof(m, leaves[:k], whole), slow_root(leaves[k:])]
    return [*slow_subproof(m - k, leaves[k:], False), slow_root(leaves[:k])]


def half(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def some(count: int) -> list[bytes]:
    return [leaf_hash(str(i).encode()) for i in range(count)]


def test_the_hashes_are_those_of_the_rfc() -> None:
    # RFC 6962 section 2.1: 0x00 before a leaf, 0x01 before a node, SHA-256 of nothing for nothing.
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert (
        node_hash(b"N123", b"N456").hex()
        == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )


def test_roots_and_proofs_are_the_reference_ones() -> None:
    leaves = [leaf_hash(data) for data in INPUTS]
    nodes = Nodes(leaves)
    for size, root in enumerate(ROOTS, 1):
        assert grow(Frontier(), leaves[:size]).root.hex() == root
        assert root_at(nodes, size).hex() == root
    for (index, size), proof in INCLUSION.items():
        assert [step.hex() for step in inclusion_proof(nodes, index, size)] == proof
        check_inclusion(
            leaves[index], index, size, list(map(bytes.fromhex, proof)), bytes.fromhex(ROOTS[size - 1])
        )
    for (old, new), proof in CONSISTENCY.items():
        assert [step.hex() for step in consistency_proof(nodes, old, new)] == proof
        roots = bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1])
        check_consistency(old, new, list(map(bytes.fromhex, proof)), *roots)


def test_the_example_tree_of_the_rfc_has_the_proofs_it_draws() -> None:
    """RFC 6962 section 2.1.3 draws a tree of seven leaves d0..d6 and names the nodes of its proofs."""
    d = some(7)
    a, b, c, e, f, j = d[0], d[1], d[2], d[3], d[4], d[6]
    g, h, i = node_hash(a, b), node_hash(c, e), node_hash(f, d[5])
    k, m = node_hash(g, h), node_hash(i, j)
    nodes = Nodes(d)
    assert inclusion_proof(nodes, 0, 7) == [b, h, m]
    assert inclusion_proof(nodes, 3, 7) == [c, g, m]
    assert inclusion_proof(nodes, 4, 7) == [d[5], j, k]
    assert inclusion_proof(nodes, 6, 7) == [i, k]
    assert consistency_proof(nodes, 3, 7) == [c, e, g, m]
    assert consistency_proof(nodes, 4, 7) == [m]
    assert consistency_proof(nodes, 6, 7) == [i, j, k]


def test_every_proof_of_small_trees_is_the_one_the_rfc_defines_and_holds() -> None:
    nodes = Nodes(some(33))
    for size in range(1, 34):
        leaves = some(size)
        root = slow_root(leaves)
        for index in range(size):
            proof = inclusion_proof(nodes, index, size)
            assert proof == slow_path(index, leaves)
            check_inclusion(leaves[index], index, size, proof, root)
        for old in range(1, size + 1):
            proof = consistency_proof(nodes, old, size)
            assert proof == slow_subproof(old, leaves, True)
            check_consistency(old, size, proof, slow_root(leaves[:old]), root)


sizes = st.integers(1, 300)
LEAVES = some(300)
NODES = Nodes(LEAVES)


@given(st.lists(sizes, max_size=6))
def test_a_tree_may_grow_in_any_steps(steps: list[int]) -> None:
    frontier = Frontier()
    leaves: list[bytes] = []
    for step in steps:
        more = LEAVES[:step]
        frontier, leaves = grow(frontier, more), leaves + more
    assert frontier.root == slow_root(leaves)
    assert frontier.size == len(leaves)


@given(sizes, st.data())
def test_growing_in_chunks_passes_the_same_roots(size: int, data: st.DataObject) -> None:
    asked = sorted(data.draw(st.sets(st.integers(0, size))))
    frontier, roots = Frontier(), {}
    for start in range(0, size, 64):
        chunk = LEAVES[start : min(start + 64, size)]
        frontier, passed = grow_in_chunks(
            frontier, chunk, [s for s in asked if start <= s <= start + len(chunk)]
        )
        roots.update(passed)
    assert frontier == grow(Frontier(), LEAVES[:size])
    assert roots == {s: slow_root(LEAVES[:s]) for s in asked}


@given(st.integers(1, 300))
def test_nodes_appended_one_by_one_are_those_built_at_once(size: int) -> None:
    nodes = Nodes()
    for leaf in LEAVES[:size]:
        nodes.append(leaf)
    assert nodes.size == size
    for level, built in enumerate(levels_above(LEAVES[:size])):
        assert [nodes(level, index) for index in range(len(built))] == built
        with pytest.raises(IndexError):
            nodes(level, len(built))


@given(sizes, st.data())
def test_an_inclusion_proof_shows_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(NODES, index, size), root_at(NODES, size)
    check_inclusion(LEAVES[index], index, size, proof, root)
    other = data.draw(st.integers(0, 299).filter(lambda i: i != index))
    spoilt = [*proof]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        spoilt[at] = bytes(32)
    wrong = [
        (LEAVES[other], index, size, proof, root),
        (LEAVES[index], other, size, proof, root),
        (LEAVES[index], index, size, [*proof, root], root),
        (LEAVES[index], index, size, [root, *proof], root),
        (LEAVES[index], index, size, proof, EMPTY_ROOT),
        (LEAVES[index], -1, size, proof, root),
        (LEAVES[index], index, 0, proof, root),
        (LEAVES[index][:31], index, size, proof, root),
    ]
    if proof:
        wrong += [(LEAVES[index], index, size, spoilt, root), (LEAVES[index], index, size, proof[:-1], root)]
    for case in wrong:
        with pytest.raises(ProofFails):
            check_inclusion(*case)


@given(sizes, sizes, st.data())
def test_a_consistency_proof_shows_nothing_else(one: int, two: int, data: st.DataObject) -> None:
    old, new = sorted((one, two))
    proof = consistency_proof(NODES, old, new)
    before, after = root_at(NODES, old), root_at(NODES, new)
    check_consistency(old, new, proof, before, after)
    wrong = [
        (old, new, [*proof, after], before, after),
        (old, new, proof, before, EMPTY_ROOT),
        (old, new, proof, EMPTY_ROOT, after),
        (new + 1, new, proof, before, after),
        (-1, new, proof, before, after),
        (old, new, proof, before[:31], after),
    ]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        wrong += [
            (old, new, [*proof[:at], bytes(32), *proof[at + 1 :]], before, after),
            (old, new, proof[:-1], before, after),
            (old, new, [], before, after),
            (old, new, proof, after, before),
        ]
    for case in wrong:
        with pytest.raises(ProofFails):
            check_consistency(*case)


def test_the_empty_tree_begins_every_tree() -> None:
    check_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    check_consistency(0, 5, [], EMPTY_ROOT, root_at(NODES, 5))
    for case in (
        (0, 5, [bytes(32)], EMPTY_ROOT, root_at(NODES, 5)),
        (0, 5, [], bytes(32), root_at(NODES, 5)),
        (0, 0, [], EMPTY_ROOT, bytes(32)),
        (5, 5, [], root_at(NODES, 5), root_at(NODES, 6)),
    ):
        with pytest.raises(ProofFails):
            check_consistency(*case)


def test_no_proof_is_made_of_what_is_not_there() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 3)):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_proof(NODES, index, size)
    with pytest.raises(ValueError, match="cannot hold"):
        consistency_proof(NODES, 6, 5)
    with pytest.raises(ValueError, match="32 bytes"):
        grow(Frontier(), [b"short"])
    with pytest.raises(ValueError, match="complete subtrees"):
        Frontier(3, (bytes(32),))


def test_tile_paths_are_those_that_the_specification_counts() -> None:
    """C2SP tlog-tiles, "Partial Tiles": the tiles of trees of 70,000 and of 256; "Merkle Tree": index 1234067."""
    paths = tile_paths(70_000)
    assert sum(path.startswith("tile/0/") and ".p" not in path for path in paths) == 273
    assert [path for path in paths if ".p" in path] == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert "tile/1/000" in paths
    assert tile_paths(256) == ["tile/0/000", "tile/1/000.p/1"]
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_paths(0) == []


@settings(max_examples=20)
@given(st.integers(1, 1200), st.data())
def test_proofs_can_be_made_from_tiles(size: int, data: st.DataObject) -> None:
    leaves = some(size)
    nodes = Nodes(leaves)
    tiles = {path: tile(nodes, path) for path in tile_paths(size)}
    assert all(len(content) in range(32, 8193, 32) for content in tiles.values())
    from_tiles = nodes_from_tiles(tiles.__getitem__, size)
    index = data.draw(st.integers(0, size - 1))
    assert inclusion_proof(from_tiles, index, size) == inclusion_proof(nodes, index, size)
    assert consistency_proof(from_tiles, index + 1, size) == consistency_proof(nodes, index + 1, size)


def test_an_entry_bundle_gives_each_line_its_length() -> None:
    assert entry_bundle([b"ab", b"", b"c" * 379]) == b"\x00\x02ab\x00\x00\x01\x7b" + b"c" * 379


@pytest.mark.parametrize(
    "path", ["tile/0/1", "tile/0/001.p/256", "tile/0/001.p/0", "tile/x/001", "/etc/passwd", ""]
)
def test_no_tile_lies_where_none_can(path: str) -> None:
    with pytest.raises(ValueError, match="no tile"):
        tile(NODES, path)


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="must have"):
        inclusion_proof(nodes_from_tiles(lambda _path: bytes(33), 5), 1, 5)
