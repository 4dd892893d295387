"""What is owed after an act is done once: a task for a named person, a notice that names nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from evenhand.gate import demo
from evenhand.gate.entry import enter_house, now
from evenhand.operations import duties, worker
from evenhand.records.clock import Task
from evenhand.records.duty import Duty, Notice
from evenhand.records.practitioner import RoleHolding
from tests.world import World


def work_off() -> None:
    with demo.as_worker():
        while worker.work():
            pass


def test_a_report_leaves_a_task_with_a_named_owner_and_a_day(world: World):
    done = world.refer()
    work_off()
    with world.enter("gateway_officer@force"):
        task = Task.objects.get(case_id=done.case_id, label="Screen the report")
        assert task.owner_id == world.people["gateway_officer@force"].id
        assert task.due_at is not None
        notice = Notice.objects.get(case_id=done.case_id)
        assert done.reference in notice.text
        assert "Sami" not in notice.text


def test_a_duty_that_was_cut_short_is_done_again_and_only_once(world: World, monkeypatch):
    done = world.refer()
    real = duties._notice

    def fail(*_: object) -> None:
        raise RuntimeError("killed in the middle")

    monkeypatch.setattr(duties, "_notice", fail)
    with demo.as_worker():
        while worker.work():
            pass
    with demo.as_worker(), enter_house():
        assert Task.objects.filter(case_id=done.case_id).count() == 0
        Duty.objects.filter(case_id=done.case_id).update(due_at=now() - timedelta(days=1))
    monkeypatch.setattr(duties, "_notice", real)
    work_off()
    with demo.as_worker(), enter_house():
        assert Task.objects.filter(case_id=done.case_id, label="Screen the report").count() == 1
        assert not Duty.objects.filter(case_id=done.case_id, done_at=None).exists()


def test_the_task_is_done_when_its_clock_stops(world: World):
    done = world.refer()
    work_off()
    world.take(done.case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Yes."})
    world.take(done.case_id, "gateway_officer@force", "screen", "not_appropriate",
               {"concern": world.code("concerns"), "ground": world.code("screening_reasons"), "beyond_ideology": "Looked at all of it."})  # fmt: skip
    with world.enter("gateway_supervisor@force"):
        assert Task.objects.get(case_id=done.case_id, label="Screen the report").done_at is not None


def test_nobody_who_is_barred_is_told(world: World):
    done = world.refer()
    other = world.add("gateway_officer", "force", key="second officer")
    world.take(
        done.case_id,
        "gateway_officer@force",
        "declare_interest",
        "declared",
        {"kind": world.code("interest_kinds")},
    )
    work_off()
    with world.enter("gateway_officer@force"):
        assert not Notice.objects.filter(case_id=done.case_id).exists()
    with world.enter("second officer"):
        assert Notice.objects.filter(case_id=done.case_id, practitioner_id=other.id).exists()


def test_in_a_summer_night_a_role_is_held_on_the_local_day(world: World):
    """Half past midnight in London is still the day before by UTC."""
    night, day = datetime(2026, 7, 14, 23, 30, tzinfo=UTC), date(2026, 7, 15)
    begins = world.add("duty_officer", "school", key="begins@school")
    ended = world.add("duty_officer", "school", key="ended@school")
    rows = RoleHolding.objects.using("admin")
    rows.filter(practitioner=begins).update(from_date=day)
    rows.filter(practitioner=ended).update(to_date=day - timedelta(days=1))
    with demo.as_worker(), enter_house(), demo.at(night):
        told = list(duties._receivers(Duty(), None, [["duty_officer", world.agency("school")]]))
    assert told == [begins.id]
