"""Write the files of a release into a folder that is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from evenhand.oversight.publish.trouble import NoRelease


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a release into a folder."""
    for path, contents in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents)


def write_whole(files: Mapping[str, bytes], out: Path) -> None:
    """Write a release into a folder that is there whole or not at all: a build that was killed leaves no release.

    raises   NoRelease, when something stands there already; OSError, when there is no room, and then nothing is left
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise NoRelease(f"{out} is there already and not empty")
    out.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        write_folder(files, half)
        half.chmod(0o755)
        if out.exists():
            out.rmdir()
        os.replace(half, out)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
