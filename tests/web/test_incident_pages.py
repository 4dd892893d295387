"""The pages of incidents: somebody is kept out without a trace on their side, and anybody reads the figures."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from django.test import Client

from tests.incidents import COORDINATOR, a_rise, put, watch_areas
from tests.visiting import seen, visit
from tests.world import World

OTHER = "responder@force"


def opened(client: Client, number: object) -> Client:
    client.post(f"/incidents/{number}/", {"doing": "ground", "ground": "my_work", "words": "My work."})
    return client


def test_a_coordinator_keeps_a_colleague_out_and_for_them_there_is_no_such_incident(world: World):
    areas = watch_areas(world)
    done = put(world, areas["east"], at=datetime.now(UTC) - timedelta(days=1))
    coordinator, colleague = opened(visit(world, COORDINATOR), done.id), opened(visit(world, OTHER), done.id)
    assert done.reference in seen(colleague.get("/incidents/"))
    whom = str(world.people[OTHER].id)
    wrong = coordinator.post(f"/incidents/{done.id}/", {"doing": "keep_out", "whom": whom, "reason": ""})
    assert wrong.status_code == 422
    assert "Say why they are kept out." in seen(wrong)
    before = seen(coordinator.get(f"/incidents/{done.id}/"))
    kept = coordinator.post(
        f"/incidents/{done.id}/", {"doing": "keep_out", "whom": whom, "reason": "His cousin was there."}
    )
    assert kept.status_code == 302
    assert done.reference not in seen(colleague.get("/incidents/"))
    absent = "00000000-0000-4000-8000-00000000abcd"
    missing, gone = (
        opened(colleague, absent).get(f"/incidents/{absent}/"),
        colleague.get(f"/incidents/{done.id}/"),
    )
    assert (gone.status_code, seen(gone)) == (missing.status_code, seen(missing)) == (404, seen(missing))
    # The list to choose from is the same: it tells nobody who is kept out.
    assert world.people[OTHER].name in before
    assert world.people[OTHER].name in seen(coordinator.get(f"/incidents/{done.id}/"))


def test_only_a_coordinator_keeps_others_out(world: World):
    areas = watch_areas(world)
    done = put(world, areas["east"], at=datetime.now(UTC) - timedelta(days=1))
    client = opened(visit(world, OTHER), done.id)
    whom = str(world.people[COORDINATOR].id)
    answer = client.post(f"/incidents/{done.id}/", {"doing": "keep_out", "whom": whom, "reason": "Because."})
    assert answer.status_code == 422
    assert done.reference in seen(visit(world, COORDINATOR).get("/incidents/"))


def test_a_stranger_reads_the_same_protected_figures_as_everybody(world: World):
    a_rise(world)
    outside, inside = Client().get("/commitments/"), visit(world, "analyst@force").get("/incidents/figures/")
    assert "By month, the last twelve" in seen(outside)
    month = seen(inside).split("By month, the last twelve")[1].split("</table>")[0]
    assert month in seen(outside)


def test_what_has_to_be_put_right_is_listed_in_the_order_of_the_page(world: World):
    watch_areas(world)
    page = visit(world, "incident_recorder@force").post("/incidents/record/", {})
    assert page.status_code == 422
    summary, form = page.content.decode().split("</h1>", 1)
    links = re.findall(r'href="#([\w-]+)"', summary[summary.index("govuk-error-summary") :])
    assert links[0] == "area"
    assert links[-1] == "outcome"
    places = [form.index(f'id="{name}"') for name in links]
    assert places == sorted(places)
