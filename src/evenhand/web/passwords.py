"""Let people choose and change a password, and nobody get one who comes by their agency's own sign-in."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

from allauth.account import views as account
from allauth.account.forms import ResetPasswordForm
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from evenhand.web.sign_in import Adapter, kept_together


class NewPasswordForm(ResetPasswordForm):  # type: ignore[misc] # the library has no types
    """Whoever has no password here gets none by letter: it would be a way in beside their agency's."""

    def clean_email(self) -> str:
        """Return the address; what is said about it is the same for everybody."""
        email: str = super().clean_email()
        found: list[Any] = self.users  # type: ignore[has-type]
        self.users = [user for user in found if user.has_usable_password()]
        return email


def new_password(request: HttpRequest) -> HttpResponseBase:
    """A link to choose a new password is owed; where there is no account, a letter to nobody, so that the page costs
    as much and says the same."""
    response: HttpResponseBase = kept_together(account.password_reset)(request)
    if response.status_code == 302 and not getattr(request, "_letter_owed", False):
        nowhere = request.build_absolute_uri(
            reverse("account_reset_password_from_key", args=["0", token_urlsafe(40)])
        )
        Adapter(request).send_mail(
            "account/email/password_reset_key",
            request.POST.get("email", ""),
            {"password_reset_url": nowhere, "user": None},
        )
    return response


def change(request: HttpRequest) -> HttpResponseBase:
    """The password is another, for whoever has one."""
    if request.user.is_authenticated and not request.user.has_usable_password():
        messages.info(request, _("You sign in by your agency. Your password is kept there and not here."))
        return HttpResponseRedirect(reverse("mfa_index"))
    changed: HttpResponseBase = kept_together(account.password_change)(request)
    return changed
