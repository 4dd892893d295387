"""What is kept for people is opened by them alone: not by the machine's keys, not after they lose the role."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.casework.case_file import look
from evenhand.gate import demo, keys, own_keys
from evenhand.gate.act import Refused
from evenhand.gate.entry import enter_door, now
from evenhand.operations import own_keys as caring
from evenhand.records import sealed as sealing
from tests.visiting import open_case, seen, visit
from tests.world import World, raw

WORDS = "lamp river seven coats"
TOLD = {"who_tells": {"name": "Nora Quill", "job": "Teacher"}, "safe_contact": "Ring after six"}


def own_key(world: World, whom: str, words: str = WORDS) -> own_keys.Held:
    with world.enter(whom) as who:
        return caring.make(who, words, words, now=now())


def reporter_of(world: World, case_id, whom: str, held=None) -> dict[str, object]:
    with world.enter(whom) as who, own_keys.at_hand(held):
        return look(case_id, who).of("reporter")[-1].contents


def stored(case_id) -> bytes:
    return bytes(raw("select sealed from reporter where case_id = %s", [case_id], alias="admin")[0][0])


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200))
def test_what_is_wrapped_to_one_key_opens_with_its_private_half_alone(junk: bytes):
    (_, one), (row, two) = (
        caring.pair(uuid4(), "", now=now_(), derived=(b"s" * 16, b"k" * 32)) for _ in "ab"
    )
    key, number = os.urandom(32), uuid4()
    wrapped = own_keys.wrap(bytes(row.public), key, number)
    assert own_keys.unwrap(two.private, wrapped, number) == key
    assert own_keys.unwrap(one.private, wrapped, number) is None
    assert own_keys.unwrap(two.private, wrapped, uuid4()) is None
    assert own_keys.unwrap(two.private, junk, number) is None


def now_():
    from django.utils import timezone

    return timezone.now()


def test_who_told_us_is_closed_to_the_machine_and_opens_for_the_role(world: World):
    held = own_key(world, "gateway_officer@force")
    case_id = world.refer(**TOLD).case_id
    plain = sealing.unseal(keys.store().get(case_id), stored(case_id), place=case_id.bytes)
    assert plain.startswith(own_keys.MARK), "the case's key opens the outer seal and no more"
    assert b"Nora" not in plain
    assert reporter_of(world, case_id, "gateway_officer@force") == {own_keys.LOCKED: True}
    assert reporter_of(world, case_id, "gateway_officer@force", held)["safe_contact"] == "Ring after six"
    stranger = caring.pair(uuid4(), "", now=now_(), derived=(b"s" * 16, b"k" * 32))[1]
    assert reporter_of(world, case_id, "gateway_officer@force", stranger) == {own_keys.LOCKED: True}
    everything = raw("select sealed from decision where case_id = %s", [case_id], alias="admin")
    assert not any(b"Nora" in keys.open_bytes(case_id, bytes(row[0])) for row in everything)


def test_the_public_door_seals_and_cannot_open(world: World):
    held = own_key(world, "gateway_officer@force")
    done = world.refer_anonymously(safe_contact="A friend's phone")
    assert sealing.unseal(
        keys.store().get(done.case_id), stored(done.case_id), place=done.case_id.bytes
    ).startswith(own_keys.MARK)
    assert (
        reporter_of(world, done.case_id, "gateway_officer@force", held)["safe_contact"] == "A friend's phone"
    )


def test_nobody_is_refused_because_nobody_has_a_key_yet(world: World):
    case_id = world.refer(**TOLD).case_id
    assert reporter_of(world, case_id, "gateway_officer@force")["safe_contact"] == "Ring after six"


def test_a_new_holder_gets_it_when_an_old_one_gives_their_passphrase(world: World):
    old = own_key(world, "gateway_officer@force")
    case_id = world.refer(**TOLD).case_id
    new = own_key(world, "gateway_supervisor@force")
    assert reporter_of(world, case_id, "gateway_supervisor@force", new) == {own_keys.LOCKED: True}
    with world.enter("gateway_officer@force") as who:
        assert caring.hand_on(who, old) >= 1
        assert caring.hand_on(who, old) == 0
    assert reporter_of(world, case_id, "gateway_supervisor@force", new)["safe_contact"] == "Ring after six"


def test_a_forgotten_passphrase_is_mended_by_a_second_holder(world: World):
    own_key(world, "gateway_officer@force")
    second = own_key(world, "gateway_supervisor@force")
    case_id = world.refer(**TOLD).case_id
    anew = own_key(world, "gateway_officer@force", "other words than before")
    assert reporter_of(world, case_id, "gateway_officer@force", anew) == {own_keys.LOCKED: True}
    with world.enter("gateway_supervisor@force") as who:
        caring.hand_on(who, second)
    assert reporter_of(world, case_id, "gateway_officer@force", anew)["safe_contact"] == "Ring after six"


def test_who_loses_the_role_opens_nothing_from_then_on(world: World):
    gone, stays = own_key(world, "gateway_officer@force"), own_key(world, "gateway_supervisor@force")
    before = world.refer(**TOLD).case_id
    leaver = world.people["gateway_officer@force"]
    yesterday = date.today() - timedelta(days=1)  # noqa: DTZ011 - a test's day
    raw(
        "update role_holding set to_date = %s where practitioner_id = %s",
        [yesterday, leaver.id],
        alias="admin",
    )
    world.add("gateway_officer", "force", key="their successor")
    with demo.as_worker():
        assert caring.take_from_lost_holders() >= 1
    after = world.refer(**TOLD).case_id
    wraps = raw(
        "select w.case_id, w.wrapped <> '' from key_wrap w where w.key_id = %s and w.case_id in (%s, %s)",
        [gone.key_id, before, after],
        alias="admin",
    )
    assert wraps == [(before, False)], "emptied before, and none made after"
    assert reporter_of(world, before, "gateway_supervisor@force", stays)["safe_contact"] == "Ring after six"


def test_the_only_holder_is_not_made_to_lose_what_nobody_else_could_open(world: World):
    only = own_key(world, "gateway_officer@force")
    case_id = world.refer(**TOLD).case_id
    raw(
        "update practitioner set active = false where id = %s",
        [world.people["gateway_officer@force"].id],
        alias="admin",
    )
    with demo.as_worker():
        caring.take_from_lost_holders()
    kept = raw(
        "select wrapped <> '' from key_wrap where key_id = %s and case_id = %s",
        [only.key_id, case_id],
        alias="admin",
    )
    assert kept == [(True,)]


@pytest.mark.parametrize(
    ("side", "officer", "step", "outcome"),
    [
        ("staff_support", "staff_support_officer@force", "take_on", "taken_on"),
        ("integrity", "integrity_investigator@force", "screen_conduct", "conduct"),
    ],
)
def test_staff_support_and_integrity_are_closed_to_the_machine_whole(
    world: World, side, officer, step, outcome
):
    held = own_key(world, officer)
    case_id = world.tell(side, names="Quentin Quiet").case_id
    kept = raw(
        "select sealed from report where case_id = %s union all select sealed from decision where case_id = %s",
        [case_id, case_id],
        alias="admin",
    )
    for (row,) in kept:
        plain = sealing.unseal(keys.store().get(case_id), bytes(row), place=case_id.bytes)
        assert plain.startswith(own_keys.MARK)
    world.take(case_id, officer, step, outcome, journey=side)
    with pytest.raises(Refused, match="Open your own key first"):
        world.take(case_id, officer, "say_who", "new_person", {"names": "Quentin Quiet"}, journey=side)
    with own_keys.at_hand(held):
        world.take(case_id, officer, "say_who", "new_person", {"names": "Quentin Quiet"}, journey=side)
        with world.enter(officer) as who:
            assert look(case_id, who).identity["names"]
    with world.enter(officer) as who:
        closed = look(case_id, who)
    assert own_keys.LOCKED in closed.report
    officer_page = seen(open_case(visit(world, officer), case_id))
    assert "Open it with your own key" in officer_page
    # A closed file is never said to be an empty one.
    for untrue in (
        "No evidence is on the file",
        "Nothing is known yet",
        "The report is sealed at this place",
    ):
        assert untrue not in officer_page
    assert "Quentin" not in officer_page


def test_erasing_the_case_erases_what_people_hold_too(world: World):
    held = own_key(world, "gateway_officer@force")
    case_id = world.refer(**TOLD).case_id
    keys.destroy_key(case_id)
    assert reporter_of(world, case_id, "gateway_officer@force", held) == {}


def test_others_rows_and_private_halves_are_behind_the_wall(world: World):
    own_key(world, "gateway_officer@force")
    with world.enter("panel_chair@council"):
        assert raw("select count(*) from own_key") == [(0,)]
        with pytest.raises(Exception, match="row-level security"):
            raw(
                "insert into own_key (id, practitioner_id, public, salt, sealed, made_at) values (%s, %s, '', '', '', now())",
                [uuid4(), world.people["gateway_officer@force"].id],
            )


def test_on_the_pages_neither_cookie_nor_session_alone_opens_it(world: World):
    officer = visit(world, "gateway_officer@force")
    assert "Choose a passphrase" in seen(officer.get("/own-key/"))
    short = officer.post("/own-key/", {"doing": "make", "passphrase": "short", "again": "short"})
    assert short.status_code == 422
    made = officer.post("/own-key/", {"doing": "make", "passphrase": WORDS, "again": WORDS})
    cookie = made.cookies["evenhand_own"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", "")
    case_id = world.refer(**TOLD).case_id
    assert "Ring after six" in seen(open_case(officer, case_id))
    secret = officer.cookies.pop("evenhand_own").value
    locked = seen(open_case(officer, case_id))
    assert "Ring after six" not in locked
    assert "Open it with your passphrase" in locked
    thief = visit(world, "gateway_officer@force")
    thief.cookies["evenhand_own"] = secret
    assert "Ring after six" not in seen(open_case(thief, case_id))
    wrong = thief.post("/own-key/", {"doing": "open", "passphrase": "not these words at all"})
    assert (wrong.status_code, "That is not your passphrase" in seen(wrong)) == (422, True)
    assert "not these words" not in wrong.content.decode()
    right = thief.post("/own-key/", {"doing": "open", "passphrase": WORDS, "next": f"/case/{case_id}/"})
    assert right["Location"] == f"/case/{case_id}/"
    assert "Ring after six" in seen(open_case(thief, case_id))
    thief.post("/own-key/", {"doing": "close"})
    assert "Ring after six" not in seen(open_case(thief, case_id))
    away = thief.post("/own-key/", {"doing": "open", "passphrase": WORDS, "next": "https://evil.example/"})
    assert away["Location"] == "/own-key/"


def test_a_missing_key_does_not_tell_somebody_that_they_are_kept_out(world: World):
    own_key(world, "gateway_supervisor@force")
    case_id = world.refer(**TOLD).case_id
    pairs = json.dumps([["gateway_supervisor", world.agency("force")]])
    keys_of = "select key_id from wall.holder_keys(%s, %s::jsonb)"

    def asked(number) -> str:
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            raw(keys_of, [number, pairs])
        return str(refused.value)

    with world.enter("gateway_supervisor@force"):
        assert len(raw(keys_of, [case_id, pairs])) == 1
    world.take(
        case_id,
        "gateway_officer@force",
        "keep_out",
        "named",
        {"whom": str(world.people["gateway_supervisor@force"].id), "ground": "relative"},
    )
    for whom in ("gateway_supervisor@force", "panel_chair@council"):
        with world.enter(whom):
            assert asked(case_id) == asked(uuid4())
    with enter_door():
        assert asked(case_id) == asked(uuid4())
    with world.enter("administrator@force"):  # hands over: its line is composed before it may put anything
        assert raw(keys_of, [case_id, pairs]) == []
