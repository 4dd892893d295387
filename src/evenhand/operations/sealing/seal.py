"""Give lines their places in the tree, batch by batch, each batch whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from django.db import connection

from evenhand.gate.entry import enter_house
from evenhand.kernels.ledger.tiles import WIDTH, complete_tile
from evenhand.operations.sealing.tree import hashes_at, split_hashes

BATCH = 8192


def seal_batch(most: int = BATCH) -> int:
    """Seal the next lines in one transaction; returns how many, 0 when there are none or another sealer is at work."""
    with enter_house():
        with connection.cursor() as cursor:
            cursor.execute("select first, hashes from wall.seal(%s)", [most])
            row = cursor.fetchone()
        if row is None:
            return 0
        hashes = split_hashes(bytes(row[1]))
        complete_tiles(row[0], hashes)
    return len(hashes)


def seal_all(*, seconds: float = 60.0, stop: Callable[[], bool] = lambda: False) -> int:
    """Seal until nothing is left that can be, or the time is up; returns how many lines were sealed."""
    until, sealed = monotonic() + seconds, 0
    while not stop():
        done = seal_batch()
        sealed += done
        if done < BATCH or monotonic() >= until:
            break
    return sealed


def complete_tiles(first: int, hashes: list[bytes], level: int = 0) -> None:
    """Keep each tile that these hashes complete, and those that its root completes above."""
    begin = first - first % WIDTH
    held = hashes_at(level, begin, first - begin) + hashes
    made = [complete_tile(held[at : at + WIDTH]) for at in range(0, len(held) - WIDTH + 1, WIDTH)]
    if not made:
        return
    roots = [root for root, _ in made]
    with connection.cursor() as cursor:
        cursor.execute(
            "select wall.keep_tiles(%s, %s, %s::bytea[], %s::bytea[])",
            [level, begin // WIDTH, roots, [nodes for _, nodes in made]],
        )
    complete_tiles(begin // WIDTH, roots, level + 1)
