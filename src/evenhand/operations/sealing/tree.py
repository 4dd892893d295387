"""Read the sealed tree from the database: any node, by few statements, each complete tile once."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from django.db import connection

from evenhand.kernels.ledger.proofs import inclusion_proof
from evenhand.kernels.ledger.tiles import WIDTH, node_in_tile
from evenhand.kernels.ledger.tree import levels_above

_KEPT_TILES = 256


def _ask(statement: str, parameters: list[int]) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return bytes(row[0]) if row else b""


def split_hashes(data: bytes) -> list[bytes]:
    """Return the hashes that stand in a string one after another."""
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def hashes_at(level: int, first: int, many: int) -> list[bytes]:
    """Return hashes of a tile level: leaves at level 0, above it the roots of complete tiles below."""
    if not many:
        return []
    if level == 0:
        return split_hashes(_ask("select wall.log_leaves(%s, %s)", [first, many]))
    return split_hashes(_ask("select wall.log_roots(%s, %s, %s)", [level - 1, first, many]))


class CompleteTiles:
    """Complete tiles never change; the last that were needed are kept for all who ask in this process."""

    def __init__(self, most: int = _KEPT_TILES) -> None:
        self._most, self._kept, self._lock = most, dict[tuple[int, int], bytes](), Lock()

    def fetch(self, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Return the nodes of some complete tiles, asking the database once for all that are not at hand."""
        wanted = set(wanted)
        with self._lock:
            found = {place: self._kept[place] for place in wanted if place in self._kept}
        missing = sorted(wanted - set(found))
        if not missing:
            return found
        with connection.cursor() as cursor:
            cursor.execute(
                "select level, number, nodes from wall.log_nodes(%s::int[], %s::bigint[])",
                [[level for level, _ in missing], [number for _, number in missing]],
            )
            fetched = {(level, number): bytes(nodes) for level, number, nodes in cursor.fetchall()}
        with self._lock:
            self._kept |= fetched
            while len(self._kept) > self._most:
                self._kept.pop(next(iter(self._kept)))
        return found | fetched

    def forget(self) -> None:
        """Forget all tiles (another database is behind the connection now)."""
        with self._lock:
            self._kept.clear()


COMPLETE = CompleteTiles()


class StoredTree:
    """The tree of the first `size` leaves, as `proofs.NodeAt` wants it."""

    def __init__(self, size: int, *, complete: CompleteTiles | None = None) -> None:
        self.size = size
        self._complete = COMPLETE if complete is None else complete
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._edge: dict[tuple[int, int], list[list[bytes]]] = {}

    def place(self, level: int, index: int) -> tuple[int, int, int, int]:
        """Return where a node lies: tile level, tile, height in it, place in it."""
        tile_level, height = divmod(level, 8)
        tile, at = divmod(index, WIDTH >> height)
        return tile_level, tile, height, at

    def is_complete(self, level: int, tile: int) -> bool:
        """Say whether a tile is full at this size."""
        return (tile + 1) << (8 * (level + 1)) <= self.size

    def __call__(self, level: int, index: int) -> bytes:
        if level < 0 or index < 0 or (index + 1) << level > self.size:
            raise ValueError(f"a tree of {self.size} leaves has no complete subtree {index} of 2^{level}")
        tile_level, tile, height, at = self.place(level, index)
        where = (tile_level, tile)
        if self.is_complete(*where):
            if where not in self._tiles:
                self.prefetch([where])
            return node_in_tile(self._tiles[where], height, at)
        if where not in self._edge:
            width = (self.size >> 8 * tile_level) - tile * WIDTH
            hashes = hashes_at(tile_level, tile * WIDTH, width)
            if len(hashes) != width:
                raise LookupError(f"{width - len(hashes)} hashes are missing from tile {tile_level}/{tile}")
            self._edge[where] = levels_above(hashes)
        return self._edge[where][height][at]

    def prefetch(self, places: Iterable[tuple[int, int]]) -> None:
        """Fetch complete tiles with one statement."""
        wanted = [place for place in places if self.is_complete(*place) and place not in self._tiles]
        if not wanted:
            return
        found = self._complete.fetch(wanted)
        for place in wanted:
            if place not in found:
                raise LookupError(f"tile {place[0]}/{place[1]} is missing")
        self._tiles |= found

    def prove(self, index: int) -> list[bytes]:
        """Return the inclusion proof of a leaf (from 0), with one statement for all complete tiles that it needs."""
        needed: list[tuple[int, int]] = []

        def note(level: int, at: int) -> bytes:
            needed.append(self.place(level, at)[:2])
            return bytes(32)

        inclusion_proof(note, index, self.size)
        self.prefetch(needed)
        return inclusion_proof(self, index, self.size)
