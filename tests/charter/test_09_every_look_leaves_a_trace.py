"""Charter 9, every look leaves a trace with its reason, and nobody can alter the trace."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

import pytest
from django.db import DatabaseError, connections, transaction

from evenhand.casework import exporting
from evenhand.casework.attach import Upload
from evenhand.casework.break_glass import break_glass
from evenhand.casework.case_file import look
from evenhand.casework.document import open_document
from evenhand.casework.find import find
from evenhand.casework.looks import looks_across, looks_of
from evenhand.casework.refer import refer
from evenhand.casework.searched import opened_words
from evenhand.gate import keys, ledger
from evenhand.gate.act import Act, NoSuchCase
from evenhand.gate.entry import now
from evenhand.kernels.ledger.entry import open_entry
from evenhand.records.sealed import Unreadable
from tests.world import World, raw


def entries(case_id: object | None) -> list[dict[str, str]]:
    """Return the entries of a case (or of the house) as whoever holds the keys reads them."""
    if case_id is None:
        rows = raw(
            "select line, sealed from ledger_entry l where not exists (select 1 from entry_of o where o.entry_id = l.id) order by id",
            alias="admin",
        )
        owner = keys.HOUSE_KEY
    else:
        rows = raw(
            "select line, sealed from ledger_entry l join entry_of o on o.entry_id = l.id where o.case_id = %s order by l.id",
            [case_id],
            alias="admin",
        )
        owner = case_id
    found = []
    for line, sealed in rows:
        # The lines of a case that was erased stay, belong to nobody, and can be read by nobody.
        with suppress(Unreadable):
            found.append(dict(open_entry(bytes(line), ledger.opened(owner, sealed))))
    return found


def test_opening_a_case_writes_who_what_when_and_on_what_ground(world: World):
    done = world.refer()
    with world.enter("gateway_officer@force") as who:
        look(done.case_id, who, ground="supervision")
    last = entries(done.case_id)[-1]
    assert last["verb"] == "look"
    assert last["actor"] == str(world.people["gateway_officer@force"].id)
    assert last["case"] == done.reference
    assert last["ground"] == "supervision"
    assert last["at"]


def test_a_look_stands_on_the_list_that_the_cases_owner_reads(world: World):
    done = world.refer()
    world.add("gateway_supervisor", "force", key="other@force")
    with world.enter("other@force") as who:
        look(done.case_id, who, ground="supervision", words="The monthly sample")
    with world.enter("gateway_officer@force") as who:
        (mine,) = looks_of(done.case_id, who).looks
    assert (mine.kind, mine.words, mine.times) == ("opened", "The monthly sample", 1)
    assert mine.by == world.people["other@force"].name
    assert entries(None)[-1]["verb"] == "look_at_looks", "reading that list is a look"


def test_opening_a_document_is_a_look(world: World):
    number = uuid4()
    told = {
        "danger": "no",
        "what_happened": "x",
        "why_now": "y",
        "names": "Sami Example",
        "sector": "education",
    }
    with world.enter("safeguarding_lead@school") as who:
        done = refer(
            Act("refer", "received", told, "x"), who, now=now(), area=world.areas["town"].code, door="page",
            uploads={number: Upload("letter.txt", b"words")},
        )  # fmt: skip
    with world.enter("gateway_officer@force") as who:
        assert open_document(done.case_id, number, who).contents == b"words"
    last = entries(done.case_id)[-1]
    assert (last["verb"], last["detail"]) == ("open_document", str(number))
    assert last["actor"] == str(world.people["gateway_officer@force"].id)


def test_a_look_in_an_emergency_says_so_whatever_ground_was_given(world: World):
    done = world.refer()
    with world.enter("duty_officer@council") as who:
        break_glass(done.reference, "Somebody stands at the school gate with a knife.", who)
    with world.enter("duty_officer@council") as who:
        look(done.case_id, who, ground="own_work")
    assert entries(done.case_id)[-1]["ground"] == "emergency"


def test_the_traces_serve_only_the_purposes_that_the_law_names(world: World):
    for whom, purpose in (("data_protection_officer@force", "curiosity"), ("data_protection_officer@force", ""),
                          ("gateway_supervisor@force", "lawfulness"), ("administrator@force", "lawfulness")):  # fmt: skip
        with world.enter(whom) as who, pytest.raises(NoSuchCase):
            looks_across(who, purpose=purpose, words="to see")
    with world.enter("data_protection_officer@force") as who:
        looks_across(who, purpose="lawfulness", words="the yearly check")
    assert (entries(None)[-1]["verb"], entries(None)[-1]["ground"]) == (
        "look_across",
        "lawfulness: the yearly check",
    )


def test_what_is_taken_out_leaves_a_line(world: World):
    world.refer()
    with world.enter("gateway_officer@force") as who:
        told = {"what": "cases", "purpose": "To plan the week's work.", "cap": "50"}
        number = exporting.ask(told, who, now=now())
    with world.enter("data_protection_officer@force") as who:
        exporting.approve(number, who, agreed=True, reason="It is needed.", now=now())
    with world.enter("gateway_officer@force") as who:
        exporting.take_out(number, who, now=now())
    verbs = [line["verb"] for line in entries(None) if line.get("case") == str(number)]
    assert verbs == ["ask_export", "approve_export", "export"]


def test_a_search_is_a_look(world: World):
    before = len(entries(None))
    with world.enter("gateway_officer@force") as who:
        find("Nobody Known", who, now=now())
    after = entries(None)
    assert len(after) == before + 1
    assert after[-1]["verb"] == "search"
    assert "Nobody" not in after[-1]["detail"]
    assert opened_words(after[-1]["detail"]) == "Nobody Known"


def test_every_act_is_a_line(world: World):
    done = world.refer()
    world.take(done.case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Yes."})
    verbs = [(e["verb"], e["step"]) for e in entries(done.case_id) if "step" in e]
    assert ("refer", "refer") in verbs
    assert ("deconflict", "deconflict") in verbs


def test_a_line_in_clear_tells_neither_who_nor_what(world: World):
    done = world.refer()
    for (line,) in raw(
        "select line from ledger_entry l join entry_of o on o.entry_id = l.id where o.case_id = %s",
        [done.case_id],
        alias="admin",
    ):
        text = bytes(line)
        assert done.reference.encode() not in text
        assert b"refer" not in text


@pytest.mark.parametrize("alias", ["default", "worker", "signin", "admin"])
@pytest.mark.parametrize(
    "statement",
    ["update ledger_entry set line = ''", "delete from ledger_entry", "truncate ledger_entry cascade"],
)
def test_nobody_alters_the_trace(world: World, alias: str, statement: str):
    world.refer()
    with pytest.raises(DatabaseError), transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement)


def test_an_anonymous_report_leaves_no_time_finer_than_the_day(world: World):
    done = world.refer_anonymously()
    assert entries(done.case_id)[0]["at"].startswith(now_day())
    assert "T00:00:00+" in entries(done.case_id)[0]["at"]


def now_day() -> str:
    return raw("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD')")[0][0]


def test_a_look_that_finds_nothing_is_kept_as_well(world: World):
    before = len(entries(None))
    with world.enter("panel_chair@other_council") as who:
        assert find("Sami Example", who, now=now()) == []
    assert len(entries(None)) == before + 1


def test_whoever_has_the_server_cannot_alter_the_trace_unnoticed(world: World):
    """The operators included: past every right of the database the sealed record still names what was done to it."""
    from evenhand.gate.demo import as_worker
    from evenhand.operations.sealing import check
    from tests.operations.sealing.test_publish import sign_now
    from tests.operations.sealing.test_seal import tamper

    done = world.refer()
    with world.enter("gateway_officer@force") as who:
        look(done.case_id, who, ground="inspection")
    with as_worker():
        sign_now()
        assert check() == []
        look_line = raw(
            "select max(entry_id) from entry_of where case_id = %s", [done.case_id], alias="admin"
        )[0][0]
        flip = "update ledger_entry set line = set_byte(line, 40, get_byte(line, 40) # 1) where id = %s"
        tamper(flip, [look_line])
        try:
            assert any(f"(entry {look_line}) is altered" in complaint for complaint in check())
        finally:
            tamper(flip, [look_line])
        assert check() == []
