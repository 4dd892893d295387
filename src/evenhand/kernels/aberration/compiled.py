"""Compile a numerical loop on first use, keeping its type for the checker."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import numba

Loop = TypeVar("Loop", bound=Callable[..., object])


@cache
def shelf() -> str:
    """Return the folder for machine code made from the room's files as they are now, or "" for numba's own choice.

    Numba notices a change only in the file of the outermost loop; code compiled into it from other files would go
    stale. So the folder is named after the content of all files here.
    """
    here = Path(__file__).parent
    content = hashlib.sha256()
    for file in sorted(here.glob("*.py")):
        content.update(file.read_bytes())
    folder = here / "__pycache__"
    if not os.access(folder if folder.exists() else here, os.W_OK):
        return ""
    return str(folder / content.hexdigest()[:16])


def compiled(loop: Loop) -> Loop:
    """Return the loop compiled to machine code, kept on disk for the next start.

    No liberties are taken with arithmetic, not even fused multiply-add: a series gives the same bits whoever
    stands beside it and on whichever machine.
    """
    usual = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = shelf() or usual
    try:
        ready = numba.njit(cache=True, error_model="numpy")(loop)
    finally:
        numba.config.CACHE_DIR = usual
    return cast(Loop, ready)
