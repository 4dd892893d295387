"""An agency's provider lets its own people in, with the roles its groups give, and nobody else's."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
import requests
from django.conf import settings
from django.test import Client, override_settings
from oidc_provider_mock import run_server_in_thread

from evenhand.operations.single_sign_on import SingleSignOnTrouble, library_settings, read
from evenhand.records.user import User
from evenhand.web.passwords import NewPasswordForm
from tests.agency_provider import (
    FILE,
    Between,
    agency,  # noqa: F401 - a fixture
    arrive,
    issuer,  # noqa: F401 - a fixture
    sent_back,
    somebody,
)
from tests.visiting import seen
from tests.world import World, raw

# The fixtures are asked for by their names.
# ruff: noqa: F811


def roles(person) -> list[tuple[str, bool, int | None]]:
    return raw(
        "select role, to_date is null or to_date >= current_date, to_date - current_date from role_holding"
        " where practitioner_id = %s order by role",
        [person.id],
        alias="admin",
    )


def test_its_own_people_come_in_with_dated_roles_and_lose_them_with_the_group(
    world: World, issuer: str, agency: str
):
    person, sub = somebody(world), uuid4().hex
    told = {"email": person.email, "email_verified": True}
    before = raw("select count(*) from ledger_entry", alias="admin")[0][0]
    client, answer = arrive(issuer, agency, sub, **told, groups=["gateway", "analysts", "cleaners"])
    assert answer.status_code == 302, seen(answer)
    assert client.get("/worklist/").status_code == 200
    assert roles(person) == [("analyst", True, 30), ("gateway_officer", True, 10)]
    assert raw("select count(*) from ledger_entry", alias="admin")[0][0] > before
    client, _ = arrive(issuer, agency, sub, **told, groups=["analysts"])
    assert roles(person) == [("analyst", True, 30), ("gateway_officer", False, -1)]
    arrive(issuer, agency, sub, **told, groups="gateway")
    assert [role for role, open_, _ in roles(person) if open_] == [], "a claim that is no list gives nothing"
    assert not User.objects.get(id=person.id).has_usable_password()


def test_later_it_is_the_providers_number_that_counts_and_not_an_address(
    world: World, issuer: str, agency: str
):
    person, other, sub = somebody(world), somebody(world, key="other"), uuid4().hex
    arrive(issuer, agency, sub, email=person.email, email_verified=True, groups=[])
    client, _ = arrive(issuer, agency, sub, email=other.email, email_verified=True, groups=["analysts"])
    assert person.name in seen(client.get("/worklist/"))
    assert roles(other) == []


@pytest.mark.parametrize("why", ["another agency", "unverified", "nobody", "no address", "left"])
def test_whom_it_may_not_vouch_for_is_refused_in_one_answer(world: World, issuer: str, agency: str, why: str):
    person = somebody(world, "council" if why == "another agency" else "force")
    if why == "left":
        raw("update practitioner set active = false where id = %s", [person.id], alias="admin")
    claims: dict[str, object] = {
        "email": person.email,
        "email_verified": why != "unverified",
        "groups": ["gateway"],
    }
    if why == "nobody":
        claims["email"] = f"{uuid4().hex}@example.org"
    if why == "no address":
        del claims["email"]
    client, answer = arrive(issuer, agency, uuid4().hex, **claims)
    assert answer.status_code == 403
    assert "You cannot sign in this way" in seen(answer)
    assert client.get("/worklist/").status_code == 302
    assert not User.objects.filter(id=person.id).exists()
    assert not [role for role in roles(person) if role[1]]


def test_a_role_given_or_kept_by_hand_is_not_touched(world: World, issuer: str, agency: str):
    person = world.people["gateway_officer@force"]
    arrive(issuer, agency, uuid4().hex, email=person.email, email_verified=True, groups=[])
    assert roles(person) == [("gateway_officer", True, None)]


def test_a_forged_answer_of_the_provider_signs_nobody_in(world: World, issuer: str, agency: str):
    client = Client(raise_request_exception=False)
    answer = client.get(f"/sign-in/agency/{agency}/login/callback/?code=made-up&state=made-up")
    assert answer.status_code in (302, 403)
    assert client.get("/worklist/").status_code == 302


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("secret = 'x'\n", "not the secret itself"),
        ("issuer = 'http://login.example.org'\n", "must be https"),
        ("algorithm = 'HS256'\n", "'algorithm' is one of"),
        ("amr = 'mfa'\n", "lists of texts"),
        ("[[agency.f.role]]\ngroup = 'g'\nrole = 'administrator'\n", "no group gives"),
        ("[[agency.f.role]]\ngroup = 'g'\nrole = 'analyst'\ndays = 4000\n", "from 1 to"),
    ],
)
def test_a_file_that_gives_too_much_is_refused_in_one_line(tmp_path: Path, wrong: str, said: str):
    whole = "[agency.f]\nname = 'F'\nclient_id = 'e'\nsecret_variable = 'PATH'\n"
    path = tmp_path / "sso.toml"
    path.write_text(whole + ("" if "issuer" in wrong else "issuer = 'https://login.example.org'\n") + wrong)
    with pytest.raises(SingleSignOnTrouble, match=said) as trouble:
        read(str(path))
    assert "\n" not in str(trouble.value)


def test_the_sign_in_page_offers_it(world: World, agency: str):
    page = Client().get("/sign-in/")
    assert "Sign in with Force" in seen(page)
    assert settings.SOCIALACCOUNT_LOGIN_ON_GET is False


def test_a_token_that_was_used_is_not_used_again(
    world: World, issuer: str, agency: str, monkeypatch: pytest.MonkeyPatch
):
    first, second = somebody(world), somebody(world, key="second")
    Between(claims={"jti": uuid4().hex}).stand(monkeypatch)
    came, _answer = arrive(issuer, agency, uuid4().hex, email=first.email, email_verified=True)
    assert came.get("/worklist/").status_code == 200
    client, answer = arrive(issuer, agency, uuid4().hex, email=second.email, email_verified=True)
    assert answer.status_code == 403
    assert client.get("/worklist/").status_code == 302


def test_an_answer_of_the_provider_is_good_once_and_in_the_browser_that_asked(
    world: World, issuer: str, agency: str
):
    person, sub = somebody(world), uuid4().hex
    claims = {"email": person.email, "email_verified": True}
    requests.put(f"{issuer}/users/{sub}", json=claims, timeout=10).raise_for_status()
    asked, other = Client(raise_request_exception=False), Client(raise_request_exception=False)
    answer = sent_back(asked, issuer, agency, sub)
    other.get(answer)
    assert other.get("/worklist/").status_code == 302
    asked.get(answer)
    assert asked.get("/worklist/").status_code == 200
    asked.logout()
    asked.get(answer)
    assert asked.get("/worklist/").status_code == 302


def test_the_answer_of_one_agencys_provider_is_nothing_to_another_agency(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Mix-up: whoever runs one provider, or sits between two, cannot have its answer taken for the other's."""
    monkeypatch.setenv("EVENHAND_TEST_SECRET", "of the force")
    force, council = world.agencies["force"].code, world.agencies["council"].code
    person, sub = somebody(world, "council"), uuid4().hex
    with run_server_in_thread() as one, run_server_in_thread() as two:
        theirs, ours = (f"http://localhost:{server.server_port}" for server in (one, two))
        path = tmp_path / "two.toml"
        path.write_text(FILE.format(code=force, issuer=theirs) + FILE.format(code=council, issuer=ours))
        providers = read(str(path))
        for address in (theirs, ours):
            told = {"email": person.email, "email_verified": True}
            requests.put(f"{address}/users/{sub}", json=told, timeout=10).raise_for_status()
        with override_settings(SINGLE_SIGN_ON=providers, SOCIALACCOUNT_PROVIDERS=library_settings(providers)):
            client = Client(raise_request_exception=False)
            answer = sent_back(client, theirs, force, sub)
            mixed = client.get(answer.replace(f"/{force}/", f"/{council}/"))
            assert mixed.status_code in (302, 403)
            assert client.get("/worklist/").status_code == 302
            assert not User.objects.filter(id=person.id).exists()
            client = Client(raise_request_exception=False)
            client.get(sent_back(client, ours, council, sub))
            assert client.get("/worklist/").status_code == 200


def test_whoever_comes_by_their_agency_gets_no_password_beside_it(world: World, issuer: str, agency: str):
    """Neither by letter nor on the page: it would be a way in of which the agency knows nothing."""
    person, sub = somebody(world), uuid4().hex
    client, _answer = arrive(issuer, agency, sub, email=person.email, email_verified=True)
    owed = "select count(*) from duty where kind = 'mail'"
    before = raw(owed, alias="admin")[0][0]
    assert Client().post("/password/reset/", {"email": person.email}).status_code == 302
    assert raw(owed, alias="admin")[0][0] == before + 1, "a letter to nobody, as for an unknown address"
    changed = client.get("/password/change/", follow=True)
    assert "Your password is kept there and not here" in seen(changed)
    assert "Kept by your agency" in seen(changed)
    form = NewPasswordForm({"email": person.email})
    assert form.is_valid()
    assert form.users == [], "nobody to whom a link would go"


@pytest.mark.parametrize(
    "page", ["/two-step/app/", "/two-step/passkeys/add/", "/two-step/recovery-codes/new/"]
)
def test_a_desk_that_was_left_lets_nobody_add_a_way_to_sign_in(
    world: World, issuer: str, agency: str, page: str
):
    """Whoever has no password here signs in at their agency anew before how they sign in is changed."""
    person, sub = somebody(world), uuid4().hex
    client, _answer = arrive(issuer, agency, sub, email=person.email, email_verified=True)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    assert client.post(page, {"code": "000000"}).status_code == 403
    assert client.get("/worklist/").status_code == 302
