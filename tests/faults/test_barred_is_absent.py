"""For whoever is barred, a case is one that does not exist: at every door, for every role, in words, statements and pages read."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client

from evenhand.casework import exporting, rights
from evenhand.casework.break_glass import break_glass
from evenhand.casework.meetings import call
from evenhand.cli import explain
from evenhand.cli.main import CommandError, words
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import now, open_session
from evenhand.operations import worker
from evenhand.records.case import Case
from evenhand.records.duty import Notice
from evenhand.records.evidence import Document
from evenhand.records.wall.build import row_models
from tests.faults import doors
from tests.faults.attacks import admin
from tests.operations.test_duties import work_off
from tests.roads import screened
from tests.visiting import visit
from tests.world import World, nothing_owed, raw

NAME = "Xanthippe Nowhere"
KNOWN_AS = "Ysolde Elsewhere"
"""What another case calls the same person, which some of the partnership may see."""
ROLES = (
    "gateway_officer@force", "gateway_supervisor@force", "case_officer@force", "deconfliction_officer@force",
    "duty_officer@force", "duty_officer@council", "data_protection_officer@force", "administrator@force", "analyst@force",
    "independent_handler@force", "panel_chair@council", "panel_member@council", "social_care_lead@council",
    "safeguarding_lead@school", "provider@provider", "integrity_supervisor@force", "staff_support_lead@force",
)  # fmt: skip
# Roles whose lists are looked at again once every job of the house has run, and whose pages read are counted.
SOME = (
    "gateway_officer@force",
    "administrator@force",
    "data_protection_officer@force",
    "panel_chair@council",
)


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


@dataclass(frozen=True)
class Scene:
    """A partnership, a case of which everybody in it is kept out, and how its lists looked before there was one."""

    world: World
    case_id: UUID
    reference: str
    known: dict[str, str]
    more: tuple[str, ...]
    before: dict[str, dict[str, doors.Answer]]
    standing: dict[str, list[Any]]

    def look(self, whom: str) -> dict[str, doors.Answer]:
        """Look at every list as somebody."""
        return _look(self.world, whom, self.more)


def _look(world: World, whom: str, more: tuple[str, ...]) -> dict[str, doors.Answer]:
    client, token = visit(world, whom), open_session(world.people[whom].id)
    for address in ("/worklist/", *more):  # what is remembered on the first knock is remembered
        client.get(address)
    return doors.of_lists(client, token, *more)


def _standing(world: World, whom: str, case_id: UUID) -> list[Any]:
    with world.enter(whom):
        found = raw("select wall.standing(%s, false, null)", [case_id])[0][0]
    told = json.loads(found) if isinstance(found, str) else found
    return [{name: value for name, value in told.items() if name != "now"}] if told else []


@pytest.fixture(scope="module")
def scene(database: None) -> Scene:
    """Another case about the same person, a meeting and a request are there first; the case itself comes after the first look."""
    cache.clear()
    nothing_owed()
    world, moment = World.make(), datetime.now(UTC)
    other = world.refer(names=KNOWN_AS)
    screened(world, other.case_id, at=moment, names=KNOWN_AS)
    with world.enter("panel_coordinator@council") as who:
        meeting = call(
            who, agency=world.agencies["council"].id, starts_at=moment, where="Town Hall",
            members=[world.people[k].id for k in ("panel_chair@council", "panel_member@council")], now=now(),
        )  # fmt: skip
    world.add("data_protection_officer", "force", key="second officer@force")
    with world.enter("data_protection_officer@force") as who:
        told = {
            "kind": "access",
            "name": NAME,
            "asks": "All?",
            "checked": "Passport.",
            "received_on": moment.date().isoformat(),
        }
        request = rights.take_request(told, who, now=now())
    world.add("gateway_officer", "other_force", key="outside")
    outside = world.people.pop("outside")
    work_off()
    more = tuple(
        f"/case/{other.case_id}/{page}"
        for page in ("", "print/", "step/identify/", "step/link/", "step/add_note/")
    )
    more += (
        f"/meetings/{meeting}/",
        f"/meetings/{meeting}/minutes/",
        f"/rights/{request}/",
        f"/rights/{request}/letter/",
    )
    before = {whom: _look(world, whom, more) for whom in ROLES}
    standing = {whom: _standing(world, whom, other.case_id) for whom in ROLES}

    done = world.refer(names=NAME)
    t = world.take
    t(
        done.case_id,
        "deconfliction_officer@force",
        "deconflict",
        "proceed",
        {"checked": "Live work."},
        at=moment,
    )
    t(
        done.case_id,
        "gateway_officer@force",
        "screen",
        "proceed",
        {"concern": world.code("concerns")},
        at=moment,
    )
    t(
        done.case_id,
        "gateway_officer@force",
        "identify",
        "new_person",
        {"names": NAME, "born": "2009-05-04"},
        at=moment,
    )
    same = "update case_file set person_id = (select person_id from case_file where id = %s) where id = %s"
    admin(same, [other.case_id, done.case_id])
    fact = {"kind": "fact", "what": "He said so.", "source": world.code("evidence_sources")}
    t(done.case_id, "gateway_officer@force", "add_evidence", "added", fact, at=moment)
    admin(
        "insert into agenda_item (id, case_id, part, recorded_at, recorded_by, aud, bar, meeting_id, position)"
        " values (gen_random_uuid(), %s, 'file', now(), gen_random_uuid(), '{}', '{}', %s, 1)",
        [done.case_id, meeting],
    )
    document = uuid4()
    admin(
        "insert into document (id, case_id, part, recorded_at, recorded_by, aud, bar, size, sha256, checked, sealed)"
        " values (%s, %s, 'file', now(), gen_random_uuid(), '{}', '{}', 5, '', 'x', '')",
        [document, done.case_id],
    )
    with world.enter("duty_officer@council") as who:
        break_glass(done.reference, "Somebody is at the door with a knife.", who)
    with world.enter("second officer@force") as who:
        rights.matches(request, NAME, who, now=now())
        rights.say_it_is_theirs(request, done.case_id, who, now=now())
    shut_out(world, done.case_id)
    # Whoever owned it has handed it on, as in the act that bars them.
    admin("update case_file set owner_id = %s where id = %s", [outside.id, done.case_id])
    one = lambda statement: str(admin(statement, [done.case_id])[0][0])  # noqa: E731 - three of a kind
    known = {
        "case": str(done.case_id), "ref": done.reference, "name": NAME, "document": str(document), "request": str(request),
        "line": one("select min(entry_id) from entry_of where case_id = %s"),
        "evidence": one("select id from evidence where case_id = %s limit 1"),
        "glass": one("select id from break_glass where case_id = %s limit 1"),
    }  # fmt: skip
    assert Document.objects.using("admin").filter(id=document).exists()
    return Scene(world, done.case_id, done.reference, known, more, before, standing)


def absent(scene: Scene) -> dict[str, str]:
    """Return names of things that never were."""
    never = {key: str(uuid4()) for key in ("case", "document", "evidence", "glass")}
    return (
        scene.known
        | never
        | {"ref": "ZZZZ-ZZZZ", "name": "Zeno Nothere", "line": str(10**9 + uuid4().int % 10**6)}
    )


def test_every_address_there_is_has_an_answer():
    """A page that names something in its address says whether that hangs on a case; so a new one is not forgotten."""
    routes = doors.routes()
    with_parts = {name for name, parts in routes.items() if parts}
    answered = set(doors.OF_A_CASE) | set(doors.NOT_ABOUT_A_CASE)
    assert with_parts - answered == set(), "say in tests/faults/doors.py what of a case these addresses name"
    assert answered - with_parts == set(), "these addresses are gone"
    for name, parts in doors.OF_A_CASE.items():
        assert set(routes[name]) == set(parts), name
    assert not [name for name in doors.NOT_ABOUT_A_CASE if "case_id" in routes[name]]
    assert {path for _, path in doors.api_doors() if "{" in path} == {
        "/api/v1/cases/{case_id}",
        "/api/v1/cases/{case_id}/steps/{step}",
    }


@pytest.mark.parametrize("whom", ROLES)
def test_every_door_answers_as_if_the_case_were_not_there(scene: Scene, whom: str):
    """Byte for byte, statement for statement, line for line of the log."""
    client, token = visit(scene.world, whom), open_session(scene.world.people[whom].id)
    client.get("/worklist/")
    warm = 0
    for _ in doors.of_a_case(
        client, token, absent(scene)
    ):  # what is remembered on the first knock is remembered
        warm += 1
    mine = list(doors.of_a_case(client, token, scene.known))
    nobody = list(doors.of_a_case(client, token, absent(scene)))
    assert len(mine) == warm >= 25
    for one, other in zip(mine, nobody, strict=True):
        assert one == other, one.door


@pytest.mark.parametrize("whom", ROLES)
def test_every_list_reads_as_before_there_was_a_case(scene: Scene, whom: str):
    """Lists, forms, searches, meetings, requests, and the page of another case about the same person: nothing has changed."""
    after = scene.look(whom)
    assert after.keys() == scene.before[whom].keys()
    for door, answer in after.items():
        assert answer == scene.before[whom][door], door


@pytest.mark.parametrize("whom", ROLES)
def test_what_conditions_see_of_the_other_case_has_not_changed(scene: Scene, whom: str):
    assert json.dumps(
        _standing(scene.world, whom, UUID(scene.more[0].split("/")[2])), default=str
    ) == json.dumps(scene.standing[whom], default=str)


@contextmanager
def _reading(pages: list[int]) -> Iterator[None]:
    """Count the pages of the database that every question asked inside touches."""
    inside = False

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        nonlocal inside
        if (
            not inside
            and not many
            and connection.in_atomic_block
            and re.match(r"\s*(select|with)\b", sql, re.IGNORECASE)
        ):
            inside = True
            try:
                point = connection.savepoint()
                plan = raw("explain (analyze, buffers, format json) " + sql, params)[0][0]
                top = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
                pages.append(int(top["Shared Hit Blocks"] + top["Shared Read Blocks"]))
                connection.savepoint_rollback(point)
            finally:
                inside = False
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield


@pytest.mark.parametrize("whom", SOME)
def test_the_pages_of_the_database_touched_differ_by_the_row_alone(scene: Scene, whom: str):
    """A barred case is a row that is found and not shown: a few pages, which no clock outside the database sees."""
    client, token = visit(scene.world, whom), open_session(scene.world.people[whom].id)

    def touched(known: dict[str, str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        walk = doors.of_a_case(client, token, known)
        while True:
            pages: list[int] = []
            with _reading(pages):
                answer = next(walk, None)
            if answer is None:
                return found
            found[answer.door] = pages

    touched(absent(scene))
    # Of three looks the least: a page that grows, or a catalogue read anew, is nobody's doing.
    mine, nobody = (
        {door: min((look[door] for look in looks), key=sum) for door in looks[0]}
        for looks in ([touched(k) for _ in range(3)] for k in (scene.known, absent(scene)))
    )
    for door, pages in mine.items():
        assert len(pages) == len(nobody[door]), door
        most = MOST_PAGES_OF_A_NAME if "{name}" in door else MOST_PAGES
        assert abs(sum(pages) - sum(nobody[door])) <= most, (door, pages, nobody[door])


MOST_PAGES = 6
# A name that stands in the index is found there before the wall takes it away: its words and the case's part are read.
MOST_PAGES_OF_A_NAME = 8


def test_no_job_of_the_house_tells_anybody(scene: Scene):
    """Every round and every duty, then the lists again: no row, notice, letter, task or digest has come of it."""
    world, people = scene.world, [person.id for person in scene.world.people.values()]
    told = [
        {
            "template": "danger_now",
            "to": [["gateway_officer", str(world.agencies["force"].id)], ["owner", ""], ["reporter", ""]],
        },
        {"template": "x", "to": [["panel_chair", str(world.agencies["council"].id)]]},
    ]
    for contents in told:
        raw(
            "insert into duty (id, case_id, kind, contents, once, due_at, tries, trouble)"
            " values (gen_random_uuid(), %s, 'notify', %s, %s, now(), 0, '')",
            [scene.case_id, json.dumps(contents), f"t:{uuid4()}"],
            alias="admin",
        )
    mails = "select count(*) from duty where kind = 'mail' and contents->>'to' = any (%s)"
    addresses = [person.email for person in world.people.values()]
    before = admin(mails, [addresses])
    known = set(Notice.objects.using("admin").values_list("id", flat=True))
    with as_worker():
        for _, job in worker.ROUNDS:
            job()
    work_off()
    assert admin(mails, [addresses]) == before
    new = Notice.objects.using("admin").filter(practitioner__in=people).exclude(id__in=known)
    assert list(new.values_list("kind", "text", "case_id")) == []
    for whom in SOME:
        after = scene.look(whom)
        for door, answer in after.items():
            assert answer == scene.before[whom][door], (whom, door)


def test_no_row_no_list_no_index(scene: Scene):
    world, case_id = scene.world, scene.case_id
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
            assert raw(
                "select count(*) from wall.search_names(array['xanthippe'], 50) where case_id = %s", [case_id]
            ) == [(0,)], whom


@pytest.mark.parametrize("whom", ROLES)
def test_no_export_holds_it(scene: Scene, whom: str):
    with scene.world.enter(whom):
        for what in exporting.COLUMNS:
            rows = list(exporting._rows(what, 5000))
            assert not [row for row in rows if scene.reference in map(str, row)], what
        assert len(list(exporting._rows("cases", 5000))) == min(5000, Case.objects.count())


@pytest.mark.parametrize("whom", ["safeguarding_lead@school", "gateway_officer@force"])
def test_reporting_the_same_person_again_prompts_nothing(scene: Scene, whom: str):
    token = open_session(scene.world.people[whom].id)

    def report(name: str) -> doors.Answer:
        told = {
            "danger": "no",
            "what_happened": "Talk.",
            "why_now": "Now.",
            "names": name,
            "sector": "education",
        }
        body = {"area": scene.world.areas["town"].code, "answers": told, "once": str(uuid4()), "reason": "x"}
        headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
        found = doors.answer(
            "referrals", lambda: Client().post("/api/v1/referrals", json.dumps(body), content_type="application/json", **headers), name
        )  # fmt: skip
        return replace(
            found, body=re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[2-9A-Z]{4}-[2-9A-Z]{4}", "ID", found.body)
        )

    report("Warm Up")
    assert report(NAME) == report("Zeno Nothere")


# The commands of operators: who sees a case through each. A new one fails until it is said here.
COMMANDS = {
    "explain": "as somebody", "ledger": "as somebody", "refer": "as somebody", "incidents": "as somebody",
    **dict.fromkeys(("account", "audit", "backup", "bench", "count", "database", "demo", "docs", "doctor", "export", "keys", "migrate",
                     "policy", "publish", "restore", "retention", "seed", "serve", "watch", "witness", "work"), "by whoever runs the machine"),
}  # fmt: skip


def test_every_command_says_whose_eyes_it_has():
    assert set(words()) == set(COMMANDS)


@pytest.mark.parametrize("whom", ROLES)
def test_a_command_with_somebodys_eyes_does_not_see_it(scene: Scene, whom: str, capsys):
    from evenhand.cli import ledger

    email = scene.world.user(whom).email
    said = []
    for reference in (scene.reference, "ZZZZ-ZZZZ"):
        for ask in (
            lambda reference=reference: explain._case(reference, email),
            lambda reference=reference: ledger._cases(
                Namespace(case=[reference], email=email, ground="own_work")
            ),
        ):
            with pytest.raises(CommandError) as refused:
                ask()
            said.append((doors.plain(str(refused.value), reference), capsys.readouterr()))
    assert said[:2] == said[2:]
