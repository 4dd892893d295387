"""Make areas with somebody who protects them, and sites with times, as a responder and a planner would."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from evenhand.casework.protect import ACTS, Done, take
from evenhand.gate.entry import now
from evenhand.records.watch import WatchArea
from tests.world import World, soon

REASON = "Because the site asked for it."
PLANNER, RESPONDER = "protection_planner@force", "responder@council"


def settle(world: World) -> str:
    """Make the areas, and people who protect them; returns the ward."""
    for role, agency in (
        ("protection_planner", "force"),
        ("responder", "force"),
        ("responder", "council"),
        ("hate_crime_coordinator", "force"),
        ("responder", "other_force"),
        ("protection_planner", "other_force"),
        ("analyst", "council"),
    ):
        if f"{role}@{agency}" not in world.people:
            world.add(role, agency)
    return areas(world)


def areas(world: World) -> str:
    """Make the town of the council with a ward inside it, and an area of another force; returns the ward."""
    a, code, there = world.agencies, f"town-{world.tag}", WatchArea.objects.using("admin")
    there.get_or_create(
        code=code, defaults={"label": f"Town {world.tag}", "answers": a["council"], "force": a["force"]}
    )
    there.get_or_create(code=f"ward-{world.tag}", defaults={"label": f"Ward {world.tag}", "parent_id": code})
    there.get_or_create(
        code=f"far-{world.tag}", defaults={"label": f"Far {world.tag}", "force": a["other_force"]}
    )
    return f"ward-{world.tag}"


def act(
    world: World, code: str, target: UUID | None, *, whom: str = PLANNER, at: Any = None, **answers: Any
) -> Done:
    """Take one act about a place as somebody."""
    asked = {field.code for field in _form(code).fields}
    told = ({"reason": REASON} if "reason" in asked else {}) | answers
    with world.enter(whom, at=at) as who:
        return take(ACTS, code, target, told, who, number=uuid4())


def _form(code: str) -> Any:
    from evenhand.gate.policy import pack

    return pack().forms[ACTS[code].form]


def site(
    world: World, *, name: str = "Lantern Street Mosque", tradition: str = "muslim", whom: str = PLANNER
) -> UUID:
    """Add a site in the ward."""
    area = settle(world)
    return act(
        world, "site", None, whom=whom, area=area, name=name, kind="place_of_worship", tradition=tradition,
        address="1 Lantern Street\nAshmere",
    ).number  # fmt: skip


def contact(world: World, site_id: UUID, *, name: str = "Yusuf Rahman", email: str = "") -> UUID:
    """Add a contact."""
    more = {"email": email} if email else {}
    return act(
        world, "contact", site_id, contact=name, job="Keys and alarms", phone="01632 960 001", **more
    ).number


def gathering(world: World, site_id: UUID, **answers: Any) -> UUID:
    """Add a time when people gather: Fridays, unless said otherwise."""
    told = {
        "kind": "weekly", "weekday": "friday", "opens": "12:30", "closes": "14:30", "minutes": "60", "visits": "1",
        "priority": "first",
    }  # fmt: skip
    return act(world, "time", site_id, **(told | answers)).number


def rota(world: World, *, shifts: str = "Crew 1, 11:00-19:00, 30", days: str = "7", begins: str = "") -> UUID:
    """Propose a rota for the town."""
    return act(
        world, "rota", None, area=f"town-{world.tag}", begins_on=begins or soon(1), days=days, shifts=shifts, travel="15"
    ).number  # fmt: skip


def response(world: World, *, owner: str = RESPONDER, whom: str = RESPONDER) -> UUID:
    """Answer a rise."""
    area = settle(world)
    return act(
        world,
        "respond",
        None,
        whom=whom,
        area=area,
        owner=str(world.people[owner].id),
        title="After the attack",
    ).number


def promise(world: World, *, public: str = "yes", what: str = "", whom: str = RESPONDER) -> UUID:
    """Promise something."""
    area = settle(world)
    return act(
        world, "promise", None, whom=whom, area=area, what=what or f"A patrol each Friday {world.tag}",
        by_whom="Neighbourhood team", due_on=soon(20), public=public,
    ).number  # fmt: skip


__all__ = ["PLANNER", "REASON", "RESPONDER", "act", "now", "site"]
