"""The pages of incidents: somebody is kept out without a trace on their side, and anybody reads the figures."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from tests.incidents import COORDINATOR, RECORDER, a_rise, put, watch_areas
from tests.visiting import hidden, seen, visit
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


def a_map(world: World) -> str:
    return (
        f'[file]\nsystem = "Centre {world.tag}"\n[columns]\nreference = "Ref"\noccurred_on = "Day"\n'
        'area = "Where"\nstrands = "Why"\n'
    )


def brought(client: Client, contents: bytes, text: str, **more: str) -> HttpResponse:
    sent = {"file": SimpleUploadedFile("ours.csv", contents), "map": text} | more
    return client.post("/incidents/import/", sent)


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"", "The file is empty."),
        (b"Ref,Day,Where,Why\n", "The file has headings, and no row under them."),
        (b"PK\x03\x04", "This is a spreadsheet, not a CSV file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "This is a spreadsheet, not a CSV file"),
        (b"x" * 2_000_001, "Up to 15,000 rows are brought in here"),
    ],
)
def test_a_list_that_cannot_be_read_says_why_and_the_map_comes_back(
    world: World, contents: bytes, said: str
) -> None:
    answer = brought(visit(world, RECORDER), contents, a_map(world))
    assert answer.status_code == 422
    assert said in seen(answer)
    assert f"Centre {world.tag}" in seen(answer)


def test_a_map_is_corrected_without_choosing_the_list_again(world: World) -> None:
    east = watch_areas(world)["east"]
    recorder, text = visit(world, RECORDER), a_map(world)
    assert 'reference = "Reference"' in seen(recorder.get("/incidents/import/"))
    contents = f"Ref;Day;Where;Why\n1;02/03/2026;{east.label};Race\n".encode("utf-8-sig")
    wrong = brought(recorder, contents, text.replace('"Day"', '"Dey"'))
    assert wrong.status_code == 422
    assert "did you mean “Day”" in seen(wrong)
    assert "The list that you chose is kept: ours.csv" in seen(wrong)
    again = {"map": text, "kept": hidden(wrong, "kept"), "called": hidden(wrong, "called")}
    right = recorder.post("/incidents/import/", again)
    assert right.status_code == 200
    assert "Take 1 incidents in" in seen(right)
    assert east.label in seen(right)


def test_a_list_far_longer_than_usual_is_taken_in_when_somebody_says_that_it_is_right(world: World) -> None:
    east = watch_areas(world)["east"]
    recorder, text = visit(world, RECORDER), a_map(world)
    rows = [f"{n},{n % 27 + 1}/03/2026,{east.code},race\n" for n in range(25)]
    head = "Ref,Day,Where,Why\n"
    brought(recorder, (head + rows[0]).encode(), text, doing="import")
    asked = brought(recorder, (head + "".join(rows)).encode(), text, doing="import")
    assert asked.status_code == 422
    assert "never sent more than 1 at once" in seen(asked)
    assert "--expect" not in seen(asked)
    sure = {"doing": "import", "map": text, "kept": hidden(asked, "kept"), "sure": "yes"}
    assert "24 incidents were taken in; 1 were there before" in seen(
        recorder.post("/incidents/import/", sure)
    )


def test_what_a_record_said_before_a_correction_stands_in_words(world: World) -> None:
    areas = watch_areas(world)
    done = put(world, areas["east"])
    recorder = opened(visit(world, RECORDER), done.id)
    form = recorder.get(f"/incidents/{done.id}/correct/")
    told = {
        "version": hidden(form, "version"), "area": areas["east"].code, "outcome": "crime", "source": "police",
        "occurred_on-day": "2", "occurred_on-month": "3", "occurred_on-year": "2026",
        "reported_on-day": "2", "reported_on-month": "3", "reported_on-year": "2026",
        "place_kind": "street", "strands": ["religion", "race"], "religions": "muslim", "what_happened": "Shouted at.",
        "wishes": "support", "offence_group": "public_order", "reason": "A second strand was told.",
        "kind": re.findall(r'name="kind"[^>]*value="([^"]+)"', form.content.decode())[0],
    }  # fmt: skip
    assert recorder.post(f"/incidents/{done.id}/correct/", told).status_code == 302
    assert "before: 1 March 2026, Religion or belief" in seen(recorder.get(f"/incidents/{done.id}/"))
