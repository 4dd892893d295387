"""Keep somebody's own key open for a sitting: half of what opens it in a cookie, half in the session."""

from __future__ import annotations

import base64
import os
import time
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from evenhand.gate.own_keys import Held
from evenhand.web import cookies

COOKIE = "evenhand_own"
KEPT = "own_key"


def held(request: HttpRequest) -> Held | None:
    """Return the private key that is open in this sitting: the cookie opens what the session holds, neither alone does."""
    kept, secret = request.session.get(KEPT), cookies.read(request, COOKIE)
    if not kept or not secret or kept["until"] < time.time():
        return None
    try:
        box = base64.b64decode(kept["box"])
        private = AESGCM(base64.b64decode(secret)).decrypt(box[:12], box[12:], kept["key"].encode())
    except (InvalidTag, ValueError):
        return None
    return Held(UUID(kept["key"]), private)


def keep(request: HttpRequest, response: HttpResponseBase, opened: Held) -> None:
    """The key stays open for whoever has this cookie in this session."""
    secret, nonce = AESGCM.generate_key(256), os.urandom(12)
    box = nonce + AESGCM(secret).encrypt(nonce, opened.private, str(opened.key_id).encode())
    request.session[KEPT] = {
        "key": str(opened.key_id),
        "box": base64.b64encode(box).decode(),
        "until": time.time() + settings.OWN_KEY_SECONDS,
    }
    cookies.give(response, COOKIE, base64.b64encode(secret).decode(), samesite="Strict")


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """The key is closed: neither half is there any more."""
    request.session.pop(KEPT, None)
    cookies.take_back(response, COOKIE, samesite="Strict")
