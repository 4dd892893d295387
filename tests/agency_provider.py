"""A provider of an agency that runs here, somebody who comes in by it, and whoever answers in its place."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client, override_settings
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode
from oidc_provider_mock import run_server_in_thread

from evenhand.operations.single_sign_on import library_settings, read
from evenhand.web.single_sign_on import Adapter
from tests.visiting import seen
from tests.world import World, raw

FILE = """
[agency.{code}]
name = "Force"
issuer = "{issuer}"
client_id = "evenhand"
secret_variable = "EVENHAND_TEST_SECRET"

[[agency.{code}.role]]
group = "gateway"
role = "gateway_officer"
days = 10

[[agency.{code}.role]]
group = "analysts"
role = "analyst"
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A real provider on this machine."""
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def agency(world: World, issuer: str, tmp_path: Path, monkeypatch) -> Iterator[str]:
    """The force's own sign-in, set up by a file as an operator writes it."""
    monkeypatch.setenv("EVENHAND_TEST_SECRET", "of the force")
    path = tmp_path / "sso.toml"
    path.write_text(FILE.format(code=world.agencies["force"].code, issuer=issuer))
    providers = read(str(path))
    with override_settings(SINGLE_SIGN_ON=providers, SOCIALACCOUNT_PROVIDERS=library_settings(providers)):
        yield world.agencies["force"].code


def somebody(world: World, agency: str = "force", *, key: str = "newcomer"):
    """A colleague with an address and no role yet."""
    person = world.add("safeguarding_lead", agency, key=key)
    raw("delete from role_holding where practitioner_id = %s", [person.id], alias="admin")
    return person


def arrive(issuer: str, agency: str, sub: str, **claims: object) -> tuple[Client, object]:
    requests.put(f"{issuer}/users/{sub}", json=claims, timeout=10).raise_for_status()
    client = Client(raise_request_exception=False)
    sent = client.post(f"/sign-in/agency/{agency}/login/")
    assert sent.status_code == 302, seen(sent)
    assert "code_challenge=" in sent["Location"]
    back = requests.post(sent["Location"], data={"sub": sub}, allow_redirects=False, timeout=10)
    assert back.status_code in (302, 303), back.text
    callback = back.headers["Location"].split("testserver", 1)[1]
    return client, client.get(callback)


def sent_back(client: Client, issuer: str, agency: str, sub: str) -> str:
    """Return the address with which the provider sends a browser back."""
    sent = client.post(f"/sign-in/agency/{agency}/login/")
    back = requests.post(sent["Location"], data={"sub": sub}, allow_redirects=False, timeout=10)
    return back.headers["Location"].split("testserver", 1)[1]


OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Between:
    """Whoever answers in the provider's place: what it says of itself, its keys, its tokens and its page on somebody.

    signed  how a token with other claims is signed; by default so that the provider's keys confirm it
    """

    def __init__(
        self,
        *,
        claims: Mapping[str, object] | None = None,
        without: str = "",
        signed: Callable[[dict[str, Any], str], str] | None = None,
        of_itself: Mapping[str, object] | None = None,
        page: Mapping[str, object] | None = None,
        no_token: bool = False,
    ) -> None:
        self.claims, self.without, self.signed = claims or {}, without, signed or self._confirmed
        self.of_itself, self.page, self.no_token = of_itself or {}, page or {}, no_token
        self.asked: list[dict[str, Any]] = []

    @staticmethod
    def _confirmed(said: dict[str, Any], token: str) -> str:
        return jwt.encode(said, OTHER_KEY, algorithm="RS256", headers={"kid": "its other key"})

    def stand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = Adapter.get_requests_session

        def session(adapter: Adapter) -> Any:
            found = real(adapter)
            send = found.request

            def request(*given: Any, **more: Any) -> requests.Response:
                self.asked.append(more.get("data") or {})
                answer = send(*given, **more)
                if "json" in answer.headers.get("content-type", ""):
                    answer._content = json.dumps(self.instead(answer.json())).encode()
                return answer

            found.request = request
            return found

        monkeypatch.setattr(Adapter, "get_requests_session", session)

    def instead(self, body: dict[str, Any]) -> dict[str, Any]:
        if "id_token" in body:
            said = jwt.decode(body["id_token"], options={"verify_signature": False}) | dict(self.claims)
            said.pop(self.without, None)
            token = self.signed(said, body["id_token"])
            return (
                {**body, "id_token": token} if not self.no_token else {"access_token": body["access_token"]}
            )
        if "keys" in body:
            key = json.loads(RSAAlgorithm.to_jwk(OTHER_KEY.public_key()))
            own = {**body["keys"][0], "kid": "its key"}
            return {"keys": [own, {**key, "kid": "its other key", "alg": "RS256"}]}
        return body | dict(self.of_itself if "issuer" in body else self.page)


def under(key: Any, algorithm: str, kid: str | None = "its key") -> Callable[[dict[str, Any], str], str]:
    """Sign with another key or in another way, under the name of a key that the provider has."""
    head = {"kid": kid} if kid else {}
    return lambda said, token: jwt.encode(said, key, algorithm=algorithm, headers=head)


def confused(said: dict[str, Any], token: str) -> str:
    """An HMAC whose secret is the provider's public key, which everybody has."""
    public = OTHER_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = {"alg": "HS256", "typ": "JWT", "kid": "its other key"}
    whole = b".".join(base64url_encode(json.dumps(each).encode()) for each in (head, said))
    mark = hmac.new(public, whole, "sha256").digest()
    return b".".join([whole, base64url_encode(mark)]).decode()


def with_another_body(said: dict[str, Any], token: str) -> str:
    head, _, mark = Between._confirmed(said, token).split(".")
    return ".".join([head, base64url_encode(json.dumps(said | {"extra": 1}).encode()).decode(), mark])
