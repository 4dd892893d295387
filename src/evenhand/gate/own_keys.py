"""Seal to people and not to the machine: each content under a key of its own, wrapped to every present holder's key."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection

from evenhand.kernels.policy import Journey
from evenhand.records.own_key import KeyWrap

MARK = b"\x02own"
NONCE = 12
LOCKED = "_locked"
"""What is in the place of contents that are kept for somebody else, or for whoever asks when they give their passphrase."""


@dataclass(frozen=True)
class Holder:
    """A key that something is sealed to, and the role at an agency for which it is."""

    key_id: UUID
    public: bytes
    role: str
    agency_id: UUID


@dataclass(frozen=True)
class Held:
    """A private key that is open for one request."""

    key_id: UUID
    private: bytes


class KeptForPeople(Exception):
    """What was asked for is sealed to people's own keys, and none that opens it is at hand."""


@dataclass(frozen=True)
class Kept:
    """What says to whom contents of a case are sealed: its journey, its agencies, and who seals."""

    journey: Journey
    bindings: Mapping[str, Sequence[str]]
    by: UUID

    def holders(self, case_id: UUID, part: str) -> list[Holder]:
        """Return whose keys a part's contents are sealed to; nobody's where the journey leaves it to the case's key."""
        if part not in self.journey.own_keys:
            return []
        return holders(case_id, pairs_of(self.journey, part, self.bindings))


_HELD: ContextVar[Held | None] = ContextVar("own_key", default=None)


@contextmanager
def at_hand(held: Held | None) -> Iterator[None]:
    """What is sealed to this key can be opened inside."""
    token = _HELD.set(held)
    try:
        yield
    finally:
        _HELD.reset(token)


def in_hand() -> Held | None:
    """Return the private key that is open in this request."""
    return _HELD.get()


def pairs_of(journey: Journey, part: str, bindings: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return every (role, agency) that sees a part at some place of the journey: those its contents are sealed to."""
    found: set[tuple[str, str]] = set()
    for place in journey.places.values():
        for role, binding in place.see.get(part, ()):
            everywhere = [a for agencies in bindings.values() for a in agencies]
            found.update(
                (role, agency) for agency in (everywhere if binding == "*" else bindings.get(binding, ()))
            )
    return [list(pair) for pair in sorted(found)]


def holders(case_id: UUID, pairs: list[list[str]]) -> list[Holder]:
    """Return the keys of whoever holds one of these roles today and is not kept out of the case."""
    if not pairs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "select key_id, public, role, agency_id from wall.holder_keys(%s, %s::jsonb)",
            [case_id, json.dumps(pairs)],
        )
        return [Holder(row[0], bytes(row[1]), row[2], row[3]) for row in cursor.fetchall()]


def seal(case_id: UUID, part: str, contents: bytes, to: Iterable[Holder], *, by: UUID) -> bytes:
    """Return contents sealed to these holders; the process forgets the key, so that it cannot open what it has sealed."""
    content_id, key, nonce = uuid4(), os.urandom(32), os.urandom(NONCE)
    KeyWrap.objects.bulk_create([_row(case_id, part, content_id, key, holder, by) for holder in to])
    return (
        MARK
        + content_id.bytes
        + nonce
        + AESGCM(key).encrypt(nonce, contents, case_id.bytes + content_id.bytes)
    )


def _row(case_id: UUID, part: str, content_id: UUID, key: bytes, holder: Holder, by: UUID) -> KeyWrap:
    return KeyWrap(
        case_id=case_id,
        part=part,
        recorded_by=by,
        content_id=content_id,
        key_id=holder.key_id,
        role=holder.role,
        agency_id=holder.agency_id,
        wrapped=wrap(holder.public, key, content_id),
    )


def open_(case_id: UUID, sealed: bytes) -> bytes | None:
    """Return the contents, or nothing where whoever asks holds no key to them or has not given their passphrase."""
    held = _HELD.get()
    if held is None:
        return None
    content_id = UUID(bytes=sealed[4:20])
    key = _content_key(held, content_id)
    if key is None:
        return None
    try:
        return AESGCM(key).decrypt(
            sealed[20 : 20 + NONCE], sealed[20 + NONCE :], case_id.bytes + content_id.bytes
        )
    except InvalidTag:
        return None


def _content_key(held: Held, content_id: UUID) -> bytes | None:
    row = KeyWrap.objects.filter(content_id=content_id, key_id=held.key_id).exclude(wrapped=b"").first()
    return None if row is None else unwrap(held.private, bytes(row.wrapped), content_id)


def must_be_open(case_id: UUID, journey: Journey) -> bool:
    """Say whether an act on this case would be written without what is in it, because the asker's own key is closed."""
    if "file" not in journey.own_keys or _HELD.get() is not None:
        return False
    return KeyWrap.objects.filter(case_id=case_id, part="file").exists()


def share(case_id: UUID, part: str, to: Sequence[Holder], *, by: UUID, most: int) -> int:
    """Give the present holders what this part of a case holds and they have no wrap for yet; returns how many wraps.

    Only whoever has a key at hand can; they see the rows of the part, or they could not.
    """
    held = _HELD.get()
    if held is None:
        return 0
    rows = (
        KeyWrap.objects.filter(case_id=case_id, part=part)
        .exclude(wrapped=b"")
        .values_list("content_id", "key_id")
    )
    have: dict[UUID, set[UUID]] = {}
    for content_id, key_id in rows:
        have.setdefault(content_id, set()).add(key_id)
    new: list[KeyWrap] = []
    for content_id, keys in have.items():
        wanting = [holder for holder in to if holder.key_id not in keys]
        if held.key_id not in keys or not wanting or len(new) >= most:
            continue
        key = _content_key(held, content_id)
        if key is not None:
            new += [_row(case_id, part, content_id, key, holder, by) for holder in wanting]
    KeyWrap.objects.bulk_create(new)
    return len(new)


def wrap(public: bytes, key: bytes, content_id: UUID) -> bytes:
    """Return a key wrapped to a public one: X25519 with a fresh pair, HKDF-SHA-256, AES-256-GCM."""
    fresh = X25519PrivateKey.generate()
    mine = fresh.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = fresh.exchange(X25519PublicKey.from_public_bytes(public))
    return mine + AESGCM(_derived(shared, mine, public)).encrypt(bytes(NONCE), key, content_id.bytes)


def unwrap(private: bytes, wrapped: bytes, content_id: UUID) -> bytes | None:
    """Return the key, or nothing when it was wrapped to another or changed."""
    own = X25519PrivateKey.from_private_bytes(private)
    public = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(wrapped[:32]))
        return AESGCM(_derived(shared, wrapped[:32], public)).decrypt(
            bytes(NONCE), wrapped[32:], content_id.bytes
        )
    except (InvalidTag, ValueError):
        return None


def _derived(shared: bytes, fresh: bytes, public: bytes) -> bytes:
    # The key is used once, so a nonce of zeros is safe; both public halves are bound in.
    return HKDF(SHA256(), 32, None, b"evenhand own key\0" + fresh + public).derive(shared)
