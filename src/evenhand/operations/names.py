"""Fill the names for searching in again from the sealed records, after a crash or a restore has emptied them."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from evenhand.casework.names import words_of
from evenhand.gate import keys
from evenhand.gate.entry import enter_house
from evenhand.gate.policy import journey_of
from evenhand.records.case import Case
from evenhand.records.identity import Identity

AT_ONCE = 2000


def fill_in() -> int:
    """Index every identified case when the index is empty; returns how many. A case whose key is gone stays out."""
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select wall.names_missing()")
        if not cursor.fetchone()[0]:
            return 0
    done, after = 0, UUID(int=0)
    while True:
        with enter_house(), connection.cursor() as cursor:
            rows = list(Identity.objects.filter(superseded=False, id__gt=after).order_by("id")[:AT_ONCE])
            apart = _apart({row.case_id for row in rows})
            for row in rows:
                if row.case_id in apart:
                    continue
                words = words_of(keys.open_(row.case_id, row.sealed).get("names", []))
                if words:
                    cursor.execute("select wall.index_names(%s, %s)", [row.case_id, words])
                    done += 1
        if len(rows) < AT_ONCE:
            return done
        after = rows[-1].id


def _apart(cases: set[UUID]) -> set[UUID]:
    """Return those of these cases whose file is kept for people: an index would hold its names in the open."""
    rows = Case.objects.filter(id__in=cases).values_list("id", "pack", "journey", "edition")
    return {row[0] for row in rows if "file" in journey_of(row[1], row[2], row[3]).own_keys}
