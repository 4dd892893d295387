"""Make room for the wall, which `evenhand migrate` raises after all migrations and raises anew when it has changed."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """The schema alone: what stands in it follows the code of the day and no history (records/wall/again.py)."""

    dependencies = [("records", "0001_initial")]

    operations = [migrations.RunSQL("create schema if not exists wall", "drop schema wall")]
