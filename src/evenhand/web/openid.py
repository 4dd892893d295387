"""Ask an agency's provider who somebody is, and believe its answer only as far as OpenID Connect lets us."""

from __future__ import annotations

import base64
import logging
import time
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import jwt
from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from evenhand.operations.single_sign_on import LOCAL
from evenhand.web import errors

log = logging.getLogger("evenhand.sign_in")

LEEWAY_SECONDS = 60
OLDEST_SECONDS = 10 * 60
"""A token is made for the sign-in under way: the state of one lasts as long."""
NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
ADDRESSES = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


def nonce_of(verifier: str) -> str:
    """Return the nonce of a sign-in: told to the provider in the open, it follows from a secret of the session."""
    mark = sha256(b"evenhand nonce\0" + verifier.encode()).digest()
    return base64.urlsafe_b64encode(mark).rstrip(b"=").decode()


class Asked(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # the library has no types
    """What goes to a provider and what comes back; whatever does not fit raises the library's OAuth2Error."""

    @cached_property
    def told(self) -> dict[str, Any]:
        """What the operator's file says of this provider."""
        return dict(self.get_provider().app.settings)

    @cached_property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself, where it is the one that the operator named (Discovery 1.0, 4.3)."""
        found: dict[str, Any] = super().openid_config
        issuer = found.get("issuer")
        if not isinstance(issuer, str) or issuer.rstrip("/") != self.told["server_url"]:
            raise OAuth2Error("the provider gives itself another name")
        for address in (urlsplit(str(found.get(name, ""))) for name in ADDRESSES):
            if address.scheme != "https" and address.hostname not in LOCAL:
                raise OAuth2Error("an address of the provider is missing or not https")
        return found

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """The code is spent only when the answer came from the provider that was asked (RFC 9207)."""
        announced = self.openid_config.get("authorization_response_iss_parameter_supported") is True
        named = request.GET.getlist("iss")
        if (announced or named) and named != [self.openid_config["issuer"]]:
            raise OAuth2Error("the answer comes from another provider, or does not say from which")
        if not pkce_code_verifier:
            raise OAuth2Error("no sign-in is under way")
        self._nonce = nonce_of(pkce_code_verifier)
        told: dict[str, Any] = super().get_access_token_data(request, app, client, pkce_code_verifier)
        return told

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **more: Any) -> Any:
        """Somebody for whom the provider's signed token and its page about them name the same number."""
        said = self._verified(app.client_id, more["response"].get("id_token"))
        login = super().complete_login(request, app, token, **more)
        if login.account.extra_data["userinfo"].get("sub") != said["sub"]:
            raise OAuth2Error("token and page are about two people")
        return login

    def _verified(self, client_id: str, token: object) -> dict[str, Any]:
        """Return a token's claims (Core 1.0, 3.1.3.7); its signature is looked at although it came over TLS."""
        algorithm = self.told["algorithm"]
        try:
            said: dict[str, Any] = jwt.decode(
                str(token),
                self._key(jwt.get_unverified_header(str(token)).get("kid"), algorithm),
                algorithms=[algorithm],
                audience=client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY_SECONDS,
                options={"require": NEEDED},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error("the token does not hold") from error
        several = isinstance(said["aud"], list) and len(said["aud"]) > 1
        if (several or "azp" in said) and said.get("azp") != client_id:
            raise OAuth2Error("the token was made for somebody else")
        if time.time() - said["iat"] > OLDEST_SECONDS + LEEWAY_SECONDS:
            raise OAuth2Error("the token is older than this sign-in")
        if said["nonce"] != self._nonce:
            raise OAuth2Error("the token answers another sign-in")
        for claim, wanted in self.told["strength"].items():
            given = said.get(claim)
            if not any(each in wanted for each in (given if isinstance(given, list) else [given])):
                raise OAuth2Error(
                    "the provider does not say that somebody signed in as strongly as is wanted"
                )
        return said

    def _key(self, number: object, algorithm: str) -> jwt.PyJWK:
        """Return the provider's signing key of this number, to be used with this algorithm alone.

        A token may leave the number out where the provider has a single such key (Core 1.0, 10.1).
        """
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            told = answer.json()
        listed = told.get("keys") if isinstance(told, dict) else None
        fitting = [
            key
            for key in (listed if isinstance(listed, list) else ())
            if isinstance(key, dict)
            and (number is None or key.get("kid") == number)
            and key.get("use", "sig") == "sig"
            and key.get("alg", algorithm) == algorithm
        ]
        if len(fitting) != 1:
            raise OAuth2Error("the provider has no such key, or several")
        return jwt.PyJWK.from_dict(fitting[0], algorithm)


class AgencyProvider(OpenIDConnectProvider):  # type: ignore[misc] # the library has no types
    """An agency's provider: what it is asked for stands in our settings, and nothing of it in an address."""

    oauth2_adapter_class = Asked

    def get_pkce_params(self) -> dict[str, Any]:
        """The challenge (S256) and the nonce, both made from the secret that stays in the session."""
        asked: dict[str, Any] = super().get_pkce_params()
        return {**asked, "nonce": nonce_of(asked["code_verifier"])}

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """The library takes more from the address, up to another way back; here a link decides nothing."""
        return {**self.get_auth_params(), **self.app.settings["asked_for"]}

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """As the settings say, whatever a link says."""
        return list(self.get_scope())

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """It is for signing in alone, and joins nothing to the account of whoever is signed in."""
        return {**super().get_redirect_from_request_kwargs(request), "process": AuthProcess.LOGIN}


def _reached(view: Any, request: HttpRequest, provider_id: str) -> HttpResponseBase:
    try:
        answer: HttpResponseBase = view.adapter_view(Asked(request, provider_id))(request)
    except SocialApp.DoesNotExist as absent:
        raise Http404 from absent
    except (OAuth2Error, OSError) as error:  # a provider that cannot be reached is the second
        log.warning("single sign-on failed: %s", type(error).__name__)
        return errors.page(request, 403, "account/not_ours.html")
    return answer


@login_not_required  # type: ignore[untyped-decorator]
def login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """The browser is sent to the agency's provider."""
    return _reached(OAuth2LoginView, request, provider_id)


@login_not_required  # type: ignore[untyped-decorator]
def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Somebody comes back from the agency's provider."""
    return _reached(OAuth2CallbackView, request, provider_id)
