"""Take from the records what a release counts, freeze it as cells, and let the rows go."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.sql import SQL, Composed, Identifier, Literal

from evenhand.oversight.publish import cube
from evenhand.oversight.publish.frozen import Frozen, check_not_empty
from evenhand.oversight.publish.plan import Plan
from evenhand.records.agency import Area

EQUALITY = "equality"
COLUMNS = ("id", "case_id", "referred_on", "sector", "concern", "age_band", "area", "ever", "destination", "closing_reason",
           "excluded")  # fmt: skip

_REFERRALS = SQL("""
copy (select c.id, c.case_id, c.referred_on, c.sector, c.concern, c.age_band, c.area,
             '|' || array_to_string(c.ever_counted_as, '|') || '|', c.destination, c.closing_reason,
             c.excluded_from_statistics_reason
        from counted_case c where c.pack = {pack})
to stdout with (format csv)
""")
_INCIDENTS = SQL("""
copy (select recorded_on, strands, offence_group, excluded from wall.incident_codes())
to stdout with (format csv)
""")
INCIDENT_COLUMNS = ("referred_on", "strands", "offence_group", "excluded")
_FIRST = "select min(referred_on) from counted_case where excluded_from_statistics_reason = ''"
_MEDIANS = """
select d.key, count(*), percentile_cont(0.5) within group (order by d.value::int)
  from counted_case c, jsonb_each_text(c.days_to) d
 where c.pack = %s and c.excluded_from_statistics_reason = '' and c.referred_on between %s and %s
 group by d.key
"""


def areas() -> dict[str, str]:
    """Return the areas of the partnership by code."""
    return dict(Area.objects.order_by("code").values_list("code", "label"))


def first_year(ends_month: int) -> int | None:
    """Return the first year that the records know of; inside an entry of the house."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_FIRST)
        first = cursor.fetchone()[0]
    return None if first is None else int(first.year) + (1 if first.month > ends_month else 0)


def freeze(plan: Plan) -> Frozen:
    """Count the records to the finest cells; inside an entry of the house, and nowhere else can it run.

    Monitoring answers come through their own database role, are joined here, and leave only as counts.
    raises   NoRelease, when there is nothing in the period
    """
    if plan.counts == "incident":
        frozen = count_rows(
            plan, _frame(DEFAULT_DB_ALIAS, Composed([_INCIDENTS]), INCIDENT_COLUMNS), None, {}
        )
        check_not_empty(frozen, plan)
        return frozen
    monitored = [field.code for field in plan.fields if field.monitored]
    rows = _frame(DEFAULT_DB_ALIAS, _REFERRALS.format(pack=Literal(plan.pack)), COLUMNS)
    answers = _frame(EQUALITY, _answers(monitored), ("case_id", *monitored)) if monitored else None
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_MEDIANS, [plan.pack, plan.period.begins, plan.period.ends])
        medians = {str(stage): (int(n), float(days)) for stage, n, days in cursor.fetchall()}
    frozen = count_rows(plan, rows, answers, medians)
    check_not_empty(frozen, plan)
    return frozen


def count_rows(
    plan: Plan, rows: pd.DataFrame, answers: pd.DataFrame | None, medians: Mapping[str, tuple[int, float]]
) -> Frozen:
    """Count rows to the finest cells in DuckDB.

    rows      the columns of COLUMNS or INCIDENT_COLUMNS, as texts; answers the monitored fields by case
    """
    with duckdb.connect() as engine:
        engine.execute("set threads = 2")
        engine.register("taken", rows)
        joined, more = "", ""
        if answers is not None:
            engine.register("answers", answers)
            joined = "left join answers a on a.case_id = r.case_id"
            more = "".join(f", a.{name}" for name in answers.columns if name != "case_id")
        engine.execute(
            f"create temp table {cube.ROWS} as select r.* exclude (referred_on), "  # noqa: S608 - our own names
            f"cast(r.referred_on as date) as referred_on{more} from taken r {joined}"
        )
        period, history = cube.of_period(plan), cube.of_history(plan)
        return Frozen(
            _cells(engine, [f.code for f in period], cube.finest(period, plan)),
            _cells(engine, [f.code for f in history], cube.history(history, plan)),
            dict(sorted(medians.items())),
        )


def _cells(engine: duckdb.DuckDBPyConnection, fields: Sequence[str], query: str) -> cube.Cells:
    return cube.cells_of(fields, ((row[:-1], row[-1]) for row in engine.execute(query).fetchall()))


def _frame(alias: str, query: Composed, columns: Sequence[str]) -> pd.DataFrame:
    """Return what a query gives, held in memory alone: no row about anybody touches a disk."""
    taken = io.BytesIO()
    connection: Any = connections[alias]
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(query) as copy:
        for data in copy:
            taken.write(data)
    taken.seek(0)
    return pd.read_csv(taken, names=list(columns), dtype="str", keep_default_na=False)


def _answers(monitored: Sequence[str]) -> Composed:
    columns = SQL(", ").join(
        SQL("coalesce(answers->>{code}, '') as {name}").format(code=Literal(c), name=Identifier(c))
        for c in monitored
    )
    return SQL("copy (select case_id, {columns} from monitoring_answer) to stdout with (format csv)").format(
        columns=columns
    )
