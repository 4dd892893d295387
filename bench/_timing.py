"""Time barred and absent at each door of one instance, in a process of its own, and print a JSON object a line."""

from __future__ import annotations

import json
import logging
import math
import os
import random
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

DOOR_SECONDS = 110.0
"""What one of the telling doors may take; they and the rest together stay under twelve minutes."""
REST_SECONDS = 6.0
WARM = 50
TRIM = 0.05
AWAY = 100


def main(tries: int) -> None:
    """Make a case, shut everybody out, and knock."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "evenhand.settings.test"
    import django

    django.setup()
    # A line for each refusal would be most of what is measured; both answers write the same one.
    logging.getLogger("django.request").setLevel(logging.ERROR)
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
    from evenhand.gate.act import new_reference
    from evenhand.gate.entry import open_session
    from tests.faults.doors import OF_A_CASE
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
    document = str(uuid4())
    raw(
        "insert into document (id, case_id, part, recorded_at, recorded_by, aud, bar, size, sha256, checked, sealed)"
        " values (%s, %s, 'file', now(), gen_random_uuid(), '{}', '{}', 5, '', 'x', '')",
        [document, case_id],
        alias="admin",
    )
    line = str(raw("select min(entry_id) from entry_of where case_id = %s", [case_id], alias="admin")[0][0])
    reference = raw("select reference from case_file where id = %s", [case_id], alias="admin")[0][0]
    mine = {
        "case": str(case_id),
        "document": document,
        "evidence": str(uuid4()),
        "glass": str(uuid4()),
        "request": str(uuid4()),
    }
    mine |= {"line": line, "ref": reference, "name": NAME, "step": "add_note"}
    away = [
        mine
        | {key: str(uuid4()) for key in ("case", "document")}
        | {"ref": new_reference(), "line": str(10**9 + n), "name": f"Zeno Nothere{n}"}
        for n in range(AWAY)
    ]

    def get(address: str) -> Callable[[dict[str, str]], None]:
        def knock(known: dict[str, str]) -> None:
            client.get(address.format(**known))

        return knock

    def search(key: str) -> Callable[[dict[str, str]], None]:
        def knock(known: dict[str, str]) -> None:
            client.post("/search/", {"asked": known[key]})

        return knock

    def wall(known: dict[str, str]) -> None:
        raw("select wall.standing(%s, false, null)", [known["case"]])

    def api(known: dict[str, str]) -> None:
        client.get(
            f"/api/v1/cases/{known['case']}?ground=own_work", headers={"Authorization": f"Bearer {token}"}
        )

    with world.enter(whom):
        _door("the wall's own answer", wall, mine, away, tries, DOOR_SECONDS)
    _door("the page of a case", get("/case/{case}/"), mine, away, tries, DOOR_SECONDS)
    _door("the machine door", api, mine, away, tries, DOOR_SECONDS)
    _door("a document", get("/case/{case}/document/{document}/"), mine, away, tries, DOOR_SECONDS)
    _door("a search by reference", search("ref"), mine, away, tries, DOOR_SECONDS)
    _door("a search by name", search("name"), mine, away, tries, DOOR_SECONDS)
    for name, parts in OF_A_CASE.items():
        if name not in ("case", "case_document") and "case_id" in parts:
            _door(f"page {name}", _page(client, name, parts), mine, away, tries // 20, REST_SECONDS)


def _page(client: Any, name: str, parts: dict[str, str]) -> Callable[[dict[str, str]], None]:
    from django.urls import reverse

    def knock(known: dict[str, str]) -> None:
        client.get(reverse(name, kwargs={part: known[what] for part, what in parts.items()}))

    return knock


def _door(
    name: str,
    knock: Callable[[dict[str, str]], None],
    barred: dict[str, str],
    away: list[dict[str, str]],
    tries: int,
    seconds: float,
) -> None:
    rng = random.Random(1)
    for n in range(min(WARM, tries)):
        knock(barred)
        knock(away[n % len(away)])
    times: dict[bool, list[float]] = {True: [], False: []}
    until = time.monotonic() + seconds
    for _ in range(tries):
        order = [True, False]
        rng.shuffle(order)
        other = rng.choice(away)
        for mine in order:
            known = barred if mine else other
            began = time.perf_counter()
            knock(known)
            times[mine].append(time.perf_counter() - began)
        if time.monotonic() > until:
            break
    # The slowest and quickest twentieth are the machine's: an attacker would cut them off too.
    mine_, nobody = (_trimmed(times[which]) for which in (True, False))
    difference = statistics.fmean(mine_) - statistics.fmean(nobody)
    error = math.sqrt(statistics.variance(mine_) / len(mine_) + statistics.variance(nobody) / len(nobody))
    how = f"{len(times[True])} tries each, drawn by lot in pairs; trimmed means"
    for what, value, unit in (
        ("absent", statistics.fmean(nobody) * 1e6, "µs"),
        ("barred less absent", difference * 1e6, "µs"),
        ("standard error of that", error * 1e6, "µs"),
        ("difference in standard errors (3 can be told)", difference / error, ""),
    ):
        told = {"name": f"{name}: {what}", "value": round(value, 2), "unit": unit, "how": how}
        print(json.dumps(told), flush=True)


def _trimmed(values: list[float]) -> list[float]:
    cut = int(len(values) * TRIM)
    return sorted(values)[cut : len(values) - cut]


main(int(sys.argv[1]))
