"""Give the pages of signing in their addresses, and those on which people keep their own account."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as second_step
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path

from evenhand.web import api_keys, openid, own_key, passwords, sign_in
from evenhand.web.fresh import fresh_sign_in
from evenhand.web.passkeys import add_passkey

# The names are the library's own, because its views look their neighbours up by them. There is no sign-up.
account_pages = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/again/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-in/closed/", account.account_inactive, name="account_inactive"),
    path("sign-out/", account.logout, name="account_logout"),
    path("password/change/", passwords.change, name="account_change_password"),
    path("password/reset/", passwords.new_password, name="account_reset_password"),
    path("password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        sign_in.kept_together(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/changed/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("invitation/<str:token>/", sign_in.invitation, name="invitation"),
    path(
        "sign-in/agency/<slug:provider_id>/login/",
        openid.login,
        name="openid_connect_login",
    ),
    path(
        "sign-in/agency/<slug:provider_id>/login/callback/",
        openid.callback,
        name="openid_connect_callback",
    ),
    path("api-keys/", api_keys.mine, name="api_keys"),
    path("administration/api-keys/", api_keys.everybodys, name="administration_api_keys"),
    path("own-key/", own_key.show, name="own_key"),
    path("two-step/passkeys/", sign_in.kept_together(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path(
        "two-step/passkeys/add/", sign_in.kept_together(fresh_sign_in(add_passkey)), name="mfa_add_webauthn"
    ),
    path(
        "two-step/passkeys/again/",
        sign_in.kept_together(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "two-step/passkeys/<int:pk>/remove/",
        sign_in.kept_together(fresh_sign_in(webauthn.remove_webauthn)),
        name="mfa_remove_webauthn",
    ),
    path(
        "two-step/passkeys/<int:pk>/name/",
        sign_in.kept_together(fresh_sign_in(webauthn.edit_webauthn)),
        name="mfa_edit_webauthn",
    ),
    path("sign-in/passkey/", sign_in.kept_together(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("two-step/", sign_in.kept_together(second_step.index), name="mfa_index"),
    path("two-step/code/", sign_in.kept_together(second_step.authenticate), name="mfa_authenticate"),
    path("two-step/again/", sign_in.kept_together(second_step.reauthenticate), name="mfa_reauthenticate"),
    path("two-step/app/", sign_in.kept_together(fresh_sign_in(totp.activate_totp)), name="mfa_activate_totp"),
    path(
        "two-step/app/remove/",
        sign_in.kept_together(fresh_sign_in(totp.deactivate_totp)),
        name="mfa_deactivate_totp",
    ),
    path(
        "two-step/recovery-codes/",
        sign_in.kept_together(fresh_sign_in(recovery.view_recovery_codes)),
        name="mfa_view_recovery_codes",
    ),
    path(
        "two-step/recovery-codes/new/",
        sign_in.kept_together(fresh_sign_in(recovery.generate_recovery_codes)),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "two-step/recovery-codes/download/",
        sign_in.kept_together(fresh_sign_in(recovery.download_recovery_codes)),
        name="mfa_download_recovery_codes",
    ),
]
