"""Say what a backup holds: the parts with their hashes, the database's tables with their rows, the record's height."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_bytes
from typing import Any

from evenhand.operations.backup.envelope import Broken, Sealed, seal, unseal
from evenhand.operations.backup.passphrase import SCRYPT, proof_of, stretch
from evenhand.operations.backup.trouble import BackupTrouble

COVER = "evenhand-backup.json"
MANIFEST = "manifest.sealed"
PARTS = ("database", "files", "secrets")
VERSION = 1


@dataclass(frozen=True)
class Manifest:
    """taken_at in UTC; rows by table; lines and newest are the ledger's; fingerprint is the wall's."""

    taken_at: str
    database: str
    server: int
    size: int
    rows: dict[str, int]
    lines: int
    fingerprint: str
    migrations: list[str]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def taken_on(self) -> str:
        """Return day and minute for a screen."""
        return self.taken_at[:16].replace("T", " ") + " UTC"


def file_of(folder: Path, part: str) -> Path:
    """Return where a part lies."""
    return folder / f"{part}.sealed"


def new_cover(folder: Path, passphrase: bytes) -> bytes:
    """Write the one page that is in clear (how the key follows from the passphrase) and return the master key."""
    salt = token_bytes(32)
    master = stretch(passphrase, salt, **SCRYPT)
    cover = {
        "format": "evenhand backup",
        "version": VERSION,
        "scrypt": SCRYPT,
        "salt": salt.hex(),
        "proof": proof_of(master),
    }
    (folder / COVER).write_text(json.dumps(cover, indent=1) + "\n", encoding="ascii")
    return master


def master_of(folder: Path, passphrase: bytes) -> bytes:
    """Return the master key of a backup.

    raises   BackupTrouble, when the folder holds none, one of a later format, or one under another passphrase
    """
    try:
        cover = json.loads((folder / COVER).read_text(encoding="ascii"))
    except FileNotFoundError as error:
        unfinished = ": a backup that was not finished" if folder.name.endswith(".part") else ""
        raise BackupTrouble(f"{folder} holds no backup (no {COVER}){unfinished}") from error
    except (OSError, ValueError) as error:
        raise BackupTrouble(f"{folder / COVER} cannot be read: the backup was altered") from error
    try:
        if cover["format"] != "evenhand backup":
            raise ValueError
        if cover["version"] != VERSION:
            raise BackupTrouble(
                f"{folder} is a backup of format {cover['version']}; this version reads {VERSION}"
            )
        master = stretch(
            passphrase, bytes.fromhex(cover["salt"]), **{k: int(cover["scrypt"][k]) for k in "nrp"}
        )
        right = cover["proof"] == proof_of(master)
    except (KeyError, TypeError, ValueError) as error:
        raise BackupTrouble(f"{folder / COVER} is not as it was written: the backup was altered") from error
    if not right:
        raise BackupTrouble(f"the passphrase does not open the backup in {folder}")
    return master


def write_manifest(folder: Path, master: bytes, manifest: Manifest) -> None:
    """Seal the manifest; it is written last, so that a backup without one is no backup."""
    seal(folder / MANIFEST, "manifest", master, [json.dumps(asdict(manifest)).encode()])


def read_manifest(folder: Path, master: bytes) -> Manifest:
    """Return what the backup says it holds; raises BackupTrouble."""
    try:
        kept = json.loads(b"".join(unseal(folder / MANIFEST, "manifest", master)))
        return Manifest(**kept)
    except FileNotFoundError as error:
        raise BackupTrouble(f"{folder / MANIFEST} is missing: the backup is not whole") from error
    except (Broken, OSError, TypeError, ValueError) as error:
        raise BackupTrouble(f"{folder / MANIFEST} {error}") from error


def check(folder: Path, master: bytes, manifest: Manifest) -> None:
    """Read every byte of every part and compare; raises BackupTrouble with the part that is wrong."""
    from hashlib import sha256

    strange = sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in {COVER, MANIFEST, *(file_of(folder, part).name for part in manifest.parts)}
    )
    if strange:
        raise BackupTrouble(f"{folder} holds what the backup did not write: {', '.join(strange)}")
    for part, promised in manifest.parts.items():
        path, seen, length = file_of(folder, part), sha256(), 0
        try:
            for chunk in unseal(path, part, master):
                seen.update(chunk)
                length += len(chunk)
        except FileNotFoundError as error:
            raise BackupTrouble(f"{path} is missing: the backup is not whole") from error
        except Broken as error:
            raise BackupTrouble(f"{path} {error}") from error
        except OSError as error:
            raise BackupTrouble(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
        if Sealed(length, seen.hexdigest()) != Sealed(promised["length"], promised["sha256"]):
            raise BackupTrouble(f"{path} is not the one that belongs to this backup")
