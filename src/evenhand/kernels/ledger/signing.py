"""Sign notes, checkpoints and cosignatures, and check signatures at the speed of compiled code."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from evenhand.kernels.ledger.ed25519 import is_sound_key
from evenhand.kernels.ledger.note import (
    COSIGNATURE,
    ED25519,
    Broken,
    Checkpoint,
    Key,
    Note,
    Signature,
    cosigned_message,
    key_id,
    unbase64,
)

_SECRET = "PRIVATE+KEY+"  # noqa: S105 - the prefix that the format gives secret keys


@dataclass(frozen=True)
class SigningKey:
    """A secret Ed25519 key and its public half; never shows the secret unless asked by `secret_text`."""

    key: Key
    seed: bytes = field(repr=False)

    def sign(self, text: str, *, at: int | None = None) -> Signature:
        """Sign a note's text; a witness's key states the time, in whole seconds since 1970."""
        if (at is None) != (self.key.kind == ED25519):
            raise ValueError("a witness signs with the time, and a log without")
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        if at is None:
            return Signature(self.key.name, self.key.key_id, private.sign(text.encode()))
        value = at.to_bytes(8, "big") + private.sign(cosigned_message(text, at))
        return Signature(self.key.name, self.key.key_id, value)

    def secret_text(self) -> str:
        """Write the secret key in the form that other tools for signed notes read."""
        encoded = b64encode(bytes([self.key.kind]) + self.seed).decode()
        return f"{_SECRET}{self.key.name}+{self.key.key_id.hex()}+{encoded}"


def new_key(name: str, kind: int, *, random_bytes: Callable[[int], bytes]) -> SigningKey:
    """Make a key for a log (ED25519, named as its origin) or a witness (COSIGNATURE).

    raises  ValueError, when the name cannot stand in a signature line
    """
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise ValueError(f"{name!r} cannot name a key: no spaces and no +")
    if kind not in {ED25519, COSIGNATURE}:
        raise ValueError(f"there is no kind of key {kind}")
    return _from_seed(name, kind, random_bytes(32))


def read_signing_key(text: str) -> SigningKey:
    """Read a secret key as `secret_text` writes it."""
    if not text.startswith(_SECRET):
        raise Broken("is not a secret key")
    name, _, rest = text.removeprefix(_SECRET).partition("+")
    claimed, _, encoded = rest.partition("+")
    data = unbase64(encoded)
    if len(data) != 33 or data[0] not in {ED25519, COSIGNATURE}:
        raise Broken("is not a secret Ed25519 key")
    key = _from_seed(name, data[0], data[1:])
    if key.key.key_id.hex() != claimed:
        raise Broken("holds a key id that does not belong to the key")
    return key


def sign_note(text: str, key: SigningKey) -> bytes:
    """Write a note signed by one key."""
    return bytes(Note(text, (key.sign(text),)))


def sign_checkpoint(size: int, root: bytes, key: SigningKey) -> bytes:
    """Write the checkpoint of a log whose origin is its key's name."""
    return sign_note(str(Checkpoint(key.key.name, size, root)), key)


def fast_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say what `ed25519.ed25519_verify` says, about ten times as fast."""
    if not _sound(public):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


_sound = lru_cache(maxsize=256)(is_sound_key)


def _from_seed(name: str, kind: int, seed: bytes) -> SigningKey:
    """Derive the public half of a key."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return SigningKey(Key(name, key_id(name, kind, public), kind, public), seed)
