"""While a whole case is set apart nothing of it is due: its clocks stand still, say since when and why, and run on after."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.urls import reverse

from evenhand.gate.demo import as_worker
from evenhand.gate.policy import packs
from evenhand.kernels.policy import Journey
from evenhand.operations.restrictions import end_restrictions
from tests import roads
from tests.casework.test_keeping import DPO, SECOND, hold, standing_on
from tests.casework.test_rights_answer import about
from tests.charter.test_09_every_look_leaves_a_trace import entries as lines_of
from tests.operations.test_duties import work_off
from tests.visiting import seen, visit
from tests.world import World, raw

MONDAY = datetime(2026, 1, 12, 10, tzinfo=UTC)
OFFICER, CASE_OFFICER = "gateway_officer@force", "case_officer@force"


def gathering(world: World) -> UUID:
    """A case in which information is gathered, with ten working days for it, and a task for each clock."""
    case_id = world.refer(at=MONDAY).case_id
    ids = roads.screened(world, case_id, at=MONDAY)
    world.take(case_id, OFFICER, "assess", "recorded", roads.assessment(ids), at=MONDAY)
    return case_id


def clocks(case_id: UUID) -> dict[str, tuple[list[list[str | None]], datetime]]:
    rows = raw(
        "select code, pauses, due_at from clock where case_id = %s and stopped_at is null",
        [case_id],
        alias="admin",
    )
    return {code: (json.loads(pauses), due) for code, pauses, due in rows}


def still(case_id: UUID) -> set[str]:
    return {code for code, (pauses, _) in clocks(case_id).items() if any(span[1] is None for span in pauses)}


def due(case_id: UUID) -> tuple[datetime | None, str]:
    (found,) = raw("select due_at, due_for from case_file where id = %s", [case_id], alias="admin")
    return found


def set_apart(world: World, case_id: UUID, at: datetime, **more: object) -> str:
    answers = hold(world, cause="objection", **more)
    if standing_on(case_id):
        about(world, case_id, "object")  # from the first on, it is open to its keepers alone
    whom = DPO if standing_on(case_id) else SECOND
    world.take(case_id, whom, "restrict_material", "restricted", answers, at=at)
    return standing_on(case_id)[-1]


def end(world: World, case_id: UUID, at: datetime, *which: str) -> None:
    about(world, case_id, "object")
    answers = {"which": list(which), "told_on": at.date().isoformat()}
    world.take(case_id, DPO, "lift_restriction", "lifted", answers, at=at)


def test_clocks_stand_still_while_the_case_is_set_apart_and_run_on_by_as_many_days(world: World):
    case_id = gathering(world)
    before = clocks(case_id)
    later = MONDAY + timedelta(days=2)
    number = set_apart(world, case_id, later)
    working = {"gateway_assessment", "reporter_feedback"} & set(before)
    assert working
    assert working <= still(case_id)
    assert "telling" not in still(case_id), "the person is still to be told"
    back = later + timedelta(days=14)
    end(world, case_id, back, number)
    assert not still(case_id)
    after = clocks(case_id)
    for code in working:
        pauses, when = after[code]
        ((since, until, *why),) = pauses
        days = [datetime.fromisoformat(str(moment)).date() for moment in (since, until)]
        assert (days, why) == ([later.date(), back.date()], ["set_apart"])
        assert when - before[code][1] == timedelta(days=14), code


def test_nothing_is_overdue_meanwhile_neither_clock_nor_task(world: World):
    case_id = gathering(world)
    work_off()
    assert due(case_id)[0] is not None
    set_apart(world, case_id, MONDAY)
    left = set(clocks(case_id)) - still(case_id)
    when, what = due(case_id)
    assert what in left | {""}
    about(world, case_id, "object")
    officer = visit(world, DPO)
    officer.post(reverse("case_ground", args=[case_id]), {"ground": "own_work"})
    page = seen(officer.get(reverse("case", args=[case_id])))
    assert "stands still since 12 January 2026 while the case is set apart" in page
    assert when is None or what == "telling"


def test_the_record_says_when_and_why(world: World):
    case_id = gathering(world)
    number = set_apart(world, case_id, MONDAY)
    end(world, case_id, MONDAY + timedelta(days=1), number)
    said = [line for line in lines_of(case_id) if "clocks" in line.get("detail", "")]
    assert [line["detail"].split(":")[0] for line in said] == ["clocks stand still", "clocks run on"]
    assert "gateway_assessment" in said[0]["detail"]
    assert "UK GDPR Art. 18" in said[0]["ground"]
    page = seen(visit(world, DPO).get(reverse("case", args=[case_id])))
    assert "Stood still from 12 January 2026 to 13 January 2026, while the case was set apart" in page


def test_entries_alone_stop_no_clock(world: World):
    case_id = gathering(world)
    (entry,) = roads.evidence_ids(world, case_id)
    set_apart(world, case_id, MONDAY, what=[entry])
    assert not still(case_id)


def test_a_hold_stops_no_clock_of_a_case_that_goes_on(world: World):
    case_id = gathering(world)
    world.take(case_id, SECOND, "hold_material", "held", hold(world), at=MONDAY)
    assert not still(case_id)


def test_of_two_restrictions_the_last_lets_the_clocks_run_on(world: World):
    case_id = gathering(world)
    one = set_apart(world, case_id, MONDAY)
    other = set_apart(world, case_id, MONDAY + timedelta(days=1))
    stood = still(case_id)
    end(world, case_id, MONDAY + timedelta(days=2), one)
    assert still(case_id) == stood
    end(world, case_id, MONDAY + timedelta(days=3), other)
    assert not still(case_id)
    (spans,) = {tuple(map(tuple, pauses)) for code, (pauses, _) in clocks(case_id).items() if code in stood}
    assert len(spans) == 1


def test_a_clock_that_waits_for_a_question_goes_on_waiting_when_the_case_comes_back(world: World):
    case_id = gathering(world)
    ask = {"whom": world.agency("health"), "fact": "Is he registered?", "basis": world.code("legal_bases")}
    world.take(case_id, OFFICER, "ask", "asked", ask, at=MONDAY)
    waiting = still(case_id)
    assert waiting
    number = set_apart(world, case_id, MONDAY + timedelta(days=1))
    end(world, case_id, MONDAY + timedelta(days=3), number)
    assert still(case_id) == waiting


def test_when_its_day_has_passed_the_clocks_run_on_by_themselves_and_that_is_written_down(world: World):
    case_id = gathering(world)
    work_off()
    set_apart(world, case_id, MONDAY)
    stood, before = still(case_id), clocks(case_id)
    raw("update restriction set until = current_date - 1 where case_id = %s", [case_id], alias="admin")
    with as_worker():
        end_restrictions()
    assert stood
    assert not still(case_id)
    assert all(clocks(case_id)[code][1] > before[code][1] for code in stood)
    assert due(case_id)[0] is not None
    said = [line.get("detail", "") for line in lines_of(case_id)]
    assert "restriction ended" in said
    assert any(text.startswith("clocks run on: ") for text in said)
    tasks = raw(
        "select t.code, t.due_at from task t where t.case_id = %s and t.done_at is null",
        [case_id],
        alias="admin",
    )
    assert all(when == clocks(case_id)[code][1] for code, when in tasks if code in stood)
    with as_worker():
        end_restrictions()
    assert said == [line.get("detail", "") for line in lines_of(case_id)]


def on_while_apart(journey: Journey) -> set[str]:
    """The clocks of a journey whose work goes on while a case is set apart, by the journey's own rule."""
    rule = next(rule for rule in journey.rules if rule.condition.code == "restricted")
    # The person may always take a yes back, and an objection may stand: either ends the work.
    ends = {code for code, step in journey.steps.items() if step.verb in {"close", "consent"}}
    free = (set(rule.exempt) - ends) | {code for code, step in journey.steps.items() if step.urgent}
    found: set[str] = set()
    for code in free:
        step = journey.steps[code]
        for outcome in step.outcomes.values():
            found |= {*step.stops, *outcome.stops}
    return found - {"*"}


@pytest.mark.parametrize("code", sorted(packs()))
def test_what_stands_still_is_what_the_rule_of_the_journey_lets_nobody_do(code: str):
    rules = packs()[code]
    for journey in rules.journeys.values():
        if not any(rule.condition.code == "restricted" for rule in journey.rules):
            continue
        step = journey.steps["restrict_material"]
        stands = set(step.outcomes["restricted"].pauses)
        assert stands == set(journey.steps["lift_restriction"].outcomes["lifted"].resumes)
        started = {
            c for s in journey.steps.values() for o in s.outcomes.values() for c in (*s.starts, *o.starts)
        }
        assert started - stands == started & on_while_apart(journey), journey.code
