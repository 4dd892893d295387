"""Keys go on being read while the wrapping key changes, a kill half-way loses none, and copies run out."""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from evenhand.outside import key_copies, key_rotation
from evenhand.outside.erased import ErasedList
from evenhand.outside.key_copies import CopyRefused
from evenhand.outside.key_rotation import rotate
from evenhand.outside.keystore import KeyGone, KeysAway, KeyStore
from evenhand.outside.wrapping import ByCommand, InTheFile, Keeper, Ring, UnderPassphrase

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
PASSPHRASE = b"seven quiet lanterns"
MONTH = timedelta(days=30)
# A helper as an operator would write one for their own module: it keeps its key to itself, seals and opens.
HELPER = """
import sys
from cryptography.fernet import Fernet
box = Fernet(open(sys.argv[1], "rb").read())
given = sys.stdin.buffer.read()
sys.stdout.buffer.write(box.encrypt(given) if sys.argv[2] == "seal" else box.decrypt(given))
"""


def store(folder: Path, keeper: Keeper | None = None) -> KeyStore:
    folder.mkdir(exist_ok=True)
    ring = Ring(folder / "wrapping.key", keeper or InTheFile())
    ring.begin()
    return KeyStore(folder, ring)


def helper(folder: Path) -> ByCommand:
    from cryptography.fernet import Fernet

    (folder / "helper.py").write_text(HELPER)
    (folder / "module").write_bytes(Fernet.generate_key())
    return ByCommand(f"{sys.executable} {folder / 'helper.py'} {folder / 'module'}")


def test_a_rotation_changes_every_wrapped_key_and_none_that_it_wraps(tmp_path: Path):
    held = store(tmp_path)
    before = {owner: held.make(owner) for owner in (uuid4() for _ in range(1200))}
    old_ring = (tmp_path / "wrapping.key").read_bytes()
    old_mark = held.ring.keys()[0].mark
    done = rotate(held)
    assert (done.keys, done.resumed) == (1200, False)
    assert len(held.ring.keys()) == 1
    assert (tmp_path / "wrapping.key").read_bytes() != old_ring
    assert stat.S_IMODE((tmp_path / "wrapping.key").stat().st_mode) == 0o600
    with held.at_work() as connection:
        assert connection.execute("SELECT count(*) FROM key WHERE under = ?", (old_mark,)).fetchone() == (0,)
    fresh = store(tmp_path)
    assert {owner: fresh.get(owner) for owner in before} == before


def test_who_reads_and_makes_keys_meanwhile_notices_nothing(tmp_path: Path):
    rotating, serving = store(tmp_path), store(tmp_path)
    owners = [uuid4() for _ in range(600)]
    known = {owner: rotating.make(owner) for owner in owners[:500]}
    over, wrong, made = threading.Event(), [], {}

    def serve() -> None:
        for owner in owners[500:]:
            made[owner] = serving.make(owner)
        while not over.is_set():
            for owner in owners[:50]:
                serving._recent.clear()
                if serving.get(owner) != known[owner]:
                    wrong.append(owner)

    thread = threading.Thread(target=serve)
    thread.start()
    for _ in range(3):
        rotate(rotating)
    over.set()
    thread.join(20)
    assert not wrong
    fresh = store(tmp_path)
    assert {owner: fresh.get(owner) for owner in owners} == known | made
    assert len(fresh.ring.keys()) == 1


@pytest.mark.parametrize("dies_at", ["ring", "batch", "end"])
def test_killed_half_way_it_opens_everything_and_finishes_the_next_time(
    tmp_path: Path, dies_at: str, monkeypatch
):
    held = store(tmp_path)
    before = {owner: held.make(owner) for owner in (uuid4() for _ in range(700))}
    child = os.fork()
    if child == 0:
        calls, real_some, real_replace = [], key_rotation._some, Ring.replace

        def some(*given):
            calls.append(1)
            if dies_at == "batch" and len(calls) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return real_some(*given)

        def replace(ring, keys):
            keys = list(keys)
            if dies_at == "end" and len(keys) == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            real_replace(ring, keys)
            if dies_at == "ring":
                os.kill(os.getpid(), signal.SIGKILL)

        key_rotation._some, Ring.replace = some, replace
        try:
            rotate(store(tmp_path))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    after = store(tmp_path)
    assert {owner: after.get(owner) for owner in before} == before
    assert len(after.ring.keys()) == 2
    later = after.make(uuid4())
    assert later
    assert rotate(after).resumed
    assert len(store(tmp_path).ring.keys()) == 1
    assert {owner: store(tmp_path).get(owner) for owner in before} == before


@pytest.mark.parametrize("kind", ["file", "passphrase", "command"])
def test_every_keeper_keeps_the_same_contract(tmp_path: Path, kind: str):
    keepers = {
        "file": InTheFile,
        "passphrase": lambda: UnderPassphrase(PASSPHRASE),
        "command": lambda: helper(tmp_path),
    }
    keeper = keepers[kind]()
    key = os.urandom(32)
    kept = keeper.seal(key)
    assert keeper.open(kept) == key
    assert (key in kept) is (kind == "file")
    if kind != "file":
        with pytest.raises(KeysAway) as away:
            keeper.open(kept[:-1] + bytes([kept[-1] ^ 1]))
        assert "\n" not in str(away.value)
    owner = uuid4()
    made = store(tmp_path, keeper).make(owner)
    held = store(tmp_path, keepers[kind]() if kind != "command" else keeper)
    assert held.get(owner) == made
    rotate(held)
    assert store(tmp_path, keeper).get(owner) == made


def test_another_passphrase_a_missing_command_and_a_damaged_ring_are_one_line_each(tmp_path: Path):
    store(tmp_path, UnderPassphrase(PASSPHRASE)).make(uuid4())
    with pytest.raises(KeysAway, match="passphrase does not open"):
        store(tmp_path, UnderPassphrase(b"another one, not this")).make(uuid4())
    with pytest.raises(KeysAway, match="did not open it: /no/such/helper"):
        store(tmp_path, ByCommand("/no/such/helper --slot 1")).make(uuid4())
    (tmp_path / "wrapping.key").write_bytes(b"\xff\xfe")
    with pytest.raises(KeysAway, match="damaged"):
        store(tmp_path).make(uuid4())


def gone(folder: Path) -> ErasedList:
    return ErasedList(folder)


def test_a_copy_brings_back_what_was_lost_but_not_what_was_destroyed(tmp_path: Path):
    held = store(tmp_path / "a")
    keys = {owner: held.make(owner) for owner in (uuid4() for _ in range(5))}
    lost, erased = list(keys)[:2]
    made = key_copies.copy(held, gone(tmp_path), tmp_path / "copy", PASSPHRASE, now=NOW, lasts=MONTH)
    assert (made.keys, made.store) == (5, held.identity())
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert not any(key in (tmp_path / "copy").read_bytes() for key in keys.values())
    held.destroy(erased)
    with held.writing() as connection:
        connection.execute("DELETE FROM key WHERE id = ?", (lost.bytes,))
    later = NOW + timedelta(days=3)
    assert key_copies.restore(held, gone(tmp_path), tmp_path / "copy", PASSPHRASE, now=later) == 1
    assert held.get(lost) == keys[lost]
    with pytest.raises(KeyGone):
        held.get(erased)
    with pytest.raises(KeyGone):
        held.make(erased)
    empty = store(tmp_path / "b")
    assert key_copies.restore(empty, gone(tmp_path), tmp_path / "copy", PASSPHRASE, now=later) == 5
    assert empty.identity() == made.store


def test_a_copy_is_refused_after_its_day_changed_or_with_another_passphrase(tmp_path: Path):
    held = store(tmp_path / "a")
    held.make(uuid4())
    path = tmp_path / "copy"
    key_copies.copy(held, gone(tmp_path), path, PASSPHRASE, now=NOW, lasts=MONTH)
    whole = path.read_bytes()
    empty = store(tmp_path / "b")

    def refused(why: str, *, passphrase: bytes = PASSPHRASE, now: datetime = NOW) -> None:
        with pytest.raises(CopyRefused, match=why) as said:
            key_copies.restore(empty, gone(tmp_path), path, passphrase, now=now)
        assert "\n" not in str(said.value)
        assert empty.count() == 0

    refused("ran out on 02 December 2026", now=NOW + MONTH)
    refused("does not open", passphrase=b"not this passphrase")
    path.write_bytes(whole.replace(b"2026-12-02", b"2036-12-02"))
    refused("does not open", now=NOW + MONTH)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused("does not open")
    path.write_bytes(b"something else")
    refused("no copy of a key store")
    path.unlink()
    refused("cannot be read")
    with pytest.raises(CopyRefused, match="too short"):
        key_copies.copy(held, gone(tmp_path), path, b"short", now=NOW, lasts=MONTH)
    with pytest.raises(CopyRefused, match="between one and"):
        key_copies.copy(held, gone(tmp_path), path, PASSPHRASE, now=NOW, lasts=timedelta(days=400))


def test_a_copy_of_another_instance_is_not_poured_into_this_one(tmp_path: Path):
    ours, theirs = store(tmp_path / "a"), store(tmp_path / "b")
    ours.make(uuid4())
    theirs.make(uuid4())
    key_copies.copy(theirs, gone(tmp_path), tmp_path / "copy", PASSPHRASE, now=NOW, lasts=MONTH)
    with pytest.raises(CopyRefused, match="another instance"):
        key_copies.restore(ours, gone(tmp_path), tmp_path / "copy", PASSPHRASE, now=NOW)


def test_a_copy_carries_the_list_of_what_is_erased_and_none_of_those_keys_comes_back(tmp_path: Path):
    held, here = store(tmp_path / "a"), gone(tmp_path / "a")
    stays, erased, torn = uuid4(), uuid4(), uuid4()
    for owner in (stays, erased, torn):
        held.make(owner)
    here.remember(erased, {"clause": "5 years"})
    held.destroy(erased)
    here.remember(torn, {"clause": "killed before its key was destroyed"})
    assert key_copies.copy(held, here, tmp_path / "copy", PASSPHRASE, now=NOW, lasts=MONTH).erased == 2
    (tmp_path / "b").mkdir()
    empty, elsewhere = store(tmp_path / "b"), gone(tmp_path / "b")
    for _ in range(2):
        key_copies.restore(empty, elsewhere, tmp_path / "copy", PASSPHRASE, now=NOW)
        assert elsewhere.all() == here.all()
    assert empty.get(stays) == held.get(stays)
    for owner in (erased, torn):
        with pytest.raises(KeyGone):
            empty.get(owner)
    # An older copy, from before the erasure, put back over it: the list that came first still holds.
    held = store(tmp_path / "c")
    key_copies.restore(held, gone(tmp_path / "c"), tmp_path / "copy", PASSPHRASE, now=NOW)
    with pytest.raises(KeyGone):
        held.make(erased)


def test_many_who_open_a_new_store_at_once_all_come_in(tmp_path: Path) -> None:
    numbers, together = [], threading.Barrier(8)
    for turn in range(20):
        keys = store(tmp_path / str(turn))

        def ask(keys: KeyStore = keys) -> None:
            together.wait()
            numbers.append(keys.identity())

        asking = [threading.Thread(target=ask) for _ in range(8)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
    assert len(numbers) == 160
    assert len(set(numbers)) == 20
