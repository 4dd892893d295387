"""Let people of an agency come in by their agency's own sign-in, and by no other's."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from evenhand.operations import arrivals
from evenhand.operations.single_sign_on import Provider
from evenhand.web import errors

log = logging.getLogger("evenhand.sign_in")
SECONDS = 10


def provider_of(code: str) -> Provider | None:
    """Return the provider of an agency by its code."""
    return next((each for each in settings.SINGLE_SIGN_ON if each.agency == code), None)


def ways() -> list[dict[str, str]]:
    """Return the ways to sign in that the sign-in page shows."""
    return [
        {"name": each.name, "address": reverse("openid_connect_login", kwargs={"provider_id": each.agency})}
        for each in settings.SINGLE_SIGN_ON
    ]


def claims_of(login: Any) -> dict[str, Any]:
    """Return what the provider said, the signed part last, so that it stands where both say something."""
    said = login.account.extra_data
    if not isinstance(said, dict):
        return {}
    return (
        {**(said.get("userinfo") or {}), **(said.get("id_token") or {})}
        if "userinfo" in said or "id_token" in said
        else said
    )


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # the library has no types
    """Nobody signs up; whom a provider vouches for is somebody of its own agency, or is refused in one answer."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def get_requests_session(self) -> Any:
        """Asking a provider takes no longer than this."""
        session = super().get_requests_session()
        send = session.request
        session.request = lambda *given, **more: send(*given, **{"timeout": SECONDS, **more})
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """The account is the one that belongs to the provider's number for the person; the first time, one is looked for."""
        provider = provider_of(sociallogin.account.provider)
        try:
            if provider is None or (request.user.is_authenticated and not sociallogin.is_existing):
                raise arrivals.NotOurs
            if sociallogin.is_existing:
                if not arrivals.still_of(provider, UUID(str(sociallogin.user.pk))):
                    raise arrivals.NotOurs
            else:
                sociallogin.connect(request, arrivals.expected(provider, claims_of(sociallogin)))
        except arrivals.NotOurs as refused:
            log.info("a provider vouched for somebody who does not work at its agency")
            raise ImmediateHttpResponse(errors.page(request, 403, "account/not_ours.html")) from refused
        request._arrived = (provider, claims_of(sociallogin))  # type: ignore[attr-defined]

    def on_authentication_error(self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None,
                                extra_context: Any = None) -> None:  # fmt: skip
        """What went wrong at the provider is logged by its kind; the page tells nothing."""
        log.warning("single sign-on failed: %s", type(exception).__name__ if exception else error)
        raise ImmediateHttpResponse(errors.page(request, 403, "account/not_ours.html"))
