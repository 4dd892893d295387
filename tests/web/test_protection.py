"""The pages of sites, rotas, answers and promises: what a responder, a contact, an analyst and a stranger see and may do."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.test import Client

from evenhand.gate.entry import now
from evenhand.records.site import PatrolRota, PatrolVisit
from tests import places
from tests.incidents import a_rise
from tests.places import PLANNER, RESPONDER
from tests.visiting import hidden, seen, visit
from tests.world import World, raw, soon

FBI = Path(__file__).parents[1] / "golden" / "events" / "fbi_days.csv"


def test_a_site_is_added_and_its_page_shows_calendar_gap_and_priority(world: World) -> None:
    area = places.settle(world)
    planner = visit(world, PLANNER)
    form = planner.get("/protect/site/")
    assert "no list of members is kept" in seen(form)
    told = {
        "once": hidden(form, "once"), "area": area, "name": "Gurdwara", "kind": "place_of_worship", "tradition": "sikh",
        "address": "2 Hill Road", "reason": "It asked.",
    }  # fmt: skip
    added = planner.post("/protect/site/", told)
    assert added.status_code == 302
    site = added["Location"]
    time = {
        "kind": "weekly", "weekday": "sunday", "opens": "10:00", "closes": "14:00", "minutes": "60", "visits": "2",
        "priority": "first", "reason": "The service.",
    }  # fmt: skip
    assert planner.post(f"/protect/time{site.removeprefix('/sites')}", time).status_code == 302
    page = seen(planner.get(site))
    assert "Gap: 2 wanted" in page
    assert "2 visits of 60 minutes" in page


def test_a_form_with_a_mistake_comes_back_filled_in(world: World) -> None:
    site = places.site(world)
    planner = visit(world, PLANNER)
    told = {
        "kind": "weekly",
        "opens": "12:30",
        "closes": "14:30",
        "minutes": "500",
        "visits": "1",
        "priority": "first",
        "reason": "Told.",
    }
    answered = planner.post(f"/protect/time/{site}/", told)
    assert answered.status_code == 422
    assert "Say which day of the week." in seen(answered)
    assert 'value="500"' in answered.content.decode()
    answered = planner.post(f"/protect/time/{site}/", told | {"weekday": "friday"})
    assert "from 1 to 120 minutes" in seen(answered)


def test_a_change_of_a_rota_shows_its_cost_before_it_is_made(world: World) -> None:
    places.gathering(world, places.site(world), kind="daily", opens="13:00", closes="14:00", minutes="60")
    rota = places.rota(world, days="2")
    planner = visit(world, PLANNER)
    page = planner.get(f"/rotas/{rota}/")
    assert "no rota covers more of the first priority" in seen(page)
    form = planner.get(f"/protect/change-rota/{rota}/")
    import re

    first = re.findall(r'name="visit"[^>]*value="([0-9a-f-]{36})"', form.content.decode())[0]
    shown = planner.post(f"/protect/change-rota/{rota}/", {"visit": first, "reason": "The crew is in court."})
    assert "What this change does" in seen(shown)
    assert "-60" in seen(shown)
    assert "It was changed by hand" not in seen(planner.get(f"/rotas/{rota}/"))
    made = planner.post(
        f"/protect/change-rota/{rota}/", {"visit": first, "reason": "The crew is in court.", "sure": "yes"}
    )
    assert made.status_code == 302
    assert "It was changed by hand" in seen(planner.get(f"/rotas/{rota}/"))


def test_a_rota_whose_days_have_passed_says_what_came_of_it_and_lets_it_be_logged(world: World) -> None:
    places.gathering(world, places.site(world), kind="daily", opens="13:00", closes="14:00", minutes="60")
    rota = places.rota(world, days="2")
    ago = timedelta(days=10)
    PatrolRota.objects.using("admin").filter(id=rota).update(begins_on=F("begins_on") - ago)
    PatrolVisit.objects.using("admin").filter(rota_id=rota).update(starts_at=F("starts_at") - ago)
    planner = visit(world, PLANNER)
    page = planner.get(f"/rotas/{rota}/")
    assert "over, nobody had agreed to it" in seen(page)
    assert "Of 2 visits that were due, 0 took place, 0 did not, and 2 are not logged." in seen(page)
    assert page.content.decode().count("/protect/log-visit/") == 2
    assert "Withdraw it" not in seen(page)
    assert "over, nobody had agreed to it" in seen(planner.get("/rotas/"))


def test_a_contact_reads_by_the_link_says_so_and_learns_nothing_else(world: World) -> None:
    site = places.site(world)
    contact = places.contact(world, site, email="warden@example.org")
    planner = visit(world, PLANNER)
    told = {
        "contact": str(contact), "officer": str(world.people["responder@force"].id), "warning": "More than usual was counted near you.",
        "reason": "The alarm of today.",
    }  # fmt: skip
    sent = planner.post(f"/protect/warn/{site}/", told)
    assert "The link was sent to warden@example.org" in seen(sent)
    import re

    link = re.search(r"/warning/[A-Za-z0-9_-]+/", sent.content.decode())
    assert link
    stranger = Client()
    page = stranger.get(link.group())
    assert "More than usual was counted near you." in seen(page)
    assert world.people["responder@force"].name in seen(page)
    assert "no-store" in page["Cache-Control"]
    assert stranger.post(link.group(), {"answer": "x" * 1001}).status_code == 422
    assert stranger.post(link.group(), {"answer": "We lock the side door."}).status_code == 302
    assert "You have said that you read this" in seen(stranger.get(link.group()))
    assert "We lock the side door." in seen(planner.get(f"/sites/{site}/"))
    assert stranger.get(f"/sites/{site}/").status_code == 302
    assert stranger.get("/warning/" + "x" * 43 + "/").status_code == 404
    assert stranger.get("/warning/nothing/").status_code == 404


def test_anybody_reads_what_was_promised_and_nothing_private(world: World) -> None:
    promise = places.promise(world)
    places.promise(world, public="no", what=f"Between us {world.tag}")
    places.act(
        world,
        "promise-step",
        promise,
        whom=RESPONDER,
        state="kept",
        on_day=soon(0),
        words=f"Done {world.tag}.",
    )
    pages, number = "", 1
    while True:
        answered = Client().get(f"/commitments/?page={number}")
        assert answered.status_code == 200
        pages += seen(answered)
        number += 1
        if f"page={number}" not in answered.content.decode() or number > 60:
            break
    assert f"Done {world.tag}." in pages
    assert f"Between us {world.tag}" not in pages
    assert places.REASON not in pages


@pytest.mark.parametrize(
    "whom", ["panel_chair@council", "analyst@force", "provider@provider", "administrator@force"]
)
def test_who_does_not_protect_is_refused_these_pages(world: World, whom: str) -> None:
    site = places.site(world)
    client = visit(world, whom)
    for path in (
        "/sites/",
        f"/sites/{site}/",
        "/rotas/",
        "/responses/",
        "/tension/",
        "/promises/",
        "/protect/site/",
    ):
        assert client.get(path).status_code in {403, 404}, path


def test_a_neighbouring_force_is_told_that_there_is_no_such_site(world: World) -> None:
    site = places.site(world)
    client = visit(world, "protection_planner@other_force")
    missing = client.get("/sites/00000000-0000-4000-8000-00000000abcd/")
    assert (client.get(f"/sites/{site}/").status_code, missing.status_code) == (404, 404)
    assert "Lantern" not in seen(client.get("/sites/"))


def pasted(until: str = "2016-12-31") -> str:
    lines = [
        f"{line['date']},{line['all']}"
        for line in csv.DictReader(FBI.open(encoding="utf-8"))
        if line["date"] <= until
    ]
    return "\n".join(lines)


def test_the_analyst_compares_before_and_after_with_band_table_and_cautions(world: World) -> None:
    places.settle(world)
    analyst = visit(world, "analyst@council")
    asked = {
        "event-day": "9",
        "event-month": "11",
        "event-year": "2016",
        "text": pasted(),
        "others": "2015-11-13",
    }
    page = analyst.post("/before-and-after/", asked)
    text = seen(page)
    assert page.status_code == 200
    assert "267" in text  # counted in the first week
    assert "falls by half in about" in text
    assert "publicity after an event can bring more people to report" in text
    assert "<svg" in page.content.decode()
    assert "The same series after 13 November 2015" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"event-year": "x"}, "Give the day of the event"),
        ({"text": "2016-11-09,1\nnot a line"}, "Line 2 is not a day and a count"),
        ({"text": "2016-11-09,1\n2016-11-09,2"}, "is there twice"),
        ({"text": pasted("2016-11-12")}, "28 are asked for"),
        ({"others": "13 November"}, "Write each day like this"),
        ({"text": ""}, "Choose an area, or paste days and counts."),
    ],
)
def test_what_cannot_be_compared_says_why_and_keeps_what_was_typed(
    world: World, change: dict[str, str], said: str
) -> None:
    places.settle(world)
    asked = {
        "event-day": "9",
        "event-month": "11",
        "event-year": "2016",
        "text": pasted(),
        "others": "",
    } | change
    answered = visit(world, "analyst@council").post("/before-and-after/", asked)
    assert answered.status_code == 422
    assert said in seen(answered)


def put_incidents(world: World, event: date, *, usual: int, after: int) -> None:
    """Put days of incidents into the ward, as the owner of the tables would."""
    agency, area = world.agencies["force"].id, f"ward-{world.tag}"
    rows = []
    for back in range(-200, 28):
        day = event + timedelta(days=back)
        for n in range(after if 0 <= back < 7 else usual):
            rows.append((day, n))
    for day, n in rows:
        raw(
            "insert into incident (id, reference, agency_id, area_id, source, system, live, strands, religions, crime, offence_group, rule,"
            " occurred_on, recorded_on, known_on, place_kind, online, wishes, holds_personal_data, personal_ground, version, written_at,"
            " written_by, aud, bar) values (gen_random_uuid(), %s, %s, %s, 'police', '', true, '{race}', '{}', true, '', 'hate_crime',"
            " %s, %s, %s, '', false, '{}', false, '', 1, now(), gen_random_uuid(), '{}', '{}')",
            [f"{day:%y%j}{n}{world.tag[:4]}"[:12], agency, area, day, day, day], alias="admin",
        )  # fmt: skip


def test_an_area_is_compared_for_who_may_open_it_and_not_for_an_analyst(world: World) -> None:
    places.settle(world)
    event = date(2026, 9, 1)
    put_incidents(world, event, usual=2, after=6)
    asked = {
        "event-day": "1",
        "event-month": "9",
        "event-year": "2026",
        "area": f"ward-{world.tag}",
        "strand": "all",
    }
    open_ = visit(world, RESPONDER).post("/before-and-after/", asked)
    assert "The days as a table" in seen(open_)
    assert "42" in seen(open_)
    # Windows that somebody chooses can be taken from one another until one incident is left.
    analyst = visit(world, "analyst@council")
    assert f"ward-{world.tag}" in visit(world, RESPONDER).get("/before-and-after/").content.decode()
    assert f"ward-{world.tag}" not in analyst.get("/before-and-after/").content.decode()
    assert "No area’s days are open to you" in seen(analyst.get("/before-and-after/"))
    closed = analyst.post("/before-and-after/", asked)
    assert closed.status_code == 422
    assert "There is no such area for you" in seen(closed)
    far = visit(world, "responder@other_force").post("/before-and-after/", asked)
    assert "There is no such area for you" in seen(far)


def test_the_next_version_of_an_assessment_begins_with_what_stands(world: World) -> None:
    number = places.response(world)
    told = {
        "happened": "Two windows were broken.", "communities": "Worshippers.", "actions": "A crew on Fridays.",
        "level": "raised", "review_on": soon(10), "reason": "The first.",
    }  # fmt: skip
    places.act(world, "impact", number, whom=RESPONDER, **told)
    form = visit(world, RESPONDER).get(f"/protect/impact/{number}/").content.decode()
    assert "Two windows were broken." in form
    assert 'value="raised" checked' in form
    assert "The first." not in form


def test_whoever_decides_to_respond_is_told_who_begins_and_they_find_it(world: World) -> None:
    for role in ("hate_crime_coordinator", "incident_recorder", "responder"):
        if f"{role}@force" not in world.people:
            world.add(role, "force")
    rise = a_rise(world)
    coordinator, responder = visit(world, "hate_crime_coordinator@force"), visit(world, "responder@force")
    decided = coordinator.post(
        f"/unusual/{rise['episode']}/", {"answer": "respond", "reason": "They are afraid."}, follow=True
    )
    assert decided.status_code == 200
    assert "A responder or a protection planner of the area finds it" in seen(decided)
    assert "/protect/respond/" not in decided.content.decode()
    waiting = responder.get("/responses/")
    assert "Decided, and not begun" in seen(waiting)
    begin = f"/protect/respond/?area={rise['area']}&amp;episode={rise['episode']}"
    assert begin in waiting.content.decode()
    assert responder.get(begin.replace("&amp;", "&")).status_code == 200
    told = {
        "area": rise["area"], "episode": str(rise["episode"]), "title": "After the windows",
        "owner": str(world.people["responder@force"].id), "reason": "They are afraid.",
    }  # fmt: skip
    done = responder.post("/protect/respond/", told)
    assert done.status_code == 302
    assert "Decided, and not begun" not in seen(responder.get("/responses/"))
    assert "Religion that was the target: Muslim" in seen(responder.get(done["Location"]))


def test_days_that_are_not_over_are_not_counted_as_days_without_incidents(world: World) -> None:
    places.settle(world)
    event = now().date() - timedelta(days=10)
    put_incidents(world, event, usual=2, after=6)
    asked = {
        "event-day": str(event.day),
        "event-month": str(event.month),
        "event-year": str(event.year),
        "area": f"ward-{world.tag}",
        "strand": "all",
    }
    early = visit(world, RESPONDER).post("/before-and-after/", asked)
    assert early.status_code == 422
    assert "are not over yet: ask again from" in seen(early)
