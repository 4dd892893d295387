"""Begin in another process: set Django up first, and only then open the room that the work is in."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from evenhand.operations.supervise import PARENT, end_with_parent


def call(room: str, function: str, *arguments: Any) -> None:
    """Call a function of a room by name, in a process that ends with the one that started it."""
    # Its parent is whoever started it here, not the one that supervises the whole demo.
    os.environ[PARENT] = str(os.getppid())
    end_with_parent()
    import django

    django.setup()
    getattr(import_module(room), function)(*arguments)
