"""Keep the log's signing key, and beside it what it signed last, apart from the database and its backups."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from evenhand.kernels.ledger.note import ED25519, Broken, Checkpoint, read_checkpoint, read_note, signed_by
from evenhand.kernels.ledger.signing import SigningKey, fast_verify, new_key, read_signing_key
from evenhand.operations.durable import write_durably

LOCAL = {"localhost", "127.0.0.1", "[::1]", "*", ""}


class KeyTrouble(Exception):
    """Says in one line why nothing can be signed, and what to do."""


@dataclass(frozen=True)
class LogFolder:
    """Where the key is (a file of its own) and where what was signed last is remembered.

    Whoever restores an old copy of the database does not restore this folder with it: so a log that went back is
    noticed before it signs a second history.
    """

    folder: Path
    key_file: Path

    @property
    def _signed(self) -> Path:
        return self.folder / "last-signed"

    def key(self) -> SigningKey | None:
        """Return the key, or nothing when none was made yet.

        raises  KeyTrouble
        """
        try:
            if self.key_file.stat().st_mode & 0o077:
                raise KeyTrouble(
                    f"the log's key {self.key_file} is open to others: chmod 600 it, or begin a new log"
                )
            return read_signing_key(self.key_file.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            if self._signed.exists():
                raise KeyTrouble(
                    f"the log's key {self.key_file} is missing: bring it back from its own backup"
                ) from None
            return None
        except (OSError, UnicodeDecodeError, Broken) as error:
            raise KeyTrouble(f"the log's key {self.key_file} cannot be read: {error}") from error

    def make_key(self, origin: str) -> SigningKey:
        """Make the key of a log of this name, and put what an earlier one left aside.

        raises  KeyTrouble, when the name cannot be one or the file cannot be written
        """
        try:
            key = new_key(origin, ED25519, random_bytes=secrets.token_bytes)
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside = secrets.token_hex(4)
            for path in (self.key_file, self._signed):
                if path.exists():
                    path.rename(path.with_name(f"{path.name}.before-{aside}"))
            write_durably(self.key_file, f"{key.secret_text()}\n".encode())
        except (OSError, ValueError) as error:
            raise KeyTrouble(f"a key for the log {origin!r} cannot be made: {error}") from error
        return key

    def last_signed(self, key: SigningKey) -> tuple[bytes, Checkpoint] | None:
        """Return the last checkpoint that this key signed here.

        raises  KeyTrouble, when the file holds something else
        """
        try:
            data = self._signed.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeyTrouble(f"{self._signed} cannot be read: {error.strerror}") from error
        try:
            note = read_note(data)
            if signed_by(note, key.key, fast_verify) is None:
                raise Broken("is not signed by the log's key")
            return data, read_checkpoint(note.text)
        except Broken as broken:
            raise KeyTrouble(f"{self._signed} {broken}: bring it back from its own backup") from broken

    def remember(self, note: bytes) -> None:
        """Have on disk what is about to be published.

        raises  KeyTrouble
        """
        try:
            write_durably(self._signed, note)
        except OSError as error:
            raise KeyTrouble(f"{self._signed} cannot be written: {error.strerror}") from error


def log_folder() -> LogFolder:
    """Return where this instance keeps the log's key."""
    folder = Path(settings.SEALING_FOLDER)
    return LogFolder(folder, Path(settings.LOG_KEY_FILE or folder / "log.key"))


def default_origin(hosts: list[str]) -> str:
    """Return a name for the log that no other has: the instance's public name, or a made-up one."""
    public = [host for host in hosts if host not in LOCAL and not host.startswith(".")]
    return f"{public[0] if public else f'evenhand-{secrets.token_hex(4)}.invalid'}/ledger"


def next_origin(origin: str) -> str:
    """Return the name of the log that goes on where this one broke off: `…/ledger`, `…/ledger/2`, `…/ledger/3`."""
    match = re.fullmatch(r"(.+/ledger)(?:/([0-9]+))?", origin)
    if match is None:
        return f"{origin}/2"
    return f"{match[1]}/{int(match[2] or 1) + 1}"
