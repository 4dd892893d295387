"""Danger now: anybody can say it, 999 comes first, every duty officer hears, and nobody else."""

from __future__ import annotations

import re
from uuid import uuid4

from django.test import Client

from tests.visiting import seen, visit
from tests.world import raw

LINE = "He stands outside the school with a knife"


def test_a_stranger_rings_every_duty_officer(world):
    page = seen(Client().get("/alert/"))
    assert page.index("Call 999 first") < page.index("What is happening?")
    told = Client().post("/alert/", {"what": LINE, "where": "Hill Road"}, follow=True)
    assert "The duty officers have been told" in seen(told)
    for whom in ("duty_officer@force", "duty_officer@council", "duty_officer@other_council"):
        assert LINE in seen(visit(world, whom).get("/worklist/"))
    assert LINE not in seen(visit(world, "gateway_officer@force").get("/worklist/"))


def test_nothing_is_rung_without_a_word_and_the_place_is_kept(world):
    response = Client().post("/alert/", {"what": " ", "where": "Hill Road"})
    assert response.status_code == 422
    assert 'value="Hill Road"' in response.content.decode()


def test_the_duty_page_is_for_duty_officers(world):
    assert Client().get("/alert/duty/").status_code == 302
    assert visit(world, "gateway_officer@force").get("/alert/duty/").status_code == 403


def test_one_takes_it_the_second_is_told_and_what_was_done_is_written_up(world):
    Client().post("/alert/", {"what": f"{LINE} {world.tag}", "where": "Hill Road"})
    first, second = visit(world, "duty_officer@force"), visit(world, "duty_officer@council")
    page = first.get("/alert/duty/").content.decode()
    mine = page.split(f"{LINE} {world.tag}")[1]
    number = re.search(r"/alert/duty/([0-9a-f-]{36})/take/", mine).group(1)
    assert "You have it" in seen(first.post(f"/alert/duty/{number}/take/", follow=True))
    assert "has it already" in seen(second.post(f"/alert/duty/{number}/take/", follow=True))
    assert first.post(f"/alert/duty/{number}/done/", {"done": ""}).status_code == 422
    done = first.post(f"/alert/duty/{number}/done/", {"done": "Police sent at once."}, follow=True)
    assert "Police sent at once." in seen(done)
    again = second.post(f"/alert/duty/{number}/done/", {"done": "Nothing was done."})
    assert again.status_code == 422
    assert "Nothing was done." in again.content.decode(), "what was typed comes back"
    assert "Police sent at once." in seen(first.get("/alert/duty/")), "nothing is written over"


def test_a_flood_of_calls_hides_none_that_still_rings(world):
    Client().post("/alert/", {"what": f"The first of them {world.tag}", "where": "Hill Road"})
    for number in range(55):
        Client().post("/alert/", {"what": f"Noise {number}", "where": ""})
    client = visit(world, "duty_officer@force")
    page = client.get("/alert/duty/").content.decode()
    assert f"The first of them {world.tag}" in page
    raw("update alarm set done_at = now() where done_at is null", alias="admin")


def test_a_made_up_alarm_is_not_found(world):
    client = visit(world, "duty_officer@force")
    address = "/alert/duty/00000000-0000-4000-8000-00000000000a"
    assert client.post(f"{address}/take/").status_code == 404
    assert client.post(f"{address}/done/", {"done": "x"}).status_code == 404


def test_a_call_that_cannot_be_read_says_so_and_can_be_taken(world):
    number = uuid4()
    raw(
        "insert into alarm (id, made_at, sealed) values (%s, now(), %s)",
        [number, b"sealed under no key of ours"],
        alias="admin",
    )
    page = seen(visit(world, "duty_officer@force").get("/alert/duty/"))
    assert "What was said cannot be read: its key is not here" in page
