"""Prove or clear suspects in several processes at once: each proof stands alone, and their order is kept."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from evenhand.kernels.disclosure.cover import Cut
from evenhand.kernels.disclosure.necessity import BATCH, necessities
from evenhand.kernels.disclosure.programme import Flags, Ints
from evenhand.kernels.disclosure.system import System
from evenhand.kernels.disclosure.web import Web

# Below this many cells a process costs more to start than it saves.
LARGE = 20_000
MOST_PROCESSES = 2

Found = tuple[list[Cut], Ints]


class Prove(Protocol):
    """Prove or clear suspects of a pattern; `near` as for `necessities`."""

    def __call__(self, withheld: Flags, suspects: Ints, *, near: bool = False) -> Found: ...


_held: list[tuple[System, Web, int]] = []


@contextmanager
def crew(system: System, web: Web, *, width: int, processes: int | None = None) -> Iterator[Prove]:
    """Give a function that proves or clears suspects, in as many processes as are worth it.

    processes  None: two for a large system on a machine that has them, else one
    returns    what `necessities` returns for (withheld, suspects): the same, in the same order, however many work
    """
    count = processes or (min(MOST_PROCESSES, os.cpu_count() or 1) if system.size > LARGE else 1)

    def alone(withheld: Flags, suspects: Ints, *, near: bool = False) -> Found:
        return necessities(system, withheld, suspects, width=width, web=web, near=near)

    if count < 2:
        yield alone
        return
    with ProcessPoolExecutor(
        count, multiprocessing.get_context("spawn"), initializer=_hold, initargs=(system, web, width)
    ) as pool:

        def prove(withheld: Flags, suspects: Ints, *, near: bool = False) -> Found:
            if suspects.size <= BATCH:
                return alone(withheld, suspects, near=near)
            batches = [suspects[at : at + BATCH] for at in range(0, suspects.size, BATCH)]
            packed = np.packbits(withheld)
            done = [pool.submit(_prove, packed, batch, near) for batch in batches]
            cuts = [cut for future in done for cut in future.result()]
            return cuts, np.array([cut.cell for cut in cuts], dtype=np.int64)

        yield prove


def _hold(system: System, web: Web, width: int) -> None:
    _held[:] = [(system, web, width)]


def _prove(packed: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], suspects: Ints, near: bool) -> list[Cut]:
    system, web, width = _held[0]
    withheld = np.unpackbits(packed, count=system.size).astype(np.bool_)
    return necessities(system, withheld, suspects, width=width, web=web, near=near)[0]
