"""A full disk, a lost key store, an erased case: one clear line, nothing half-written, pages still open."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from evenhand.casework import attach
from evenhand.casework.case_file import look
from evenhand.casework.document import open_document
from evenhand.casework.find import find
from evenhand.casework.looks import looks_of
from evenhand.casework.refer import refer
from evenhand.casework.worklist import worklist
from evenhand.gate import keys
from evenhand.gate.act import Act, NoSuchCase, Refused
from evenhand.gate.entry import StoreAway, now, open_session
from evenhand.outside.keystore import KeysAway, KeyStore
from tests import roads
from tests.faults.attacks import admin
from tests.world import World

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
TOLD = {
    "danger": "no",
    "what_happened": "Talk.",
    "why_now": "Now.",
    "names": "Sami Example",
    "sector": "education",
}


@contextmanager
def no_room(size: int = 0) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files() -> set[Path]:
    return {path for path in Path(settings.FILES_FOLDER).rglob("*") if path.is_file()}


def post(world: World):
    body = {"area": world.areas["town"].code, "answers": TOLD, "once": str(uuid4())}
    token = open_session(world.people["safeguarding_lead@school"].id)
    answer = Client(raise_request_exception=False).generic(
        "POST",
        "/api/v1/referrals",
        json.dumps(body),
        "application/json",
        HTTP_AUTHORIZATION=f"Bearer {token}",
    )
    return answer.status_code, json.loads(answer.content)


def test_a_report_on_a_full_disk_is_refused_in_one_line_and_is_no_case(world: World):
    before = admin("select count(*) from case_file")
    token = open_session(world.people["safeguarding_lead@school"].id)
    assert token
    with no_room():
        status, told = post(world)
    assert status == 503
    assert "Nothing was written" in told["message"]
    assert admin("select count(*) from case_file") == before
    assert post(world)[0] == 201


def test_no_case_is_without_its_key(world: World):
    before = set(admin("select id from case_file"))
    done = world.refer()
    assert post(world)[0] == 201
    begun = {number for (number,) in set(admin("select id from case_file")) - before}
    assert done.case_id in begun
    assert len(begun) == 2
    assert all(keys.has_key(number) for number in begun)


@pytest.mark.parametrize("room", [0, 1000])
def test_a_document_that_does_not_fit_is_neither_row_nor_file(world: World, room: int, monkeypatch):
    before, cases, number = files(), admin("select count(*) from case_file"), uuid4()
    real = attach._keep

    def keep(path: Path, contents: bytes) -> None:
        with no_room(room):
            real(path, contents)

    monkeypatch.setattr(attach, "_keep", keep)
    upload = attach.Upload("letter.txt", b"x" * 5000)

    def send():
        with world.enter("safeguarding_lead@school") as who:
            return refer(
                Act("refer", "received", TOLD, "x"),
                who,
                now=now(),
                area=world.areas["town"].code,
                door="page",
                uploads={number: upload},
            )

    with pytest.raises(StoreAway):
        send()
    assert files() == before
    assert admin("select count(*) from document where id = %s", [number]) == [(0,)]
    assert admin("select count(*) from case_file") == cases
    monkeypatch.undo()
    done = send()
    with world.enter("gateway_officer@force") as who:
        assert open_document(done.case_id, number, who).contents == upload.contents


def test_a_document_that_is_there_is_not_written_over(world: World):
    number = uuid4()
    path = attach._path(number)
    attach._keep(path, b"first")
    with pytest.raises(StoreAway):
        attach._keep(path, b"second")
    assert path.read_bytes() == b"first"


def test_an_erased_case_is_unreadable_everywhere_and_its_page_still_opens(world: World):
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    keys.destroy_key(case_id)
    whom = "gateway_officer@force"
    with world.enter(whom) as who:
        file = look(case_id, who)
        assert file.identity == file.report == {}
        assert all(item.contents == {} for item in file.items)
        assert all(not moment.reason and not moment.answers for moment in file.moments)
        page = worklist(mine=False, now=now())
        assert {row.known_as for row in page.rows if row.case_id == case_id} == {""}
        assert all(not found.known_as for found in find(file.standing.reference, who, now=now()))
    token = open_session(world.people[whom].id)
    answer = Client().get(f"/api/v1/cases/{case_id}?ground=my+work", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 200
    assert b"Sami Example" not in answer.content
    lines = admin("select sealed from ledger_entry order by id desc limit 1")
    line = keys.open_bytes(keys.HOUSE_KEY, lines[0][0])
    assert b"exported" in line
    assert b"my work" not in line, "words about a case do not outlive its key"
    kinds = admin("select kind, sealed from look where case_id = %s", [case_id])
    assert {"opened", "exported"} <= {kind for kind, _ in kinds}
    assert all(words is None for kind, words in kinds if kind == "exported")
    with world.enter(whom) as who:
        assert all(not one.words for one in looks_of(case_id, who, others_only=False).looks)
    with pytest.raises(Refused) as refused:
        world.take(case_id, whom, "add_note", "added", {"kind": world.code("note_kinds"), "text": "x"})
    assert "erased" in str(refused.value)


def test_one_row_that_cannot_be_read_does_not_close_the_case(world: World):
    case_id = world.refer(at=START).case_id
    roads.screened(world, case_id, at=START)
    admin("update evidence set sealed = 'broken' where case_id = %s", [case_id])
    with world.enter("gateway_officer@force") as who:
        file = look(case_id, who)
        assert [item.contents for item in file.of("evidence")] == [{}]
        assert file.report["what_happened"]


def test_a_lost_key_store_is_one_clear_line_and_is_not_begun_anew(tmp_path: Path):
    owner = uuid4()
    KeyStore(tmp_path, bytes(32)).make(owner)
    for file in tmp_path.glob("keys.sqlite3*"):
        file.unlink()
    lost = KeyStore(tmp_path, bytes(32))
    for use in (lost.get, lost.make, lost.destroy):
        with pytest.raises(KeysAway) as away:
            use(owner)
        assert "missing: restore it" in str(away.value)
        assert "\n" not in str(away.value)
    assert not list(tmp_path.glob("keys.sqlite3*"))


def test_a_key_store_lost_while_running_takes_no_more_keys(tmp_path: Path):
    store = KeyStore(tmp_path, bytes(32))
    store.make(uuid4())
    for file in tmp_path.glob("keys.sqlite3*"):
        file.unlink()
    with pytest.raises(KeysAway):
        store.make(uuid4())


def test_a_wrong_wrapping_key_a_damaged_file_and_a_lost_wrapping_key_are_one_line_each(
    tmp_path: Path, database: None
):
    owner = uuid4()
    KeyStore(tmp_path, bytes(32)).make(owner)
    with pytest.raises(KeysAway, match="does not open the keys"):
        KeyStore(tmp_path, bytes([1]) * 32).get(owner)
    with pytest.raises(KeysAway, match=r"wrapping key .* is missing"):
        keys.ring(tmp_path)
    for file in tmp_path.glob("keys.sqlite3-*"):
        file.unlink()
    (tmp_path / "keys.sqlite3").write_bytes(b"not a key store at all" * 100)
    with pytest.raises(KeysAway, match="cannot be used"):
        KeyStore(tmp_path, bytes(32)).get(owner)


def test_after_erasure_a_document_is_as_if_it_had_never_been(world: World):
    number = uuid4()
    upload = attach.Upload("letter.txt", b"words")
    with world.enter("safeguarding_lead@school") as who:
        done = refer(
            Act("refer", "received", TOLD, "x"),
            who,
            now=now(),
            area=world.areas["town"].code,
            door="page",
            uploads={number: upload},
        )
    keys.destroy_key(done.case_id)
    with pytest.raises(NoSuchCase), world.enter("gateway_officer@force") as who:
        open_document(done.case_id, number, who)
