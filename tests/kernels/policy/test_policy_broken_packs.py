"""A pack that would let a case go astray is refused, with the file, the place in it and what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from evenhand.kernels.policy import BUILT_IN, BrokenPack, check_pack, find_packs, load_pack

Breaking = Callable[..., Path]
JOURNEY = "journeys/situation.toml"

FAULTS = {
    "a place out of reach": (
        JOURNEY,
        '[place.closed]\nlabel = "Closed"',
        '[place.attic]\nlabel = "Attic"\nstage = "F4"\nfinal = true\nowner = "table_chair@table"\n'
        'identity = "shown"\nexplain = "Nobody comes here."\n\n[place.closed]\nlabel = "Closed"',
        "place.attic: cannot be reached from the start",
    ),
    "a dead end not marked final": (
        JOURNEY,
        'final = true\nowner = "table_chair@table"\nidentity = "hidden"\nexplain = "The discussion',
        'owner = "table_chair@table"\nidentity = "hidden"\nexplain = "The discussion',
        "place.closed: is a dead end that is not marked final",
    ),
    "a clock nobody stops": (
        JOURNEY,
        'counted_as = "connected"\ncloses = true\nstops = ["*"]',
        'counted_as = "connected"\ncloses = true',
        "can end the case while the clock 'connect' runs",
    ),
    "a clock nobody resumes": (
        JOURNEY,
        'form = "invite"',
        'form = "invite"\npauses = ["connect"]',
        "pauses the clock 'connect', which no step resumes",
    ),
    "a place without an owner": (
        JOURNEY,
        'stage = "F2"\nowner = "table_chair@table"',
        'stage = "F2"',
        "place.filter_two: has no owner",
    ),
    "an owner who may be nobody": (
        JOURNEY,
        'stage = "F2"\nowner = "table_chair@table"',
        'stage = "F2"\nowner = "agency_lead@needed"',
        "place.filter_two: has an owner that may be nobody",
    ),
    "a step without clause": (
        JOURNEY,
        'clause = "Filter four: only the agencies needed"',
        "",
        "step.invite: has no clause",
    ),
    "a step without verb": (JOURNEY, 'verb = "share"', "", "step.invite: has no verb"),
    "an unknown verb": (JOURNEY, 'verb = "share"', 'verb = "sahre"', "did you mean 'share'?"),
    "a step without form": (JOURNEY, 'form = "invite"', "", "step.invite: has no form"),
    "a step that no human takes": (
        JOURNEY,
        'form = "invite"',
        'form = "invite"\nhuman = false',
        "is about a person and taken by no human",
    ),
    "a step that nobody may take": (
        JOURNEY,
        'from = ["filter_three", "filter_four"]\nwho = ["table_chair@table"]',
        'from = ["filter_three", "filter_four"]\nwho = []',
        "step.invite: says of nobody that they may take it",
    ),
    "a code that no list holds": (
        JOURNEY,
        'counted_as = "declined"',
        'counted_as = "declinde"',
        "the list 'outcomes' has no code 'declinde'; did you mean 'declined'?",
    ),
    "a choice from no list": (
        "forms/close.toml",
        'list = "closing_reasons"',
        'list = "closing_reason"',
        "no code list is called 'closing_reason'; did you mean 'closing_reasons'?",
    ),
    "a form that sums": (
        "forms/close.toml",
        'code = "follow_on"',
        'code = "follow_on"\nweight = 3',
        "would sum, score, weigh or rank answers about a person",
    ),
    "a question for a score": (
        "forms/close.toml",
        'label = "Who goes on with what"',
        'label = "Risk level from 1 to 5"',
        "asks for a score, rank or level of a person",
    ),
    "a scale of numbers": (
        "codes/consent_words.toml",
        'code = "agrees"\nlabel = "Agrees"\n\n[[codes]]\ncode = "cannot_ask"\nlabel = "Cannot be asked in time"\n\n'
        '[[codes]]\ncode = "declines"',
        'code = "1"\nlabel = "Agrees"\n\n[[codes]]\ncode = "2"\nlabel = "Cannot be asked in time"\n\n'
        '[[codes]]\ncode = "3"',
        "is a scale of numbers",
    ),
    "a clock that depends on who somebody is": (
        "clocks.toml",
        "value = 48",
        'value = 24\nwhen = "is_child"',
        "depends on is_child, an attribute of the person; only a statutory value may",
    ),
    "a misspelt key": (
        JOURNEY,
        'identity = "hidden"\nexplain = "The table hears',
        'identiy = "hidden"\nexplain = "The table hears',
        "did you mean 'identity'?",
    ),
    "a misspelt fact behind a short cut": (
        JOURNEY,
        'cel = "plan_exists"',
        'cel = "true || plan_exist"',
        "uses 'plan_exist', which is no declared fact; did you mean 'plan_exists'?",
    ),
    "a fact of the wrong type": (
        JOURNEY,
        'cel = "sessions_delivered > 0"',
        'cel = "sessions_delivered == true"',
        "compares a int with a bool",
    ),
    "a word a fact can never be": (
        JOURNEY,
        'cel = "plan_exists"',
        "cel = 'consent == \"grantd\"'",
        "consent is never 'grantd'",
    ),
    "a condition on an assessment": (
        JOURNEY,
        'cel = "plan_exists"',
        'cel = "factors > 3"',
        "what an assessment or a monitoring form says about a person is never a ground",
    ),
    "a condition on monitoring": (
        JOURNEY,
        'cel = "plan_exists"',
        "cel = 'ethnicity == \"white\"'",
        "what an assessment or a monitoring form says about a person is never a ground",
    ),
    "an unknown role": (
        JOURNEY,
        'who = ["agency_lead@lead", "table_chair@table", "administrator@table"]',
        'who = ["agency_leed@lead"]',
        "no role is called 'agency_leed'; did you mean 'agency_lead'?",
    ),
    "a role at the wrong agency": (
        JOURNEY,
        'who = ["agency_lead@lead", "table_chair@table", "administrator@table"]',
        'who = ["table_chair@lead"]',
        "the role 'table_chair' is never held at 'lead'",
    ),
    "an unknown part": (
        JOURNEY,
        'see.support = ["+needed"]',
        'see.suport = ["+needed"]',
        "did you mean 'support'?",
    ),
    "an unknown duty": (JOURNEY, 'kind = "notify"', 'kind = "notfy"', "did you mean 'notify'?"),
    "a duty due by a clock that does not run": (
        JOURNEY,
        'label = "Filter one"\nclock = "screening"',
        'label = "Filter one"\nclock = "closing"',
        "is due by the clock 'closing', which this step does not start",
    ),
    "an unknown binding": (
        "pack.toml",
        'bindings = ["lead", "needed"]',
        'bindings = ["lead", "neded"]',
        "no binding is called 'neded'; did you mean 'needed'?",
    ),
    "a code twice in a list": (
        "codes/note_kinds.toml",
        'code = "agency"',
        'code = "case"',
        "the code 'case' stands twice",
    ),
    "an end that does not close": (
        JOURNEY,
        'counted_as = "connected"\ncloses = true',
        'counted_as = "connected"',
        "is final, and must say closes = true",
    ),
    "a document without basis": (
        "retention.toml",
        'basis = "local"',
        'basis = "habit"',
        "must say its basis",
    ),
    "an end that leads nowhere": (
        JOURNEY,
        'to = "closed"\ncounted_as = "declined"',
        'counted_as = "declined"',
        "says closes = true and lacks 'to'",
    ),
    "a clause left empty": (
        JOURNEY,
        'clause = "Filter four: only the agencies needed"',
        'clause = " "',
        "step.invite: has no clause",
    ),
    "a retention group for a place there is none of": (
        "retention.toml",
        'places = ["closed"]',
        'places = ["clsed"]',
        "no journey has a place called 'clsed'; did you mean 'closed'?",
    ),
    "a year that is no number": (
        "retention.toml",
        "review_after_years = 1",
        'review_after_years = "for ever"',
        "review_after_years must be a whole number",
    ),
    "no TOML": ("pack.toml", 'code = "ca', "code = ca", "is not TOML"),
    "another name than the folder": (
        "pack.toml",
        'code = "ca-situation-table"',
        'code = "ca-table"',
        "they must be the same",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_pack_is_refused_with_its_reason(name: str, broken: Breaking) -> None:
    file, old, new, sentence = FAULTS[name]
    folder = broken(file, old, new)
    said = [str(problem) for problem in check_pack(folder)]
    assert any(sentence in line for line in said), said
    with pytest.raises(BrokenPack):
        load_pack(folder)


def test_refusing_support_can_be_no_factor(broken: Breaking) -> None:
    folder = broken(
        "forms/assessment.toml",
        'label = "Feels unsafe where they live"',
        'label = "Refused consent to support"',
        pack="gb-eaw",
    )
    assert any("evidence of nothing" in str(p) for p in check_pack(folder))


def test_an_assessment_can_supply_no_fact(broken: Breaking) -> None:
    folder = broken(
        "forms/assessment.toml",
        'code = "summary"',
        'code = "summary"\nsupplies = "cumulative_addressed"',
        pack="gb-eaw",
    )
    assert any("no answer of an assessment may become a fact" in str(p) for p in check_pack(folder))


def test_editions_may_not_overlap(broken: Breaking) -> None:
    folder = broken("pack.toml", "cut_off", "cut_off")
    text = (folder / JOURNEY).read_text()
    later = text.replace('edition = "2026-01"', 'edition = "2027-01"').replace("2016-01-01", "2027-01-01")
    (folder / "journeys" / "situation.2027.toml").write_text(later)
    assert ["overlaps in time" in str(p) for p in check_pack(folder)] == [True]
    (folder / JOURNEY).write_text(text.replace("from = 2016-01-01", "from = 2016-01-01\nto = 2026-12-31"))
    assert check_pack(folder) == ()


def test_all_problems_are_named_at_once(broken: Breaking) -> None:
    broken("clocks.toml", 'basis = "local"', 'basis = "habit"')
    folder = broken(JOURNEY, 'verb = "share"', 'verb = "sahre"')
    assert {p.file for p in check_pack(folder)} == {"clocks.toml", JOURNEY}


def test_a_folder_without_a_pack_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenPack, match="no policy pack"):
        load_pack(tmp_path)


def test_a_site_adds_its_own_pack_but_not_under_a_name_in_use(tmp_path: Path) -> None:
    shutil.copytree(BUILT_IN / "ca-situation-table", tmp_path / "own")
    own = tmp_path / "own" / "pack.toml"
    own.write_text(own.read_text().replace("ca-situation-table", "own"))
    assert set(find_packs([BUILT_IN, tmp_path])) == {"gb-eaw", "ca-situation-table", "own"}
    assert load_pack(tmp_path / "own").code == "own"
    shutil.copytree(BUILT_IN / "gb-eaw", tmp_path / "gb-eaw")
    with pytest.raises(BrokenPack, match="another pack of this code"):
        find_packs([BUILT_IN, tmp_path])


@pytest.mark.parametrize("code", ["gb-eaw", "ca-situation-table"])
def test_the_packs_that_come_with_it_are_whole(code: str) -> None:
    assert check_pack(BUILT_IN / code) == ()
