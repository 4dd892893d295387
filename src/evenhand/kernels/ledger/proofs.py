"""Prove that a line is in the tree, and that a tree holds all of an earlier one (RFC 6962), and check it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from evenhand.kernels.ledger.tree import EMPTY_ROOT, fold, levels_above, node_hash

NodeAt = Callable[[int, int], bytes]
"""(level, index) → the hash of the complete subtree over leaves [index·2^level, (index+1)·2^level)."""


class ProofFails(Exception):
    """A proof does not show what it is said to show; says where it fails."""


class Nodes:
    """A whole tree in memory (64 bytes a leaf), to answer `NodeAt`."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels = [bytearray(b"".join(level)) for level in levels_above(list(leaves))]

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0]) // 32

    def append(self, leaf: bytes) -> None:
        """Add one leaf and the subtrees that it completes."""
        _check_lengths(leaf)
        self._levels[0] += leaf
        level = 0
        while len(self._levels[level]) % 64 == 0:
            node = sha256(b"\1" + self._levels[level][-64:]).digest()
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += node

    def __call__(self, level: int, index: int) -> bytes:
        if not (0 <= level < len(self._levels) and 0 <= index < len(self._levels[level]) // 32):
            raise IndexError(f"no complete subtree {index} of 2^{level} leaves in a tree of {self.size}")
        return bytes(self._levels[level][32 * index : 32 * index + 32])


def root_at(node: NodeAt, size: int) -> bytes:
    """Return the root of the tree's first `size` leaves."""
    return _range_hash(node, 0, size)


def inclusion_proof(node: NodeAt, index: int, size: int) -> list[bytes]:
    """Prove that the leaf at `index` (from 0) is in the tree of the first `size` leaves.

    returns  the hashes from the leaf's neighbour upwards (RFC 6962 section 2.1.1)
    raises   ValueError, when there is no such leaf
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    begin, end, path = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, begin, middle))
            begin = middle
    return path[::-1]


def consistency_proof(node: NodeAt, old: int, new: int) -> list[bytes]:
    """Prove that the tree of `new` leaves begins with all of the tree of `old` leaves, unchanged.

    returns  hashes as in RFC 6962 section 2.1.2; none when either tree is empty or both are the same
    raises   ValueError, when `old` is more than `new`
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves cannot hold one of {old}")
    if old in {0, new}:
        return []
    begin, end, path, whole = 0, new, [], True
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(_range_hash(node, middle, end))
            end = middle
        else:
            path.append(_range_hash(node, begin, middle))
            begin, whole = middle, False
    if not whole:
        path.append(_range_hash(node, begin, end))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Hold that a leaf hash stands at `index` in the tree of `size` leaves with this root.

    raises  ProofFails
    source  RFC 9162 section 2.1.3.2, which gives the algorithm for the trees of RFC 6962
    """
    if not 0 <= index < size:
        raise ProofFails(f"there is no leaf {index} in a tree of {size}")
    _check_lengths(leaf, root, *proof)
    position, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise ProofFails("the proof is too long")
        if position & 1 or position == last:
            node = sha256(b"\1" + step + node).digest()
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = sha256(b"\1" + node + step).digest()
        position, last = position >> 1, last >> 1
    if last:
        raise ProofFails("the proof is too short")
    if node != root:
        raise ProofFails("the proof leads to another root")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Hold that the tree of `new` leaves begins with the tree of `old` leaves.

    raises  ProofFails
    source  RFC 9162 section 2.1.4.2, which gives the algorithm for the trees of RFC 6962
    """
    if not 0 <= old <= new:
        raise ProofFails(f"a tree of {new} leaves cannot hold one of {old}")
    _check_lengths(old_root, new_root, *proof)
    if old in {0, new}:
        _check_trivial(old, new, proof, old_root, new_root)
        return
    if not proof:
        raise ProofFails("the proof is too short")
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    before = after = path[0]
    for step in path[1:]:
        if last == 0:
            raise ProofFails("the proof is too long")
        if position & 1 or position == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, step)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofFails("the proof is too short")
    if before != old_root:
        raise ProofFails("the proof leads to another old root")
    if after != new_root:
        raise ProofFails("the proof leads to another new root")


def _check_trivial(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Hold what needs no hashing: every tree begins with the empty one and with itself."""
    if proof:
        raise ProofFails("the proof is too long")
    if (old == 0 and old_root != EMPTY_ROOT) or (new == 0 and new_root != EMPTY_ROOT):
        raise ProofFails("an empty tree has another root")
    if old == new and old_root != new_root:
        raise ProofFails("two roots for one size: the log has forked")


def _split(size: int) -> int:
    """Return the largest power of two below a size of at least two."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_hash(node: NodeAt, begin: int, end: int) -> bytes:
    """Hash the leaves [begin, end), a node of the RFC's tree, from complete subtrees."""
    peaks = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        peaks.append(node(level, begin >> level))
        begin += 1 << level
    return fold(peaks)


def _check_lengths(*hashes: bytes) -> None:
    """Refuse anything but SHA-256 hashes."""
    if any(len(value) != 32 for value in hashes):
        raise ProofFails("a hash in it has not 32 bytes")
