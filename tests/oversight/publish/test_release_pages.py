"""The pages of a release: asked for, looked at, signed by another person, and then read by a stranger; axe finds nothing."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest
from django.test import Client

from evenhand.kernels.disclosure import verify
from evenhand.oversight.publish import job
from tests.browser import DESKTOP, PHONE, address, axe, browser, too_wide, window

__all__ = ["address", "browser"]  # fixtures
PASSWORD = "correct horse battery"
PLAN = "quarterly-2026-q1"


def signed_in(office, whom):
    client = Client()
    given = {"login": office.world.user(whom, PASSWORD).email, "password": PASSWORD}
    assert client.post("/sign-in/", given).status_code == 302
    return client


@pytest.fixture
def clients(office):
    return {name: signed_in(office, whom) for name, whom in
            (("analyst", "analyst@force"), ("approver", "release_approver@force"), ("officer", "gateway_officer@force"))}  # fmt: skip


def test_from_the_form_to_the_reader(office, clients, address, browser, tmp_path):
    office.count(260, year=2026, seed=4)
    analyst, approver = clients["analyst"], clients["approver"]
    assert clients["officer"].get("/publish/").status_code == 403
    wrong = analyst.post("/publish/", {"kind": "quarterly", "year": "26", "quarter": "1", "reason": "Kept."})
    assert wrong.status_code == 422
    assert b"Kept." in wrong.content
    early = analyst.post("/publish/", {"kind": "annual", "year": "2049", "reason": "Too soon."})
    assert early.status_code == 422
    sent = analyst.post(
        "/publish/", {"kind": "quarterly", "year": "2026", "quarter": "1", "reason": "The quarter is over."}
    )
    assert sent.status_code == 302
    page = sent["Location"]
    assert b"waits for the house" in analyst.get(page).content
    assert office.build() == PLAN
    number = job.StatisticalRelease.objects.using("admin").get(code=PLAN, state="waiting")
    text = approver.get(page).content.decode()
    assert "proved:" in text
    assert "Sign the release" in text
    assert "Sign the release" not in analyst.get(page).content.decode()
    assert Client().get(f"/statistics/{PLAN}/").status_code == 404
    assert Client().get(f"/statistics/{PLAN}/file/release.ods").status_code == 404
    assert Client().get(f"/statistics/{PLAN}/file/all.zip").status_code == 404
    half = approver.post(
        page,
        {"doing": "sign", "files_hash": number.files_hash, "day": "1/4/2027", "clock": "", "reason": "x"},
    )
    assert half.status_code == 422
    done = approver.post(
        page,
        {
            "doing": "sign",
            "files_hash": number.files_hash,
            "day": "",
            "clock": "",
            "reason": "As it should be.",
        },
    )
    assert done.status_code == 302
    stranger = Client()
    shown = stranger.get(f"/statistics/{PLAN}/").content.decode()
    assert "Local management statistics" in shown
    assert "What may be compared" in shown
    served = {}
    said = json.loads(stranger.get(f"/statistics/{PLAN}/file/manifest.json").content)
    for path, digest in said.items():
        served[path] = stranger.get(f"/statistics/{PLAN}/file/{path}").content
        assert hashlib.sha256(served[path]).hexdigest() == digest
    assert stranger.get(f"/statistics/{PLAN}/file/../release.json").status_code == 404
    with zipfile.ZipFile(io.BytesIO(stranger.get(f"/statistics/{PLAN}/file/all.zip").content)) as archive:
        archive.extractall(tmp_path)
    assert verify.main([str(tmp_path / PLAN)]) == 0
    assert hashlib.sha256((tmp_path / PLAN / "manifest.json").read_bytes()).hexdigest() in shown
    moved = approver.post(page, {"doing": "move", "day": "1/4/2049", "clock": "09:30", "reason": "Later."})
    assert moved.status_code == 422
    look(browser, address, f"/statistics/{PLAN}/")


def look(browser, address, path):
    for size in (DESKTOP, PHONE):
        context = window(browser, size)
        page = context.new_page()
        page.goto(address + path)
        assert axe(page) == ()
        assert not too_wide(page)
        pictures = page.locator("img.evenhand-chart").all()
        assert pictures
        assert all(len(picture.get_attribute("alt") or "") > 40 for picture in pictures)
        context.close()


def test_sealed_cells_on_the_page_need_a_second_person(office, clients):
    office.count(200, year=2026, seed=5)
    analyst, approver = clients["analyst"], clients["approver"]
    page = analyst.post(
        "/publish/", {"kind": "quarterly", "year": "2026", "quarter": "1", "reason": "Over."}
    )["Location"]
    office.build()
    assert analyst.get(f"{page}sealed/").status_code == 404
    assert analyst.post(page, {"doing": "ask_look", "reason": "A figure looks wrong."}).status_code == 302
    text = approver.get(page).content.decode()
    look_id = text.split('name="look" value="')[1].split('"')[0]
    assert analyst.post(page, {"doing": "agree_look", "look": look_id}).status_code == 422
    assert analyst.get(f"{page}sealed/").status_code == 404
    assert approver.post(page, {"doing": "agree_look", "look": look_id}).status_code == 302
    assert analyst.get(f"{page}sealed/").status_code == 200
    assert approver.get(f"{page}sealed/").status_code == 403
