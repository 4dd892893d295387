"""Examine the sealing of the record: is a checkpoint signed, and when was the last."""

from __future__ import annotations

import psycopg

from evenhand.operations.database.addresses import Addresses
from evenhand.operations.database.finding import Finding
from evenhand.operations.record_advice import WHAT_TO_DO

MISSED = 3


def examine_record(addresses: Addresses, *, every_seconds: int) -> Finding:
    """Say how the record does, as the application's role sees it.

    every_seconds  how often a checkpoint is due                                                          [s]
    """
    try:
        with psycopg.connect(addresses.app.conninfo()) as connection:
            alarms = connection.execute("SELECT kind, said FROM wall.log_alarms()").fetchall()
            last = connection.execute(
                "SELECT size, age, cardinality(cosigned) FROM wall.log_checkpoint()"
            ).fetchone()
    except (psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction):
        return Finding("record", True, "no tables yet: `evenhand migrate` makes them")
    except psycopg.Error as error:
        said = str(error).strip().splitlines()
        return Finding("record", False, said[0] if said else type(error).__name__)
    if alarms:
        kind, told = alarms[0]
        return Finding(
            "record", False, f"{kind}: {str(told).rstrip('.')}. {WHAT_TO_DO.get(kind, '')}".rstrip()
        )
    if last is None:
        return Finding("record", True, "no checkpoint yet: the worker signs the first when it runs")
    size, age, witnesses = last
    if not -every_seconds <= age <= MISSED * every_seconds + 60:
        return Finding(
            "record",
            False,
            f"late: the last checkpoint is {int(age)} s old, one is due every {every_seconds} s. {WHAT_TO_DO['late']}",
        )
    return Finding(
        "record", True, f"{size:,} lines signed {int(age)} s ago, cosigned by {witnesses} witnesses"
    )
