"""Let people make a passkey: one that lives on their device, asks for finger, face or PIN, and signs in by itself."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView


class AddPasskey(AddWebAuthnView):  # type: ignore[misc] # the library has no types
    """Every key made here can sign in alone, so it is asked to live on the device and to check who holds it."""

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**more)
        context["js_data"] = {"creation_options": auth.begin_registration(self.request.user, True)}
        return context


add_passkey = AddPasskey.as_view()
