"""Time barred and absent at each door of one instance, in a process of its own, and print a JSON object a line."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

SECONDS = 600.0
WARM = 50
TRIM = 0.05


def main(tries: int) -> None:
    """Make a case, shut everybody out, and knock."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "evenhand.settings.test"
    import django

    django.setup()
    from django.conf import settings

    from evenhand.operations.database import Cluster
    from evenhand.operations.database.migrating import migrate

    cluster = Cluster(Path(settings.DATA), durable=False)
    cluster.ensure()
    try:
        migrate(os.environ, verbosity=0)
        _run(tries)
    finally:
        cluster.stop()
        shutil.rmtree(settings.DATA, ignore_errors=True)


def _run(tries: int) -> None:
    from evenhand.gate.entry import open_session
    from tests.faults.test_barred_is_absent import NAME, shut_out
    from tests.visiting import visit
    from tests.world import World, raw

    world = World.make()
    for n in range(20):
        world.refer(names=f"Somebody Else{n}")
    case_id = world.refer(names=NAME).case_id
    shut_out(world, case_id)
    whom = "gateway_officer@force"
    client, token = visit(world, whom), open_session(world.people[whom].id)

    def wall(number: UUID) -> None:
        raw("select wall.standing(%s, false, null)", [number])

    def page(number: UUID) -> None:
        assert client.get(f"/case/{number}/").status_code == 404

    def api(number: UUID) -> None:
        answered = client.get(
            f"/api/v1/cases/{number}?ground=own_work", headers={"Authorization": f"Bearer {token}"}
        )
        assert answered.status_code == 404

    with world.enter(whom):
        _door("the wall's own answer", wall, case_id, tries)
    _door("the page of a case", page, case_id, tries)
    _door("the machine door", api, case_id, tries)


def _door(name: str, knock: Callable[[UUID], None], barred: UUID, tries: int) -> None:
    rng = random.Random(1)
    for _ in range(WARM):
        knock(barred)
        knock(uuid4())
    times: dict[bool, list[float]] = {True: [], False: []}
    until = time.monotonic() + SECONDS
    for _ in range(tries):
        order = [True, False]
        rng.shuffle(order)
        for mine in order:
            number = barred if mine else uuid4()
            began = time.perf_counter()
            knock(number)
            times[mine].append(time.perf_counter() - began)
        if time.monotonic() > until:
            break
    # The slowest and quickest twentieth are the machine's: an attacker would cut them off too.
    mine, nobody = (_trimmed(times[which]) for which in (True, False))
    difference = statistics.fmean(mine) - statistics.fmean(nobody)
    error = math.sqrt(statistics.variance(mine) / len(mine) + statistics.variance(nobody) / len(nobody))
    how = f"{len(times[True])} tries each, drawn by lot in pairs; trimmed means"
    for what, value, unit in (
        ("absent", statistics.fmean(nobody) * 1e6, "µs"),
        ("barred less absent", difference * 1e6, "µs"),
        ("standard error of that", error * 1e6, "µs"),
        ("difference in standard errors (3 can be told)", difference / error, ""),
    ):
        line = {"name": f"{name}: {what}", "value": round(value, 2), "unit": unit, "how": how}
        print(json.dumps(line), flush=True)


def _trimmed(values: list[float]) -> list[float]:
    cut = int(len(values) * TRIM)
    return sorted(values)[cut : len(values) - cut]


main(int(sys.argv[1]))
