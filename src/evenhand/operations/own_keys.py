"""Let people make, open and give up a key of their own, and hand on what is kept for a role to its new holders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.db import connection

from evenhand.gate import own_keys
from evenhand.gate.act import Invalid
from evenhand.gate.entry import Who, enter_house
from evenhand.gate.own_keys import Held
from evenhand.gate.policy import journey_of
from evenhand.outside.wrapping import from_passphrase
from evenhand.records.case import Case
from evenhand.records.own_key import KeyWrap, OwnKey

SHORTEST = 16
AT_ONCE = 200


@dataclass(frozen=True)
class Mine:
    """What somebody may know of their own key: whether there is one, since when, and how many contents it opens."""

    key_id: UUID
    made_at: datetime
    contents: int


def mine(who: Who) -> Mine | None:
    """Return what there is to say about the asker's own key."""
    row = OwnKey.objects.filter(practitioner_id=who.practitioner_id, retired_at=None).first()
    if row is None:
        return None
    return Mine(row.id, row.made_at, KeyWrap.objects.filter(key_id=row.id).exclude(wrapped=b"").count())


def make(who: Who, passphrase: str, again: str, *, now: datetime) -> Held:
    """The asker has a key of their own, and one from before opens nothing that comes after; raises Invalid."""
    if len(passphrase) < SHORTEST:
        raise Invalid(
            {"passphrase": f"Choose a passphrase of {SHORTEST} characters or more: four words, for example."}
        )
    if passphrase != again:
        raise Invalid({"again": "The two passphrases are not the same."})
    OwnKey.objects.filter(practitioner_id=who.practitioner_id, retired_at=None).update(retired_at=now)
    row, held = pair(who.practitioner_id, passphrase, now=now)
    OwnKey.objects.bulk_create([row])
    return held


def pair(
    practitioner_id: UUID, passphrase: str, *, now: datetime, derived: tuple[bytes, bytes] | None = None
) -> tuple[OwnKey, Held]:
    """Return a new pair of keys as it is stored, and as it is held by whoever made it.

    derived  a salt and what the passphrase gives with it, where the passphrase is everybody's (a demo)
    """
    private = X25519PrivateKey.generate()
    raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    number, nonce = uuid4(), os.urandom(12)
    salt, key = derived or derive(passphrase)
    sealed = nonce + AESGCM(key).encrypt(nonce, raw, number.bytes)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    row = OwnKey(
        id=number, practitioner_id=practitioner_id, public=public, salt=salt, sealed=sealed, made_at=now
    )
    return row, Held(number, raw)


def derive(passphrase: str) -> tuple[bytes, bytes]:
    """Return a fresh salt and what a passphrase gives with it."""
    salt = os.urandom(16)
    return salt, from_passphrase(passphrase.encode(), salt)


def open_(who: Who, passphrase: str) -> Held:
    """Return the asker's private key; raises Invalid, for a wrong passphrase as for none."""
    row = OwnKey.objects.filter(practitioner_id=who.practitioner_id, retired_at=None).first()
    salt, sealed, number = (
        (bytes(row.salt), bytes(row.sealed), row.id) if row else (bytes(16), bytes(60), uuid4())
    )
    try:
        key = from_passphrase(passphrase.encode(), salt)
        return Held(number, AESGCM(key).decrypt(sealed[:12], sealed[12:], number.bytes))
    except InvalidTag as error:
        raise Invalid({"passphrase": "That is not your passphrase."}) from error


def hand_on(who: Who, held: Held) -> int:
    """Whoever came to a role since can open what is kept for it; returns how many wraps were made.

    Runs when a holder gives their passphrase, for the cases whose contents they hold, a bounded number at once.
    """
    made = 0
    with own_keys.at_hand(held):
        rows = KeyWrap.objects.filter(key_id=held.key_id).exclude(wrapped=b"")
        for case_id, part in rows.values_list("case_id", "part").distinct().order_by("case_id", "part"):
            case = Case.objects.filter(id=case_id).first()
            if case is None or made >= AT_ONCE:
                continue
            journey = journey_of(case.pack, case.journey, case.edition)
            to = own_keys.holders(case_id, own_keys.pairs_of(journey, part, case.bindings))
            made += own_keys.share(case_id, part, to, by=who.practitioner_id, most=AT_ONCE - made)
    return made


def take_from(practitioner_id: UUID) -> int:
    """Somebody who lost a role opens nothing that was kept for it; returns how many wraps were emptied."""
    with connection.cursor() as cursor:
        cursor.execute("select wall.empty_lost_wraps(%s)", [practitioner_id])
        return int(cursor.fetchone()[0])


def take_from_lost_holders() -> int:
    """The same for everybody, for roles that ended by their date; the worker's round."""
    with enter_house(), connection.cursor() as cursor:
        cursor.execute("select wall.empty_lost_wraps(null)")
        return int(cursor.fetchone()[0])
