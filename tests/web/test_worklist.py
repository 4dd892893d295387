"""The worklist: soonest due first, overdue in words, why it is there, and nothing that is hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from evenhand.kernels.policy import Calendar
from evenhand.web.due import due_words
from tests.operations.test_duties import work_off
from tests.visiting import seen, visit


def test_work_stands_in_the_order_in_which_it_is_due(world):
    now = datetime.now(UTC)
    late = world.refer(at=now - timedelta(days=20))
    fresh = world.refer(at=now)
    text = seen(visit(world, "gateway_officer@force").get("/worklist/"))
    assert text.index(late.reference) < text.index(fresh.reference)
    assert "Overdue by" in text
    assert "2 cases, 1 with work overdue" in text
    assert "Yours: you answer for it" in text


def test_a_team_list_says_who_answers_and_why_one_sees_it(world):
    done = world.refer()
    text = seen(visit(world, "gateway_supervisor@force").get("/worklist/?list=teams"))
    assert done.reference in text
    assert "you see it as gateway supervisor" in text


def test_somebody_with_nothing_to_do_is_told_so(world):
    world.refer()
    text = seen(visit(world, "panel_chair@other_council").get("/worklist/"))
    assert "Nothing is due from you now" in text


def test_a_list_goes_on_where_it_stopped_and_a_made_up_place_begins_at_the_top(world):
    references = [world.refer().reference for _ in range(27)]
    client = visit(world, "gateway_officer@force")
    first = client.get("/worklist/")
    assert sum(reference in seen(first) for reference in references) == 25
    after = first.content.decode().split("after=")[1].split('"')[0].replace("&amp;", "&")
    rest = seen(client.get(f"/worklist/?list=mine&after={after}"))
    assert sum(reference in rest for reference in references) == 2
    assert client.get("/worklist/?after=%27%3B--").status_code == 200


def test_those_who_check_against_live_work_find_what_is_to_be_checked(world):
    done = world.refer()
    client = visit(world, "deconfliction_officer@force")
    assert done.reference in seen(client.get("/worklist/?list=asked"))
    world.take(
        done.case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."}
    )
    assert done.reference not in seen(client.get("/worklist/?list=asked"))


def test_a_strange_message_number_changes_nothing(world):
    client = visit(world, "gateway_officer@force")
    assert (
        client.post("/messages/read/", {"notice": ["x", "00000000-0000-4000-8000-000000000009"]}).status_code
        == 302
    )


def test_due_times_are_said_in_working_days():
    calendar = Calendar()
    now = datetime(2026, 6, 3, 9, tzinfo=UTC)  # a Wednesday
    assert (
        due_words(datetime(2026, 6, 5, 16, tzinfo=UTC), now, calendar).words
        == "Due Friday 5 June, 2 working days left"
    )
    late = due_words(datetime(2026, 5, 29, 16, tzinfo=UTC), now, calendar)
    assert late.overdue
    assert late.words == "Overdue by 3 working days: was due Friday 29 May"
    assert due_words(datetime(2026, 6, 3, 16, tzinfo=UTC), now, calendar).words == "Due today, 5pm"
    assert due_words(datetime(2026, 6, 3, 8, tzinfo=UTC), now, calendar).words == "Overdue since 9am"


def test_whoever_told_of_a_worry_is_not_led_to_a_case_that_is_closed_to_them(world):
    done = world.refer()
    work_off()
    teller = visit(world, "safeguarding_lead@school").get("/worklist/")
    assert f"{done.reference}: Your report has been received." in seen(teller)
    assert f"/case/{done.case_id}/" not in teller.content.decode()
    assert (
        f"/case/{done.case_id}/" in visit(world, "gateway_officer@force").get("/worklist/").content.decode()
    )
