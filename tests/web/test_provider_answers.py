"""What a provider answers is taken only as far as it holds: for this sign-in, this browser and this provider."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import uuid4

import pytest
import requests
from django.test import Client, override_settings
from jwt.utils import base64url_encode

from evenhand.operations.single_sign_on import library_settings, read
from evenhand.records.user import User
from tests.agency_provider import (
    FILE,
    OTHER_KEY,
    Between,
    agency,  # noqa: F401 - a fixture
    arrive,
    confused,
    issuer,  # noqa: F401 - a fixture
    sent_back,
    somebody,
    under,
    with_another_body,
)
from tests.visiting import seen
from tests.world import World

# The fixtures are asked for by their names.
# ruff: noqa: F811

HOSTILE = {
    "another issuer": Between(claims={"iss": "https://login.elsewhere.example"}),
    "another audience": Between(claims={"aud": "another-client"}),
    "no audience": Between(without="aud"),
    "two audiences and nobody named": Between(claims={"aud": ["evenhand", "another"]}),
    "made for another client": Between(claims={"azp": "another-client"}),
    "an end that has passed": Between(claims={"exp": 1}),
    "no end": Between(without="exp"),
    "not made yet": Between(claims={"iat": 1 << 33, "exp": 1 << 34}),
    "made long ago": Between(claims={"iat": 1}),
    "no time at which it was made": Between(without="iat"),
    "no nonce": Between(without="nonce"),
    "a nonce of another sign-in": Between(claims={"nonce": "of-another-sign-in"}),
    "about nobody": Between(without="sub"),
    "token and page about two people": Between(page={"sub": "somebody-else"}),
    "no token": Between(no_token=True),
    "no token but rubbish": Between(signed=lambda said, token: "rubbish"),
    "a key that is not the provider's": Between(signed=under(OTHER_KEY, "RS256")),
    "a key of no name": Between(signed=under(OTHER_KEY, "RS256", kid="no such key")),
    "no name where there are two keys": Between(signed=under(OTHER_KEY, "RS256", kid=None)),
    "not signed": Between(signed=under(None, "none")),
    "signed with the secret that both know": Between(signed=under("of the force" + "." * 20, "HS256")),
    "signed with the public key as a secret": Between(signed=confused),
    "another algorithm than is set up": Between(signed=under(OTHER_KEY, "RS512", kid="its other key")),
    "other claims under an old signature": Between(signed=with_another_body),
    "an answer that does not say whose it is": Between(
        of_itself={"authorization_response_iss_parameter_supported": True}
    ),
}


@pytest.mark.parametrize("between", HOSTILE.values(), ids=HOSTILE)
def test_a_token_or_an_answer_that_does_not_hold_signs_nobody_in(
    world: World,
    issuer: str,
    agency: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    between: Between,
):
    person = somebody(world)
    told = {"email": person.email, "email_verified": True, "groups": ["gateway"]}
    with monkeypatch.context() as bent:
        between.stand(bent)
        client, answer = arrive(issuer, agency, uuid4().hex, **told)
    assert answer.status_code == 403
    assert "You cannot sign in this way" in seen(answer)
    assert client.get("/worklist/").status_code == 302
    assert not User.objects.filter(id=person.id).exists()
    assert "single sign-on failed" in caplog.text
    with monkeypatch.context() as straight:
        Between().stand(straight)
        client, _answer = arrive(issuer, agency, uuid4().hex, **told)
    assert client.get("/worklist/").status_code == 200, (
        "one that holds is taken, signed by another key of the provider"
    )


@pytest.mark.parametrize(
    "of_itself",
    [{"issuer": "https://login.elsewhere.example"}, {"token_endpoint": "http://elsewhere.example/token"},
     {"jwks_uri": "file:///etc/keys"}, {"userinfo_endpoint": None}],
    ids=["another name", "in clear", "no address of the web", "left out"],
)  # fmt: skip
def test_nobody_is_sent_to_a_provider_that_is_not_the_one_named_or_speaks_in_clear(
    world: World, agency: str, monkeypatch: pytest.MonkeyPatch, of_itself: dict[str, object]
):
    Between(of_itself=of_itself).stand(monkeypatch)
    answer = Client(raise_request_exception=False).post(f"/sign-in/agency/{agency}/login/")
    assert answer.status_code == 403
    assert "You cannot sign in this way" in seen(answer)


def test_what_is_asked_of_a_provider_is_bound_to_this_sign_in_and_no_link_changes_it(
    world: World, issuer: str, agency: str, monkeypatch: pytest.MonkeyPatch
):
    """PKCE with SHA-256, a nonce and a state, new each time; the provider's answer is asked for with the secret of it."""
    person, sub, between = somebody(world), uuid4().hex, Between()
    between.stand(monkeypatch)
    requests.put(f"{issuer}/users/{sub}", json={"email": person.email, "email_verified": True}, timeout=10)
    asked = []
    for bent in (
        "",
        "?scope=admin&process=connect&auth_params=" + quote("redirect_uri=https://evil.example/&nonce=n"),
    ):
        client = Client(raise_request_exception=False)
        sent = client.post(f"/sign-in/agency/{agency}/login/{bent}")["Location"]
        asked.append(parse_qs(urlsplit(sent).query))
        assert asked[-1]["code_challenge_method"] == ["S256"]
        assert asked[-1]["redirect_uri"] == [f"http://testserver/sign-in/agency/{agency}/login/callback/"]
        assert set(asked[-1]["scope"][0].split()) == {"openid", "profile", "email"}
        assert set(asked[-1]) == set(asked[0])
        back = requests.post(sent, data={"sub": sub}, allow_redirects=False, timeout=10)
        client.get(back.headers["Location"].split("testserver", 1)[1])
        assert client.get("/worklist/").status_code == 200
        verifier = next(data["code_verifier"] for data in reversed(between.asked) if "code_verifier" in data)
        challenge = base64url_encode(sha256(verifier.encode()).digest()).decode()
        assert asked[-1]["code_challenge"] == [challenge]
        assert verifier not in sent
    for name in ("nonce", "state", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 16


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(("named", "holds"), [("its own", True), ("https://login.elsewhere.example", False)])
def test_an_answer_that_names_its_provider_names_the_one_that_was_asked(
    world: World,
    issuer: str,
    agency: str,
    monkeypatch: pytest.MonkeyPatch,
    announced: bool,
    named: str,
    holds: bool,
):
    """RFC 9207: an answer of one provider is not taken for that of another, and no code is spent on finding out."""
    person, sub = somebody(world), uuid4().hex
    between = Between(of_itself={"authorization_response_iss_parameter_supported": announced})
    between.stand(monkeypatch)
    requests.put(f"{issuer}/users/{sub}", json={"email": person.email, "email_verified": True}, timeout=10)
    client = Client(raise_request_exception=False)
    callback = sent_back(client, issuer, agency, sub)
    answer = client.get(callback + "&" + urlencode({"iss": issuer if holds else named}))
    assert (client.get("/worklist/").status_code == 200) is holds
    assert any("code" in data for data in between.asked) is holds
    if not holds:
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("claims", "status"),
    [({"acr": "high", "amr": ["pwd", "otp"]}, 302), ({"acr": "high", "amr": ["pwd"]}, 403), ({"amr": ["otp"]}, 403),
     ({}, 403)],
)  # fmt: skip
def test_an_agency_that_wants_strong_sign_in_gets_nothing_less(
    world: World,
    issuer: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    claims: dict[str, object],
    status: int,
):
    monkeypatch.setenv("EVENHAND_TEST_SECRET", "of the force")
    code, person = world.agencies["force"].code, somebody(world)
    path = tmp_path / "strong.toml"
    wanted = 'name = "Force"\nacr = ["high", "higher"]\namr = ["otp", "hwk"]'
    path.write_text(FILE.format(code=code, issuer=issuer).replace('name = "Force"', wanted))
    providers = read(str(path))
    Between(claims=claims).stand(monkeypatch)
    with override_settings(SINGLE_SIGN_ON=providers, SOCIALACCOUNT_PROVIDERS=library_settings(providers)):
        asked = Client().post(f"/sign-in/agency/{code}/login/")["Location"]
        assert parse_qs(urlsplit(asked).query)["acr_values"] == ["high higher"]
        told = {"email": person.email, "email_verified": True}
        assert arrive(issuer, code, uuid4().hex, **told)[1].status_code == status
