"""Give tests a database of their own, made once for each process that tests, and a partnership to act in."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings.test")
django.setup()


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


@pytest.fixture(autouse=True)
def english() -> None:
    """Begin each test in the first language, whichever an earlier page was asked in."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture
def world(database: None):
    """A partnership of one force, two councils, a school, a provider and a community body, with people in every role."""
    from tests.world import World

    return World.make()
