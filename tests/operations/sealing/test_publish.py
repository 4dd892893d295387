"""Checkpoints: at a fixed cadence, of sizes that tell nothing, signed on disk first, never two histories."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from evenhand.gate import demo
from evenhand.gate.entry import enter_house
from evenhand.kernels.ledger.note import read_note, signed_by
from evenhand.kernels.ledger.pacing import HELD_UP_TO, next_step
from evenhand.kernels.ledger.signing import fast_verify
from evenhand.operations.sealing import check, record_state, seal_all
from evenhand.operations.sealing import publish as publishing
from evenhand.operations.sealing.log_key import KeyTrouble, log_folder, next_origin
from evenhand.operations.sealing.publish import publish, published
from evenhand.operations.sealing.restoring import after_restore, begin_anew
from evenhand.operations.sealing.sealer import Sealer
from tests.operations.sealing.test_seal import app, append, some_lines, tamper
from tests.world import World, raw


@pytest.fixture(autouse=True)
def as_worker(world: World):
    with demo.as_worker():
        yield


def sealer() -> Sealer:
    return Sealer(log_folder(), every_seconds=3600, lines=8, witnesses=[], origin="evenhand.example/ledger")


def sign_now():
    """Sign a checkpoint whatever the time is."""
    one = sealer()
    seal_all()
    return publish(log_folder(), one._key(published()), every_seconds=3600, lines=8, force=True)


@given(st.integers(0, 10**6), st.integers(1, 500), st.integers(0, 10**5))
def test_a_step_holds_all_that_waits_and_is_on_the_ladder(waiting: int, base: int, held: int):
    step = next_step(waiting, base=base, held=held)
    assert step >= waiting
    rungs = [base, base * 4, base * 16]
    assert step in rungs or step % (base * HELD_UP_TO) == 0
    # Nobody can tell two quiet moments apart.
    assert next_step(0, base=base, held=held) == next_step(base, base=base, held=held) or held > base


def test_a_checkpoint_adds_the_same_number_of_lines_whatever_was_done():
    first = sign_now()
    with app() as session:
        append(session, some_lines(3))
    second = sign_now()
    third = sign_now()
    assert second.size - first.size == third.size - second.size == third.step
    with app() as session:
        append(session, some_lines(second.step + 1))
    fourth = sign_now()
    # The next rung: above the third, whichever that was, because other tests may have written much before.
    assert fourth.step == next_step(third.step + 1, base=8, held=0) > third.step
    assert sign_now().step == min(
        fourth.step, 8 * HELD_UP_TO
    )  # and stays up for days, as far as a step is held
    assert check() == []


def test_a_checkpoint_is_signed_when_its_slot_comes_and_not_before(monkeypatch: pytest.MonkeyPatch):
    from datetime import timedelta

    last, one = sign_now(), sealer()
    at = last.signed_at
    for moved, due in ((timedelta(0), False), (timedelta(hours=1), True), (timedelta(hours=-1), True)):
        monkeypatch.setattr(publishing, "_clock", lambda at=at + moved: at)
        made = publish(one.folder, one._key(published()), every_seconds=3600, lines=8)
        assert (made is not None) == due, moved


def test_the_note_is_signed_by_the_published_key_and_says_nothing_else():
    last = sign_now()
    key = log_folder().key()
    assert key is not None
    note = read_note(last.note)
    assert signed_by(note, key.key, fast_verify) == 0
    assert note.text.count("\n") == 3
    assert str(key.key) == last.key


def test_the_key_lies_in_a_file_of_its_own_that_only_its_owner_reads():
    sign_now()
    path = Path(settings.SEALING_FOLDER) / "log.key"
    assert path.stat().st_mode & 0o777 == 0o600
    secret = path.read_text().split("+", 4)[-1]
    tables = raw("select table_name from information_schema.tables where table_name like 'ledger_%%'")
    for (table,) in tables:
        with enter_house():
            assert not raw(f"select 1 from {table} x where x::text like '%%' || %s || '%%'", [secret])
    path.chmod(0o644)
    with pytest.raises(KeyTrouble, match="open to others"):
        log_folder().key()
    path.chmod(0o600)


def test_what_was_signed_and_not_yet_stored_is_taken_up(monkeypatch: pytest.MonkeyPatch):
    before, one = sign_now(), sealer()

    def dies(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(publishing, "_keep", dies)
    with pytest.raises(KeyboardInterrupt):
        sign_now()
    monkeypatch.undo()
    assert published().number == before.number
    made = publish(one.folder, one._key(published()), every_seconds=3600, lines=8)
    assert made is None  # nothing new was due
    assert published().number == before.number + 1
    assert published().size == before.size + before.step
    assert check() == []


def test_a_database_older_than_what_was_signed_signs_nothing_and_says_what_to_do():
    sign_now()
    folder, aside = Path(settings.SEALING_FOLDER), Path(settings.SEALING_FOLDER).with_name("aside")
    shutil.copytree(folder, aside)
    try:
        key = log_folder().key()
        assert key is not None
        from evenhand.kernels.ledger.signing import sign_checkpoint

        log_folder().remember(sign_checkpoint(10**9, bytes(32), key))
        one = sealer()
        one.round()
        state = record_state()
        assert state.word == "inconsistent"
        assert "restored from an older copy" in state.said
        assert "begin-anew" in state.said
        assert any("restored from an older copy" in complaint for complaint in after_restore())
    finally:
        shutil.rmtree(folder)
        aside.rename(folder)
    sealer().round()
    assert record_state().word == "ok"


def test_a_new_log_takes_up_what_is_left_under_a_name_of_its_own():
    old = sign_now()
    key = begin_anew("the disk was lost and the backup is of yesterday")
    assert key.partition("+")[0] == next_origin(old.key.partition("+")[0])
    made = sealer().round()
    assert made is not None
    assert made.key == key
    assert made.size > old.size
    assert check() == []
    assert any(
        path.name.startswith("last-signed.before-") for path in Path(settings.SEALING_FOLDER).iterdir()
    )


def test_a_new_epoch_goes_on_where_numbers_began_anew():
    from evenhand.operations.sealing.sealer import begin_epoch_if_numbers_went_back

    with app() as session:
        append(session, some_lines(2))
    seal_all()
    assert begin_epoch_if_numbers_went_back() is None
    # A restore into a fresh server: lines of transactions that this server has not come to.
    line = some_lines(1)[0]
    tamper(
        "insert into ledger_entry (epoch, xid, line, sealed) select coalesce(max(number), 1), 9000000000, %s, '' from ledger_epoch",
        [line],
    )
    assert seal_all() == 0
    assert isinstance(begin_epoch_if_numbers_went_back(), int)
    assert seal_all() == 1
    with app() as session:
        append(session, some_lines(3))
    assert seal_all() == 3
    assert check() == []


def test_a_line_below_what_is_sealed_is_refused_until_the_next_epoch():
    import psycopg

    tamper(
        "insert into ledger_batch (size, epoch, xid, entry_id) select 9000000000, (select coalesce(max(number), 1) from ledger_epoch),"
        " 9000000000, 9000000000"
    )
    try:
        with app() as session, pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            append(session, some_lines(1))
        with enter_house():
            raw("select wall.begin_epoch('a test')")
        with app() as session:
            append(session, some_lines(1))
    finally:
        tamper("delete from ledger_batch where size = 9000000000")
    assert seal_all() >= 1


@pytest.mark.parametrize(
    ("origin", "after"),
    [("a.example/ledger", "a.example/ledger/2"), ("a.example/ledger/2", "a.example/ledger/3"), ("x", "x/2")],
)
def test_the_next_log_is_numbered(origin: str, after: str):
    assert next_origin(origin) == after


def test_a_full_disk_signs_nothing_and_is_said(monkeypatch: pytest.MonkeyPatch):
    before = sign_now()

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    from evenhand.operations.sealing import log_key

    monkeypatch.setattr(log_key, "write_durably", full)
    one = Sealer(log_folder(), every_seconds=0.001, lines=8, witnesses=[])
    assert one.round() is None
    assert record_state().word == "unsigned"
    assert "No space left" in record_state().said
    assert published().number == before.number
    monkeypatch.undo()
    assert one.round() is not None
    assert record_state().word == "ok"
    assert connection.in_atomic_block is False
    assert os.listdir(settings.SEALING_FOLDER)
