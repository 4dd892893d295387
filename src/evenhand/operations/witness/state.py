"""What a witness remembers: its key, the logs it serves, and of each the last checkpoint it cosigned, on disk."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from evenhand.kernels.ledger.note import (
    COSIGNATURE,
    ED25519,
    Broken,
    Checkpoint,
    Key,
    read_checkpoint,
    read_key,
)
from evenhand.kernels.ledger.signing import SigningKey, new_key, read_signing_key
from evenhand.kernels.ledger.witness import Answer, answer
from evenhand.operations.durable import write_durably

MOST_KEPT_FORKS = 1000


class WitnessTrouble(Exception):
    """Says in one line why the witness cannot work."""


class WitnessState:
    """A witness's folder. Every answer is worked out, and what it promises is on disk, before it goes out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._one_at_a_time = threading.Lock()

    @classmethod
    def make(cls, folder: Path, name: str) -> WitnessState:
        """Make a folder with a new key; refuses one that has a witness already."""
        made = cls(folder)
        if made._key_file.exists():
            raise WitnessTrouble(f"there is a witness in {folder} already")
        try:
            key = new_key(name, COSIGNATURE, random_bytes=secrets.token_bytes)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in ("seen", "forks"):
                (folder / part).mkdir(mode=0o700, exist_ok=True)
            write_durably(made._key_file, f"{key.secret_text()}\n".encode())
        except ValueError as error:
            raise WitnessTrouble(str(error)) from error
        return made

    @property
    def _key_file(self) -> Path:
        return self.folder / "witness.key"

    @property
    def _logs_file(self) -> Path:
        return self.folder / "logs.txt"

    def key(self) -> SigningKey:
        """Return the witness's own key."""
        try:
            if self._key_file.stat().st_mode & 0o077:
                raise WitnessTrouble(f"{self._key_file} is open to others: chmod 600 it")
            return read_signing_key(self._key_file.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            raise WitnessTrouble(
                f"there is no witness in {self.folder}: `evenhand witness init` makes one"
            ) from None
        except (OSError, UnicodeDecodeError, Broken) as error:
            raise WitnessTrouble(f"{self._key_file}: {error}") from error

    def logs(self) -> dict[str, Key]:
        """Return the keys of the logs that this witness serves, by origin."""
        try:
            lines = self._logs_file.read_text(encoding="utf-8").splitlines()
            keys = [read_key(line, ED25519) for line in lines if line.strip()]
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, Broken) as error:
            raise WitnessTrouble(f"{self._logs_file}: {error}") from error
        return {key.name: key for key in keys}

    def add_log(self, text: str) -> Key:
        """Serve another log from now on; a second key for the same name is refused."""
        try:
            key = read_key(text.strip(), ED25519)
        except Broken as broken:
            raise WitnessTrouble(f"{text.strip()!r} {broken}") from broken
        logs = self.logs()
        if logs.get(key.name, key) != key:
            raise WitnessTrouble(f"{key.name} is served under another key: a log does not change its key")
        logs[key.name] = key
        try:
            write_durably(self._logs_file, "".join(f"{known}\n" for known in logs.values()).encode())
        except OSError as error:
            raise WitnessTrouble(f"{self._logs_file} cannot be written: {error.strerror}") from error
        return key

    def latest(self) -> dict[str, Checkpoint]:
        """Return the last checkpoint cosigned of each log."""
        found = {}
        for path in (self.folder / "seen").glob("[0-9a-f]*"):
            try:
                checkpoint = read_checkpoint(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, Broken) as error:
                # Forgetting what was seen would let a fork pass, so nothing is signed instead.
                raise WitnessTrouble(f"{path}: {error}") from error
            if path.name != _file_of(checkpoint.origin):
                raise WitnessTrouble(f"{path} is of another log, {checkpoint.origin}")
            found[checkpoint.origin] = checkpoint
        return found

    def answer(self, body: bytes, *, at: int) -> Answer:
        """Answer a request; what it makes the witness remember is on disk first.

        at      now, in whole seconds since 1970                                                          [s]
        raises  WitnessTrouble or OSError, and then nothing was signed
        """
        with self._one_at_a_time:
            made = answer(body, logs=self.logs(), latest=self.latest(), key=self.key(), at=at)
            if made.remember is not None:
                path = self.folder / "seen" / _file_of(made.remember.origin)
                write_durably(path, str(made.remember).encode())
            if made.fork:
                self._keep_fork(body)
        return made

    def _keep_fork(self, body: bytes) -> None:
        """Keep what shows the fork: the log's own signature is under it."""
        forks = self.folder / "forks"
        path = forks / sha256(body).hexdigest()
        if not path.exists() and sum(1 for _ in forks.iterdir()) < MOST_KEPT_FORKS:
            write_durably(path, body)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder: two servers over one memory could each sign a different history."""
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise WitnessTrouble(f"another witness serves from {self.folder}") from None
            yield
        finally:
            os.close(handle)


def _file_of(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()
