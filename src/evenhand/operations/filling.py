"""Where a process that fills the demo begins: set Django up first, and only then open the room that needs models."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Any

from evenhand.operations.supervise import PARENT, end_with_parent


def share(todo: Any, said: Any, seed: int, today: date, now: datetime) -> None:
    """Do this process's share of the filling; it ends with the process that started it."""
    # Its parent is the process that fills, not the one that supervises the whole demo.
    os.environ[PARENT] = str(os.getppid())
    end_with_parent()
    import django

    django.setup()
    from evenhand.operations.seed.parts import work

    work(todo, said, seed, today, now)
