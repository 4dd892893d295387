"""Visit pages as somebody of a partnership, without a browser."""

from __future__ import annotations

import html
import re
import time
from typing import Any
from uuid import uuid4

from allauth.account.internal.userkit import user_id_to_str
from django.http import HttpResponse
from django.test import Client

from evenhand.gate.entry import open_session
from tests.world import World

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def visit(world: World, whom: str, agent: str = "") -> Client:
    """Return a browser in which somebody is signed in; their entry is bound to the name that the browser gives itself."""
    user = world.user(whom)
    client = Client(**({"HTTP_USER_AGENT": agent} if agent else {}))
    client.force_login(user, backend=BACKEND)
    session = client.session
    session["sitting"] = uuid4().hex
    client.cookies["evenhand_entry"] = open_session(user.id, to=f"{session['sitting']}|{agent}")
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = user_id_to_str(user)
    session.save()
    return client


def seen(response: HttpResponse) -> str:
    """Return what a page says, without its marks."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def hidden(response: HttpResponse, name: str) -> str:
    """Return what a hidden input of a page holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    assert found, name
    return html.unescape(found.group(1))


def open_case(client: Client, case_id: Any, ground: str = "my work on this case") -> HttpResponse:
    """Open a case, answering why where that is asked."""
    response = client.get(f"/case/{case_id}/")
    if "Why are you opening this case?" in seen(response):
        client.post(f"/case/{case_id}/why/", {"ground": ground})
        response = client.get(f"/case/{case_id}/")
    return response
