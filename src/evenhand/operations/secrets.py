"""Make each secret of an instance once, keep it in a file that only its owner can read, and hand it out."""

from __future__ import annotations

import os
import secrets as randomness
from collections.abc import Mapping
from pathlib import Path

from evenhand.operations.data_folder import data_folder, make_data_folder


class SecretTrouble(Exception):
    """Says in one line why a secret cannot be made or read."""


def secrets_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the secrets; nothing is created."""
    return data_folder(environ) / "secrets"


def secret(name: str, *, length: int = 32, environ: Mapping[str, str] | None = None) -> str:
    """Return the secret of that name; the first to ask makes it, and everybody after gets the same.

    name     letters, digits, `-` and `_`; also the file's name
    length   characters, six random bits each; of use only the first time
    raises   SecretTrouble when the file cannot be made or read
    """
    if not name or not name.replace("-", "").replace("_", "").isalnum():
        raise SecretTrouble(f"a secret cannot be called {name!r}: letters, digits, - and _ only")
    folder = secrets_folder(os.environ if environ is None else environ)
    path = folder / name
    try:
        if not path.exists():
            make_data_folder(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            _write_once(path, randomness.token_urlsafe(length)[:length])
        kept = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SecretTrouble(f"secret {name} at {path}: {(error.strerror or str(error)).lower()}") from error
    if not kept:
        raise SecretTrouble(f"secret {name} at {path} is empty; restore it from the backup")
    return kept


def _write_once(path: Path, text: str) -> None:
    """Make the file whole or not at all; when somebody else was faster, theirs stands."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{randomness.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            os.write(handle, text.encode("ascii"))
            os.fsync(handle)
        finally:
            os.close(handle)
        # A link, unlike a rename, refuses to replace a secret that another process has just made.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
