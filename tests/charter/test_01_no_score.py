"""Charter 1, no score: nothing computes, stores, shows, sorts by or exports a figure about how suspect a person is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client

from evenhand.casework.case_file import look
from evenhand.gate.act import Invalid
from evenhand.gate.entry import open_session
from evenhand.gate.policy import pack, packs
from evenhand.kernels.policy import FACTS
from evenhand.records.clock import Clock
from tests import roads
from tests.visiting import open_case, seen, visit
from tests.world import World, raw

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
SUSPECT = re.compile(r"(^|_)(score|risk|rank|rating|severity|danger_level|suspicion|weight|priority)(_|$)")
# Hours at a place of worship that come first when patrols are few, as somebody stated: no row of it is about a person.
OF_HOURS = ("site_time", "priority")


def test_no_column_holds_a_score_of_a_person():
    for model in apps.get_app_config("records").get_models():
        for field in model._meta.concrete_fields:
            if (model._meta.db_table, field.name) == OF_HOURS:
                continue
            assert not SUSPECT.search(field.name), (model, field.name)


def test_the_hours_that_come_first_lead_to_nobody():
    from evenhand.records.site import SiteTime

    people = {"Person", "Practitioner", "CaseFile", "SiteContact", "Identity"}
    led_to = {field.related_model.__name__ for field in SiteTime._meta.concrete_fields if field.related_model}
    assert not led_to & people


def test_no_question_of_any_form_is_a_figure_about_a_person():
    for rules in packs().values():
        for form in rules.forms.values():
            for field in form.fields:
                assert not SUSPECT.search(field.code) or field.kind != "number", (form.code, field.code)
                if field.kind == "number":
                    assert field.unit, (form.code, field.code)


def test_no_condition_can_see_an_assessment_or_a_monitoring_answer():
    assert not [name for name in FACTS if re.search(r"factor|ethnic|religio|gender|disab|score|risk", name)]


def test_a_factor_takes_words_and_no_number(world: World):
    case_id = world.refer(at=START).case_id
    ids = roads.screened(world, case_id, at=START)
    answers = roads.assessment(ids)
    first = next(iter(answers["factors"]))
    answers["factors"][first] = {"answer": "7", "confidence": "low", "confidence_reason": "x"}
    with pytest.raises(Invalid):
        world.take(case_id, "gateway_officer@force", "assess", "recorded", answers, at=START)


def test_factor_answers_cannot_be_read_or_counted_in_bulk(world: World):
    case_id = world.refer(at=START).case_id
    ids = roads.screened(world, case_id, at=START)
    world.take(case_id, "gateway_officer@force", "assess", "recorded", roads.assessment(ids), at=START)
    rows = raw("select encode(sealed, 'escape') from decision where case_id = %s", [case_id], alias="admin")
    assert rows
    assert not any("not_known" in row[0] for row in rows)


def test_what_is_read_of_an_assessment_is_its_answers_and_no_figure_of_them(world: World):
    case_id = world.refer(at=START).case_id
    ids = roads.screened(world, case_id, at=START)
    told = roads.assessment(ids)
    for code in list(told["factors"])[:3]:
        told["factors"][code] |= {"answer": "present", "evidence": ids}
    world.take(case_id, "gateway_officer@force", "assess", "recorded", told, at=START)
    with world.enter("gateway_officer@force") as who:
        (moment,) = [m for m in look(case_id, who).moments if m.step == "assess"]
    assert set(moment.answers) <= {"factors", *(f.code for f in pack().forms["assessment"].fields)}
    assert set(moment.answers["factors"]) == set(told["factors"])
    for factor in moment.answers["factors"].values():
        assert not [part for part in factor.values() if isinstance(part, int | float)]
    page = seen(open_case(visit(world, "gateway_officer@force"), case_id))
    assert not re.search(r"\d+ (of \d+ )?(\w+ )?factors?\b|factors?( \w+)?: ?\d", page, re.IGNORECASE)


def test_the_worklist_is_in_the_order_in_which_work_is_due(world: World):
    for number in range(6):
        world.refer(
            at=datetime(2026, 3, 1 + (number * 5) % 7, 10, tzinfo=UTC),
            danger="yes" if number % 2 else "no",
        )
    with world.enter("gateway_officer@force"):
        from evenhand.casework.worklist import worklist

        due = [row.due_at for row in worklist(mine=True, now=START).rows]
    assert len(due) == 6
    assert due == sorted(due)


def test_no_clock_is_longer_or_shorter_for_who_somebody_is(world: World):
    due = set()
    for born, sector, names in (
        ("2012-01-01", "education", "Amina"),
        ("1950-01-01", "police", "王小明"),
        ("1990-01-01", "health", "Dafydd ap Gwilym"),
    ):
        case_id = world.refer(at=START, born=born, names=names, sector=sector).case_id
        with world.enter("gateway_officer@force"):
            clocks = (
                Clock.objects.filter(case_id=case_id).order_by("code").values_list("code", "value", "unit")
            )
            due.add(tuple(clocks))
    assert len(due) == 1


def test_nothing_that_goes_out_is_a_figure_about_the_person(world: World):
    done = world.refer()
    token = open_session(world.people["gateway_officer@force"].id)
    case = (
        Client().get(f"/api/v1/cases/{done.case_id}?ground=work", HTTP_AUTHORIZATION=f"Bearer {token}").json()
    )
    assert set(case) == {
        "id", "reference", "journey", "place", "place_label", "owner", "opened_at", "closed", "version", "person", "report",
        "clocks", "chronology", "offers",
    }  # fmt: skip


def test_no_page_and_no_code_speaks_of_a_risk_score():
    source = Path(__file__).resolve().parents[2] / "src" / "evenhand"
    spoken = re.compile(r"risk (score|level|rating)|(high|medium|low)[- ]risk|threat level", re.IGNORECASE)
    refuses_them = source / "kernels" / "policy" / "reading_forms.py"
    for file in [*source.rglob("*.py"), *source.rglob("*.html")]:
        if file == refuses_them:
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            if spoken.search(line):
                assert re.search(r"\b(no|not|never|nothing|nobody|refuse)", line, re.IGNORECASE), (
                    file.name,
                    line,
                )


def test_every_pack_passes_the_checker_that_refuses_sums():
    assert pack().forms
