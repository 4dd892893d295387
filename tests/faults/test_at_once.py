"""Two at once: one act is done, the other is told; the same act sent twice is done once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

from django.db import connections

from evenhand.casework.refer import refer
from evenhand.casework.steps import take
from evenhand.gate.act import Act, ChangedMeanwhile, Done, Refused
from evenhand.gate.entry import now
from evenhand.gate.standing import NoSuchCase
from tests.faults.attacks import admin, version
from tests.world import World

Outcome = Done | type[Exception]


def at_once(*jobs: Callable[[], Done]) -> list[Outcome]:
    """Do jobs at the same time, each in a session of its own; return what each got."""
    gate = Barrier(len(jobs))

    def one(job: Callable[[], Done]) -> Outcome:
        try:
            gate.wait(10)
            return job()
        except (ChangedMeanwhile, Refused, NoSuchCase) as refused:
            return type(refused)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(one, jobs))


def step(
    world: World, case_id: UUID, whom: str, code: str, outcome: str, answers: dict[str, str], **more: object
) -> Callable[[], Done]:
    def job() -> Done:
        with world.enter(whom) as who:
            return take(case_id, Act(code, outcome, answers, reason="x", **more), who)  # type: ignore[arg-type]

    return job


def ready(world: World) -> UUID:
    """A report that has been checked and waits for screening; everybody's session is open already."""
    case_id = world.refer().case_id
    world.take(case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Yes."})
    for whom in ("gateway_officer@force", "gateway_supervisor@force"):
        with world.enter(whom):
            pass
    return case_id


def test_of_two_people_at_once_one_acts_and_the_other_hears_that_the_case_changed(world: World):
    case_id = ready(world)
    seen = version(case_id)
    told = {"concern": world.code("concerns"), "reason": "Looks so."}
    found = at_once(
        *(
            step(world, case_id, whom, "screen", "proceed", told, seen=seen)
            for whom in ("gateway_officer@force", "gateway_supervisor@force")
        )
    )
    assert sorted(isinstance(f, Done) for f in found) == [False, True]
    assert ChangedMeanwhile in found
    assert admin("select count(*) from decision where case_id = %s and step = 'screen'", [case_id]) == [(1,)]
    assert version(case_id) == seen + 1


def test_without_a_page_the_second_is_refused_because_the_step_has_been_taken(world: World):
    case_id = ready(world)
    told = {"concern": world.code("concerns"), "reason": "Looks so."}
    found = at_once(
        *(
            step(world, case_id, whom, "screen", "proceed", told)
            for whom in ("gateway_officer@force", "gateway_supervisor@force")
        )
    )
    assert Refused in found
    assert admin("select count(*) from decision where case_id = %s and step = 'screen'", [case_id]) == [(1,)]


def test_one_act_sent_four_times_at_once_is_one_act(world: World):
    case_id, once = ready(world), uuid4()
    told = {"kind": world.code("note_kinds"), "text": "Said so."}
    found = at_once(
        *[step(world, case_id, "gateway_officer@force", "add_note", "added", told, once=once)] * 4
    )
    done = [f for f in found if isinstance(f, Done)]
    assert len(done) == 4
    assert len({d.decision_id for d in done}) == 1
    assert sorted(d.already for d in done) == [False, True, True, True]
    assert admin("select count(*) from note where case_id = %s", [case_id]) == [(1,)]


def test_one_report_sent_four_times_at_once_is_one_case(world: World):
    told = {
        "danger": "no",
        "what_happened": "Talk.",
        "why_now": "Now.",
        "names": "Sami Example",
        "sector": "education",
    }
    wanted = Act("refer", "received", told, reason="x")
    with world.enter("safeguarding_lead@school"):
        before = admin("select count(*) from case_file")[0][0]

    def job() -> Done:
        with world.enter("safeguarding_lead@school") as who:
            return refer(wanted, who, now=now(), area=world.areas["town"].code, door="api")

    found = at_once(*[job] * 4)
    assert len({d.case_id for d in found if isinstance(d, Done)}) == 1
    assert sum(isinstance(d, Done) and not d.already for d in found) == 1
    assert admin("select count(*) from case_file")[0][0] == before + 1


def test_of_two_who_answer_one_question_one_answers_and_the_other_knows_of_no_case(world: World):
    from tests import roads
    from tests.faults.attacks import ask_health
    from tests.faults.test_abuse_sight import START

    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    ask_health(world, case_id)
    world.add("safeguarding_lead", "health", key="second lead")
    for whom in ("safeguarding_lead@health", "second lead"):
        with world.enter(whom):
            pass
    told = {"answer": "Yes.", "ground": world.code("reply_reasons")}
    found = at_once(
        *(
            step(world, case_id, whom, "reply", "answered", told)
            for whom in ("safeguarding_lead@health", "second lead")
        )
    )
    assert sorted(isinstance(f, Done) for f in found) == [False, True]
    assert NoSuchCase in found
    assert admin("select count(*) from decision where case_id = %s and step = 'reply'", [case_id]) == [(1,)]


def test_a_step_out_of_order_and_a_closed_case_say_why(world: World):
    import pytest

    case_id = world.refer().case_id
    with pytest.raises(Refused) as refused:
        world.take(case_id, "gateway_supervisor@force", "approve_exit", "approved", {})
    assert "not a step from" in str(refused.value)
    world.take(case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Yes."})
    end = {
        "concern": world.code("concerns"),
        "ground": world.code("screening_reasons"),
        "beyond_ideology": "Looked at all of it.",
    }
    world.take(case_id, "gateway_officer@force", "screen", "not_appropriate", end)
    with pytest.raises(Refused) as refused:
        world.take(case_id, "gateway_supervisor@force", "assess", "recorded", {})
    assert "not a step from" in str(refused.value)
