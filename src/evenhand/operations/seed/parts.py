"""Fill disjoint parts of the partnership at the same time, a process each: one part is one council's area."""

from __future__ import annotations

import multiprocessing
import os
import queue
from collections.abc import Callable
from datetime import date, datetime
from multiprocessing.context import SpawnProcess
from typing import Any

from evenhand.operations.another_process import call

SILENCE_SECONDS = 5.0
MOST_PROCESSES = 6


class PartFailed(Exception):
    """A process that filled a part ended before it was done; says why in one line."""


def fill_parts(
    parts: dict[str, int],
    *,
    seed: int,
    today: date,
    now: datetime,
    progress: Callable[[int], None],
    processes: int = 0,
) -> int:
    """Fill every part and return the number of acts; the parts are the same however many processes there are.

    progress   called with the number of cases told since it was last called
    processes  0 means one for each core, but no more than there are parts
    raises     PartFailed; the other processes are then ended too
    """
    order = sorted((p for p in parts if parts[p]), key=lambda p: -parts[p])
    count = min(processes or len(os.sched_getaffinity(0)), MOST_PROCESSES, len(order))
    if count <= 1:
        return sum(_fill(part, parts[part], seed, today, now, lambda: progress(1)) for part in order)
    context = multiprocessing.get_context("spawn")
    todo: Any = context.Queue()
    said: Any = context.Queue()
    for part in order:
        todo.put((part, parts[part]))
    for _ in range(count):
        todo.put(None)
    workers = [
        context.Process(
            target=call, args=(__name__, work.__name__, todo, said, seed, today, now), daemon=True
        )
        for _ in range(count)
    ]
    for worker in workers:
        worker.start()
    try:
        return _listen(said, workers, len(order), progress)
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.terminate()
            worker.join()


def _listen(said: Any, workers: list[SpawnProcess], parts: int, progress: Callable[[int], None]) -> int:
    acts = 0
    while parts:
        try:
            kind, value = said.get(timeout=SILENCE_SECONDS)
        except queue.Empty:
            if not any(worker.is_alive() for worker in workers):
                raise PartFailed("a process that filled the partnership was ended from outside") from None
            continue
        if kind == "told":
            progress(value)
        elif kind == "failed":
            raise PartFailed(value)
        else:
            parts -= 1
            acts += value
    return acts


def work(todo: Any, said: Any, seed: int, today: date, now: datetime) -> None:
    """Take one part after another until there is none; Django is set up."""
    try:
        while (taken := todo.get()) is not None:
            part, cases = taken
            said.put(("done", _fill(part, cases, seed, today, now, lambda: said.put(("told", 1)))))
    except Exception as error:
        said.put(("failed", f"{type(error).__name__}: {error}"))


def _fill(part: str, cases: int, seed: int, today: date, now: datetime, progress: Callable[[], None]) -> int:
    from evenhand.operations.seed.diary import live_through
    from evenhand.operations.seed.partnership import plan_partnership

    who = plan_partnership(seed, today)
    return live_through(part, cases, seed=seed, who=who, now=now, progress=progress)
