"""The wrapping keys: what wraps every other key, kept in a small file whose contents a keeper can seal."""

from __future__ import annotations

import base64
import os
import shlex
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

KEY_BYTES = 32
MARK_BYTES = 8
COMMAND_SECONDS = 20


class KeysAway(Exception):
    """The keys cannot be read or written; says why in one line."""


class Keeper(Protocol):
    """Whoever keeps the wrapping keys: a file alone, a passphrase, a machine that seals and opens for us.

    The contract. `seal` takes a key of 32 bytes and returns bytes that may lie in a file; `open` takes those bytes and
    returns the same 32 bytes, or raises KeysAway in one line. What was sealed must be authenticated: changed bytes
    open nothing. Both are called when a process starts and when the wrapping key is rotated, never for a single case,
    so a keeper may be slow; one that is away at a start keeps the process from opening anything, and is tried again.
    """

    def seal(self, key: bytes) -> bytes: ...
    def open(self, kept: bytes) -> bytes: ...


class InTheFile:
    """The file itself is the secret, as its mode (600) says; the default."""

    def seal(self, key: bytes) -> bytes:
        """Return the key as it is."""
        return key

    def open(self, kept: bytes) -> bytes:
        """Return the key as it is."""
        return kept


class UnderPassphrase:
    """A passphrase that lies elsewhere (a credential of the service manager) opens the file: Argon2id and AES-GCM."""

    FORM = b"p1"

    def __init__(self, passphrase: bytes) -> None:
        self._passphrase = passphrase

    def seal(self, key: bytes) -> bytes:
        """Return form, salt, nonce and the sealed key."""
        salt, nonce = os.urandom(16), os.urandom(12)
        return (
            self.FORM
            + salt
            + nonce
            + AESGCM(from_passphrase(self._passphrase, salt)).encrypt(nonce, key, self.FORM)
        )

    def open(self, kept: bytes) -> bytes:
        """Return the key; raises KeysAway for another passphrase or changed bytes."""
        form, salt, nonce, body = kept[:2], kept[2:18], kept[18:30], kept[30:]
        try:
            if form != self.FORM:
                raise InvalidTag
            return AESGCM(from_passphrase(self._passphrase, salt)).decrypt(nonce, body, self.FORM)
        except InvalidTag as error:
            raise KeysAway("the passphrase does not open the wrapping key") from error


class ByCommand:
    """A command of the operator's seals and opens: the bridge to a hardware module or a key service.

    It is run with `seal` or `open` as its last word, reads bytes on standard input, writes bytes on standard output,
    and ends with 0; anything else is a refusal.
    """

    def __init__(self, command: str) -> None:
        self._words = shlex.split(command)

    def _run(self, word: str, given: bytes) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, no shell
                [*self._words, word], input=given, capture_output=True, timeout=COMMAND_SECONDS, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise KeysAway(
                f"the command that keeps the wrapping key did not {word} it: {self._words[0]}"
            ) from error
        return done.stdout

    def seal(self, key: bytes) -> bytes:
        """Return what the command made of the key."""
        return self._run("seal", key)

    def open(self, kept: bytes) -> bytes:
        """Return the key that the command made of it."""
        return self._run("open", kept)


def from_passphrase(passphrase: bytes, salt: bytes) -> bytes:
    """Return 32 bytes from a passphrase: Argon2id with 64 MB, three passes, one lane (RFC 9106, second choice, one lane)."""
    return hash_secret_raw(
        passphrase, salt, time_cost=3, memory_cost=65536, parallelism=1, hash_len=KEY_BYTES, type=Type.ID
    )


@dataclass(frozen=True)
class WrappingKey:
    """One key that wraps others, and the mark by which what it wrapped is known."""

    key: bytes

    @property
    def mark(self) -> bytes:
        """Return eight bytes that tell this key from others and nothing about it."""
        return sha256(b"evenhand wrapping key\0" + self.key).digest()[:MARK_BYTES]

    def wrap(self, key: bytes) -> bytes:
        """Return a key wrapped under this one (RFC 3394)."""
        return aes_key_wrap(self.key, key)

    def unwrap(self, wrapped: bytes) -> bytes | None:
        """Return the key, or nothing when it was wrapped under another."""
        try:
            return aes_key_unwrap(self.key, wrapped)
        except InvalidUnwrap:
            return None


class Ring:
    """The file of the wrapping keys, one a line, the one in use first; read again when another process changed it."""

    def __init__(self, path: Path, keeper: Keeper) -> None:
        self.path = path
        self._keeper = keeper
        self._seen: tuple[int, int, int] | None = None
        self._keys: tuple[WrappingKey, ...] = ()

    def begin(self) -> None:
        """Make the file with one new key, unless there is one; it is there whole or not at all."""
        if self.path.exists():
            return
        draft = self._draft([WrappingKey(os.urandom(KEY_BYTES))])
        try:
            # Of two processes that begin at once, one's key stands: a link takes nobody's place.
            os.link(draft, self.path)
        except FileExistsError:
            return
        finally:
            draft.unlink()
        self._settle()

    def _line(self, key: WrappingKey) -> bytes:
        return base64.b64encode(self._keeper.seal(key.key)) + b"\n"

    def keys(self) -> tuple[WrappingKey, ...]:
        """Return the keys there are, the one in use first; raises KeysAway."""
        try:
            there = self.path.stat()
            seen = (there.st_ino, there.st_mtime_ns, there.st_size)
            if seen != self._seen:
                lines = self.path.read_bytes().split()
                self._keys = tuple(WrappingKey(self._opened(line)) for line in lines)
                self._seen = seen
        except FileNotFoundError as error:
            raise KeysAway(
                f"the wrapping key {self.path} is missing: restore it from its own backup"
            ) from error
        except OSError as error:
            raise KeysAway(f"the wrapping key {self.path} cannot be read: {error.strerror}") from error
        if not self._keys:
            raise KeysAway(f"the wrapping key {self.path} is empty: restore it from its own backup")
        return self._keys

    def _opened(self, line: bytes) -> bytes:
        try:
            key = self._keeper.open(base64.b64decode(line, validate=True))
        except ValueError as error:
            raise KeysAway(
                f"the wrapping key {self.path} is damaged: restore it from its own backup"
            ) from error
        if len(key) != KEY_BYTES:
            raise KeysAway(f"the wrapping key {self.path} is damaged: restore it from its own backup")
        return key

    def replace(self, keys: Iterable[WrappingKey]) -> None:
        """These keys are the ring from now on; the file is written whole or not at all."""
        self._draft(keys).replace(self.path)
        self._settle()

    def _draft(self, keys: Iterable[WrappingKey]) -> Path:
        """Write a file beside the ring that is not the ring yet; nothing is left of it when the disk is full."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.{threading.get_ident()}")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(b"".join(self._line(key) for key in keys))
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            draft.unlink()
            raise
        return draft

    def _settle(self) -> None:
        """Have the folder's new entry on disk."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
