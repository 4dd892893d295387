"""Read the passphrase of backups from its file, and stretch it to a key."""

from __future__ import annotations

import hmac
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from evenhand.operations.backup.trouble import BackupTrouble

SETTING = "EVENHAND_BACKUP_PASSPHRASE_FILE"
SHORTEST = 20
# RFC 7914: 128 * N * r bytes of memory for each guess; here 64 MB.
SCRYPT = {"n": 2**16, "r": 8, "p": 1}


def read_passphrase(environ: Mapping[str, str], named: Path | None) -> bytes:
    """Return the passphrase from the file that was named, else from the one in the settings.

    raises   BackupTrouble, when there is none, when others can read it, or when it is short enough to guess
    """
    path = named or Path(environ.get(SETTING, "").strip() or "/")
    if path == Path("/"):
        raise BackupTrouble(f"name the passphrase's file: --passphrase-file FILE, or {SETTING}")
    try:
        if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH):
            raise BackupTrouble(f"the passphrase's file {path} is open to others: chmod 600 {path}")
        kept = path.read_bytes().strip()
    except OSError as error:
        raise BackupTrouble(
            f"the passphrase's file {path}: {(error.strerror or str(error)).lower()}"
        ) from error
    if len(kept) < SHORTEST:
        raise BackupTrouble(
            f"the passphrase in {path} is shorter than {SHORTEST} characters: "
            "`openssl rand -base64 32` makes a good one"
        )
    return kept


def stretch(passphrase: bytes, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    """Return the master key of one backup (32 bytes); raises ValueError for parameters that cannot be."""
    if not (2**14 <= n <= 2**20 and 1 <= r <= 16 and 1 <= p <= 4):
        raise ValueError("scrypt parameters out of range")
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase)


def proof_of(master: bytes) -> str:
    """Return what shows that a key is the right one without telling anything about it."""
    return hmac.digest(master, b"evenhand backup: this is the key", "sha256").hex()[:32]
