"""What came to peers through doors: set-up routes, guessed addresses, old sign-ins, locks that the API did not know, spikes."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client, override_settings
from django.urls import get_resolver, resolve

from evenhand.casework.hand_over import hand_over_all
from evenhand.casework.refer import refer
from evenhand.gate.act import Act, Refused
from evenhand.gate.entry import now, open_session
from evenhand.records.decision import Decision
from evenhand.records.practitioner import RoleHolding
from evenhand.records.user import User
from tests import roads
from tests.faults.attacks import admin, attack
from tests.faults.test_keys_and_disk import TOLD
from tests.visiting import open_case, seen, visit
from tests.web import test_refer as form
from tests.world import World, raw

OFFICER = "gateway_officer@force"
START = datetime(2026, 1, 12, 10, tzinfo=UTC)
SET_UP = (
    "setup", "install", "wizard", "admin", "admin/login", "init", "signup", "register", "sign-up", "accounts/signup", "first-run",
    "api/v1/setup", "api/v1/users", "api/v1/admin", "debug", "__debug__", "graphql", "api/docs", "api/v1/docs",
)  # fmt: skip


@pytest.mark.parametrize("path", SET_UP)
def test_no_set_up_route_is_left_over(database: None, path: str):
    before = User.objects.count()
    for client in (Client(), Client(REMOTE_ADDR="127.0.0.1")):
        for slash in ("", "/"):
            told = {"username": "root", "email": "root@example.org", "password": "x" * 20, "login": "root"}
            for answer in (client.get(f"/{path}{slash}"), client.post(f"/{path}{slash}", told)):
                assert answer.status_code in (301, 302, 401, 403, 404, 405), (path, answer.status_code)
                assert "evenhand_entry" not in answer.cookies
    assert User.objects.count() == before


def test_the_history_of_a_case_asks_what_the_case_asks(world: World):
    """Its looks, the record of its acts, each proof, the raw lines: nobody who may not open the case gets one of them."""
    case_id = world.refer(at=START).case_id
    roads.supported(world, case_id, at=START)
    lines = admin("select entry_id from entry_of where case_id = %s order by 1", [case_id])
    assert len(lines) > 5
    for whom in (
        "safeguarding_lead@health",
        "panel_chair@other_council",
        "analyst@force",
        "administrator@force",
        "provider@provider",
    ):
        client = visit(world, whom)
        for address in (
            f"/case/{case_id}/record/",
            f"/case/{case_id}/record/{lines[0][0]}/",
            f"/case/{case_id}/looks/",
        ):
            assert client.get(address).status_code == 404, (whom, address)
        with world.enter(whom):
            if whom != "provider@provider":
                asked = "select count(*) from wall.lines_of(%s)"
                assert attack(asked, [case_id]) == attack(asked, [uuid4()]) == ("refused", "P0002"), whom
            assert raw("select count(*) from decision where case_id = %s and part = 'file'", [case_id]) == [
                (0,)
            ]


def test_a_line_of_one_case_is_not_read_through_another(world: World):
    mine, theirs = world.refer().case_id, world.refer(area="far").case_id
    line = admin("select entry_id from entry_of where case_id = %s limit 1", [theirs])[0][0]
    client = visit(world, OFFICER)
    open_case(client, mine)
    assert client.get(f"/case/{mine}/record/{line}/").status_code == 404
    assert client.get(f"/case/{mine}/record/{10**9}/").status_code == 404


def _old(client: Client) -> Client:
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1.0}]
    session.save()
    return client


GRAVE = (
    ("administrator@force", "/administration/people/{person}/", {"doing": "role", "role": "administrator"}),
    ("administrator@force", "/administration/people/add/", {"name": "Somebody", "agency": ""}),
    (OFFICER, "/exports/ask/", {"what": "cases", "purpose": "All of it.", "cap": "50"}),
    (OFFICER, "/exports/{none}/", {"agreed": "yes", "reason": "x"}),
    (OFFICER, "/exports/{none}/take/", {}),
    ("data_protection_officer@force", "/rights/{none}/pack/", {}),
    ("duty_officer@force", "/break-glass/", {"reference": "AAAA-BBBB", "reason": "A knife at the gate.", "known": "yes"}),
    ("analyst@force", "/publish/{none}/", {"doing": "sign"}),
    (OFFICER, "/own-key/", {"doing": "make", "passphrase": "lamp river seven coats", "again": "lamp river seven coats"}),
    (OFFICER, "/api-keys/", {"name": "x"}),
    (OFFICER, "/two-step/passkeys/add/", {"name": "x"}),
    (OFFICER, "/two-step/app/", {"code": "000000"}),
)  # fmt: skip


@pytest.mark.parametrize(("whom", "address", "sent"), GRAVE, ids=[g[1] for g in GRAVE])
def test_what_does_lasting_harm_asks_for_a_fresh_sign_in(
    world: World, whom: str, address: str, sent: dict[str, str]
):
    path = address.format(person=world.people[OFFICER].id, none=uuid4())
    resolve(path)  # a page that is gone or has moved fails here, and is not passed over
    before = admin("select (select count(*) from own_key), (select count(*) from export_request), (select count(*) from role_holding),"
                   " (select count(*) from break_glass), (select count(*) from practitioner)")  # fmt: skip
    answer = _old(visit(world, whom)).post(path, sent, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code in (302, 403), (address, answer.status_code)
    if answer.status_code == 302:
        assert "/sign-in/again/" in answer["Location"], answer["Location"]
    else:
        assert "password" in seen(answer).lower()
    after = admin("select (select count(*) from own_key), (select count(*) from export_request), (select count(*) from role_holding),"
                  " (select count(*) from break_glass), (select count(*) from practitioner)")  # fmt: skip
    assert before == after


@pytest.mark.parametrize("host", ["testserver.evil.example", "eviltestserver", "evil.example", "testserver@evil.example", "localhost.evil.example"])  # fmt: skip
def test_a_name_that_ends_or_begins_like_ours_is_not_ours(world: World, host: str):
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        assert Client(raise_request_exception=False).get("/", HTTP_HOST=host).status_code == 400
    client = Client(raise_request_exception=False)
    user = world.user(OFFICER)
    cache.clear()
    for target in (f"https://{host}/", f"//{host}/", f"https:{host}", f"/\\{host}"):
        signed = client.post(
            "/sign-in/", {"login": user.email, "password": "correct horse battery", "next": target}
        )
        assert host not in signed.get("Location", ""), target
        client.post("/sign-out/")


def test_the_lock_of_a_review_holds_at_the_machine_door_too(world: World):
    """Whoever assessed cannot decide, whoever decided cannot look again: on the page and through the API alike."""
    case_id = world.refer(at=START).case_id
    ids = roads.screened(world, case_id, at=START)
    both = "gateway_supervisor@force"
    RoleHolding.objects.using("admin").create(
        practitioner=world.people[both],
        role="gateway_officer",
        agency=world.agencies["force"],
        from_date=date(2020, 1, 1),
    )
    world.take(case_id, both, "assess", "recorded", roads.assessment(ids), at=START)
    wanted = {"outcome": "clear", "answers": {"evidence": ids, "reason": "Mine."}, "reason": "Mine."}
    answer = Client().post(
        f"/api/v1/cases/{case_id}/steps/decide_gateway", wanted, content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {open_session(world.people[both].id)}",
    )  # fmt: skip
    assert answer.status_code in (403, 409, 422), answer.content
    assert "assess" in answer.content.decode().lower(), "it says why"
    page = visit(world, both).post(
        f"/case/{case_id}/step/decide_gateway/", {"outcome": "clear", "reason": "Mine."}
    )
    assert page.status_code in (403, 422)
    with pytest.raises(Refused):
        world.take(case_id, both, "decide_gateway", "clear", {"evidence": ids})
    assert admin(
        "select count(*) from decision where case_id = %s and step = 'decide_gateway'", [case_id]
    ) == [(0,)]


def test_handing_over_everything_writes_nothing_to_what_one_is_kept_out_of(world: World):
    """The one act on many cases at once: it leaves out, uncounted, what whoever does it is kept out of."""
    world.add("gateway_officer", "force", key="second@force")
    first, boss = world.people[OFFICER], world.people["administrator@force"]
    cases = [world.refer().case_id for _ in range(3)]
    admin("update case_file set owner_id = %s where id = any(%s)", [first.id, cases])
    raw(
        "insert into kept_out (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, ground, state)"
        " values (gen_random_uuid(), %s, 'file', now(), %s, '{}', '{}', %s, 'close', 'kept_out')",
        [cases[0], first.id, boss.id],
        alias="admin",
    )
    raw("select wall.rewall(%s)", [cases[0]], alias="admin")
    before = admin("select count(*) from decision where case_id = %s", [cases[0]])
    with world.enter("administrator@force") as who:
        told = hand_over_all(
            first.id,
            world.people["second@force"].id,
            who,
            ground=world.code("assign_reasons"),
            reason="On leave.",
        )
    assert told == (2, 0)
    assert admin("select count(*) from decision where case_id = %s", [cases[0]]) == before
    assert admin("select owner_id from case_file where id = %s", [cases[0]]) == [(first.id,)]
    with world.enter("second@force"):
        assert Decision.objects.filter(case_id=cases[1], step="assign").count() == 1


def test_twelve_reports_at_once_are_twelve_cases_with_twelve_references(world: World):
    """A number that counts up would be fought over, and would tell how many there are."""
    with world.enter("safeguarding_lead@school"):
        pass

    def one(number: int) -> tuple[UUID, str]:
        try:
            with world.enter("safeguarding_lead@school") as who:
                told = TOLD | {"what_happened": f"The {number}th thing."}
                done = refer(
                    Act("refer", "received", told, "x"),
                    who,
                    now=now(),
                    area=world.areas["town"].code,
                    door="page",
                )
            return done.case_id, done.reference
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(one, range(12)))
    assert len({case for case, _ in found}) == len({reference for _, reference in found}) == 12
    kept = admin("select count(*) from case_file where id = any(%s)", [[case for case, _ in found]])
    assert kept == [(12,)]


def test_nothing_that_the_outside_sees_counts_up(world: World):
    """Names of cases, files, requests and exports are drawn, never counted: addresses hold no number but of a line of a record."""
    counted = []
    for pattern in get_resolver("evenhand.web.urls").url_patterns:
        text = str(pattern.pattern)
        counted += [text] if re.search(r"<int:", text) else []
    # One's own passkeys have a number in the library's table, and nobody else's page names it.
    counted = [text for text in counted if not text.startswith("two-step/")]
    assert counted == ["case/<uuid:case_id>/record/<int:entry_id>/"]


def test_thirty_reports_from_one_address_within_a_minute_are_all_taken(world: World):
    """A day on which many report is the day on which nobody may be turned away."""
    cache.clear()
    taken = set()
    for _ in range(30):
        client = Client(REMOTE_ADDR="192.0.2.44")
        form.answer(world, client)
        taken.add(form.reference_of(form.send(client)))
    assert len(taken) == 30
    for _ in range(30):
        assert Client(REMOTE_ADDR="192.0.2.44").post("/alert/", {"what": "A knife"}).status_code == 302


def test_guessing_the_code_of_the_second_step_is_slowed(world: World):
    """Six digits are a million tries: after a few wrong ones the door closes for a while."""
    from tests.web.test_sign_in import _turn_on_codes

    cache.clear()
    user = world.user(OFFICER)
    client = Client(raise_request_exception=False)
    client.post("/sign-in/", {"login": user.email, "password": "correct horse battery"})
    _turn_on_codes(client)
    half = Client(raise_request_exception=False)
    half.post("/sign-in/", {"login": user.email, "password": "correct horse battery"})
    said = [half.post("/two-step/code/", {"code": f"{n:06d}"}) for n in range(15)]
    assert "too many" in seen(said[-1]).lower() or said[-1].status_code == 429
    cache.clear()


def test_no_list_of_users_is_given_out(world: World):
    """Neither a stranger nor a key of the machine door gets names of people who work here by asking for a list."""
    described = Client().get("/api/v1/openapi.json")
    paths = str(described.content) if described.status_code == 200 else ""
    assert not re.search(r"/(users|people|practitioners|staff|accounts)\b", paths)
    names = [person.name for person in world.people.values()]
    for address in (
        "/",
        "/refer/",
        "/statistics/",
        "/commitments/",
        "/record/",
        "/sign-in/",
        "/alert/",
        "/healthz",
        "/ledger/checkpoint",
    ):
        body = Client().get(address).content.decode()
        assert not [name for name in names if name in body], address
