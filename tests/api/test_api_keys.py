"""A key opens what its scopes say, until its day, shown once, kept as a hash, and every use is on record."""

from __future__ import annotations

import json
import re
from datetime import date
from uuid import uuid4

import pytest
from django.test import Client

from evenhand.casework.break_glass import break_glass
from evenhand.gate.entry import now
from evenhand.operations import roles
from tests.visiting import seen, visit
from tests.world import World, raw


def made(world: World, whom: str, *scopes: str, days: int = 30) -> tuple[Client, str]:
    client = visit(world, whom)
    page = client.post("/api-keys/", {"doing": "make", "name": "Register", "scopes": scopes, "days": days})
    found = re.search(r"evh_[\w-]{40,}", page.content.decode())
    assert found, page.content.decode()
    return client, found[0]


def call(token: str, path: str, body: object = None) -> int:
    client = Client(raise_request_exception=False)
    header = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    if body is None:
        return client.get(f"/api/v1/{path}", **header).status_code
    return client.generic(
        "POST", f"/api/v1/{path}", json.dumps(body), "application/json", **header
    ).status_code


def lines() -> int:
    return raw("select count(*) from ledger_entry", alias="admin")[0][0]


def test_a_key_opens_what_its_scopes_say_and_nothing_else(world: World):
    _, token = made(world, "gateway_officer@force", "worklist")
    case_id = world.refer().case_id
    before = lines()
    assert call(token, "worklist") == 200
    assert lines() > before, "its use is on record"
    assert call(token, f"cases/{case_id}?ground=my+work") == 401
    assert (
        call(token, "referrals", {"area": world.areas["town"].code, "answers": {}, "once": str(uuid4())})
        == 401
    )
    _, other = made(world, "gateway_officer@force", "case")
    assert call(other, f"cases/{case_id}?ground=my+work") == 200
    assert call(other, "worklist") == 401
    assert call("evh_made-up", "worklist") == 401


def test_it_is_shown_once_and_kept_as_a_hash(world: World):
    client, token = made(world, "gateway_officer@force", "worklist")
    assert token not in client.get("/api-keys/").content.decode()
    assert token not in str(raw("select * from api_key", alias="admin"))
    assert "Register" in seen(client.get("/api-keys/"))


@pytest.mark.parametrize("by", ["owner", "administrator"])
def test_owner_and_administrator_revoke_it_and_nobody_else(world: World, by: str):
    client, token = made(world, "gateway_officer@force", "worklist")
    number = raw(
        "select id from api_key where practitioner_id = %s",
        [world.people["gateway_officer@force"].id],
        alias="admin",
    )[0][0]
    stranger = visit(world, "panel_chair@council")
    assert stranger.post("/api-keys/", {"doing": "revoke", "key": str(number)}).status_code == 404
    assert stranger.get("/administration/api-keys/").status_code == 403
    assert call(token, "worklist") == 200
    if by == "administrator":
        keeper = visit(world, "administrator@force")
        assert "Register" in seen(keeper.get("/administration/api-keys/"))
        keeper.post("/administration/api-keys/", {"key": str(number)})
    else:
        client.post("/api-keys/", {"doing": "revoke", "key": str(number)})
    assert call(token, "worklist") == 401
    assert "Revoked" in seen(client.get("/api-keys/"))


def test_it_runs_out_and_it_ends_with_its_owners_account(world: World):
    _, token = made(world, "gateway_officer@force", "worklist")
    me = world.people["gateway_officer@force"].id
    raw("update api_key set expires_at = now() where practitioner_id = %s", [me], alias="admin")
    assert call(token, "worklist") == 401
    _, token = made(world, "gateway_officer@force", "worklist")
    with world.enter("administrator@force") as who:
        roles.leave(who, me, on=date.today(), now=now())  # noqa: DTZ011 - a test's day
    assert call(token, "worklist") == 401
    assert raw(
        "select count(*) from api_key where practitioner_id = %s and revoked_at is null and expires_at > now()",
        [me],
        alias="admin",
    ) == [(0,)]
    with world.enter("administrator@force") as who:
        roles.come_back(who, me, now=now())
    assert call(token, "worklist") == 401, "who comes back begins anew"


def test_what_cannot_be_asked_comes_back_filled_in(world: World):
    client = visit(world, "gateway_officer@force")
    page = client.post("/api-keys/", {"doing": "make", "name": "Register", "days": "4000"})
    assert page.status_code == 422
    assert 'value="Register"' in page.content.decode()
    assert "Choose what the key may be used for" in seen(page)


def test_a_key_opens_nothing_while_its_owners_account_is_held(world: World):
    whom = "duty_officer@council"
    _, token = made(world, whom, "case")
    done = world.refer()
    with world.enter(whom) as who:
        break_glass(done.reference, "Somebody stands at the school gate with a knife.", who)
    address = f"cases/{done.case_id}?ground=my+work"
    assert call(token, address) == 200
    late = "update break_glass set review_due_at = now() - interval '1 minute' where case_id = %s"
    raw(late, [done.case_id], alias="admin")
    assert call(token, address) == 401


def test_an_hour_is_an_hour_for_a_key_too(world: World):
    whom = "duty_officer@council"
    _, token = made(world, whom, "case")
    done = world.refer()
    with world.enter(whom) as who:
        break_glass(done.reference, "Somebody stands at the school gate with a knife.", who)
    over = "update access_grant set until = now() - interval '1 second', recorded_at = now() - interval '1 hour' where case_id = %s"
    raw(over, [done.case_id], alias="admin")
    assert call(token, f"cases/{done.case_id}?ground=my+work") == 404
