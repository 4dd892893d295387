"""Hold whoever signs in by a password alone at the page on which a second step is set up, where the instance wants one."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

KEPT = "password_alone"
STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
OPEN = ("mfa_", "account_logout", "account_reauthenticate", "held")
"""What begins like this opens: setting one up, showing anew that it is oneself, and the way out."""


def note(request: HttpRequest, user: AbstractBaseUser, *, by_agency: bool) -> None:
    """A sitting that begins knows whether anything but a password was shown; an agency answers for its own sign-in."""
    if settings.SECOND_STEP_WANTED and not by_agency and not is_mfa_enabled(user, types=STEPS):
        request.session[KEPT] = True


def wanted_first(request: HttpRequest, *, public: bool) -> HttpResponseBase | None:
    """Return the way to setting up a second step, or nothing where there is one or none is wanted."""
    if public or not request.session.get(KEPT):
        return None
    if is_mfa_enabled(request.user, types=STEPS):
        del request.session[KEPT]
        return None
    match = request.resolver_match
    if match is not None and (match.url_name or "").startswith(OPEN):
        return None
    messages.info(
        request, _("Set up a second step first: codes on your phone, or a passkey. Then everything opens.")
    )
    return HttpResponseRedirect(reverse("mfa_index"))
