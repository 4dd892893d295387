"""Seal text and structures under a key, so that the database holds only bytes that mean nothing without it."""

from __future__ import annotations

import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORM = b"\x01"
NONCE_BYTES = 12


class Unreadable(Exception):
    """The bytes were not sealed under this key and for this place, or were changed since."""


def seal(key: bytes, contents: bytes, *, place: bytes) -> bytes:
    """Return `contents` sealed with AES-256-GCM; `place` says where the bytes belong and must be given again."""
    nonce = os.urandom(NONCE_BYTES)
    return FORM + nonce + AESGCM(key).encrypt(nonce, contents, place)


def unseal(key: bytes, sealed: bytes, *, place: bytes) -> bytes:
    """Return what was sealed; raises Unreadable when key, place or bytes are not those of the sealing."""
    if sealed[:1] != FORM:
        raise Unreadable("unknown form")
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], place)
    except InvalidTag as error:
        raise Unreadable("not sealed under this key") from error


def pack(contents: Any) -> bytes:
    """Return a structure of text, numbers, lists and mappings as bytes."""
    return json.dumps(contents, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def unpack(contents: bytes) -> Any:
    """Return the structure that `pack` made bytes of."""
    return json.loads(contents)
