"""For whoever is barred, at every door, a case answers as one that does not exist: byte for byte, query for query."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evenhand.gate.entry import open_session
from evenhand.records.case import Case
from evenhand.records.duty import Notice
from evenhand.records.wall.build import row_models
from tests.operations.test_duties import work_off
from tests.roads import screened
from tests.visiting import visit
from tests.world import World, raw

NAME = "Xanthippe Nowhere"


@dataclass(frozen=True)
class Answer:
    """What a door gave back, with what is random or echoed taken out, and how many statements it took."""

    door: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    queries: int


def plain(text: str, *echoed: str) -> str:
    """Return a body without nonces, times and what was asked for."""
    for word in echoed:
        text = text.replace(word, "REF").replace(word.upper(), "REF")
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)
    text = re.sub(r'name="once" value="[^"]*"', "", text)
    text = re.sub(r"nonce[-=]\S+", "", text)
    return re.sub(r"\d{1,2}:\d{2}(:\d{2})?( ?[ap]m)?", "", text)


PAGES = ("case/{id}/", "case/{id}/print/", "case/{id}/why/", "case/{id}/looks/", "case/{id}/record/", "case/{id}/step/add_note/",
         "case/{id}/step/keep_out/", "case/{id}/document/{id}/", "case/{id}/letter/", "rights/{id}/", "exports/{id}/")  # fmt: skip
POSTS = (
    ("case/{id}/why/", {"ground": "own_work"}),
    ("case/{id}/step/add_note/", {"outcome": "added", "kind": "case", "text": "x", "reason": "x"}),
    ("case/{id}/step/danger_now/", {"outcome": "reported", "what": "x"}),
    ("case/{id}/step/declare_interest/", {"outcome": "declared", "kind": "friend"}),
    ("search/", {"asked": "{ref}"}),
    ("search/", {"asked": "{name}"}),
    (
        "break-glass/",
        {"reference": "{ref}", "reason": "Somebody is at the gate with a knife.", "known": "yes"},
    ),
)
API = (
    ("get", "/api/v1/cases/{id}?ground=own_work", None),
    ("post", "/api/v1/cases/{id}/steps/add_note", {"outcome": "added", "answers": {"kind": "case", "text": "x"}, "reason": "x"}),
    ("post", "/api/v1/cases/{id}/steps/danger_now", {"outcome": "reported", "answers": {"what": "x"}, "reason": "x"}),
    ("get", "/api/v1/worklist", None),
)  # fmt: skip


def answers(client: Client, token: str, case_id: UUID, reference: str, name: str) -> list[Answer]:
    """Knock at every door for one case."""
    known = {"id": str(case_id), "ref": reference, "name": name}
    echoed = (str(case_id), reference, name)
    found = []

    def keep(door: str, knock) -> None:
        with CaptureQueriesContext(connection) as queries:
            answered = knock()
        headers = tuple(
            (k, plain(v, *echoed))
            for k, v in sorted(answered.items())
            if k not in {"Content-Length", "Set-Cookie"}
        )
        body = plain(answered.content.decode(), *echoed)
        found.append(Answer(door, answered.status_code, headers, body, len(queries)))

    for page in PAGES:
        keep(page, lambda page=page: client.get("/" + page.format(**known)))
    for page, sent in POSTS:
        given = {key: value.format(**known) for key, value in sent.items()}
        keep(
            f"POST {page} {','.join(sent)}",
            lambda page=page, given=given: client.post("/" + page.format(**known), given),
        )
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    for method, page, sent in API:
        if method == "get":
            keep(page, lambda page=page: Client().get(page.format(**known), **headers))
        else:
            keep(
                page,
                lambda page=page, sent=sent: Client().post(
                    page.format(**known), json.dumps(sent), content_type="application/json", **headers
                ),
            )
    return found


def shut_out(world: World, case_id: UUID) -> None:
    """Keep everybody of a partnership out of a case, as somebody independent would."""
    with connections["admin"].cursor() as cursor:
        for person in world.people.values():
            cursor.execute(
                "insert into kept_out (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, ground, state)"
                " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', %s, 'close', 'kept_out')",
                [case_id, person.id, person.id],
            )
        cursor.execute("select wall.rewall(%s)", [case_id])


@pytest.fixture(scope="module")
def barred(database: None) -> tuple[World, UUID, str]:
    """A case that has gone some way, of which everybody in the partnership has been shut out."""
    from datetime import UTC, datetime

    world = World.make()
    done = world.refer(names=NAME)
    screened(world, done.case_id, at=datetime.now(UTC), names=NAME)
    shut_out(world, done.case_id)
    return world, done.case_id, done.reference


ROLES = (
    "gateway_officer@force", "gateway_supervisor@force", "case_officer@force", "deconfliction_officer@force",
    "duty_officer@force", "duty_officer@council", "data_protection_officer@force", "administrator@force", "analyst@force",
    "independent_handler@force", "panel_chair@council", "panel_member@council", "social_care_lead@council",
    "safeguarding_lead@school", "provider@provider", "integrity_supervisor@force", "staff_support_lead@force",
)  # fmt: skip


@pytest.mark.parametrize("whom", ROLES)
def test_every_door_answers_as_if_the_case_were_not_there(
    barred, whom: str, caplog: pytest.LogCaptureFixture
):
    world, case_id, reference = barred
    client, token = visit(world, whom), open_session(world.people[whom].id)
    absent = uuid4()
    client.get("/worklist/")
    with caplog.at_level(logging.DEBUG, logger="evenhand"):
        answers(
            client, token, uuid4(), "YYYY-YYYY", "Yolanda Nothere"
        )  # what is remembered on the first knock is remembered
        mine = answers(client, token, case_id, reference, NAME)
        logged_mine = [plain(r.getMessage(), str(case_id), reference, NAME) for r in caplog.records]
        caplog.clear()
        nobody = answers(client, token, absent, "ZZZZ-ZZZZ", "Zeno Nothere")
        logged = [plain(r.getMessage(), str(absent), "ZZZZ-ZZZZ", "Zeno Nothere") for r in caplog.records]
    for one, other in zip(mine, nobody, strict=True):
        assert one == other, one.door
    assert set(logged_mine) >= set(logged)


def test_no_row_no_list_no_notice_no_statistic(barred):
    world, case_id, _reference = barred
    raw(
        "insert into duty (id, case_id, kind, contents, once, due_at, tries, trouble) values (gen_random_uuid(), %s, 'notify', %s, %s, now(), 0, '')",
        [case_id, json.dumps({"template": "x", "to": [["gateway_officer", str(world.agencies["force"].id)], ["owner", ""]]}), f"t:{uuid4()}"],
        alias="admin",
    )  # fmt: skip
    work_off()
    assert not Notice.objects.using("admin").filter(
        case_id=case_id, practitioner__in=list(world.people.values()), text__contains="x", kind="notify", made_at__isnull=True
    ).exists()  # fmt: skip
    for whom in world.people:
        with world.enter(whom) as who:
            assert not Case.objects.filter(id=case_id).exists(), whom
            for model in row_models():
                assert not model.objects.filter(case_id=case_id).exists(), (whom, model)
            assert not Notice.objects.filter(case_id=case_id, practitioner_id=who.practitioner_id).exists(), (
                whom
            )
            listed = raw(
                "select count(*) from wall.worklist(false, 900, '-infinity', '00000000-0000-0000-0000-000000000000') where case_id = %s",
                [case_id],
            )
            assert listed == [(0,)], whom


def buffers(statement: str, parameters: list[object]) -> int:
    """Return how many pages of the database a statement touches."""
    plan = raw("explain (analyze, buffers, format json) " + statement, parameters)[0][0]
    told = plan if isinstance(plan, list) else json.loads(plan)
    top = told[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


@pytest.mark.parametrize(
    "statement", ["select wall.standing(%s, false, null)", "select * from wall.case_page(%s)", "select * from wall.looks_of(%s, true, null, null, 50)"]
)  # fmt: skip
def test_the_pages_of_the_database_touched_differ_by_the_row_alone(barred, statement: str):
    """A barred case is a row that is found and not shown: one page or two, which no clock outside the database sees."""
    world, case_id, _ = barred
    with world.enter("gateway_officer@force"):
        for _ in range(3):
            buffers(statement, [case_id]), buffers(statement, [uuid4()])
        mine, nobody = buffers(statement, [case_id]), buffers(statement, [uuid4()])
    assert abs(mine - nobody) <= 6, (mine, nobody)
