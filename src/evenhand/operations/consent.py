"""End what rests on a parent's consent on the day on which the person is old enough to decide alone."""

from __future__ import annotations

import json

from django.db import connection

from evenhand.gate.entry import Who, enter_house
from evenhand.gate.standing import standing
from evenhand.kernels.policy import ends_with_consent

LAPSED = "lapsed"
MOST = 5000


def end_lapsed() -> int:
    """End sessions, sight and sharing of cases whose consent has lapsed; returns of how many cases."""
    with enter_house() as house:
        return end_as_of_now(house)


def end_as_of_now(house: Who) -> int:
    """Do that inside the transaction in which the house has come in."""
    done = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "select k.case_id from commission k join case_file f on f.id = k.case_id and f.closed_at is null"
            " where k.ended_on is null and exists (select 1 from consent x where x.case_id = k.case_id and x.by = 'parent')"
            " union select d.case_id from disclosure d join case_file f on f.id = d.case_id and f.closed_at is null"
            " where d.ended_at is null and exists (select 1 from consent x where x.case_id = d.case_id and x.by = 'parent')"
            " limit %s",
            [MOST],
        )
        for (case_id,) in cursor.fetchall():
            found = standing(case_id, house)
            if found.facts["consent"] != LAPSED:
                continue
            rules = json.dumps(ends_with_consent(found.pack))
            cursor.execute(
                "select wall.end_on_consent(%s, %s::jsonb), wall.rewall(%s)", [case_id, rules, case_id]
            )
            done += 1
    return done
