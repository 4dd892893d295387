"""Let practitioners sign in and out, by password and a second step; accounts come by invitation alone."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from io import BytesIO
from typing import Any, ParamSpec
from uuid import UUID

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from evenhand.gate.entry import close_sessions_of, enter, now
from evenhand.operations import arrivals, letters
from evenhand.operations.accounts import InvitationRefused, accept_invitation
from evenhand.web import errors, second_step
from evenhand.web.device import source
from evenhand.web.entry import begin_entry, end_entry

log = logging.getLogger("evenhand.sign_in")

P = ParamSpec("P")


def kept_together(
    view: Callable[P, HttpResponseBase],
) -> Callable[P, HttpResponseBase]:
    """What a view of the library writes about codes is written whole or not at all.

    The library locks rows inside a transaction of the default database; the rows live in the one for sign-in.
    """

    @wraps(view)
    def together(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        with transaction.atomic(using=router.db_for_write(Authenticator)):
            return view(*args, **kwargs)

    return together


class Adapter(DefaultAccountAdapter):  # type: ignore[misc] # the library has no types
    """Sign-in opens an entry at the gate, sign-out closes it, and no answer tells whether an account exists."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("Check the email address and password, and try again"),
        "incorrect_password": gettext_lazy("That is not your password"),
        "enter_current_password": gettext_lazy("Enter your present password"),
        "too_many_login_attempts": gettext_lazy(
            "There have been too many tries. Wait 15 minutes, then try again"
        ),
        "rate_limited": gettext_lazy("There have been too many tries. Wait a few minutes, then try again"),
        "account_inactive": gettext_lazy("Check the email address and password, and try again"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Somebody who left learns no more than somebody who never had an account."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active else None

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """The person is signed in and has an entry at the gate."""
        super().login(request, user)
        number = UUID(str(user.pk))
        arrived = getattr(request, "_arrived", None)
        changed = arrivals.give_roles(arrived[0], number, arrived[1]) if arrived else []
        second_step.note(request, user, by_agency=arrived is not None)
        token = begin_entry(request, number)
        if arrived and changed:
            with enter(token):
                arrivals.put_on_record(number, arrived[0], changed, at=now())
        request._known_device = user.get_username()  # type: ignore[attr-defined] # the response remembers it

    def logout(self, request: HttpRequest) -> None:
        """The person is signed out and their entry is closed."""
        end_entry(request)
        super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """The new password holds, and whoever was signed in under the old one is a stranger."""
        super().set_password(user, password)
        who = UUID(str(user.pk))
        close_sessions_of(who)
        if self.request.user.is_authenticated and self.request.user.pk == user.pk:
            begin_entry(self.request, who)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong tries are slowed by source and account together: an account alone can be named by anybody."""
        return f"{source(request)}:{super()._get_login_attempts_cache_key(request, **credentials)}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A letter is owed, and the worker sends it; one to nobody costs the page as much as one to somebody."""
        context = {**context, "request": self.request, "email": email}
        letter = self.render_mail(template_prefix, email, context)
        letters.post(email if context.get("user") else "", str(letter.subject), str(letter.body))
        self.request._letter_owed = True

    def format_email_subject(self, subject: str) -> str:
        """Our subjects stand as they are written."""
        return str(subject)

    def get_from_email(self) -> str:
        """The sender that this instance is set up with."""
        return str(getattr(settings, "EMAIL_FROM", settings.DEFAULT_FROM_EMAIL))


class TwoStepAdapter(DefaultMFAAdapter):  # type: ignore[misc] # the library has no types
    """Second-step secrets are encrypted at rest, and the picture to scan is drawn here."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy(
            "That code is not right. Codes change every 30 seconds: enter the newest one"
        ),
    }

    def encrypt(self, text: str) -> str:
        """Return the secret as it is stored."""
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret as it is used; one that this instance did not write opens nothing."""
        try:
            return _vault().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.error("a second-step secret was written under another instance's key")
            return ""

    def build_totp_svg(self, url: str) -> str:
        """Return the square to scan, dark on white with a quiet border, as an SVG text."""
        drawn = BytesIO()
        segno.make(url, error="m").save(drawn, kind="svg", scale=5, border=4, light="#fff", xmldecl=False)
        return drawn.getvalue().decode()


def _vault() -> Fernet:
    key = sha256(b"evenhand second step\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def attempted_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name under which a failed sign-in is counted, real account or not."""
    found = (credentials or {}).get("email") or request.POST.get("login", "")
    return str(found).strip().lower()[:254]


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Too many failed sign-ins: the same page whether or not the account exists."""
    return errors.page(request, 429, "account/locked_out.html")


class InvitationForm(forms.Form):
    """A name and a password, twice."""

    name = forms.CharField(max_length=200, error_messages={"required": gettext_lazy("Enter your name")})
    password = forms.CharField(
        max_length=200, strip=False, error_messages={"required": gettext_lazy("Choose a password")}
    )

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Somebody who was invited has an account, and is asked to sign in with it."""
    form = InvitationForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                accept_invitation(token, form.cleaned_data["name"], form.cleaned_data["password"])
            except InvitationRefused as refused:
                form.add_error(None, ValidationError(refused.sentence))
            else:
                messages.success(
                    request, _("Your account is ready. Sign in with your email address and password.")
                )
                return HttpResponseRedirect(reverse("account_login"))
    return render(request, "account/invitation.html", {"form": form}, status=status)
