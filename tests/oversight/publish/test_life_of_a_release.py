"""A release from being asked for to being open: built by the house, signed by a second person, closed until its hour, then fixed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connections, transaction

from evenhand.gate import demo, publish
from evenhand.gate.act import Invalid, Refused
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import enter_house, now
from evenhand.kernels.disclosure import verify
from evenhand.oversight.publish import build as building
from evenhand.oversight.publish import extract, job, keep, read
from evenhand.oversight.publish.folder import write_folder
from evenhand.oversight.publish.trouble import NoRelease
from tests import roads
from tests.world import raw

PLAN = "quarterly-2026-q1"
ANALYST, APPROVER = "analyst@force", "release_approver@force"


@pytest.fixture(autouse=True)
def plain_paper(monkeypatch):
    """Spreadsheets and charts take seconds, and other tests look at them."""
    monkeypatch.setattr(building, "write_ods", lambda _: b"ods")
    monkeypatch.setattr(building, "write_xlsx", lambda _: b"xlsx")
    monkeypatch.setattr(building, "drawable", lambda _: False)


@pytest.fixture(autouse=True)
def one_table(monkeypatch):
    """Releases of one table, so that each is protected within a second."""
    whole = job.planned

    def planned(name, pack_code):
        plan = whole(name, pack_code)
        return plan if name.startswith("annual") else replace(plan, tables=plan.tables[:1])

    monkeypatch.setattr(job, "planned", planned)


def asked(office, plan=PLAN, whom=ANALYST, reason="The year is over."):
    with office.world.enter(whom) as who:
        return publish.ask(who, plan=plan, title=plan, pack="gb-eaw", reason=reason, now=now())


def line(office, number, whom=ANALYST):
    with office.world.enter(whom):
        return read.release(number)


def sign(office, number, whom=APPROVER, hours=0.0, files_hash=None):
    seen = line(office, number).files_hash if files_hash is None else files_hash
    with office.world.enter(whom) as who:
        opens = now() + timedelta(hours=hours) if hours else None
        publish.sign(who, number, opens_at=opens, files_hash=seen, reason="I looked at it.", now=now())


@pytest.fixture
def built(office):
    office.count(220, year=2026, seed=1)
    number = asked(office)
    assert office.build() == PLAN
    return number


def public(office):
    """What a stranger finds, with no context at all."""
    with transaction.atomic():
        return raw("select code from statistical_release"), raw("select count(*) from release_file")[0][0]


def test_the_whole_way_from_asked_to_open(office, built, tmp_path, capsys):
    with pytest.raises(Refused, match="made already"):
        asked(office)
    before = line(office, built)
    assert before.state == "waiting"
    assert before.account["proved"].startswith("proved:")
    assert public(office) == ([], 0)
    sign(office, built, hours=2)
    assert public(office) == ([], 0)
    with transaction.atomic(), demo.at(datetime.now(UTC) + timedelta(hours=3)):
        assert raw("select code from statistical_release") == [(PLAN,)]
        found = read.open_release(PLAN, now())
        files = files_of_public(found.id)
    write_folder(files, tmp_path)
    assert verify.main([str(tmp_path)]) == 0
    assert "proved" in capsys.readouterr().out
    said = json.loads(files["manifest.json"])
    assert set(said) == set(files) - {"manifest.json"}
    assert all(hashlib.sha256(files[path]).hexdigest() == digest for path, digest in said.items())


def files_of_public(number):
    return {path: read.file(number, path) for path in read.paths(number)}


def test_the_second_person_is_another_person(office, built):
    with connections["admin"].cursor() as cursor:
        cursor.execute(
            "insert into role_holding (id, practitioner_id, role, agency_id, from_date, given_at)"
            " select gen_random_uuid(), practitioner_id, 'release_approver', agency_id, from_date, now()"
            "   from role_holding where practitioner_id = %s and role = 'analyst'",
            [office.world.people[ANALYST].id],
        )
    with pytest.raises(Refused, match="does not sign it"):
        sign(office, built, whom=ANALYST)
    with pytest.raises(DatabaseError, match="second person"), office.world.enter(ANALYST):
        raw("update statistical_release set state = 'signed', signed_by = wall.who() where id = %s", [built])
    with pytest.raises(Refused, match="Only a release approver"):
        sign(office, built, whom="gateway_officer@force", files_hash="x")


def test_what_was_not_looked_at_is_not_signed(office, built):
    with pytest.raises(Refused, match="built again"):
        sign(office, built, files_hash="0" * 64)


def test_after_the_hour_nothing_moves(office, built):
    sign(office, built)
    with office.world.enter(APPROVER) as who:
        with pytest.raises(Refused, match="does not change"):
            publish.move_hour(who, built, opens_at=now() + timedelta(hours=1), reason="x", now=now())
        with pytest.raises(Refused, match="does not change"):
            publish.drop(who, built, reason="x", now=now())
    for statement in (
        "update statistical_release set opens_at = now() + interval '1 hour' where id = %s",
        "update statistical_release set state = 'dropped' where id = %s",
    ):
        with pytest.raises(DatabaseError, match="after its hour"), office.world.enter(APPROVER):
            raw(statement, [built])
    with as_worker():
        for statement in (
            "update statistical_release set account = '{}' where id = %s",
            "delete from release_file where release_id = %s",
            "update release_file set path = 'x' where release_id = %s",
        ):
            with pytest.raises(DatabaseError), enter_house():
                raw(statement, [built])


def test_before_its_hour_a_signed_release_is_not_edited_either(office, built):
    """The embargo holds the files that were signed: only the hour may move, or the release is dropped."""
    sign(office, built, hours=5)
    with as_worker():
        for statement in (
            "update statistical_release set account = '{}' where id = %s",
            "update statistical_release set files_hash = repeat('0', 64) where id = %s",
            "delete from release_file where release_id = %s",
            "insert into release_file (release_id, path, sha256, contents) values (%s, 'x', '', '')",
        ):
            with pytest.raises(DatabaseError), enter_house():
                raw(statement, [built])
    with pytest.raises(DatabaseError), office.world.enter(APPROVER):
        raw("update statistical_release set sign_reason = 'another' where id = %s", [built])
    with pytest.raises(Refused, match="has not reached its hour"):
        asked(office)
    with office.world.enter(APPROVER) as who:
        publish.move_hour(who, built, opens_at=now() + timedelta(hours=1), reason="Sooner.", now=now())
    assert public(office) == ([], 0)


def test_a_new_edition_leaves_the_first_as_it_was_and_says_why(office, built):
    sign(office, built)
    first = files_of(built)
    office.count(30, year=2026, seed=9)
    second = asked(office, reason="Thirty late reports came in.")
    assert office.build() == f"{PLAN}-r2"
    assert line(office, second).state == "waiting", line(office, second).failure
    sign(office, second)
    assert files_of(built) == first
    files = files_of(second)
    assert "Thirty late reports came in." in files["more/T19.csv"].decode()
    assert json.loads(files["release.json"])["compared_with"] == [PLAN]
    assert any(path.startswith(f"earlier/{PLAN}/") for path in files)


def files_of(number):
    with as_worker(), enter_house():
        return keep.files_of(number)


def test_a_killed_build_begins_again_from_the_frozen_cells(office, monkeypatch):
    office.count(220, year=2026, seed=1)
    number = asked(office)

    class Killed(BaseException):
        """Stands for a process that ends without a word."""

    def killed(*_args, **_kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(job, "build", killed)
        with pytest.raises(Killed):
            office.build()
    assert line(office, number).state == "building"
    frozen = line(office, number).extract_hash
    assert frozen
    office.count(50, year=2026, seed=2)  # the records went on; the frozen cells did not
    assert office.build() == PLAN
    assert line(office, number).state == "waiting"
    assert line(office, number).extract_hash == frozen


def test_a_changed_extract_is_refused(office, monkeypatch):
    office.count(220, year=2026, seed=1)
    number = asked(office)
    monkeypatch.setattr(job, "build", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        office.build()
    monkeypatch.undo()
    with connections["admin"].cursor() as cursor:
        cursor.execute(
            "update statistical_release set extract_hash = repeat('0', 64) where id = %s", [number]
        )
    assert office.build() == PLAN
    after = line(office, number)
    assert (after.state, "hash differs" in after.failure) == ("failed", True)


def test_an_unknown_code_and_an_empty_year_give_no_release(office):
    number = asked(office, plan="quarterly-2031-q1")
    office.build()
    assert "no referral in the period" in line(office, number).failure
    office.count(160, year=2026, seed=3)
    with connections["admin"].cursor() as cursor:
        cursor.execute(
            "update counted_case set sector = 'martian' where id in (select id from counted_case where pack = 'gb-eaw'"
            " and excluded_from_statistics_reason = '' and referred_on between '2025-04-01' and '2025-06-30' limit 1)"
        )
    number = asked(office)
    office.build()
    assert "'martian'" in line(office, number).failure


def test_sealed_cells_open_for_an_analyst_with_a_second_person_and_for_nobody_else(office, built):
    office.world.add("analyst", "force", key="other@force")

    def sees(whom):
        with office.world.enter(whom):
            return read.sealed_cells(built) is not None

    assert not sees(ANALYST)
    with office.world.enter(ANALYST) as who:
        look = publish.ask_look(who, built, reason="A figure looks wrong.", now=now())
    with office.world.enter(ANALYST) as who, pytest.raises(Refused):
        publish.agree_look(who, look, now=now())
    assert not sees(ANALYST)
    with office.world.enter(APPROVER) as who:
        publish.agree_look(who, look, now=now())
    assert sees(ANALYST)
    assert not sees("other@force")
    assert not sees(APPROVER)
    with office.world.enter(ANALYST, at=None):
        assert raw("select count(*) from case_file")[0][0] == 0


def test_small_cells_end_on_their_day_and_later_releases_still_hold_against_what_was_printed(office, built):
    sign(office, built)
    with as_worker(), enter_house():
        moment = now().date()
        keep.end_small_cells(moment)
        assert keep.frozen_of(job.StatisticalRelease.objects.get(id=built)) is not None
        assert keep.end_small_cells(moment + timedelta(days=731)) >= 1
        assert keep.frozen_of(job.StatisticalRelease.objects.get(id=built)) is None
        earlier = keep.earlier_than(None, job.planned(PLAN, "gb-eaw"))
    assert [one.counts for one in earlier] == [None]
    second = asked(office, reason="Again.")
    assert office.build() == f"{PLAN}-r2"
    assert line(office, second).state == "waiting", line(office, second).failure


def test_nobody_but_the_house_can_take_the_extract(office):
    office.count(30, year=2026, seed=3)
    with office.world.enter(ANALYST), pytest.raises(DatabaseError, match="permission denied"):
        raw("select count(*) from counted_case")
    with office.world.enter(ANALYST), pytest.raises(DatabaseError, match="permission denied"):
        raw("select count(*) from monitoring_answer")
    with as_worker(), pytest.raises(DatabaseError, match="permission denied"), enter_house():
        raw("select count(*) from monitoring_answer")


def test_monitoring_answers_are_joined_by_the_job_and_leave_as_counts(office):
    done = office.world.refer()
    with connections["admin"].cursor() as cursor:
        cursor.execute(
            'insert into monitoring_answer (id, case_id, answers) values (gen_random_uuid(), %s, \'{"gender": "female"}\')',
            [done.case_id],
        )
    with as_worker(), enter_house():
        year = now().year + (1 if now().month > 3 else 0)
        frozen = extract.freeze(job.planned(f"annual-{year}", "gb-eaw"))
    axis = frozen.period.fields.index("gender")
    assert {codes[axis] for codes in frozen.period.codes} == {"female"}
    assert str(done.case_id) not in json.dumps(frozen.to_json())


def test_a_reason_is_asked_for(office):
    with pytest.raises(Invalid):
        asked(office, reason="  ")


def test_individuals_and_kinds_of_support_come_from_the_records_as_counts(office):
    """Two cases that people decided are about one individual are two referrals and one individual; one is not screened."""
    world = office.world
    start = datetime(2026, 5, 4, 10, tzinfo=UTC)
    first, second, third = world.refer(at=start), world.refer(at=start), world.refer(at=start)
    roads.supported(world, first.case_id, at=start)
    roads.screened(world, second.case_id, at=start)
    with connections["admin"].cursor() as cursor:
        cursor.execute(
            "update case_file set person_id = (select person_id from case_file where id = %s) where id = %s",
            [first.case_id, second.case_id],
        )
        cursor.execute("select support from counted_case where case_id = %s", [first.case_id])
        assert cursor.fetchone()[0] == [world.code("support_kinds")]
    with as_worker(), enter_house():
        plan = job.planned("annual-2027", "gb-eaw")
        frozen = extract.freeze(plan)
    axis = frozen.period.fields.index("individual")
    found: dict[str, int] = {}
    for codes, count in zip(frozen.period.codes, frozen.period.counts, strict=True):
        found[codes[axis]] = found.get(codes[axis], 0) + count
    assert found == {"counted": 1, "again": 1, "not_tied": 1}
    assert str(third.case_id) not in json.dumps(frozen.to_json())
    kind = frozen.period.fields.index(f"support_{world.code('support_kinds')}")
    assert sum(n for codes, n in zip(frozen.period.codes, frozen.period.counts, strict=True)
               if codes[kind] == world.code("support_kinds")) == 1  # fmt: skip
    with office.world.enter(ANALYST), pytest.raises(DatabaseError, match="permission denied"):
        raw("select * from wall.counted_individuals()")


def test_journeys_that_stand_apart_are_not_counted_with_referrals(office):
    office.count(5, year=2026, seed=3)
    with connections["admin"].cursor() as cursor:
        cursor.execute(
            "update counted_case set journey = 'staff_support' where id in (select id from counted_case"
            " where excluded_from_statistics_reason = '' limit 2)"
        )
    with as_worker(), enter_house():
        frozen = extract.freeze(job.planned("annual-2026", "gb-eaw"))
    assert sum(frozen.period.counts) == 3


def test_incidents_are_taken_as_codes_by_the_house_alone(office):
    with as_worker(), enter_house():
        assert isinstance(
            raw("select recorded_on, strands, offence_group, excluded from wall.incident_codes()"), list
        )
    with office.world.enter(ANALYST), pytest.raises(DatabaseError, match="permission denied"):
        raw("select * from wall.incident_codes()")
    with as_worker(), enter_house():
        # A year before anything was recorded: other tests leave incidents in the years of theirs.
        plan = job.planned("incidents-2001", "gb-eaw")
        with pytest.raises(NoRelease, match="no incident in the period"):
            extract.freeze(plan)
