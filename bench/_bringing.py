"""Bring the FBI's incidents into an instance of one's own and let the watch look, step by step, timing each."""

from __future__ import annotations

import gzip
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "incidents"
LAST = date(2016, 12, 31)


@contextmanager
def timed(name: str, **how: object) -> Iterator[dict[str, object]]:
    """Print wall clock and this process's CPU of a step; what is put into the dictionary is said beside it."""
    told = dict(how)
    began, spent = time.monotonic(), time.process_time()
    yield told
    words = ", ".join(f"{name} {value}" for name, value in told.items())
    for unit, value in (("s", time.monotonic() - began), ("CPU s", time.process_time() - spent)):
        print(json.dumps({"name": name, "value": round(value, 1), "unit": unit, "how": words}), flush=True)


def main(one_in: int) -> None:
    """Bring the list in, once more, judge two years from the first day, then a day, a day anew and a late report."""
    from evenhand.operations.database import Cluster
    from evenhand.operations.database.migrating import migrate

    cluster = Cluster(Path(os.environ["EVENHAND_DATA"]))
    cluster.ensure()
    try:
        import django

        django.setup()
        migrate(os.environ, verbosity=0)
        from django.db import connections

        with connections["admin"].cursor() as cursor:
            cursor.execute("update wall.instance set demo = true")
        _steps(one_in)
        connections.close_all()
    finally:
        cluster.stop()


def _steps(one_in: int) -> None:
    from evenhand.casework.import_incidents import import_incidents, read_map
    from evenhand.gate import demo
    from evenhand.oversight.watch import check_again, watch
    from evenhand.records.incident import Incident
    from tests.world import World

    world = World.make()
    person = world.people["incident_recorder@force"]
    with world.enter("incident_recorder@force"):
        pass
    lines = gzip.decompress((EXAMPLES / "fbi_incidents_2015_2016.csv.gz").read_bytes()).split(b"\n")
    contents = b"\n".join([lines[0], *lines[1::one_in]]) + b"\n"
    column_map = read_map((EXAMPLES / "fbi.toml").read_text("utf-8"))
    token = world.tokens[person.id]
    for name in ("the list brought in", "the same list once more"):
        with timed(name) as told:
            found = import_incidents(contents, column_map, token)
            told |= {"taken": found.taken, "there before": found.before, "areas made": found.new_areas}

    def look(name: str, day: date) -> None:
        with timed(name, root="us") as told, demo.as_worker():
            seen = watch(datetime.combine(day, clock(21), UTC), root="us")
            told |= {
                "days": seen.days,
                "series": seen.series,
                "alarms begun": seen.begun,
                "revised": seen.revised,
            }

    look("the first look, from the first day", LAST - timedelta(days=3))
    look("the next day", LAST - timedelta(days=2))
    look("nothing new", LAST - timedelta(days=2))
    look("two days later", LAST)
    late = Incident.objects.using("admin").filter(recorded_on=LAST - timedelta(days=10)).first()
    if late is not None:
        Incident.objects.using("admin").filter(id=late.id).update(
            recorded_on=LAST - timedelta(days=9), version=2
        )
        look("after a correction ten days back", LAST)
        Incident.objects.using("admin").filter(id=late.id).update(
            recorded_on=LAST - timedelta(days=200), version=3
        )
        look("after a correction 200 days back", LAST)
    with timed("everything judged once more in memory", root="us") as told, demo.as_worker():
        told["differences"] = len(check_again(datetime.combine(LAST, clock(21), UTC), root="us"))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"name": "most memory", "value": round(most), "unit": "MB", "how": "all steps above"}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
