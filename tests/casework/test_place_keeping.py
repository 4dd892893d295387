"""Sites, answers, summaries and promises past their day: a person decides, it is gone for good, and a count stays."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction

from evenhand.casework.protect.keeping import due, forgotten
from evenhand.gate import keys
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import now
from evenhand.records.place_keeping import PlaceKeeping
from evenhand.records.site import Site
from tests import places
from tests.places import PLANNER, RESPONDER, act
from tests.visiting import seen, visit
from tests.world import World, raw, soon

OLD = "current_date - 2500"


def closed_long_ago(world: World) -> UUID:
    site = places.site(world)
    places.contact(world, site)
    act(world, "close-site", site)
    raw(f"update site set closed_on = {OLD} where id = %s", [site], alias="admin")
    return site


def all_due(world: World, whom: str = PLANNER) -> set[UUID]:
    with world.enter(whom):
        return {one.number for one in due(now().date())}


def count(table: str, column: str, number: UUID) -> int:
    return int(raw(f'select count(*) from "{table}" where "{column}" = %s', [number], alias="admin")[0][0])


def test_a_site_that_was_closed_long_ago_is_forgotten_with_all_that_hangs_on_it(world: World):
    site, other = closed_long_ago(world), places.site(world, name="Hill Road Mandir")
    assert all_due(world) == {site}
    page = seen(visit(world, PLANNER).get("/sites/keeping/"))
    assert "Lantern Street Mosque" in page
    lines = raw("select count(*) from ledger_entry", alias="admin")[0][0]
    act(world, "forget-site", site)
    assert raw("select count(*) from ledger_entry", alias="admin")[0][0] > lines
    assert count("site", "id", site) == count("site_contact", "site_id", site) == 0
    assert not keys.has_key(site)
    assert count("site", "id", other) == 1
    assert keys.has_key(other)
    assert all_due(world) == set()
    with world.enter(PLANNER):
        assert ("site", f"Ward {world.tag}", 1, 2) in forgotten()
    page = seen(visit(world, PLANNER).get("/sites/keeping/"))
    assert "Lantern Street Mosque" not in page
    assert "What was forgotten" in page


def test_what_is_kept_comes_up_again_on_its_day(world: World):
    site = closed_long_ago(world)
    with pytest.raises(Invalid):
        act(world, "keep-site", site, until=soon(4000))
    act(world, "keep-site", site, until=soon(100))
    assert all_due(world) == set()
    with pytest.raises(Invalid, match="does not come up"):
        act(world, "forget-site", site)
    PlaceKeeping.objects.using("admin").filter(about=site).update(until=now().date() - timedelta(days=1))
    assert all_due(world) == {site}


def test_what_is_not_over_or_not_past_its_day_cannot_be_forgotten_by_page_or_by_sql(world: World):
    site = places.site(world)
    with pytest.raises(Invalid, match="does not come up"):
        act(world, "forget-site", site)
    with world.enter(PLANNER) as who:
        decision = PlaceKeeping(
            id=uuid4(), area_id=f"ward-{world.tag}", written_by=who.practitioner_id, kind="site", about=site,
            forgotten_on=now().date(),
        )  # fmt: skip
        PlaceKeeping.objects.bulk_create([decision])
        with pytest.raises(DatabaseError, match="nothing to forget"), transaction.atomic():
            raw("select wall.forget_place('site', %s)", [site])
    assert Site.objects.using("admin").filter(id=site).exists()


def test_answers_summaries_and_promises_go_the_same_way(world: World):
    places.settle(world)
    response = places.response(world)
    act(world, "end-response", response, whom=RESPONDER, learnt="To ring earlier.")
    promise = places.promise(world)
    act(world, "promise-step", promise, whom=RESPONDER, state="kept", on_day=soon(0), words="Done.")
    week = act(
        world, "tension", None, whom=RESPONDER, area=f"ward-{world.tag}", week=soon(0), level="raised", done="Visits."
    ).number  # fmt: skip
    assert all_due(world) == set()
    for text, number in (
        (f"update response set ended_on = {OLD} where id = %s", response),
        (f"update commitment set made_on = {OLD} where id = %s", promise),
        (f"update commitment_step set on_day = {OLD} where commitment_id = %s", promise),
        (f"update tension_summary set week_begins = {OLD} where id = %s", week),
    ):
        raw(text, [number], alias="admin")
    assert all_due(world) == {response, promise, week}
    for code, number, table in (
        ("forget-response", response, "response"),
        ("forget-promise", promise, "commitment"),
        ("forget-tension", week, "tension_summary"),
    ):
        act(world, code, number, whom=RESPONDER)
        assert count(table, "id", number) == 0
    assert not keys.has_key(response)


@pytest.mark.parametrize("whom", ["hate_crime_coordinator@force", "protection_planner@other_force"])
def test_nobody_else_forgets(world: World, whom: str):
    site = closed_long_ago(world)
    with pytest.raises((Refused, NoSuchCase)):
        act(world, "forget-site", site, whom=whom)
    assert Site.objects.using("admin").filter(id=site).exists()
