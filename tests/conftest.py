"""Give tests a database of their own, made once for each process that tests, and a partnership to act in."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

from tests.left_behind import pytest_runtest_setup, pytest_runtest_teardown

__all__ = ["pytest_runtest_setup", "pytest_runtest_teardown"]  # hooks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings.test")
# Once a browser runs in this process, its loop does so in this thread, and Django would take tests' queries for its own.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# What runs on this machine is asked without a proxy between.
os.environ["NO_PROXY"] = "localhost,127.0.0.1"
django.setup()
HERE = Path(__file__).parent
# What comes first takes longest: towards the end of a run only short work is left, and no worker waits for another.
LONGEST_FIRST = ("journeys", "operations", "charter", "faults", "oversight")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Hand the tests of a file to one worker, so that what they share is made once, unless they say otherwise."""
    if item.get_closest_marker("xdist_group") is None:
        item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(HERE).with_suffix(""))))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the rooms whose tests take long before the others."""

    def place(item: pytest.Item) -> int:
        room = item.path.relative_to(HERE).parts[0]
        return LONGEST_FIRST.index(room) if room in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def database() -> Iterator[None]:
    """A migrated database behind the application's roles; gone when the tests end."""
    from django.conf import settings
    from django.db import connections

    from evenhand.operations.database import Cluster
    from evenhand.operations.database.migrating import migrate

    cluster = Cluster(Path(settings.DATA), durable=False)
    cluster.ensure()
    atexit.register(shutil.rmtree, settings.DATA, ignore_errors=True)
    migrate(os.environ, verbosity=0)
    with connections["admin"].cursor() as cursor:
        cursor.execute("update wall.instance set demo = true")
    yield
    connections.close_all()
    cluster.stop()


@pytest.fixture
def world(database: None):
    """A partnership of one force, two councils, a school, a provider and a community body, with people in every role."""
    from tests.world import World, nothing_owed

    nothing_owed()
    return World.make()
