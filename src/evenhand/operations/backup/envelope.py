"""Encrypt a stream in authenticated chunks, so that a changed, swapped, missing or added byte is noticed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"evenhand-backup-part/1\n"
PART_SALT_BYTES = 32
TAG_BYTES = 16
CHUNK_BYTES = 1024 * 1024


class Broken(Exception):
    """What is in the file is not what was written, or the key is another; says which chunk."""


@dataclass(frozen=True)
class Sealed:
    """What was written: bytes and hash of the plain stream."""

    length: int
    sha256: str


def _key(master: bytes, salt: bytes, name: str) -> AESGCM:
    # A key of its own for each file of each backup: the counter below is then never used twice under one key.
    return AESGCM(HKDF(SHA256(), 32, salt, b"evenhand backup part " + name.encode()).derive(master))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def seal(path: Path, name: str, master: bytes, plain: Iterable[bytes]) -> Sealed:
    """Write a stream to a new file under the master key and the part's name; returns its length and hash.

    The last chunk is marked as such, so that a file cut at a chunk's end is noticed too.
    """
    salt = token_bytes(PART_SALT_BYTES)
    key, head = _key(master, salt, name), MAGIC + salt
    total, seen, number = 0, sha256(), 0
    held = bytearray()
    with path.open("xb") as file:
        path.chmod(0o600)
        file.write(head)
        for piece in plain:
            held += piece
            while len(held) > CHUNK_BYTES:  # never empties it: what is left is the last chunk
                chunk = bytes(held[:CHUNK_BYTES])
                del held[:CHUNK_BYTES]
                file.write(key.encrypt(_nonce(number, last=False), chunk, head))
                total, number = total + len(chunk), number + 1
                seen.update(chunk)
        seen.update(held)
        file.write(key.encrypt(_nonce(number, last=True), bytes(held), head))
        file.flush()
        os.fsync(file.fileno())
    return Sealed(total + len(held), seen.hexdigest())


def unseal(path: Path, name: str, master: bytes) -> Iterator[bytes]:
    """Yield the plain chunks of a file, each only after it was found genuine and in its place; raises Broken."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC) + PART_SALT_BYTES)
        if not head.startswith(MAGIC) or len(head) != len(MAGIC) + PART_SALT_BYTES:
            raise Broken("is not a part of a backup")
        key = _key(master, head[len(MAGIC) :], name)
        number, chunk = 0, file.read(CHUNK_BYTES + TAG_BYTES)
        while True:
            after = file.read(CHUNK_BYTES + TAG_BYTES)
            try:
                yield key.decrypt(_nonce(number, last=not after), chunk, head)
            except (InvalidTag, ValueError) as error:
                raise Broken(f"was altered or cut short (chunk {number + 1})") from error
            if not after:
                return
            number, chunk = number + 1, after
