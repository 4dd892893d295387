"""Say which counts are higher than chance allows: `evenhand watch scan FILE`, without a database, or `watch run`, here."""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from evenhand.cli import _watch_run
from evenhand.cli.main import CommandError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SAID = ("window", "observed", "expected", "upper", "p_value", "onset")
METHODS = {"day": ("daily", "C1", "C2", "C3"), "week": ("farrington", "C1", "C2", "C3")}
Row = dict[str, object]


@dataclass(frozen=True)
class Table:
    """Counts of a file: (T, S) with their dates and the names of their series."""

    dates: npt.NDArray[np.datetime64]
    counts: npt.NDArray[np.float64]
    series: list[tuple[str, ...]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="action", required=True)
    _watch_run.add_arguments(words.add_parser("run", help="look at the counts of this instance once, now"))
    scan = words.add_parser("scan", help="scan a CSV file for unusual rises")
    scan.add_argument(
        "file", help="CSV with a header, plain or .gz; a day or week without a row counts as zero"
    )
    scan.add_argument("--date", required=True, metavar="COL", help="column of dates, as 2026-11-22")
    scan.add_argument("--count", metavar="COL", help="column of counts; without it every row is one event")
    scan.add_argument("--by", default="", metavar="COL[,COL]", help="columns that name the series")
    scan.add_argument(
        "--every", choices=("day", "week"), default="day", help="what is judged (weeks begin on Monday)"
    )
    scan.add_argument(
        "--method", help="daily, farrington, C1, C2 or C3; default: daily for days, farrington for weeks"
    )
    scan.add_argument(
        "--last", default="1", metavar="N", help="how many of the latest days or weeks to report, or all"
    )
    scan.add_argument(
        "--alpha", type=float, help="farrington, C1-C3: chance of a false alarm in one judgement"
    )
    scan.add_argument(
        "--false-per-week", type=float, help="daily: false alarms a week to be borne over all series"
    )
    scan.add_argument("--add-up", action="store_true", help="add up rows of the same date and series")
    scan.add_argument(
        "--pool",
        metavar="COL",
        help="daily: the column of --by whose series learn together; default: all together",
    )
    scan.add_argument(
        "--engine",
        choices=("here", "spark"),
        default="here",
        help="where it is worked out; the alarms are the same",
    )
    scan.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "run":
        return _watch_run.run(arguments)
    method = arguments.method or METHODS[arguments.every][0]
    if method not in METHODS[arguments.every]:
        raise CommandError(
            f"no method {method!r} for --every {arguments.every}; there are {', '.join(METHODS[arguments.every])}"
        )
    by = [name.strip() for name in arguments.by.split(",") if name.strip()]
    table = read(Path(arguments.file), arguments.date, arguments.count, by, arguments.add_up)
    check_units(table, arguments.every)
    if arguments.every == "week":
        table = in_weeks(table)
    for option, value, meant in (
        ("--alpha", arguments.alpha, method != "daily"),
        ("--false-per-week", arguments.false_per_week, method == "daily"),
    ):
        if value is not None and not meant:
            raise CommandError(f"{option} is not for the method {method!r}")
    if arguments.pool and (arguments.pool not in by or method != "daily"):
        raise CommandError("--pool names one of the columns of --by, and is for the daily method")
    last = len(table.dates) if arguments.last == "all" else whole(arguments.last, "--last", least=1)
    pools = pools_of(table, by.index(arguments.pool)) if arguments.pool else None
    judged = judge(table, method, min(last, len(table.dates)), arguments, pools)
    result = {
        "method": method, "every": arguments.every, "series": len(table.series), "from": str(table.dates[0]),
        "to": str(table.dates[-1]), **judged,
    }  # fmt: skip
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        show(result, by)
    return 0


def whole(text: str, name: str, *, least: int) -> int:
    """Return a whole number, or refuse it by name."""
    if not text.isascii() or not text.isdecimal() or int(text) < least:
        raise CommandError(f"{name} must be a whole number, {least} or more, not {text!r}")
    return int(text)


def open_text(path: Path) -> TextIO:
    """Open a CSV file, plain or gzipped."""
    try:
        if path.suffix == ".gz":
            return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, row) of the file; a row with too few or too many cells is refused."""
    with open_text(path) as file:
        reader = csv.DictReader(file, restkey="", restval=None, strict=True)
        try:
            for row in reader:
                if None in row.values() or "" in row:
                    raise CommandError(f"line {reader.line_num}: not as many cells as the header has")
                yield reader.line_num, row
        except (csv.Error, UnicodeDecodeError, OSError, EOFError) as error:
            raise CommandError(f"{path.name}, line {reader.line_num + 1}: cannot be read: {error}") from error


def read(path: Path, date_column: str, count_column: str | None, by: list[str], add_up: bool) -> Table:
    """Read the file into a table without gaps, or say which line and column is wrong."""
    import numpy as np

    cells: dict[tuple[date, tuple[str, ...]], int] = {}
    first_line: dict[tuple[date, tuple[str, ...]], int] = {}
    for line, row in rows_of(path):
        for name in [date_column, *by, *([count_column] if count_column else [])]:
            if name not in row:
                raise CommandError(f"no column {name!r}; there are {', '.join(row)}")
        try:
            day = date.fromisoformat(row[date_column].strip())
        except ValueError:
            raise CommandError(
                f"line {line}, column {date_column!r}: {row[date_column]!r} is not a date as 2026-11-22"
            ) from None
        key = (day, tuple(row[name].strip() for name in by))
        count = 1
        if count_column:
            text = row[count_column].strip()
            if not text.isascii() or not text.isdecimal() or len(text) > 12:
                raise CommandError(
                    f"line {line}, column {count_column!r}: {text!r} is not a count (0, 1, 2 …)"
                )
            count = int(text)
            if key in cells and not add_up:
                raise CommandError(
                    f"line {line}: {' · '.join([str(day), *key[1]])} stands already in line {first_line[key]}; "
                    "--add-up adds them"
                )
        first_line.setdefault(key, line)
        cells[key] = cells.get(key, 0) + count
    if not cells:
        raise CommandError(f"{path.name} has no rows")
    series = sorted({names for _, names in cells})
    place = {names: i for i, names in enumerate(series)}
    first, last = min(day for day, _ in cells), max(day for day, _ in cells)
    length = (last - first).days + 1
    if length > 73_000:
        raise CommandError(
            f"the dates run from {first} to {last}, more than 200 years: one of them must be wrong"
        )
    counts = np.zeros((length, len(series)))
    for (day, names), count in cells.items():
        counts[(day - first).days, place[names]] = count
    return Table(np.datetime64(first) + np.arange(length), counts, series)


def check_units(table: Table, every: str) -> None:
    """Refuse weekly figures given as days."""
    import numpy as np

    busy = np.flatnonzero(table.counts.any(axis=1))
    if every == "day" and len(busy) >= 8 and np.all(busy % 7 == busy[0] % 7):
        raise CommandError(
            f"all {len(busy)} dates with events fall on the same weekday: these look like weekly figures; use --every week"
        )


def in_weeks(table: Table) -> Table:
    """Add days up to weeks from Monday; a last week that is not over yet is left out, unless figures are weekly."""
    import numpy as np

    offset = (int(table.dates[0].astype(np.int64)) + 3) % 7
    weekly = np.all(np.flatnonzero(table.counts.any(axis=1)) % 7 == 0)
    week = (np.arange(len(table.dates)) + offset) // 7
    counts = np.zeros((int(week[-1]) + 1, table.counts.shape[1]))
    np.add.at(counts, week, table.counts)
    if (len(table.dates) + offset) % 7 and not weekly:
        counts = counts[:-1]
    if not len(counts):
        raise CommandError("there is no whole week in the file")
    return Table(table.dates[0] - offset + 7 * np.arange(len(counts)), counts, table.series)


def pools_of(table: Table, column: int) -> npt.NDArray[np.int64]:
    """Return for each series the number of those that it learns with."""
    import numpy as np

    return np.unique([names[column] for names in table.series], return_inverse=True)[1].astype(np.int64)


def judge(
    table: Table, method: str, last: int, arguments: argparse.Namespace, pools: npt.NDArray[np.int64] | None = None
) -> Row:  # fmt: skip
    """Judge the latest days or weeks; the result holds the alarms and why anything was not judged."""
    import numpy as np

    from evenhand.cli import _watch_spark as spark
    from evenhand.kernels import aberration as kernel

    at = np.arange(len(table.dates) - last, len(table.dates))
    reasons: tuple[str, ...] = ("",)
    in_spark = arguments.engine == "spark"
    chance = {} if arguments.alpha is None else {"alpha": arguments.alpha}

    def each(counts: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[Any]]:
        """Judge series each by itself."""
        if method == "farrington":
            weekly = kernel.farrington_flexible(counts, at, dates=table.dates, **chance)
            return {"alarm": weekly.alarm, "expected": weekly.expected, "upper": weekly.upper,
                    "p_value": weekly.p_value, "why": weekly.why_silent}  # fmt: skip
        ears = kernel.ears_c(counts, at, method=method, alpha=arguments.alpha)
        return {"alarm": ears.alarm, "expected": ears.expected, "upper": ears.upper}

    try:
        if method == "daily":
            false = arguments.false_per_week
            options = kernel.DailyOptions(**({} if false is None else {"false_per_week": false}))
            reasons = kernel.Daily.reasons
            if in_spark:
                groups = pools if pools is not None else np.zeros(len(table.series), dtype=np.int64)
                parts = [np.flatnonzero(groups == number) for number in range(int(groups.max()) + 1)]
                said = spark.daily(table.counts, table.dates, parts, options)
            else:
                daily = kernel.scan_daily(table.counts, table.dates, strand=pools, options=options)
                said = {"alarm": daily.alarm, "why": daily.why_silent, "window": daily.window, "observed": daily.observed,
                        "expected": daily.expected, "p_value": daily.p_value, "onset": daily.onset}  # fmt: skip
            said = {name: values[at] for name, values in said.items()}
        else:
            if method == "farrington":
                reasons = kernel.Farrington.reasons
            parts = np.array_split(np.arange(len(table.series)), max(1, min(64, len(table.series) // 50)))
            said = spark.over_groups(table.counts, parts, each, rows=last) if in_spark else each(table.counts)
    except kernel.TooShort as short:
        if method != "farrington":
            raise CommandError(str(short)) from short
        raise CommandError(
            f"farrington compares with the same weeks of five years, and the file begins only {table.dates[0]}; "
            "--method C1, C2 or C3 needs some weeks before"
        ) from short
    except (kernel.WrongCounts, kernel.WrongOption) as error:
        raise CommandError(str(error)) from error
    why = said.get("why", np.zeros((last, len(table.series)), dtype=np.int8))
    columns = {name: said[name] for name in SAID if name in said}
    alarms: list[Row] = []
    for i, j in np.argwhere(said["alarm"]):
        found: Row = {"date": str(table.dates[at[i]]), "series": list(table.series[j]),
                      "count": int(table.counts[at[i], j])}  # fmt: skip
        for name, values in columns.items():
            found[name] = bool(values[i, j]) if name == "onset" else float(f"{float(values[i, j]):.6g}")
        alarms.append(found)
    silent = {
        reasons[code]: int((why == code).sum()) for code in range(1, len(reasons)) if (why == code).any()
    }
    return {"judged": int((why == 0).sum()), "not_judged": silent, "alarms": alarms}


def show(result: Row, by: list[str]) -> None:
    """Print what was found for people."""
    alarms = cast(list[dict[str, Any]], result["alarms"])
    silent = cast(dict[str, int], result["not_judged"])
    print(f"{result['series']} series, {result['from']} to {result['to']}, method {result['method']}")
    print(f"{result['judged']} judged, {len(alarms)} above what chance allows")
    for reason, number in silent.items():
        print(f"{number} not judged: {reason}")
    if not alarms:
        return
    names = [name for name in alarms[0] if name not in {"date", "series"}]
    print("\t".join(["date", *by, *names]))
    for alarm in alarms:
        print("\t".join([alarm["date"], *alarm["series"], *(str(alarm[name]) for name in names)]))
