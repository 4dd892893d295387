"""Gather what a monitoring system may know: ages, sizes and states of the house, coarse where a number could tell of a case."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, connections
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from evenhand.gate.entry import DatabaseAway, enter_house
from evenhand.operations.backup.noting import ages
from evenhand.operations.health import ready, state
from evenhand.operations.metrics.requests import REGISTRY
from evenhand.operations.sealing import record_word

# Counts of what people do go up in steps of so many: one more act, one more report, cannot be seen.
STEP = 10
KEPT_SECONDS = 10.0


def coarse(count: float) -> int:
    """Return a count rounded down to whole steps."""
    return math.floor(count / STEP) * STEP


class House:
    """What the database, the data folder and the notes of backups say; asked at most every few seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._kept: list[Metric] = []
        self._at = -math.inf

    def collect(self) -> Iterable[Metric]:
        """Return the gauges."""
        with self._lock:
            if self._clock() - self._at > KEPT_SECONDS:
                self._kept, self._at = list(_gauges()), self._clock()
            return self._kept


class Answered:
    """The web processes' counts, added up and made coarse."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Yield each family with every value rounded down to whole steps; running sums of seconds are left out."""
        for family in self._families():
            told = Metric(family.name, family.documentation, family.type)
            for sample in family.samples:
                if not sample.name.endswith(("_sum", "_created")):
                    told.add_sample(sample.name, sample.labels, coarse(sample.value))
            yield told

    def _families(self) -> Iterator[Metric]:
        if not self._folder.is_dir():
            yield from REGISTRY.collect()
            return
        for one in sorted(self._folder.iterdir()):
            if one.is_dir():
                yield from MultiProcessCollector(CollectorRegistry(), path=str(one)).collect()  # type: ignore[no-untyped-call]  # no types


def _gauge(name: str, said: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"evenhand_{name}", said, value=value)


def _gauges() -> Iterator[Metric]:
    found = state()
    yield _gauge("database_up", "1 while the database answers.", found.database == "ok")
    yield _gauge("worker_up", "1 while the worker says that it is alive.", found.worker == "ok")
    yield _gauge("ready", "1 while the database is as this version needs it.", not ready())
    yield _gauge(
        "record_well",
        "1 while checkpoints come in time, signed, consistent and witnessed.",
        record_word() == "ok",
    )
    yield _gauge("disk_free_bytes", "Free where the data folder is.", shutil.disk_usage(settings.DATA).free)
    for age in ages(Path(settings.DATA), {}):
        if age.at is not None:
            seconds = (datetime.now(UTC) - age.at).total_seconds()
            yield _gauge(f"{age.what}_age_seconds", f"Since the last {age.what}.", round(seconds))
    try:
        with enter_house(), connection.cursor() as cursor:
            cursor.execute(
                "select count(*) filter (where due_at < now() - interval '10 minutes' and tries < 60),"
                " count(*) filter (where tries >= 60) from duty where done_at is null"
            )
            late, given_up = cursor.fetchone()
        yield _gauge("duties_late", "Duties more than ten minutes late, in whole tens.", coarse(late))
        yield _gauge("duties_given_up", "Whether a duty was given up after many tries.", given_up > 0)
    except (DatabaseAway, DatabaseError, InterfaceError):
        connections.close_all()
