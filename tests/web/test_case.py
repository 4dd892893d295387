"""The case file shows what its reader may see and no more, and says why a step must wait."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.roads import screened
from tests.visiting import open_case, seen, visit


@pytest.fixture
def now():
    return datetime.now(UTC)


def test_the_owner_sees_what_was_said_what_may_be_done_and_why_the_rest_waits(world):
    done = world.refer(what_happened="He gave away his guitar.")
    page = seen(open_case(visit(world, "gateway_officer@force"), done.case_id))
    assert done.reference in page
    assert "He gave away his guitar." in page
    assert "the names are in no index" in page
    assert "Not now, and why" in page
    assert "The check against live work has not been made yet." in page


def test_somebody_outside_and_a_case_that_is_not_get_the_very_same_page(world):
    done = world.refer()
    client = visit(world, "panel_chair@other_council")
    barred, absent = client.get(f"/case/{done.case_id}/"), client.get(f"/case/{uuid4()}/")
    assert barred.status_code == absent.status_code == 404
    assert seen(barred) == seen(absent)
    for path in ("why/", "print/", "step/screen/", f"document/{uuid4()}/"):
        assert client.get(f"/case/{done.case_id}/{path}").status_code == 404


def test_a_colleague_says_once_a_day_why_they_look(world):
    done = world.refer()
    client = visit(world, "gateway_supervisor@force")
    asked = seen(client.get(f"/case/{done.case_id}/"))
    assert "Why are you opening this case?" in asked
    assert done.reference not in asked
    client.post(f"/case/{done.case_id}/why/", {"ground": "supervision", "words": "monthly dip sample"})
    page = seen(client.get(f"/case/{done.case_id}/"))
    assert done.reference in page
    assert "Supervision: monthly dip sample" in page
    assert "Why are you opening this case?" not in seen(client.get(f"/case/{done.case_id}/"))


def test_what_happened_and_when_it_was_written_down_both_show(world, now):
    done = world.refer(at=now - timedelta(days=3))
    screened(world, done.case_id, at=now - timedelta(days=2))
    client = visit(world, "gateway_officer@force")
    earlier = now - timedelta(days=20)
    answers = {
        "outcome": "added", "kind": "fact", "what": "She rang the school.", "source": world.code("evidence_sources"),
        "reason": "It came by telephone.", "happened-day": earlier.day, "happened-month": earlier.month,
        "happened-year": earlier.year,
    }  # fmt: skip
    client.post(f"/case/{done.case_id}/step/add_evidence/", answers)
    page = seen(open_case(client, done.case_id))
    assert "Fact She rang the school." in page
    assert "written down" in page


def test_a_partner_who_was_asked_sees_the_question_and_nothing_else(world, now):
    done = world.refer(at=now - timedelta(days=3), what_happened="A secret of the report.")
    screened(world, done.case_id, at=now - timedelta(days=2))
    ask = {"whom": world.agency("health"), "fact": "Is he known to you?", "basis": world.code("legal_bases")}
    world.take(done.case_id, "gateway_officer@force", "ask", "asked", ask)
    client = visit(world, "safeguarding_lead@health")
    assert done.reference in seen(client.get("/worklist/"))
    page = seen(client.get(f"/case/{done.case_id}/"))
    assert "Is he known to you?" in page
    assert "Answer a request" in page
    for secret in (
        "A secret of the report.",
        "Sami Example",
        "He said so.",
        "What happened",
        "Who may see it",
    ):
        assert secret not in page
    answer = {
        "outcome": "answered",
        "answer": "Yes.",
        "ground": world.code("reply_reasons"),
        "reason": "As asked.",
    }
    response = client.post(f"/case/{done.case_id}/step/reply/", answer, follow=True)
    assert "Recorded: Answer a request" in seen(response)
    assert client.get(f"/case/{done.case_id}/").status_code == 404


def test_deconfliction_shows_a_date_and_no_reason(world):
    done = world.refer()
    later = datetime.now(UTC) + timedelta(days=9)
    wait = {
        "checked": "An operation called Lantern.",
        "not_before": later.date().isoformat(),
        "reason": "Live work.",
    }
    world.take(done.case_id, "deconfliction_officer@force", "deconflict", "wait", wait)
    page = seen(open_case(visit(world, "gateway_officer@force"), done.case_id))
    assert f"Not before {later.day} " in page
    assert "Lantern" not in page
    assert "Live work" not in page


def test_a_document_comes_as_a_file_and_its_name_cannot_break_out(world):
    from django.core.files.uploadedfile import SimpleUploadedFile

    now = datetime.now(UTC)
    done = world.refer(at=now - timedelta(days=2))
    screened(world, done.case_id, at=now - timedelta(days=1))
    client = visit(world, "gateway_officer@force")
    file = SimpleUploadedFile("a;b<script>é.txt", b"what she wrote", content_type="text/html")
    answers = {
        "outcome": "added", "kind": "fact", "what": "A letter.", "source": world.code("evidence_sources"),
        "reason": "She brought it.", "documents-file": file,
    }  # fmt: skip
    client.post(f"/case/{done.case_id}/step/add_evidence/", answers)
    page = open_case(client, done.case_id).content.decode()
    address = page.split("/document/")[1].split('"')[0]
    response = client.get(f"/case/{done.case_id}/document/{address}")
    assert response.content == b"what she wrote"
    assert response["Content-Disposition"].startswith("attachment;")
    assert "<" not in response["Content-Disposition"]
    assert response["Content-Type"] == "application/octet-stream"
    assert (
        visit(world, "panel_chair@council").get(f"/case/{done.case_id}/document/{address}").status_code == 404
    )


def test_what_a_case_waits_for_stands_before_everything_that_can_be_done(world):
    done = world.refer()
    client = visit(world, "gateway_officer@force")
    page = seen(open_case(client, done.case_id))
    assert page.index("“Screen” has to wait") < page.index("Refer onward")
    world.take(
        done.case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."}
    )
    assert "has to wait" not in seen(open_case(client, done.case_id))


def test_times_are_told_with_the_right_noun(world):
    page = seen(open_case(visit(world, "gateway_officer@force"), world.refer().case_id))
    assert "1 working day." in page
    assert not re.search(r"\b1 working days", page)


def test_whoever_has_only_the_reporter_of_an_ended_case_is_not_told_that_the_rest_is_open(world, now):
    done = world.refer(at=now - timedelta(days=2), who_tells={"name": "Nora Quill"})
    world.take(
        done.case_id, "deconfliction_officer@force", "deconflict", "proceed", {"checked": "Live work."}
    )
    ended = {
        "concern": world.code("concerns"),
        "ground": world.code("screening_reasons"),
        "beyond_ideology": "Looked at.",
    }
    world.take(done.case_id, "gateway_officer@force", "screen", "not_appropriate", ended)
    page = seen(open_case(visit(world, "gateway_officer@force"), done.case_id))
    assert "What is open to you" in page
    assert "The rest of this case is open to you" not in page
