"""Measure the pages of one loaded instance in a process of its own, and print a JSON object a line."""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

ROUNDS = 120
SECONDS = 25.0
WARM = 8


def main(cases: int, folder: Path) -> None:
    """Load if need be, measure with the wall and without it."""
    os.environ.update(
        EVENHAND_DATA=str(folder), EVENHAND_MODE="demo", EVENHAND_PROCESS="operator",
        DJANGO_SETTINGS_MODULE="evenhand.settings.instance",
    )  # fmt: skip
    sys.path.insert(0, str(Path(__file__).parent))
    import psycopg

    from evenhand.operations.database import Cluster, addresses

    cluster = Cluster(folder)
    cluster.ensure()
    try:
        import django

        django.setup()
        from evenhand.operations.database.migrating import migrate

        migrate(os.environ, verbosity=0)
        loaded = folder / "loaded.json"
        with psycopg.connect(
            cluster.address().named(addresses(os.environ).app.dbname).as_itself().conninfo(), autocommit=True
        ) as admin:
            if not loaded.exists():
                loaded.write_text(json.dumps(_load(cases, cluster)))
            _run(cases, json.loads(loaded.read_text()), admin)
    finally:
        cluster.release()


def _load(cases: int, cluster) -> dict[str, object]:
    import psycopg
    from _load import Loader

    from evenhand.operations.database import addresses

    conninfo = cluster.address().named(addresses(os.environ).app.dbname).as_itself().conninfo()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        loader = Loader(connection, conninfo, cases)
        loader.partnership()
        took = loader.load()
    viewers = {"all": loader.all_seeing, "some": loader.some_seeing, "nothing": loader.empty_handed}
    return {"took": took, "viewers": {name: str(number) for name, number in viewers.items()}}


class Meter:
    """Times one page: wall clock, this process's CPU and the database process's."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ticks = os.sysconf("SC_CLK_TCK")

    def database(self) -> float:
        """Return the CPU seconds of the session's process so far."""
        parts = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(parts[11]) + int(parts[12])) / self.ticks

    def measure(self, page: Callable[[int], None]) -> dict[str, float]:
        """Return p50 and p95 in ms, CPU a page in ms (Python's and the database's), and statements a page."""
        from django.db import connection

        for n in range(WARM):
            page(n)
        statements = 0

        def count(execute, sql, params, many, context):
            nonlocal statements
            statements += 1
            return execute(sql, params, many, context)

        times = []
        began, python, database = time.monotonic(), time.process_time(), self.database()
        with connection.execute_wrapper(count):
            for n in range(ROUNDS):
                at = time.perf_counter()
                page(WARM + n)
                times.append((time.perf_counter() - at) * 1000)
                if time.monotonic() - began > SECONDS:
                    break
        done = len(times)
        spent = time.process_time() - python, self.database() - database
        return {
            "p50": statistics.median(times), "p95": sorted(times)[max(0, int(done * 0.95) - 1)],
            "python": spent[0] * 1000 / done, "database": spent[1] * 1000 / done, "statements": statements / done, "rounds": done,
        }  # fmt: skip


def _run(cases: int, about: dict, admin) -> None:
    import _walls

    for what, seconds in about["took"].items():
        _say(
            f"{cases:,} cases: {what}",
            seconds,
            "s",
            "loading by COPY with sealed rows under a key a case, then VACUUM ANALYZE",
        )
    size = admin.execute("select pg_database_size(current_database()) / 1e9").fetchone()[0]
    _say(f"{cases:,} cases: database", float(size), "GB", "tables and indexes")
    saved = _walls.functions(admin)
    if admin.execute("select rolbypassrls from pg_roles where rolname = 'evenhand_app'").fetchone()[0]:
        raise SystemExit(
            "an earlier measurement was ended while the wall was away: remove this instance's folder"
        )
    # With, without, and with again: what else the machine does in the meantime falls on both alike.
    first = _round(about, admin)
    try:
        for part in _walls.take_away(admin):
            _say("could not be taken away", 0, "", part)
        none = _round(about, admin)
    finally:
        _walls.put_back(admin, saved)
    again = _round(about, admin)
    found = {("none", *key): figures for key, figures in none.items()}
    for key, figures in first.items():
        found["wall", *key] = {name: (value + again[key][name]) / 2 for name, value in figures.items()}
    for (wall, viewer, name), figures in found.items():
        if wall == "none":
            continue
        without = found["none", viewer, name]
        ratio = (figures["python"] + figures["database"]) / max(1e-9, without["python"] + without["database"])
        how = f"{figures['rounds']:.0f} pages; {figures['statements']:.0f} statements; without the wall {without['p50']:.1f}/{without['p95']:.1f} ms"
        label = f"{cases:,} {name}, sees {viewer}"
        _say(f"{label}: p50", figures["p50"], "ms", how)
        _say(f"{label}: p95", figures["p95"], "ms", "server time of the page's work, session included")
        _say(
            f"{label}: CPU",
            figures["python"] + figures["database"],
            "ms",
            f"Python {figures['python']:.1f} + database {figures['database']:.1f}",
        )
        _say(
            f"{label}: CPU against no wall",
            ratio,
            "times",
            f"no wall {without['python'] + without['database']:.1f} ms: the same statements, checks struck out, role passes row security",
        )


def _round(about: dict, admin) -> dict[tuple[str, str], dict[str, float]]:
    """Measure every page for every viewer in a session of its own, so that no plan of before is used."""
    from django.db import connection

    connection.close()
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        meter = Meter(cursor.fetchone()[0])
    return {
        (viewer, name): meter.measure(page)
        for viewer, number in about["viewers"].items()
        for name, page in _pages(UUID(number), viewer, admin).items()
    }


def _pages(viewer: UUID, kind: str, admin) -> dict[str, Callable[[int], None]]:
    """Return each page as something to call, for one viewer; whoever sees nothing asks for what is not theirs."""
    from django.db import transaction

    from evenhand.casework.case_file import look
    from evenhand.casework.find import find
    from evenhand.casework.steps import take
    from evenhand.casework.worklist import worklist
    from evenhand.gate.act import Act, Refused
    from evenhand.gate.entry import enter, now, open_session
    from evenhand.gate.standing import NoSuchCase

    token = open_session(viewer)
    rng = random.Random(7)
    where = (
        "area_id = 'area0' and place in ('supported', 'awaiting_panel')"
        if kind == "some"
        else "place in ('gateway', 'supported', 'gathering')"
    )
    rows = admin.execute(
        f"select id, reference from case_file where {where} and bar = '{{}}' order by reference limit 400"
    ).fetchall()
    rng.shuffle(rows)
    given = [f"G{chr(97 + rng.randrange(26))}{chr(97 + rng.randrange(26))}" for _ in range(400)]
    family = [t[0] for t in admin.execute(
        "select distinct token from wall.name_token where case_id = any(%s) and token !~ '^g[a-z]{2}$'", [[r[0] for r in rows]]).fetchall()]  # fmt: skip

    def inside(do: Callable[[object], None]) -> None:
        with ExitStack() as stack:
            who = stack.enter_context(enter(token))
            try:
                with transaction.atomic():
                    do(who)
            except (NoSuchCase, Refused):
                if kind != "nothing":
                    raise

    return {
        "worklist": lambda n: inside(lambda who: worklist(mine=False, now=now())),
        "case file": lambda n: inside(lambda who: look(rows[n % len(rows)][0], who)),
        "search by name": lambda n: inside(lambda who: find(f"{given[n % len(given)]} {family[n % len(family)][:5]}", who, now=now())),
        "search by reference": lambda n: inside(lambda who: find(rows[n % len(rows)][1], who, now=now())),
        "save a step": lambda n: inside(
            lambda who: take(rows[n % len(rows)][0], Act("add_note", "added", {"kind": "case", "text": "Called; call back."}, reason="A note."), who)
        ),
    }  # fmt: skip


def _say(name: str, value: float, unit: str, how: str) -> None:
    print(json.dumps({"name": name, "value": round(float(value), 3), "unit": unit, "how": how}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
