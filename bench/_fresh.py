"""An instance made for one measurement: a server, tables and wall, and nothing in it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def say(name: str, value: float, unit: str, how: str) -> None:
    """Print one figure."""
    print(json.dumps({"name": name, "value": value, "unit": unit, "how": how}), flush=True)


@contextmanager
def fresh(folder: Path, *, durable: bool = True) -> Iterator[tuple[str, str]]:
    """Make it in a folder; yields the way in of the application and that of the superuser. Django is set up on it."""
    os.environ.update(
        EVENHAND_DATA=str(folder), EVENHAND_MODE="demo", EVENHAND_PROCESS="operator",
        DJANGO_SETTINGS_MODULE="evenhand.settings.instance",
    )  # fmt: skip
    from evenhand.operations.database import Cluster, addresses
    from evenhand.operations.supervise import PARENT, end_with_parent

    # Whoever ends the benchmark ends its server with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    end_with_parent()
    os.environ.pop(PARENT, None)
    cluster = Cluster(folder, durable=durable)
    cluster.ensure()
    try:
        import django

        django.setup()
        from evenhand.operations.database.migrating import migrate

        migrate(os.environ, verbosity=0)
        app = addresses(os.environ).app
        yield app.conninfo(), cluster.address().named(app.dbname).as_itself().conninfo()
    finally:
        cluster.release()
