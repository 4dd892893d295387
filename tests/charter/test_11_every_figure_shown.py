"""Promise 11, inside: every page that shows figures shows protected ones, or is for those who may open the records behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from evenhand.gate.demo import as_worker
from evenhand.gate.policy import pack
from evenhand.oversight import counts
from evenhand.oversight.watch import watch
from evenhand.web import urls
from tests.incidents import put_counts, watch_areas
from tests.visiting import seen, visit
from tests.world import World

# Figures for people who may not open the records: computed for all, protected for all.
PROTECTED = {"counts", "incident_figures", "commitments"}
# Releases: protected and proved. Before their hour only those who make and sign them see them, the same figures;
# sealed cells need a second person.
RELEASED = {"releases", "release", "release_file", "publish", "publish_release", "publish_file", "publish_sealed"}  # fmt: skip
# Each counts, if anything, only what whoever looks may open by themselves: row security cuts the rest off.
FOR_THOSE_WHO_MAY_OPEN = {
    "worklist", "search", "meetings", "meeting_call", "meeting", "meeting_minutes", "case", "case_print", "case_ground",
    "case_looks", "looks", "break_glass", "break_glass_reviews", "break_glass_review", "held", "case_document",
    "case_record", "case_proof", "step", "case_letter", "rights", "rights_take", "rights_request", "rights_entry",
    "rights_pack", "rights_letter", "disclosures", "keeping", "exports", "export_ask", "export", "export_take",
    "alert_duty", "alert_take", "alert_said", "alert_write_up", "sites", "place_keeping", "site", "rotas", "rota", "responses", "response", "tension",
    "promises", "protect", "protect_one", "before_after", "incidents", "incident_record", "incident_import",
    "incident_pairs", "incident_pair", "incident", "incident_correct", "unusual", "unusual_event", "unusual_series",
    "unusual_alarm", "administration_work", "notices_read",
}  # fmt: skip
# Nothing about cases or incidents is counted here.
NO_FIGURES = {
    "home", "danger", "privacy", "accessibility", "cookies", "what_happens", "contact", "other_language",
    "choose_language", "healthz", "readyz", "record", "ledger_checkpoint", "ledger_key", "ledger_tile",
    "ledger_entries", "refer", "refer_danger", "refer_counting", "refer_check", "refer_done", "refer_saved",
    "refer_back", "refer_forget", "refer_question", "alert", "alert_told", "relations", "relation_end", "journey",
    "journey_of", "journey_picture", "lists", "administration", "administration_agencies", "administration_people",
    "administration_add_person", "administration_person", "administration_record", "warning", "api_keys",
    "administration_api_keys", "own_key", "invitation",
}  # fmt: skip
ACCOUNT = ("account_", "mfa_", "openid_connect_", "socialaccount_")
BLIND = ("analyst@force", "release_approver@force", "administrator@force")


def names() -> set[str]:
    found = set()

    def walk(patterns: list[URLPattern | URLResolver]) -> None:
        for one in patterns:
            if isinstance(one, URLResolver):
                walk(one.url_patterns)
            elif one.name:
                found.add(one.name)

    walk(urls.urlpatterns)
    return {name for name in found if not name.startswith(ACCOUNT)}


def test_every_page_is_on_one_of_these_lists() -> None:
    """A new page fails here until somebody has said where its figures come from."""
    lists = [PROTECTED, RELEASED, FOR_THOSE_WHO_MAY_OPEN, NO_FIGURES]
    assert names() == set().union(*lists)
    assert sum(map(len, lists)) == len(set().union(*lists))


def figures(page: str) -> list[int]:
    """Every figure in a cell of a table or beside a bar."""
    texts = re.findall(r"<(?:td|text)[^>]*>\s*([\d,]+)\s*</(?:td|text)>", page)
    return [int(text.replace(",", "")) for text in texts]


COUNTED = (
    "insert into counted_case (id, pack, referred_on, sector, concern, age_band, area, journey, stage_reached, stage_position,"
    " outcome, excluded_from_statistics_reason) select gen_random_uuid(), 'gb-eaw', current_date, 'police', '', '11_15', %s,"
    " 'channel', 'R3', 3, '', '' from generate_series(1, 60)"
)


@pytest.fixture
def small(world: World) -> Iterator[World]:
    """A partnership with a handful of everything: three referrals of one kind, four incidents in a month."""
    world.add("release_approver", "force")
    for _ in range(3):
        world.refer()
    with connections["admin"].cursor() as cursor:
        cursor.execute(COUNTED, [world.areas["town"].code])
    areas = watch_areas(world)
    moment = datetime.now(UTC)
    last = moment.date().replace(day=1) - timedelta(days=1)
    quiet = [(last - timedelta(days=30 * n), 9) for n in range(1, 6)]
    put_counts(world, areas["east"], [(last, 4), *quiet])
    put_counts(world, areas["west"], [(last, 1), *quiet])
    with as_worker():
        counts.refresh(moment)
        watch(moment, root=areas["force"].code)
    yield world
    with connections["admin"].cursor() as cursor:
        cursor.execute(
            "delete from counted_case where case_id is null and area = %s", [world.areas["town"].code]
        )


def test_protected_pages_show_no_small_count_and_the_same_to_everybody(small: World) -> None:
    rule = pack().counts
    for name in sorted(PROTECTED):
        pages = {}
        for whom in ("", "analyst@force", "hate_crime_coordinator@force", "panel_chair@council"):
            answered = (visit(small, whom) if whom else Client()).get(reverse(name))
            if answered.status_code == 302:
                assert not whom, "only a stranger is asked to sign in"
                continue
            text = answered.content.decode()
            found = figures(text)
            assert not [n for n in found if 0 < n < rule.threshold or n % rule.round_to], (name, whom, found)
            pages[whom] = re.findall(r"<t[dh][^>]*>.*?</t[dh]>", text, re.DOTALL)
        assert len({str(cells) for cells in pages.values()}) == 1, f"{name} is not the same for everybody"
    assert figures(visit(small, "analyst@force").get(reverse("counts")).content.decode()), "there are figures"


def said(client: Client, name: str) -> tuple[int, str]:
    """What a page says, without what is of the moment."""
    answered = client.get(reverse(name))
    return answered.status_code, re.sub(r"\d{1,2}:\d\d(:\d\d)?", "", seen(answered))


def test_who_may_open_no_record_sees_no_page_change_when_records_come(small: World) -> None:
    """Records that come are seen by nobody who may not open them, until the protected figures are worked out anew."""
    plain = sorted(
        name
        for name in FOR_THOSE_WHO_MAY_OPEN | PROTECTED | RELEASED | {"home", "journey", "lists", "relations"}
        if no_arguments(name)
    )
    assert len(plain) > 25
    clients = {whom: visit(small, whom) for whom in BLIND} | {"": Client()}
    before = {(whom, name): said(client, name) for whom, client in clients.items() for name in plain}
    for _ in range(2):
        small.refer()
    east = watch_areas_of(small)
    put_counts(small, east, [(datetime.now(UTC).date() - timedelta(days=1), 3)])
    for (whom, name), was in before.items():
        assert said(clients[whom], name) == was, (whom, name)


def watch_areas_of(world: World):
    from evenhand.records.watch import WatchArea

    return WatchArea.objects.using("admin").get(code=f"east-{world.tag}".lower())


def no_arguments(name: str) -> bool:
    from django.urls import NoReverseMatch

    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


def test_boards_of_single_days_are_closed_to_whoever_may_not_open_incidents(small: World) -> None:
    """Days, alarms and comparisons are unprotected, so they are for those who may open the incidents alone."""
    for whom in BLIND:
        client = visit(small, whom)
        for name in ("unusual", "unusual_event", "incidents", "incident_pairs", "responses", "tension"):
            assert client.get(reverse(name)).status_code == 403, (whom, name)
        place = reverse("unusual_series", args=[f"east-{small.tag}".lower(), "all"])
        assert client.get(place).status_code == 403
    asked = {"event-day": "1", "event-month": "6", "event-year": "2026", "area": f"east-{small.tag}".lower(), "strand": "all"}  # fmt: skip
    answered = visit(small, "analyst@force").post(reverse("before_after"), asked)
    assert answered.status_code == 422
    assert "<svg" not in answered.content.decode().split("<main")[1].split("</main>")[0]
