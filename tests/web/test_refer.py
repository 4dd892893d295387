"""The public door: one question a page, kept sealed, sent once, and no trace of who wrote."""

from __future__ import annotations

import re

import pytest
from django.db import connections
from django.test import Client

from evenhand.casework.draft import plain_code
from tests.visiting import open_case, seen, visit

STORY = "She has begun to post films of attacks, and people laugh at her."


def begin(client: Client) -> str:
    """Start a report; returns the address of the first question."""
    return client.post("/refer/").url


def answer(world, client: Client, *, walk: bool = False) -> None:
    """Answer what has to be answered; `walk` goes through every page as somebody would."""
    given = {
        "danger": {"danger": "no"}, "what_happened": {"what_happened": STORY}, "why_now": {"why_now": "It grows."},
        "area": {"area": world.areas["town"].code}, "sector": {"sector": world.code("sectors")},
        "names": {"names": "Leila Novotná\nLila"},
    }  # fmt: skip
    at, steps = begin(client), 0
    if not walk:
        for code, sent in given.items():
            assert client.post(f"/refer/question/{code}/", sent).status_code == 302
        return
    while "/question/" in at:
        code = at.rstrip("/").rsplit("/", 1)[1]
        response = client.post(at, given.get(code, {}))
        assert response.status_code == 302, seen(response)
        at, steps = response.url, steps + 1
        assert steps < 40
    assert at == "/refer/counting/"


def send(client: Client):
    return client.post("/refer/check/", follow=True)


def reference_of(response) -> str:
    return re.search(r"Your reference\s*([0-9A-Z]{4}-[0-9A-Z]{4})", seen(response)).group(1)


def test_a_stranger_reports_page_by_page_and_gets_a_reference_and_a_day(world):
    client = Client()
    answer(world, client, walk=True)
    done = send(client)
    assert "We have your report" in seen(done)
    assert "A trained person reads it, by" in seen(done)
    found = visit(world, "gateway_officer@force").post("/search/", {"asked": reference_of(done)})
    case_id = re.search(r"/case/([0-9a-f-]{36})/", found.content.decode()).group(1)
    page = seen(open_case(visit(world, "gateway_officer@force"), case_id))
    assert STORY in page
    assert "Somebody who wishes to stay unknown" in page


def test_a_report_sent_twice_is_one_case(world):
    client = Client()
    answer(world, client)
    first, second = send(client), send(client)
    assert reference_of(first) == reference_of(second)
    assert begin(client) != "/refer/sent/"


def test_two_that_send_the_same_report_at_once_make_one_case(world):
    from evenhand.casework import draft
    from evenhand.gate.entry import enter_door

    client = Client()
    answer(world, client)
    code = client.cookies["evenhand_draft"].value
    with enter_door():
        kept = draft.open_draft(code)
    first = send(client)
    with enter_door():
        draft.keep(code, kept)
    second = client.post("/refer/check/")
    assert second.status_code == 302
    page = visit(world, "gateway_officer@force").get("/worklist/")
    assert len(set(re.findall(r"/case/[0-9a-f-]{36}/", page.content.decode()))) == 1
    assert reference_of(first) in seen(page)


def test_danger_is_999_before_the_next_question(world):
    client = Client()
    response = client.post(begin(client), {"danger": "yes"}, follow=True)
    assert "Call 999 now" in seen(response)


def test_a_wrong_answer_keeps_what_was_typed_and_nothing_goes_on(world):
    client = Client()
    begin(client)
    response = client.post(
        "/refer/question/born/", {"born-day": "31", "born-month": "February", "born-year": "2009"}
    )
    assert response.status_code == 422
    assert "There is no such day" in seen(response)
    assert 'value="February"' in response.content.decode()
    area = client.post("/refer/question/area/", {"area": "nowhere", "address": "12 Mill Lane"})
    assert area.status_code == 422
    assert "12 Mill Lane" in seen(area)


def test_what_is_missing_is_said_before_it_is_sent(world):
    client = Client()
    begin(client)
    response = client.post("/refer/check/")
    assert response.status_code == 422
    assert "There is a problem" in seen(response)


def test_somebody_comes_back_with_the_code_on_another_machine(world):
    client = Client()
    begin(client)
    client.post("/refer/question/danger/", {"danger": "no"})
    client.post("/refer/question/what_happened/", {"what_happened": STORY})
    code = re.search(r"\d{4} \d{4} \d{4} \d{4}", seen(client.get("/refer/later/"))).group(0)
    other = Client()
    assert other.post("/refer/back/", {"code": "1234"}).status_code == 422
    assert other.post("/refer/back/", {"code": "1234 5678 9012 3456"}).status_code == 422
    response = other.post("/refer/back/", {"code": code})
    assert response.url == "/refer/question/why_now/"
    assert STORY in seen(other.get("/refer/check/"))


def test_what_is_kept_between_pages_means_nothing_without_the_code(world):
    client = Client()
    begin(client)
    client.post("/refer/question/what_happened/", {"what_happened": STORY})
    code = plain_code(client.cookies["evenhand_draft"].value)
    with connections["admin"].cursor() as cursor:
        cursor.execute("select lookup, sealed from draft")
        rows = cursor.fetchall()
    assert rows
    for lookup, sealed in rows:
        assert code not in lookup
        assert STORY.encode() not in bytes(sealed)
        assert code.encode() not in bytes(sealed)


def test_forgetting_leaves_nothing_to_come_back_to(world):
    client = Client()
    begin(client)
    code = client.cookies["evenhand_draft"].value
    assert "What was not sent is deleted" in seen(client.post("/refer/forget/", follow=True))
    assert Client().post("/refer/back/", {"code": code}).status_code == 422


def test_the_cookie_is_for_the_door_alone_and_no_script_reads_it(world):
    client = Client()
    begin(client)
    cookie = client.cookies["evenhand_draft"]
    assert cookie["httponly"]
    assert cookie["path"] == "/refer/"
    assert not cookie["max-age"]
    assert cookie["samesite"] == "Lax"


def test_answers_for_counting_reach_no_page_of_a_decider(world):
    client = Client()
    answer(world, client)
    client.post("/refer/counting/", {"ethnicity": world.code("ethnicity"), "gender": "made_up"})
    done = send(client)
    reference = reference_of(done)
    with connections["equality"].cursor() as cursor:
        cursor.execute("select answers from monitoring_answer")
        kept = [row[0] for row in cursor.fetchall()]
    assert any("ethnicity" in str(answers) and "gender" not in str(answers) for answers in kept)
    reader = visit(world, "gateway_officer@force")
    found = reader.post("/search/", {"asked": reference}).content.decode()
    case_id = re.search(r"/case/([0-9a-f-]{36})/", found).group(1)
    assert "Ethnic" not in seen(open_case(reader, case_id))
    with connections["default"].cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute("select answers from monitoring_answer")


def test_a_file_that_is_not_what_it_says_is_refused_and_a_good_one_is_kept(world):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = Client()
    begin(client)
    bad = SimpleUploadedFile("picture.png", b"MZ not a picture")
    response = client.post("/refer/question/documents/", {"documents-file": bad})
    assert response.status_code == 422
    good = SimpleUploadedFile("note.txt", b"what I saw")
    assert client.post("/refer/question/documents/", {"documents-file": good}).status_code == 302
    assert "note.txt" in seen(client.get("/refer/check/"))


def test_a_colleague_who_is_signed_in_is_not_asked_who_they_are(world):
    client = visit(world, "safeguarding_lead@school")
    answer(world, client)
    assert "Who are you?" not in seen(client.get("/refer/check/"))
    assert "We have your report" in seen(send(client))


def test_nothing_about_an_anonymous_reporter_is_logged(world, caplog):
    client = Client()
    begin(client)
    client.post("/refer/question/born/", {"born-year": "x"})
    assert not [record for record in caplog.records if "/refer/" in record.getMessage()]


def test_a_question_nobody_asks_is_not_found(world):
    client = Client()
    begin(client)
    assert client.get("/refer/question/risk_score/").status_code == 404


def test_stopping_in_the_middle_keeps_what_stands_on_the_page(world):
    client = Client()
    begin(client)
    client.post("/refer/question/danger/", {"danger": "no"})
    stopped = client.post("/refer/question/what_happened/", {"what_happened": STORY, "then": "later"})
    assert stopped.url == "/refer/later/"
    assert STORY in seen(client.get("/refer/check/"))
    # The page was not finished, so that it is asked again; a page left open may be stopped on as well.
    assert 'href="/refer/question/what_happened/"' in client.get("/refer/later/").content.decode()
    assert client.post("/refer/question/why_now/", {"then": "later"}).url == "/refer/later/"


def test_what_cannot_be_kept_is_said_before_somebody_stops(world):
    client = Client()
    begin(client)
    wrong = {"born-day": "31", "born-month": "2", "born-year": "2009", "then": "later"}
    response = client.post("/refer/question/born/", wrong)
    assert response.status_code == 422
    assert "There is no such day" in seen(response)


def test_going_on_leads_to_the_next_question(world):
    client = Client()
    begin(client)
    client.post("/refer/question/danger/", {"danger": "no"})
    for page in ("/refer/later/", "/refer/"):
        assert 'href="/refer/question/what_happened/"' in client.get(page).content.decode(), page


def test_a_report_of_conduct_does_not_ask_where_a_person_lives_and_says_what_is_next(world):
    client = Client()
    client.post("/refer/", {"journey": "integrity"})
    assert "Which area is it about?" in seen(client.get("/refer/question/area/"))
    for code, sent in (
        ("danger", {"danger": "no"}),
        ("what_happened", {"what_happened": STORY}),
        ("area", {"area": world.areas["town"].code}),
    ):
        assert client.post(f"/refer/question/{code}/", sent).status_code == 302
    assert "What happens next A trained person reads it." in seen(send(client))
