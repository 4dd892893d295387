"""Send a report that was written page by page: once, however often it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from evenhand.casework import monitoring
from evenhand.casework.attach import Upload
from evenhand.casework.refer import refer
from evenhand.gate.act import Act, Done
from evenhand.gate.entry import Who


class SentBefore(Exception):
    """This report is on record already."""


def report_once(
    wanted: Act,
    who: Who,
    *,
    now: datetime,
    area: str,
    journey: str,
    uploads: Mapping[UUID, Upload],
    monitoring_answers: Mapping[str, str],
) -> Done:
    """Begin a case with a report from a page; raises SentBefore, Refused or Invalid, and then nothing was written."""
    with transaction.atomic():
        done = refer(wanted, who, now=now, area=area, door="page", journey=journey, uploads=uploads)
        fingerprint = hashlib.sha256(f"page:{wanted.once}".encode()).hexdigest()
        with connection.cursor() as cursor:
            # The second of two that come at once waits here for the first, and then finds it taken.
            cursor.execute("select wall.take_row(%s, %s)", [fingerprint, done.case_id])
            if not cursor.fetchone()[0]:
                raise SentBefore
        monitoring.keep(done.case_id, monitoring_answers)
    return done
