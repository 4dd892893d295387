"""What came to peers through files: attachments, imports, exports and the folders they lie in."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.test import Client

from evenhand.casework import attach
from evenhand.casework.document import open_document
from evenhand.casework.refer import refer
from evenhand.gate.act import Act, NoSuchCase
from evenhand.gate.entry import now
from tests.casework.test_import import bring_in, cases
from tests.faults.attacks import admin, attack
from tests.faults.test_keys_and_disk import TOLD
from tests.roads import supported
from tests.visiting import open_case, seen, visit
from tests.world import World, raw

OFFICER = "gateway_officer@force"
SCRIPT = "<script>alert(document.cookie)</script><img src=x onerror=alert(1)>"


def with_file(world: World, name: str = "letter.txt", contents: bytes = b"Dear all") -> tuple[UUID, UUID]:
    """Report something with a file; returns the case and the file's number."""
    number = uuid4()
    with world.enter("safeguarding_lead@school") as who:
        done = refer(
            Act("refer", "received", TOLD, "x"),
            who,
            now=now(),
            area=world.areas["town"].code,
            door="page",
            uploads={number: attach.Upload(name, contents)},
        )
    return done.case_id, number


def test_a_file_of_one_case_does_not_open_through_another(world: World):
    mine, (theirs, number) = world.refer().case_id, with_file(world)
    client = visit(world, OFFICER)
    open_case(client, mine)
    through, absent = (client.get(f"/case/{mine}/document/{n}/") for n in (number, uuid4()))
    assert (through.status_code, seen(through)) == (absent.status_code, seen(absent))
    assert through.status_code == 404
    with pytest.raises(NoSuchCase), world.enter(OFFICER) as who:
        open_document(mine, number, who)
    with world.enter(OFFICER) as who:
        assert open_document(theirs, number, who).contents == b"Dear all"


def test_nobody_changes_a_file_its_case_owner_included(world: World):
    case_id, number = with_file(world)
    client = visit(world, OFFICER)
    open_case(client, case_id)
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(f"/case/{case_id}/document/{number}/").status_code == 405
    for whom in (OFFICER, "gateway_supervisor@force", "panel_chair@other_council"):
        with world.enter(whom):
            for statement in (
                "update document set sealed = '' where id = %s",
                "delete from document where id = %s",
            ):
                with pytest.raises(DatabaseError), transaction.atomic():
                    raw(statement, [number])
    # Nor does whoever sends another file under its number.
    other = attach.Upload("other.txt", b"Something else")
    with pytest.raises(Exception), world.enter("safeguarding_lead@school") as who:  # noqa: B017 - whatever refuses first
        refer(
            Act("refer", "received", TOLD, "x"), who, now=now(), area=world.areas["town"].code, door="page", uploads={number: other}
        )  # fmt: skip
    with world.enter(OFFICER) as who:
        assert open_document(case_id, number, who).contents == b"Dear all"


def test_what_is_known_of_a_file_does_not_leak_through_its_case(world: World):
    """A provider sees the support of a case: not that there are files, nor their names, sizes or hashes."""
    from datetime import UTC, datetime

    case_id = world.refer(at=datetime(2026, 1, 12, 10, tzinfo=UTC)).case_id
    supported(world, case_id, at=datetime(2026, 1, 12, 10, tzinfo=UTC))
    admin(
        "insert into document (id, case_id, part, recorded_at, recorded_by, aud, bar, size, sha256, checked, sealed)"
        " select gen_random_uuid(), %s, 'file', now(), gen_random_uuid(), '{}', '{}', 5107, 'f00dfeed', 'x', ''",
        [case_id],
    )
    with world.enter("provider@provider"):
        assert raw("select count(*) from document where case_id = %s", [case_id]) == [(0,)]
        assert not [
            row for row in raw("select * from wall.case_page(%s)", [case_id]) if "document" in str(row)
        ]
    page = open_case(visit(world, "provider@provider"), case_id).content.decode()
    assert "5107" not in page
    assert "f00dfeed" not in page
    assert "/document/" not in page


@pytest.mark.parametrize("name", ["../../../../etc/cron.d/x.txt", "/etc/passwd.txt", "a/../../b.txt", "C:\\x\\y.txt", ".txt" * 90 + ".txt"])  # fmt: skip
def test_the_name_of_a_file_leads_nowhere(world: World, name: str):
    case_id, number = with_file(world, name)
    kept = attach._path(number)
    assert kept.resolve().is_relative_to(Path(settings.FILES_FOLDER).resolve())
    assert kept.name == number.hex
    client = visit(world, OFFICER)
    open_case(client, case_id)
    answer = client.get(f"/case/{case_id}/document/{number}/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert "/" not in answer["Content-Disposition"].split("filename=")[1].split(";")[0]
    assert len(answer["Content-Disposition"]) < 1000


def test_the_name_on_disk_is_guessed_from_nothing(world: World):
    """The same file sent twice lies under two random names, and neither name nor bytes on disk tell what is in it."""
    (_, first), (_, second) = with_file(world), with_file(world)
    assert first.version == second.version == 4
    a, b = (attach._path(n).read_bytes() for n in (first, second))
    assert a != b
    assert b"Dear all" not in a + b
    assert "letter" not in str(attach._path(first))
    assert attach._path(first).stat().st_mode & 0o077 == 0


BOMBS = {
    "pages.pdf": b"%PDF-1.7\n1 0 obj<</Type/Pages/Count 2147483647/Kids[1 0 R 1 0 R 1 0 R]>>endobj\n%%EOF",
    "stream.pdf": b"%PDF-1.7\n1 0 obj<</Filter["
    + b"/FlateDecode " * 5000
    + b"]/Length 99999999>>stream\nx\nendstream",
    "wide.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\0\0\0",
    "zip.docx": b"PK\x03\x04" + b"\0" * 5000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_is_a_bomb_when_opened_is_never_opened_here(world: World, name: str):
    began = time.process_time()
    case_id, number = with_file(world, name, BOMBS[name])
    page = open_case(visit(world, OFFICER), case_id)
    assert page.status_code == 200
    assert time.process_time() - began < 5
    with world.enter(OFFICER) as who:
        assert open_document(case_id, number, who).contents == BOMBS[name]


def test_no_part_that_opens_or_draws_such_files_is_installed():
    """Evenhand stores what is attached and never renders it, so there is nothing in it that a page bomb could fill."""
    from tests.house.checkout import ROOT

    wanted = (ROOT / "requirements" / "run.in").read_text(encoding="utf-8").lower()
    for part in (
        "pypdf",
        "pdfminer",
        "pymupdf",
        "weasyprint",
        "reportlab",
        "pdfkit",
        "xhtml2pdf",
        "pillow",
        "wand",
        "cairosvg",
    ):
        assert part not in wanted, part


def test_a_page_to_print_fetches_nothing_that_a_text_names(world: World):
    """Printing is done by the reader's own browser; what somebody wrote is text in it, and no address is asked for."""
    case_id = world.refer(
        what_happened='<img src="http://198.51.100.7/x"> @import url(http://198.51.100.7/y)'
    ).case_id
    client = visit(world, OFFICER)
    open_case(client, case_id)
    page = client.get(f"/case/{case_id}/print/")
    body = page.content.decode()
    assert "&lt;img src=" in body
    assert '<img src="http' not in body
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "http:" not in policy
    assert "*" not in policy


def test_a_script_that_was_imported_is_text_on_every_page(world: World):
    row = f'"{SCRIPT}",01/06/2026,Skool,"{SCRIPT}","{SCRIPT}","{SCRIPT}",,,'
    found = bring_in(world, row)
    assert len(found.begun) == 1
    case = cases(world, found.begun[0][1])[0]
    client = visit(world, OFFICER)
    open_case(client, case.id)
    for address in (
        f"/case/{case.id}/",
        f"/case/{case.id}/print/",
        "/worklist/?list=teams",
        f"/case/{case.id}/step/add_note/",
    ):
        body = client.get(address).content.decode()
        assert "<script>alert" not in body, address
        assert "<img src=x" not in body, address
    assert "&lt;script&gt;alert" in client.get(f"/case/{case.id}/").content.decode()


@pytest.mark.parametrize("name", ["../../up.toml", "/etc/passwd", "x\0.csv"])
def test_the_name_of_an_imported_file_opens_no_other(world: World, name: str):
    from io import BytesIO

    client = visit(world, "incident_recorder@force")
    sent = BytesIO(b"a,b\n1,2\n")
    sent.name = name
    answer = client.post("/incidents/import/", {"file": sent, "map": name})
    assert answer.status_code in (200, 302, 403, 422)
    assert "root:" not in answer.content.decode()


@pytest.mark.parametrize("address", [
    "/backups/", "/backup/", "/files/", "/media/", "/exports.csv", "/static/", "/static/../var/keys/keys.sqlite3",
    "/static/..%2f..%2fkeys/wrapping.key", "/.git/config", "/.env", "/var/", "/keys/", "/db.sqlite3", "/dump.sql",
])  # fmt: skip
def test_nothing_lists_or_serves_backups_keys_or_folders(world: World, address: str):
    for client in (Client(), visit(world, "administrator@force")):
        answer = client.get(address)
        assert answer.status_code in (302, 404), address
        assert b"SQLite format" not in b"".join(answer)


def test_an_attack_on_the_size_of_a_file_is_refused(world: World):
    big = attach.Upload("x.txt", b"x" * (attach.MOST_BYTES + 1))
    assert attach.check_upload(big)
    assert attach.check_upload(attach.Upload("x.svg", b"<svg onload=alert(1)>"))
    assert attach.check_upload(attach.Upload("x.html", b"<script>"))
    assert attach.check_upload(attach.Upload("x.pdf", b"<script>not a pdf"))
    with world.enter(OFFICER):
        assert attack("select pg_read_file('/etc/passwd')")[0] == "refused"
        assert attack("copy (select 1) to '/tmp/x'")[0] == "refused"
