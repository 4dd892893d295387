"""Who looked at a case is told to its owner and to data protection officers, for the law's purposes, and to nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from evenhand.casework.case_file import look
from evenhand.casework.find import find
from evenhand.casework.looks import looks_across, looks_of
from evenhand.casework.searched import day_key, forget_words, opened_words, sealed_words
from evenhand.gate import keys
from evenhand.gate.entry import now
from evenhand.gate.standing import NoSuchCase
from tests.roads import screened
from tests.visiting import seen, visit
from tests.world import World, raw


def test_the_owner_reads_who_that_does_not_own_it_opened_it(world: World):
    done = world.refer()
    with world.enter("gateway_supervisor@force") as who:
        look(done.case_id, who, ground="supervision", words="dip sample")
        look(done.case_id, who, ground="supervision")
    with world.enter("gateway_officer@force") as who:
        look(done.case_id, who)
    with world.enter("gateway_officer@force") as who:
        page = looks_of(done.case_id, who)
        assert [(p.by, p.kind, p.ground, p.words, p.times) for p in page.looks] == [
            (world.people["gateway_supervisor@force"].name, "opened", "Supervision", "dip sample", 2)
        ]
        assert len(looks_of(done.case_id, who, others_only=False).looks) == 2


@pytest.mark.parametrize("whom", ["gateway_supervisor@force", "case_officer@force", "administrator@force", "analyst@force",
                                  "data_protection_officer@other_council", "independent_handler@force"])  # fmt: skip
def test_nobody_else_reads_it(world: World, whom: str):
    done = world.refer()
    with world.enter(whom) as who, pytest.raises(NoSuchCase):
        looks_of(done.case_id, who)
    if "data_protection" not in whom:
        with world.enter(whom) as who, pytest.raises(NoSuchCase):
            looks_across(who, purpose="lawfulness", words="to see")
    with world.enter(whom), pytest.raises(DatabaseError), transaction.atomic():
        raw("select * from look")


def test_a_data_protection_officer_states_a_purpose_and_that_is_a_look_too(world: World):
    done = world.refer()
    with world.enter("gateway_supervisor@force") as who:
        look(done.case_id, who, ground="supervision")
    officer = visit(world, "data_protection_officer@force")
    assert "What do you read the log of looks for?" in seen(officer.get("/looks/"))
    assert officer.post("/looks/", {"purpose": "lawfulness", "words": ""}).status_code == 422
    assert (
        officer.post("/looks/", {"purpose": "curiosity", "words": "I wonder who it was"}).status_code == 422
    )
    officer.post("/looks/", {"purpose": "lawfulness", "words": "the yearly check of looks"})
    page = seen(officer.get("/looks/"))
    assert done.reference in page
    assert world.people["gateway_supervisor@force"].name in page
    from tests.charter.test_09_every_look_leaves_a_trace import entries

    assert entries(None)[-1]["verb"] == "look_across"
    assert "lawfulness: the yearly check of looks" in entries(None)[-1]["ground"]
    with world.enter("data_protection_officer@other_council") as who:
        across = looks_across(who, purpose="lawfulness", words="the yearly check")
        assert done.reference not in [one.reference for one in across.looks]


def test_the_log_of_one_side_is_not_read_from_another(world: World):
    done = world.tell("integrity", names="Somebody")
    with world.enter("integrity_supervisor@force") as who:
        look(done.case_id, who, ground="supervision")
    with world.enter("data_protection_officer@force") as who:
        assert done.case_id not in [
            one.case_id for one in looks_across(who, purpose="lawfulness", words="x" * 12).looks
        ]
        with pytest.raises(NoSuchCase):
            looks_of(done.case_id, who)


def test_the_words_of_a_search_die_with_whoever_was_found(world: World):
    at = datetime.now(UTC)
    first = world.refer(at=at)
    screened(world, first.case_id, at=at, names=f"Theodora Erase{world.tag}")
    with world.enter("gateway_officer@force") as who:
        found = find(f"Theodora Erase{world.tag}", who, now=at)
    assert [one.case_id for one in found] == [first.case_id]
    from tests.charter.test_09_every_look_leaves_a_trace import entries

    detail = entries(None)[-1]["detail"]
    assert opened_words(detail) == f"Theodora Erase{world.tag}"
    keys.destroy_key(first.case_id)
    assert opened_words(detail) == ""


def test_the_words_of_a_search_that_found_nobody_are_forgotten(world: World):
    from evenhand.gate.demo import as_worker

    with world.enter("gateway_officer@force"):
        day = now().date() - timedelta(days=40)
    detail = sealed_words("Nobody At All", [], day)
    assert opened_words(detail) == "Nobody At All"
    with as_worker():
        assert forget_words() >= 1
    assert opened_words(detail) == ""
    assert not keys.has_key(day_key(day))


def test_one_s_own_work_is_not_asked_about(world: World):
    done = world.refer()
    world.take(
        done.case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."}
    )
    assert "Why are you opening this case?" not in seen(
        visit(world, "deconfliction_officer@force").get(f"/case/{done.case_id}/")
    )
    assert "Why are you opening this case?" in seen(
        visit(world, "gateway_supervisor@force").get(f"/case/{done.case_id}/")
    )


def test_no_look_is_lost_between_two_pages_of_the_log(world: World):
    """One search notes all it found at one moment, and a page may end in the middle of them."""
    at = datetime.now(UTC)
    cases = []
    for _ in range(5):
        cases.append(world.refer(at=at).case_id)
        screened(world, cases[-1], at=at, names=f"Manifold M{world.tag}")
    with world.enter("gateway_supervisor@force") as who:
        assert len(find(f"Manifold M{world.tag}", who, now=at)) == 5
    by, found, before = world.people["gateway_supervisor@force"].id, [], ""
    with world.enter("data_protection_officer@force") as who:
        for _ in range(5):
            page = looks_across(who, purpose="lawfulness", words="x" * 12, by=by, before=before, most=2)
            found += [one.case_id for one in page.looks if one.kind == "found in a search"]
            before = page.before
            if not before:
                break
    assert sorted(found) == sorted(cases)
