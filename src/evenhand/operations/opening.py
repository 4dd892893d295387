"""Open what was taken out of an instance with the phrases of both agencies; lies as `open.py` in what is taken out."""

from __future__ import annotations

import re
import tempfile
import zipfile
from pathlib import Path
from uuid import UUID

from evenhand.gate.splitting import WrongPhrase, unlock
from evenhand.operations.backup.envelope import Broken, unseal

KEY, CONTENTS, OPENER = "locked.key", "contents.locked", "open.py"
INSIDE = re.compile(r"(?:(?:record|documents)/)?[A-Za-z0-9][A-Za-z0-9._-]*")
AT_ONCE = 1 << 20


def part_name(number: UUID) -> str:
    """Return the name that the contents of this export are sealed under."""
    return f"whole {number}"


def open_whole(folder: Path, phrases: tuple[str, str], to: Path) -> list[str]:
    """Open what was taken out with both agencies' phrases; returns the files written. Raises WrongPhrase."""
    told = (folder / KEY).read_bytes()
    number, key = UUID(bytes=told[:16]), None
    for order in (phrases, phrases[::-1]):
        try:
            key = unlock(told[16:], order)
        except WrongPhrase:
            continue
        break
    if key is None:
        raise WrongPhrase("a phrase is wrong")
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=to) as plain:
        try:
            for piece in unseal(folder / CONTENTS, part_name(number), key):
                plain.write(piece)
        except Broken as changed:
            raise WrongPhrase("what was taken out has been changed") from changed
        with zipfile.ZipFile(plain) as archive:
            names = [name for name in archive.namelist() if INSIDE.fullmatch(name)]
            for name in names:
                (to / name).parent.mkdir(mode=0o700, exist_ok=True)
                with archive.open(name) as source, (to / name).open("wb") as target:
                    while piece := source.read(AT_ONCE):
                        target.write(piece)
    return sorted(names)
