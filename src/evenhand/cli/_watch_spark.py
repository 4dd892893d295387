"""Scan counts in Spark, for those who outgrow one machine: groups of series are judged apart, and the alarms are the same."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from evenhand.cli.main import CommandError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from evenhand.kernels.aberration import DailyOptions

    Columns = dict[str, npt.NDArray[Any]]
    Judge = Callable[[npt.NDArray[np.float64]], Columns]


def over_groups(
    counts: npt.NDArray[np.float64], groups: Sequence[npt.NDArray[np.int64]], judge: Judge, *, rows: int = 0
) -> Columns:  # fmt: skip
    """Return what `judge` says of each group of columns, put together again; raises CommandError without pyspark.

    counts   (T, S); groups  the columns of each group, every column in one of them
    judge    counts of a group (T, n) to arrays (rows, n); it must not look at other groups
    rows     as many as `judge` returns; 0: T
    """
    import numpy as np

    try:
        import pandas as pd

        import_module("pyarrow")  # Spark hands rows over in its form
        sql: Any = import_module("pyspark.sql")
    except ImportError as absent:
        raise CommandError(
            "--engine spark needs Java 17, and pyspark and pyarrow installed beside Evenhand"
        ) from absent
    # The workers are this very Python, whatever `python3` names on the path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session: Any = (
        sql.SparkSession.builder.appName("evenhand watch scan")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    try:
        frame = pd.DataFrame(
            {"at": range(len(groups)), "counts": [packed({"counts": counts[:, group]}) for group in groups]}
        )
        given = session.createDataFrame(frame).repartition(len(groups), "at")
        told = given.mapInArrow(_worker(judge), "at long, said binary").collect()
    finally:
        session.stop()
    found: Columns = {}
    for at, said in told:
        for name, values in unpacked(bytes(said)).items():
            whole = found.setdefault(
                name, np.zeros((rows or len(counts), counts.shape[1]), dtype=values.dtype)
            )
            whole[:, groups[at]] = values
    return found


def _worker(judge: Judge) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def work(batches: Iterator[Any]) -> Iterator[Any]:
        pyarrow: Any = import_module("pyarrow")
        for batch in batches:
            given = zip(batch.column("at").to_pylist(), batch.column("counts").to_pylist(), strict=True)
            said = [(at, packed(judge(unpacked(raw)["counts"]))) for at, raw in given]
            columns = {"at": [at for at, _ in said], "said": [raw for _, raw in said]}
            yield pyarrow.RecordBatch.from_pydict(
                columns, schema=pyarrow.schema({"at": pyarrow.int64(), "said": pyarrow.binary()})
            )

    return work


def packed(columns: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return arrays as bytes without code in them."""
    import numpy as np

    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **columns)
    return file.getvalue()


def unpacked(raw: bytes) -> Columns:
    """Return the arrays again."""
    import numpy as np

    with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def daily(
    counts: npt.NDArray[np.float64], dates: npt.NDArray[np.datetime64], groups: Sequence[npt.NDArray[np.int64]],
    options: DailyOptions,
) -> Columns:  # fmt: skip
    """Return what the daily watch says where each group learns by itself, and all are judged together.

    What is expected of a group hangs on its own counts alone; which of a day's p-values are alarms is decided here,
    over all of them, as one machine would.
    """
    import numpy as np

    from evenhand.kernels import aberration as kernel
    from evenhand.kernels.aberration.daily import DAYS_PER_EPISODE
    from evenhand.kernels.aberration.daily_decide import discoveries, follow_episodes

    def judge(part: npt.NDArray[np.float64]) -> Columns:
        found = kernel.scan_daily(part, dates, options=options)
        return {"p_value": found.p_value, "window": found.window, "observed": found.observed, "expected": found.expected,
                "why": found.why_silent}  # fmt: skip

    said = over_groups(counts, groups, judge)
    days, series = counts.shape
    alone, top = np.full(series, -1, dtype=np.int64), np.zeros(series, dtype=np.int64)
    episode = np.full((3, series), -1, dtype=np.int64)
    alarm, onset = np.zeros(counts.shape, dtype=bool), np.zeros(counts.shape, dtype=bool)
    rate = options.false_per_week / 7.0 * DAYS_PER_EPISODE
    for t in range(days):
        judged = said["why"][t] == 0
        alarm[t] = discoveries(
            np.where(judged, said["p_value"][t], 1.0), judged=judged, parent=alone, depth=top, rate=rate,
            family=options.family,
        )  # fmt: skip
        today = int(dates[t].astype("datetime64[D]").astype(np.int64))
        onset[t], _ended = follow_episodes(
            episode, alarm[t], today - said["window"][t] + 1, today, options.quiet_days
        )
    return said | {"alarm": alarm, "onset": onset}
