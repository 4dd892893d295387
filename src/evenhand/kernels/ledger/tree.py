"""Hash lines into an RFC 6962 Merkle tree that only grows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(line: bytes) -> bytes:
    """Hash one line's raw bytes (RFC 6962 section 2.1)."""
    return sha256(b"\0" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours together (RFC 6962 section 2.1)."""
    return sha256(b"\1" + left + right).digest()


def fold(peaks: Sequence[bytes]) -> bytes:
    """Hash the complete subtrees that make up a tree, largest first, into its root."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in peaks[-2::-1]:
        root = sha256(b"\1" + peak + root).digest()
    return root


@dataclass(frozen=True)
class Frontier:
    """All that must be kept of a tree to let it grow: its size and the roots of its complete subtrees.

    peaks  one hash for each bit set in `size`, largest subtree first
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != bin(self.size).count("1"):
            raise ValueError(f"a tree of {self.size} leaves has not {len(self.peaks)} complete subtrees")

    @property
    def root(self) -> bytes:
        """The tree head."""
        return fold(self.peaks)


def grow(frontier: Frontier, leaves: Iterable[bytes]) -> Frontier:
    """Append leaf hashes to a tree.

    raises  ValueError, when one is not 32 bytes
    """
    size, peaks = frontier.size, list(frontier.peaks)
    for leaf in leaves:
        if len(leaf) != 32:
            raise ValueError("a leaf hash has 32 bytes")
        node, rest = leaf, size
        while rest & 1:
            node, rest = sha256(b"\1" + peaks.pop() + node).digest(), rest >> 1
        peaks.append(node)
        size += 1
    return Frontier(size, tuple(peaks))


def levels_above(leaves: list[bytes]) -> list[list[bytes]]:
    """Return the complete subtrees over some leaves: level 0 is the leaves, level h holds subtrees of 2^h."""
    hash_of, levels = sha256, [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        paired = range(0, len(below) - 1, 2)
        levels.append([hash_of(b"\1" + below[i] + below[i + 1]).digest() for i in paired])
    return levels


def peaks_of(levels: Sequence[Sequence[bytes]], size: int) -> list[bytes]:
    """Return the complete subtrees that make up the first `size` leaves, largest first."""
    peaks, at = [], 0
    for height in range(len(levels) - 1, -1, -1):
        if size >> height & 1:
            peaks.append(levels[height][at >> height])
            at += 1 << height
    return peaks


def grow_in_chunks(
    frontier: Frontier, leaves: list[bytes], sizes: Iterable[int]
) -> tuple[Frontier, dict[int, bytes]]:
    """Append many leaves at once, and say what the root was at some sizes on the way.

    frontier  its size is a multiple of a power of two that is at least the number of leaves
    sizes     total sizes, each from the frontier's to that after these leaves
    """
    levels = levels_above(leaves)
    roots = {size: fold([*frontier.peaks, *peaks_of(levels, size - frontier.size)]) for size in sizes}
    added = peaks_of(levels, len(leaves))
    if len(added) != 1:
        return Frontier(frontier.size + len(leaves), (*frontier.peaks, *added)), roots
    size, peaks = frontier.size // len(leaves), list(frontier.peaks)
    node = added[0]
    while size & 1:
        node, size = node_hash(peaks.pop(), node), size >> 1
    return Frontier(frontier.size + len(leaves), (*peaks, node)), roots
