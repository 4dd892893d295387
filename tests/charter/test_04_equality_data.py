"""Charter 4, equality data stands apart: deciders cannot read monitoring answers, and no step depends on them."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, transaction

from evenhand.records.equality import MonitoringAnswer
from tests.world import World, raw


def seal_away(world: World, case_id: uuid.UUID, answers: dict[str, str]) -> None:
    with world.enter("safeguarding_lead@school"):
        MonitoringAnswer.objects.bulk_create([MonitoringAnswer(case_id=case_id, answers=answers)])


def test_no_decider_can_read_a_monitoring_answer(world: World):
    done = world.refer()
    seal_away(world, done.case_id, {"ethnicity": "asian"})
    for whom in world.people:
        with world.enter(whom), pytest.raises(DatabaseError), transaction.atomic():
            raw("select * from monitoring_answer")


def test_only_the_statistics_role_reads_them(world: World):
    done = world.refer()
    seal_away(world, done.case_id, {"ethnicity": "asian"})
    assert raw(
        "select answers->>'ethnicity' from monitoring_answer where case_id = %s",
        [done.case_id],
        alias="equality",
    ) == [("asian",)]
    with pytest.raises(DatabaseError), transaction.atomic(using="equality"):
        raw("select * from case_file", alias="equality")


def test_what_is_offered_next_does_not_depend_on_them(world: World):
    from evenhand.gate.standing import standing

    seen = []
    for answers in ({"ethnicity": "asian", "religion": "muslim"}, {"ethnicity": "white", "religion": "none"}):
        done = world.refer()
        seal_away(world, done.case_id, answers)
        with world.enter("gateway_officer@force") as who:
            found = standing(done.case_id, who)
            seen.append(
                (
                    [(o.step, o.allowed, o.outcomes) for o in found.offers()],
                    dict(found.facts),
                )
            )
    assert seen[0] == seen[1]


def test_they_are_in_no_case_file(world: World):
    from evenhand.casework.case_file import look

    done = world.refer()
    seal_away(world, done.case_id, {"ethnicity": "a-very-rare-answer"})
    with world.enter("gateway_officer@force") as who:
        assert "a-very-rare-answer" not in repr(look(done.case_id, who))
