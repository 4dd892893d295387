"""Lay a tree out in tiles of 256 hashes (C2SP tlog-tiles), so that others can fetch it as plain files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from evenhand.kernels.ledger.proofs import NodeAt
from evenhand.kernels.ledger.tree import levels_above

WIDTH = 256
_HEIGHT = 8
_PATH = re.compile(r"tile/([0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?\Z")


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return where a tile lies: `tile/1/x001/x234/067`, with `.p/17` after it when it is only 17 hashes wide."""
    digits = str(index).zfill(-(-len(str(index)) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([f"x{group}" for group in groups[:-1]] + [groups[-1]])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < WIDTH else "")


def tile_paths(size: int) -> list[str]:
    """Return the paths of all tiles of a tree of this size."""
    paths, level, count = [], 0, size
    while count:
        full, partial = divmod(count, WIDTH)
        paths += [tile_path(level, index) for index in range(full)]
        if partial:
            paths.append(tile_path(level, full, partial))
        level, count = level + 1, full
    return paths


def tile(node: NodeAt, path: str) -> bytes:
    """Return the hashes of the tile at a path.

    raises  ValueError, when no tile can lie there; whatever `node` raises, when the tree does not reach so far
    """
    match = _PATH.match(path)
    if not match or (match[3] and int(match[3]) >= WIDTH):
        raise ValueError(f"no tile can lie at {path!r}")
    level, index = int(match[1]), int(match[2].replace("x", "").replace("/", ""))
    first = index * WIDTH
    return b"".join(node(level * _HEIGHT, at) for at in range(first, first + int(match[3] or WIDTH)))


def complete_tile(hashes: list[bytes]) -> tuple[bytes, bytes]:
    """Work out a complete tile once and for all.

    hashes   its 256 hashes
    returns  the root, and all 510 nodes below it one after another: 256 of the lowest level, 128 of the next, …
    raises   ValueError, when there are not 256
    """
    if len(hashes) != WIDTH:
        raise ValueError(f"a complete tile has {WIDTH} hashes, not {len(hashes)}")
    *below, top = levels_above(hashes)
    return top[0], b"".join(node for level in below for node in level)


def node_in_tile(nodes: bytes, height: int, index: int) -> bytes:
    """Return one of the nodes that `complete_tile` worked out: `height` 0 to 7, `index` within the tile."""
    at = 32 * (2 * WIDTH - (2 * WIDTH >> height) + index)
    return nodes[at : at + 32]


def nodes_from_tiles(fetch: Callable[[str], bytes], size: int) -> NodeAt:
    """Answer for the subtrees of a tree of this size by fetching tiles, each at most once.

    fetch    path → the tile's bytes
    returns  a NodeAt that raises ValueError when a tile has not the length it must have
    """

    @lru_cache(maxsize=64)
    def fetched(tile_level: int, index: int) -> tuple[tuple[bytes, ...], ...]:
        width = min(WIDTH, (size >> _HEIGHT * tile_level) - index * WIDTH)
        if width < 1:
            raise ValueError(f"a tree of {size} leaves does not reach so far")
        path = tile_path(tile_level, index, width)
        data = fetch(path)
        if len(data) != 32 * width:
            raise ValueError(f"{path} has {len(data)} bytes, and must have {32 * width}")
        hashes = [data[at : at + 32] for at in range(0, len(data), 32)]
        return tuple(map(tuple, levels_above(hashes)))

    def node(level: int, index: int) -> bytes:
        if level < 0 or index < 0 or (index + 1) << level > size:
            raise ValueError(f"a tree of {size} leaves has no complete subtree {index} of 2^{level}")
        tile_level, inside = divmod(level, _HEIGHT)
        tile_index, at = divmod(index, WIDTH >> inside)
        return fetched(tile_level, tile_index)[inside][at]

    return node


def entry_bundle(lines: Iterable[bytes]) -> bytes:
    """Write up to 256 lines as an entry bundle: each after its length in two bytes."""
    bundle = b""
    for line in lines:
        bundle += len(line).to_bytes(2, "big") + line
    return bundle
