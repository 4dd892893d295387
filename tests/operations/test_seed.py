"""The synthetic partnership: the same for a seed, spread as published, about nobody, and made through the gate."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from evenhand.gate.policy import pack
from evenhand.operations import seed
from evenhand.operations.database import Cluster, addresses
from evenhand.operations.seed.names import TRADITIONS, person_names
from evenhand.operations.seed.partnership import ACCOUNTS, COUNCILS, councils, plan_partnership
from evenhand.operations.seed.shares import SECTORS, concerns_on
from evenhand.operations.seed.stories import split, stories

TODAY = date(2026, 11, 20)
MURDERED_AND_MURDERERS = ("everard", "couzens", "carrick")


def all_stories(number=2, cases=2000):
    return [s for council, n in split(cases).items() for s in stories(council, n, number, TODAY)]


def test_the_same_seed_tells_the_same_stories_and_another_does_not():
    assert stories("ashmere", 50, 7, TODAY) == stories("ashmere", 50, 7, TODAY)
    assert stories("ashmere", 50, 7, TODAY) != stories("ashmere", 50, 8, TODAY)


def test_cases_are_shared_out_to_the_last():
    for cases in (0, 1, 5, 6, 7, 100, 2000):
        assert sum(split(cases).values()) == cases


def test_shares_follow_the_published_ones():
    told = all_stories()
    sectors = Counter(s.sector for s in told)
    for sector, share in SECTORS.items():
        assert abs(100 * sectors[sector] / len(told) - share) < 4
    known = [s for s in told if s.age_at is not None]
    assert 0.49 < sum(s.age_at < 18 for s in known) / len(known) < 0.60
    lately = [s for s in told if s.told_at.date() >= date(2024, 6, 1)]
    no_ideology = {"no_specific_ideology", "fascination_violence", "susceptible_no_ideology"}
    assert 0.50 < sum(s.concern in no_ideology for s in lately) / len(lately) < 0.62
    assert 0.13 < sum(s.road == "adopted" for s in told) / len(told) < 0.21
    assert 0.07 < sum(s.about is not None for s in told) / len(told) < 0.15


def test_three_years_are_told_in_order_and_none_lies_ahead():
    told = stories("ashmere", 300, 3, TODAY)
    assert all(one.told_at <= other.told_at for one, other in pairwise(told))
    assert told[0].told_at.date() < date(2024, 3, 1)
    assert told[-1].told_at.date() < TODAY


def test_whoever_is_referred_again_is_the_same_person():
    told = {s.number: s for s in stories("ashmere", 400, 3, TODAY)}
    again = [s for s in told.values() if s.about is not None]
    assert again
    for story in again:
        earlier = told[story.about]
        assert story.names == earlier.names
        assert story.born == earlier.born
        assert earlier.told_at < story.told_at


def test_names_come_in_many_scripts_with_one_name_or_five_and_lean_on_nothing():
    names = [name for s in all_stories() for name in s.names]
    scripts = {
        word
        for name in names
        for word in ("ARABIC", "CYRILLIC", "CJK", "TAMIL", "ETHIOPIC", "BENGALI")
        if _in(name, word)
    }
    assert len(scripts) >= 5
    assert any(" " not in name for name in names)
    assert any(len(name.split()) >= 4 for name in names)
    # The same stories with other names: what is told does not depend on what anybody is called.
    one, other = stories("ashmere", 80, 2, TODAY), stories("ashmere", 80, 2, TODAY)
    assert [s.road for s in one] == [s.road for s in other]
    by_name = Counter((s.names[0][:1], s.concern) for s in all_stories())
    assert len(by_name) > 100


def _in(name, word):
    import unicodedata

    return any(word in unicodedata.name(sign, "") for sign in name)


def test_nobody_real_and_no_error_of_the_newspapers():
    for tradition in TRADITIONS:
        for word in (*tradition.given, *tradition.family):
            assert word.casefold() not in MURDERED_AND_MURDERERS
    assert person_names(Random(1)) == person_names(Random(1))


def test_concerns_are_in_the_list_of_their_day():
    for day in (date(2023, 11, 22), date(2024, 3, 31), date(2024, 4, 1), TODAY):
        listed = {code.code for code in pack().lists["concerns"].codes_on(day)}
        assert set(concerns_on(day)) <= listed


def test_the_partnership_has_every_role_and_cover_for_the_absent():
    found = plan_partnership(2, TODAY)
    assert set(councils()) == {code for code, _, _ in COUNCILS}
    held = {h.role for h in found.held}
    assert held >= set(pack().roles) - {"policy_owner"}
    assert any(h.covering for h in found.held)
    assert 50 <= len(found.people) <= 90
    assert len(seed.SIGN_INS) == len(ACCOUNTS) == len({s.email for s in seed.SIGN_INS})
    assert all(s.email.endswith("@example.org") and len(s.password) >= 12 for s in seed.SIGN_INS)
    assert found == plan_partnership(2, TODAY)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """An instance of its own, filled by the command with a few cases."""
    folder = tmp_path_factory.mktemp("seed") / "var"
    environ = {
        **os.environ,
        "EVENHAND_DATA": str(folder),
        "EVENHAND_MODE": "demo",
        "DJANGO_SETTINGS_MODULE": "evenhand.settings.instance",
    }
    environ.pop("EVENHAND_PROCESS", None)
    said = subprocess.run(
        [str(Path(sys.executable).with_name("evenhand")), "seed", "--cases", "12", "--processes", "2"],
        env=environ, capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    cluster = Cluster(folder)
    cluster.ensure()
    yield environ, said.stdout
    cluster.stop()


def ask(environ, statement):
    import psycopg

    with psycopg.connect(
        Cluster(_folder(environ)).address().named(addresses(environ).app.dbname).as_itself().conninfo()
    ) as held:
        return held.execute(statement).fetchall()


def _folder(environ):

    return Path(environ["EVENHAND_DATA"])


def test_each_case_went_through_the_gate_with_its_past_in_order(filled):
    environ, said = filled
    assert "12 cases" in said
    assert ask(environ, "select count(*) from case_file") == [(12,)]
    assert ask(environ, "select count(*) from decision where recorded_at > now()") == [(0,)]
    assert ask(environ, "select count(*) from case_file where owner_id is null") == [(0,)]
    assert ask(
        environ,
        "select count(*) from decision d where not exists (select 1 from entry_of e where e.case_id = d.case_id)",
    ) == [(0,)]
    ((kinds,),) = ask(environ, "select count(distinct step) from decision")
    assert kinds > 8
    assert ask(environ, "select count(*) > 0 from published_count") == [(True,)]


def test_a_filled_instance_is_not_filled_again(filled):
    environ, _ = filled
    said = subprocess.run(
        [str(Path(sys.executable).with_name("evenhand")), "seed", "--cases", "3"],
        env=environ, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert said.returncode == 2
    assert "there is a partnership already" in said.stderr
    assert ask(environ, "select count(*) from case_file") == [(12,)]


def test_outside_demo_mode_there_is_no_synthetic_past(settings_outside_demo):
    with pytest.raises(seed.NotADemo):
        seed.fill(cases=1, seed=1, progress=lambda done, of: None)


@pytest.fixture
def settings_outside_demo():
    from django.test import override_settings

    with override_settings(DEMO=False):
        yield
