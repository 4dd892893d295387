"""Let other referrals go their ways beside the one that a scenario tells, so that there is something to count."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from evenhand.records.support import Need
from tests import roads
from tests.journeys.stage import LONDON
from tests.world import World

BORN = "2008-05-04"
BEGAN = datetime(2025, 1, 7, 10, tzinfo=LONDON)


def reported(world: World) -> None:
    """A worry was told, and waits to be screened."""
    world.refer(area="far", born=BORN, at=BEGAN)


def followed_up(world: World) -> None:
    """A referral went the whole road, and was followed up after twelve months."""
    case_id = world.refer(born=BORN, at=BEGAN).case_id
    ids = roads.adopted(world, case_id, at=BEGAN + timedelta(days=1), born=BORN)
    t = world.take
    day = BEGAN + timedelta(days=20)
    roads.answer_consent(world, case_id, "given", at=day)
    t(case_id, "case_officer@force", "record_needs", "recorded", {"needs": "Somebody to talk to"}, at=day)
    t(case_id, "panel_chair@council", "make_plan", "in_force", roads.plan(world), at=day)
    t(case_id, "provider@provider", "record_session", "delivered", roads.session(world, on=day), at=day)
    later = BEGAN + timedelta(days=60)
    met = {"needs": _needs(world, case_id), "state": "met"}
    t(case_id, "panel_chair@council", "answer_needs", "answered", met, at=later)
    ending = {
        "ground": world.code("closing_reasons"), "checked": [world.code("exit_tests")], "evidence": ids,
        "closing_assessment": "It goes well.", "onward": "None needed.",
    }  # fmt: skip
    t(case_id, "panel_chair@council", "propose_exit", "proposed", ending, at=later)
    compared = {"plan_compared": "Reached."}
    t(case_id, "gateway_supervisor@force", "approve_exit", "approved", compared, at=later)
    roads.followed_up(world, case_id, since=later)


def _needs(world: World, case_id: UUID) -> list[str]:
    with world.enter("panel_chair@council"):
        return [str(number) for number in Need.objects.filter(case_id=case_id).values_list("id", flat=True)]
