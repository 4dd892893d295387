"""With every key of the machine, the whole database and all files in hand, nothing that was said in staff support or integrity opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from evenhand.casework.attach import Upload
from evenhand.casework.case_file import look
from evenhand.casework.document import open_document
from evenhand.casework.refer import refer
from evenhand.gate import keys, own_keys
from evenhand.gate.act import Act
from evenhand.gate.entry import now
from evenhand.gate.own_keys import KeptForPeople
from evenhand.gate.policy import pack
from evenhand.operations import names
from evenhand.operations.sealing.receipts import case_record
from evenhand.outside.keystore import KeyGone
from evenhand.records import sealed
from tests.gate.test_own_keys import own_key
from tests.visiting import open_case, seen, visit
from tests.world import World, raw

SIDES = {
    "staff_support": ("staff_support_officer@force", "take_on", "taken_on", "staff_support_lead@force"),
    "integrity": ("integrity_investigator@force", "screen_conduct", "conduct", "integrity_handler@force"),
}


def everything_stored() -> Iterator[tuple[str, bytes]]:
    """Yield every value of every table, and every file, as whoever holds the disks has them."""
    tables = raw(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables"
        " where table_schema in ('public', 'wall') and table_type = 'BASE TABLE'",
        alias="admin",
    )
    for (table,) in tables:
        for row in raw(f"select x.* from {table} x", alias="admin"):
            for value in row:
                if isinstance(value, (bytes, memoryview)):
                    yield table, bytes(value)
                elif value is not None:
                    yield table, str(value).encode()
    for path in Path(settings.FILES_FOLDER).rglob("*"):
        if path.is_file():
            yield "files", path.read_bytes()


def opened_by_the_machine(contents: bytes, owners: list[UUID]) -> bytes:
    """Return what one of the machine's keys makes of something stored; as it is where none fits."""
    for owner in owners:
        try:
            return sealed.unseal(keys.store().get(owner), contents, place=owner.bytes)
        except (KeyGone, sealed.Unreadable, ValueError):
            continue
    return contents


@pytest.mark.parametrize("side", SIDES)
def test_the_machines_keys_and_all_its_disks_open_nothing_of_it(world: World, side: str):
    officer, first, outcome, _ = SIDES[side]
    word = f"quagga{world.tag}"
    held = own_key(world, officer)
    number, journey = uuid4(), pack().journeys[side]
    told = {
        "danger": "no", "what_happened": f"A {word} was seen.", "names": f"Quentin {word}", "must_not_see": f"Somebody {word}",
        "who_tells": {"name": f"Nora {word}", "job": "x"}, "safe_contact": word,
    }  # fmt: skip
    with world.enter("safeguarding_lead@school") as who:
        case_id = refer(
            Act(journey.start_step, "received", told, reason=f"Because of {word}."), who, now=now(),
            area=world.areas["town"].code, door="page", journey=side,
            uploads={number: Upload(f"{word}.txt", f"A letter about {word}".encode())},
        ).case_id  # fmt: skip
    with own_keys.at_hand(held):
        for step, end, answers in (
            (first, outcome, {"reason": f"{word} again"}),
            ("say_who", "new_person", {"names": f"Quentin {word}"}),
            ("add_note", "added", {"kind": world.code("note_kinds"), "text": word}),
            (
                "keep_out",
                "named",
                {"whom": str(world.people["analyst@force"].id), "ground": "relative", "reason": word},
            ),
        ):
            world.take(case_id, officer, step, end, answers, journey=side)
        with world.enter(officer) as who:
            file = look(case_id, who, ground="stated", words=f"To see {word}.")
            assert word in file.report["what_happened"]
            assert open_document(case_id, number, who).contents == f"A letter about {word}".encode()
            record = case_record(case_id, who, ground="own_work")
            assert (record.broken, record.closed) == (0, 0)
            assert {"say_who", "add_note"} <= {line.step for line in record.lines}
    owners, found = [case_id, keys.HOUSE_KEY], []
    for where, value in everything_stored():
        if word.encode() in value.lower() or word.encode() in opened_by_the_machine(value, owners).lower():
            found.append(where)
    assert found == []
    for entry, in raw(
        "select l.sealed from ledger_entry l join entry_of o on o.entry_id = l.id where o.case_id = %s", [case_id], alias="admin"
    ):  # fmt: skip
        plain = sealed.unseal(keys.store().get(case_id), bytes(entry), place=case_id.bytes)
        assert plain.startswith(own_keys.MARK), (
            "a line's openings say who did what, and are kept for people too"
        )


def test_whoever_has_not_given_their_passphrase_is_told_so_and_not_that_the_record_is_broken(world: World):
    officer = "integrity_investigator@force"
    own_key(world, officer)
    number = uuid4()
    told = {"danger": "no", "what_happened": "Something.", "names": "Quentin Quiet"}
    with world.enter("safeguarding_lead@school") as who:
        case_id = refer(
            Act("report_conduct", "received", told, reason="x"), who, now=now(), area=world.areas["town"].code, door="page",
            journey="integrity", uploads={number: Upload("letter.txt", b"Dear all")},
        ).case_id  # fmt: skip
    with world.enter(officer) as who:
        record = case_record(case_id, who, ground="own_work")
        assert (record.broken, record.closed > 0, record.lines) == (0, True, ())
        with pytest.raises(KeptForPeople):
            open_document(case_id, number, who)
    client = visit(world, officer)
    open_case(client, case_id)
    page = seen(client.get(f"/case/{case_id}/record/"))
    assert "kept for the people who work on this case" in page
    assert "altered" not in page
    sent = client.get(f"/case/{case_id}/document/{number}/")
    assert (sent.status_code, "/own-key/" in sent["Location"]) == (302, True)


def test_an_ordinary_case_says_that_who_told_us_is_kept_and_nothing_more(world: World):
    officer = "gateway_officer@force"
    own_key(world, officer)
    case_id = world.refer(who_tells={"name": "Nora Quill", "job": "Teacher"}).case_id
    page = seen(open_case(visit(world, officer), case_id))
    assert "What is in this case is kept for the people who work on it" not in page
    assert "Who told us is kept for the people whose work needs it" in page
    assert "He stopped seeing his friends" in page


def test_the_index_of_names_holds_nobody_whose_case_stands_apart(world: World):
    """Not before a restart and not after: what is kept for people is not to be found by whoever has the disks."""
    from evenhand.gate.demo import as_worker

    case_id = world.tell("integrity", names=f"Ophelia Unindexed{world.tag}").case_id
    officer = "integrity_investigator@force"
    world.take(case_id, officer, "screen_conduct", "conduct", journey="integrity")
    world.take(
        case_id,
        officer,
        "say_who",
        "new_person",
        {"names": f"Ophelia Unindexed{world.tag}"},
        journey="integrity",
    )
    raw("delete from wall.name_token where case_id = %s", [case_id], alias="admin")
    with as_worker():
        names.fill_in()
    assert raw("select count(*) from wall.name_token where case_id = %s", [case_id], alias="admin") == [(0,)]
