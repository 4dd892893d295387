"""What is taken out: asked for a purpose, approved by another, once, soon, marked, harmless in a spreadsheet, through one's wall."""

from __future__ import annotations

import csv
import io
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.casework import exporting
from evenhand.casework.spreadsheet import escaped
from evenhand.gate.act import Invalid, NoSuchCase
from evenhand.gate.entry import now
from tests.charter.test_09_every_look_leaves_a_trace import entries as lines
from tests.world import World, raw

ASKER, APPROVER = "gateway_officer@force", "data_protection_officer@force"


def ask(world: World, whom: str = ASKER, **other: str) -> UUID:
    with world.enter(whom) as who:
        told = {"what": "cases", "purpose": "To plan next week's work.", "cap": "50"} | other
        return exporting.ask(told, who, now=now())


def approve(world: World, number: UUID, whom: str = APPROVER, **other: object) -> None:
    with world.enter(whom) as who:
        told: dict[str, object] = {"agreed": True, "reason": "It is needed."} | other
        exporting.approve(number, who, now=now(), **told)  # type: ignore[arg-type]  # a test's words


def take(world: World, number: UUID, whom: str = ASKER) -> list[list[str]]:
    with world.enter(whom) as who:
        contents = exporting.take_out(number, who, now=now())
    return list(csv.reader(io.StringIO(contents.decode("utf-8-sig"))))


def test_nobody_approves_their_own_and_nothing_is_taken_without_a_yes(world: World):
    number = ask(world)
    with pytest.raises(Invalid):
        take(world, number)
    with pytest.raises((Invalid, NoSuchCase)):
        approve(world, number, ASKER)
    own = ask(world, APPROVER)
    with pytest.raises(Invalid):
        approve(world, own, APPROVER)
    with pytest.raises(Exception, match="row-level security"), world.enter(APPROVER) as who:
        raw("insert into export_approval (id, request_id, by_id, agency_id, at, agreed, reason) values (gen_random_uuid(), %s, %s, %s, now(),"
            " true, 'x')", [own, who.practitioner_id, who.agency_id])  # fmt: skip


def test_it_is_taken_once_by_whoever_asked_and_every_line_says_where_it_came_from(world: World):
    done = world.refer()
    number = ask(world)
    approve(world, number)
    with pytest.raises(NoSuchCase):
        take(world, number, "case_officer@force")
    with pytest.raises(NoSuchCase):
        take(world, number, APPROVER)
    rows = take(world, number)
    assert str(number) in rows[0][0]
    assert world.people[APPROVER].name in rows[0][0]
    assert {row[-1] for row in rows[2:]} == {str(number)}
    assert done.reference in {row[0] for row in rows[2:]}
    with pytest.raises(Invalid):
        take(world, number)
    last = [entry for entry in lines(None) if entry["verb"] == "export"][-1]
    assert last["case"] == str(number)
    assert "rows" in last["detail"]


def test_it_holds_what_the_asker_may_see_and_nothing_else(world: World):
    mine = world.refer()
    other = world.refer(area="far")
    number = ask(world)
    approve(world, number)
    found = {row[0] for row in take(world, number)[2:]}
    assert mine.reference in found
    assert other.reference not in found


def test_it_holds_no_name_and_no_answer_to_any_form(world: World):
    world.refer(names="Zulfiqar Unmistakable", what_happened="Something told in confidence.")
    number = ask(world)
    approve(world, number)
    text = str(take(world, number))
    assert "Zulfiqar" not in text
    assert "confidence" not in text
    allowed = {"reference", "journey", "place", "opened_on", "due_on", "due_for", "ended_on", "outcome"}
    assert set(exporting.COLUMNS["cases"]) <= allowed


def test_it_runs_out_and_is_capped(world: World):
    for _ in range(3):
        world.refer()
    number = ask(world, cap="2")
    approve(world, number)
    assert len(take(world, number)) == 2 + 2
    number = ask(world)
    approve(world, number)
    raw("update export_request set expires_at = now() where id = %s", [number], alias="admin")
    with pytest.raises(Invalid):
        take(world, number)
    with pytest.raises(Invalid) as invalid:
        ask(world, cap="100000", purpose="x")
    assert {"cap", "purpose"} == set(invalid.value.errors)


def test_another_agency_neither_sees_nor_approves_it(world: World):
    number = ask(world)
    for whom in ("data_protection_officer@council", "data_protection_officer@other_council"):
        with pytest.raises(NoSuchCase):
            approve(world, number, whom)


def test_a_no_is_a_no(world: World):
    number = ask(world)
    approve(world, number, agreed=False)
    with pytest.raises(Invalid):
        approve(world, number, "administrator@force")
    with pytest.raises(Invalid):
        take(world, number)


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+1-1x",
        "-cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "'=1",
        '"=1',
        "|calc",
        "%0A",
        "\u200b=1",
        "\uff1d1",
        "\n=1",
    ],
)
def test_no_spreadsheet_runs_what_somebody_wrote(value: str):
    assert escaped(value).startswith("'")


@given(st.text(max_size=20))
def test_escaping_loses_nothing_that_can_be_read(value):
    assert escaped(value).removeprefix("'") in {
        value.replace("\0", ""),
        value.replace("\0", "").removeprefix("'"),
    }


@given(st.text(alphabet="=+-@|%\t\r\n '\"a1", max_size=8))
def test_whatever_is_left_alone_begins_with_nothing_that_runs(value):
    shown = escaped(value)
    if not shown.startswith("'") and shown.strip():
        first = shown.strip()[0]
        assert first not in "=@|%"
        assert first not in "+-" or shown[1:].replace(".", "").isdigit()


def test_a_number_stays_a_number():
    assert [escaped(n) for n in (-5, "+3.5", None)] == ["-5", "+3.5", ""]
