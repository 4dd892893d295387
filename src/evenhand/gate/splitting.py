"""Lock something so that two agencies are needed to open it: each has a phrase, and the machine keeps neither."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SALT_BYTES, KEY_BYTES, NONCE_BYTES = 16, 32, 12
FORM = b"evenhand two keys 1"


class WrongPhrase(Exception):
    """A phrase does not open this, or what is locked has been changed."""


def lock_of(phrase: str) -> tuple[bytes, bytes]:
    """Return salt and public key for a phrase: enough to lock, too little to open."""
    salt = os.urandom(SALT_BYTES)
    return salt, _private(phrase, salt).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _private(phrase: str, salt: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(
        Scrypt(salt=salt, length=KEY_BYTES, n=2**15, r=8, p=1).derive(phrase.encode())
    )


def lock(key: bytes, locks: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return a key locked once for each (salt, public key), one inside the other: all phrases are needed."""
    for salt, public in locks:
        once = X25519PrivateKey.generate()
        shared = once.exchange(X25519PublicKey.from_public_bytes(public))
        mine = once.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        key = salt + mine + AESGCM(_derived(shared, mine + public)).encrypt(b"\0" * NONCE_BYTES, key, FORM)
    return key


def unlock(locked: bytes, phrases: Sequence[str]) -> bytes:
    """Return the key that was locked, with the phrases in the reverse order of the locks; raises WrongPhrase."""
    for phrase in phrases:
        salt, mine, rest = (
            locked[:SALT_BYTES],
            locked[SALT_BYTES : SALT_BYTES + KEY_BYTES],
            locked[SALT_BYTES + KEY_BYTES :],
        )
        private = _private(phrase, salt)
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        shared = private.exchange(X25519PublicKey.from_public_bytes(mine))
        try:
            locked = AESGCM(_derived(shared, mine + public)).decrypt(b"\0" * NONCE_BYTES, rest, FORM)
        except (InvalidTag, ValueError) as wrong:
            raise WrongPhrase("a phrase is wrong, or they are given in the wrong order") from wrong
    return locked


def _derived(shared: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=FORM + info).derive(shared)
