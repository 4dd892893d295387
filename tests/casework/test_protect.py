"""Sites, plans, visits, promises: what is written stays, who may see it is the wall's business, and people are not listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction

from evenhand.casework.protect import reading
from evenhand.casework.protect.warning import acknowledge, open_warning
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import enter_door, now
from evenhand.gate.policy import pack
from evenhand.records.area_row import AreaRow
from evenhand.records.place_keeping import PlaceKeeping
from evenhand.records.response import ImpactAssessment
from evenhand.records.site import PatrolVisit, ProtectionPlan, SiteWeakness
from evenhand.records.wall.build import AREA_ROWS
from tests import places
from tests.places import PLANNER, RESPONDER, act
from tests.world import World, raw, soon


def page(world: World, site_id: UUID, whom: str = PLANNER) -> reading.SitePage:
    with world.enter(whom) as who:
        at = now()
        return reading.site_page(site_id, who, now=at, today=pack().calendar.local_day(at))


def everything(world: World) -> dict[str, UUID]:
    """Put one row into every table of the response."""
    site = places.site(world)
    contact, time = places.contact(world, site), places.gathering(world, site)
    act(world, "weakness", site, weakness="The side gate does not lock.")
    officer = str(world.people[RESPONDER].id)
    act(
        world, "plan", site, officer=str(world.people["responder@force"].id), from_on=soon(0), to_on=soon(60),
        review_on=soon(30), aims="That people come without fear.", measures="A patrol each Friday.",
    )  # fmt: skip
    act(
        world,
        "visit",
        site,
        kind="visit",
        on_day=soon(2),
        clock="10:00",
        minutes="30",
        crew="Neighbourhood team",
    )
    act(world, "apply", site, scheme="mosques", on_day=soon(0), words="Fence and lighting.")
    warned = act(
        world,
        "warn",
        site,
        contact=str(contact),
        officer=str(world.people["responder@force"].id),
        warning="Be aware.",
    )
    rota, response = places.rota(world), places.response(world)
    act(
        world, "impact", response, whom=RESPONDER, happened="Six incidents.", communities="Worshippers.", level="raised",
        actions="Visits.", review_on=soon(7),
    )  # fmt: skip
    act(
        world,
        "tension",
        None,
        whom=RESPONDER,
        area=f"ward-{world.tag}",
        week=soon(0),
        level="raised",
        done="Visits.",
    )
    promise = places.promise(world)
    act(world, "promise-step", promise, whom=RESPONDER, state="under_way", on_day=soon(0), words="Begun.")
    assert officer
    PlaceKeeping.objects.using("admin").create(
        area_id=f"ward-{world.tag}", written_by=officer, kind="site", about=uuid4(), until=soon(0)
    )
    return {
        "site": site, "contact": contact, "time": time, "rota": rota, "response": response, "promise": promise,
        "warning": warned.number,
    }  # fmt: skip


def area_models() -> dict[str, type[AreaRow]]:
    return {model._meta.db_table: model for model in AreaRow.__subclasses__()}


def test_every_table_about_an_area_has_a_wall() -> None:
    assert set(area_models()) == set(AREA_ROWS)


def test_each_role_at_each_agency_sees_the_rows_of_its_areas_and_no_others(world: World) -> None:
    """Role by agency by table, by ORM and by SQL as the application's role; weaknesses for fewer still."""
    everything(world)
    sees = {"responder", "protection_planner", "hate_crime_coordinator"}
    named = world.people["responder@force"].id
    for whom, person in world.people.items():
        role, agency = whom.split("@")
        with world.enter(whom):
            for table, model in area_models().items():
                expected = role in sees and agency in {"force", "council"}
                if table == "site_weakness":
                    expected = (role == "protection_planner" and agency == "force") or person.id == named
                rows = model.objects.filter(area__code__endswith=world.tag)
                by_sql = raw(f'select count(*) from "{table}" where area_id like %s', [f"%{world.tag}"])[0][0]
                assert rows.exists() == expected, (whom, table)
                assert (by_sql > 0) == expected, (whom, table)


@pytest.mark.parametrize("context", ["none", "door"])
def test_a_stranger_sees_no_row_of_any_table(world: World, context: str) -> None:
    everything(world)
    for table in AREA_ROWS:
        with transaction.atomic():
            if context == "door":
                raw("select wall.enter_door()")
            assert raw(f'select count(*) from "{table}"')[0][0] == 0, table


@pytest.mark.parametrize(
    "whom", ["gateway_officer@force", "hate_crime_coordinator@force", "panel_chair@council"]
)
def test_who_does_not_protect_writes_nothing(world: World, whom: str) -> None:
    site = places.site(world)
    with pytest.raises((Refused, NoSuchCase)):
        act(world, "contact", site, whom=whom, contact="A", job="B", phone="1")


def test_a_neighbouring_force_gets_the_answer_for_what_does_not_exist(world: World) -> None:
    site = places.site(world)
    for target in (site, uuid4()):
        with pytest.raises(NoSuchCase):
            act(
                world,
                "contact",
                target,
                whom="protection_planner@other_force",
                contact="A",
                job="B",
                phone="1",
            )
        with pytest.raises(NoSuchCase):
            page(world, target, "protection_planner@other_force")


def test_nobody_plants_a_row_in_an_area_of_others_or_under_a_site_of_another_area(world: World) -> None:
    site = places.site(world)
    with pytest.raises(Invalid, match="Choose one from the list"):
        act(
            world,
            "site",
            None,
            area=f"far-{world.tag}",
            name="X",
            kind="school",
            tradition="none",
            address="Y",
        )
    with world.enter("protection_planner@other_force"), pytest.raises(DatabaseError), transaction.atomic():
        SiteWeakness.objects.bulk_create(
            [SiteWeakness(area_id=f"far-{world.tag}", site_id=site, written_by=uuid4(), sealed=b"x")]
        )


def test_rows_are_written_once_and_say_who_wrote_them(world: World) -> None:
    made = everything(world)
    with world.enter(PLANNER) as who:
        for statement in (
            "update site set area_id = area_id",
            "delete from patrol_visit",
            "update commitment set what = 'x'",
            "update impact_assessment set level = 'normal'",
            "update site_warning set acknowledged_at = now()",
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                raw(statement)
        assert raw("select written_by from site where id = %s", [made["site"]])[0][0] == who.practitioner_id


def test_a_site_has_a_handful_of_contacts_and_no_more(world: World) -> None:
    """Charter: places of worship are protected, and nobody who comes to them is listed."""
    site = places.site(world)
    for number in range(5):
        places.contact(world, site, name=f"Contact {number}")
    with pytest.raises(Invalid, match="no more entries"):
        places.contact(world, site, name="A sixth")


def test_a_plan_ends_the_one_before_it_and_both_stay(world: World) -> None:
    site = places.site(world)
    for aims in ("First.", "Second."):
        act(
            world, "plan", site, officer=str(world.people["responder@force"].id), from_on=soon(0), to_on=soon(60),
            review_on=soon(30), aims=aims, measures="A patrol.",
        )  # fmt: skip
    found = page(world, site)
    assert found.plan is not None
    assert found.plan.said["aims"] == "Second."
    with world.enter(PLANNER):
        assert ProtectionPlan.objects.filter(site_id=site).count() == 2


def test_a_festival_moves_through_its_calendar_and_an_unknown_one_says_so(world: World) -> None:
    site = places.site(world)
    places.gathering(
        world, site, kind="festival", festival="eid_al_fitr", day_offset="1", opens="07:00", closes="10:00"
    )
    with world.enter(PLANNER) as who:
        for today, expected in (
            (datetime(2027, 3, 1, tzinfo=UTC), "2027-03-09"),
            (datetime(2028, 2, 20, tzinfo=UTC), "2028-02-26"),
        ):
            found = reading.site_page(site, who, now=today, today=today.date())
            assert [line.window.day.isoformat() for line in found.calendar] == [expected]
    temple = places.site(world, name="Temple", tradition="hindu")
    places.gathering(
        world, temple, kind="festival", festival="diwali", day_offset="1", opens="18:00", closes="21:00"
    )
    with world.enter(PLANNER) as who:
        found = reading.site_page(
            temple, who, now=datetime(2036, 10, 1, tzinfo=UTC), today=datetime(2036, 10, 1, tzinfo=UTC).date()
        )
        assert [(u.festival.code, u.year) for u in found.unknown] == [("diwali", 2036)]


def test_gaps_show_until_a_visit_is_planned_and_what_was_done_is_logged_once(world: World) -> None:
    site = places.site(world)
    start = datetime(2026, 12, 1, 9, tzinfo=UTC)
    told = {"kind": "once", "on_day": "2026-12-04"}
    act(
        world,
        "time",
        site,
        at=start,
        **({"opens": "12:30", "closes": "14:30", "minutes": "60", "visits": "2", "priority": "first"} | told),
    )
    visit = act(
        world,
        "visit",
        site,
        at=start,
        kind="patrol",
        on_day="2026-12-04",
        clock="12:45",
        minutes="60",
        crew="Crew 1",
    ).number
    with world.enter(PLANNER, at=start) as who:
        (line,) = reading.site_page(site, who, now=start, today=start.date()).calendar
        assert (len(line.visits), line.missing) == (1, 1)
    with pytest.raises(Invalid, match="lies ahead"):
        act(world, "log-visit", visit, at=start, took_place="yes", words="Quiet.")
    after = start + timedelta(days=4)
    act(world, "log-visit", visit, at=after, took_place="yes", words="Quiet, about two hundred people.")
    with pytest.raises(Invalid, match="logged already"):
        act(world, "log-visit", visit, at=after, took_place="no", words="Other.")
    with world.enter(RESPONDER), pytest.raises(DatabaseError), transaction.atomic():
        PatrolVisit.objects.filter(id=visit).update(done_at=after + timedelta(days=1))


def test_a_rota_covers_the_first_priority_says_why_not_all_and_a_change_by_hand_is_reckoned(
    world: World,
) -> None:
    from evenhand.casework.protect.patrols import as_visits, question_of, standing_visits, understand
    from evenhand.records.site import PatrolRota

    mosque, school = places.site(world), places.site(world, name="A school", tradition="none")
    places.gathering(world, mosque, kind="daily", opens="13:00", closes="14:00", minutes="60")
    places.gathering(
        world, school, kind="daily", opens="13:00", closes="14:00", minutes="60", priority="second"
    )
    number = places.rota(world, days="2")
    with world.enter(PLANNER):
        rota = PatrolRota.objects.get(id=number)
        visits = standing_visits(number)
        assert {v.site_id for v in visits} == {mosque}
        assert [(p["priority"], p["covered"], p["most"], p["wanted"]) for p in rota.proof] == [
            (1, 120, 120, 120),
            (2, 0, 0, 120),
        ]
        question = question_of(rota.begins_on, rota.settings)
        assert len(as_visits(visits, question)) == 2
        gone = understand(rota, {"visit": str(visits[0].id)})
        assert (gone.before.minutes[1], gone.after.minutes[1]) == (120, 60)
        other = next(n.code for n in question.needs if n.site == str(school) and n.opens < 24 * 60)
        with pytest.raises(Invalid, match="cannot be at"):
            understand(rota, {"window": other, "crew": "c0", "clock": "13:00"})
    act(world, "change-rota", number, visit=str(visits[0].id))
    act(world, "change-rota", number, window=other, crew="c0", clock="13:00")
    with world.enter(PLANNER):
        assert {v.site_id for v in standing_visits(number)} == {mosque, school}
    act(world, "agree-rota", number)
    act(world, "withdraw-rota", number)
    with world.enter(PLANNER):
        assert standing_visits(number) == []


def test_a_rota_is_over_when_its_days_have_passed_and_what_was_due_stays_to_be_logged(world: World) -> None:
    from evenhand.casework.protect.patrols import standing_visits, state_of
    from evenhand.records.site import PatrolRota

    mosque = places.site(world)
    places.gathering(world, mosque, kind="daily", opens="13:00", closes="14:00", minutes="60")
    number, unagreed = places.rota(world, days="2"), places.rota(world, days="1")
    act(world, "agree-rota", number)
    with world.enter(PLANNER):
        rota, first = PatrolRota.objects.get(id=number), standing_visits(number)[0]
        assert state_of(rota, first.starts_at) == "agreed"
        assert state_of(rota, first.starts_at + timedelta(days=3)) == "over"
        assert state_of(PatrolRota.objects.get(id=unagreed), first.starts_at + timedelta(days=3)) == "lapsed"
    begun, after = first.starts_at + timedelta(hours=2), first.starts_at + timedelta(days=3)
    with pytest.raises(Invalid, match="has begun"):
        act(world, "change-rota", number, at=begun, visit=str(first.id))
    with pytest.raises(Invalid, match="has begun"):
        act(world, "cancel-visit", first.id, at=begun)
    for code in ("agree-rota", "withdraw-rota"):
        with pytest.raises(Invalid, match="is over"):
            act(world, code, number, at=after)
    act(world, "withdraw-rota", number, at=begun)
    with world.enter(PLANNER):
        assert [visit.id for visit in standing_visits(number)] == [first.id]
    act(world, "log-visit", first.id, at=after, took_place="no", words="The crew was called away.")


@pytest.mark.parametrize("line", ["Crew 1", "Crew 1, 12-x", "Crew 1, 25:00-26:00", ", 12:00-13:00"])
def test_a_shift_that_cannot_be_read_is_refused_with_its_line(world: World, line: str) -> None:
    places.gathering(world, places.site(world))
    with pytest.raises(Invalid) as refused:
        places.rota(world, shifts=f"Crew 0, 08:00-16:00\n{line}")
    assert refused.value.errors["shifts"].startswith("Line 2")


def test_an_assessment_is_a_living_document_whose_versions_stay(world: World) -> None:
    response = places.response(world)
    for happened in ("One incident.", "Six incidents."):
        act(
            world, "impact", response, whom=RESPONDER, happened=happened, communities="Worshippers.", level="raised",
            actions="Visits.", review_on=soon(7), experienced="Women are shouted at.",
        )  # fmt: skip
    with world.enter(RESPONDER) as who:
        found = reading.response_page(response, who, now=now())
        assert [(v.row.version, v.said["happened"]) for v in found.versions] == [
            (2, "Six incidents."),
            (1, "One incident."),
        ]
        assert ImpactAssessment.objects.filter(response_id=response).count() == 2
    act(world, "end-response", response, whom=RESPONDER, learnt="Ring earlier.")
    with pytest.raises(Invalid, match="has ended"):
        act(
            world,
            "impact",
            response,
            whom=RESPONDER,
            happened="x",
            communities="x",
            level="raised",
            actions="x",
            review_on=soon(7),
        )


def test_a_week_has_one_summary_and_a_correction_is_a_new_version(world: World) -> None:
    area = places.settle(world)
    for done in ("Visits.", "Visits and a meeting."):
        act(world, "tension", None, whom=RESPONDER, area=area, week=soon(0), level="raised", done=done)
    with world.enter(RESPONDER):
        found = [e for e in reading.tension_summaries() if e.row.area_id == area]
        assert [(e.row.version, e.said["done"]) for e in found] == [(2, "Visits and a meeting.")]


def test_a_promise_is_read_by_anybody_with_what_became_of_it_and_a_private_one_is_not(world: World) -> None:
    kept = places.promise(world)
    hidden = f"Something for us alone {world.tag}"
    places.promise(world, public="no", what=hidden)
    act(
        world,
        "promise-step",
        kept,
        whom=RESPONDER,
        state="put_off",
        on_day=soon(0),
        words="The crew was needed elsewhere.",
        due_on=soon(40),
    )
    act(
        world,
        "promise-step",
        kept,
        whom=RESPONDER,
        state="kept",
        on_day=soon(0),
        words="Eight Fridays, each logged.",
    )
    with enter_door():
        found = []
        for number in range(1, 40):
            some, count = reading.public_promises(page=number)
            found += some
            if len(found) >= count:
                break
    own = [p for p in found if world.tag in p.what]
    assert [(p.state, p.words) for p in own] == [("kept", "Eight Fridays, each logged.")]
    assert own[0].due_on > own[0].first_due_on
    assert all(hidden != p.what for p in found)


def test_a_warning_opens_by_its_link_alone_and_is_acknowledged_once(world: World) -> None:
    site = places.site(world)
    contact = places.contact(world, site)
    officer = world.people["responder@force"]
    done = act(
        world,
        "warn",
        site,
        contact=str(contact),
        officer=str(officer.id),
        warning="More incidents than usual near you.",
    )
    token = done.kept["token"]
    with enter_door():
        found = open_warning(token)
        assert (found.text, found.officer, found.site) == (
            "More incidents than usual near you.",
            officer.name,
            "Lantern Street Mosque",
        )
        assert found.acknowledged_at is None
        acknowledge(token, "Thank you, we will lock the side door.")
    with enter_door():
        acknowledge(token, "Another word.")
        assert open_warning(token).acknowledged_at is not None
    assert [w.said["answer"] for w in page(world, site).warnings] == [
        "Thank you, we will lock the side door."
    ]
    for wrong in ("", "x" * 43, token[:-1] + ("A" if token[-1] != "A" else "B"), "'; drop table site; --"):
        with enter_door(), pytest.raises(NoSuchCase):
            open_warning(wrong)
    act(world, "withdraw-warning", done.number)
    with enter_door(), pytest.raises(NoSuchCase):
        open_warning(token)


def test_a_link_runs_out(world: World) -> None:
    site = places.site(world)
    contact = places.contact(world, site)
    begun = datetime(2026, 1, 5, 10, tzinfo=UTC)
    done = act(
        world,
        "warn",
        site,
        at=begun,
        contact=str(contact),
        officer=str(world.people["responder@force"].id),
        warning="Be aware.",
    )
    with enter_door(), pytest.raises(NoSuchCase):
        open_warning(done.kept["token"])


def test_the_same_form_sent_twice_is_one_entry(world: World) -> None:
    from evenhand.casework.protect import ACTS, take

    site, number = places.site(world), uuid4()
    told = {"contact": "A", "job": "Keys", "phone": "1", "reason": "Asked."}
    with world.enter(PLANNER) as who:
        take(ACTS, "contact", site, told, who, number=number)
    with world.enter(PLANNER) as who, pytest.raises(Invalid, match="recorded already"):
        take(ACTS, "contact", site, told, who, number=number)
    assert len(page(world, site).contacts) == 1


def test_each_act_leaves_a_line_in_the_ledger_with_its_reason_and_a_look_does_too(world: World) -> None:
    before = raw("select count(*) from ledger_entry", alias="admin")[0][0]
    site = places.site(world)
    page(world, site)
    assert raw("select count(*) from ledger_entry", alias="admin")[0][0] == before + 2


def test_an_area_that_somebody_else_answers_for_takes_its_sites_with_it(world: World):
    site = places.site(world)
    act(world, "weakness", site, weakness="The side gate does not lock.")

    def sees(whom: str, table: str = "site") -> bool:
        column = "id" if table == "site" else "site_id"
        with world.enter(whom):
            return bool(raw(f"select 1 from {table} where {column} = %s", [site]))

    assert sees("protection_planner@force")
    assert not sees("protection_planner@other_force")
    new = [world.agencies["other_council"].id, world.agencies["other_force"].id, f"town-{world.tag}"]
    raw("update watch_area set answers_id = %s, force_id = %s where code = %s", new, alias="admin")
    assert sees("protection_planner@other_force")
    assert not sees("protection_planner@force")
    assert sees("protection_planner@other_force", "site_weakness")
    assert not sees("protection_planner@force", "site_weakness")
