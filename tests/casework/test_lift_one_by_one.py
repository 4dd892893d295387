"""Several holds and restrictions of one case end one by one: each by whom and why, and the others stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.urls import reverse

from evenhand.gate.act import Invalid
from evenhand.records.case import Case
from evenhand.records.evidence import Evidence
from evenhand.records.keeping import Restriction
from tests import roads
from tests.casework.test_keeping import DPO, SECOND, ended, hold, standing_on
from tests.casework.test_rights import case_at_gateway
from tests.casework.test_rights_answer import about
from tests.visiting import seen, visit
from tests.world import World, raw, soon

OFFICER = "gateway_officer@force"
TODAY = datetime.now(UTC).date().isoformat()


def set_apart(world: World, case_id: UUID, material: str, **more: object) -> str:
    answers = hold(world, cause="objection") | {"material": material} | more
    world.take(case_id, DPO, "restrict_material", "restricted", answers)
    return standing_on(case_id)[-1]


def two_entries(world: World, case_id: UUID) -> list[str]:
    fact = {"kind": "fact", "what": "She saw it.", "source": world.code("evidence_sources")}
    world.take(case_id, OFFICER, "add_evidence", "added", fact)
    return roads.evidence_ids(world, case_id)


def end(world: World, case_id: UUID, *which: str, **more: object) -> None:
    world.take(case_id, DPO, "lift_restriction", "lifted", {"which": list(which), "told_on": TODAY} | more)


def test_of_two_entries_that_are_set_apart_one_comes_back_and_the_other_stays(world: World):
    case_id = case_at_gateway(world)
    about(world, case_id, "restrict")
    first, second = two_entries(world, case_id)
    one = set_apart(world, case_id, "The first.", what=[first])
    other = set_apart(world, case_id, "The second.", what=[second])
    end(world, case_id, one)
    assert standing_on(case_id) == [other]
    with world.enter(OFFICER):
        assert Evidence.objects.filter(id=first).exists()
        assert not Evidence.objects.filter(id=second).exists()


def test_an_entry_that_is_set_apart_twice_comes_back_with_the_second(world: World):
    case_id = case_at_gateway(world)
    about(world, case_id, "restrict")
    (entry,) = roads.evidence_ids(world, case_id)
    once = set_apart(world, case_id, "They say it is wrong.", what=[entry])
    twice = set_apart(world, case_id, "They need it for a claim.", what=[entry])
    end(world, case_id, once)
    with world.enter(OFFICER):
        assert not Evidence.objects.filter(id=entry).exists()
    end(world, case_id, twice)
    with world.enter(OFFICER):
        assert Evidence.objects.filter(id=entry).exists()


def test_of_two_holds_one_ends_and_the_case_is_still_held(world: World):
    case_id = ended(world)
    world.take(case_id, DPO, "hold_material", "held", hold(world, cause="proceeding"))
    world.take(case_id, DPO, "hold_material", "held", hold(world, cause="complaint"))
    first, second = standing_on(case_id)
    world.take(case_id, DPO, "lift_restriction", "lifted", {"which": [first]})
    with world.enter(SECOND):
        assert not Case.objects.filter(id=case_id).exists()
    with world.enter("analyst@force"):
        assert Restriction.objects.get(case_id=case_id, lifted_at=None).cause == "complaint"
    world.take(case_id, DPO, "lift_restriction", "lifted", {"which": [second]})
    with world.enter(SECOND):
        assert Case.objects.filter(id=case_id).exists()


def test_what_ends_is_named_and_stands_on_this_case(world: World):
    case_id, elsewhere = case_at_gateway(world), case_at_gateway(world)
    about(world, case_id, "restrict")
    about(world, elsewhere, "restrict")
    mine = set_apart(world, case_id, "Mine.")
    others = set_apart(world, elsewhere, "Somebody else's.")
    for wrong in ([], [others], [mine, others], ["no number"]):
        with pytest.raises(Invalid) as invalid:
            end(world, case_id, *wrong)
        assert "which" in invalid.value.errors, wrong
    end(world, case_id, mine)
    with pytest.raises(Invalid):
        end(world, case_id, mine)
    assert standing_on(elsewhere) == [others]


def test_the_person_is_told_before_a_restriction_ends_and_a_hold_needs_no_telling(world: World):
    case_id = case_at_gateway(world)
    about(world, case_id, "restrict")
    world.take(case_id, DPO, "hold_material", "held", hold(world))
    (held,) = standing_on(case_id)
    apart = set_apart(world, case_id, "What they contest.")
    with pytest.raises(Invalid) as invalid:
        end(world, case_id, held, apart, told_on="")
    assert set(invalid.value.errors) == {"told_on"}
    end(world, case_id, held, told_on="")
    assert standing_on(case_id) == [apart]


def test_the_pages_show_which_stand_who_did_it_and_why_and_one_is_ended_there(world: World):
    case_id = case_at_gateway(world)
    about(world, case_id, "restrict")
    (entry,) = roads.evidence_ids(world, case_id)
    one = set_apart(world, case_id, "The school report.", what=[entry], reason="It may be a mistake.")
    other = set_apart(world, case_id, "All of it.", reason="They object to all.")
    officer = visit(world, DPO)
    listed = seen(officer.get(reverse("keeping")))
    for words in ("The school report.", "All of it.", "It may be a mistake.", "They object to all.",
                  world.people[DPO].name, "some entries", "the whole case"):  # fmt: skip
        assert words in listed, words
    address = reverse("step", args=[case_id, "lift_restriction"])
    assert f"{address}?which={other}" in officer.get(reverse("keeping")).content.decode()
    page = officer.get(address, {"which": other}).content.decode()
    assert 'value="' + one in page
    assert f'value="{other}" checked' in page
    day = datetime.now(UTC)
    sent = {"outcome": "lifted", "which": other, "reason": "They are content.", "told_on-day": day.day,
            "told_on-month": day.month, "told_on-year": day.year}  # fmt: skip
    assert officer.post(address, sent).status_code == 302
    assert standing_on(case_id) == [one]
    file = seen(officer.get(reverse("case", args=[case_id])))
    assert "They are content." in file
    assert "Set apart: The person objects, and it is being decided. The school report. (some entries" in file
    said = raw(
        "select recorded_by from decision where case_id = %s and step = 'lift_restriction'",
        [case_id],
        alias="admin",
    )
    assert said == [(world.people[DPO].id,)]


def test_a_form_that_says_nothing_comes_back_with_what_can_end(world: World):
    case_id = case_at_gateway(world)
    about(world, case_id, "restrict")
    for material in ("One.", "Two."):
        set_apart(world, case_id, material, until=soon(30))
    address = reverse("step", args=[case_id, "lift_restriction"])
    answer = visit(world, DPO).post(address, {"outcome": "lifted", "reason": "Because."})
    assert answer.status_code == 422
    assert "Choose at least one for “Which of these ends”." in seen(answer)
    assert all(number in answer.content.decode() for number in standing_on(case_id))
