"""Raise the wall: contexts, policies, definer functions."""

from __future__ import annotations

from django.db import migrations

from evenhand.records.wall.build import build


class Migration(migrations.Migration):
    """Everything in wall/*.sql, for every table about a case."""

    dependencies = [("records", "0001_initial")]

    operations = [migrations.RunPython(build, migrations.RunPython.noop)]
