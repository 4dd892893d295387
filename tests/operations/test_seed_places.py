"""The demo's places are there to look at, and every act that put them there was one that the gate took."""

from __future__ import annotations

from datetime import UTC, datetime

from evenhand.casework.protect import reading
from evenhand.operations.seed import places as seeding
from evenhand.records.practitioner import Practitioner, RoleHolding
from tests.world import World


class Cast:
    """Stands in for the demo's partnership: the holders of two roles, by the world's own people."""

    def __init__(self, world: World) -> None:
        self.world = world

    def holders(self, role: str, agency: str, day: object) -> list[object]:
        return [self.world.people[f"{role}@force"].id]


def test_the_demo_has_sites_through_a_festival_a_rota_an_answer_and_promises(
    world: World, monkeypatch
) -> None:
    world.add("protection_planner", "force")
    if "responder@force" not in world.people:
        world.add("responder", "force")
    sites = [(name, f"town-{world.tag}", *rest) for name, _area, *rest in seeding.SITES[:3]]
    monkeypatch.setattr(seeding, "SITES", tuple(sites))
    monkeypatch.setattr(seeding, "FORCE", world.agencies["force"].code)
    answer = seeding._Hands.act

    def here(hands, at, code, target=None, **answers):
        if answers.get("area") == "ashmere":
            answers["area"] = f"town-{world.tag}"
        return answer(hands, at, code, target, **answers)

    monkeypatch.setattr(seeding._Hands, "act", here)
    assert seeding.protect_places(Cast(world), datetime.now(UTC)) == 3
    with world.enter("protection_planner@force"):
        found, count = reading.sites()
        assert count == 3
        assert {e.said["name"] for e in found} == {name for name, *_ in sites}
        (rota,) = reading.rotas()
        assert all(line["covered"] == line["most"] for line in rota.proof)
        (response,) = reading.responses()
        assert response.said["title"] == "More incidents round Lantern Street"
        assert {p.state for p in reading.promises()} == {"kept", "put_off", "promised"}
    assert RoleHolding.objects.using("admin").filter(role="protection_planner").exists()
    assert Practitioner.objects.using("admin").exists()
