"""Where the instance wants a second step, a password alone opens the page to set one up, and the way to help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from axes.models import AccessAttempt
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client, override_settings

from evenhand.operations import accounts, password_rules
from tests.agency_provider import agency, arrive, issuer, somebody  # noqa: F401 - two are fixtures
from tests.visiting import seen
from tests.world import World

# The fixtures are asked for by their names.
# ruff: noqa: F811

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def wanted(database: None) -> Iterator[None]:
    cache.clear()
    with override_settings(SECOND_STEP_WANTED=True):
        yield
    AccessAttempt.objects.all().delete()


def test_a_password_alone_opens_the_setting_up_of_a_second_step_and_the_way_to_help(world: World) -> None:
    user = world.user("gateway_officer@force", PASSWORD)
    case_id = world.refer().case_id
    client = Client(raise_request_exception=False)
    client.post("/sign-in/", {"login": user.email, "password": PASSWORD})
    for page in (
        "/worklist/",
        f"/case/{case_id}/",
        "/search/",
        "/api-keys/",
        "/own-key/",
        "/password/change/",
    ):
        answer = client.get(page)
        assert (answer.status_code, answer["Location"]) == (302, "/two-step/"), page
        assert client.post(page, {"words": "Sami"}).status_code == 302, page
    assert "Set up a second step first" in seen(client.get("/two-step/"))
    assert client.get("/danger/").status_code == 200
    assert client.get("/alert/").status_code == 200
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert client.get("/worklist/").status_code == 200
    again = Client(raise_request_exception=False)
    half = again.post("/sign-in/", {"login": user.email, "password": PASSWORD})
    assert half["Location"].startswith("/two-step/code/")


def test_whoever_comes_by_their_agency_showed_it_there(world: World, issuer: str, agency: str) -> None:
    person = somebody(world)
    client, _answer = arrive(issuer, agency, uuid4().hex, email=person.email, email_verified=True)
    assert client.get("/worklist/").status_code == 200


@pytest.mark.parametrize(
    "password",
    ["GatewayOfficer2026!", "channel-panel-1", "Prevent.Police.99", "evenhandevenhand", "westford-westford1"],
)
@override_settings(PASSWORD_WORDS=("westford",))
def test_words_of_the_house_make_no_password(password: str) -> None:
    with pytest.raises(ValidationError, match="more than names and words of this service"):
        validate_password(password)


@pytest.mark.parametrize(
    "password", [PASSWORD, "the panel met a heron", "482 915 773 064", "ein Förster im Gateway"]
)
def test_other_passwords_with_or_without_such_a_word_are_taken(password: str) -> None:
    validate_password(password)


@pytest.mark.parametrize("many", [1, 2, 3, 1000])
def test_a_password_known_from_a_break_in_is_refused_wherever_it_stands_in_the_list(
    tmp_path: Path, many: int
) -> None:
    known = [f"a password of long ago {number}" for number in range(many)]
    lines = sorted(
        f"{password_rules.sha1(each.encode()).hexdigest().upper()}:{7 * number}"
        for number, each in enumerate(known)
    )
    path = tmp_path / "known.txt"
    path.write_text("\r\n".join(lines) + "\r\n")
    with override_settings(KNOWN_PASSWORDS_FILE=str(path)):
        for each in known:
            with pytest.raises(ValidationError, match="known from a break-in"):
                validate_password(each)
        for number in range(50):
            validate_password(f"a password of nobody {number}")


@pytest.mark.parametrize("length", [64, 128])
def test_a_long_password_is_taken_whole_and_opens_with_all_of_it_alone(world: World, length: int) -> None:
    person = world.people["case_officer@force"]
    word = ("seven slow herons " * 8)[: length - 1] + "!"
    token = accounts.invite(person.id, person.email)
    made = Client().post(f"/invitation/{token}/", {"name": person.name, "password": word})
    assert made.status_code == 302
    short = Client(raise_request_exception=False)
    short.post("/sign-in/", {"login": person.email, "password": word[:-1]})
    assert short.get("/worklist/").status_code == 302
    assert "sessionid" not in short.cookies or not short.session.get("_auth_user_id")
    whole = Client(raise_request_exception=False)
    assert whole.post("/sign-in/", {"login": person.email, "password": word}).status_code == 302
    assert whole.session["_auth_user_id"]
    changed = word[::-1]
    with override_settings(SECOND_STEP_WANTED=False):
        again = Client(raise_request_exception=False)
        again.post("/sign-in/", {"login": person.email, "password": word})
        sent = {"oldpassword": word, "password1": changed, "password2": changed}
        assert again.post("/password/change/", sent).status_code == 302
        last = Client(raise_request_exception=False)
        last.post("/sign-in/", {"login": person.email, "password": changed})
        assert last.get("/worklist/").status_code == 200
