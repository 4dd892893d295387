"""Give the demo two years of hate incidents: neighbourhoods with boundaries, quiet days, and one rise after an event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID, uuid4

import numpy as np
from django.db import transaction

from evenhand.gate import keys
from evenhand.gate.incidents import new_reference
from evenhand.operations.seed.partnership import COUNCILS, FORCE, Partnership
from evenhand.operations.watch_areas import load_boundaries, mirror
from evenhand.records.incident import Incident, TriggerEvent
from evenhand.records.watch import WatchArea

DAYS = 800
RISE_BEGAN_BEFORE = 3
# Neighbourhoods of the two largest councils; the others are one area each.
NEIGHBOURHOODS = {
    "ashmere": ("Canal Side", "Lantern Street", "Northgate", "Old Market"),
    "brackenford": ("Brackenford East", "Brackenford West", "Mill Bank"),
}
# Incidents a day in the whole force area, by strand and religion that was the target.
RATES = (
    (("race",), (), 3.6),
    (("religion",), ("muslim",), 0.75),
    (("religion", "race"), ("muslim",), 0.3),
    (("religion",), ("jewish",), 0.3),
    (("religion",), ("sikh",), 0.08),
    (("sexual_orientation",), (), 0.9),
    (("disability",), (), 0.35),
    (("transgender",), (), 0.2),
)
SPREAD = 1.4
OFFENCES = ("public_order", "violence_no_injury", "criminal_damage", "violence_injury", "harassment", "malicious_communications")  # fmt: skip
OFFENCE_WEIGHTS = (45, 20, 12, 8, 10, 5)
PLACES = ("street", "home", "transport", "shop", "online", "school", "worship", "public_building")
PLACE_WEIGHTS = (38, 22, 10, 12, 8, 4, 3, 3)
TOLD = (
    "Shouted at from a passing car while waiting for the bus.",
    "A note with insults was put through the letter box.",
    "Pushed in the queue and told to go home.",
    "Words were sprayed on the shutter overnight.",
    "Followed through the arcade by two people who called names.",
    "A stranger pulled at clothing and laughed.",
)


def fill_incidents(who: Partnership, *, seed: int, today: date) -> int:
    """Put areas, an event and incidents on record as they would stand today; returns how many incidents."""
    mirror()
    load_boundaries(_boundaries())
    rng, words = np.random.default_rng(seed), Random(f"{seed} incidents")  # noqa: S311 - invents, protects nothing
    force = who.agencies[FORCE]
    recorder = who.holders("incident_recorder", FORCE, today)[0]
    event_day = today - timedelta(days=RISE_BEGAN_BEFORE)
    TriggerEvent.objects.using("admin").create(
        label="An attack in another country (invented)", happened_on=event_day, until=event_day + timedelta(days=21),
        strands=["religion.muslim", "religion"], leniency=2.0, source="News, invented for the demo",
        written_by=who.holders("hate_crime_coordinator", FORCE, today)[0],
    )  # fmt: skip
    rows = list(_rows(rng, words, force, recorder, today))
    with transaction.atomic(using="admin"):
        _seal_lately(rows, words, today)
        Incident.objects.using("admin").bulk_create(rows, batch_size=1000)
    return len(rows)


def _leaves() -> list[tuple[str, float]]:
    """Return the smallest areas with their shares of what happens."""
    found = []
    for council, _, share in COUNCILS:
        names = NEIGHBOURHOODS.get(council, ())
        if names:
            found += [(f"{council}-{n}", share / len(names)) for n in range(1, len(names) + 1)]
        else:
            found.append((council, share))
    return found


def _rows(
    rng: np.random.Generator, words: Random, force: UUID, recorder: UUID, today: date
) -> Iterator[Incident]:
    leaves = _leaves()
    shares = np.array([share for _, share in leaves])
    shares = shares / shares.sum()
    for back in range(DAYS, -1, -1):
        day = today - timedelta(days=back)
        weekday = 1.15 if day.weekday() >= 4 else 0.94
        for strands, religions, rate in RATES:
            mean = rate * weekday
            if religions == ("muslim",) and back <= RISE_BEGAN_BEFORE:
                mean *= (1.0, 7.0, 5.5, 4.0)[RISE_BEGAN_BEFORE - back]
            number = int(rng.poisson(rng.gamma(mean / (SPREAD - 1), SPREAD - 1)))
            for place in rng.choice(len(leaves), size=number, p=shares):
                area = leaves[int(place)][0]
                # The rise is strongest round one street.
                if religions == ("muslim",) and back < RISE_BEGAN_BEFORE and rng.random() < 0.55:
                    area = "ashmere-2"
                yield _incident(words, area, strands, religions, day, force, recorder, today)


def _incident(
    words: Random, area: str, strands: tuple[str, ...], religions: tuple[str, ...], day: date, force: UUID,
    recorder: UUID, today: date,
) -> Incident:  # fmt: skip
    third = words.random() < 0.2
    late = min(words.choice((1, 2, 3, 4, 6)) if third else 0, (today - day).days)
    place = words.choices(PLACES, PLACE_WEIGHTS)[0]
    occurred = day - timedelta(days=words.choice((0, 0, 0, 0, 1, 1, 2, 5)))
    return Incident(
        id=uuid4(), reference=new_reference(), agency_id=force, area_id=area,
        source="third_party" if third else "police", strands=list(strands), religions=list(religions), crime=True,
        offence_group=words.choices(OFFENCES, OFFENCE_WEIGHTS)[0], rule="hate_crime", occurred_on=occurred,
        reported_on=day, recorded_on=day, known_on=day + timedelta(days=late), place_kind=place, online=place == "online",
        wishes=[words.choice(("investigated", "support", "counted_only", "contact"))], repeat_victim=words.random() < 0.2,
        review_on=day.replace(year=day.year + 6, day=min(day.day, 28)), written_by=recorder,
        written_at=datetime.combine(day, time(16), UTC),
    )  # fmt: skip


def _seal_lately(rows: list[Incident], words: Random, today: date) -> None:
    """Say in words what happened in the last weeks; older ones came as a list, without any."""
    lately = [row for row in rows if (today - row.recorded_on).days <= 14]
    keys.store().make_many([row.id for row in lately])
    for row in lately:
        row.sealed = keys.close(
            row.id, {"what_happened": words.choice(TOLD), "place": f"{words.randint(1, 90)} Example Street"}
        )


def _boundaries() -> str:
    """Return an invented map: councils as a grid of uneven fields, the two largest cut into neighbourhoods."""
    features = []
    for number, (council, _, _) in enumerate(COUNCILS):
        west, south = -1.9 + 0.34 * (number % 3), 52.4 + 0.22 * (number // 3)
        names = NEIGHBOURHOODS.get(council, ())
        features.append(_feature(council, "", "", west, south, 0.33, 0.21))
        for at, name in enumerate(names):
            across = 2 if len(names) > 3 else len(names)
            width, height = 0.33 / across, 0.21 / (2 if len(names) > 3 else 1)
            features.append(
                _feature(
                    f"{council}-{at + 1}", name, council, west + width * (at % across), south + height * (at // across),
                    width, height,
                )
            )  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features})


def _feature(
    code: str, label: str, parent: str, west: float, south: float, width: float, height: float
) -> dict[str, object]:
    def bend(x: float, y: float) -> list[float]:
        return [round(x + 0.03 * np.sin(9 * y), 4), round(y + 0.02 * np.sin(7 * x), 4)]

    steps = [n / 4 for n in range(5)]
    ring = [bend(west + width * s, south) for s in steps] + [
        bend(west + width, south + height * s) for s in steps[1:]
    ]
    ring += [bend(west + width * (1 - s), south + height) for s in steps[1:]]
    ring += [bend(west, south + height * (1 - s)) for s in steps[1:]]
    return {
        "type": "Feature",
        "properties": {"code": code} | ({"label": label, "parent": parent} if parent else {}),
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def look_back(now: datetime) -> None:
    """Let the watch look at what was filled in, as the worker would have."""
    from evenhand.gate.demo import as_worker
    from evenhand.oversight.watch import watch

    if WatchArea.objects.using("admin").exists():
        with as_worker():
            watch(now)
