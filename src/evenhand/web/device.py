"""Know a device from which somebody has signed in before, so that a stranger's wrong tries never lock it out."""

from __future__ import annotations

import ipaddress
from hashlib import sha256
from secrets import token_urlsafe

from allauth.account.adapter import get_adapter
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from evenhand.web import cookies

COOKIE = "evenhand_device"
SALT = "evenhand known device"
DAYS = 180


def _account(email: str) -> str:
    return sha256(email.strip().lower().encode()).hexdigest()


def remember(response: HttpResponseBase, email: str) -> None:
    """This device counts its own wrong tries for this account from now on."""
    mark = signing.dumps({"account": _account(email), "device": token_urlsafe(16)}, salt=SALT)
    cookies.give(response, COOKIE, mark, max_age=DAYS * 86400)


def source(request: HttpRequest) -> str | None:
    """Return where wrong tries are counted, as an address: the device's own, where it is known for the account tried.

    Tries are counted by source and account together, never by account alone, so nobody locks a colleague out.
    """
    try:
        known = signing.loads(cookies.read(request, COOKIE), salt=SALT, max_age=DAYS * 86400)
    except signing.BadSignature:
        known = {}
    if known and known.get("account") == _account(request.POST.get("login", "")):
        mark = sha256(str(known.get("device")).encode()).digest()
        # A unique local address (RFC 4193): no client comes from one that we make up.
        return str(ipaddress.IPv6Address(b"\xfd" + mark[:15]))
    if not request.META.get("REMOTE_ADDR"):
        return None  # nobody came over a network
    return str(get_adapter(request).get_client_ip(request))
