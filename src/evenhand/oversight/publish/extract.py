"""Take from the records what a release counts, freeze it as cells, and let the rows go."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.sql import SQL, Composed, Identifier, Literal

from evenhand.gate.policy import pack as pack_of
from evenhand.kernels.policy import Pack
from evenhand.oversight.publish import cube
from evenhand.oversight.publish.frozen import Frozen, check_not_empty
from evenhand.oversight.publish.plan import Median, Plan
from evenhand.records.agency import Area

EQUALITY = "equality"
# Days that nobody can have waited: where a median reaches them, half have not come there.
NEVER = 1_000_000_000
COLUMNS = ("case_id", "referred_on", "sector", "concern", "age_band", "area", "ever", "destination", "closing_reason",
           "support", "days", "individual", "excluded")  # fmt: skip

_REFERRALS = SQL("""
copy (select c.case_id, c.referred_on, c.sector, c.concern, c.age_band, c.area,
             '|' || array_to_string(c.ever_counted_as, '|') || '|', c.destination, c.closing_reason,
             '|' || array_to_string(c.support, '|') || '|',
             '|' || coalesce((select string_agg(d.key || '=' || d.value, '|') from jsonb_each_text(c.days_to) d), '') || '|',
             p.individual, c.excluded_from_statistics_reason
        from counted_case c left join wall.counted_individuals() p on p.case_id = c.case_id
       where c.pack = {pack} and c.journey <> all ({apart}))
to stdout with (format csv)
""")
_INCIDENTS = SQL("""
copy (select recorded_on, strands, offence_group, excluded from wall.incident_codes())
to stdout with (format csv)
""")
INCIDENT_COLUMNS = ("referred_on", "strands", "offence_group", "excluded")
_FIRST = "select min(referred_on) from counted_case where excluded_from_statistics_reason = '' and journey <> all (%s)"


def areas() -> dict[str, str]:
    """Return the areas of the partnership by code."""
    return dict(Area.objects.order_by("code").values_list("code", "label"))


def regions() -> dict[str, list[str]]:
    """Return the areas of each region, when the partnership lies in several; empty when it lies in one."""
    found: dict[str, list[str]] = {}
    for code, region in Area.objects.exclude(region="").order_by("code").values_list("code", "region"):
        found.setdefault(region, []).append(code)
    return found if len(found) > 1 else {}


def first_year(pack: Pack, ends_month: int) -> int | None:
    """Return the first year that the records know of; inside an entry of the house."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_FIRST, [_apart(pack)])
        first = cursor.fetchone()[0]
    return None if first is None else int(first.year) + (1 if first.month > ends_month else 0)


def _apart(pack: Pack) -> list[str]:
    """Return the journeys that stand apart: they are never counted with the others."""
    return [code for code, journey in pack.journeys.items() if journey.apart]


def freeze(plan: Plan) -> Frozen:
    """Count the records to the finest cells; inside an entry of the house, and nowhere else can it run.

    Monitoring answers come through their own database role, are joined here, and leave only as counts.
    raises   NoRelease, when there is nothing in the period
    """
    if plan.counts == "incident":
        frozen = count_rows(plan, _frame(DEFAULT_DB_ALIAS, Composed([_INCIDENTS]), INCIDENT_COLUMNS), None)
        check_not_empty(frozen, plan)
        return frozen
    monitored = [field.code for field in plan.fields if field.monitored]
    wanted = _REFERRALS.format(pack=Literal(plan.pack), apart=Literal(_apart(pack_of(plan.pack))))
    rows = _frame(DEFAULT_DB_ALIAS, wanted, COLUMNS)
    answers = _frame(EQUALITY, _answers(monitored), ("case_id", *monitored)) if monitored else None
    frozen = count_rows(plan, rows, answers)
    check_not_empty(frozen, plan)
    return frozen


def count_rows(plan: Plan, rows: pd.DataFrame, answers: pd.DataFrame | None) -> Frozen:
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
            dict(sorted((m.stage, _median(engine, plan, m)) for m in plan.medians)),
        )


def _median(engine: duckdb.DuckDBPyConnection, plan: Plan, wanted: Median) -> tuple[int, float | None]:
    """Return how many came to a stage, and the median days from referral to a place of all of them.

    Who has not come there yet counts as later than anybody, so that the median is of those whose count is
    printed and of nobody else; None where that is half of them or more.
    """
    stage = plan.field(wanted.dimension)
    leaves = [
        leaf for leaf in stage.dimension.leaves if wanted.stage in (leaf, *stage.dimension.ancestors(leaf))
    ]
    number, days = engine.execute(
        f"select count(*), median(coalesce(days, {NEVER})) from (select {stage.expression} as stage,"  # noqa: S608 - as in cube
        f" try_cast(regexp_extract(days, '[|]{wanted.to}=([0-9]+)[|]', 1) as int) as days"
        f" from {cube.ROWS} where excluded = '' and referred_on between ? and ?) t where list_contains(?, stage)",
        [plan.period.begins, plan.period.ends, leaves],
    ).fetchall()[0]
    return int(number), None if days is None or days > NEVER / 4 else float(days)


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
